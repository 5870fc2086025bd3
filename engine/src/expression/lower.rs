//! From the text of an expression to a typed tree. Never fails: what is wrong is a diagnostic, and the tree is then
//! of [`Type::Unknown`], so that one mistake is one finding.

use duka_dsl::{Diagnostic, Name, Span, ast};

use super::hooks::Hooks;
use super::names::Names;
use crate::hir::{ConsentId, Expr, ExprKind};
use crate::types::Type;
use crate::value::Value;

/// What a `call` or `do` line runs.
#[derive(Clone, Debug)]
pub enum OperationCall {
    /// `orders.hold(order)`; whether the contract has it, and whether the arguments fit, is the caller's to check.
    Contract { contract: Name, operation: Name, arguments: Vec<Expr>, span: Span },
    /// `consent.N.give()` and `consent.N.refuse()`.
    Consent { consent: ConsentId, given: bool, span: Span },
}

/// A value: after `=`, in a list, as an argument.
pub fn lower_value(_hooks: &Hooks, source: &ast::Expr, _names: &dyn Names) -> (Expr, Vec<Diagnostic>) {
    (unknown(source.span), Vec::new())
}

/// A condition: it must be yes or no.
pub fn lower_guard(hooks: &Hooks, source: &ast::Expr, names: &dyn Names) -> (Expr, Vec<Diagnostic>) {
    lower_value(hooks, source, names)
}

/// `{customer.first_name}` in a text, `event.items`, a bound of an answer.
pub fn lower_path(path: &ast::Path, _names: &dyn Names) -> (Expr, Vec<Diagnostic>) {
    (unknown(path.span), Vec::new())
}

/// What stands after `do` or `call x =`. `None` when it is no operation; it then has its diagnostic.
pub fn lower_operation(
    _hooks: &Hooks,
    _source: &ast::Expr,
    _names: &dyn Names,
) -> (Option<OperationCall>, Vec<Diagnostic>) {
    (None, Vec::new())
}

fn unknown(span: Span) -> Expr {
    Expr { kind: ExprKind::Constant(Value::None), ty: Type::Unknown, span }
}
