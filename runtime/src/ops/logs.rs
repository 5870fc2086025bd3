//! Logs: constant messages with fields. JSON, one object a line, unless a person reads along.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;

/// What is logged without `RUST_LOG`.
const USUAL: &str = "warn,duka=info,duka_runtime=info";

/// Logs to standard error from here on, panics too. Called once; a second call changes nothing.
pub fn begin() {
    std::panic::set_hook(Box::new(panicked));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = if std::io::stderr().is_terminal() {
        logs.with_target(false).try_init()
    } else {
        logs.json().flatten_event(true).with_current_span(false).try_init()
    };
    drop(begun);
}

/// The place of a panic and nothing else: what it says may hold what a customer wrote (TM39).
pub fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    tracing::error!(place, "a part of the server panicked; the conversation it was about waits for a person");
}
