//! The two written forms of a Duka flow: text and YAML in, lines with spans and diagnostics out.
//!
//! Reading never fails: every function returns what it could read *and* what is wrong with the rest. This crate does
//! no IO; files come in as text and leave as text.
//!
//! ```text
//! text ──> layout ──> line (pest) ──┐
//!                                   ├──> Document (flat lines, comments) ──> ownership ──> FlowFile
//! YAML ──> yaml::read ──────────────┘         │
//!                                             └──> print (canonical .duka) / yaml::print
//! ```

// The generated grammar names the boxes and results of `alloc`.
extern crate alloc;

pub mod ast;
pub mod config;
pub mod diagnostic;
pub mod edit;
pub mod layout;
mod line;
pub mod lines;
pub mod ownership;
pub mod print;
pub mod schema;
pub mod span;
pub mod tests_file;
pub mod texts;
pub mod yaml;

pub use diagnostic::{Code, Diagnostic};
pub use span::{FileId, Name, Span, Spanned};
