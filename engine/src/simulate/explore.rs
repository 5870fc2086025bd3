//! The shortest conversation for every transition that no test takes: breadth first, from every state, over everything
//! that can happen there.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use duka_dsl::ast::{Duration, Expr, Path, TestLine, TestLineKind, Unit};
use duka_dsl::{Name, Span, Spanned};
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::coverage::{Seen, Transition, describe, transitions};
use super::{Simulator, choices_of, recorded, test};
use crate::analysis::path::event_name;
use crate::graph::effective_reactions;
use crate::hir::{DestKind, Flow, FlowId, Shop, StepKind, Target, Trigger};
use crate::outbound::Outbound;
use crate::program::Program;
use crate::types::Type;

/// Steps from a starting state at the most.
const DEEPEST: usize = 4;

/// Conversations tried at the most; a large flow is then explored partly, and says so.
const MOST_TRIES: usize = 20_000;

/// A test that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTest {
    pub title: String,
    /// Lines of a conversation test, without the `test` line.
    pub lines: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Exploration {
    pub tests: Vec<FoundTest>,
    /// What no conversation within the bounds takes.
    pub unreached: Vec<Transition>,
    /// Conversations that were tried.
    pub tried: usize,
}

struct Node {
    simulator: Simulator,
    lines: Vec<TestLineKind>,
}

/// Finds tests for the transitions of the main flow that `seen` lacks.
pub fn explore(program: &Arc<Program>, fixture: &Json, seen: &Seen) -> Exploration {
    let shop = &program.shop;
    let mut found = Exploration::default();
    let Some(flow) = shop.flows.first() else { return found };
    let mut missing: BTreeSet<Transition> = transitions(FlowId(0), flow).into_iter().collect();
    missing.retain(|way| !seen.transitions.contains(way));
    let mut queue: VecDeque<Node> = VecDeque::new();
    let base = Simulator::new(Arc::clone(program), fixture);
    for root in roots(shop, flow) {
        let node = Node { simulator: base.clone(), lines: Vec::new() };
        if let Some(node) = advance(node, root, &mut missing, shop, &mut found) {
            queue.push_back(node);
        }
    }
    queue.push_back(Node { simulator: base, lines: Vec::new() });
    let mut known = BTreeSet::new();
    while let Some(node) = queue.pop_front() {
        if missing.is_empty() || found.tried >= MOST_TRIES {
            break;
        }
        if !known.insert(key(&node.simulator)) {
            continue;
        }
        for line in candidates(&node.simulator) {
            let next = Node { simulator: node.simulator.clone(), lines: node.lines.clone() };
            let next = advance(next, vec![line], &mut missing, shop, &mut found);
            if let Some(next) = next.filter(|next| next.lines.len() <= DEEPEST) {
                queue.push_back(next);
            }
        }
    }
    found.unreached = missing.into_iter().collect();
    found
}

/// Ways to begin: every state as it is, with each consent given, with each of its calls failing or finding nothing.
fn roots(shop: &Shop, flow: &Flow) -> Vec<Vec<TestLineKind>> {
    let expr = |source: String| Expr { source: source.into(), span: Span::default() };
    let mut roots = Vec::new();
    for state in &flow.states {
        let start = TestLineKind::StartAt(name(&state.name));
        roots.push(vec![start.clone()]);
        for consent in &shop.consents {
            let subject = expr(format!("consent.{}.given", consent.name));
            roots.push(vec![TestLineKind::GivenIs { subject, value: spanned("yes") }, start.clone()]);
        }
        let reactions = state.reactions.iter().flat_map(|reaction| &reaction.actions);
        for step in state.steps.iter().chain(reactions) {
            let StepKind::Call(call) = &step.kind else { continue };
            let Some(operation) = shop.operations.get(call.operation.index()) else { continue };
            let failing = TestLineKind::GivenFails { operation: expr(operation.path()), refusal: None };
            roots.push(vec![failing, start.clone()]);
            if matches!(operation.gives, Some(Type::List(_))) {
                let subject = expr(format!("{}()", operation.path()));
                roots.push(vec![TestLineKind::GivenIs { subject, value: spanned("[]") }, start.clone()]);
            }
        }
    }
    roots
}

/// Puts lines in; keeps the conversation as a test when it went a new way.
fn advance(
    mut node: Node,
    lines: Vec<TestLineKind>,
    missing: &mut BTreeSet<Transition>,
    shop: &Shop,
    found: &mut Exploration,
) -> Option<Node> {
    found.tried += 1;
    let before = node.simulator.traces.len();
    for kind in lines {
        let line = TestLine { kind, span: Span::default() };
        test::run_line(&mut node.simulator, &line).ok()?;
        node.lines.push(line.kind);
    }
    let mut seen = Seen::default();
    for trace in node.simulator.traces.get(before..).unwrap_or(&[]) {
        seen.add(shop, trace);
    }
    let new: Vec<Transition> = seen.transitions.intersection(missing).copied().collect();
    if let Some(first) = new.first() {
        let mut lines: Vec<String> = node.lines.iter().filter_map(text_of).collect();
        if let Some(words) = said(&node.simulator) {
            lines.push(format!("shop: {words}"));
        }
        let state = node.simulator.state_name();
        lines.push(format!("state: {}", state.rsplit('.').next().unwrap_or(&state)));
        found.tests.push(FoundTest { title: describe(shop, *first).to_string(), lines });
        missing.retain(|way| !new.contains(way));
    }
    Some(node)
}

/// The beginning of what was said last, without live values that change.
fn said(simulator: &Simulator) -> Option<String> {
    const MOST_LETTERS: usize = 40;
    let sent = simulator.said();
    let text = match sent.last()? {
        Outbound::Message(message) => &message.text,
        Outbound::Template(template) => &template.session.text,
    };
    let line = text.lines().next()?.trim();
    let shown = match line.char_indices().nth(MOST_LETTERS) {
        Some((cut, _)) => line[..cut].rsplit_once(' ').map_or(&line[..cut], |(whole_words, _)| whole_words),
        None => line,
    };
    (!shown.is_empty()).then(|| shown.to_string())
}

/// Conversations in the same place with the same outlook are explored once.
fn key(simulator: &Simulator) -> String {
    let session = &simulator.session;
    let places: Vec<(u16, u16)> = session.frames.iter().map(|frame| (frame.flow.0, frame.state.0)).collect();
    let known = session.frames.last().map(|frame| {
        frame.values.iter().map(|value| u8::from(*value != crate::value::Value::None)).collect::<Vec<_>>()
    });
    let stubs: Vec<&str> = simulator.world.stubs.iter().map(|stub| stub.operation.as_str()).collect();
    let sent = simulator.said();
    let templates: Vec<&str> = sent
        .iter()
        .filter_map(|sent| match sent {
            Outbound::Template(template) => Some(template.name.as_str()),
            Outbound::Message(_) => None,
        })
        .collect();
    format!(
        "{places:?} {known:?} {templates:?} {:?} {} {} {stubs:?}",
        session.consents,
        session.else_count,
        choices_of_last(simulator)
    )
}

fn choices_of_last(simulator: &Simulator) -> String {
    simulator.choices().into_iter().map(|(id, _)| id.choice.to_string()).collect::<Vec<_>>().join(",")
}

/// Everything that can happen now.
fn candidates(simulator: &Simulator) -> Vec<TestLineKind> {
    let mut lines = Vec::new();
    let mut picked = BTreeSet::new();
    for (id, _) in simulator.said().into_iter().flat_map(choices_of) {
        match id.item {
            Some(item) if picked.insert(id.choice.clone()) => lines.push(TestLineKind::Pick(spanned(item))),
            Some(_) => {}
            None => lines.push(TestLineKind::Tap(name(&id.choice))),
        }
    }
    let Some(frame) = simulator.session.frames.last() else {
        lines.push(TestLineKind::Customer(spanned("hi")));
        return lines;
    };
    let Some(flow) = simulator.program.shop.flows.get(frame.flow.index()) else { return lines };
    if let Some(form) = open_form(simulator) {
        lines.push(form);
    }
    for (_, _, reaction) in effective_reactions(flow, frame.state) {
        match &reaction.trigger {
            Trigger::Answer { into, range, .. } => {
                lines.extend(answers(simulator, flow, *into, range.is_some()));
            }
            Trigger::Hears { words } => {
                let phrase = flow.words.get(words.index()).and_then(|words| words.phrases.first()?.first());
                lines.extend(phrase.map(|phrase| TestLineKind::Customer(spanned(phrase))));
            }
            Trigger::On { event } => lines.push(event_line(simulator, &event_name(event))),
            Trigger::After { time } | Trigger::Quiet { time } => lines.push(wait(time.ms(flow))),
            Trigger::Else { times, .. } => {
                for _ in 0..times.unwrap_or(1).min(1) {
                    lines.push(TestLineKind::Customer(spanned("qwxz")));
                }
            }
            Trigger::Button { .. }
            | Trigger::Row { .. }
            | Trigger::Pick { .. }
            | Trigger::Fill { .. }
            | Trigger::Failed
            | Trigger::Lost => {}
        }
    }
    for template in &flow.templates {
        for button in
            template.buttons.iter().filter(|button| button.dest().is_some_and(|dest| dest.kind != DestKind::Broken))
        {
            lines.extend(button.choice().map(|button| TestLineKind::Tap(name(button))));
        }
    }
    for follow in &flow.follows {
        let events = follow.reactions.iter().filter_map(|reaction| match &reaction.trigger {
            Trigger::On { event } => Some(event_line(simulator, &event_name(event))),
            _ => None,
        });
        lines.extend(events);
    }
    lines
}

fn answers(simulator: &Simulator, flow: &Flow, into: Target, ranged: bool) -> Vec<TestLineKind> {
    let slot = match into {
        Target::Slot(slot) => flow.slots.get(slot.index()),
        Target::Customer(slot) => simulator.program.shop.customer_slots.get(slot.index()),
    };
    let sends = |kind: &str| vec![TestLineKind::CustomerSends { kind: name(kind), detail: None }];
    let says = |text: &str| vec![TestLineKind::Customer(spanned(text))];
    let mut lines = match slot.map(|slot| &slot.ty) {
        Some(Type::Number) => says("1"),
        Some(Type::YesNo) => says("yes"),
        Some(Type::Phone) => says("+254712345678"),
        Some(Type::Email) => says("amina@example.com"),
        Some(Type::Date) => says("2026-12-01"),
        Some(Type::Time) => says("14:30"),
        Some(Type::Image) => sends("photo"),
        Some(Type::Video) => sends("video"),
        Some(Type::Document) => sends("document"),
        Some(Type::Voice) => sends("voice"),
        Some(Type::Record(_)) => sends("location"),
        Some(Type::Enum(members)) => says(members.first().map_or("", SmolStr::as_str)),
        Some(_) | None => says("blue dress"),
    };
    if ranged {
        lines.extend(says("9999"));
    }
    lines
}

/// A form that was sent, filled with something that fits each field.
fn open_form(simulator: &Simulator) -> Option<TestLineKind> {
    let sent = simulator.said();
    let fields = sent.iter().rev().find_map(|sent| match sent {
        Outbound::Message(message) => message.choices.form().map(|(.., fields)| fields),
        Outbound::Template(_) => None,
    })?;
    let value = |kind: &str, options: &[SmolStr]| match (options.first(), kind) {
        (Some(option), _) => option.to_string(),
        (None, "number") => "1".to_string(),
        (None, "phone") => "+254712345678".to_string(),
        (None, "email") => "amina@example.com".to_string(),
        (None, "date") => "2026-12-01".to_string(),
        (None, _) => "Amina".to_string(),
    };
    let fields = fields.iter().map(|field| (name(&field.name), spanned(value(&field.kind, &field.options))));
    Some(TestLineKind::Fill(fields.collect()))
}

pub(super) fn event_line(simulator: &Simulator, event: &str) -> TestLineKind {
    if event == "cart.sent" {
        let sku = simulator.world.demo.first_sku().unwrap_or_default();
        return TestLineKind::CustomerSends { kind: name("cart"), detail: Some(spanned(&sku)) };
    }
    let segments = event.split('.').map(name).collect();
    TestLineKind::Event { name: Path { segments, span: Span::default() }, fields: Vec::new() }
}

fn wait(ms: i64) -> TestLineKind {
    let (amount, unit) = if ms % 3_600_000 == 0 { (ms / 3_600_000, Unit::Hour) } else { (ms / 60_000, Unit::Minute) };
    let amount = u32::try_from(amount).unwrap_or(u32::MAX);
    TestLineKind::Wait(Spanned::new(Duration { amount, unit }, Span::default()))
}

fn name(text: &str) -> Name {
    Spanned::new(SmolStr::new(text), Span::default())
}

fn spanned(text: impl AsRef<str>) -> Spanned<SmolStr> {
    Spanned::new(SmolStr::new(text.as_ref()), Span::default())
}

/// The line as it is written in a test file.
fn text_of(line: &TestLineKind) -> Option<String> {
    Some(match line {
        TestLineKind::StartAt(name) => format!("start at {}", name.as_str()),
        TestLineKind::GivenFails { operation, .. } => format!("given {} fails", operation.source),
        TestLineKind::GivenIs { subject, value } => format!("given {} is {}", subject.source, value.value),
        TestLineKind::Customer(text) => format!("customer: {}", text.value),
        TestLineKind::CustomerSends { kind, detail } => {
            let detail = detail.as_ref().map(|detail| format!(" {}", detail.value)).unwrap_or_default();
            format!("customer sends {}{detail}", kind.as_str())
        }
        TestLineKind::Tap(name) => format!("tap {}", name.as_str()),
        TestLineKind::Pick(key) => format!("pick {}", key.value),
        TestLineKind::Fill(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{} = {}", name.as_str(), value.value)).collect();
            format!("fill {}", fields.join("; "))
        }
        TestLineKind::Event { name, .. } => format!("event {name}"),
        TestLineKind::Wait(time) => format!("wait {}", time.value),
        TestLineKind::GivenShop(_)
        | TestLineKind::GivenTakes { .. }
        | TestLineKind::Redeliver
        | TestLineKind::Swap
        | TestLineKind::Shop(_)
        | TestLineKind::ShopExactly(_)
        | TestLineKind::ShopNothing
        | TestLineKind::Choices(_)
        | TestLineKind::Link(_)
        | TestLineKind::Template(_)
        | TestLineKind::State(_)
        | TestLineKind::Expect(_)
        | TestLineKind::Called { .. }
        | TestLineKind::NotCalled(_) => return None,
    })
}

/// What the explorer's tests look like in a file: one `test` block each.
pub fn as_test_file(found: &[FoundTest], flow: &str, fixture: Option<&str>) -> String {
    let mut text = format!("tests for {flow}\n");
    if let Some(fixture) = fixture {
        text.push_str(&format!("  given shop {fixture}\n"));
    }
    for test in found {
        text.push_str(&format!("\ntest {}\n", test.title));
        test.lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    text
}

/// The conversation so far as the lines of a test, for recording.
pub fn record(simulator: &Simulator) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in &simulator.log {
        match &entry.kind {
            super::LogKind::Input(line) => lines.push(line.clone()),
            super::LogKind::Sent(sent) => lines.extend(recorded::expected(sent)),
            super::LogKind::Called(request, true) => lines.push(format!("called: {}", request.name)),
            super::LogKind::Called(_, false) | super::LogKind::Other(_) => {}
        }
    }
    let state = simulator.state_name();
    lines.push(format!("state: {}", state.rsplit('.').next().unwrap_or(&state)));
    lines
}
