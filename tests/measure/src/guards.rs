//! The guards of the examples and standard flows: how many are lowered, and what evaluating one costs.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use duka_engine::compile::compile;
use duka_engine::expression::{Env, holds};
use duka_engine::hir::{Expr, ExprKind, Flow, FlowId, Shop};
use duka_engine::program::Program;
use duka_engine::session::ConsentState;
use duka_engine::types::{RecordId, Type};
use duka_engine::value::{Money, Value};
use duka_engine::walk;
use duka_tests::shops;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::fastest;

pub struct Guards {
    pub all: usize,
    /// Those that are evaluated without Rhai.
    pub lowered: usize,
    /// What each of those costs, in ns, the cheapest first; the text of each.
    pub costs: Vec<(f64, String)>,
}

/// Measures every guard that is written in the repository, once per text.
pub fn measure() -> Guards {
    let mut guards = Guards { all: 0, lowered: 0, costs: Vec::new() };
    let mut costs = BTreeMap::new();
    for (_, source) in shops::everything() {
        let compiled = compile(&source);
        let Some(program) = compiled.program else { continue };
        for (at, flow) in program.shop.flows.iter().enumerate() {
            walk::expressions(flow, &mut |expr| {
                if expr.ty != Type::YesNo || matches!(expr.kind, ExprKind::Constant(_) | ExprKind::Slot(_)) {
                    return;
                }
                guards.all += 1;
                if runs_rhai(expr) {
                    return;
                }
                guards.lowered += 1;
                let file = source.files.get(usize::from(expr.span.file.0)).map_or("", |file| file.text.as_str());
                let written = file.get(expr.span.range()).unwrap_or("?").to_string();
                costs.entry(written).or_insert_with(|| cost(&program, at, flow, expr));
            });
        }
    }
    guards.costs = costs.into_iter().map(|(written, cost)| (cost, written)).collect();
    guards.costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    guards
}

fn runs_rhai(expr: &Expr) -> bool {
    let mut runs = false;
    walk::inside(expr, &mut |part| runs |= matches!(part.kind, ExprKind::Script { .. } | ExprKind::Hook { .. }));
    runs
}

/// In nanoseconds, with a value in every place.
fn cost(program: &Arc<Program>, at: usize, flow: &Flow, expr: &Expr) -> f64 {
    const TIMES: u32 = 2_000;
    let shop = &program.shop;
    let values: Vec<Value> = flow.slots.iter().map(|slot| sample(shop, &slot.ty, 3)).collect();
    let customer_values: Vec<Value> = shop.customer_slots.iter().map(|slot| sample(shop, &slot.ty, 3)).collect();
    let record = |id: Option<RecordId>| id.map_or(Value::None, |id| sample(shop, &Type::Record(id), 3));
    let (cart, customer, shop_value) =
        (record(shop.known_records.cart), record(shop.known_records.customer), record(shop.known_records.shop));
    let consents = vec![ConsentState { asked: true, given: true }; shop.consents.len()];
    let arms: Vec<(FlowId, u16, u16)> =
        (0..flow.experiments.len()).map(|id| (FlowId(at as u16), id as u16, 0)).collect();
    let event: Vec<(SmolStr, Value)> = Vec::new();
    let env = Env {
        shop,
        flow,
        flow_id: FlowId(at as u16),
        values: &values,
        customer_values: &customer_values,
        consents: &consents,
        arms: &arms,
        customer_key: "customer-1",
        cart: &cart,
        customer: &customer,
        shop_value: &shop_value,
        event: &event,
        now_ms: 1_795_251_600_000,
        language: "en",
        channel: "whatsapp",
        item: None,
    };
    let spent = fastest(25, || {
        for _ in 0..TIMES {
            let _ = black_box(holds(black_box(expr), black_box(&env)));
        }
    });
    spent.as_secs_f64() * 1e9 / f64::from(TIMES)
}

/// A value of a type; records within records end at `depth`.
fn sample(shop: &Shop, ty: &Type, depth: u8) -> Value {
    match ty {
        Type::Text | Type::Phone | Type::Email | Type::Language | Type::Town => Value::Text("some text".into()),
        Type::Enum(members) => Value::Text(members.first().cloned().unwrap_or_default()),
        Type::Number => Value::Number(Decimal::from(2)),
        Type::YesNo => Value::YesNo(true),
        Type::Money => Value::Money(Money { minor: 250_000, currency: shop.profile.currency }),
        Type::Date => Value::Date(20_000),
        Type::Time => Value::Time(600),
        Type::Moment => Value::Moment(1_795_251_600_000),
        Type::Duration => Value::Duration(60_000),
        Type::List(of) if depth > 0 => Value::List(Arc::from([sample(shop, of, depth - 1)])),
        Type::Record(id) if depth > 0 => {
            let fields = shop.records.get(usize::from(id.0)).map_or(&[][..], |record| &record.fields);
            Value::Record(fields.iter().map(|field| sample(shop, &field.ty, depth - 1)).collect())
        }
        Type::List(_)
        | Type::Record(_)
        | Type::Image
        | Type::Video
        | Type::Document
        | Type::Voice
        | Type::None
        | Type::Unknown => Value::None,
    }
}
