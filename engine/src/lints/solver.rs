//! A small solver for guards: tries the values that can make a difference and says which combinations are possible.
//!
//! Numbers are tried at and around every constant they are compared with, inside the range they are known to have;
//! enums, texts and yes-or-no values in each way that matters. What it does not understand is a free yes-or-no.
//! Gives up, saying nothing, beyond [`MOST_CASES`].

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::expr;
use crate::hir::{Comparison, Expr, ExprKind, Flow, Property, Shop, Target, Trigger};
use crate::types::Type;
use crate::value::Value;
use crate::walk;

/// The most combinations of values that are tried for one question.
const MOST_CASES: usize = 4096;

/// A value that guards speak of: `cart.count`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subject(String);

#[derive(Clone, Debug, PartialEq)]
enum Sample {
    Number(Decimal),
    Truth(bool),
    /// One of the texts it is compared with, or another.
    Text(Option<String>),
}

/// One way the values can be.
pub(super) struct Case(BTreeMap<Subject, Sample>);

/// What is known of a flow's values before any guard is looked at.
pub(super) struct Solver<'a> {
    shop: &'a Shop,
    flow: &'a Flow,
    /// By place, the lowest and highest number that each line gives it; `None` where that is not known.
    given: BTreeMap<Target, Vec<Option<(Decimal, Decimal)>>>,
}

impl<'a> Solver<'a> {
    pub fn new(shop: &'a Shop, flow: &'a Flow) -> Solver<'a> {
        let mut solver = Solver { shop, flow, given: BTreeMap::new() };
        solver.given = solver.given();
        solver
    }

    /// All ways the values in these guards can be; `None` when there are too many, or none is understood.
    pub fn cases(&self, guards: &[&Expr]) -> Option<Vec<Case>> {
        let mut subjects: BTreeMap<Subject, Vec<Sample>> = BTreeMap::new();
        guards.iter().for_each(|guard| self.collect(guard, &mut subjects));
        let total = subjects.values().try_fold(1usize, |product, samples| product.checked_mul(samples.len().max(1)))?;
        if total > MOST_CASES {
            return None;
        }
        let mut cases = vec![Case(BTreeMap::new())];
        for (subject, samples) in &subjects {
            let extend = |case: &Case| {
                let with = |sample: &Sample| {
                    let mut values = case.0.clone();
                    values.insert(subject.clone(), sample.clone());
                    Case(values)
                };
                samples.iter().map(with).collect::<Vec<_>>()
            };
            cases = cases.iter().flat_map(extend).collect();
        }
        Some(cases)
    }

    /// Whether a guard holds in a case.
    pub fn holds(&self, guard: &Expr, case: &Case) -> bool {
        match Shape::of(guard) {
            Shape::Truth(yes) => yes,
            Shape::Not(inner) => !self.holds(inner, case),
            Shape::And(left, right) => self.holds(left, case) && self.holds(right, case),
            Shape::Or(left, right) => self.holds(left, case) || self.holds(right, case),
            Shape::Compare(comparison, left, right) => self.compares(guard, comparison, left, right, case),
            Shape::IsEmpty(inner) => {
                let count = case.0.get(&self.count_of(inner));
                matches!(count, Some(Sample::Number(number)) if number.is_zero())
            }
            Shape::Free => self.free(guard, case),
        }
    }

    /// The values of a case in words: `cart.count is 0 and item.stock is 1`.
    pub fn describe(&self, case: &Case) -> String {
        let parts = case.0.iter().map(|(subject, sample)| match sample {
            Sample::Number(number) => format!("`{}` is {}", subject.0, number.normalize()),
            Sample::Truth(true) => format!("`{}` is yes", subject.0),
            Sample::Truth(false) => format!("`{}` is no", subject.0),
            Sample::Text(Some(text)) => format!("`{}` is {text}", subject.0),
            Sample::Text(None) => format!("`{}` is something else", subject.0),
        });
        parts.collect::<Vec<_>>().join(" and ")
    }

    /// The values a guard speaks of, for comparing two guards.
    pub fn subjects(&self, guard: &Expr) -> Vec<String> {
        let mut subjects = BTreeMap::new();
        self.collect(guard, &mut subjects);
        subjects.into_keys().map(|subject| subject.0).collect()
    }

    fn free(&self, guard: &Expr, case: &Case) -> bool {
        matches!(case.0.get(&self.subject(guard)), Some(Sample::Truth(true)))
    }

    fn compares(&self, guard: &Expr, comparison: Comparison, left: &Expr, right: &Expr, case: &Case) -> bool {
        let Some((subject, constant, comparison)) = self.comparison(comparison, left, right) else {
            return self.free(guard, case);
        };
        match (case.0.get(&subject), constant) {
            (Some(Sample::Number(value)), Sample::Number(bound)) => match comparison {
                Comparison::Equal => *value == bound,
                Comparison::NotEqual => *value != bound,
                Comparison::Less => *value < bound,
                Comparison::LessOrEqual => *value <= bound,
                Comparison::Greater => *value > bound,
                Comparison::GreaterOrEqual => *value >= bound,
            },
            (Some(value), bound) => match comparison {
                Comparison::NotEqual => *value != bound,
                Comparison::Equal
                | Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual => *value == bound,
            },
            (None, _) => false,
        }
    }

    /// A comparison of a value with a constant, the value first.
    fn comparison(&self, comparison: Comparison, left: &Expr, right: &Expr) -> Option<(Subject, Sample, Comparison)> {
        match (self.constant(left), self.constant(right)) {
            (None, Some(constant)) => Some((self.subject(left), constant, comparison)),
            (Some(constant), None) => {
                let turned = match comparison {
                    Comparison::Less => Comparison::Greater,
                    Comparison::LessOrEqual => Comparison::GreaterOrEqual,
                    Comparison::Greater => Comparison::Less,
                    Comparison::GreaterOrEqual => Comparison::LessOrEqual,
                    Comparison::Equal | Comparison::NotEqual => comparison,
                };
                Some((self.subject(right), constant, turned))
            }
            (None, None) | (Some(_), Some(_)) => None,
        }
    }

    fn constant(&self, expr: &Expr) -> Option<Sample> {
        let value = match &expr.kind {
            ExprKind::Constant(value) => value,
            ExprKind::Rule(rule) => &self.flow.rules.get(rule.index())?.value,
            ExprKind::Negate(inner) => match self.constant(inner)? {
                Sample::Number(number) => return Some(Sample::Number(-number)),
                Sample::Truth(_) | Sample::Text(_) => return None,
            },
            ExprKind::Slot(_)
            | ExprKind::Customer(_)
            | ExprKind::Ambient(_)
            | ExprKind::Event(_)
            | ExprKind::Experiment(_)
            | ExprKind::Consent(..)
            | ExprKind::Field(..)
            | ExprKind::Property(..)
            | ExprKind::Not(_)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Compare(..)
            | ExprKind::Arithmetic(..)
            | ExprKind::In(..)
            | ExprKind::Hook { .. }
            | ExprKind::Script { .. } => return None,
        };
        match value {
            Value::Number(number) => Some(Sample::Number(*number)),
            Value::Money(money) => Some(Sample::Number(Decimal::from(money.minor))),
            Value::Duration(ms) => Some(Sample::Number(Decimal::from(*ms))),
            Value::YesNo(yes) => Some(Sample::Truth(*yes)),
            Value::Text(text) => Some(Sample::Text(Some(text.to_string()))),
            Value::None
            | Value::Date(_)
            | Value::Time(_)
            | Value::Moment(_)
            | Value::Media(_)
            | Value::List(_)
            | Value::Record(_) => None,
        }
    }

    fn collect(&self, guard: &Expr, subjects: &mut BTreeMap<Subject, Vec<Sample>>) {
        let free = || vec![Sample::Truth(true), Sample::Truth(false)];
        match Shape::of(guard) {
            Shape::Truth(_) => {}
            Shape::Not(inner) => self.collect(inner, subjects),
            Shape::And(left, right) | Shape::Or(left, right) => {
                self.collect(left, subjects);
                self.collect(right, subjects);
            }
            Shape::Compare(comparison, left, right) => match self.comparison(comparison, left, right) {
                Some((subject, constant, _)) => {
                    let value = if self.constant(left).is_some() { right } else { left };
                    self.add(subjects, subject, constant, value);
                }
                None => {
                    subjects.insert(self.subject(guard), free());
                }
            },
            Shape::IsEmpty(inner) => {
                let samples = subjects.entry(self.count_of(inner)).or_default();
                [Decimal::ZERO, Decimal::ONE].into_iter().for_each(|number| push(samples, Sample::Number(number)));
            }
            Shape::Free => {
                subjects.insert(self.subject(guard), free());
            }
        }
    }

    fn add(&self, subjects: &mut BTreeMap<Subject, Vec<Sample>>, subject: Subject, constant: Sample, value: &Expr) {
        let samples = subjects.entry(subject).or_default();
        match constant {
            Sample::Number(number) => {
                let (low, high) = self.range(value);
                let near = [number - Decimal::ONE, number, number + Decimal::ONE];
                let ends = low.into_iter().chain(high);
                for candidate in near.into_iter().chain(ends) {
                    if low.is_none_or(|low| candidate >= low) && high.is_none_or(|high| candidate <= high) {
                        push(samples, Sample::Number(candidate));
                    }
                }
            }
            Sample::Truth(_) => [true, false].into_iter().for_each(|truth| push(samples, Sample::Truth(truth))),
            Sample::Text(text) => {
                if let Type::Enum(members) = &value.ty {
                    members.iter().for_each(|member| push(samples, Sample::Text(Some(member.to_string()))));
                } else {
                    push(samples, Sample::Text(None));
                }
                push(samples, Sample::Text(text));
            }
        }
    }

    fn subject(&self, expr: &Expr) -> Subject {
        Subject(expr::key(self.shop, self.flow, expr))
    }

    fn count_of(&self, list: &Expr) -> Subject {
        Subject(format!("{}.count", expr::key(self.shop, self.flow, list)))
    }

    /// The range a value is known to have: counts and stock are never negative; an answered number is in its range.
    fn range(&self, value: &Expr) -> (Option<Decimal>, Option<Decimal>) {
        let never_negative = |name: &str| ["stock", "count", "quantity", "free"].contains(&name);
        if let ExprKind::Property(_, Property::Count) = &value.kind {
            (Some(Decimal::ZERO), None)
        } else if let ExprKind::Field(inner, field) = &value.kind {
            (never_negative(expr::field_name(self.shop, &inner.ty, *field)).then_some(Decimal::ZERO), None)
        } else if let ExprKind::Slot(slot) = &value.kind {
            self.answered(Target::Slot(*slot))
        } else {
            (None, None)
        }
    }

    /// The range of a number that is only ever answered within bounds, set to constants, or its default.
    fn answered(&self, target: Target) -> (Option<Decimal>, Option<Decimal>) {
        let slot = match target {
            Target::Slot(slot) => self.flow.slots.get(slot.index()),
            // Other flows may set it as well.
            Target::Customer(_) => return (None, None),
        };
        if slot.is_none_or(|slot| self.flow.takes.iter().any(|taken| Target::Slot(*taken) == target) || slot.optional) {
            return (None, None);
        }
        let default = match slot.and_then(|slot| slot.default.as_ref()) {
            Some(Value::Number(number)) => Some(Some((*number, *number))),
            Some(_) | None => None,
        };
        let given = self.given.get(&target).into_iter().flatten().copied().chain(default);
        let Some(known) = given.collect::<Option<Vec<_>>>() else { return (None, None) };
        (known.iter().map(|(low, _)| *low).min(), known.iter().map(|(_, high)| *high).max())
    }

    fn given(&self) -> BTreeMap<Target, Vec<Option<(Decimal, Decimal)>>> {
        let constant = |expr: &Expr| match self.constant(expr) {
            Some(Sample::Number(number)) => Some(number),
            Some(Sample::Truth(_) | Sample::Text(_)) | None => None,
        };
        let mut given: BTreeMap<Target, Vec<_>> = BTreeMap::new();
        for lines in walk::lines(self.flow) {
            if let Some(Trigger::Answer { into, range, .. }) = lines.reaction.map(|reaction| &reaction.trigger) {
                let range = range.as_ref().and_then(|(from, to)| Some((constant(from)?, constant(to)?)));
                given.entry(*into).or_default().push(range);
            }
            for (target, value) in lines.steps.iter().filter_map(walk::assigned) {
                given.entry(target).or_default().push(value.and_then(constant).map(|number| (number, number)));
            }
        }
        given
    }
}

fn push(samples: &mut Vec<Sample>, sample: Sample) {
    if !samples.contains(&sample) {
        samples.push(sample);
    }
}

/// What the solver understands of a guard.
enum Shape<'e> {
    Truth(bool),
    Not(&'e Expr),
    And(&'e Expr, &'e Expr),
    Or(&'e Expr, &'e Expr),
    Compare(Comparison, &'e Expr, &'e Expr),
    IsEmpty(&'e Expr),
    /// Anything else may hold or not.
    Free,
}

impl<'e> Shape<'e> {
    fn of(guard: &'e Expr) -> Shape<'e> {
        match &guard.kind {
            ExprKind::Constant(Value::YesNo(yes)) => Shape::Truth(*yes),
            ExprKind::Not(inner) => Shape::Not(inner),
            ExprKind::And(left, right) => Shape::And(left, right),
            ExprKind::Or(left, right) => Shape::Or(left, right),
            ExprKind::Compare(comparison, left, right) => Shape::Compare(*comparison, left, right),
            ExprKind::Property(inner, Property::IsEmpty) => Shape::IsEmpty(inner),
            ExprKind::Constant(_)
            | ExprKind::Slot(_)
            | ExprKind::Customer(_)
            | ExprKind::Rule(_)
            | ExprKind::Ambient(_)
            | ExprKind::Event(_)
            | ExprKind::Experiment(_)
            | ExprKind::Consent(..)
            | ExprKind::Field(..)
            | ExprKind::Property(..)
            | ExprKind::Negate(_)
            | ExprKind::Arithmetic(..)
            | ExprKind::In(..)
            | ExprKind::Hook { .. }
            | ExprKind::Script { .. } => Shape::Free,
        }
    }
}
