//! Instructions by callgrind, which other work on the machine does not disturb. Without valgrind there are none.

use std::process::{Command, Stdio};

/// What doing `what` once takes. The difference of two runs leaves out what happens once.
pub fn of(what: &str, few: u64, many: u64) -> Option<u64> {
    let (first, second) = (count(what, few)?, count(what, many)?);
    Some(second.saturating_sub(first) / (many - few))
}

fn count(what: &str, times: u64) -> Option<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe().ok()?);
    let output = command.args([what, &times.to_string()]).stdin(Stdio::null()).output().ok()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let collected = told.lines().find_map(|line| line.split_once("Collected : "))?;
    collected.1.trim().parse().ok()
}
