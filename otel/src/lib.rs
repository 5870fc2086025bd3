//! Brings the server's spans (target `duka_span`) to a collector of OpenTelemetry, by OTLP over HTTP. Takes no lines of the
//! log and nothing of other libraries: what a span may hold is decided where it is made.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// Where the server's spans are made.
pub const TARGET: &str = "duka_span";

/// How long a collector may take for a batch, and the last batch at the end. Spans that it does not take are dropped.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
#[error("the way to the collector of traces: {0}")]
pub struct Error(#[from] ExporterBuildError);

/// The way to a collector. A slow or missing one holds nothing up: spans wait in a bounded queue, and are dropped beyond it.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// To the collector at this address, such as `http://127.0.0.1:4318`, this share of all traces. `version` is the server's.
    ///
    /// # Errors
    /// There is no way to speak HTTP.
    pub fn to(collector: &str, sample: f64, version: &'static str) -> Result<Traces, Error> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()?;
        let about = [KeyValue::new("service.name", "duka"), KeyValue::new("service.version", version)];
        let resource = Resource::builder_empty().with_attributes(about).build();
        let builder = SdkTracerProvider::builder().with_sampler(Sampler::TraceIdRatioBased(sample));
        Ok(Traces(builder.with_batch_exporter(exporter).with_resource(resource).build()))
    }

    /// What is put beside the logs.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("duka"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(TARGET, LevelFilter::TRACE))
    }

    /// Brings what is left.
    pub fn end(self) {
        // What a collector does not take at the end is lost, as it is at any other time.
        let _ = self.0.shutdown_with_timeout(PATIENCE);
    }
}
