//! A running conversation moves to a newer program (language.md 2.14): by names and types, never by position.
//! Reads both programs and the session; runs nothing.

use super::{Cursor, FormProgress, Frame, LineList, Resume, Session};
use crate::hir::{
    CustomerSlotId, EventName, Flow, FlowId, Shop, Slot, SlotId, SlotKind, State, StateId, Target, Trigger,
};
use crate::program::Program;
use crate::types::Type;
use crate::value::Value;
use smol_str::SmolStr;

/// Where a session went.
#[derive(Clone, Debug, PartialEq)]
pub struct Migrated {
    pub session: Session,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It belongs to the new program now.
    Moved,
    /// It belongs to the new program, but its state or a value it needs is gone: the next message takes `lost`.
    Lost,
    /// A call or a payment is under way: it goes on with the old program, and is tried again at the next event.
    Pinned,
}

/// Record types that hold themselves are followed this deep.
const MOST_DEPTH: u8 = 8;

/// Moves a session of `old` to `new`.
pub fn migrate(old: &Program, new: &Program, session: Session) -> Migrated {
    if old.revision == new.revision {
        return Migrated { session, outcome: Outcome::Moved };
    }
    if is_pinned(old, &session) {
        return Migrated { session, outcome: Outcome::Pinned };
    }
    let mover = Mover { old: &old.shop, new: &new.shop };
    let frames = session.frames.iter().map(|frame| mover.frame(frame)).collect::<Option<Vec<Frame>>>();
    let frames = frames.map(|frames| mover.places(&session.frames, frames));
    let frames = frames.filter(|frames| knows_enough(new, frames));
    let mut moved = mover.around(session);
    moved.revision = new.revision;
    let outcome = match frames {
        Some(frames) => {
            moved.frames = frames;
            Outcome::Moved
        }
        None => {
            moved.frames.clear();
            moved.form = None;
            moved.lost = true;
            Outcome::Lost
        }
    };
    Migrated { session: moved, outcome }
}

/// Whether a call is under way, news wait to be heard, or a payment is waited for.
fn is_pinned(old: &Program, session: &Session) -> bool {
    let followers_busy = session.followers.iter().any(|follower| follower.busy.is_some());
    let waits_for_payment = session.frames.iter().any(|frame| waits_for_payment(old, frame).unwrap_or(false));
    session.busy.is_some() || !session.waiting.is_empty() || followers_busy || waits_for_payment
}

fn waits_for_payment(old: &Program, frame: &Frame) -> Option<bool> {
    let flow = old.shop.flows.get(frame.flow.index())?;
    let state = flow.states.get(frame.state.index())?;
    let group = state.group.and_then(|group| flow.groups.get(group.index()));
    let mut here = state.reactions.iter().chain(group.into_iter().flat_map(|group| &group.reactions));
    let listens = here.any(|reaction| matches!(&reaction.trigger, Trigger::On { event: EventName::Payment(_) }));
    let payments = old.index.flow(frame.flow).map_or(&[][..], |flow| &flow.payments);
    let linked = payments.iter().filter_map(|slot| frame.values.get(slot.index())).any(|value| *value != Value::None);
    Some(listens && linked)
}

/// Whether the innermost state has all values that it reads.
fn knows_enough(new: &Program, frames: &[Frame]) -> bool {
    frames.iter().all(|frame| {
        let needs = new.index.flow(frame.flow).map_or(&[][..], |flow| flow.needs(frame.state));
        needs.iter().all(|slot| frame.values.get(slot.index()).is_some_and(|value| *value != Value::None))
    })
}

struct Mover<'a> {
    old: &'a Shop,
    new: &'a Shop,
}

impl Mover<'_> {
    fn flow(&self, id: FlowId) -> Option<(&Flow, FlowId, &Flow)> {
        let old = self.old.flows.get(id.index())?;
        let at = self.new.flows.iter().position(|flow| flow.path == old.path)?;
        Some((old, FlowId(u16::try_from(at).ok()?), self.new.flows.get(at)?))
    }

    /// `None`: its flow or state is gone, or a value that it can not do without.
    fn frame(&self, frame: &Frame) -> Option<Frame> {
        let (old, id, new) = self.flow(frame.flow)?;
        let state = state(old, frame.state, new)?;
        let mut values = Vec::with_capacity(new.slots.len());
        for slot in &new.slots {
            values.push(self.slot_value(old, frame, new, slot)?);
        }
        let history = frame.history.iter().filter_map(|known| self::state(old, *known, new)).collect();
        let same_lines = same_lines(old.states.get(frame.state.index()), new.states.get(state.index()));
        let at_a_line = |line: &Cursor| same_lines && line.list == LineList::Entry;
        let resume = match &frame.resume {
            Resume::Line(line) if at_a_line(line) => frame.resume.clone(),
            Resume::Form { line, form } => match form_left(form, (old, frame.state), (new, state)) {
                Some(form) => Resume::Form { line: line.filter(at_a_line), form },
                None => Resume::AskAgain,
            },
            Resume::Line(_) | Resume::AskAgain => Resume::AskAgain,
            Resume::End => Resume::End,
        };
        Some(Frame { flow: id, state, values, history, resume, into: frame.into, ..frame.clone() })
    }

    fn slot_value(&self, old: &Flow, frame: &Frame, new: &Flow, slot: &Slot) -> Option<Value> {
        let start = || slot.default.clone().unwrap_or_default();
        let known = old.slots.iter().position(|known| known.name == slot.name && same_kind(old, known, new, slot));
        let Some((at, known)) = known.and_then(|at| Some((at, old.slots.get(at)?))) else { return Some(start()) };
        let value = frame.values.get(at).cloned().unwrap_or_default();
        if value == Value::None {
            return Some(if slot.optional { Value::None } else { start() });
        }
        match self.carry(&known.ty, &slot.ty, &value, MOST_DEPTH) {
            Some(value) => Some(value),
            None if slot.optional || slot.default.is_some() || slot.kind != SlotKind::Remembered => Some(start()),
            None => None,
        }
    }

    /// The form that is being asked, where the customer is in the middle of it.
    fn form(&self, session: &Session) -> Option<FormProgress> {
        let frame = session.frames.last()?;
        let (old, _, new) = self.flow(frame.flow)?;
        let state = state(old, frame.state, new)?;
        form_left(session.form.as_ref()?, (old, frame.state), (new, state))
    }

    /// Where callers take what their callees give: the place of the same name, if the caller still has it.
    fn places(&self, before: &[Frame], mut frames: Vec<Frame>) -> Vec<Frame> {
        for frame in &mut frames {
            frame.into = frame.into.and_then(|(caller, target)| {
                let (old, _, new) = self.flow(before.get(usize::from(caller))?.flow)?;
                Some((caller, self.target(old, new, target)?))
            });
        }
        frames
    }

    fn target(&self, old: &Flow, new: &Flow, target: Target) -> Option<Target> {
        let named = |old: &[Slot], new: &[Slot], at: usize| {
            let name = &old.get(at)?.name;
            u16::try_from(new.iter().position(|known| known.name == *name)?).ok()
        };
        match target {
            Target::Slot(slot) => named(&old.slots, &new.slots, slot.index()).map(|at| Target::Slot(SlotId(at))),
            Target::Customer(slot) => named(&self.old.customer_slots, &self.new.customer_slots, slot.index())
                .map(|at| Target::Customer(CustomerSlotId(at))),
        }
    }

    /// Everything but the frames.
    fn around(&self, session: Session) -> Session {
        let customer_values = self.new.customer_slots.iter().map(|slot| {
            let at = self.old.customer_slots.iter().position(|known| known.name == slot.name);
            let known = at.and_then(|at| Some((self.old.customer_slots.get(at)?, session.customer_values.get(at)?)));
            let carried = known.and_then(|(known, value)| self.carry(&known.ty, &slot.ty, value, MOST_DEPTH));
            carried.filter(|value| *value != Value::None).or_else(|| slot.default.clone()).unwrap_or_default()
        });
        let consents = self.new.consents.iter().map(|consent| {
            let at = self.old.consents.iter().position(|known| known.name == consent.name);
            at.and_then(|at| session.consents.get(at)).copied().unwrap_or_default()
        });
        let arms = session.arms.iter().filter_map(|(flow, at, arm)| {
            let (old, id, new) = self.flow(*flow)?;
            let name = &old.experiments.get(usize::from(*at))?.name;
            let at = new.experiments.iter().position(|experiment| experiment.name == *name)?;
            Some((id, u16::try_from(at).ok()?, *arm))
        });
        let followers = session.followers.iter().filter_map(|follower| {
            let (old, flow, new) = self.flow(follower.flow)?;
            let name = old.follows.get(usize::from(follower.follow)).map(|follow| &follow.name);
            let follow = new.follows.iter().position(|follow| Some(&follow.name) == name);
            let beside = Frame { flow: follower.flow, values: follower.values.clone(), ..Frame::default() };
            let values = new.slots.iter().map(|slot| self.slot_value(old, &beside, new, slot).unwrap_or_default());
            let follow = follow.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX);
            let values = if follower.values.is_empty() { Vec::new() } else { values.collect() };
            Some(super::Follower { flow, follow, values, waiting: Vec::new(), ..follower.clone() })
        });
        let snapshot =
            |old: Option<crate::types::RecordId>, new: Option<crate::types::RecordId>, known: &super::Snapshot| {
                let carried = old.zip(new).and_then(|(old, new)| {
                    self.carry(&Type::Record(old), &Type::Record(new), &known.value, MOST_DEPTH)
                });
                super::Snapshot {
                    read_at_ms: if carried.is_some() { known.read_at_ms } else { 0 },
                    value: carried.unwrap_or_default(),
                }
            };
        let (from, to) = (&self.old.known_records, &self.new.known_records);
        Session {
            customer_values: customer_values.collect(),
            consents: consents.collect(),
            arms: arms.collect(),
            followers: followers.collect(),
            cart: snapshot(from.cart, to.cart, &session.cart),
            customer: snapshot(from.customer, to.customer, &session.customer),
            shop: snapshot(from.shop, to.shop, &session.shop),
            form: self.form(&session),
            sent: None,
            event: Vec::new(),
            ..session.clone()
        }
    }

    /// A value of the old type as one of the new, if it still is one.
    fn carry(&self, old: &Type, new: &Type, value: &Value, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        match (old, new, value) {
            (_, _, Value::None) => Some(Value::None),
            (Type::List(old), Type::List(new), Value::List(items)) => {
                let items = items.iter().map(|item| self.carry(old, new, item, depth));
                items.collect::<Option<Vec<Value>>>().map(|items| Value::List(items.into()))
            }
            (Type::Record(old), Type::Record(new), Value::Record(fields)) => {
                let old = self.old.records.get(usize::from(old.0))?;
                let new = self.new.records.get(usize::from(new.0))?;
                if old.name != new.name {
                    return None;
                }
                let carried = new.fields.iter().map(|field| {
                    let known = old.field(&field.name);
                    let value = known
                        .and_then(|(at, known)| self.carry(&known.ty, &field.ty, fields.get(usize::from(at))?, depth));
                    match value {
                        Some(Value::None) | None if field.optional => Some(Value::None),
                        Some(Value::None) | None => None,
                        Some(value) => Some(value),
                    }
                });
                carried.collect::<Option<Vec<Value>>>().map(|fields| Value::Record(fields.into()))
            }
            (Type::Enum(_), Type::Enum(members), Value::Text(name)) => members.contains(name).then(|| value.clone()),
            (Type::List(_) | Type::Record(_) | Type::Enum(_), _, _)
            | (_, Type::List(_) | Type::Record(_) | Type::Enum(_), _) => None,
            (old, new, value) => (old == new).then(|| value.clone()),
        }
    }
}

/// The state of the same name, or the one that says it was this one.
fn state(old: &Flow, id: StateId, new: &Flow) -> Option<StateId> {
    let name = &old.states.get(id.index())?.name;
    let same = new.states.iter().position(|state| state.name == *name);
    let renamed = || new.states.iter().position(|state| state.was.contains(name));
    u16::try_from(same.or_else(renamed)?).ok().map(StateId)
}

/// A form that is asked field by field goes on when the fields up to the next are the ones that were asked; otherwise it
/// begins again.
fn form_left(form: &FormProgress, old: (&Flow, StateId), new: (&Flow, StateId)) -> Option<FormProgress> {
    let asked = |(flow, state): (&Flow, StateId)| {
        let mut reactions = flow.states.get(state.index())?.reactions.iter();
        let filled = reactions
            .find_map(|reaction| if let Trigger::Fill { form, .. } = reaction.trigger { Some(form) } else { None })?;
        let filled = flow.forms.get(filled.index())?;
        let mut names: Vec<SmolStr> = filled.fields.iter().map(|field| field.name.clone()).collect();
        let next = names.iter().position(|name| !form.has(name)).map(|at| names.remove(at));
        names.retain(|name| form.has(name));
        Some((filled.name.clone(), names, next))
    };
    let before = asked(old)?;
    (asked(new) == Some(before)).then(|| form.clone())
}

fn same_kind(old_flow: &Flow, old: &Slot, new_flow: &Flow, new: &Slot) -> bool {
    match (old.kind, new.kind) {
        (SlotKind::Local(known), SlotKind::Local(id)) | (SlotKind::Answer(known), SlotKind::Answer(id)) => {
            state(old_flow, known, new_flow) == Some(id)
        }
        (old, new) => std::mem::discriminant(&old) == std::mem::discriminant(&new),
    }
}

/// Whether the lines of a state are the same kinds of lines, so that a position among them still means the same.
fn same_lines(old: Option<&State>, new: Option<&State>) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return false };
    let same = |(a, b): (&crate::hir::Step, &crate::hir::Step)| {
        std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind)
    };
    old.steps.len() == new.steps.len() && old.steps.iter().zip(&new.steps).all(same)
}
