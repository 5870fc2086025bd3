//! Is every acknowledged webhook on the disk before it is acknowledged? Looks at the server's system calls.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use duka_load::generator::{Client, run_id, unix};
use duka_load::process::number;
use duka_load::webhook::Webhooks;
use tokio::process::Command;

use crate::Arguments;
use crate::stage::Stage;

const WEBHOOKS: u64 = 1_000;

/// # Errors
/// A process that does not start, or no `strace`.
pub async fn run(arguments: &Arguments) -> io::Result<bool> {
    if arguments.postgres.is_some() {
        return Err(io::Error::other("PostgreSQL syncs in processes of its own: on SQLite only"));
    }
    let stage = Stage::set(arguments, "", 1, 1).await?;
    let server = stage.setup(arguments, 0).start().await?;
    let calls = stage.journal.with_file_name("calls.txt");
    let mut tracer = Command::new("strace")
        .args(["-f", "-q", "-e", "trace=fdatasync,fsync,write,writev,sendto", "-s", "16", "-o"])
        .arg(&calls)
        .args(["-p", &server.pid().to_string()])
        .stderr(Stdio::null())
        .spawn()?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let webhooks = Webhooks::new(&stage.address, "/webhooks/whatsapp", &number(0), run_id());
    let mut client = Client::connect(&stage.address).await?;
    for n in 0..WEBHOOKS {
        if client.post(&webhooks.text(n, n, unix())).await? != 200 {
            return Err(io::Error::other("a webhook was refused"));
        }
    }
    if let Some(pid) = tracer.id() {
        Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
    }
    tracer.wait().await?;
    let (mut synced, mut answered, mut since) = (0_u64, 0_u64, 0_u64);
    for line in std::fs::read_to_string(&calls)?.lines() {
        let ended = line.contains("= 0") && (line.contains("fdatasync") || line.contains("fsync"));
        since += u64::from(ended);
        if line.contains("HTTP/1.1 200") {
            answered += 1;
            synced += u64::from(since > 0);
            since = 0;
        }
    }
    println!("{answered} answers of {WEBHOOKS}, {synced} after a sync of their own");
    server.stop().await?;
    stage.clear(answered == WEBHOOKS && synced == WEBHOOKS).await
}
