//! Which message of the customer is being answered, for what is shown on it: a quote, a sign. The engine knows no vendor's
//! ids; the id lies beside what the session keeps of the event, and goes when the customer does something else.

use duka_engine::outbound::{Choices, Outbound};
use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::value::Value;
use smol_str::SmolStr;

/// No field of an event can have this name.
const MESSAGE: &str = "+message";

/// The message that this turn answers, kept for the turns that its calls lead to. `spoken`: the id of the message that this
/// turn began with.
pub(super) fn message(program: &Program, session: &mut Session, spoken: Option<&SmolStr>) -> Option<SmolStr> {
    if !program.answers() {
        return None;
    }
    if let Some(id) = spoken.filter(|id| !id.is_empty()) {
        session.event.retain(|(name, _)| name != MESSAGE);
        session.event.push((MESSAGE.into(), Value::Text(id.clone())));
        return Some(id.clone());
    }
    session.event.iter().find_map(|(name, value)| match value {
        Value::Text(id) if name == MESSAGE => Some(id.clone()),
        _ => None,
    })
}

/// The message with the id that it is shown on. `None`: a sign with nothing to be put on.
pub(super) fn placed(mut outbound: Outbound, answered: Option<&SmolStr>) -> Option<Outbound> {
    if let Outbound::Message(message) = &mut outbound
        && message.answers.is_some()
    {
        message.answers = answered.cloned();
        if message.answers.is_none() && message.choices == Choices::Emoji {
            return None;
        }
    }
    Some(outbound)
}
