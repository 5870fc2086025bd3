//! The files of a shop that are plain settings: `shop.yaml`, adapter contracts, fixtures. Each is read into typed values
//! with places; a wrong value is told and left out, and the rest of the file is still read.

pub mod channel;
pub mod contract;
mod fields;
pub mod fixture;
pub mod shop;
