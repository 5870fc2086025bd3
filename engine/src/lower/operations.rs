//! What `call` and `do` lines run: an operation of a contract with arguments that fit.

use duka_dsl::ast;
use duka_dsl::diagnostic::nearest;
use duka_dsl::{Diagnostic, Name, Span};

use crate::expression::{self, OperationCall};
use crate::hir::{ConsentId, Expr, ExprKind, OperationId};
use crate::types::Type;
use crate::value::Value;

use super::body::Body;
use super::names::count;
use super::scope::{Place, Scope};

/// A line's operation, resolved.
pub(super) enum Resolved {
    Operation { operation: OperationId, arguments: Vec<Expr>, gives: Option<Type> },
    Consent { consent: ConsentId, given: bool, span: Span },
}

impl Body<'_> {
    /// The operation of a line; `None` after a finding.
    pub fn operation(&mut self, source: &ast::Expr, place: &Place) -> Option<Resolved> {
        let (call, found) = expression::lower_operation(&self.shop.runner, source, &Scope { body: self, place });
        self.findings.extend(found);
        match call? {
            OperationCall::Consent { consent, given, span } => Some(Resolved::Consent { consent, given, span }),
            OperationCall::Contract { contract, operation, arguments, span } => {
                let id = self.operation_named(&contract, &operation)?;
                let arguments = self.arguments(id, arguments, span);
                let gives = self.shop.operations.get(id.index()).and_then(|operation| operation.gives.clone());
                Some(Resolved::Operation { operation: id, arguments, gives })
            }
        }
    }

    /// D109: the operation is in its contract.
    fn operation_named(&mut self, contract: &Name, operation: &Name) -> Option<OperationId> {
        let Some(operations) = self.shop.contracts.get(&contract.value) else {
            let message = format!("There is no contract called `{}`.", contract.value);
            let known = self.shop.contracts.keys().map(|name| name.as_str());
            let found = Diagnostic::new(109, contract.span, message).did_you_mean(&contract.value, known);
            self.findings.push(found.cause(format!("contract {}", contract.value)));
            return None;
        };
        if let Some(id) = operations.get(&operation.value) {
            return Some(*id);
        }
        let message = format!("`{}.{}` is not in the `{}` contract.", contract.value, operation.value, contract.value);
        let known = operations.keys().map(|name| name.as_str());
        let found = Diagnostic::new(109, operation.span, message).did_you_mean(&operation.value, known.clone());
        let found = match found.help {
            Some(_) => found,
            None => found.help(format!("It has {}.", known.collect::<Vec<_>>().join(", "))),
        };
        self.findings.push(found.cause(format!("operation {}.{}", contract.value, operation.value)));
        let meant = nearest(&operation.value, operations.keys().map(|name| name.as_str()))?;
        operations.get(meant).copied()
    }

    /// D406: the arguments are as many as the operation takes, and of its types. Optional ones that are left out are none.
    fn arguments(&mut self, id: OperationId, mut given: Vec<Expr>, span: Span) -> Vec<Expr> {
        let Some(operation) = self.shop.operations.get(id.index()) else { return given };
        let takes = &operation.takes;
        let needed = takes.iter().rposition(|parameter| !parameter.optional).map_or(0, |last| last + 1);
        if given.len() < needed || given.len() > takes.len() {
            let types: Vec<String> = takes
                .iter()
                .map(|parameter| {
                    let ty = self.describe(&parameter.ty);
                    if parameter.optional { format!("{ty} or none") } else { ty }
                })
                .collect();
            let wanted = if types.is_empty() { "nothing".to_string() } else { types.join(", ") };
            let here = count(given.len(), "value is", "values are");
            let message = format!("`{}` takes {wanted}; {here} handed over here.", operation.path());
            self.findings.push(Diagnostic::new(406, span, message).help("Write one name for each, in that order."));
        }
        for (expr, parameter) in given.iter().zip(takes) {
            let empty = expr.ty == Type::None;
            let wrong = if empty { !parameter.optional } else { !self.suits(expr, &parameter.ty) };
            if wrong {
                let wanted = self.describe(&parameter.ty);
                let message = format!("`{}` takes {wanted}, not {}.", operation.path(), self.describe(&expr.ty));
                let help = match self.value_of_type(&parameter.ty) {
                    Some(name) => format!("Did you mean `{name}`?"),
                    None => format!("Hand over {wanted}."),
                };
                self.findings.push(Diagnostic::new(406, expr.span, message).help(help));
            }
        }
        given.truncate(takes.len());
        let none = Expr { kind: ExprKind::Constant(Value::None), ty: Type::None, span };
        given.resize(takes.len(), none);
        given
    }

    /// The one remembered value of a type, to suggest.
    fn value_of_type(&self, ty: &Type) -> Option<String> {
        let mut of_type = self.declared.slots.iter().filter(|slot| slot.ty == *ty);
        let only = of_type.next()?;
        of_type.next().is_none().then(|| only.name.to_string())
    }
}
