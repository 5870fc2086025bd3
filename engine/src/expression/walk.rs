//! Rhai's syntax tree walked into a typed tree: constants, names, chains; operators and calls are beside.

use std::ops::Range;

use duka_dsl::{Diagnostic, Name};
use rhai::FnCallExpr;
use smol_str::SmolStr;

use super::chain::chain;
use super::hooks::Hooks;
use super::lower::OperationCall;
use super::names::Names;
use super::read::Text;
use super::unknown;
use crate::hir::{Expr, ExprKind};
use crate::types::Type;
use crate::value::Value;

pub(super) struct Lowering<'a> {
    pub hooks: &'a Hooks,
    pub names: &'a dyn Names,
    pub text: &'a Text<'a>,
    pub what: &'a str,
    pub diagnostics: Vec<Diagnostic>,
}

/// One part of a chain: `.name`, `.name(…)`, `[…]`.
enum Link<'a> {
    Name(Name),
    Call(Name, &'a FnCallExpr),
    Index(&'a rhai::Expr),
}

impl<'a> Lowering<'a> {
    pub fn expr(&mut self, expr: &rhai::Expr) -> Expr {
        use rhai::Expr as R;
        let at = self.text.offset(expr.position());
        match expr {
            R::BoolConstant(yes, _) => self.constant(Value::YesNo(*yes), Type::YesNo, at),
            R::IntegerConstant(number, _) => self.constant(Value::Number((*number).into()), Type::Number, at),
            R::DynamicConstant(value, _) => match value.as_decimal() {
                Ok(number) => self.constant(Value::Number(number), Type::Number, at),
                Err(_) => self.unreadable(self.text.token(at)),
            },
            R::StringConstant(text, _) => {
                let text = SmolStr::new(text.as_str());
                self.constant(Value::Text(text.clone()), Type::Enum(vec![text]), at)
            }
            R::Unit(_) => self.constant(Value::None, Type::None, at),
            R::Array(items, _) => self.list(items, at),
            R::Variable(..) | R::Dot(..) | R::Index(..) => self.path(expr),
            R::And(parts, _) => self.both(parts, ExprKind::And),
            R::Or(parts, _) => self.both(parts, ExprKind::Or),
            R::FnCall(call, _) if call.op_token.is_some() || call.name == "contains" => self.operator(call, at),
            R::FnCall(call, _) => self.hook(call, at),
            _ => self.unreadable(self.text.token(at)),
        }
    }

    fn constant(&self, value: Value, ty: Type, at: usize) -> Expr {
        Expr { kind: ExprKind::Constant(value), ty, span: self.text.span(self.text.token(at)) }
    }

    /// `["s", "m"]`, of constants only.
    fn list(&mut self, items: &[rhai::Expr], at: usize) -> Expr {
        let place = self.text.token(at);
        let mut values = Vec::with_capacity(items.len());
        let mut item_type = Type::Unknown;
        for item in items {
            let item = self.expr(item);
            let ExprKind::Constant(value) = item.kind else { return self.unreadable(place) };
            item_type = if matches!(item.ty, Type::Enum(_)) { Type::Text } else { item.ty };
            values.push(value);
        }
        let kind = ExprKind::Constant(Value::List(values.into()));
        Expr { kind, ty: Type::List(Box::new(item_type)), span: self.text.span(place) }
    }

    pub fn unreadable(&mut self, place: Range<usize>) -> Expr {
        let span = self.text.span(place);
        if self.diagnostics.is_empty() {
            let written = self.text.written(span).to_string();
            let message = format!("Duka does not know how to work out `{written}` in a {}.", self.what);
            self.diagnostics.push(Diagnostic::new(22, span, message).help("Let a hook work it out."));
        }
        unknown(span)
    }

    fn name_at(&self, name: &str, position: rhai::Position) -> Name {
        let start = self.text.offset(position);
        Name::new(SmolStr::new(name), self.text.span(start..start + name.len()))
    }

    // ------------------------------------------------------------ names, fields, operations

    fn path(&mut self, expr: &rhai::Expr) -> Expr {
        let mut links = Vec::new();
        let head = match flatten(self, expr, &mut links) {
            Some(Head::Name(head)) => head,
            Some(Head::Value(value)) => {
                let value = self.expr(value);
                return self.follow(value, &links);
            }
            None => return self.unreadable(0..self.text.text.len()),
        };
        if let Some(finding) = self.operation_in_value(&head, &links) {
            self.diagnostics.push(finding);
            return unknown(self.text.origin.span);
        }
        let plain = links.iter().map_while(|link| match link {
            Link::Name(name) => Some(name.clone()),
            Link::Call(..) | Link::Index(_) => None,
        });
        let plain: Vec<Name> = plain.collect();
        let value = chain(&head, &plain, self.names, &mut self.diagnostics);
        self.follow(value, links.get(plain.len()..).unwrap_or_default())
    }

    fn follow(&mut self, mut value: Expr, links: &[Link<'_>]) -> Expr {
        for link in links {
            value = match link {
                Link::Name(name) => super::chain::member(value, name, self.names, &mut self.diagnostics),
                Link::Call(name, call) => self.method(value, name, call),
                Link::Index(index) => self.index(value, index),
            };
        }
        value
    }

    /// A guard or value that would change something, or ask the shop's systems (D902).
    fn operation_in_value(&self, head: &Name, links: &[Link<'_>]) -> Option<Diagnostic> {
        let (operation, written) = match links {
            [Link::Call(name, _), ..] if self.names.contract(head.as_str()) => {
                (name, format!("{}.{}", head.value, name.value))
            }
            [Link::Name(consent), Link::Call(name, _), ..] if head.as_str() == "consent" => {
                (name, format!("consent.{}.{}", consent.value, name.value))
            }
            _ => return None,
        };
        let span = head.span.to(operation.span);
        let what = if self.what == "condition" { "condition" } else { "value" };
        let message = format!("A {what} may not change anything or ask the shop's systems (`{written}`).");
        let help = if head.as_str() == "consent" {
            format!("Run it on a line of its own: `do {written}()`.")
        } else {
            format!("Run it on a line of its own, with `do {written}(…)` or `call x = {written}(…)`.")
        };
        Some(Diagnostic::new(902, span, message).help(help))
    }

    pub fn operation(&mut self, expr: &rhai::Expr) -> Option<OperationCall> {
        let mut links = Vec::new();
        let Head::Name(head) = flatten(self, expr, &mut links)? else { return None };
        let span = self.text.origin.span;
        match links.as_slice() {
            [Link::Call(operation, call)] => {
                let arguments = call.args.iter().map(|argument| self.expr(argument)).collect();
                Some(OperationCall::Contract { contract: head, operation: operation.clone(), arguments, span })
            }
            [Link::Name(consent), Link::Call(operation, call)] if head.as_str() == "consent" => {
                let Some(id) = self.names.consent(consent.as_str()) else {
                    let message = format!("There is no consent called `{}`.", consent.value);
                    let finding = Diagnostic::new(108, consent.span, message);
                    self.diagnostics.push(finding.did_you_mean(consent.as_str(), self.names.consents()));
                    return None;
                };
                let given = match operation.as_str() {
                    "give" => true,
                    "refuse" => false,
                    wrong => {
                        let finding = Diagnostic::new(109, operation.span, format!("A consent has no `{wrong}()`."));
                        self.diagnostics.push(finding.help("It has `give()` and `refuse()`."));
                        return None;
                    }
                };
                if !call.args.is_empty() {
                    let message = format!("`{}` takes nothing in its brackets.", operation.value);
                    self.diagnostics.push(Diagnostic::new(406, operation.span, message));
                }
                Some(OperationCall::Consent { consent: id, given, span })
            }
            _ => None,
        }
    }
}

/// What a chain begins with.
enum Head<'a> {
    Name(Name),
    /// A hook's answer, or brackets.
    Value(&'a rhai::Expr),
}

/// The head of a chain and its parts in order; `None` when a part is of no kind that the language has.
fn flatten<'e>(lowering: &Lowering<'_>, expr: &'e rhai::Expr, links: &mut Vec<Link<'e>>) -> Option<Head<'e>> {
    use rhai::Expr as R;
    let mut parts = Vec::new();
    spread(expr, &mut parts);
    let mut parts = parts.into_iter();
    let head = match parts.next()?.0 {
        R::Variable(variable, _, position) => Head::Name(lowering.name_at(&variable.1, *position)),
        R::Dot(..) | R::Index(..) => return None,
        value => Head::Value(value),
    };
    for (part, is_index) in parts {
        links.push(match part {
            part if is_index => Link::Index(part),
            R::Property(property, position) => Link::Name(lowering.name_at(&property.2, *position)),
            R::MethodCall(call, position) => Link::Call(lowering.name_at(&call.name, *position), call),
            _ => return None,
        });
    }
    Some(head)
}

/// The parts of a chain from left to right, each with whether it stands in `[ ]`. Rhai nests chains to the right.
fn spread<'e>(expr: &'e rhai::Expr, parts: &mut Vec<(&'e rhai::Expr, bool)>) {
    match expr {
        rhai::Expr::Dot(chain, ..) => {
            spread(&chain.lhs, parts);
            spread(&chain.rhs, parts);
        }
        rhai::Expr::Index(chain, flags, _) => {
            spread(&chain.lhs, parts);
            spread_index(&chain.rhs, *flags, parts);
        }
        _ => parts.push((expr, false)),
    }
}

/// What stands in the brackets, and, unless the chain ends with them, what follows.
fn spread_index<'e>(expr: &'e rhai::Expr, flags: rhai::ASTFlags, parts: &mut Vec<(&'e rhai::Expr, bool)>) {
    match expr {
        rhai::Expr::Dot(chain, ..) if !flags.contains(rhai::ASTFlags::BREAK) => {
            parts.push((&chain.lhs, true));
            spread(&chain.rhs, parts);
        }
        rhai::Expr::Index(chain, next, _) if !flags.contains(rhai::ASTFlags::BREAK) => {
            parts.push((&chain.lhs, true));
            spread_index(&chain.rhs, *next, parts);
        }
        _ => parts.push((expr, true)),
    }
}
