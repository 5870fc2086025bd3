//! The host: exactly once, in order, through crashes at every named point, on every store.

#[path = "host/apart.rs"]
mod apart;
#[path = "host/calls.rs"]
mod calls;
#[path = "host/corner.rs"]
mod corner;
#[path = "host/crashes.rs"]
mod crashes;
#[path = "store/database.rs"]
mod database;
#[path = "host/edges.rs"]
mod edges;
#[path = "host/errors.rs"]
mod errors;
#[path = "host/house.rs"]
mod house;
#[path = "host/outbox.rs"]
mod outbox;
#[path = "host/pace.rs"]
mod pace;
#[path = "host/refusals.rs"]
mod refusals;
#[path = "host/revisions.rs"]
mod revisions;
#[path = "host/serve.rs"]
mod serve;
#[path = "host/standing.rs"]
mod standing;
#[path = "host/turn.rs"]
mod turn;
#[path = "host/versions.rs"]
mod versions;
#[path = "host/warnings.rs"]
mod warnings;
#[path = "host/worker.rs"]
mod worker;
#[path = "host/writer.rs"]
mod writer;
