//! Arrows: to a state, to another flow and back, to the end, and the same question again.

use super::machine::{Machine, Place, Scope};
use super::say::Attach;
use crate::hir::{Dest, DestKind, FlowId, OperationKind, StateId, StepKind, Target};
use crate::session::{BusyWhy, Cursor, Frame, LineList, Resume};
use crate::trace::TraceEntry;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Follows an arrow from a line; gives the next line to run.
    pub fn go(&mut self, from: Place, dest: &'p Dest) -> Option<Place> {
        let Scope::Frame(frame) = from.scope else {
            // The machine beside an order goes nowhere; its lines end here.
            if let Scope::Follower(follower) = from.scope {
                self.next_for_follower(follower);
            }
            return None;
        };
        if !self.may_go_on() {
            return None;
        }
        match &dest.kind {
            DestKind::State(state) => {
                self.flush(Attach::Never);
                self.session.frames.truncate(frame + 1);
                self.enter(*state)
            }
            DestKind::Flow(flow) => {
                self.flush(Attach::Never);
                self.session.frames.clear();
                self.push_frame(*flow);
                self.enter_start()
            }
            DestKind::End => {
                self.end();
                None
            }
            DestKind::Again => self.again(),
            DestKind::Back => self.back(),
            DestKind::Return => {
                self.session.frames.truncate(frame + 1);
                self.give_back()
            }
            DestKind::Visit { flow, with, into } => self.visit(from, *flow, with, *into),
            DestKind::Broken => None,
        }
    }

    /// Enters a state of the innermost flow.
    pub fn enter(&mut self, state: StateId) -> Option<Place> {
        let top = self.top();
        let was_waiting = self.is_entered(top) && self.state_in(top).is_some_and(crate::hir::State::is_waiting);
        let (now_ms, kept) = (self.now_ms, self.limits.history);
        let frame = self.session.frames.last_mut()?;
        if was_waiting && frame.state != state {
            if frame.history.len() >= kept {
                frame.history.remove(0);
            }
            frame.history.push(frame.state);
        }
        self.enter_silently(state, now_ms)
    }

    fn enter_silently(&mut self, state: StateId, now_ms: i64) -> Option<Place> {
        let top = self.top();
        let frame = self.session.frames.last_mut()?;
        frame.state = state;
        frame.entered_ms = now_ms;
        frame.fired = 0;
        frame.fired_quiet = 0;
        frame.page = 0;
        frame.resume = Resume::AskAgain;
        let flow = frame.flow;
        self.session.form = None;
        self.prompted = false;
        self.trace.entries.push(TraceEntry::Entered { flow, state });
        let place = Place { scope: Scope::Frame(top), list: LineList::Entry, index: 0 };
        if self.refresh_cart(place, BusyWhy::Cart) { None } else { Some(place) }
    }

    pub fn enter_start(&mut self) -> Option<Place> {
        let flow = self.frame()?.flow;
        let start = self.program.shop.flows.get(flow.index())?.start;
        self.enter(start)
    }

    /// A new innermost flow; none of its states is entered yet.
    pub fn push_frame(&mut self, id: FlowId) {
        let Some(flow) = self.program.shop.flows.get(id.index()) else { return };
        for (at, experiment) in flow.experiments.iter().enumerate() {
            let Ok(at) = u16::try_from(at) else { break };
            if !self.session.arms.iter().any(|(flow, known, _)| *flow == id && *known == at) {
                let arm = crate::expression::arm(&self.session.customer_key, &experiment.name, experiment.arms.len());
                self.session.arms.push((id, at, arm));
            }
        }
        let values = flow.slots.iter().map(|slot| slot.default.clone().unwrap_or_default()).collect();
        self.session.frames.push(Frame {
            flow: id,
            state: flow.start,
            values,
            resume: Resume::End,
            ..Frame::default()
        });
    }

    fn visit(&mut self, from: Place, flow: FlowId, with: &[Target], into: Option<Target>) -> Option<Place> {
        self.flush(Attach::Never);
        let handed: Vec<Value> =
            with.iter().map(|target| self.value_at(from.scope, *target).cloned().unwrap_or_default()).collect();
        let in_the_middle = from.list == LineList::Entry || from.index + 1 < self.lines(from).len();
        self.suspend(in_the_middle.then(|| from.next().cursor()));
        let caller = from.cursor().frame;
        self.push_frame(flow);
        let takes = self.program.shop.flows.get(flow.index()).map_or(&[][..], |flow| &flow.takes);
        let callee = Scope::Frame(self.top());
        for (slot, value) in takes.iter().zip(handed) {
            self.set(callee, Target::Slot(*slot), value);
        }
        if let Some(frame) = self.session.frames.last_mut() {
            frame.into = into.map(|target| (caller, target));
        }
        self.limit_interruptions();
        self.enter_start()
    }

    /// The innermost flow waits for the one that is put above it, and goes on at the line or by asking again.
    pub fn suspend(&mut self, line: Option<Cursor>) {
        let form = self.session.form.take();
        if let Some(frame) = self.session.frames.last_mut().filter(|frame| frame.resume != Resume::End) {
            frame.resume = match (form, line) {
                (Some(form), line) => Resume::Form { line, form },
                (None, Some(line)) => Resume::Line(line),
                (None, None) => Resume::AskAgain,
            };
        }
    }

    /// The innermost flow goes on: at this line, else by asking again.
    fn unsuspend(&mut self) -> Option<Cursor> {
        let frame = self.session.frames.last_mut()?;
        match std::mem::take(&mut frame.resume) {
            Resume::Form { line, form } => {
                self.session.form = Some(form);
                line
            }
            Resume::Line(line) => Some(line),
            Resume::AskAgain => None,
            Resume::End => {
                frame.resume = Resume::End;
                None
            }
        }
    }

    /// Flows that only lent their lines, and entered no state, are over when these have run.
    pub fn drop_guests(&mut self) {
        while self.session.busy.is_none() && self.session.frames.last().is_some_and(|frame| frame.resume == Resume::End)
        {
            self.session.frames.pop();
            self.unsuspend();
        }
    }

    /// Where too many flows interrupt each other, the one above the outermost ends, unheard.
    pub fn limit_interruptions(&mut self) {
        const OLDEST: u8 = 1;
        if self.session.frames.len() <= self.limits.interruptions + 1 {
            return;
        }
        self.session.frames.remove(usize::from(OLDEST));
        for frame in &mut self.session.frames {
            frame.into = match frame.into {
                Some((OLDEST, _)) | None => None,
                Some((caller, target)) => Some((if caller > OLDEST { caller - 1 } else { caller }, target)),
            };
            let Some(cursor) = frame.resume.line_mut() else { continue };
            if cursor.frame == OLDEST {
                frame.resume = Resume::AskAgain;
            } else if cursor.frame > OLDEST {
                cursor.frame -= 1;
            }
        }
        self.record("interruption_ended", "");
    }

    /// The innermost flow gives its result, and its caller goes on.
    fn give_back(&mut self) -> Option<Place> {
        if self.session.frames.len() <= 1 {
            self.end();
            return None;
        }
        self.flush(Attach::Never);
        let frame = self.session.frames.pop()?;
        let gives = self.program.shop.flows.get(frame.flow.index()).and_then(|flow| flow.gives);
        if let (Some(slot), Some((caller, target))) = (gives, frame.into) {
            let value = frame.values.get(slot.index()).cloned().unwrap_or_default();
            self.set(Scope::Frame(usize::from(caller)), target, value);
        }
        self.session.form = None;
        while self.session.frames.len() > 1 && !self.is_entered(self.top()) {
            self.session.frames.pop();
        }
        if !self.is_entered(self.top()) {
            self.end();
            return None;
        }
        match self.unsuspend() {
            Some(line) => Some(Place::at(line)),
            None => self.again(),
        }
    }

    fn back(&mut self) -> Option<Place> {
        match self.session.frames.last_mut().and_then(|frame| frame.history.pop()) {
            Some(state) => {
                self.flush(Attach::Never);
                self.enter_silently(state, self.now_ms)
            }
            None => self.again(),
        }
    }

    /// The conversation is over; what it remembered is forgotten. The customer's profile and the orders stay.
    pub fn end(&mut self) {
        self.flush(Attach::Never);
        self.session.frames.clear();
        self.session.form = None;
        self.session.sent = None;
        self.session.else_count = 0;
    }

    /// The same question again (ruling 8).
    pub fn again(&mut self) -> Option<Place> {
        if !self.may_go_on() {
            return None;
        }
        self.flush(Attach::Never);
        self.prompted = false;
        let top = self.top();
        if !self.is_entered(top) || self.is_led_on() {
            return None;
        }
        let place = Place { scope: Scope::Frame(top), list: LineList::Entry, index: 0 };
        if self.refresh_cart(place, BusyWhy::CartAskAgain) { None } else { self.again_from(place) }
    }

    /// Runs the queries from this line on again, and what is decided by their results; then asks.
    pub fn again_from(&mut self, from: Place) -> Option<Place> {
        let lines = self.lines(from);
        let mut asked_anew = lines.iter().take(from.index).any(|line| self.is_query(&line.kind));
        for (index, line) in lines.iter().enumerate().skip(from.index) {
            let place = Place { index, ..from };
            match &line.kind {
                StepKind::Call(call) if self.is_query(&line.kind) => {
                    asked_anew = true;
                    if self.answer_itself(from.scope, call) {
                        continue;
                    }
                    let next = self.call(place, call, BusyWhy::AskAgain);
                    if self.session.busy.is_some() || next.is_some() {
                        return next;
                    }
                }
                StepKind::Jump { guard: Some(guard), dest } if asked_anew => {
                    if self.holds(place, guard) {
                        let (flow, state) = self.traced(place);
                        self.trace.entries.push(TraceEntry::Jump { flow, state, at: place.cursor() });
                        return self.go(place, dest);
                    }
                }
                StepKind::Call(_)
                | StepKind::Jump { .. }
                | StepKind::Say { .. }
                | StepKind::Ask { .. }
                | StepKind::Media { .. }
                | StepKind::List { .. }
                | StepKind::Footer { .. }
                | StepKind::Show(_)
                | StepKind::Alert { .. }
                | StepKind::Link { .. }
                | StepKind::Consent { .. }
                | StepKind::Set { .. }
                | StepKind::Send { .. } => {}
            }
        }
        self.ask_once_more(from);
        None
    }

    fn is_query(&self, line: &StepKind) -> bool {
        let StepKind::Call(call) = line else { return false };
        let operation = self.program.shop.operations.get(call.operation.index());
        operation.is_some_and(|operation| operation.kind == OperationKind::Query)
    }

    /// The prompt alone: the `ask`, else the last `say`, with what belongs to it.
    pub fn ask_once_more(&mut self, from: Place) {
        let lines = self.lines(from);
        for (index, line) in lines.iter().enumerate() {
            self.sending_line(Place { index, ..from }, &line.kind);
        }
        let asks = self.drafts.iter().any(|draft| draft.asks);
        let last = self.drafts.len().saturating_sub(1);
        let mut at = 0;
        self.drafts.retain(|draft| {
            at += 1;
            draft.asks || !asks && at > last
        });
        self.flush(Attach::Always);
    }
}
