//! What is run, with which sizes and for how long at most. Runs nothing.

use std::time::Duration;

/// One run of a tool.
pub struct Part {
    pub name: String,
    /// The binary beside this one.
    pub tool: &'static str,
    pub arguments: Vec<String>,
    pub postgres: bool,
    /// It is ended after that.
    pub most: Duration,
}

fn part(tool: &'static str, what: &str, arguments: &[&str], postgres: bool, minutes: u64) -> Part {
    let place = if postgres { "postgres" } else { "sqlite" };
    let prefix = if tool == "load" { "load-" } else { "" };
    Part {
        name: format!("{prefix}{what}-{place}"),
        tool,
        arguments: std::iter::once(what).chain(arguments.iter().copied()).map(str::to_string).collect(),
        postgres,
        most: Duration::from_secs(60 * minutes),
    }
}

/// Those of `load` that are run on both; on PostgreSQL the rows' sizes are taken from SQLite in the same run.
const SPEED: [&str; 12] = [
    "sends", "statuses", "commits", "lone", "half", "latency", "backend", "overload", "memory", "size", "backlog",
    "ready",
];

/// Everything, in the order in which it is run: speed first, while the machine is cool.
pub fn parts(brief: bool) -> Vec<Part> {
    let bursts: &[&str] = if brief { &["--seconds", "2", "--rounds", "2"] } else { &[] };
    // On PostgreSQL `load` measures SQLite too, in the same go.
    let both = |what| match what {
        "turns" => vec![part("load", what, bursts, true, 15)],
        what => {
            let only = [bursts, &["--only-postgres"]].concat();
            vec![part("load", what, bursts, false, 20), part("load", what, &only, true, 20)]
        }
    };
    let mut parts: Vec<Part> = std::iter::once("turns").chain(SPEED).flat_map(both).collect();
    let (kills, ends, pauses, falls) = if brief { ("60", "20", "12", "10") } else { ("210", "100", "210", "40") };
    let customers: &[&str] = if brief { &["--customers", "60"] } else { &[] };
    for postgres in [false, true] {
        parts.push(part("campaign", "kill", &[&["--cycles", kills], customers].concat(), postgres, 20));
        parts.push(part("campaign", "copies", &[], postgres, 10));
        parts.push(part("campaign", "forged", &[], postgres, 10));
        parts.push(part("campaign", "sync", &[], postgres, 5));
    }
    parts.push(part("campaign", "power", &[&["--cycles", kills], customers].concat(), false, 20));
    parts.push(part("campaign", "stop", &[&["--cycles", ends], customers].concat(), false, 40));
    parts.push(part("campaign", "cluster", &[&["--cycles", falls], customers].concat(), true, 20));
    parts.push(part("campaign", "pause", &[&["--cycles", pauses], customers].concat(), true, 60));
    parts
}
