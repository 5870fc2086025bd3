//! What time will do to a conversation that stays as it is. The engine decides when it is woken; this says what it waits for.

use duka_engine::graph::effective_reactions;
use duka_engine::hir::{EventName, Shop, Trigger};
use duka_engine::session::Session;
use schemars::JsonSchema;
use serde::Serialize;

const WINDOW_CLOSING_MS: i64 = 23 * 3_600_000;

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Timer {
    pub at: i64,
    pub kind: Kind,
    /// How long it is waited for, where the flow says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_ms: Option<i64>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    After,
    Quiet,
    /// The window closes.
    Window,
    /// The shop's system answers, or does not.
    Answer,
    /// The flow looks again.
    Look,
}

/// The timers of the state, the earliest first; none before the wake-up that the engine has asked for.
pub fn of(shop: &Shop, session: &Session, wake_at_ms: Option<i64>) -> Vec<Timer> {
    let Some(wake_at_ms) = wake_at_ms else { return Vec::new() };
    if session.busy.is_some() {
        return vec![Timer { at: wake_at_ms, kind: Kind::Answer, length_ms: None }];
    }
    let mut timers = Vec::new();
    if let Some(frame) = session.frames.last()
        && let Some(flow) = shop.flows.get(frame.flow.index())
    {
        for (_, _, reaction) in effective_reactions(flow, frame.state) {
            let (since_ms, length_ms, kind) = match &reaction.trigger {
                Trigger::After { time } => (frame.entered_ms, time.ms(flow), Kind::After),
                Trigger::Quiet { time } => (session.last_inbound_ms, time.ms(flow), Kind::Quiet),
                Trigger::On { event: EventName::WindowClosing } => {
                    (session.last_inbound_ms, WINDOW_CLOSING_MS, Kind::Window)
                }
                Trigger::On { .. }
                | Trigger::Button { .. }
                | Trigger::Row { .. }
                | Trigger::Pick { .. }
                | Trigger::Answer { .. }
                | Trigger::Fill { .. }
                | Trigger::Hears { .. }
                | Trigger::Else { .. }
                | Trigger::Failed
                | Trigger::Lost => continue,
            };
            let at = since_ms.saturating_add(length_ms);
            // A silence that was over before the state was entered begins anew with it.
            let at = if at <= frame.entered_ms { frame.entered_ms.saturating_add(length_ms) } else { at };
            timers.push(Timer { at, kind, length_ms: Some(length_ms) });
        }
    }
    timers.retain(|timer| timer.at >= wake_at_ms);
    timers.sort();
    if timers.first().is_none_or(|first| first.at > wake_at_ms) {
        timers.insert(0, Timer { at: wake_at_ms, kind: Kind::Look, length_ms: None });
    }
    timers
}

/// `2 hours`
pub fn length(ms: i64) -> String {
    let units = [("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000)];
    let (unit, length) =
        units.into_iter().find(|(_, length)| ms >= *length && ms % length == 0).unwrap_or(("second", 1_000));
    let count = ms / length;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
