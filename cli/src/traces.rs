//! The way to a collector of traces, in builds that have one. Others refuse settings that name a collector.

use duka_runtime::ops::logs::Listener;
use url::Url;

use crate::failure::Failure;

#[cfg(feature = "otel")]
pub struct Traces(duka_otel::Traces);

#[cfg(feature = "otel")]
impl Traces {
    pub fn to(collector: &Url) -> Result<Traces, Failure> {
        let traces = duka_otel::Traces::to(collector.as_str(), env!("CARGO_PKG_VERSION"));
        traces.map(Traces).map_err(|error| Failure::usage(error.to_string()))
    }

    pub fn listener(&self) -> Listener {
        Box::new(self.0.layer())
    }

    pub fn end(self) {
        self.0.end();
    }
}

/// Can not be made.
#[cfg(not(feature = "otel"))]
pub enum Traces {}

#[cfg(not(feature = "otel"))]
impl Traces {
    pub fn to(collector: &Url) -> Result<Traces, Failure> {
        Err(Failure::usage_with_help(
            format!("`traces.otlp` names a collector ({collector}), and this build of duka knows no OpenTelemetry"),
            "Build it with `cargo build --release --features otel`, or take the setting out.",
        ))
    }

    pub fn listener(&self) -> Listener {
        match *self {}
    }

    pub fn end(self) {
        match self {}
    }
}
