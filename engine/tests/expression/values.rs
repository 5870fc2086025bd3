//! What expressions and hooks give.

use std::sync::Arc;

use crate::world::{World, expr, money, number, product, text};
use duka_engine::expression::{Names, evaluate, holds, lower_guard, lower_value};
use duka_engine::hir::{SlotId, Target};
use duka_engine::value::{Currency, Money, Value};

const HOOKS: &str = r#"
/// size_for(item: product, height: number) -> text
fn size_for(item, height) { if height < 160 { item.sizes[0] } else { item.sizes[1] } }

/// twice(amount: money) -> money
fn twice(amount) { amount * 2 }

/// sum(lines: list of cart_line) -> number
fn sum(lines) { let sum = 0; for line in lines { sum += line.quantity; } sum }

/// cheaper(item: product, by: number) -> product
fn cheaper(item, by) { item.price = item.price / by; item.note = "now cheaper"; item }

/// half(of: number) -> number
fn half(of) { of / 2.0 }

/// busy(day: date) -> yes_no
fn busy(day) { is_weekend(day) }

/// greeting(name: text?, count: number) -> text
fn greeting(name, count) { if name == () { "Hello" } else { "Hello " + name } }
fn is_weekend(day) { (day + 3) % 7 >= 5 }
"#;

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let world = World::new(HOOKS);
    for (source, wanted) in cases {
        let source = expr(source);
        let (tree, findings) = lower_value(&world.shop.runner, &source, &world);
        assert_eq!(findings, [], "{}", source.source);
        let found = match evaluate(&tree, &world.env()) {
            Ok(value) => shown(&value),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(found, *wanted, "{}", source.source);
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => "none".to_string(),
        Value::YesNo(yes) => yes.to_string(),
        Value::Number(number) => number.normalize().to_string(),
        Value::Money(Money { minor, currency }) => format!("{} {minor}", currency.code()),
        Value::Text(text) => text.to_string(),
        Value::Date(days) => format!("day {days}"),
        Value::Time(minutes) => format!("minute {minutes}"),
        Value::Moment(ms) => format!("at {ms}"),
        Value::Duration(ms) => format!("{ms} ms"),
        Value::Media(media) => media.source.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Record(fields) => format!("({})", fields.iter().map(shown).collect::<Vec<_>>().join(", ")),
    }
}

#[test]
fn places_give_what_they_hold() {
    check(&[
        ("quantity", "2"),
        ("item.price", "KES 250000"),
        ("zone", "none"),
        ("zone.fee", "none"),
        ("zone.is_set", "false"),
        ("item.note.is_set", "false"),
        ("cart.count", "1"),
        ("cart.is_empty", "false"),
        ("most_per_item", "10"),
        ("visits", "4"),
        ("answers.return_reason", "size"),
        ("event.note", "call me"),
        ("consent.offers.asked", "true"),
        ("consent.offers.given", "false"),
        ("experiment.greeting", "warm"),
        ("now", "at 1000000"),
    ]);
}

#[test]
fn amounts_numbers_and_times_are_reckoned_exactly() {
    check(&[
        ("0.1 + 0.2 == 0.3", "true"),
        ("7 / 2", "3.5"),
        ("quantity * 3 - 1", "5"),
        ("item.price * quantity", "KES 500000"),
        ("item.price / 3", "KES 83333"),
        ("item.price * 0.5 + cart.total", "KES 625000"),
        ("cart.total / item.price", "2"),
        ("-item.price", "KES -250000"),
        ("now + pay_within", "at 2800000"),
        ("now + pay_within - now == pay_within", "true"),
        ("due - due + pay_within == pay_within", "true"),
        ("pay_within * 2", "3600000 ms"),
        ("10 % 4", "2"),
    ]);
}

#[test]
fn what_can_not_be_reckoned_is_an_error_and_no_panic() {
    check(&[
        ("quantity / (quantity - 2)", "error: division by zero"),
        ("quantity % 0", "error: division by zero"),
        ("item.price / 0", "error: division by zero"),
        ("zone.fee + item.price", "error: zone.fee has no value"),
        ("zone.fee > item.price", "error: zone.fee has no value"),
        ("item.price * 99999999999999999", "error: the result is too large"),
        ("9999999999999999999 * 99999999999999999999", "error: the result is too large"),
        ("item.sizes[7]", "error: script: Array index 7 out of bounds: only 2 elements in array"),
    ]);
}

#[test]
fn words_and_signs_mean_the_same() {
    check(&[
        ("gift and quantity is 2", "true"),
        ("gift && quantity == 2", "true"),
        ("quantity is not 2 or not gift", "false"),
        ("size in [\"s\", \"m\"]", "true"),
        ("size not in item.sizes", "false"),
        ("zone == none", "true"),
        ("query == none", "false"),
        ("size == 'm'", "true"),
    ]);
}

#[test]
fn texts_and_lists_have_a_few_methods() {
    check(&[
        ("query.len()", "10"),
        ("query.to_upper()", "BLUE DRESS"),
        ("query.contains(\"dress\") and query.starts_with(\"blue\")", "true"),
        ("query.sub_string(0, quantity)", "bl"),
        ("item.sizes[1]", "m"),
        ("cart.lines[0].total", "KES 500000"),
        ("(quantity + 0.6).round()", "3"),
        ("quantity.abs()", "2"),
    ]);
}

#[test]
fn hooks_take_and_give_typed_values() {
    check(&[
        ("size_for(item, 150)", "s"),
        ("size_for(item, 170)", "m"),
        ("twice(item.price)", "KES 500000"),
        ("sum(cart.lines) + 1", "3"),
        ("cheaper(item, 2).price", "KES 125000"),
        ("cheaper(item, 2)", "(D-101, Blue dress, KES 125000, 3, [s, m], now cheaper)"),
        ("cheaper(item, 0)", "error: hook `cheaper`: it failed with \"division by zero\""),
        ("half(quantity + 1)", "1.5"),
        ("busy(due)", "false"),
        ("twice(zone.fee)", "error: zone.fee has no value"),
        ("greeting(item.note, 1)", "Hello"),
        ("greeting(none, 1)", "Hello"),
        ("greeting(item.name, 1)", "Hello Blue dress"),
        ("size_for(item, item.stock)", "s"),
        ("item.price", "KES 250000"),
    ]);
}

#[test]
fn the_item_of_a_repeated_line_is_read_instead_of_its_place() {
    let world = World::new(HOOKS);
    let (tree, _) = lower_value(&world.shop.runner, &expr("item.stock"), &world);
    let other = product("D-102", 100, 9);
    let env = duka_engine::expression::Env { item: Some((Target::Slot(SlotId(0)), &other)), ..world.env() };
    assert_eq!(evaluate(&tree, &env).unwrap().into_owned(), number(9));
    assert_eq!(evaluate(&tree, &world.env()).unwrap().into_owned(), number(3));
}

#[test]
fn a_value_of_an_older_program_is_an_error() {
    let mut world = World::new(HOOKS);
    world.values = vec![text("no product"), money(5), Value::List(Arc::from([]))];
    for source in ["item.stock > 0", "quantity > 1", "size in item.sizes", "gift"] {
        let (tree, findings) = lower_guard(&world.shop.runner, &expr(source), &world);
        assert_eq!(findings, []);
        assert!(holds(&tree, &world.env()).is_err(), "{source}");
    }
}

#[test]
fn an_arm_is_the_same_for_the_same_customer() {
    let arms: Vec<u16> =
        (0..8).map(|customer| duka_engine::expression::arm(&format!("c-{customer}"), "greeting", 2)).collect();
    assert_eq!(arms, [0, 0, 1, 1, 1, 1, 1, 0]);
    assert!(
        (0..100).map(|customer| duka_engine::expression::arm(&customer.to_string(), "greeting", 3)).all(|arm| arm < 3)
    );
}

#[test]
fn programs_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<duka_engine::expression::Hooks>();
    shared::<duka_engine::hir::Shop>();
    let world = World::new(HOOKS);
    assert_eq!(world.currency(), Some(Currency(*b"KES")));
}
