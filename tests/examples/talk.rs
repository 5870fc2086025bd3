//! A flow as a library: checked and talked to without files, network or a clock. Shown in `docs/developers/library.md`.
#![expect(clippy::print_stdout, reason = "an example that talks")]

use duka_engine::compile::compile;
use duka_engine::effect::EffectKind;
use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::lints::{self, Settings};
use duka_engine::outbound::Outbound;
use duka_engine::session::Session;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use duka_engine::step::{Limits, step};

const SHOP: &str = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n";

const FLOW: &str = "\
duka 1
flow corner
  start welcome

anywhere
  quiet 23 hours -> end
  lost -> welcome
  else: Please tap one of the choices. -> again

state welcome
  ask: Tea or coffee?
  button tea: Tea -> brewing
  button coffee: Coffee -> brewing

state brewing
  say: One moment.
  -> end
";

fn source() -> ShopSource {
    let file = |path: &str, text: &str, kind| SourceFile { path: path.into(), text: text.into(), kind };
    let own = [file("shop.yaml", SHOP, FileKind::Shop), file("corner.duka", FLOW, FileKind::Lines)];
    let standard = duka_flows::CONTRACTS.iter().chain(duka_flows::STD);
    let standard = standard.filter_map(|(path, text)| Some(file(path, text, FileKind::of(path, text)?)));
    ShopSource { files: own.into_iter().chain(standard).collect(), standard_from: 2 }
}

fn main() {
    let source = source();
    let compiled = compile(&source);
    for finding in lints::check(&compiled, &source, &Settings::of(&source)) {
        println!("{:?} {}", finding.level, finding.diagnostic.message);
    }
    let Some(program) = compiled.program else { return };

    let mut session = Session { channel: "whatsapp".into(), ..Session::default() };
    for (at_ms, words) in [(1_000, "hi"), (9_000, "tea")] {
        let event = Event { at_ms, kind: EventKind::Inbound(Inbound::Text(words.into())) };
        let step = step(&program, session, &event, &Limits::default());
        session = step.session;
        for effect in step.effects {
            match effect.kind {
                EffectKind::Send(Outbound::Message(message)) => println!("{words} -> {}", message.text),
                other => println!("{words} -> {other:?}"),
            }
        }
    }
}
