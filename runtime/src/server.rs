//! The server as the outside sees it: webhooks, health, figures. Verifies, splits, commits, answers; what a message means
//! is the host's business.

mod current;
mod disk;
mod door;
mod early;
mod flood;
mod flows;
mod forms;
mod handoff;
pub mod health;
pub(crate) mod ingress;
mod inward;
pub mod keep;
mod levers;
mod marks;
pub(crate) mod orders;
mod outward;
mod parcels;
mod pay;
pub(crate) mod payable;
pub mod polls;
pub mod reconcile;
pub(crate) mod rounds;
pub mod run;
pub(crate) mod unsettled;
mod webhooks;
pub mod webhooks_off;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;

pub use door::Door;
pub use outward::told;

use crate::adapter::rest::Rest;
use crate::api;
use crate::channel::whatsapp::flows::crypto::FlowsKey;
use crate::config::Config;
use crate::files::Files;
use crate::host::Host;
use crate::host::desk::Desk;
use crate::payments::Cashier;
use crate::shops::Registry;

/// What all requests share.
pub struct Server {
    pub config: Config,
    pub registry: Arc<Registry>,
    pub host: Arc<Host>,
    pub desk: Desk,
    /// Where files of customers are kept.
    pub files: Files,
    /// Takes no new work: it is going down.
    pub draining: AtomicBool,
    pub flood: flood::Flood,
    /// Asks shops' systems and carriers, outside of conversations.
    pub rest: Rest,
    /// Open what forms ask; none: no form asks anything.
    pub flows_keys: Vec<FlowsKey>,
    /// Room for what comes.
    pub disk: Arc<disk::Disk>,
    /// Whose user ids statuses have told.
    pub met: ingress::Met,
    /// Who makes pay links and hears of payments.
    pub cashier: Arc<Cashier>,
    /// Parcels that carriers are asked for.
    pub polls: polls::Polls,
    /// Webhooks of shops' own systems that are off.
    pub off: webhooks_off::Off,
    /// Shops with news of orders that nobody had yet.
    pub early: early::Early,
    /// Up to where orders were compared with shops' own systems.
    pub places: reconcile::Places,
    /// `None`: no figures are gathered.
    pub figures: Option<PrometheusHandle>,
    pub backlog: health::Backlog,
}

/// All that is answered.
pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .merge(api::router(&server))
        .route("/webhooks/whatsapp", get(webhooks::handshake).post(webhooks::receive))
        .route("/flows/{shop}", post(flows::asked))
        .route("/webhooks/{shop}/{contract}", post(orders::receive))
        .route("/webhooks/{shop}/payments", post(pay::called))
        .route("/webhooks/{shop}/payments/{part}", post(pay::called_of))
        .route("/pay/{token}", get(pay::look).post(pay::begin))
        .route("/handoff/{shop}", post(handoff::said))
        .route("/handoff/{shop}/{key}", post(handoff::chatwoot_said))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::figures))
        .with_state(server)
}
