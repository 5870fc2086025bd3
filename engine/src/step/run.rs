//! Lines, one after the other, until the conversation rests, waits for a call, or has ended.

use super::machine::{Machine, Place, Scope};
use super::say::Attach;
use crate::effect::EffectKind;
use crate::hir::{ConsentId, Step, StepKind};
use crate::session::{BusyWhy, ConsentState, LineList};
use crate::trace::{Note, TraceEntry};

impl<'p> Machine<'p> {
    pub fn run(&mut self, start: Option<Place>) {
        let mut next = start;
        while let Some(place) = next {
            next = match self.lines(place).get(place.index) {
                Some(step) => self.line(place, step),
                None => {
                    self.rest(place);
                    None
                }
            };
        }
    }

    /// The lines have ended without going elsewhere.
    fn rest(&mut self, place: Place) {
        match (place.scope, place.list) {
            (Scope::Follower(follower), _) => self.next_for_follower(follower),
            (Scope::Frame(_), LineList::Entry) => self.flush(Attach::Always),
            (Scope::Frame(_), _) => self.flush(Attach::Never),
        }
    }

    fn line(&mut self, place: Place, step: &'p Step) -> Option<Place> {
        self.ran(place);
        match &step.kind {
            StepKind::Say { .. }
            | StepKind::Ask { .. }
            | StepKind::Media { .. }
            | StepKind::List { .. }
            | StepKind::Footer { .. }
            | StepKind::Show(_)
            | StepKind::Link { .. } => self.sending_line(place, &step.kind),
            StepKind::Alert { text } => {
                self.flush(Attach::ToPrompt);
                if let Some(text) = self.renderer(place.scope).map(|renderer| renderer.text_of(*text)) {
                    self.effect(EffectKind::Alert { text });
                }
            }
            StepKind::Call(call) => return self.call(place, call, BusyWhy::Line),
            StepKind::Consent { consent, given } => self.consent_line(*consent, *given),
            StepKind::Set { slot, value } => match self.value_of(place.scope, value) {
                Some(value) => self.set(place.scope, *slot, value),
                None => return self.fail(place, None),
            },
            StepKind::Send { template, on_error } => return self.send(place, *template, on_error.as_ref()),
            StepKind::Jump { guard, dest } => {
                if guard.as_ref().is_none_or(|guard| self.holds(place, guard)) {
                    let (flow, state) = self.traced(place);
                    self.trace.entries.push(TraceEntry::Jump { flow, state, at: place.cursor() });
                    return self.go(place, dest);
                }
            }
        }
        Some(place.next())
    }

    fn consent_line(&mut self, consent: ConsentId, given: bool) {
        let refused = ConsentState { asked: true, given: false };
        // The word STOP has already done what the flow it leads to does.
        if given || self.session.consents.get(consent.index()) != Some(&refused) {
            self.consent(consent, given);
        }
    }

    pub fn consent(&mut self, consent: ConsentId, given: bool) {
        let Some(known) = self.program.shop.consents.get(consent.index()) else { return };
        let states = &mut self.session.consents;
        if states.len() <= consent.index() {
            states.resize(consent.index() + 1, ConsentState::default());
        }
        if let Some(state) = states.get_mut(consent.index()) {
            *state = ConsentState { asked: true, given };
        }
        self.effect(EffectKind::Consent { name: known.name.clone(), given });
    }

    /// One more jump without an event; `false` when there have been too many, and the conversation rests where it is.
    pub fn may_go_on(&mut self) -> bool {
        self.microsteps += 1;
        if self.microsteps <= self.limits.microsteps {
            return true;
        }
        self.note(Note::TooManySteps);
        self.record("too_many_steps", "");
        self.flush(Attach::Never);
        false
    }
}
