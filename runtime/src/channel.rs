//! Channels: what customers write on and what reaches them. Each is pure facts and translations, and one client that
//! speaks to the vendor. A channel knows no store, no conversation and no flow.

pub mod whatsapp;
