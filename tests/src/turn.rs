//! The typical turn that the speed of a step is measured with: a tap, two guards, a text with values, three buttons.

use std::sync::Arc;

use duka_engine::compile::compile;
use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::simulate::{Input, Simulator};
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use duka_engine::step::{Limits, Step, step};
use serde_json::json;

use crate::{generate, shops};

const FLOW: &str = "\
duka 1
flow typical
  start menu

use std.handoff

rules
  large_order = KES 5,000

words
  human: agent, talk to someone

phrase items(count)
  one: 1 item
  other: {count} items

anywhere
  hears human <-> std.handoff
  quiet 23 hours -> end
  failed -> trouble
  lost -> menu
  else: Please tap one of the choices. -> again

state menu
  ask: How can we help?
  button shop: Shop -> card
  button other: Other -> other

state card
  if cart.count > 90 -> other
  ask: {customer.first_name}, you have {items(cart.count)} for {cart.total}. Delivery is free from {large_order}.
  button pay: Pay -> other
  button bag if cart.count >= 0: My bag -> other
  button back: Back -> menu

state other
  ask: Anything else?
  button menu: Menu -> menu

state trouble
  say: Something went wrong.
  <-> std.handoff
  -> end
";

/// A conversation before the turn, and the tap.
#[derive(Clone)]
pub struct Turn {
    pub program: Arc<Program>,
    pub session: Session,
    pub event: Event,
    limits: Limits,
}

/// The languages that the shop of the turn may speak, with its question in each.
const LANGUAGES: [(&str, &str); 7] = [
    ("en", ""),
    ("sw", "{customer.first_name}, una {items(cart.count)} kwa {cart.total}. Bure kuanzia {large_order}."),
    ("ar", "{customer.first_name}، لديك {items(cart.count)} مقابل {cart.total}. مجانا من {large_order}."),
    ("fr", "{customer.first_name}, vous avez {items(cart.count)} pour {cart.total}. Gratuit dès {large_order}."),
    ("hi", "{customer.first_name}, {items(cart.count)}, {cart.total}. {large_order} से मुफ़्त."),
    ("pt", "{customer.first_name}, tem {items(cart.count)} por {cart.total}. Grátis a partir de {large_order}."),
    ("es", "{customer.first_name}, tiene {items(cart.count)} por {cart.total}. Gratis desde {large_order}."),
];

impl Turn {
    /// The turn in a flow of `states` states; at least 4.
    pub fn new(states: usize) -> Turn {
        Turn::of(states, 1, 0)
    }

    /// The same in a shop that speaks `languages` languages (at most 7), after `earlier` visits to the bag and back.
    pub fn of(states: usize, languages: usize, earlier: usize) -> Turn {
        let program = compile(&source(states, languages)).program.expect("the flow has no errors");
        let mut simulator = Simulator::new(Arc::clone(&program), &json!({ "customer": { "first_name": "Amina" } }));
        simulator.put("customer: hi", Input::Customer(Inbound::Text("hi".into())));
        for choice in ["shop", "back"].iter().cycle().take(earlier * 2) {
            let tap = simulator.tap(choice, None).expect("the choice is offered");
            simulator.put(choice, Input::Customer(tap));
        }
        let tap = simulator.tap("shop", None).expect("the choice is offered");
        let event = Event { at_ms: simulator.now_ms + 1_000, kind: EventKind::Inbound(tap) };
        let turn = Turn { program, session: simulator.session, event, limits: Limits::default() };
        assert_eq!(turn.clone().take().effects.len(), 2, "a message and a timer");
        turn
    }

    /// Takes the step.
    pub fn take(self) -> Step {
        step(&self.program, self.session, &self.event, &self.limits)
    }
}

fn source(states: usize, languages: usize) -> ShopSource {
    let file = |path: &str, text: String, kind| SourceFile { path: path.to_string(), text, kind };
    let filler: String = (4..states).map(filler).collect();
    let spoken = LANGUAGES.get(..languages).expect("there are so many languages");
    let tags: Vec<&str> = spoken.iter().map(|(tag, _)| *tag).collect();
    let profile = generate::SHOP.replace("[en]", &format!("[{}]", tags.join(", ")));
    let mut files = vec![
        file("shop.yaml", profile, FileKind::Shop),
        file("typical.duka", format!("{FLOW}{filler}"), FileKind::Lines),
    ];
    files.extend(spoken.iter().skip(1).map(|(tag, question)| {
        let text = format!("duka 1\ntexts {tag} for typical\n\ncard.ask: {question}\n");
        file(&format!("typical.{tag}.duka"), text, FileKind::Texts)
    }));
    shops::with_standard(files)
}

/// A state like the others, never visited.
fn filler(index: usize) -> String {
    let name = generate::name(index);
    format!(
        "\nstate {name}\n  if cart.count > 90 -> other\n  ask: This is {name}, {{customer.first_name}}.\n  button a: Menu -> menu\n  button b if cart.count > 0: Card -> card\n"
    )
}

#[cfg(test)]
mod tests {
    use super::Turn;

    #[test]
    fn the_turn_says_the_same_in_small_and_large_flows() {
        let small = Turn::new(4).take();
        let large = Turn::new(1_000).take();
        assert_eq!(format!("{:?}", small.trace), format!("{:?}", large.trace));
    }
}
