//! News of money or of an order: which state hears of it, and what of it waits for one that another flow has interrupted.

use smol_str::SmolStr;

use super::machine::Machine;
use super::select::{Level, LevelKind};
use crate::event::EventKind;
use crate::hir::{EventName, Trigger};
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Whether news of money or of an order must wait: a person has the conversation, or another flow has interrupted the
    /// state that listens for it.
    pub fn is_held(&self, kind: &EventKind) -> bool {
        let Some((name, key)) = self.news_of(kind) else { return false };
        let listens = |level: &Level| self.listens(*level, &name, &key);
        let (wide, own): (Vec<Level>, Vec<Level>) = self.levels().partition(|level| level.kind == LevelKind::Anywhere);
        let waits = |frame: usize| self.waits_for(frame, &name, &key);
        let keeps = |frame: usize| self.orders_of(frame).contains(&key);
        if own.iter().any(listens) {
            return self.session.handed_over;
        }
        // The state that waits for this very order is nearer to it than what holds everywhere.
        if (0..self.top()).any(|frame| waits(frame) && keeps(frame)) {
            return true;
        }
        if wide.iter().any(listens) { self.session.handed_over } else { (0..self.top()).any(waits) }
    }

    fn listens(&self, level: Level, name: &EventName, key: &SmolStr) -> bool {
        let mut triggers = self.reactions(level).iter().map(|reaction| &reaction.trigger);
        self.is_about(level, key) && triggers.any(|trigger| matches!(trigger, Trigger::On { event } if event == name))
    }

    /// A state whose flow keeps an order hears nothing of another one.
    pub fn is_about(&self, level: Level, key: &SmolStr) -> bool {
        let is_of = |known: Vec<SmolStr>| known.is_empty() || known.contains(key);
        level.kind == LevelKind::Anywhere || is_of(self.orders_of(level.frame))
    }

    /// News of money or of an order, and the order.
    pub fn news_of(&self, kind: &EventKind) -> Option<(EventName, SmolStr)> {
        let (name, key, order) = match kind {
            EventKind::Payment { status, key, order, .. } => (EventName::Payment(status.clone()), key, order),
            EventKind::Order { status, key, order } => (EventName::Order(status.clone()), key, order),
            EventKind::Inbound(_)
            | EventKind::Result { .. }
            | EventKind::Wake
            | EventKind::HandoffClosed { .. }
            | EventKind::HandoffOpened
            | EventKind::MessageFailed { .. } => return None,
        };
        Some((name, self.order_key(order).unwrap_or_else(|| key.clone())))
    }

    /// Whether the state that a flow is in, or its group, listens for this.
    fn waits_for(&self, frame: usize, name: &EventName, key: &SmolStr) -> bool {
        let own = [LevelKind::State, LevelKind::Group].map(|kind| Level { frame, kind });
        self.is_entered(frame) && own.into_iter().any(|level| self.listens(level, name, key))
    }

    /// A command of this conversation has brought an order to its end. An interrupted state that has this order and listens for its
    /// end hears of it when it goes on, whoever else tells of it later.
    pub fn tell_interrupted(&mut self, key: &SmolStr, status: &SmolStr, order: &Value) {
        let name = EventName::Order(status.clone());
        let waits = |frame: usize| self.waits_for(frame, &name, key) && self.orders_of(frame).contains(key);
        if (0..self.top()).any(waits) {
            self.wait(EventKind::Order { status: status.clone(), key: key.clone(), order: order.clone() });
        }
    }

    /// Whether news that have waited lead on from the innermost state, whatever else holds: what it asks is out of date.
    pub fn is_led_on(&self) -> bool {
        let top = self.top();
        let leads_on = |(name, key): (EventName, SmolStr)| {
            let own = [LevelKind::State, LevelKind::Group].map(|kind| Level { frame: top, kind });
            let found = own
                .into_iter()
                .filter(|level| self.is_about(*level, &key))
                .flat_map(|level| self.reactions(level))
                .find(|reaction| matches!(&reaction.trigger, Trigger::On { event } if *event == name));
            found.is_some_and(|reaction| reaction.guard.is_none() && reaction.dest().is_some())
        };
        let mut waiting = self.session.waiting.iter().filter(|event| !self.is_held(&event.kind));
        waiting.any(|event| self.news_of(&event.kind).is_some_and(leads_on))
    }
}
