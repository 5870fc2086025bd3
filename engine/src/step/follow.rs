//! Orders beside the conversation (language.md 2.11): each has its own machine and values, and its events only rise.

use smol_str::{SmolStr, format_smolstr};

use super::choices::KeyField;
use super::machine::{Machine, Place, Scope};
use crate::effect::{EffectId, EffectKind};
use crate::event::EventKind;
use crate::hir::{EventName, FlowId, Follow, Reaction, Shop, SlotId, Target, Trigger};
use crate::program::Program;
use crate::session::{Follower, LineList};
use crate::trace::{Note, TraceEntry};
use crate::types::{RecordId, Type};
use crate::value::Value;

/// The machine of this name runs beside every order.
const ORDER: &str = "order";

/// Where a payment can be, in rising order.
const PAYMENT_STATUSES: [&str; 5] = ["link_sent", "failed", "expired", "paid", "refunded"];

/// Where an order can be, for a shop whose contract does not say.
const ORDER_STATUSES: [&str; 6] = ["placed", "paid", "packed", "shipped", "out_for_delivery", "delivered"];

/// The only status that is news again: a courier who did not find the customer comes again on another day.
const OUT: &str = "out_for_delivery";

/// What parcels tell besides, in any order with it: that the customer was not found, each day, and that they have to fetch it, once.
pub(crate) const NOT_FOUND: &str = "attempt_failed";
pub(crate) const TO_FETCH: &str = "ready_for_pickup";

/// The rank of the first status that ends an order; those listed after it rank above it, so that a refund still follows
/// a cancellation.
pub(crate) const TERMINAL: u8 = 200;

/// What an order and its payment both say of money that goes back.
const REFUNDED: &str = "refunded";

/// Events of one order that wait for a call of its machine.
const MOST_WAITING: usize = 16;

/// What an order is known by: its number. `None` where the contract has no such field, or the value none.
pub fn order_number(program: &Program, order: &Value) -> Option<SmolStr> {
    key_of(program, program.shop.known_records.order, order)
}

/// A status's place among those of the shop's orders, from 1. `None`: it has none, such as a parcel's own.
pub(crate) fn order_rank(shop: &Shop, status: &str) -> Option<u8> {
    let known = shop.statuses.iter().find(|statuses| statuses.contract == "orders");
    match known {
        Some(statuses) => statuses.terminal.iter().position(|name| name == status).map_or_else(
            || {
                let ranked = statuses.ranks.iter().find(|(name, _)| name == status);
                ranked.map(|(_, rank)| rank.saturating_add(1).min(TERMINAL - 1))
            },
            |at| u8::try_from(at).ok().map(|at| TERMINAL.saturating_add(at)),
        ),
        None => position(&ORDER_STATUSES, status),
    }
}

fn key_of(program: &Program, record: Option<RecordId>, value: &Value) -> Option<SmolStr> {
    KeyField::of_record(program, &Type::Record(record?)).written(value)
}

impl<'p> Machine<'p> {
    /// A payment or order moved: its follower hears first, then the conversation.
    pub fn order_event(&mut self, kind: &EventKind) {
        let (name, status, key, order, payment) = match kind {
            EventKind::Payment { status, key, order, payment } => {
                (EventName::Payment(status.clone()), status, key, order, payment)
            }
            EventKind::Order { status, key, order } => {
                (EventName::Order(status.clone()), status, key, order, &Value::None)
            }
            EventKind::Inbound(_)
            | EventKind::Result { .. }
            | EventKind::Wake
            | EventKind::HandoffClosed { .. }
            | EventKind::HandoffOpened
            | EventKind::MessageFailed { .. } => return,
        };
        let key = self.order_key(order).unwrap_or_else(|| key.clone());
        // Who tells of a payment may know the order by its number only.
        let known = if *order == Value::None { self.known_order(&key) } else { None };
        let filled = known.and_then(|order| match kind {
            EventKind::Payment { status, key, payment, .. } => {
                let (status, key, payment) = (status.clone(), key.clone(), payment.clone());
                Some(EventKind::Payment { status, key, order, payment })
            }
            EventKind::Order { .. }
            | EventKind::Inbound(_)
            | EventKind::Result { .. }
            | EventKind::Wake
            | EventKind::HandoffClosed { .. }
            | EventKind::HandoffOpened
            | EventKind::MessageFailed { .. } => None,
        });
        if let Some(filled) = &filled {
            return self.order_event(filled);
        }
        let at = self.follower_of(&key);
        let is_payment = matches!(name, EventName::Payment(_));
        let risen = if is_payment { self.payment_rises(at, status, payment) } else { self.order_rises(at, status) };
        if !risen {
            self.note(Note::Outranked);
            self.record("outranked", format!("{key}: {status}"));
            return;
        }
        self.hand_to_follower(at, &name, status, order, payment);
        if self.concerns_conversation(&key) {
            self.unless_busy(kind);
        }
    }

    /// A command gave an order: from now on it has a machine of its own.
    pub fn follow_order(&mut self, order: &Value) {
        if let Some(key) = self.order_key(order) {
            let at = self.follower_of(&key);
            self.keep(at, order, &Value::None);
            let status = self.status_of(order).filter(|status| self.order_rank(status) >= Some(TERMINAL));
            if let Some(status) = status {
                self.tell_interrupted(&key, &status, order);
            }
        }
    }

    fn status_of(&self, order: &Value) -> Option<SmolStr> {
        let record = self.program.shop.records.get(usize::from(self.program.shop.known_records.order?.0))?;
        let (at, _) = record.field("status")?;
        let Value::Record(fields) = order else { return None };
        let Value::Text(status) = fields.get(usize::from(at))? else { return None };
        Some(status.clone())
    }

    pub fn order_key(&self, order: &Value) -> Option<SmolStr> {
        order_number(self.program, order)
    }

    /// An order as the conversation has it: beside it, or where a flow keeps it.
    fn known_order(&self, key: &SmolStr) -> Option<Value> {
        let frames = self.session.frames.iter().enumerate().map(|(at, frame)| (Scope::Frame(at), frame.flow));
        let followers =
            self.session.followers.iter().enumerate().map(|(at, follower)| (Scope::Follower(at), follower.flow));
        followers.chain(frames).find_map(|(scope, flow)| {
            let slots = self.program.index.flow(flow).map_or(&[][..], |flow| &flow.orders);
            let mut values = slots.iter().filter_map(|slot| self.value_at(scope, Target::Slot(*slot)));
            values.find(|value| self.order_key(value).as_ref() == Some(key)).cloned()
        })
    }

    /// The follower of an order, made when there is none yet.
    fn follower_of(&mut self, key: &SmolStr) -> usize {
        if let Some(at) = self.session.followers.iter().position(|follower| follower.key == *key) {
            return at;
        }
        if self.session.followers.len() >= self.limits.followers {
            let idle = |follower: &Follower| follower.busy.is_none();
            let followers = &self.session.followers;
            let done = followers.iter().position(|follower| follower.ended && idle(follower));
            let oldest = done.or_else(|| followers.iter().position(idle)).unwrap_or(0);
            let gone = self.session.followers.remove(oldest);
            self.session.out_on.retain(|(key, _)| key.split('\n').next() != Some(gone.key.as_str()));
        }
        let (flow, follow) = self.order_machine().unwrap_or((FlowId(0), u16::MAX));
        self.session.followers.push(Follower { flow, follow, key: key.clone(), ..Follower::default() });
        self.session.followers.len() - 1
    }

    /// The first flow that says what happens beside an order: the shop's own before the standard ones.
    fn order_machine(&self) -> Option<(FlowId, u16)> {
        self.program.shop.flows.iter().enumerate().find_map(|(flow, known)| {
            let follow = known.follows.iter().position(|follow| follow.name == ORDER)?;
            Some((FlowId(u16::try_from(flow).ok()?), u16::try_from(follow).ok()?))
        })
    }

    fn order_rises(&mut self, at: usize, status: &str) -> bool {
        let is_near = [OUT, NOT_FOUND, TO_FETCH].contains(&status);
        let rank = self.order_rank(if is_near { OUT } else { status });
        let Some(follower) = self.session.followers.get_mut(at) else { return false };
        // A status that the contract does not list has no rank; it is heard as it comes.
        let Some(rank) = rank else { return !follower.ended };
        let (rises, stays) = (rank > follower.rank, rank == follower.rank);
        if rises {
            follower.rank = rank;
            follower.ended = rank >= TERMINAL;
        }
        if is_near && (rises || stays) { self.is_new_today(at, status, rises) } else { rises }
    }

    fn order_rank(&self, status: &str) -> Option<u8> {
        order_rank(&self.program.shop, status)
    }

    /// Whether a parcel that is near was not yet heard to be so on this day, where the shop is; from now on it was.
    fn is_new_today(&mut self, at: usize, status: &str, rises: bool) -> bool {
        let Some(order) = self.session.followers.get(at).map(|follower| follower.key.clone()) else { return false };
        let today = self.program.local(self.now_ms).0;
        let key = if status == OUT { order.clone() } else { format_smolstr!("{order}\n{status}") };
        let of_order = |known: &SmolStr| known.split('\n').next() == Some(order.as_str());
        let is_known = self.session.out_on.iter().any(|(known, _)| of_order(known));
        match self.session.out_on.iter_mut().find(|(known, _)| *known == key) {
            Some((_, day)) => {
                let is_new = *day < today && status != TO_FETCH;
                *day = today.max(*day);
                is_new || rises
            }
            None => {
                self.session.out_on.push((key, today));
                // An order of old that was out already may have been told, and nobody wrote down on which day.
                rises || status != OUT || is_known
            }
        }
    }

    fn payment_rises(&mut self, at: usize, status: &str, payment: &Value) -> bool {
        let Some(rank) = position(&PAYMENT_STATUSES, status) else { return false };
        let key = key_of(self.program, self.program.shop.known_records.payment, payment).unwrap_or_default();
        let Some(follower) = self.session.followers.get_mut(at) else { return false };
        let is_money = |rank: u8| Some(rank) >= position(&PAYMENT_STATUSES, "paid");
        // A new link for the same order starts anew; but once there was money, only other money counts, not that a link
        // which nobody needs any more has expired.
        let rises = if follower.payment_key == key {
            rank > follower.payment_rank
        } else {
            is_money(rank) || !is_money(follower.payment_rank)
        };
        if rises {
            follower.payment_key = key;
            follower.payment_rank = rank;
        }
        rises
    }

    /// Puts an order and a payment where the follower's flow keeps such records.
    fn keep(&mut self, at: usize, order: &Value, payment: &Value) {
        let Some(follower) = self.session.followers.get_mut(at) else { return };
        let Some(index) = self.program.index.flow(follower.flow) else { return };
        if follower.values.is_empty() {
            let slots = self.program.shop.flows.get(follower.flow.index()).map_or(&[][..], |flow| &flow.slots);
            follower.values = slots.iter().map(|slot| slot.default.clone().unwrap_or_default()).collect();
        }
        let put = |machine: &mut Self, slots: &[SlotId], value: &Value| {
            for slot in slots.iter().filter(|_| *value != Value::None) {
                machine.set(Scope::Follower(at), Target::Slot(*slot), value.clone());
            }
        };
        put(self, &index.orders, order);
        put(self, &index.payments, payment);
    }

    fn hand_to_follower(&mut self, at: usize, name: &EventName, status: &SmolStr, order: &Value, payment: &Value) {
        self.keep(at, order, payment);
        if status == REFUNDED && self.knows_of_refund(at, name) {
            return self.record("outranked", format!("{status}, once more"));
        }
        let wanted = |trigger: &Trigger| matches!(trigger, Trigger::On { event } if event == name);
        let Some(reaction) = self.follow_reaction(at, wanted) else { return };
        let event = vec![
            (SmolStr::new_static("order"), order.clone()),
            (SmolStr::new_static("payment"), payment.clone()),
            (SmolStr::new_static("status"), Value::Text(status.clone())),
        ];
        self.hear(at, reaction, event);
    }

    /// Whether the other one of the order and its payment has said that the money goes back, and was heard. Who says so may be the
    /// shop's system, the payment provider, or both, in whatever order: it is one piece of news. A line with a guard may not have been
    /// taken, and to tell twice is better than never.
    fn knows_of_refund(&self, at: usize, name: &EventName) -> bool {
        let Some(follower) = self.session.followers.get(at) else { return false };
        let refunded = SmolStr::new_static(REFUNDED);
        let (other, is_known) = match name {
            EventName::Payment(_) => (EventName::Order(refunded), self.order_rank(REFUNDED) == Some(follower.rank)),
            EventName::Order(_) => {
                (EventName::Payment(refunded), position(&PAYMENT_STATUSES, REFUNDED) == Some(follower.payment_rank))
            }
            EventName::CartSent
            | EventName::ProductAsked
            | EventName::WindowClosing
            | EventName::HandoffClosed
            | EventName::MessageFailed => return false,
        };
        let hears = |found: &Reaction| {
            found.guard.is_none() && matches!(&found.trigger, Trigger::On { event } if *event == other)
        };
        is_known && self.follow_of(at).is_some_and(|follow| follow.reactions.iter().any(hears))
    }

    fn hear(&mut self, at: usize, reaction: u16, event: Vec<(SmolStr, Value)>) {
        let Some(follower) = self.session.followers.get_mut(at) else { return };
        if follower.busy.is_some() {
            if follower.waiting.len() < MOST_WAITING {
                follower.waiting.push((reaction, event));
            } else {
                self.record("dropped", "too many events of one order");
            }
            return;
        }
        follower.event = event;
        self.run_follower(at, reaction);
    }

    fn follow_of(&self, at: usize) -> Option<&'p Follow> {
        let follower = self.session.followers.get(at)?;
        self.program.shop.flows.get(follower.flow.index())?.follows.get(usize::from(follower.follow))
    }

    fn follow_reaction(&mut self, at: usize, wanted: impl Fn(&Trigger) -> bool) -> Option<u16> {
        let follow = self.session.followers.get(at)?.follow;
        let reactions = &self.follow_of(at)?.reactions;
        for (reaction, found) in reactions.iter().enumerate().filter(|(_, found)| wanted(&found.trigger)) {
            let reaction = u16::try_from(reaction).ok()?;
            let place = Place { scope: Scope::Follower(at), list: LineList::Follow { follow, reaction }, index: 0 };
            if found.guard.as_ref().is_none_or(|guard| self.holds(place, guard)) {
                return Some(reaction);
            }
        }
        None
    }

    fn follower_place(&mut self, at: usize, reaction: u16) -> Option<Place> {
        let follow = self.session.followers.get(at)?.follow;
        let place = Place { scope: Scope::Follower(at), list: LineList::Follow { follow, reaction }, index: 0 };
        let (flow, state) = self.traced(place);
        self.trace.entries.push(TraceEntry::Reaction { flow, state, list: place.list });
        Some(place)
    }

    fn run_follower(&mut self, at: usize, reaction: u16) {
        let place = self.follower_place(at, reaction);
        self.run(place);
    }

    /// The lines of a follower have ended: the next event that waited, if any.
    pub fn next_for_follower(&mut self, at: usize) {
        let Some(follower) = self.session.followers.get_mut(at) else { return };
        if follower.waiting.is_empty() {
            if follower.ended {
                follower.values.clear();
            }
            follower.event.clear();
            return;
        }
        let (reaction, event) = follower.waiting.remove(0);
        follower.event = event;
        self.run_follower(at, reaction);
    }

    /// A line of a follower failed: its `failed`, else the staff is told, for money may hang on it.
    /// A failure inside `failed` is not handled by itself.
    pub fn follower_failed(&mut self, at: usize, inside: LineList) -> Option<Place> {
        let failed = self.follow_reaction(at, |trigger| matches!(trigger, Trigger::Failed));
        let follow = self.session.followers.get(at).map_or(u16::MAX, |follower| follower.follow);
        if let Some(reaction) = failed.filter(|reaction| inside != LineList::Follow { follow, reaction: *reaction }) {
            return self.follower_place(at, reaction);
        }
        let key = self.session.followers.get(at).map(|follower| follower.key.clone()).unwrap_or_default();
        self.effect(EffectKind::Alert { text: format!("{key}: an update of this order was not saved.") });
        self.next_for_follower(at);
        None
    }

    /// A message of a follower did not arrive; `false` when it was none of a follower's.
    pub fn follower_send_failed(&mut self, effect: EffectId, reason: &SmolStr) -> bool {
        let Some(at) = self.session.followers.iter().position(|follower| follower.sent == Some(effect)) else {
            return false;
        };
        let wanted = |trigger: &Trigger| matches!(trigger, Trigger::On { event: EventName::MessageFailed });
        let event = vec![(SmolStr::new_static("reason"), Value::Text(reason.clone()))];
        match self.follow_reaction(at, wanted) {
            Some(reaction) => {
                self.hear(at, reaction, event);
                // What is sent instead is sent once.
                if let Some(follower) = self.session.followers.get_mut(at) {
                    follower.sent = None;
                }
            }
            None => self.record("not_delivered", reason.as_str()),
        }
        true
    }

    /// Whether the conversation is about this order, or about none in particular.
    fn concerns_conversation(&self, key: &SmolStr) -> bool {
        let mut known = (0..self.session.frames.len()).flat_map(|frame| self.orders_of(frame)).peekable();
        known.peek().is_none() || known.any(|known| known == *key)
    }

    /// The orders that a flow under way keeps.
    pub fn orders_of(&self, frame: usize) -> Vec<SmolStr> {
        let flow = self.session.frames.get(frame).and_then(|frame| self.program.index.flow(frame.flow));
        let slots = flow.map_or(&[][..], |flow| &flow.orders).iter();
        let values = slots.filter_map(|slot| self.value_at(Scope::Frame(frame), Target::Slot(*slot)));
        values.filter_map(|value| self.order_key(value)).collect()
    }
}

/// One more than the position of a status: 0 stands for none yet.
fn position(statuses: &[&str], status: &str) -> Option<u8> {
    let at = statuses.iter().position(|known| *known == status)?;
    u8::try_from(at + 1).ok()
}
