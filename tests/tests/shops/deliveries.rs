//! Payments and orders that come twice, late or in the wrong order: the example shops command the same each time, and a
//! shop that confirms money only in the state that asked for it is found out.

use duka_engine::compile::compile;
use duka_engine::simulate::deliveries::{Deliveries, explore};
use duka_engine::simulate::test::fixtures;
use duka_engine::source::ShopSource;
use duka_tests::shops::{example, examples};

fn played(source: &ShopSource) -> Deliveries {
    let program = compile(source).program.expect("the shop has no errors");
    let fixture = fixtures(source).values().next().cloned().unwrap_or_default();
    explore(&program, &fixture)
}

#[test]
fn the_examples_command_the_same_however_news_come() {
    for name in examples() {
        let found = played(&example(&name));
        assert!(found.upset.is_empty(), "{name}: {:#?}", found.upset);
    }
    assert!(played(&example("boutique")).tried > 1_000);
}

#[test]
fn money_that_only_one_state_confirms_is_found_out() {
    let mut source = example("boutique");
    for file in source.files.iter_mut().filter(|file| file.path == "boutique.duka") {
        let beside = "    call order = orders.confirm(order, payment)\n    send receipt\n";
        let failed = "  on payment.failed -> pay_failed\n";
        assert!(file.text.contains(beside) && file.text.contains(failed));
        let confirm = "  on payment.paid\n    call order = orders.confirm(order, payment)\n    -> thanks\n";
        file.text = file.text.replace(beside, "    send receipt\n").replace(failed, &format!("{confirm}{failed}"));
    }
    let upset = played(&source).upset;
    let shown: Vec<String> =
        upset.iter().map(|test| format!("{}\n  {}", test.title, test.lines.join("\n  "))).collect();
    assert_eq!(
        shown,
        [
            "payment.paid, then order.cancelled at pay\n  start at pay\n  event payment.paid\n  event order.cancelled\n  not called: orders.confirm",
            "payment.expired, then payment.paid at pay\n  start at pay\n  event payment.expired\n  event payment.paid\n  called: orders.confirm",
            "payment.failed, then payment.paid at pay\n  start at pay\n  event payment.failed\n  event payment.paid\n  called: orders.confirm",
        ]
    );
}
