//! YAML as Duka reads it: flows in their YAML form, `shop.yaml`, contracts and fixtures.
//!
//! Every scalar is a string and is typed by where it stands. What YAML would guess, merge or repeat is refused.

mod syntax;
pub mod tree;

/// The largest file that is read.
pub const MAX_FILE_BYTES: usize = 256 * 1024;
