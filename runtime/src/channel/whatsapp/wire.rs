//! What the vendor sends, as far as it is read, with everything optional: fields, words and types that are not known yet
//! must not cost an element. Only `channel::whatsapp` reads these types; nothing is decided here.

mod account;
mod message;
mod status;
mod word;

pub use account::*;
pub use message::*;
pub use status::*;
pub use word::Word;
