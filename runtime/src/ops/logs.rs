//! Logs: constant messages with fields. JSON, one object a line, unless a person reads along. What happens is also told by
//! spans of the target `duka_span`, which cost nothing unless somebody listens to them. A line that nobody takes waits
//! beside the work, in a bounded queue, and is lost and counted beyond it: a full pipe stops no turn.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What is logged without `RUST_LOG`.
const USUAL: &str = "warn,duka=info,duka_runtime=info";

/// The same beside somebody who works: a person's own mistakes are shown elsewhere.
const QUIET: &str = "error";

/// What listens beside the logs.
pub type Listener = Box<dyn Layer<Registry> + Send + Sync>;

/// Lines that wait to be written.
const MOST_WAITING: usize = 8_192;

/// Counts the lines that were lost, once logs have begun.
static LOST: OnceLock<ErrorCounter> = OnceLock::new();

/// Writes the lines that wait when it goes, for a second at most.
#[must_use = "lines that wait are lost without it"]
pub struct Logs {
    _writes: WorkerGuard,
}

/// How many lines nobody took.
pub fn lost() -> u64 {
    LOST.get().map_or(0, |lost| u64::try_from(lost.dropped_lines()).unwrap_or(u64::MAX))
}

/// Logs to standard error from here on, panics too. Called once; a second call changes nothing.
pub fn begin(beside: Option<Listener>) -> Logs {
    begin_with(USUAL, beside)
}

/// The same where somebody works beside it: only what has gone wrong.
pub fn begin_quiet() -> Logs {
    begin_with(QUIET, None)
}

fn begin_with(usual: &str, beside: Option<Listener>) -> Logs {
    std::panic::set_hook(Box::new(panicked));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MOST_WAITING);
    let (writer, writes) = builder.thread_name("duka logs").finish(std::io::stderr());
    let _ = LOST.set(writer.error_counter());
    let logs = tracing_subscriber::fmt::layer().with_writer(writer);
    let logs = if std::io::stderr().is_terminal() {
        logs.with_target(false).with_filter(filter).boxed()
    } else {
        logs.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed()
    };
    let listeners: Vec<Listener> = std::iter::once(logs).chain(beside).collect();
    drop(tracing_subscriber::registry().with(listeners).try_init());
    Logs { _writes: writes }
}

/// The place of a panic and nothing else: what it says may hold what a customer wrote (TM39).
pub fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    tracing::error!(place, "something inside Duka panicked; please report it");
}
