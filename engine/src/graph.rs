//! The flow as a graph: every way in which one state can lead to another, whoever causes it. Read by lints, analyses,
//! coverage and drawings; knows nothing of values.

use duka_dsl::Span;
use smol_str::SmolStr;

use crate::hir::{
    Call, DestKind, EventName, Expr, Flow, FlowId, OperationId, Reaction, Shop, StateId, Step, StepKind, TemplateId,
    Trigger, WordsId,
};

/// A state of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub flow: FlowId,
    pub state: StateId,
}

/// One way out of a state.
#[derive(Clone, Debug)]
pub struct Edge<'a> {
    pub from: Node,
    pub to: End,
    pub cause: Cause,
    /// The line that leads there.
    pub line: Line,
    /// The conditions on the way: of the choice, and of the jump.
    pub guards: Vec<&'a Expr>,
    /// The lines that run on the way, the jump left out.
    pub actions: &'a [Step],
    pub span: Span,
}

/// Where an edge ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    State(Node),
    /// A sub-flow is run; then the conversation is back in the state, or goes on at the line below.
    Visit(FlowId),
    /// Another flow takes over.
    Flow(FlowId),
    End,
    Again,
    Back,
    Return,
    /// The reaction leads nowhere: the conversation stays.
    Stay,
    Broken,
}

impl End {
    /// The state of the same flow that it leads to.
    pub fn state(self) -> Option<StateId> {
        match self {
            End::State(node) => Some(node.state),
            End::Visit(_)
            | End::Flow(_)
            | End::End
            | End::Again
            | End::Back
            | End::Return
            | End::Stay
            | End::Broken => None,
        }
    }
}

/// What makes an edge be taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A button, row or picked item, by its id.
    Choice(SmolStr),
    Answer,
    Fill,
    Hears(WordsId),
    Event(EventName),
    /// Milliseconds since the state was entered.
    After(i64),
    /// Milliseconds since the customer's last message.
    Quiet(i64),
    /// Anything that was not understood; after so many times.
    Else(Option<u32>),
    /// A jump on entry, guarded or not.
    Always,
    /// A call failed or was refused.
    CallError(OperationId),
    /// A send was forbidden or failed.
    SendError(TemplateId),
    /// A button of a template.
    Template(TemplateId, SmolStr),
    Lost,
}

impl Cause {
    /// Whether the customer does it: it then opens the service window.
    pub fn is_customer(&self) -> bool {
        match self {
            Cause::Choice(_)
            | Cause::Answer
            | Cause::Fill
            | Cause::Hears(_)
            | Cause::Else(_)
            | Cause::Template(..)
            | Cause::Event(EventName::CartSent | EventName::ProductAsked) => true,
            Cause::Event(_)
            | Cause::After(_)
            | Cause::Quiet(_)
            | Cause::Always
            | Cause::CallError(_)
            | Cause::SendError(_)
            | Cause::Lost => false,
        }
    }
}

/// The place of a line: whose list of lines, which reaction, which action in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub owner: Owner,
    /// The entry line, or the reaction.
    pub index: u16,
    /// The action of the reaction; 0 for entry lines and for reactions without any.
    pub action: u16,
}

/// Whose lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    Entry,
    State,
    Group,
    Anywhere,
    Template(TemplateId),
}

/// All edges of a flow, state by state in document order.
pub struct Graph<'a> {
    pub flow_id: FlowId,
    pub flow: &'a Flow,
    pub edges: Vec<Edge<'a>>,
    /// By state: where its edges are in `edges`.
    ranges: Vec<std::ops::Range<usize>>,
}

impl<'a> Graph<'a> {
    pub fn new(shop: &'a Shop, flow_id: FlowId) -> Option<Graph<'a>> {
        let flow = shop.flows.get(flow_id.index())?;
        let mut edges = Vec::new();
        let mut ranges = Vec::with_capacity(flow.states.len());
        for index in 0..flow.states.len() {
            let start = edges.len();
            let state = StateId(u16::try_from(index).ok()?);
            StateEdges { flow, from: Node { flow: flow_id, state }, edges: &mut edges }.collect();
            ranges.push(start..edges.len());
        }
        Some(Graph { flow_id, flow, edges, ranges })
    }

    /// The ways out of a state.
    pub fn out(&self, state: StateId) -> &[Edge<'a>] {
        self.ranges.get(state.index()).and_then(|range| self.edges.get(range.clone())).unwrap_or(&[])
    }

    /// The ways out of a state, each with its place in [`Graph::edges`].
    pub fn numbered(&self, state: StateId) -> impl Iterator<Item = (usize, &Edge<'a>)> {
        let range = self.ranges.get(state.index()).cloned().unwrap_or_default();
        range.filter_map(|index| Some((index, self.edges.get(index)?)))
    }

    /// Where template buttons lead: they can be tapped in any state, and after the end.
    pub fn template_targets(&self) -> impl Iterator<Item = (TemplateId, &'a Reaction)> + use<'a> {
        let templates = self.flow.templates.iter().enumerate();
        templates.flat_map(|(index, template)| {
            let id = TemplateId(u16::try_from(index).unwrap_or(u16::MAX));
            template.buttons.iter().map(move |button| (id, button))
        })
    }

    /// The states that can be entered from `roots`, with sub-flows returning and template buttons tapped.
    pub fn reachable(&self, roots: impl IntoIterator<Item = StateId>) -> Vec<bool> {
        let mut seen = vec![false; self.flow.states.len()];
        let mut queue: Vec<StateId> = roots.into_iter().collect();
        queue.extend(self.template_targets().filter_map(|(_, button)| match button.dest()?.kind {
            DestKind::State(state) => Some(state),
            DestKind::Flow(_)
            | DestKind::End
            | DestKind::Again
            | DestKind::Back
            | DestKind::Return
            | DestKind::Visit { .. }
            | DestKind::Broken => None,
        }));
        while let Some(state) = queue.pop() {
            match seen.get_mut(state.index()) {
                Some(seen) if !*seen => *seen = true,
                Some(_) | None => continue,
            }
            queue.extend(self.out(state).iter().filter_map(|edge| edge.to.state()));
        }
        seen
    }

    /// By state: what is so on every way into it, `start` in the first; `None` where nothing leads. `along` gives what is so at
    /// the end of an edge, `both` what is left of two ways into one state: never more than either of them.
    pub fn forward<T: Copy + PartialEq>(
        &self,
        start: T,
        both: impl Fn(T, T) -> T,
        along: impl Fn(&Edge<'a>, T) -> T,
    ) -> Vec<Option<T>> {
        let mut entry = vec![None; self.flow.states.len()];
        if let Some(first) = entry.get_mut(self.flow.start.index()) {
            *first = Some(start);
        }
        let mut changed = true;
        while changed {
            changed = false;
            for edge in &self.edges {
                let (Some(to), Some(from)) = (edge.to.state(), entry[edge.from.state.index()]) else { continue };
                let there = along(edge, from);
                let slot = &mut entry[to.index()];
                let merged = slot.map_or(there, |known| both(known, there));
                changed |= *slot != Some(merged);
                *slot = Some(merged);
            }
        }
        entry
    }
}

struct StateEdges<'a, 'b> {
    flow: &'a Flow,
    from: Node,
    edges: &'b mut Vec<Edge<'a>>,
}

impl<'a> StateEdges<'a, '_> {
    fn collect(mut self) {
        let Some(state) = self.flow.states.get(self.from.state.index()) else { return };
        self.lines(&state.steps, Owner::Entry, None);
        if !state.is_waiting() {
            return;
        }
        for (owner, index, reaction) in effective_reactions(self.flow, self.from.state) {
            let cause = match cause_of(self.flow, reaction) {
                Some(cause) => cause,
                None => continue,
            };
            self.reaction(owner, index, reaction, &cause);
        }
    }

    fn reaction(&mut self, owner: Owner, index: u16, reaction: &'a Reaction, cause: &Cause) {
        let before = self.edges.len();
        self.lines(&reaction.actions, owner, Some((index, reaction, cause)));
        let led =
            self.edges[before..].iter().any(|edge| edge.cause == *cause && edge.guards.len() <= guard_count(reaction));
        if !led {
            let guards = reaction.guard.iter().collect();
            let actions = reaction.actions.as_slice();
            let line = Line { owner, index, action: 0 };
            let to = End::Stay;
            self.edges.push(Edge {
                from: self.from,
                to,
                cause: cause.clone(),
                line,
                guards,
                actions,
                span: reaction.span,
            });
        }
    }

    /// The jumps among lines, and the error branches of their calls and sends.
    fn lines(&mut self, steps: &'a [Step], owner: Owner, within: Option<(u16, &'a Reaction, &Cause)>) {
        for (at, step) in steps.iter().enumerate() {
            let at_line = u16::try_from(at).unwrap_or(u16::MAX);
            let line = match within {
                Some((index, _, _)) => Line { owner, index, action: at_line },
                None => Line { owner, index: at_line, action: 0 },
            };
            let guards: Vec<&Expr> = within.iter().flat_map(|(_, reaction, _)| &reaction.guard).collect();
            let (dest, cause, extra) = match &step.kind {
                StepKind::Jump { guard, dest } => {
                    let cause = within.map_or(Cause::Always, |(_, _, cause)| cause.clone());
                    (Some(dest), cause, guard.as_ref())
                }
                StepKind::Call(Call { operation, on_error, .. }) => {
                    (on_error.as_ref(), Cause::CallError(*operation), None)
                }
                StepKind::Send { template, on_error } => (on_error.as_ref(), Cause::SendError(*template), None),
                StepKind::Say { .. }
                | StepKind::Ask { .. }
                | StepKind::Media { .. }
                | StepKind::List { .. }
                | StepKind::Footer { .. }
                | StepKind::Show(_)
                | StepKind::Alert { .. }
                | StepKind::Link { .. }
                | StepKind::Consent { .. }
                | StepKind::Set { .. } => continue,
            };
            let to = match (dest, &step.kind) {
                (Some(dest), _) => end_of(self.from.flow, &dest.kind),
                (None, StepKind::Call(_)) => match self.failed_line() {
                    Some(end) => end,
                    None => continue,
                },
                (None, _) => continue,
            };
            let guards = guards.into_iter().chain(extra).collect();
            let actions = steps.get(..at).unwrap_or(&[]);
            self.edges.push(Edge { from: self.from, to, cause, line, guards, actions, span: step.span });
        }
    }

    /// Where `failed` leads: the nearest level that has one.
    fn failed_line(&self) -> Option<End> {
        let mut levels = effective_reactions(self.flow, self.from.state).into_iter();
        let (_, _, reaction) = levels.find(|(_, _, reaction)| matches!(reaction.trigger, Trigger::Failed))?;
        Some(reaction.dest().map_or(End::Stay, |dest| end_of(self.from.flow, &dest.kind)))
    }
}

fn guard_count(reaction: &Reaction) -> usize {
    usize::from(reaction.guard.is_some())
}

fn end_of(flow: FlowId, dest: &DestKind) -> End {
    match dest {
        DestKind::State(state) => End::State(Node { flow, state: *state }),
        DestKind::Flow(flow) => End::Flow(*flow),
        DestKind::End => End::End,
        DestKind::Again => End::Again,
        DestKind::Back => End::Back,
        DestKind::Return => End::Return,
        DestKind::Visit { flow, .. } => End::Visit(*flow),
        DestKind::Broken => End::Broken,
    }
}

fn cause_of(flow: &Flow, reaction: &Reaction) -> Option<Cause> {
    Some(match &reaction.trigger {
        Trigger::Button { name, .. } | Trigger::Row { name, .. } | Trigger::Pick { name, .. } => {
            Cause::Choice(name.clone())
        }
        Trigger::Answer { .. } => Cause::Answer,
        Trigger::Fill { .. } => Cause::Fill,
        Trigger::Hears { words } => Cause::Hears(*words),
        Trigger::On { event } => Cause::Event(event.clone()),
        Trigger::After { time } => Cause::After(time.ms(flow)),
        Trigger::Quiet { time } => Cause::Quiet(time.ms(flow)),
        Trigger::Else { times, .. } => Cause::Else(*times),
        Trigger::Lost => Cause::Lost,
        // Taken by the calls that fail: see `failed_line`.
        Trigger::Failed => return None,
    })
}

/// The reactions that count in a state, in the order in which they are tried: its own, its group's, `anywhere`'s; of
/// `quiet`, `failed` and `else` only those of the nearest level that has any (ruling 4).
pub fn effective_reactions(flow: &Flow, state: StateId) -> Vec<(Owner, u16, &Reaction)> {
    let Some(state) = flow.states.get(state.index()) else { return Vec::new() };
    let group = state.group.and_then(|group| flow.groups.get(group.index()));
    let levels = [
        (Owner::State, state.reactions.as_slice()),
        (Owner::Group, group.map_or(&[][..], |group| group.reactions.as_slice())),
        (Owner::Anywhere, flow.anywhere.as_slice()),
    ];
    let mut found = Vec::new();
    let mut taken = [false; 3];
    for (owner, reactions) in levels {
        let mut here = [false; 3];
        for (index, reaction) in reactions.iter().enumerate() {
            if let Some(kind) = level_kind(&reaction.trigger) {
                if taken[kind] {
                    continue;
                }
                here[kind] = true;
            }
            found.push((owner, u16::try_from(index).unwrap_or(u16::MAX), reaction));
        }
        for kind in 0..taken.len() {
            taken[kind] |= here[kind];
        }
    }
    found
}

/// The triggers of which only the nearest level counts.
fn level_kind(trigger: &Trigger) -> Option<usize> {
    match trigger {
        Trigger::Quiet { .. } => Some(0),
        Trigger::Failed => Some(1),
        Trigger::Else { .. } => Some(2),
        Trigger::Button { .. }
        | Trigger::Row { .. }
        | Trigger::Pick { .. }
        | Trigger::Answer { .. }
        | Trigger::Fill { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::After { .. }
        | Trigger::Lost => None,
    }
}
