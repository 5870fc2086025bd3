//! What customers type into the boutique's search, and what they are shown: all of it first, then what has a part of it.

use duka_engine::compile::compile;
use duka_engine::event::Inbound;
use duka_engine::simulate::test::fixtures;
use duka_engine::simulate::{Input, Simulator};
use duka_tests::shops::example;

const KITENGE: &str = "Kitenge wrap dress";
const LINEN: &str = "Linen dress, pockets";
const BLUE: &str = "Blue evening dress";
const TOP: &str = "Ankara crop top";
const SANDALS: &str = "Beaded sandals";

/// What is typed, and the rows that are shown for it.
const SEARCHES: &[(&str, &[&str])] = &[
    // The examples that the flow gives, in each of its languages.
    ("blue dress size 12", &[BLUE, KITENGE, LINEN]),
    ("gauni la bluu saizi 12", &[BLUE, KITENGE, LINEN]),
    ("فستان أزرق مقاس كبير", &[BLUE, KITENGE, LINEN]),
    // Words around it, other orders, one and many, letters wrong.
    ("I am looking for a blue dress please, size 12", &[BLUE, KITENGE, LINEN]),
    ("dress blue", &[BLUE, KITENGE, LINEN]),
    ("dresses", &[KITENGE, LINEN, BLUE]),
    ("bleu dres", &[BLUE, KITENGE, LINEN]),
    ("SANDAL", &[SANDALS]),
    ("beeded sandels", &[SANDALS]),
    ("shoes", &[SANDALS]),
    ("ankra top", &[TOP]),
    ("kitenge", &[KITENGE]),
    // Sizes, as a number, a letter and a word.
    ("size 12", &[BLUE]),
    ("size 13", &[]),
    ("small dress", &[KITENGE, LINEN, BLUE]),
    ("dress m", &[KITENGE, LINEN, BLUE]),
    ("linen dress size 12", &[LINEN, BLUE, KITENGE]),
    // Other languages: what it is called there, and colours in any.
    ("magauni", &[KITENGE, LINEN, BLUE]),
    ("viatu", &[SANDALS]),
    ("الفساتين", &[KITENGE, LINEN, BLUE]),
    ("احذية", &[]),
    ("नीली ड्रेस", &[BLUE]),
    ("spaceship", &[]),
    ("👗", &[]),
];

#[test]
fn what_fits_best_is_shown_first() {
    let source = example("boutique");
    let program = compile(&source).program.expect("the shop has no errors");
    let fixture = fixtures(&source).values().next().cloned().expect("a fixture");
    let mut wrong = Vec::new();
    for (typed, expected) in SEARCHES {
        let mut simulator = Simulator::new(program.clone(), &fixture);
        assert!(simulator.start_at("search"));
        simulator.put(typed, Input::Customer(Inbound::Text((*typed).into())));
        let rows = simulator.choices();
        let last = if expected.is_empty() { 2 } else { 1 };
        let shown: Vec<&str> = rows.iter().take(rows.len() - last).map(|(_, label)| label.as_str()).collect();
        if shown != *expected {
            wrong.push(format!("{typed}: {shown:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
