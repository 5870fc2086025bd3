//! A message more than is taken of one customer (F102): kept in the record, answered once a minute, seen by no flow. Words
//! like STOP are no such messages. Counts nothing: that is the door's.

use duka_engine::effect::{Effect, EffectId, EffectKind};
use duka_engine::event::{Event, EventKind, Inbound};
use duka_engine::locale::{Standard, standard};
use duka_engine::outbound::{Message, Outbound};
use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::step::Step;

use super::turned;

/// The note of a turn that the flow has not seen, and the key of what was said.
pub const TOO_MANY: &str = "too_many";

/// Whether a message is taken whatever came before it.
pub(super) fn is_heard_anyway(program: &Program, event: &Event) -> bool {
    match &event.kind {
        EventKind::Inbound(Inbound::Text(text) | Inbound::Product { text, .. }) => program.is_opt_out(text),
        EventKind::Inbound(
            Inbound::Tap(_)
            | Inbound::TemplateTap { .. }
            | Inbound::Media(_)
            | Inbound::Location { .. }
            | Inbound::Contact { .. }
            | Inbound::Form { .. }
            | Inbound::Cart { .. }
            | Inbound::Other { .. },
        ) => false,
        EventKind::Result { .. }
        | EventKind::Wake
        | EventKind::Payment { .. }
        | EventKind::Order { .. }
        | EventKind::HandoffOpened
        | EventKind::HandoffClosed { .. }
        | EventKind::MessageFailed { .. } => true,
    }
}

/// The turn of such a message: nothing but an answer to the first, where no person has the conversation.
pub(super) fn step(program: &Program, session: Session, first: bool) -> Step {
    let mut done = Step::default();
    if first && !session.handed_over {
        let language = match session.language.as_str() {
            "" => program.shop.languages.first().cloned().unwrap_or_default(),
            _ => session.language.clone(),
        };
        let words = standard(language.split(['-', '_']).next().unwrap_or_default(), Standard::TooFast);
        let message = Message { text: words.to_string(), key: TOO_MANY.into(), language, ..Message::default() };
        let id = EffectId { turn: session.turn, index: 0 };
        done.effects.push(Effect { id, kind: EffectKind::Send(Outbound::Message(message)) });
    }
    Step { session: turned(session), ..done }
}
