//! The cost bound against what really happens: no turn of any conversation test sends more than the bound allows.

use std::fmt::Write;

use duka_engine::analysis::cost::{Messages, billing, costs};
use duka_engine::compile::compile;
use duka_engine::contract::parse_date;
use duka_engine::simulate::LogKind;
use duka_tests::shops;

use super::conversations::play;

/// The messages of every turn that a customer began, with the line that began it. Turns in which a call failed are left out:
/// the bound is about shops whose systems answer.
fn turns(log: &[duka_engine::simulate::LogEntry]) -> Vec<(&str, u32)> {
    let mut turns: Vec<(&str, u32)> = Vec::new();
    let mut counted = false;
    for entry in log {
        match &entry.kind {
            LogKind::Input(line) => {
                let customer = ["customer", "tap ", "pick ", "fill "].iter().any(|word| line.starts_with(word));
                counted = customer;
                if customer {
                    turns.push((line, 0));
                }
            }
            LogKind::Sent(_) if counted => turns.iter_mut().last().expect("a turn has begun").1 += 1,
            LogKind::Called(_, false) if counted => {
                turns.pop();
                counted = false;
            }
            LogKind::Sent(_) | LogKind::Called(..) | LogKind::Other(_) => {}
        }
    }
    turns
}

#[test]
fn no_turn_of_any_test_sends_more_than_the_bound() {
    let mut played = 0;
    for name in shops::examples() {
        let source = shops::example(&name);
        let compiled = compile(&source);
        let shop = compiled.shop().expect("examples compile");
        let bound = costs(shop).first().expect("a shop has a flow").worst.messages.total();
        for result in play(&name, source) {
            for (line, sent) in turns(&result.simulator.log) {
                assert!(sent <= bound, "{name}, test \"{}\": `{line}` sends {sent}, more than {bound}", result.title);
                played += 1;
            }
        }
    }
    assert!(played > 150, "only {played} turns were looked at");
}

#[test]
fn the_examples_cost_what_they_did() {
    let mut told = String::new();
    for name in shops::examples() {
        let compiled = compile(&shops::example(&name));
        for cost in costs(compiled.shop().expect("examples compile")) {
            let order = cost.order.map_or(0, Messages::total);
            let beside: Vec<&str> = cost.beside.iter().map(|beside| beside.what.as_str()).collect();
            let (usual, worst) = (cost.usual.total(), &cost.worst);
            let most = worst.messages.total();
            writeln!(told, "{name}: {usual}, at most {most} ({}), an order {order}; {}", worst.what, beside.join(", "))
                .expect("text takes text");
        }
    }
    let expected = "\
boutique: 1, at most 3 (taps [order]), an order 7; on payment.paid, on order.shipped, on order.shipped, on order.attempt_failed, on order.ready_for_pickup, on order.delivered, on order.cancelled, on payment.refunded, on order.refunded, on message.failed, quiet 26 hours, quiet 23 hours
empty: 1, at most 2 (says \"stop\"), an order 0; \n\
grocery: 1, at most 4 (taps [choice]), an order 6; on order.packed, on payment.paid, on order.out_for_delivery, on order.attempt_failed, on order.delivered, on order.cancelled, on payment.refunded, on order.refunded, on message.failed
restaurant: 1, at most 4 (says \"open\"), an order 9; on payment.paid, on order.packed, on order.out_for_delivery, on order.attempt_failed, on order.delivered, on order.cancelled, on payment.refunded, on order.refunded, on message.failed
";
    assert_eq!(told, expected);
}

#[test]
fn an_order_of_2026_is_charged_by_the_rules_of_its_day() {
    let compiled = compile(&shops::example("boutique"));
    let costs = costs(compiled.shop().expect("examples compile"));
    let order = costs[0].order.expect("the boutique sells");
    let on = |day: &str| billing(parse_date(day).expect("a day")).charged(order).total();
    assert_eq!((on("2026-09-30"), on("2026-10-01")), (0, 7));
}
