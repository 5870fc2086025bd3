//! How orders are paid: links that say nothing to strangers, providers that hold the money, and where each payment stands.
//! Keeps a reference, what was quoted and a state; sees no card and owns no money (TM29, TM30, TM40).

mod attempts;
mod backs;
mod cashier;
pub mod chat;
pub mod demo;
pub mod facts;
mod letter;
pub mod money;
mod over;
mod own;
pub mod page;
pub mod provider;
mod refund;
mod rounds;
pub mod standing;
mod start;
pub mod till;
pub mod token;

pub use self::cashier::{Cashier, Place, Refusal, Seen, UNKNOWN};
pub use self::over::PAID;
pub use self::start::Started;
pub use self::till::Till;
