//! Is every acknowledged webhook on the disk before it is acknowledged? Looks at the system calls of the server, and of
//! PostgreSQL where that does the writing: between a webhook and its answer a sync must have begun and ended.
//!
//! This is half of T7; the other half, power cuts, is the trial `power`.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use duka_load::bars;
use duka_load::generator::{Client, run_id, unix};
use duka_load::postgres;
use duka_load::process::{Setup, number};
use duka_load::webhook::Webhooks;
use tokio::process::{Child, Command};

use crate::Turn;
use crate::stage::Stage;

const WEBHOOKS: u64 = 1_000;

/// # Errors
/// A process that does not start, or no `strace`.
pub async fn run(turn: &Turn<'_>) -> io::Result<bool> {
    let stage = Stage::set(turn.arguments, "", 1, 1).await?;
    // Nobody takes sends, so that no other commit's sync is mistaken for a webhook's.
    let setup = Setup { graph: "http://127.0.0.1:9".into(), per_number: 1, ..stage.setup(turn.arguments, 0) };
    let server = setup.start().await?;
    let mut traced = vec![server.pid()];
    if turn.arguments.postgres.is_some() {
        traced.extend(postgres(&stage.database).await?);
    }
    let calls = stage.journal.with_file_name("calls.txt");
    let mut tracer = trace(&traced, &calls)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let webhooks = Webhooks::new(&setup.address, "/webhooks/whatsapp", &number(0), run_id());
    let mut client = Client::connect(&setup.address).await?;
    for n in 0..WEBHOOKS {
        if client.post(&webhooks.text(n, n, unix())).await? != 200 {
            return Err(io::Error::other("a webhook was refused"));
        }
    }
    if let Some(pid) = tracer.id() {
        Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
    }
    tracer.wait().await?;
    let (answered, synced) = count(&std::fs::read_to_string(&calls)?);
    println!(
        "{answered} answers of {WEBHOOKS}, {synced} after a sync between the webhook and its answer, in {} processes",
        traced.len()
    );
    server.stop().await?;
    let unsynced = WEBHOOKS - synced.min(WEBHOOKS);
    turn.judge.see(&bars::T7_UNSYNCED, turn.place(), unsynced as f64);
    turn.judge.see_size(&bars::T7_WEBHOOKS, turn.place(), answered as f64);
    stage.clear(unsynced == 0).await
}

fn trace(processes: &[u32], to: &std::path::Path) -> io::Result<Child> {
    let mut tracer = Command::new("strace");
    tracer.args(["-f", "-q", "-e", "trace=fdatasync,fsync,sync_file_range,write,writev,sendto,read,readv,recvfrom"]);
    tracer.args(["-e", "signal=none", "-s", "24", "-o"]).arg(to);
    for process in processes {
        tracer.args(["-p", &process.to_string()]);
    }
    tracer.stderr(Stdio::null()).kill_on_drop(true).spawn()
}

/// The processes of the PostgreSQL server on this machine, and that it does sync.
async fn postgres(url: &str) -> io::Result<Vec<u32>> {
    let fsync = postgres::ask::<String>(url, "SELECT current_setting('fsync')").await?.unwrap_or_default();
    if fsync != "on" {
        return Err(io::Error::other("this PostgreSQL does not sync at all: FSYNC=on .ci/postgres …"));
    }
    let backend = postgres::ask::<i32>(url, "SELECT pg_backend_pid()").await?.unwrap_or_default();
    // The backend of that question is gone by now, its siblings are not.
    let known =
        postgres::ask::<i32>(url, "SELECT min(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()").await?;
    let parent = known.and_then(|pid| parent(pid as u32)).ok_or_else(|| {
        io::Error::other(format!("the processes of PostgreSQL are not on this machine (its backend {backend})"))
    })?;
    let mut all = vec![parent];
    for entry in std::fs::read_dir("/proc")? {
        let pid = entry?.file_name().to_string_lossy().parse::<u32>().ok();
        all.extend(pid.filter(|pid| self::parent(*pid) == Some(parent)));
    }
    Ok(all)
}

fn parent(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// How many answers there were, and how many after a sync that ended since their webhook was read.
fn count(calls: &str) -> (u64, u64) {
    let (mut answered, mut synced, mut since) = (0, 0, 0_u64);
    for line in calls.lines() {
        // A call that another process interrupts in the listing ends on a line of its own.
        let ended = line.ends_with("= 0") && (line.contains("fdatasync") || line.contains("fsync"));
        since += u64::from(ended);
        if line.contains("POST /webhooks") {
            since = 0;
        }
        if line.contains("HTTP/1.1 200")
            && (line.contains("sendto(") || line.contains("write(") || line.contains("writev("))
        {
            answered += 1;
            synced += u64::from(since > 0);
        }
    }
    (answered, synced)
}
