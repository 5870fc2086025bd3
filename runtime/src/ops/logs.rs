//! Logs: constant messages with fields. JSON, one object a line, unless a person reads along. What happens is also told by
//! spans of the target `duka_span`, which cost nothing unless somebody listens to them.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What is logged without `RUST_LOG`.
const USUAL: &str = "warn,duka=info,duka_runtime=info";

/// What listens beside the logs.
pub type Listener = Box<dyn Layer<Registry> + Send + Sync>;

/// Logs to standard error from here on, panics too. Called once; a second call changes nothing.
pub fn begin(beside: Option<Listener>) {
    std::panic::set_hook(Box::new(panicked));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let logs = if std::io::stderr().is_terminal() {
        logs.with_target(false).with_filter(filter).boxed()
    } else {
        logs.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed()
    };
    let listeners: Vec<Listener> = std::iter::once(logs).chain(beside).collect();
    drop(tracing_subscriber::registry().with(listeners).try_init());
}

/// The place of a panic and nothing else: what it says may hold what a customer wrote (TM39).
pub fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    tracing::error!(place, "a part of the server panicked; the conversation it was about waits for a person");
}
