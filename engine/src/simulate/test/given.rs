//! `given` lines: what is so before a test begins.

use duka_dsl::Name;
use duka_dsl::Spanned;
use duka_dsl::ast::{Expr, TestLine};
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::hir::Builtin;

use super::super::world::typed;
use super::super::{Simulator, Stub, StubKind};
use super::Failure;

/// `given SUBJECT is VALUE`: language, channel, now, a consent, a field of the customer, of the shop or of a product, the
/// bag to start in the middle with, a remembered value, or the answer of an operation.
pub fn is(simulator: &mut Simulator, line: &TestLine, subject: &Expr, value: &Spanned<SmolStr>) -> Result<(), Failure> {
    let subject = subject.source.as_str();
    let text = value.value.trim();
    if let Some(operation) = operation_of(subject) {
        nobody_is_asked(simulator, line, &operation)?;
        simulator.world.stubs.push(Stub { operation, kind: StubKind::Gives(json(text)) });
        return Ok(());
    }
    let segments: Vec<&str> = subject.split('.').collect();
    match segments.as_slice() {
        ["language"] => {
            let spoken = &simulator.program.shop.languages;
            if !spoken.iter().any(|known| known == text) {
                let message = format!("the shop does not speak `{text}`");
                return Err(Failure::new(line, message).nearest(format!("it speaks {}", spoken.join(", "))));
            }
            simulator.session.language = text.into();
            simulator.world.demo.set_customer("language", Json::from(text));
        }
        ["channel"] => simulator.session.channel = text.into(),
        ["now"] => {
            simulator.now_ms = moment(text).ok_or_else(|| Failure::new(line, "a time is written 2026-11-21 14:30"))?;
        }
        ["consent", name, fact] => consent(simulator, line, name, fact, text == "yes" || text == "true")?,
        ["customer", field] => simulator.world.demo.set_customer(field, json(text)),
        ["shop", field] => simulator.world.demo.set_shop(field, json(text)),
        ["product", sku, field] => simulator.world.demo.set_product(sku, field, json(text)),
        ["cart"] => simulator.world.demo.save_bag(&json(text)),
        [name] => {
            simulator.world.remember(name, json(text));
            let slots = &simulator.program.shop.customer_slots;
            if let Some(at) = slots.iter().position(|slot| slot.name == *name) {
                let value = typed(&simulator.program.shop, &slots[at].ty, json(text)).unwrap_or_default();
                simulator.session.customer_values[at] = value;
            }
        }
        _ => return Err(Failure::new(line, format!("`{subject}` can not be set"))),
    }
    let program = std::sync::Arc::clone(&simulator.program);
    let now_ms = simulator.now_ms;
    simulator.world.refresh(&program, &mut simulator.session, now_ms);
    Ok(())
}

pub fn fails(
    simulator: &mut Simulator,
    line: &TestLine,
    operation: &Expr,
    refusal: Option<&Name>,
) -> Result<(), Failure> {
    let kind = StubKind::Fails(refusal.map(|name| name.value.clone()));
    stub(simulator, line, operation, kind)
}

pub fn takes(simulator: &mut Simulator, line: &TestLine, operation: &Expr, ms: i64) -> Result<(), Failure> {
    stub(simulator, line, operation, StubKind::Takes(ms))
}

fn stub(simulator: &mut Simulator, line: &TestLine, operation: &Expr, kind: StubKind) -> Result<(), Failure> {
    let source = operation.source.as_str();
    let name = operation_of(source).unwrap_or_else(|| source.trim().into());
    if !simulator.program.shop.operations.iter().any(|known| known.path() == name.as_str()) {
        return Err(Failure::new(line, format!("there is no operation `{name}`")));
    }
    nobody_is_asked(simulator, line, &name)?;
    simulator.world.stubs.push(Stub { operation: name, kind });
    Ok(())
}

/// The hours of `shop.yaml` are told without a question, so that an answer would never be heard.
fn nobody_is_asked(simulator: &Simulator, line: &TestLine, operation: &str) -> Result<(), Failure> {
    let known = simulator.program.shop.operations.iter().find(|known| known.path() == operation);
    if known.is_none_or(|known| known.builtin != Some(Builtin::ShopHours)) {
        return Ok(());
    }
    let message = format!("`{operation}` asks nobody: the hours are in `shop.yaml`");
    Err(Failure::new(line, message).nearest("write `given shop.is_open is no`, or `given now is 2026-11-21 22:00`"))
}

/// `orders.hold` of `orders.hold(order)`.
fn operation_of(source: &str) -> Option<SmolStr> {
    source.find('(').map(|at| source[..at].trim().into())
}

fn consent(simulator: &mut Simulator, line: &TestLine, name: &str, fact: &str, yes: bool) -> Result<(), Failure> {
    let at = simulator.program.shop.consents.iter().position(|consent| consent.name == name);
    let state = at.and_then(|at| simulator.session.consents.get_mut(at));
    match (state, fact) {
        (Some(state), "given") => {
            state.given = yes;
            state.asked |= yes;
        }
        (Some(state), "asked") => state.asked = yes,
        (Some(_), _) | (None, _) => return Err(Failure::new(line, format!("there is no `consent.{name}.{fact}`"))),
    }
    Ok(())
}

/// JSON where it reads as such, else the text itself.
fn json(text: &str) -> Json {
    match text {
        "yes" => Json::Bool(true),
        "no" => Json::Bool(false),
        "none" => Json::Null,
        _ => serde_json::from_str(text).unwrap_or_else(|_| Json::from(text)),
    }
}

/// `2026-11-21 14:30`, in UTC.
fn moment(text: &str) -> Option<i64> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let (date, time) = (crate::contract::parse_date(date)?, crate::contract::parse_time(time.trim_end_matches('Z'))?);
    Some(i64::from(date) * 86_400_000 + i64::from(time) * 60_000)
}
