//! `hooks.rhai`: the developer's functions, read with their signatures, run under a budget.

use std::sync::Arc;

use duka_dsl::{Diagnostic, FileId};

use crate::hir::Hook;
use crate::types::Type;

/// The engine that reads the expressions of a shop and runs its hooks. Made once per shop; cheap to clone.
#[derive(Clone)]
pub struct Hooks {
    inner: Arc<Inner>,
}

struct Inner {}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooks")
    }
}

impl Default for Hooks {
    fn default() -> Hooks {
        Hooks { inner: Arc::new(Inner {}) }
    }
}

impl Hooks {
    /// Reads `hooks.rhai`. `type_named` knows the shop's types by name (records, forms; not the built-in ones).
    /// The order of the functions is their [`crate::hir::HookId`].
    pub fn read(
        _file: FileId,
        _text: &str,
        _type_named: &dyn Fn(&str) -> Option<Type>,
    ) -> (Hooks, Vec<Hook>, Vec<Diagnostic>) {
        (Hooks::default(), Vec::new(), Vec::new())
    }
}

/// An expression that is not lowered, compiled once.
#[derive(Debug)]
pub struct Script {
    pub source: String,
}
