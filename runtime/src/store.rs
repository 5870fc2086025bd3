//! Where conversations live between two turns. Set-based: one statement moves many rows.

mod rows;

pub use rows::*;
