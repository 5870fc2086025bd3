//! A stand-in for WhatsApp's Graph API, for development, tests and load: it takes the sends that the real one takes,
//! refuses what the real one refuses, answers with signed webhooks, breaks as told, and plays customers.
//!
//! [`Graph`] is the whole behaviour as a value: time comes in, answers and webhooks go out, and the same seed with the
//! same calls gives the same answers. [`server`] puts it on a socket. It knows nothing of shops, stores or flows, and
//! it is no place to learn what Meta really does: only what `channel/whatsapp` was told that Meta does.

mod account;
mod answer;
mod check;
mod customer;
mod fault;
mod graph;
mod journal;
mod management;
mod media;
mod onlooker;
mod plan;
mod refusal;
pub mod server;
mod status;
mod template;
mod webhook;

pub use account::ACCOUNT;
pub use answer::{Answer, Manner};
pub use customer::{Say, Shown, Tappable, Telling};
pub use fault::{Fault, FaultKind};
pub use graph::Graph;
pub use journal::{Attempt, Counts, Journal, Keep};
pub use media::MediaFault;
pub use onlooker::Seen;
pub use plan::{Customers, Limits, Number, NumberChange, Plan, Statuses};
pub use refusal::Refusal;
pub use template::Template;
pub use webhook::{Webhook, signature};
