//! What flows say or do as if a system of the shop could more than it can: a number of pieces where it only knows whether there are
//! any, goods that are kept where its hold keeps nothing. Says nothing of operations that are missing.

use duka_dsl::{Diagnostic, Span};
use duka_engine::hir::{Comparison, Expr, ExprKind, Flow, Shop, SlotId, StepKind, Target};
use duka_engine::types::Type;
use duka_engine::value::Value;
use duka_engine::walk;
use rust_decimal::Decimal;

use super::{Found, used};
use crate::adapter::mapping::{HOLD, STOCK};

const PAYMENTS: &str = "payments";
const LINK: &str = "payments.link";

/// What the merchant's own flows rely on, and the systems of the shop can not do (D724, D725).
pub fn unable(shop: &Shop, found: &[Found]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let can = |contract: &str| found.iter().find(|it| it.contract == contract).map(|it| it.mapping.capabilities());
    let own = || shop.flows.iter().filter(|flow| !flow.standard);
    if let Some(can) = can("catalog") {
        for flow in own() {
            if let Some(uncounted) = &can.uncounted {
                says(shop, flow, uncounted, &mut findings);
            }
            if can.exact_stock == Some(false) {
                compares(shop, flow, &mut findings);
            }
        }
    }
    // The shop's own page looks at the stock before it takes the money.
    let paid_there = found.iter().any(|it| it.contract == PAYMENTS && it.mapping.operations.contains_key(LINK));
    let takes_money = || used(shop, false).iter().any(|promise| promise.path() == LINK);
    if can("orders").and_then(|can| can.reserves_stock) == Some(false) && !paid_there && takes_money() {
        own().for_each(|flow| holds(shop, flow, &mut findings));
    }
    findings
}

/// Whether it is how many pieces of a thing there are, or what a line has kept of that.
fn is_stock(shop: &Shop, kept: &[SlotId], expr: &Expr) -> bool {
    if let ExprKind::Slot(slot) = &expr.kind {
        return kept.contains(slot);
    }
    let ExprKind::Field(inner, field) = &expr.kind else { return false };
    let Type::Record(id) = &inner.ty else { return false };
    let record = shop.records.get(usize::from(id.0)).filter(|record| record.name == "product");
    record.and_then(|record| record.fields.get(usize::from(*field))).is_some_and(|field| field.name == STOCK)
}

/// What `set` lines of a flow make the number of pieces of a thing.
fn kept(shop: &Shop, flow: &Flow) -> Vec<SlotId> {
    let steps = walk::lines(flow).into_iter().flat_map(|lines| lines.steps);
    let kept = steps.filter_map(|step| match &step.kind {
        StepKind::Set { slot: Target::Slot(slot), value } if is_stock(shop, &[], value) => Some(*slot),
        _ => None,
    });
    kept.collect()
}

/// Numbers of pieces that become words: in a text of any language, or in the hands of a hook that gives text.
fn says(shop: &Shop, flow: &Flow, uncounted: &str, findings: &mut Vec<Diagnostic>) {
    let kept = kept(shop, flow);
    let mut asked: Vec<Span> = Vec::new();
    let mut tell = |expr: &Expr| match &expr.kind {
        ExprKind::Compare(_, left, right) => asked.extend([left.span, right.span]),
        _ if !is_stock(shop, &kept, expr) || asked.contains(&expr.span) => {}
        _ if findings.iter().any(|finding: &Diagnostic| finding.span == expr.span) => {}
        _ => {
            let message = format!(
                "This says how many there are: of what the shop's system does not count, customers read {uncounted}, which is the mapping's own number."
            );
            findings.push(Diagnostic::new(724, expr.span, message).help("Say `stock_text` instead of `stock`."));
        }
    };
    for block in flow.texts.iter().flat_map(|text| text.languages.iter().flatten()) {
        walk::in_block(block, &mut tell);
    }
    walk::expressions(flow, &mut |expr| {
        if expr.ty == Type::Text {
            walk::inside(expr, &mut tell);
        }
    });
}

fn compares(shop: &Shop, flow: &Flow, findings: &mut Vec<Diagnostic>) {
    use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
    let kept = kept(shop, flow);
    // `< 1` is "none", and `>= 1` is "some".
    let is_more = |side: &Expr, none_or_some: [Comparison; 2], op: Comparison| match &side.kind {
        ExprKind::Constant(Value::Number(number)) => {
            *number > Decimal::ONE || *number == Decimal::ONE && !none_or_some.contains(&op)
        }
        _ => false,
    };
    walk::expressions(flow, &mut |expr| {
        let ExprKind::Compare(op, left, right) = &expr.kind else { return };
        if is_stock(shop, &kept, left) && is_more(right, [Less, GreaterOrEqual], *op)
            || is_stock(shop, &kept, right) && is_more(left, [Greater, LessOrEqual], *op)
        {
            let message = "This compares how many there are, and the shop's system does not count: it only tells whether there are any.";
            findings.push(Diagnostic::new(724, expr.span, message).help("Compare with 0, or take it out."));
        }
    });
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
