//! Forms as WhatsApp Flows: the description that is published once, and the encrypted endpoint that some Flows ask while
//! they are filled in.

pub mod crypto;
pub mod endpoint;
pub mod json;
pub mod published;
