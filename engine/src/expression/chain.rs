//! Names and what follows them: `item.price`, `consent.offers.given`, `cart.lines.count`.

use duka_dsl::diagnostic::nearest;
use duka_dsl::{Diagnostic, Name, Span, ast};
use smol_str::SmolStr;

use super::fits::describe;
use super::names::{Names, Resolved};
use super::unknown;
use crate::hir::{ConsentFact, Expr, ExprKind, Property};
use crate::types::{Record, Type};
use crate::value::Value;

/// `{customer.first_name}` in a text, `event.items`, a bound of an answer.
pub fn lower_path(path: &ast::Path, names: &dyn Names) -> (Expr, Vec<Diagnostic>) {
    let Some((head, rest)) = path.segments.split_first() else { return (unknown(path.span), Vec::new()) };
    let mut diagnostics = Vec::new();
    let mut expr = chain(head, rest, names, &mut diagnostics);
    expr.span = path.span;
    (expr, diagnostics)
}

/// What a name and the parts after it stand for. An unknown part is one finding and gives [`Type::Unknown`].
pub(super) fn chain(head: &Name, rest: &[Name], names: &dyn Names, diagnostics: &mut Vec<Diagnostic>) -> Expr {
    match start(head, rest, names) {
        Ok((mut expr, used)) => {
            for part in rest.get(used..).unwrap_or_default() {
                expr = member(expr, part, names, diagnostics);
            }
            expr
        }
        Err(finding) => {
            diagnostics.push(*finding);
            unknown(rest.last().map_or(head.span, |last| head.span.to(last.span)))
        }
    }
}

/// The value that a chain begins with, and how many parts after the head belong to it.
fn start(head: &Name, rest: &[Name], names: &dyn Names) -> Result<(Expr, usize), Box<Diagnostic>> {
    if let Some(resolved) = names.resolve(head.as_str()) {
        return Ok((place(resolved, head.span), 0));
    }
    let spaced = |space: &Space<'_>| -> Result<Name, Box<Diagnostic>> {
        rest.first().cloned().ok_or_else(|| Box::new(space.incomplete(head)))
    };
    match head.as_str() {
        "answers" => {
            let space = Space { what: "no question has been answered in a state called", known: &|| names.answers() };
            let part = spaced(&space)?;
            let resolved = names.answer(part.as_str()).ok_or_else(|| space.missing(&part))?;
            Ok((place(resolved, head.span.to(part.span)), 1))
        }
        "event" => {
            let space = Space { what: "what happens here carries no", known: &|| names.event_fields() };
            let part = spaced(&space)?;
            let resolved = names.event_field(part.as_str()).ok_or_else(|| space.missing(&part))?;
            Ok((place(resolved, head.span.to(part.span)), 1))
        }
        "experiment" => {
            let space = Space { what: "there is no experiment called", known: &|| names.experiments() };
            let part = spaced(&space)?;
            let (id, arms) = names.experiment(part.as_str()).ok_or_else(|| space.missing(&part))?;
            let ty = Type::Enum(arms.to_vec());
            Ok((Expr { kind: ExprKind::Experiment(id), ty, span: head.span.to(part.span) }, 1))
        }
        "consent" => consent(head, rest, names),
        "none" => Ok((constant(Value::None, Type::None, head.span), 0)),
        "yes" => Ok((constant(Value::YesNo(true), Type::YesNo, head.span), 0)),
        "no" => Ok((constant(Value::YesNo(false), Type::YesNo, head.span), 0)),
        _ => Err(Box::new(unknown_name(head, names))),
    }
}

fn consent(head: &Name, rest: &[Name], names: &dyn Names) -> Result<(Expr, usize), Box<Diagnostic>> {
    let space = Space { what: "there is no consent called", known: &|| names.consents() };
    let Some(part) = rest.first() else { return Err(Box::new(space.incomplete(head))) };
    let id = names.consent(part.as_str()).ok_or_else(|| space.missing(part))?;
    let fact = rest.get(1).map(|fact| (fact, fact.as_str()));
    let fact = match fact {
        Some((fact, "given")) => (ConsentFact::Given, fact.span),
        Some((fact, "asked")) => (ConsentFact::Asked, fact.span),
        Some((fact, wrong)) => {
            let message = format!("A consent has no `{wrong}`.");
            let finding = Diagnostic::new(108, fact.span, message).did_you_mean(wrong, ["given", "asked"]);
            return Err(Box::new(finding.help("A consent has `given` and `asked`.")));
        }
        None => {
            let message = format!("`consent.{}` is not a value by itself.", part.value);
            let span = head.span.to(part.span);
            return Err(Box::new(
                Diagnostic::new(108, span, message)
                    .help(format!("Write `consent.{0}.given`, or `consent.{0}.asked`.", part.value)),
            ));
        }
    };
    Ok((Expr { kind: ExprKind::Consent(id, fact.0), ty: Type::YesNo, span: head.span.to(fact.1) }, 2))
}

fn place(resolved: Resolved, span: Span) -> Expr {
    Expr { kind: resolved.kind, ty: resolved.ty, span }
}

fn constant(value: Value, ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Constant(value), ty, span }
}

/// `expr.part`
pub(super) fn member(expr: Expr, part: &Name, names: &dyn Names, diagnostics: &mut Vec<Diagnostic>) -> Expr {
    let span = expr.span.to(part.span);
    if let Type::Record(id) = &expr.ty
        && let Some((at, field)) = names.record(*id).field(part.as_str())
    {
        return Expr { kind: ExprKind::Field(Box::new(expr), at), ty: field.ty.clone(), span };
    }
    if let Some(found) = property(&expr, part.as_str(), names) {
        return Expr { span, ..found };
    }
    if expr.ty != Type::Unknown {
        diagnostics.push(no_member(&expr, part, names));
    }
    unknown(span)
}

/// `.is_set` of anything; `.is_empty` and `.count` of lists, and of records with `lines`, such as the cart.
fn property(expr: &Expr, name: &str, names: &dyn Names) -> Option<Expr> {
    let (property, ty) = match name {
        "is_set" => (Property::IsSet, Type::YesNo),
        "is_empty" => (Property::IsEmpty, Type::YesNo),
        "count" => (Property::Count, Type::Number),
        _ => return None,
    };
    let of = match (&expr.ty, property) {
        (Type::Unknown | Type::List(_), _) | (_, Property::IsSet) => expr.clone(),
        (Type::Record(id), Property::IsEmpty | Property::Count) => {
            let (at, lines) =
                names.record(*id).field("lines").filter(|(_, field)| matches!(field.ty, Type::List(_)))?;
            Expr { kind: ExprKind::Field(Box::new(expr.clone()), at), ty: lines.ty.clone(), span: expr.span }
        }
        (_, Property::IsEmpty | Property::Count) => return None,
    };
    Some(Expr { kind: ExprKind::Property(Box::new(of), property), ty, span: expr.span })
}

fn no_member(expr: &Expr, part: &Name, names: &dyn Names) -> Diagnostic {
    let wrong = part.as_str();
    let of = describe(&expr.ty, |id| names.record(id));
    match &expr.ty {
        Type::Record(id) => {
            let record: &Record = names.record(*id);
            let fields: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
            let message = format!("{} has no `{wrong}`.", capital(&of));
            suggest(
                Diagnostic::new(108, part.span, message),
                wrong,
                &fields,
                &format!("It has: {}.", fields.join(", ")),
            )
        }
        Type::List(_) => Diagnostic::new(108, part.span, format!("A list has no `{wrong}`; its items may have."))
            .help("Take one item of it, with `pick` or `each`. A list itself has `is_empty` and `count`."),
        _ => Diagnostic::new(108, part.span, format!("{} has no `{wrong}`: it has no parts.", capital(&of))),
    }
}

/// Adds the nearest known name, with its fix, before `otherwise`.
pub(super) fn suggest(finding: Diagnostic, wrong: &str, known: &[&str], otherwise: &str) -> Diagnostic {
    match nearest(wrong, known.iter().copied()) {
        Some(near) => finding.help(format!("Did you mean `{near}`? {otherwise}")).fix_name(near),
        None => finding.help(otherwise),
    }
}

trait FixName {
    fn fix_name(self, near: &str) -> Diagnostic;
}

impl FixName for Diagnostic {
    fn fix_name(self, near: &str) -> Diagnostic {
        let span = self.span;
        self.fix(format!("write `{near}`"), span, near)
    }
}

fn unknown_name(head: &Name, names: &dyn Names) -> Diagnostic {
    let wrong = head.as_str();
    let mut known = names.known();
    known.extend(["answers", "consent", "event", "experiment", "none"]);
    let finding = Diagnostic::new(108, head.span, format!("There is no value called `{wrong}` here."));
    match nearest(wrong, known) {
        Some(near) => finding.help(format!("Did you mean `{near}`?")).fix_name(near),
        None => finding.help("Values are declared under `remember` and `rules`, or filled by a `call`."),
    }
    .cause(format!("value {wrong}"))
}

/// The names behind a head such as `experiment`.
struct Space<'a> {
    what: &'static str,
    /// Asked for when something is missing: listing them takes long in a large flow.
    known: &'a dyn Fn() -> Vec<&'a str>,
}

impl Space<'_> {
    fn missing(&self, part: &Name) -> Box<Diagnostic> {
        let wrong = part.as_str();
        let finding = Diagnostic::new(108, part.span, capital(&format!("{} `{wrong}`.", self.what)));
        let known = (self.known)();
        let otherwise = match known.as_slice() {
            [] => "There is none here.".to_string(),
            known => format!("Known here: {}.", known.join(", ")),
        };
        Box::new(suggest(finding, wrong, &known, &otherwise))
    }

    fn incomplete(&self, head: &Name) -> Diagnostic {
        let example: SmolStr = (self.known)().first().copied().unwrap_or("name").into();
        Diagnostic::new(108, head.span, format!("`{0}` is not a value by itself.", head.value))
            .help(format!("Say which one: `{}.{example}`.", head.value))
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
