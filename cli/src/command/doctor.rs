//! `duka doctor`: examines a set-up and prints what was found. Mends nothing.

use std::io::Write;

use duka_runtime::config::{self, Keyring, Process};
use duka_runtime::ops::doctor::{self, Level, Line};

use super::serve::{settings, wrong};
use crate::arguments::{Doctor, Listing};
use crate::failure::{Failure, Outcome};
use crate::terminal::{self, paint};

pub fn run(arguments: &Doctor) -> Result<Outcome, Failure> {
    let path = settings(arguments.config.as_deref());
    let secrets = Keyring::noting(&Process);
    let config = config::read(path.as_deref(), &secrets).map_err(wrong)?;
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let lines = threads.block_on(doctor::examine(&config, &secrets));
    let mut out = anstream::stdout();
    match arguments.format {
        Listing::Text => print(&mut out, &lines)?,
        Listing::Json => writeln!(out, "{}", serde_json::to_string_pretty(&lines).unwrap_or_default())?,
    }
    Ok(Outcome::of(lines.iter().all(|line| line.level != Level::Fault)))
}

fn print(out: &mut impl Write, lines: &[Line]) -> Result<(), Failure> {
    for line in lines {
        let (style, word) = match line.level {
            Level::Ok => (terminal::GOOD, "ok     "),
            Level::Warning => (terminal::STRONG, "warning"),
            Level::Fault => (terminal::BAD, "fault  "),
        };
        writeln!(out, "{}  {}: {}", paint(style, word), line.about, line.found)?;
        if !line.fix.is_empty() {
            writeln!(out, "         {}", line.fix)?;
        }
    }
    let count = |level: Level| lines.iter().filter(|line| line.level == level).count();
    let faults = crate::report::count(count(Level::Fault), "fault");
    let warnings = crate::report::count(count(Level::Warning), "warning");
    Ok(writeln!(out, "{faults}, {warnings}")?)
}
