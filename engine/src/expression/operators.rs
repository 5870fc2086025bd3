//! Operators: what they are made of, and what is wrong with what they are given.

use duka_dsl::Diagnostic;
use duka_dsl::diagnostic::nearest;
use rhai::{FnCallExpr, Token};
use smol_str::SmolStr;

use super::chain::capital;
use super::fits::describe;
use super::lower::how_to_ask;
use super::typing::{arithmetic, comparable, is_text, ordered};
use super::unknown;
use super::walk::Lowering;
use crate::hir::{Arithmetic, Comparison, Expr, ExprKind};
use crate::types::Type;
use crate::value::Value;

impl Lowering<'_> {
    /// `a and b and c`
    pub fn both(&mut self, parts: &[rhai::Expr], join: fn(Box<Expr>, Box<Expr>) -> ExprKind) -> Expr {
        let mut joined: Option<Expr> = None;
        for part in parts {
            let part = self.condition(part);
            joined = Some(match joined {
                None => part,
                Some(left) => {
                    let span = left.span.to(part.span);
                    let ty = if left.ty == Type::Unknown { Type::Unknown } else { part.ty.clone() };
                    Expr { kind: join(Box::new(left), Box::new(part)), ty, span }
                }
            });
        }
        joined.unwrap_or_else(|| unknown(self.text.origin.span))
    }

    /// An operand that must be yes or no.
    fn condition(&mut self, expr: &rhai::Expr) -> Expr {
        let expr = self.expr(expr);
        if matches!(expr.ty, Type::YesNo | Type::Unknown) {
            return expr;
        }
        let written = self.text.written(expr.span).to_string();
        let ty = self.describe(&expr.ty);
        let finding = Diagnostic::new(401, expr.span, format!("`{written}` is {ty}, not yes or no."));
        self.diagnostics.push(finding.help(how_to_ask(&expr.ty, &written)));
        unknown(expr.span)
    }

    pub fn operator(&mut self, call: &FnCallExpr, at: usize) -> Expr {
        match (call.name.as_str(), call.args.as_slice()) {
            ("contains", [list, item]) => self.contained(item, list),
            ("!", [operand]) => self.negation(operand, at),
            ("-", [operand]) => self.negative(operand, at),
            ("+", [operand]) => self.expr(operand),
            (_, [left, right]) => match (comparison(call.op_token.as_ref()), arithmetic_of(call.op_token.as_ref())) {
                (Some(op), _) => self.compare(op, left, right),
                (None, Some(op)) => self.calculate(op, left, right),
                (None, None) => self.unreadable(self.text.token(at)),
            },
            _ => self.unreadable(self.text.token(at)),
        }
    }

    fn negation(&mut self, operand: &rhai::Expr, at: usize) -> Expr {
        let start = self.text.span(at..at + 1);
        let operand_tree = self.expr(operand);
        let span = start.to(operand_tree.span);
        if !matches!(operand_tree.ty, Type::YesNo | Type::Unknown) {
            let written = self.text.written(operand_tree.span).to_string();
            let ty = self.describe(&operand_tree.ty);
            let finding =
                Diagnostic::new(401, operand_tree.span, format!("`not` is for yes or no; `{written}` is {ty}."));
            self.diagnostics.push(finding.help("Put what follows `not` in brackets: `not (… > …)`."));
            return unknown(span);
        }
        Expr { ty: operand_tree.ty.clone(), kind: ExprKind::Not(Box::new(operand_tree)), span }
    }

    fn negative(&mut self, operand: &rhai::Expr, at: usize) -> Expr {
        let operand = self.expr(operand);
        let span = self.text.span(at..at + 1).to(operand.span);
        match (&operand.kind, &operand.ty) {
            (ExprKind::Constant(Value::Number(number)), _) => {
                Expr { kind: ExprKind::Constant(Value::Number(-*number)), ty: Type::Number, span }
            }
            (_, Type::Number | Type::Money | Type::Duration | Type::Unknown) => {
                Expr { ty: operand.ty.clone(), kind: ExprKind::Negate(Box::new(operand)), span }
            }
            (_, ty) => {
                let message = format!("{} can not be made negative.", capital(&self.describe(ty)));
                self.diagnostics.push(Diagnostic::new(402, span, message));
                unknown(span)
            }
        }
    }

    fn compare(&mut self, op: Comparison, left: &rhai::Expr, right: &rhai::Expr) -> Expr {
        let before = self.diagnostics.len();
        let a = self.expr(left);
        let b = self.expr(right);
        self.suggest_quotes(before, &a, &b);
        let span = a.span.to(b.span);
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        let fine = if equality { comparable(&a.ty, &b.ty) } else { ordered(&a.ty, &b.ty) };
        if !fine {
            let finding = self.incomparable(&a, &b, equality);
            self.diagnostics.push(finding);
            return unknown(span);
        }
        if let Some(finding) = self.no_member_of(&a, &b).or_else(|| self.no_member_of(&b, &a)) {
            self.diagnostics.push(finding);
            return unknown(span);
        }
        if let Some(finding) = self.two_currencies(&a, &b, "compared") {
            self.diagnostics.push(finding);
            return unknown(span);
        }
        let ty = if a.ty == Type::Unknown || b.ty == Type::Unknown { self.after_mistake(before) } else { Type::YesNo };
        Expr { kind: ExprKind::Compare(op, Box::new(a), Box::new(b)), ty, span }
    }

    /// The type of a comparison with something unknown: yes or no, unless the unknown has its finding already.
    fn after_mistake(&self, before: usize) -> Type {
        if self.diagnostics.len() > before { Type::Unknown } else { Type::YesNo }
    }

    /// `size == s`: a bare word beside a text is most likely a word that lost its quotation marks.
    fn suggest_quotes(&mut self, before: usize, a: &Expr, b: &Expr) {
        let (known, unknown) = match (&a.ty, &b.ty) {
            (ty, Type::Unknown) if is_text(ty) => (a, b),
            (Type::Unknown, ty) if is_text(ty) => (b, a),
            _ => return,
        };
        let written = self.text.written(unknown.span).to_string();
        let is_word = written.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_member = match &known.ty {
            Type::Enum(members) => members.iter().any(|member| *member == written),
            _ => true,
        };
        let Some(finding) = self.diagnostics.get_mut(before).filter(|finding| is_word && finding.span == unknown.span)
        else {
            return;
        };
        if is_member && finding.cause.is_some() {
            let quoted = format!("\"{written}\"");
            let help = format!("Words are written in quotation marks: `{quoted}`.");
            *finding = Diagnostic { fix: None, help: Some(help), ..finding.clone() }.fix(
                format!("write `{quoted}`"),
                unknown.span,
                quoted.clone(),
            );
        }
    }

    fn incomparable(&self, a: &Expr, b: &Expr, equality: bool) -> Diagnostic {
        let span = a.span.to(b.span);
        let written = self.text.written(span);
        let (left, right) = (self.describe(&a.ty), self.describe(&b.ty));
        if a.ty == b.ty && !equality {
            return Diagnostic::new(402, span, format!("`{written}`: {left} is neither more nor less than another."))
                .help("Compare with `==` or `!=`.");
        }
        let finding = Diagnostic::new(402, span, format!("`{written}` compares {left} with {right}."));
        match (&a.ty, &b.ty) {
            (Type::Money, Type::Number) | (Type::Number, Type::Money) => {
                finding.help("Put the amount in `rules`, for example `limit = KES 5,000`, and use its name.")
            }
            (Type::Duration, Type::Number) | (Type::Number, Type::Duration) => {
                finding.help("Put the length of time in `rules`, for example `limit = 30 minutes`, and use its name.")
            }
            (Type::List(_), Type::Number) => finding.help("Compare its `.count`."),
            (Type::List(_), _) | (_, Type::List(_)) => finding.help("To look into a list, write `… in …`."),
            _ => finding.help("Compare two values of the same kind."),
        }
    }

    /// A text that is none of the words the other side can be.
    fn no_member_of(&self, a: &Expr, b: &Expr) -> Option<Diagnostic> {
        let (Type::Enum(members), ExprKind::Constant(Value::Text(text))) = (&a.ty, &b.kind) else { return None };
        if members.contains(text) || matches!(a.kind, ExprKind::Constant(_)) {
            return None;
        }
        let written = self.text.written(a.span);
        let message = format!("`{written}` is never \"{text}\"; it is one of: {}.", members.join(", "));
        let finding = Diagnostic::new(402, b.span, message);
        Some(match nearest(text, members.iter().map(SmolStr::as_str)) {
            Some(near) => finding.fix(format!("write \"{near}\""), b.span, format!("\"{near}\"")),
            None => finding,
        })
    }

    fn two_currencies(&self, a: &Expr, b: &Expr, done: &str) -> Option<Diagnostic> {
        let currency = |expr: &Expr| match (&expr.kind, &expr.ty) {
            (ExprKind::Rule(rule), Type::Money) => match self.names.rule(*rule) {
                Some(Value::Money(money)) => Some(money.currency),
                Some(_) | None => None,
            },
            (_, Type::Money) => self.names.currency(),
            _ => None,
        };
        let (left, right) = (currency(a)?, currency(b)?);
        (left != right).then(|| {
            let message = format!("{} and {} can not be {done}.", left.code(), right.code());
            Diagnostic::new(403, a.span.to(b.span), message).help("Convert the amount in the shop's own systems.")
        })
    }

    fn calculate(&mut self, op: Arithmetic, left: &rhai::Expr, right: &rhai::Expr) -> Expr {
        let a = self.expr(left);
        let b = self.expr(right);
        let span = a.span.to(b.span);
        let Some(ty) = arithmetic(op, &a.ty, &b.ty) else {
            let finding = self.no_arithmetic(op, &a, &b);
            self.diagnostics.push(finding);
            return unknown(span);
        };
        let additive = matches!(op, Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Divide);
        if additive && let Some(finding) = self.two_currencies(&a, &b, "added") {
            self.diagnostics.push(finding);
            return unknown(span);
        }
        Expr { kind: ExprKind::Arithmetic(op, Box::new(a), Box::new(b)), ty, span }
    }

    fn no_arithmetic(&self, op: Arithmetic, a: &Expr, b: &Expr) -> Diagnostic {
        let span = a.span.to(b.span);
        let written = self.text.written(span);
        let (left, right) = (self.describe(&a.ty), self.describe(&b.ty));
        let does = match op {
            Arithmetic::Add => format!("adds {right} to {left}"),
            Arithmetic::Subtract => format!("takes {right} from {left}"),
            Arithmetic::Multiply => format!("multiplies {left} by {right}"),
            Arithmetic::Divide | Arithmetic::Remainder => format!("divides {left} by {right}"),
        };
        let finding = Diagnostic::new(402, span, format!("`{written}` {does}."));
        if is_text(&a.ty) || is_text(&b.ty) {
            return finding.help("Texts are not put together in expressions: write both values into the message.");
        }
        match (&a.ty, &b.ty) {
            (Type::Money, Type::Number) | (Type::Number, Type::Money) => {
                finding.help("Put the amount in `rules`, for example `fee = KES 200`, and use its name.")
            }
            (Type::Money, Type::Money) => finding.help("Amounts are added or taken from each other."),
            _ => finding.help("Only numbers, amounts, dates and lengths of time can be reckoned with."),
        }
    }

    /// `x in list`
    fn contained(&mut self, item: &rhai::Expr, list: &rhai::Expr) -> Expr {
        let before = self.diagnostics.len();
        let item = self.expr(item);
        let list = self.expr(list);
        let span = item.span.to(list.span);
        let fine = match &list.ty {
            Type::List(inner) => comparable(&item.ty, inner),
            Type::Unknown => true,
            _ => false,
        };
        if !fine {
            let (a, b) = (self.describe(&item.ty), self.text.written(list.span));
            let message = match &list.ty {
                Type::List(inner) => {
                    format!("`{b}` is a list of another kind: it holds {}, not {a}.", self.describe(inner))
                }
                other => format!("`in` looks into a list; `{b}` is {}.", self.describe(other)),
            };
            self.diagnostics.push(Diagnostic::new(402, span, message));
            return unknown(span);
        }
        Expr { kind: ExprKind::In(Box::new(item), Box::new(list)), ty: self.after_mistake(before), span }
    }

    pub fn describe(&self, ty: &Type) -> String {
        describe(ty, |id| self.names.record(id))
    }
}

fn comparison(token: Option<&Token>) -> Option<Comparison> {
    Some(match token? {
        Token::EqualsTo => Comparison::Equal,
        Token::NotEqualsTo => Comparison::NotEqual,
        Token::LessThan => Comparison::Less,
        Token::LessThanEqualsTo => Comparison::LessOrEqual,
        Token::GreaterThan => Comparison::Greater,
        Token::GreaterThanEqualsTo => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic_of(token: Option<&Token>) -> Option<Arithmetic> {
    Some(match token? {
        Token::Plus => Arithmetic::Add,
        Token::Minus => Arithmetic::Subtract,
        Token::Multiply => Arithmetic::Multiply,
        Token::Divide => Arithmetic::Divide,
        Token::Modulo => Arithmetic::Remainder,
        _ => return None,
    })
}
