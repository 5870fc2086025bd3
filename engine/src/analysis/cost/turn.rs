//! The most messages that one turn can send. Lines are followed through jumps and sub-flows until the conversation waits;
//! refused calls take their `else`, outages (`failed`) are left out, and each state is counted once.

use super::{Messages, one, template};
use crate::graph::{Cause, Edge, End};
use crate::hir::{DestKind, Flow, FlowId, Guard, Shop, Shown, StateId, Step, StepKind};

/// A turn makes no more jumps than this (`Limits::microsteps`).
const JUMPS: usize = 64;

/// How a run of lines can end, with the most messages sent by then.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reach {
    /// The conversation waits, or is over.
    stops: Option<Messages>,
    /// A sub-flow is back at its caller.
    returns: Option<Messages>,
    /// All lines were run.
    through: Option<Messages>,
}

impl Reach {
    fn or(self, other: Reach) -> Reach {
        Reach {
            stops: more(self.stops, other.stops),
            returns: more(self.returns, other.returns),
            through: more(self.through, other.through),
        }
    }

    fn after(self, before: Messages) -> Reach {
        let add = |messages: Option<Messages>| messages.map(|messages| before.plus(messages));
        Reach { stops: add(self.stops), returns: add(self.returns), through: add(self.through) }
    }
}

const SERVICE: Messages = Messages { service: 1, utility: 0, marketing: 0, authentication: 0 };

fn more(a: Option<Messages>, b: Option<Messages>) -> Option<Messages> {
    [a, b].into_iter().flatten().max_by_key(|messages| messages.total())
}

/// What the line above has sent that the next one may join.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Picture,
    Words,
}

/// Counts turns, each state once.
pub(super) struct Turns<'a> {
    shop: &'a Shop,
    /// By flow and state; `None` while a state is being counted or was not yet.
    known: Vec<Vec<Option<Reach>>>,
    /// By flow, what its callers send when it is back.
    resumed: Vec<Option<Messages>>,
}

impl<'a> Turns<'a> {
    pub fn new(shop: &'a Shop) -> Turns<'a> {
        let known = shop.flows.iter().map(|flow| vec![None; flow.states.len()]).collect();
        Turns { shop, known, resumed: vec![None; shop.flows.len()] }
    }

    /// What a customer sets off who goes this way.
    pub fn edge(&mut self, edge: &Edge<'_>) -> Messages {
        let flow = edge.from.flow;
        let said = match edge.cause {
            Cause::Else(_) => SERVICE,
            Cause::Choice(_)
            | Cause::Answer
            | Cause::Fill
            | Cause::Hears(_)
            | Cause::Event(_)
            | Cause::After(_)
            | Cause::Quiet(_)
            | Cause::Always
            | Cause::CallError(_)
            | Cause::SendError(_)
            | Cause::Template(..)
            | Cause::Lost => Messages::default(),
        };
        let Some(before) = self.lines(flow, edge.actions, JUMPS).through else { return said };
        let end = match edge.to {
            End::State(node) => self.arrive(node.flow, node.state),
            End::Visit(visited) => {
                let visit = self.begin(visited, JUMPS);
                self.most(visit, visited)
            }
            End::Flow(flow) => {
                let begun = self.begin(flow, JUMPS);
                self.most(begun, flow)
            }
            End::Again | End::Back => SERVICE,
            End::Return => self.resume(flow),
            End::End | End::Stay | End::Broken => Messages::default(),
        };
        said.plus(before).plus(end)
    }

    /// What a state sends on entry.
    pub fn arrive(&mut self, flow: FlowId, state: StateId) -> Messages {
        let reach = self.enter(flow, state, JUMPS);
        self.most(reach, flow)
    }

    /// The most, whichever way the lines of a flow end.
    fn most(&mut self, reach: Reach, flow: FlowId) -> Messages {
        let returned = reach.returns.map(|messages| messages.plus(self.resume(flow)));
        more(more(reach.stops, reach.through), returned).unwrap_or_default()
    }

    /// The most that a caller sends once a flow is back: the lines below `<->`, or the question that was left.
    fn resume(&mut self, returned: FlowId) -> Messages {
        if let Some(Some(known)) = self.resumed.get(returned.index()) {
            return *known;
        }
        if let Some(known) = self.resumed.get_mut(returned.index()) {
            *known = Some(SERVICE);
        }
        let shop: &'a Shop = self.shop;
        let mut most = SERVICE;
        for (index, flow) in shop.flows.iter().enumerate() {
            let Ok(id) = u16::try_from(index).map(FlowId) else { continue };
            for state in &flow.states {
                for (at, _) in state.steps.iter().enumerate().filter(|(_, step)| is_visit(step, returned)) {
                    let below = self.lines(id, state.steps.get(at + 1..).unwrap_or(&[]), JUMPS);
                    most = more(Some(most), Some(self.most(below, id))).unwrap_or(most);
                }
            }
        }
        if let Some(known) = self.resumed.get_mut(returned.index()) {
            *known = Some(most);
        }
        most
    }

    fn begin(&mut self, flow: FlowId, jumps: usize) -> Reach {
        let start = self.shop.flows.get(flow.index()).map(|flow| flow.start);
        start.map_or(Reach::default(), |start| self.enter(flow, start, jumps))
    }

    fn enter(&mut self, flow: FlowId, id: StateId, jumps: usize) -> Reach {
        let nothing = Reach { stops: Some(Messages::default()), ..Reach::default() };
        let shop: &'a Shop = self.shop;
        let Some(state) = shop.flows.get(flow.index()).and_then(|flow| flow.states.get(id.index())) else {
            return nothing;
        };
        if let Some(Some(known)) = self.known.get(flow.index()).and_then(|states| states.get(id.index())) {
            return *known;
        }
        if jumps == 0 {
            return nothing;
        }
        self.keep(flow, id, nothing);
        let lines = self.lines(flow, &state.steps, jumps - 1);
        let reach = Reach { stops: more(lines.stops, lines.through), returns: lines.returns, through: None };
        self.keep(flow, id, reach);
        reach
    }

    fn keep(&mut self, flow: FlowId, state: StateId, reach: Reach) {
        if let Some(known) = self.known.get_mut(flow.index()).and_then(|states| states.get_mut(state.index())) {
            *known = Some(reach);
        }
    }

    fn lines(&mut self, flow: FlowId, steps: &[Step], jumps: usize) -> Reach {
        let shop: &'a Shop = self.shop;
        let Some(here) = shop.flows.get(flow.index()) else { return Reach::default() };
        let mut reach = Reach::default();
        let mut sent = Messages::default();
        let mut open = Open::Nothing;
        for step in steps {
            sent = sent.plus(sends(here, step, &mut open));
            let Some(dest) = step.dest() else { continue };
            let always = matches!(step.kind, StepKind::Jump { guard: None, .. });
            let mut onward = self.go(flow, &dest.kind, jumps).after(sent);
            // Below `<->` goes on who comes back.
            let back = onward.through.take();
            reach = reach.or(onward);
            match (always, back) {
                (true, None) => return reach,
                (true, Some(back)) => sent = back,
                (false, back) => sent = more(Some(sent), back).unwrap_or(sent),
            }
        }
        reach.through = Some(sent);
        reach
    }

    fn go(&mut self, flow: FlowId, dest: &DestKind, jumps: usize) -> Reach {
        let stops = |messages: Messages| Reach { stops: Some(messages), ..Reach::default() };
        match dest {
            DestKind::State(state) => self.enter(flow, *state, jumps),
            DestKind::Flow(flow) => self.begin(*flow, jumps),
            DestKind::Visit { flow, .. } => {
                let visit = self.begin(*flow, jumps);
                Reach { stops: visit.stops, returns: None, through: visit.returns }
            }
            DestKind::Again | DestKind::Back => stops(SERVICE),
            DestKind::Return => Reach { returns: Some(Messages::default()), ..Reach::default() },
            DestKind::End | DestKind::Broken => stops(Messages::default()),
        }
    }
}

fn is_visit(step: &Step, visited: FlowId) -> bool {
    let StepKind::Jump { dest, .. } = &step.kind else { return false };
    matches!(dest.kind, DestKind::Visit { flow, .. } if flow == visited)
}

/// What one line sends. A picture is the header of the words below it, a link joins the words above it, and a line with
/// `else` is sent instead of the one above (language.md 2.17).
fn sends(flow: &Flow, step: &Step, open: &mut Open) -> Messages {
    let (guard, now, joins) = match &step.kind {
        StepKind::Say { guard, .. } | StepKind::Ask { guard, .. } => {
            (guard.as_ref(), Open::Words, *open == Open::Picture)
        }
        StepKind::Media { guard, .. } => (guard.as_ref(), Open::Picture, false),
        StepKind::Link { guard, .. } => (guard.as_ref(), Open::Words, *open != Open::Nothing),
        StepKind::Show(shown) => {
            let alone = matches!(shown, Shown::Place(_)) || *open == Open::Nothing;
            return if alone && !matches!(shown, Shown::Emoji(_)) { SERVICE } else { Messages::default() };
        }
        StepKind::Send { .. } => {
            *open = Open::Nothing;
            return template(flow, step).map_or(Messages::default(), |template| one(template.category));
        }
        StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Alert { .. }
        | StepKind::Call(_)
        | StepKind::Consent { .. }
        | StepKind::Set { .. }
        | StepKind::Jump { .. } => return Messages::default(),
    };
    *open = now;
    if joins || matches!(guard, Some(Guard::Else)) { Messages::default() } else { SERVICE }
}

/// What lines send, wherever their jumps lead.
pub(super) fn lines_only(flow: &Flow, steps: &[Step]) -> Messages {
    let mut open = Open::Nothing;
    steps.iter().fold(Messages::default(), |sent, step| sent.plus(sends(flow, step, &mut open)))
}
