//! Calls: asked, parked, and what their results lead to (language.md 2.7, rulings 10, 14).

use super::machine::{Machine, Place, Scope};
use super::say::Attach;
use crate::effect::{CallId, CallRequest, EffectKind};
use crate::event::Outcome;
use crate::hir::{Builtin, Call, Dest, Operation, OperationId, OperationKind, StepKind, Trigger};
use crate::locale::Standard;
use crate::session::{Busy, BusyWhy};
use crate::trace::{Note, TraceEntry};
use crate::types::Type;
use crate::value::Value;

/// How long a call may take when neither the line nor the contract says so.
const DEFAULT_WITHIN_MS: i64 = 10_000;

/// How old the bag may be when the contract does not say so.
const DEFAULT_FRESH_FOR_MS: i64 = 60_000;

impl<'p> Machine<'p> {
    /// Asks for a call and parks, or does it at once when it is the engine's own.
    pub fn call(&mut self, place: Place, call: &'p Call, why: BusyWhy) -> Option<Place> {
        let operation = self.program.shop.operations.get(call.operation.index())?;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for (at, argument) in call.arguments.iter().enumerate() {
            let optional = operation.takes.get(at).is_some_and(|parameter| parameter.optional);
            match self.value_of(place.scope, argument) {
                Some(Value::None) | None if optional => arguments.push(Value::None),
                Some(value) => arguments.push(value),
                None => return self.fail(place, call.on_error.as_ref()),
            }
        }
        if let Some(builtin) = operation.builtin {
            self.do_builtin(place.scope, call, builtin, arguments.first());
            return Some(place.next());
        }
        let (_, flow) = self.flow_of(place.scope);
        let within_ms = match (call.within, flow) {
            (Some(time), Some(flow)) => time.ms(flow),
            (Some(_) | None, _) => operation.within_ms,
        };
        self.park(place, call.operation, arguments, within_ms, why);
        None
    }

    /// A query that the engine answers itself; `false`: somebody has to be asked.
    pub fn answer_itself(&mut self, scope: Scope, call: &Call) -> bool {
        let operation = self.program.shop.operations.get(call.operation.index());
        let is_own = operation.is_some_and(|operation| operation.builtin == Some(Builtin::ShopHours));
        if is_own && let Some(into) = call.into {
            self.set(scope, into, self.shop_now.clone());
        }
        is_own
    }

    fn do_builtin(&mut self, scope: Scope, call: &Call, builtin: Builtin, argument: Option<&Value>) {
        let text = match argument {
            Some(Value::Text(text)) => text.clone(),
            Some(_) | None => Default::default(),
        };
        match builtin {
            Builtin::HandoffOpen => {
                self.flush(Attach::ToPrompt);
                self.session.handed_over = true;
                self.effect(EffectKind::Handoff { topic: text });
            }
            Builtin::ShopHours => {
                self.answer_itself(scope, call);
            }
            Builtin::SetLanguage => {
                self.record("language", text.as_str());
                self.speak(text);
            }
        }
    }

    fn park(&mut self, place: Place, id: OperationId, arguments: Vec<Value>, within_ms: i64, why: BusyWhy) {
        let Some(operation) = self.program.shop.operations.get(id.index()) else { return };
        self.flush(Attach::ToPrompt);
        let within_ms = if within_ms > 0 { within_ms } else { DEFAULT_WITHIN_MS };
        let follower = match place.scope {
            Scope::Frame(_) => None,
            Scope::Follower(at) => self.session.followers.get(at).map(|follower| follower.key.clone()),
        };
        let name = smol_str::format_smolstr!("{}.{}", operation.contract, operation.name);
        let language = self.language_tag().into();
        let request = CallRequest { operation: id, name, arguments, within_ms, follower, language };
        let call = self.effect(match operation.kind {
            OperationKind::Query => EffectKind::Query(request),
            OperationKind::Command => EffectKind::Command(request),
        });
        let deadline_ms = self.now_ms.saturating_add(within_ms);
        let busy = Some(Busy { call, at: place.cursor(), deadline_ms, why });
        match place.scope {
            Scope::Frame(_) => self.session.busy = busy,
            Scope::Follower(at) => {
                if let Some(follower) = self.session.followers.get_mut(at) {
                    follower.busy = busy;
                }
            }
        }
    }

    /// Asks for the bag when the state reads it and it is old; `true` when the conversation waits for it.
    pub fn refresh_cart(&mut self, place: Place, why: BusyWhy) -> bool {
        let Some(frame) = self.frame() else { return false };
        let Some((operation, fresh_for_ms)) = self.program.index.cart_current else { return false };
        let state = self.program.index.state(frame.flow, frame.state);
        let reads = if why == BusyWhy::Cart { state.reads_cart } else { state.reads_cart_again };
        if !reads {
            return false;
        }
        let fresh_for_ms = if fresh_for_ms > 0 { fresh_for_ms } else { DEFAULT_FRESH_FOR_MS };
        let cart = &self.session.cart;
        let is_fresh = cart.value != Value::None && self.now_ms.saturating_sub(cart.read_at_ms) <= fresh_for_ms;
        if is_fresh {
            return false;
        }
        let within_ms = self.program.shop.operations.get(operation.index()).map_or(0, |known| known.within_ms);
        self.park(place, operation, Vec::new(), within_ms, why);
        true
    }

    /// A call has ended.
    pub fn result(&mut self, call: CallId, outcome: &Outcome) {
        if self.session.busy.as_ref().is_some_and(|busy| busy.call == call) {
            self.conversation_result(outcome);
            return;
        }
        let waiting =
            |follower: &crate::session::Follower| follower.busy.as_ref().is_some_and(|busy| busy.call == call);
        match self.session.followers.iter().position(waiting) {
            Some(at) => self.follower_result(at, outcome),
            None => self.record("late_result", format!("{}/{}", call.turn, call.index)),
        }
    }

    pub fn conversation_result(&mut self, outcome: &Outcome) {
        let Some(busy) = self.session.busy.take_if(|busy| !is_open_still(outcome, busy.deadline_ms, self.now_ms))
        else {
            return;
        };
        let place = Place::at(busy.at);
        let next = match busy.why {
            BusyWhy::Cart | BusyWhy::CartAskAgain => self.cart_result(place, busy.why, outcome),
            BusyWhy::Line | BusyWhy::AskAgain => self.settle(place, busy.why, outcome),
        };
        self.run(next);
    }

    pub fn follower_result(&mut self, at: usize, outcome: &Outcome) {
        let now_ms = self.now_ms;
        let Some(follower) = self.session.followers.get_mut(at) else { return };
        let open = |busy: &mut Busy| !is_open_still(outcome, busy.deadline_ms, now_ms);
        let Some(busy) = follower.busy.take_if(open) else { return };
        let place = Place { scope: Scope::Follower(at), ..Place::at(busy.at) };
        let next = self.settle(place, BusyWhy::Line, outcome);
        self.run(next);
    }

    fn cart_result(&mut self, place: Place, why: BusyWhy, outcome: &Outcome) -> Option<Place> {
        match outcome {
            Outcome::Given(value) => {
                self.take_cart(value.clone());
                if why == BusyWhy::CartAskAgain { self.again_from(place) } else { Some(place) }
            }
            Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::TimedOut | Outcome::Unknown => {
                self.fail(place, None)
            }
        }
    }

    pub fn take_cart(&mut self, value: Value) {
        self.session.cart.value = value;
        self.session.cart.read_at_ms = self.now_ms;
    }

    /// The line of the call goes on with its result, or takes its error branch.
    fn settle(&mut self, place: Place, why: BusyWhy, outcome: &Outcome) -> Option<Place> {
        let line = self.lines(place).get(place.index).map(|line| &line.kind);
        let Some(StepKind::Call(call)) = line else {
            // The line is another one since the flow was changed.
            return if matches!(place.scope, Scope::Frame(_)) { self.again() } else { None };
        };
        let operation = self.program.shop.operations.get(call.operation.index())?;
        let refused = match outcome {
            Outcome::Given(value) => {
                self.given(place.scope, call, operation, value);
                let next = place.next();
                return if why == BusyWhy::AskAgain { self.again_from(next) } else { Some(next) };
            }
            Outcome::Refused { code } => operation.fails.is_empty() || operation.fails.contains(code),
            Outcome::Failed { .. } | Outcome::TimedOut | Outcome::Unknown => operation.fails.is_empty(),
        };
        self.fail(place, call.on_error.as_ref().filter(|_| refused))
    }

    fn given(&mut self, scope: Scope, call: &Call, operation: &Operation, value: &Value) {
        let known = &self.program.shop.known_records;
        let gives = |record: Option<crate::types::RecordId>| {
            record.is_some_and(|record| operation.gives == Some(Type::Record(record)))
        };
        if let Some(target) = call.into {
            let of_the_shop = gives(known.shop).then(|| {
                let theirs = self.program.said_by_others(value.clone(), |_| false);
                self.program.shop_now(&theirs, self.now_ms, self.language)
            });
            self.set(scope, target, of_the_shop.unwrap_or_else(|| value.clone()));
        }
        if gives(known.cart) {
            self.take_cart(value.clone());
        } else if operation.contract == "cart" && operation.kind == OperationKind::Command {
            // It has changed, and nobody said how.
            self.session.cart.read_at_ms = 0;
            self.session.cart.value = Value::None;
        }
        if gives(known.order) && operation.kind == OperationKind::Command {
            // An order takes from the bag: the next state that shows it asks for it.
            self.session.cart.read_at_ms = 0;
            if matches!(scope, Scope::Frame(_)) {
                self.follow_order(value);
            }
        }
    }

    pub fn trace_error(&mut self, place: Place) {
        let (flow, state) = self.traced(place);
        self.trace.entries.push(TraceEntry::Error { flow, state, at: place.cursor() });
    }

    /// The error branch of a line: its `else`, else the nearest `failed`, else the standard words.
    pub fn fail(&mut self, place: Place, on_error: Option<&'p Dest>) -> Option<Place> {
        self.trace_error(place);
        if let Some(dest) = on_error {
            return self.go(place, dest);
        }
        if let Scope::Follower(follower) = place.scope {
            return self.follower_failed(follower, place.list);
        }
        self.session.failures = self.session.failures.saturating_add(1);
        if self.session.failures > self.limits.failures {
            self.note(Note::TooManySteps);
            self.record("too_many_failures", "");
            self.flush(Attach::Never);
            return None;
        }
        let failed = self.nearest(|trigger| matches!(trigger, Trigger::Failed));
        match failed {
            Some((level, reaction)) => Some(self.take(level, reaction)),
            None => {
                self.record("failed", "no line of the flow says what to do");
                self.say_standard(Standard::Trouble, &[]);
                self.flush(Attach::Never);
                None
            }
        }
    }
}

/// A command whose fate is not known stays open until it is settled or its time is over.
fn is_open_still(outcome: &Outcome, deadline_ms: i64, now_ms: i64) -> bool {
    *outcome == Outcome::Unknown && now_ms < deadline_ms
}
