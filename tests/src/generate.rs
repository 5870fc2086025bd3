//! Large shops for benchmarks: as many states as asked for, each like those people write, all reachable, without errors.
//! The same number always gives the same text.

use std::fmt::Write;

/// The words that names are made of: readable, and never only a number apart.
const FIRST: [&str; 22] = [
    "amber", "brisk", "calm", "dusty", "early", "fresh", "green", "happy", "ivory", "jolly", "keen", "late", "mild",
    "noble", "open", "plain", "quick", "ready", "sunny", "tidy", "urban", "warm",
];
const SECOND: [&str; 22] = [
    "apple", "basket", "candle", "dress", "egg", "flower", "guitar", "hat", "island", "jacket", "kettle", "lamp",
    "mango", "needle", "orange", "paper", "quilt", "ribbon", "scarf", "teapot", "umbrella", "vase",
];
const THIRD: [&str; 22] = [
    "arch",
    "bay",
    "corner",
    "dock",
    "end_of_row",
    "floor",
    "gate",
    "hall",
    "inn",
    "junction",
    "kiosk",
    "lane",
    "market",
    "nook",
    "offer",
    "place",
    "quarter",
    "room",
    "stall",
    "table",
    "upstairs",
    "view",
];

/// The source of one flow, in the line form, with `states` states of about ten lines each.
pub fn flow(states: usize) -> String {
    let mut out = HEADER.to_string();
    for index in 0..states {
        state(&mut out, index, states);
    }
    out.push_str(FOOTER);
    out
}

/// `shop.yaml` of the generated shop.
pub const SHOP: &str = "\
name: Big Shop
country: KE
currency: KES
languages: [en]
timezone: Africa/Nairobi
";

const HEADER: &str = "\
duka 1
flow big
  start amber_apple
  languages en
  currency KES

use std.handoff
use std.stop

rules
  most_per_item = 10
  large_order = KES 5,000

remember
  item: product optional
  quantity: number = 1
  sku: text = \"D-101\"
  note: text optional

words
  human: agent, talk to someone
  menu: menu, start
  stop: stop, unsubscribe

phrase items(count)
  one: 1 item
  other: {count} items

anywhere
  hears menu -> amber_apple
  hears human <-> std.handoff
  hears stop <-> std.stop
  quiet 23 hours -> end
  failed -> trouble
  lost -> amber_apple
  else: Please tap one of the choices. -> again

";

const FOOTER: &str = "\
state trouble
  say: Something went wrong on our side. A person will help you.
  <-> std.handoff
  -> end
";

/// The name of a state. Names are a few words, as people write them.
pub fn name(index: usize) -> String {
    let word = |list: &[&'static str; 22], at: usize| list.get(at % 22).copied().unwrap_or("more");
    let mut name = format!("{}_{}", word(&FIRST, index / 22 + index), word(&SECOND, index));
    if index >= 22 * 22 {
        let _ = write!(name, "_{}", word(&THIRD, index / (22 * 22)));
    }
    if index >= 22 * 22 * 22 {
        let _ = write!(name, "_{}", word(&SECOND, index / (22 * 22 * 22)));
    }
    name
}

/// The states form a tree, so that every one is a few taps from the start; its leaves lead back there.
fn state(out: &mut String, index: usize, states: usize) {
    let child = |which: usize| {
        let next = index * 2 + which;
        if next < states { name(next) } else { name(0) }
    };
    let (own, left, right) = (name(index), child(1), child(2));
    let words = own.replace('_', " ");
    // Passing states would make a loop of leaves that never asks, so leaves always wait.
    let kind = if index * 2 + 2 >= states { index % 3 } else { index % 5 };
    let _ = match kind {
        0 => write!(
            out,
            "\
state {own}
  ask:
    | Welcome to {words}, {{customer.first_name}}.
    | You have {{items(cart.count)}} in your bag.
    | Delivery is free from {{large_order}}.
  button one: Go left -> {left}
  button two if cart.count > 0: Go right -> {right}
  button three: See the other one -> {right}
  quiet 20 hours -> end

"
        ),
        1 => write!(
            out,
            "\
state {own}
  call products = catalog.search(sku)
  if products.is_empty -> {left}
  ask: This is what {words} has today.
  list: See products
  pick item from products: {{item.short_name}} | {{item.price}}, {{item.stock_text}} -> {left}
  row two: Something else -> {right}
  row person: Talk to a person <-> std.handoff
  quiet 20 hours -> end

"
        ),
        2 => write!(
            out,
            "\
state {own}
  call product = catalog.product(sku) else -> trouble
  image: {{product.photo}}
  ask: How many of {{product.name}} from {words}? One is {{product.price}}.
  answer quantity from 1 to most_per_item -> {left}
  button one: Just one
    set quantity = 1
    -> {left}
  button other: Something else -> {right}

"
        ),
        3 => write!(
            out,
            "\
state {own}
  call product = catalog.product(sku) else -> trouble
  do cart.add(product, quantity) else -> {right}
  set note = none
  if cart.count > 3 and cart.total > large_order -> {left}
  if not cart.is_empty -> {right}
  say: This is {words}, with {{cart.count}} in your bag.
  -> {left}

"
        ),
        _ => write!(
            out,
            "\
state {own}
  say if cart.total >= large_order: Your bag from {words} comes for free.
  say paid else: Delivery of {words} is added at the end.
  ask: Is there anything we should know?
  answer note -> {left}
  button skip: Nothing -> {right}
  after 2 hours -> {right}
  quiet 22 hours -> end

"
        ),
    };
}

#[cfg(test)]
mod tests {
    use super::{flow, name};

    #[test]
    fn names_are_unique() {
        let mut names: Vec<String> = (0..12_000).map(name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 12_000);
    }

    #[test]
    fn a_thousand_states_are_ten_thousand_lines() {
        let lines = flow(1_000).lines().count();
        assert!((9_000..=11_000).contains(&lines), "{lines}");
    }
}
