//! What stands on the wire. What is read has everything optional: fields, words and types that are not known yet must not
//! cost an element. What is written is exact. Only `channel::whatsapp` knows these types; nothing is decided here.

mod account;
mod message;
pub mod send;
mod status;
mod word;

pub use account::*;
pub use message::*;
pub use status::*;
pub use word::Word;
