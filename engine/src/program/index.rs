//! What a step would otherwise have to search for: folded words, who reads the bag, where answers and orders are kept.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::hir::{
    Ambient, DestKind, Expr, ExprKind, Flow, FlowId, Guard, OperationId, OperationKind, Reaction, Segment, Shop, Shown,
    SlotId, SlotKind, State, StateId, StepKind, Target, TextId, TextPiece, Trigger,
};
use crate::matching::fold;
use crate::types::{RecordId, Type};

/// Names of word sets whose whole-message match comes before everything else in a text.
const RESERVED: [&str; 3] = ["stop", "menu", "human"];

/// The flow whose words withdraw consent.
const STOP_FLOW: &str = "std.stop";

#[derive(Debug)]
pub(crate) struct Index {
    pub flows: Vec<FlowIndex>,
    /// Folded words that withdraw consent, of all flows and languages.
    pub opt_out: Vec<String>,
    /// Folded words that only one language of the shop has, and it is not the first; with its place.
    telling: Vec<(String, usize)>,
    /// Some line quotes or marks what the customer wrote.
    pub answers: bool,
    /// `cart.current`, and how long a bag stays fresh.
    pub cart_current: Option<(OperationId, i64)>,
}

#[derive(Debug)]
pub(crate) struct FlowIndex {
    pub states: Vec<StateIndex>,
    /// By state: what its entry lines read that they do not fill themselves, optional places left out.
    needs: Vec<Vec<SlotId>>,
    /// By name and former name, for choices of other states.
    by_name: Vec<(SmolStr, StateId)>,
    /// By [`crate::hir::WordsId`].
    pub words: Vec<WordsIndex>,
    /// Slots that hold an order, and a payment.
    pub orders: Vec<SlotId>,
    pub payments: Vec<SlotId>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StateIndex {
    /// Its lines, or the texts of its choices, read the bag before a call of theirs brings it.
    pub reads_cart: bool,
    /// The same when only its queries are run.
    pub reads_cart_again: bool,
    /// Where `answers.STATE` is kept, if it is read at all.
    pub answer: Option<SlotId>,
}

#[derive(Debug)]
pub(crate) struct WordsIndex {
    /// Folded, by language.
    pub phrases: Vec<Vec<String>>,
    pub reserved: bool,
}

impl Index {
    pub fn new(shop: &Shop) -> Index {
        let cart = shop.operations.iter().position(|known| known.contract == "cart" && known.name == "current");
        let cart_current = cart.and_then(|at| {
            let fresh_for_ms = shop.operations.get(at).map_or(0, |known| known.fresh_for_ms);
            Some((OperationId(u16::try_from(at).ok()?), fresh_for_ms))
        });
        Index {
            flows: shop.flows.iter().map(|flow| FlowIndex::new(shop, flow)).collect(),
            opt_out: opt_out(shop),
            answers: answers(shop),
            telling: telling(shop),
            cart_current,
        }
    }

    /// The language of a customer who says this word, if only one has it.
    pub fn language_of(&self, folded: &str) -> Option<usize> {
        let at = self.telling.binary_search_by(|(word, _)| word.as_str().cmp(folded)).ok()?;
        self.telling.get(at).map(|(_, language)| *language)
    }

    pub fn flow(&self, flow: FlowId) -> Option<&FlowIndex> {
        self.flows.get(flow.index())
    }

    pub fn state(&self, flow: FlowId, state: StateId) -> StateIndex {
        let found = self.flow(flow).and_then(|flow| flow.states.get(state.index()));
        found.copied().unwrap_or_default()
    }
}

/// Whether some line needs to know the message that it answers.
fn answers(shop: &Shop) -> bool {
    let needs = |step: &crate::hir::Step| {
        matches!(step.kind, StepKind::Say { quotes: true, .. } | StepKind::Show(Shown::Emoji(_)))
    };
    shop.flows.iter().any(|flow| crate::walk::lines(flow).iter().any(|list| list.steps.iter().any(needs)))
}

impl FlowIndex {
    fn new(shop: &Shop, flow: &Flow) -> FlowIndex {
        let read: Vec<StateReader<'_>> = flow.states.iter().map(|state| StateReader::read(shop, flow, state)).collect();
        let mut states: Vec<StateIndex> = read.iter().map(StateReader::index).collect();
        for (at, slot) in flow.slots.iter().enumerate() {
            let (SlotKind::Answer(state), Ok(at)) = (slot.kind, u16::try_from(at)) else { continue };
            if let Some(state) = states.get_mut(state.index()) {
                state.answer = Some(SlotId(at));
            }
        }
        let mut by_name: Vec<(SmolStr, StateId)> = Vec::with_capacity(flow.states.len());
        for (at, state) in flow.states.iter().enumerate() {
            let Ok(at) = u16::try_from(at) else { break };
            let names = std::iter::once(&state.name).chain(&state.was);
            by_name.extend(names.map(|name| (name.clone(), StateId(at))));
        }
        by_name.sort();
        let folded = |phrases: &Vec<SmolStr>| phrases.iter().map(|phrase| fold(phrase)).collect();
        let words = flow.words.iter().map(|words| WordsIndex {
            phrases: words.phrases.iter().map(folded).collect(),
            reserved: RESERVED.contains(&words.name.as_str()),
        });
        FlowIndex {
            states,
            needs: read.into_iter().map(|read| read.needs).collect(),
            by_name,
            words: words.collect(),
            orders: slots_of(flow, shop.known_records.order),
            payments: slots_of(flow, shop.known_records.payment),
        }
    }

    pub fn needs(&self, state: StateId) -> &[SlotId] {
        self.needs.get(state.index()).map_or(&[], Vec::as_slice)
    }

    pub fn state_named(&self, name: &str) -> Option<StateId> {
        let at = self.by_name.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.by_name.get(at).map(|(_, state)| *state)
    }
}

/// The places of a flow that keep such a record; what an `each` or `pick` line walks over is not one.
fn slots_of(flow: &Flow, record: Option<RecordId>) -> Vec<SlotId> {
    let Some(record) = record else { return Vec::new() };
    let kept = flow.slots.iter().enumerate().filter(|(_, slot)| {
        slot.ty == Type::Record(record)
            && matches!(slot.kind, SlotKind::Remembered | SlotKind::Local(_) | SlotKind::Followed)
    });
    kept.filter_map(|(at, _)| u16::try_from(at).ok().map(SlotId)).collect()
}

/// Words of sets called `stop`, and of those that lead to the standard flow of that name.
fn opt_out(shop: &Shop) -> Vec<String> {
    let is_stop = |flow: FlowId| shop.flows.get(flow.index()).is_some_and(|flow| flow.path == STOP_FLOW);
    let mut words = Vec::new();
    for flow in &shop.flows {
        let states = flow.states.iter().flat_map(|state| &state.reactions);
        let groups = flow.groups.iter().flat_map(|group| &group.reactions);
        let leads_there = flow.anywhere.iter().chain(states).chain(groups).filter_map(|reaction| {
            let Trigger::Hears { words } = reaction.trigger else { return None };
            match reaction.dest()?.kind {
                DestKind::Visit { flow, .. } | DestKind::Flow(flow) => is_stop(flow).then_some(words.index()),
                DestKind::State(_)
                | DestKind::End
                | DestKind::Again
                | DestKind::Back
                | DestKind::Return
                | DestKind::Broken => None,
            }
        });
        let leads_there: Vec<usize> = leads_there.collect();
        let stopping = flow.words.iter().enumerate();
        let stopping = stopping.filter(|(at, set)| set.name == "stop" || leads_there.contains(at));
        words.extend(stopping.flat_map(|(_, set)| set.phrases.iter().flatten()).map(|phrase| fold(phrase)));
    }
    words.sort();
    words.dedup();
    words
}

/// Words of sets that tell a language: those that one alone has. The first language is taken for granted.
fn telling(shop: &Shop) -> Vec<(String, usize)> {
    let mut known: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for set in shop.flows.iter().flat_map(|flow| &flow.words) {
        for (language, phrases) in set.phrases.iter().enumerate() {
            for phrase in phrases.iter().map(|phrase| fold(phrase)) {
                let of = known.entry(phrase).or_insert(Some(language));
                *of = of.filter(|of| *of == language);
            }
        }
    }
    known.into_iter().filter_map(|(word, language)| Some((word, language.filter(|language| *language > 0)?))).collect()
}

/// What a state evaluates before it waits.
struct StateReader<'a> {
    shop: &'a Shop,
    flow: &'a Flow,
    reads_cart: bool,
    reads_cart_again: bool,
    /// Whether a call above has brought the bag, and whether a query has.
    brought: bool,
    brought_again: bool,
    needs: Vec<SlotId>,
    /// Filled by the state's own lines so far.
    filled: Vec<SlotId>,
}

impl<'a> StateReader<'a> {
    fn read(shop: &'a Shop, flow: &'a Flow, state: &'a State) -> StateReader<'a> {
        let mut reader = StateReader {
            shop,
            flow,
            reads_cart: false,
            reads_cart_again: false,
            brought: false,
            brought_again: false,
            needs: Vec::new(),
            filled: Vec::new(),
        };
        state.steps.iter().for_each(|step| reader.step(&step.kind));
        state.reactions.iter().for_each(|reaction| reader.choice(reaction));
        reader
    }

    fn index(&self) -> StateIndex {
        StateIndex { reads_cart: self.reads_cart, reads_cart_again: self.reads_cart_again, answer: None }
    }

    fn calls(&mut self, operation: OperationId) {
        let Some(operation) = self.shop.operations.get(operation.index()) else { return };
        let cart = self.shop.known_records.cart.map(Type::Record);
        let brings = cart.is_some() && operation.gives == cart;
        self.brought |= brings;
        self.brought_again |= brings && operation.kind == OperationKind::Query;
    }

    fn fill(&mut self, target: Target) {
        if let Target::Slot(slot) = target {
            self.filled.push(slot);
        }
    }

    fn slot(&mut self, slot: SlotId) {
        let optional = self.flow.slots.get(slot.index()).is_none_or(|slot| slot.optional);
        if !optional && !self.filled.contains(&slot) && !self.needs.contains(&slot) {
            self.needs.push(slot);
        }
    }

    fn step(&mut self, step: &StepKind) {
        match step {
            StepKind::Say { text, guard, .. } | StepKind::Ask { text, guard } => {
                self.text(*text);
                self.guard(guard.as_ref());
            }
            StepKind::Media { guard, source, .. } => {
                self.segments(source);
                self.guard(guard.as_ref());
            }
            StepKind::List { label: text, .. } | StepKind::Footer { text } | StepKind::Alert { text } => {
                self.text(*text)
            }
            StepKind::Show(Shown::Emoji(sign)) => self.segments(sign),
            StepKind::Show(shown) => shown.value().into_iter().for_each(|value| self.expr(value)),
            StepKind::Link { guard, title, url, .. } => {
                self.text(*title);
                self.segments(url);
                self.guard(guard.as_ref());
            }
            StepKind::Call(call) => {
                call.arguments.iter().for_each(|argument| self.expr(argument));
                call.into.iter().for_each(|into| self.fill(*into));
                self.calls(call.operation);
            }
            StepKind::Consent { .. } => {}
            StepKind::Set { slot, value } => {
                self.expr(value);
                self.fill(*slot);
            }
            StepKind::Send { template, .. } => {
                let flow = self.flow;
                if let Some(template) = flow.templates.get(template.index()) {
                    self.text(template.body);
                }
            }
            StepKind::Jump { guard, .. } => guard.iter().for_each(|guard| self.expr(guard)),
        }
    }

    fn choice(&mut self, reaction: &Reaction) {
        match &reaction.trigger {
            Trigger::Button { title, .. } => self.text(*title),
            Trigger::Row { title, note, .. } => {
                self.text(*title);
                note.iter().for_each(|note| self.text(*note));
            }
            Trigger::Pick { into, list, title, note, .. } => {
                self.expr(list);
                self.fill(*into);
                self.text(*title);
                note.iter().for_each(|note| self.text(*note));
            }
            Trigger::Answer { .. }
            | Trigger::Fill { .. }
            | Trigger::Hears { .. }
            | Trigger::On { .. }
            | Trigger::After { .. }
            | Trigger::Quiet { .. }
            | Trigger::Else { .. }
            | Trigger::Failed
            | Trigger::Lost => return,
        }
        reaction.guard.iter().for_each(|guard| self.expr(guard));
    }

    fn guard(&mut self, guard: Option<&Guard>) {
        match guard {
            Some(Guard::If(expr)) => self.expr(expr),
            Some(Guard::Else) | None => {}
        }
    }

    fn text(&mut self, text: TextId) {
        let flow = self.flow;
        let blocks = flow.texts.get(text.index()).into_iter().flat_map(|text| text.languages.iter().flatten());
        for piece in blocks.flat_map(|block| &block.pieces) {
            match piece {
                TextPiece::Line(line) => self.segments(line),
                TextPiece::Each { item, list, line } => {
                    self.expr(list);
                    self.filled.push(*item);
                    self.segments(line);
                }
            }
        }
    }

    fn segments(&mut self, segments: &[Segment]) {
        for segment in segments {
            match segment {
                Segment::Value { value: expr, .. } | Segment::Phrase { argument: expr, .. } => self.expr(expr),
                Segment::Literal(_) | Segment::Parameter => {}
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Ambient(Ambient::Cart) => {
                self.reads_cart |= !self.brought;
                self.reads_cart_again |= !self.brought_again;
            }
            ExprKind::Slot(slot) => self.slot(*slot),
            ExprKind::Ambient(_)
            | ExprKind::Constant(_)
            | ExprKind::Customer(_)
            | ExprKind::Rule(_)
            | ExprKind::Event(_)
            | ExprKind::Experiment(_)
            | ExprKind::Consent(..) => {}
            ExprKind::Field(inner, _)
            | ExprKind::Property(inner, _)
            | ExprKind::Not(inner)
            | ExprKind::Negate(inner) => self.expr(inner),
            ExprKind::And(left, right)
            | ExprKind::Or(left, right)
            | ExprKind::Compare(_, left, right)
            | ExprKind::Arithmetic(_, left, right)
            | ExprKind::In(left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Hook { arguments, .. } => arguments.iter().for_each(|argument| self.expr(argument)),
            ExprKind::Script { inputs, .. } => inputs.iter().for_each(|(_, input)| self.expr(input)),
        }
    }
}
