//! Hooks, the few methods of texts and numbers, and places in a list: what they take and what they give.

use std::sync::Arc;

use duka_dsl::{Diagnostic, Name, Span};
use rhai::FnCallExpr;
use smol_str::SmolStr;

use super::chain::capital;
use super::fits::fits;
use super::hooks::Script;
use super::typing::is_text;
use super::unknown;
use super::walk::Lowering;
use crate::hir::{Expr, ExprKind, Hook, Parameter};
use crate::types::Type;

impl Lowering<'_> {
    /// `size_for(item, 160)`
    pub fn hook(&mut self, call: &FnCallExpr, at: usize) -> Expr {
        let name_end = at + call.name.len();
        let span = self.text.span(at..self.end_of_brackets(name_end));
        let name = Name::new(SmolStr::new(call.name.as_str()), self.text.span(at..name_end));
        let arguments: Vec<Expr> = call.args.iter().map(|argument| self.expr(argument)).collect();
        let Some((id, hook)) = self.names.hook(name.as_str()) else {
            let finding = self.no_hook(&name);
            self.diagnostics.push(finding);
            return unknown(span);
        };
        let findings = self.misfits(&name, hook, &arguments, span);
        self.diagnostics.extend(findings);
        Expr { kind: ExprKind::Hook { hook: id, arguments }, ty: hook.gives.clone(), span }
    }

    fn end_of_brackets(&self, name_end: usize) -> usize {
        let rest = self.text.text.get(name_end..).unwrap_or("");
        self.text.token(name_end + rest.find('(').unwrap_or(0)).end
    }

    fn no_hook(&self, name: &Name) -> Diagnostic {
        let finding = Diagnostic::new(901, name.span, format!("There is no hook called `{}`.", name.value));
        let known = self.names.hook_names();
        if known.is_empty() {
            return finding.help("Hooks are functions in `hooks.rhai`, with a signature above them.");
        }
        finding.help(format!("The hooks are: {}.", known.join(", "))).did_you_mean(name.as_str(), known)
    }

    fn misfits(&self, name: &Name, hook: &Hook, arguments: &[Expr], span: Span) -> Vec<Diagnostic> {
        if arguments.len() != hook.takes.len() {
            let takes = hook.takes.iter().map(|(name, takes)| format!("{name}: {}", self.parameter(takes)));
            let takes = takes.collect::<Vec<_>>().join(", ");
            let message = format!("`{}` takes {} values, not {}.", name.value, hook.takes.len(), arguments.len());
            return vec![Diagnostic::new(406, span, message).help(format!("It takes {takes}."))];
        }
        let pairs = arguments.iter().zip(&hook.takes);
        let wrong =
            pairs.filter(
                |(argument, (_, wanted))| {
                    if argument.ty == Type::None { !wanted.optional } else { !fits(&argument.ty, &wanted.ty) }
                },
            );
        let findings = wrong.map(|(argument, (parameter, wanted))| {
            let (wanted, given) = (self.parameter(wanted), self.describe(&argument.ty));
            let message = format!("`{}` takes {wanted} as its `{parameter}`, not {given}.", name.value);
            Diagnostic::new(406, argument.span, message)
        });
        findings.collect()
    }

    fn parameter(&self, takes: &Parameter) -> String {
        let ty = self.describe(&takes.ty);
        if takes.optional { format!("{ty} or none") } else { ty }
    }

    /// `query.to_lower()`
    pub fn method(&mut self, value: Expr, name: &Name, call: &FnCallExpr) -> Expr {
        let end = self.end_of_brackets(self.text.offset_of(name.span.end));
        let span = value.span.to(self.text.span(self.text.offset_of(name.span.start)..end));
        let arguments: Vec<Expr> = call.args.iter().map(|argument| self.expr(argument)).collect();
        if value.ty == Type::Unknown {
            return unknown(span);
        }
        let Some(method) = methods(&value.ty).iter().find(|method| method.name == name.as_str()) else {
            let finding = self.no_method(&value.ty, name);
            self.diagnostics.push(finding);
            return unknown(span);
        };
        let fit = arguments.len() == method.takes.len()
            && arguments.iter().zip(method.takes).all(|(argument, wanted)| fits(&argument.ty, wanted));
        if !fit {
            let takes: Vec<String> = method.takes.iter().map(|ty| self.describe(ty)).collect();
            let takes = if takes.is_empty() { "nothing".to_string() } else { takes.join(" and ") };
            let message = format!("`{}` takes {takes} in its brackets.", name.value);
            self.diagnostics.push(Diagnostic::new(406, span, message));
            return Expr { ty: method.gives.clone(), ..unknown(span) };
        }
        let places: Vec<String> = (0..arguments.len()).map(|at| format!("v{at}")).collect();
        let source = format!("it.{}({})", name.value, places.join(", "));
        self.script(source, method.gives.clone(), value, arguments, span)
    }

    fn no_method(&self, of: &Type, name: &Name) -> Diagnostic {
        let message = format!("{} has no `{}()`.", capital(&self.describe(of)), name.value);
        let known: Vec<&str> = methods(of).iter().map(|method| method.name).collect();
        Diagnostic::new(108, name.span, message).help(if known.is_empty() {
            "Let a hook work it out.".to_string()
        } else {
            format!("It has: {}.", known.join(", "))
        })
    }

    /// `item.sizes[0]`
    pub fn index(&mut self, value: Expr, index: &rhai::Expr) -> Expr {
        let index = self.expr(index);
        let span = value.span.to(index.span);
        let item = match (&value.ty, &index.ty) {
            (Type::Unknown, _) | (_, Type::Unknown) => return unknown(span),
            (Type::List(item), Type::Number) => (**item).clone(),
            (Type::List(_), other) => {
                let message =
                    format!("`[ ]` takes a number, the place in the list from 0 on, not {}.", self.describe(other));
                self.diagnostics.push(Diagnostic::new(402, index.span, message));
                return unknown(span);
            }
            (other, _) => {
                let written = self.text.written(value.span);
                let message = format!("`[ ]` counts into a list; `{written}` is {}.", self.describe(other));
                self.diagnostics.push(Diagnostic::new(402, value.span, message));
                return unknown(span);
            }
        };
        self.script("it[v0]".to_string(), item, value, vec![index], span)
    }

    fn script(&mut self, source: String, gives: Type, value: Expr, arguments: Vec<Expr>, span: Span) -> Expr {
        let mut inputs = vec![(SmolStr::new_static("it"), value)];
        inputs
            .extend(arguments.into_iter().enumerate().map(|(at, argument)| (SmolStr::new(format!("v{at}")), argument)));
        match Script::new(self.hooks, source, gives.clone()) {
            Some(script) => Expr { kind: ExprKind::Script { script: Arc::new(script), inputs }, ty: gives, span },
            None => self.unreadable(0..self.text.text.len()),
        }
    }
}

struct Method {
    name: &'static str,
    takes: &'static [Type],
    gives: Type,
}

/// What texts, numbers and lists can do in an expression, beyond operators.
fn methods(ty: &Type) -> &'static [Method] {
    const TEXT: &[Method] = &[
        Method { name: "len", takes: &[], gives: Type::Number },
        Method { name: "contains", takes: &[Type::Text], gives: Type::YesNo },
        Method { name: "starts_with", takes: &[Type::Text], gives: Type::YesNo },
        Method { name: "ends_with", takes: &[Type::Text], gives: Type::YesNo },
        Method { name: "to_upper", takes: &[], gives: Type::Text },
        Method { name: "to_lower", takes: &[], gives: Type::Text },
        Method { name: "sub_string", takes: &[Type::Number, Type::Number], gives: Type::Text },
    ];
    const NUMBER: &[Method] = &[
        Method { name: "abs", takes: &[], gives: Type::Number },
        Method { name: "floor", takes: &[], gives: Type::Number },
        Method { name: "ceiling", takes: &[], gives: Type::Number },
        Method { name: "round", takes: &[], gives: Type::Number },
    ];
    match ty {
        ty if is_text(ty) => TEXT,
        Type::Number => NUMBER,
        _ => &[],
    }
}
