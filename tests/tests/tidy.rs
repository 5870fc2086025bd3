//! The invariants of ARCHITECTURE.md and the house style that a machine can check. Reads the sources; runs nothing of them.

#[path = "tidy/book.rs"]
mod book;
#[path = "tidy/dependencies.rs"]
mod dependencies;
#[path = "tidy/faults.rs"]
mod faults;
#[path = "tidy/house.rs"]
mod house;
#[path = "tidy/purity.rs"]
mod purity;

/// Fails with all offences at once, each on a line of its own.
fn none(offences: &[String], rule: &str) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}
