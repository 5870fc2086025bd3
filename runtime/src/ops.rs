//! What operators see and do: logs, figures, an examination of the whole set-up, templates at the vendor, and requests to
//! a server of one's own. Never shows a text, a number or a token of anybody.

pub mod accounts;
pub mod client;
pub mod doctor;
pub mod figures;
pub mod logs;
pub mod notices;
