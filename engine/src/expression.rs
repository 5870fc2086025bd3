//! Expressions and hooks. The only place that knows Rhai.

/// An expression that is not lowered, compiled once.
#[derive(Debug)]
pub struct Script {
    pub source: String,
}
