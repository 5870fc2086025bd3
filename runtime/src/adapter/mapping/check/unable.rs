//! What flows say or do as if a system of the shop could more than it can: a number of pieces where it only knows whether there are
//! any, goods that are kept where its hold keeps nothing. Says nothing of operations that are missing.

use duka_dsl::Diagnostic;
use duka_engine::hir::{Expr, ExprKind, Flow, Shop, StepKind};
use duka_engine::lints::literal;
use duka_engine::types::Type;
use duka_engine::value::Value;
use duka_engine::walk;
use rust_decimal::Decimal;

use super::Found;
use crate::adapter::mapping::{HOLD, STOCK};

const PAYMENTS: &str = "payments";
const LINK: &str = "payments.link";

/// Words that goods are kept by.
const KEPT: [&str; 10] = [
    "reserved for you",
    "reserve it for you",
    "reserve them for you",
    "held for you",
    "hold it for you",
    "hold them for you",
    "kept for you",
    "keep it for you",
    "keep them for you",
    "set aside for you",
];

/// What the merchant's own flows rely on, and the systems of the shop can not do (D724, D725, D726).
pub fn unable(shop: &Shop, found: &[Found]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let can = |contract: &str| found.iter().find(|it| it.contract == contract).map(|it| it.mapping.capabilities());
    let own = || shop.flows.iter().filter(|flow| !flow.standard);
    if can("catalog").and_then(|can| can.exact_stock) == Some(false) {
        own().for_each(|flow| numbers(shop, flow, &mut findings));
    }
    if can("orders").and_then(|can| can.reserves_stock) == Some(false) {
        let paid_there = found.iter().any(|it| it.contract == PAYMENTS && it.mapping.operations.contains_key(LINK));
        for flow in own() {
            promises(flow, &mut findings);
            // The shop's own page looks at the stock before it takes the money.
            if !paid_there {
                holds(shop, flow, &mut findings);
            }
        }
    }
    findings
}

/// Whether it is how many pieces of a thing there are.
fn is_stock(shop: &Shop, expr: &Expr) -> bool {
    let ExprKind::Field(inner, field) = &expr.kind else { return false };
    let Type::Record(id) = &inner.ty else { return false };
    let record = shop.records.get(usize::from(id.0)).filter(|record| record.name == "product");
    record.and_then(|record| record.fields.get(usize::from(*field))).is_some_and(|field| field.name == STOCK)
}

fn numbers(shop: &Shop, flow: &Flow, findings: &mut Vec<Diagnostic>) {
    let flag = "The shop's system only says whether there are any";
    for text in &flow.texts {
        let Some(block) = text.languages.first().and_then(Option::as_ref) else { continue };
        walk::in_block(block, &mut |expr| {
            if is_stock(shop, expr) {
                let message = format!("{flag}, and this text says how many: customers read \"many\".");
                findings.push(Diagnostic::new(724, expr.span, message).help("Show `stock_text` instead of `stock`."));
            }
        });
    }
    walk::expressions(flow, &mut |expr| {
        let ExprKind::Compare(_, left, right) = &expr.kind else { return };
        let above_one =
            |side: &Expr| matches!(&side.kind, ExprKind::Constant(Value::Number(number)) if *number > Decimal::ONE);
        if is_stock(shop, left) && above_one(right) || is_stock(shop, right) && above_one(left) {
            let message = format!("{flag}, and this compares how many: it always comes out the same.");
            let help = "Compare with 0, or take it out.";
            findings.push(Diagnostic::new(724, expr.span, message).help(help));
        }
    });
}

fn promises(flow: &Flow, findings: &mut Vec<Diagnostic>) {
    for text in &flow.texts {
        let Some(block) = text.languages.first().and_then(Option::as_ref) else { continue };
        let words = literal(block).to_lowercase();
        if let Some(kept) = KEPT.iter().find(|kept| words.contains(**kept)) {
            let message =
                format!("This promises goods that nobody keeps: \"{kept}\", and the shop's system holds nothing.");
            let help = "Say that the order waits for its payment; whoever pays first gets the goods.";
            findings.push(Diagnostic::new(726, block.span.unwrap_or(text.span), message).help(help));
        }
    }
}

fn holds(shop: &Shop, flow: &Flow, findings: &mut Vec<Diagnostic>) {
    for step in walk::lines(flow).into_iter().flat_map(|lines| lines.steps) {
        let StepKind::Call(call) = &step.kind else { continue };
        if shop.operations.get(call.operation.index()).is_some_and(|it| it.path() == HOLD) {
            let message = format!(
                "`{HOLD}` keeps nothing in this shop's system: of two who pay for the last piece, one goes without."
            );
            let help = "Take the money on the shop's own page, which looks at the stock last; or give the money back when an order can not be filled.";
            findings.push(Diagnostic::new(725, step.span, message).help(help));
        }
    }
}
