//! Logs: constant messages with fields. JSON, one object a line, unless a person reads along.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What is logged without `RUST_LOG`.
const USUAL: &str = "warn,duka=info,duka_runtime=info";

/// Logs to standard error from here on. Called once; a second call changes nothing.
pub fn begin() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = if std::io::stderr().is_terminal() {
        logs.with_target(false).try_init()
    } else {
        logs.json().flatten_event(true).with_current_span(false).try_init()
    };
    drop(begun);
}
