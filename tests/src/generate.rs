//! Large shops for benchmarks: as many states as asked for, each like those people write, all reachable, without errors.
//! The same number always gives the same text.

use std::fmt::Write;

use duka_engine::source::{FileKind, ShopSource, SourceFile};

use crate::shops;

/// The words that names are made of: readable, and never only a number apart.
const FIRST: [&str; 32] = [
    "big", "blue", "calm", "cold", "cool", "dark", "dry", "easy", "fair", "fast", "fine", "free", "full", "gold",
    "good", "gray", "high", "hot", "kind", "late", "long", "low", "mild", "neat", "new", "old", "pink", "red", "rich",
    "soft", "tall", "warm",
];
const SECOND: [&str; 32] = [
    "bag", "bed", "bell", "belt", "boot", "bowl", "box", "cake", "cap", "coat", "cup", "desk", "door", "fan", "fish",
    "fork", "gem", "hat", "ink", "jar", "key", "lamp", "map", "nut", "oil", "pan", "pen", "rice", "ring", "shoe",
    "tea", "vase",
];

/// The most states of one flow: a file has at most 256 KiB.
const FLOW_STATES: usize = 1_000;

/// The source of one flow, in the line form, with `states` states of about ten lines each. `next` is a flow to hand over to.
pub fn flow(name: &str, states: usize, next: Option<&str>) -> String {
    let uses = next.map(|next| format!("use {next}\n")).unwrap_or_default();
    let mut out = format!("duka 1\nflow {name}\n{}", HEADER.replace("USES\n", &uses));
    for index in 0..states {
        state(&mut out, index, states, next);
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

/// A whole shop in the line form: flows of at most 1,000 states, each of which leads to the next.
pub fn shop(states: usize) -> ShopSource {
    with_profile(flows(states), FileKind::Lines)
}

/// The same states in the YAML form. It is longer, so that a file holds half as many.
pub fn yaml_shop(states: usize) -> ShopSource {
    let in_yaml = |(path, text): (String, String)| {
        let (document, _) = duka_dsl::lines::read(duka_dsl::FileId(0), &text);
        (format!("{path}.yaml"), duka_dsl::yaml::print(&document).expect("a sound flow can be printed"))
    };
    let flows = flows_of(states, FLOW_STATES / 2).into_iter().map(in_yaml);
    with_profile(flows.collect(), FileKind::Yaml)
}

fn with_profile(flows: Vec<(String, String)>, kind: FileKind) -> ShopSource {
    let file = |path: &str, text: String, kind| SourceFile { path: path.to_string(), text, kind };
    let mut files = vec![file("shop.yaml", SHOP.to_string(), FileKind::Shop)];
    files.extend(flows.into_iter().map(|(path, text)| file(&path, text, kind)));
    shops::with_standard(files)
}

/// All files of the shop in the line form: name and text.
pub fn files(states: usize) -> Vec<(String, String)> {
    std::iter::once(("shop.yaml".to_string(), SHOP.to_string())).chain(flows(states)).collect()
}

/// The flows of a shop with `states` states in all: file name and text.
pub fn flows(states: usize) -> Vec<(String, String)> {
    flows_of(states, FLOW_STATES)
}

fn flows_of(states: usize, most: usize) -> Vec<(String, String)> {
    let count = states.div_ceil(most);
    let name = |index: usize| if index == 0 { "big".to_string() } else { format!("big_part_{}", SECOND[index % 32]) };
    (0..count)
        .map(|index| {
            let own = (states - index * most).min(most);
            let next = (index + 1 < count).then(|| name(index + 1));
            (format!("{}.duka", name(index)), flow(&name(index), own, next.as_deref()))
        })
        .collect()
}

const HEADER: &str = "  start big_bag
  languages en
  currency KES

use std.handoff
use std.stop
USES

rules
  large_order = KES 5,000

remember
  item: product optional
  quantity: number = 1
  sku: text = D-101
  note: text optional

words
  human: agent, talk to someone
  menu: menu, start
  stop: stop, unsubscribe

phrase items(count)
  one: 1 item
  other: {count} items

anywhere
  hears menu -> big_bag
  hears human <-> std.handoff
  hears stop <-> std.stop
  quiet 23 hours -> end
  failed -> trouble
  lost -> big_bag
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
    format!("{}_{}", FIRST[(index / 32 + index) % 32], SECOND[index % 32])
}

/// The states form a tree, so that every one is a few taps from the start; its leaves lead back there.
fn state(out: &mut String, index: usize, states: usize, next: Option<&str>) {
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
    | {words}, {{customer.first_name}}
    | {{items(cart.count)}}
    | Free from {{large_order}}
  button one: Left -> {left}
  button two if cart.count > 0: Right -> {right}
  button three: Or this -> {right}
  quiet 20 hours -> end

"
        ),
        1 => write!(
            out,
            "\
state {own}
  call all = catalog.search(sku)
  if all.is_empty -> {left}
  ask: Today at {words}:
  list: See all
  pick item from all: {{item.short_name}} | {{item.price}} -> {left}
  row two: More -> {right}
  row person: A person <-> {}
  quiet 20 hours -> end

",
            if index == 1 { next.unwrap_or("std.handoff") } else { "std.handoff" },
        ),
        2 => write!(
            out,
            "\
state {own}
  call one = catalog.product(sku)
  image: {{one.photo}}
  ask: How many? One is {{one.price}}.
  answer quantity from 1 to one.stock -> {left}
  button one: Just one
    set quantity = 1
    -> {left}
  button other: {words} -> {right}

"
        ),
        3 => write!(
            out,
            "\
state {own}
  call one = catalog.product(sku)
  do cart.add(one, quantity) else -> {right}
  set note = none
  if cart.count > 3 and quantity > 1 -> {left}
  if not cart.is_empty -> {right}
  say: {words}: {{cart.count}}
  -> {left}

"
        ),
        _ => write!(
            out,
            "\
state {own}
  say if cart.total >= large_order: It comes for free.
  say paid else: Delivery is added.
  ask: Anything about {words}?
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
    use duka_engine::compile::compile;

    use super::{flows, name, shop, yaml_shop};

    #[test]
    fn names_are_unique() {
        let mut names: Vec<String> = (0..1_000).map(name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 1_000);
    }

    #[test]
    fn both_forms_of_a_shop_compile() {
        for source in [shop(1_000), yaml_shop(1_000)] {
            assert!(source.files.iter().all(|file| file.text.len() <= 256 * 1024));
            let compiled = compile(&source);
            assert_eq!(compiled.diagnostics, []);
            assert!(compiled.program.is_some());
        }
    }

    #[test]
    fn a_thousand_states_are_ten_thousand_lines_in_one_file() {
        let flows = flows(1_000);
        let (_, text) = &flows[0];
        assert_eq!(flows.len(), 1);
        assert!(text.len() <= 256 * 1024, "{}", text.len());
        assert!((9_000..=11_000).contains(&text.lines().count()), "{}", text.lines().count());
    }
}
