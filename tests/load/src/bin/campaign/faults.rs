//! What the provider does wrong in a trial: every kind of fault that the stand-in knows (reliability.md F51 to F69), often
//! enough to be hit, and seldom enough that most messages arrive. Those that stop a whole number come at set attempts.

use crate::{Arguments, Trial};

const LIMITS: &str = "
[limits]
window = false
pair = false
throughput = 0

[statuses]
sent_ms = [5, 400]
delivered_ms = [5, 400]
read_ms = [5, 2000]
twice = 0.2
swapped = 0.2
batch = 20
batch_ms = 50
";

/// By kind: the share of sends, and more of the line.
const SHARES: [(&str, f64, &str); 24] = [
    ("http500", 0.02, ""),
    ("http503", 0.02, ""),
    ("http502_html", 0.004, ""),
    ("rate429", 0.001, ""),
    ("pair429", 0.004, ""),
    ("reset_before", 0.02, ""),
    ("hang_before", 0.002, ""),
    ("accept_reset", 0.02, ""),
    ("accept_hang", 0.002, ""),
    ("malformed200", 0.01, ""),
    ("truncated200", 0.01, ""),
    ("empty200", 0.01, ""),
    ("no_id200", 0.004, ""),
    ("slowloris200", 0.002, "after_ms = 500"),
    ("slow200", 0.004, "after_ms = 1500"),
    ("window400", 0.002, ""),
    ("refuse", 0.002, "code = 131026"),
    ("failed_status", 0.004, ""),
    ("sent_then_failed", 0.004, ""),
    ("held", 0.004, "after_ms = 6000"),
    ("paused", 0.004, ""),
    ("no_status", 0.01, ""),
    ("late_status", 0.01, "after_ms = 6000"),
    ("no_opaque", 0.01, ""),
];

/// By kind: at which attempts, and more of the line. What the provider asks to wait is short.
const MOMENTS: [(&str, &str, &str); 4] = [
    ("token401", "[400, 3500, 9000, 15000]", ""),
    ("app_rate", "[700, 2000, 5000, 8000, 14000]", "retry_after_s = 1"),
    ("version400", "[1000, 2500, 6000, 11000]", "retry_after_s = 1"),
    ("template400", "[300, 1200, 4000, 7000, 12000]", ""),
];

/// Not taken, and no status will ever say so: their conversation waits for the length of a hold.
const LOST: [&str; 3] = ["http502_html", "reset_before", "hang_before"];

/// The plan of a trial.
pub fn plan(arguments: &Arguments) -> String {
    let mut plan = LIMITS.replace("[statuses]", &format!("[statuses]\noff = {}", arguments.no_statuses));
    // The first line that fits is the one that hits.
    for (kind, at, more) in MOMENTS {
        plan += &format!("\n[[fault]]\nkind = \"{kind}\"\nat = {at}\n{more}\n");
    }
    for (kind, rate, more) in SHARES {
        // Holds are longer there than the trial: most conversations would stand still under most of its ends.
        let rate = if arguments.trial == Trial::Stop && LOST.contains(&kind) { rate / 10.0 } else { rate };
        plan += &format!("\n[[fault]]\nkind = \"{kind}\"\nrate = {rate}\n{more}\n");
    }
    plan
}
