//! From the text of an expression to a typed tree. Never fails: what is wrong is a diagnostic, and the tree is then
//! of [`Type::Unknown`], so that one mistake is one finding.

use duka_dsl::{Diagnostic, Name, Span, ast};
use rhai::Stmt;

use super::fits::describe;
use super::hooks::Hooks;
use super::names::Names;
use super::read::read;
use super::unknown;
use super::walk::Lowering;
use crate::hir::{ConsentId, Expr, ExprKind};
use crate::types::Type;

/// What a `call` or `do` line runs.
#[derive(Clone, Debug)]
pub enum OperationCall {
    /// `orders.hold(order)`; whether the contract has it, and whether the arguments fit, is the caller's to check.
    Contract { contract: Name, operation: Name, arguments: Vec<Expr>, span: Span },
    /// `consent.N.give()` and `consent.N.refuse()`.
    Consent { consent: ConsentId, given: bool, span: Span },
}

/// A value: after `=`, in a list, as an argument.
pub fn lower_value(hooks: &Hooks, source: &ast::Expr, names: &dyn Names) -> (Expr, Vec<Diagnostic>) {
    lower_as(hooks, source, names, "value")
}

/// A condition: it must be yes or no.
pub fn lower_guard(hooks: &Hooks, source: &ast::Expr, names: &dyn Names) -> (Expr, Vec<Diagnostic>) {
    let (expr, mut diagnostics) = lower_as(hooks, source, names, "condition");
    if diagnostics.is_empty() && !matches!(expr.ty, Type::YesNo | Type::Unknown) {
        diagnostics.push(no_condition(&expr, source.source.trim(), names));
        return (unknown(source.span), diagnostics);
    }
    (expr, diagnostics)
}

fn lower_as(hooks: &Hooks, source: &ast::Expr, names: &dyn Names, what: &str) -> (Expr, Vec<Diagnostic>) {
    let (text, tree) = match read(hooks.reader(), source, what) {
        Ok(read) => read,
        Err(finding) => return (unknown(source.span), vec![*finding]),
    };
    let mut lowering = Lowering { hooks, names, text: &text, what, diagnostics: Vec::new() };
    let expr = match tree.statements() {
        [Stmt::Expr(expr)] => lowering.expr(expr),
        _ => lowering.unreadable(0..text.text.len()),
    };
    let mut diagnostics = lowering.diagnostics;
    once_per_cause(&mut diagnostics);
    (expr, diagnostics)
}

/// A name that is unknown twice is one mistake.
fn once_per_cause(diagnostics: &mut Vec<Diagnostic>) {
    let mut causes = Vec::new();
    diagnostics.retain(|finding| {
        let is_new = finding.cause.is_none() || !causes.contains(&finding.cause);
        causes.push(finding.cause.clone());
        is_new
    });
}

fn no_condition(expr: &Expr, written: &str, names: &dyn Names) -> Diagnostic {
    let ty = describe(&expr.ty, |id| names.record(id));
    let is_worked_out = matches!(
        expr.kind,
        ExprKind::Hook { .. } | ExprKind::Script { .. } | ExprKind::Arithmetic(..) | ExprKind::Negate(_)
    );
    let finding = if is_worked_out {
        Diagnostic::new(903, expr.span, format!("This condition does not give yes or no: `{written}` gives {ty}."))
    } else {
        Diagnostic::new(401, expr.span, format!("`{written}` is {ty}, not yes or no."))
    };
    finding.help(how_to_ask(&expr.ty, written))
}

/// How a value of this type is made a condition.
pub(super) fn how_to_ask(ty: &Type, written: &str) -> String {
    match ty {
        Type::List(_) => format!("Write `{written}.is_empty` or `{written}.count > 0`."),
        Type::Number => format!("Compare it, for example `{written} > 0`."),
        Type::Record(_) | Type::Image | Type::Video | Type::Document | Type::Voice => {
            format!("To ask whether there is one, write `{written}.is_set`.")
        }
        Type::Text
        | Type::YesNo
        | Type::Money
        | Type::Date
        | Type::Time
        | Type::Moment
        | Type::Duration
        | Type::Phone
        | Type::Email
        | Type::Language
        | Type::Town
        | Type::Enum(_)
        | Type::None
        | Type::Unknown => "Compare it with something, or write `.is_set` behind it.".to_string(),
    }
}

/// What stands after `do` or `call x =`. `None` when it is no operation; it then has its diagnostic.
pub fn lower_operation(
    hooks: &Hooks,
    source: &ast::Expr,
    names: &dyn Names,
) -> (Option<OperationCall>, Vec<Diagnostic>) {
    let what = "operation";
    let (text, tree) = match read(hooks.reader(), source, what) {
        Ok(read) => read,
        Err(finding) => return (None, vec![*finding]),
    };
    let mut lowering = Lowering { hooks, names, text: &text, what, diagnostics: Vec::new() };
    let call = match tree.statements() {
        [Stmt::Expr(expr)] => lowering.operation(expr),
        _ => None,
    };
    let mut diagnostics = lowering.diagnostics;
    if call.is_none() && diagnostics.is_empty() {
        let message = format!("`{}` is not an operation.", source.source.trim());
        diagnostics.push(Diagnostic::new(109, source.span, message).help(
            "An operation is written `orders.hold(order)`: the contract, a point, the operation and what it takes.",
        ));
    }
    (call, diagnostics)
}
