//! The way to a collector of traces, in builds that have one. Others refuse settings that name a collector.

use duka_runtime::config::Traces as Settings;
use duka_runtime::ops::logs::Listener;

use crate::failure::Failure;

#[cfg(feature = "otel")]
pub struct Traces(duka_otel::Traces);

#[cfg(feature = "otel")]
impl Traces {
    pub fn to(settings: &Settings) -> Result<Traces, Failure> {
        let traces = duka_otel::Traces::to(settings.otlp.as_str(), settings.sample, env!("CARGO_PKG_VERSION"));
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
    pub fn to(settings: &Settings) -> Result<Traces, Failure> {
        Err(Failure::usage_with_help(
            format!(
                "`traces.otlp` names a collector ({}), and this build of duka knows no OpenTelemetry",
                settings.otlp
            ),
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
