//! Going through a resolved flow: every list of lines, every expression, every text. Judges nothing.

use duka_dsl::Span;

use crate::hir::{
    Dest, DestKind, Expr, ExprKind, Flow, GroupId, Guard, Reaction, Segment, Shown, State, StateId, Step, StepKind,
    Target, TemplateId, TextBlock, TextId, TextPiece, Trigger,
};
use crate::session::{Cursor, LineList};

/// Where a list of lines stands in its flow; numbers are positions among the reactions of that place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Entry(StateId),
    State(StateId, usize),
    Group(GroupId, usize),
    Anywhere(usize),
    Follow(usize, usize),
    Template(TemplateId, usize),
}

impl Place {
    /// The state the lines belong to, if they belong to one.
    pub fn state(self) -> Option<StateId> {
        match self {
            Place::Entry(state) | Place::State(state, _) => Some(state),
            Place::Group(..) | Place::Anywhere(_) | Place::Follow(..) | Place::Template(..) => None,
        }
    }
}

/// A list of lines: the entry lines of a state, or the actions of a reaction.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    pub place: Place,
    pub reaction: Option<&'a Reaction>,
    pub steps: &'a [Step],
}

/// All lists of lines of a flow, in the order of the file's blocks.
pub fn lines(flow: &Flow) -> Vec<Lines<'_>> {
    let mut all = Vec::new();
    add_reactions(&mut all, &flow.anywhere, Place::Anywhere);
    for (index, group) in flow.groups.iter().enumerate() {
        add_reactions(&mut all, &group.reactions, |at| Place::Group(GroupId(small(index)), at));
    }
    for (index, state) in flow.states.iter().enumerate() {
        let id = StateId(small(index));
        all.push(Lines { place: Place::Entry(id), reaction: None, steps: &state.steps });
        add_reactions(&mut all, &state.reactions, |at| Place::State(id, at));
    }
    for (index, follow) in flow.follows.iter().enumerate() {
        add_reactions(&mut all, &follow.reactions, |at| Place::Follow(index, at));
    }
    for (index, template) in flow.templates.iter().enumerate() {
        add_reactions(&mut all, &template.buttons, |at| Place::Template(TemplateId(small(index)), at));
    }
    all
}

fn add_reactions<'a>(all: &mut Vec<Lines<'a>>, reactions: &'a [Reaction], place: impl Fn(usize) -> Place) {
    let lists = reactions.iter().enumerate();
    all.extend(lists.map(|(at, reaction)| Lines {
        place: place(at),
        reaction: Some(reaction),
        steps: &reaction.actions,
    }));
}

/// The reaction whose lines are `list`, while a conversation is in `state`; `None` for entry lines.
pub fn reaction_of<'a>(
    flow: &'a Flow,
    state: impl FnOnce() -> Option<&'a State>,
    list: LineList,
) -> Option<&'a Reaction> {
    match list {
        LineList::Entry => None,
        LineList::State(reaction) => state()?.reactions.get(usize::from(reaction)),
        LineList::Group(reaction) => flow.groups.get(state()?.group?.index())?.reactions.get(usize::from(reaction)),
        LineList::Anywhere { reaction } => flow.anywhere.get(usize::from(reaction)),
        LineList::Template { template, button } => {
            flow.templates.get(usize::from(template))?.buttons.get(usize::from(button))
        }
        LineList::Follow { follow, reaction } => {
            flow.follows.get(usize::from(follow))?.reactions.get(usize::from(reaction))
        }
    }
}

/// Where the condition that was asked at `at` is written: on an entry line, or in a reaction.
pub fn guard_span(flow: &Flow, state: StateId, at: Cursor) -> Option<Span> {
    let state = || flow.states.get(state.index());
    match reaction_of(flow, state, at.list) {
        Some(reaction) => Some(reaction.span),
        None => state()?.steps.get(usize::from(at.index)).map(|step| step.span),
    }
}

/// Where the line at `at` is written.
pub fn line_span(flow: &Flow, state: StateId, at: Cursor) -> Option<Span> {
    line_at(flow, state, at).map(|step| step.span)
}

/// The line at `at`, while a conversation is in `state`.
pub fn line_at(flow: &Flow, state: StateId, at: Cursor) -> Option<&Step> {
    let state = || flow.states.get(state.index());
    let steps = match at.list {
        LineList::Entry => &state()?.steps,
        list @ (LineList::State(_)
        | LineList::Group(_)
        | LineList::Anywhere { .. }
        | LineList::Template { .. }
        | LineList::Follow { .. }) => &reaction_of(flow, state, list)?.actions,
    };
    steps.get(usize::from(at.index))
}

/// A position as the 16 bits that ids have; the compiler refuses larger shops.
pub(crate) fn small(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// All reactions of a flow with their places.
pub fn reactions(flow: &Flow) -> impl Iterator<Item = (Place, &Reaction)> {
    lines(flow).into_iter().filter_map(|lines| lines.reaction.map(|reaction| (lines.place, reaction)))
}

/// Calls `visit` with the expression and each one inside it, outermost first.
pub fn inside<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Constant(_)
        | ExprKind::Slot(_)
        | ExprKind::Customer(_)
        | ExprKind::Rule(_)
        | ExprKind::Ambient(_)
        | ExprKind::Event(_)
        | ExprKind::Experiment(_)
        | ExprKind::Consent(..) => {}
        ExprKind::Field(inner, _) | ExprKind::Property(inner, _) | ExprKind::Not(inner) | ExprKind::Negate(inner) => {
            inside(inner, visit);
        }
        ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::Arithmetic(_, left, right)
        | ExprKind::In(left, right) => {
            inside(left, visit);
            inside(right, visit);
        }
        ExprKind::Hook { arguments, .. } => arguments.iter().for_each(|argument| inside(argument, visit)),
        ExprKind::Script { inputs, .. } => inputs.iter().for_each(|(_, input)| inside(input, visit)),
    }
}

/// The expressions in pieces of text.
pub fn in_segments<'a>(segments: &'a [Segment], visit: &mut dyn FnMut(&'a Expr)) {
    for segment in segments {
        match segment {
            Segment::Literal(_) | Segment::Parameter => {}
            Segment::Value { value, .. } => inside(value, visit),
            Segment::Phrase { argument, .. } => inside(argument, visit),
        }
    }
}

/// The expressions of a text, in all its lines.
pub fn in_block<'a>(block: &'a TextBlock, visit: &mut dyn FnMut(&'a Expr)) {
    for piece in &block.pieces {
        match piece {
            TextPiece::Line(segments) => in_segments(segments, visit),
            TextPiece::Each { list, line, .. } => {
                inside(list, visit);
                in_segments(line, visit);
            }
        }
    }
}

/// The expressions of a text in the first language.
pub fn in_text<'a>(flow: &'a Flow, text: TextId, visit: &mut dyn FnMut(&'a Expr)) {
    if let Some(block) = source(flow, text) {
        in_block(block, visit);
    }
}

/// A text in the first language.
pub fn source(flow: &Flow, text: TextId) -> Option<&TextBlock> {
    flow.texts.get(text.index())?.languages.first()?.as_ref()
}

fn in_guard<'a>(guard: &'a Option<Guard>, visit: &mut dyn FnMut(&'a Expr)) {
    match guard {
        Some(Guard::If(expr)) => inside(expr, visit),
        Some(Guard::Else) | None => {}
    }
}

/// The expressions a line uses, those in its text included.
pub fn in_step<'a>(flow: &'a Flow, step: &'a Step, visit: &mut dyn FnMut(&'a Expr)) {
    match &step.kind {
        StepKind::Say { text, guard, .. } | StepKind::Ask { text, guard } => {
            in_guard(guard, visit);
            in_text(flow, *text, visit);
        }
        StepKind::Media { guard, source, .. } => {
            in_guard(guard, visit);
            in_segments(source, visit);
        }
        StepKind::List { label: text, .. } | StepKind::Footer { text } | StepKind::Alert { text } => {
            in_text(flow, *text, visit);
        }
        StepKind::Show(shown) => {
            shown.value().into_iter().for_each(|value| inside(value, visit));
            if let Shown::Emoji(sign) = shown {
                in_segments(sign, visit);
            }
        }
        StepKind::Link { guard, title, url, .. } => {
            in_guard(guard, visit);
            in_text(flow, *title, visit);
            in_segments(url, visit);
        }
        StepKind::Call(call) => call.arguments.iter().for_each(|argument| inside(argument, visit)),
        StepKind::Consent { .. } | StepKind::Send { .. } => {}
        StepKind::Set { value, .. } => inside(value, visit),
        StepKind::Jump { guard, .. } => guard.iter().for_each(|guard| inside(guard, visit)),
    }
}

/// The expressions of a reaction itself (guard, titles, range, list), without its actions.
pub fn in_trigger<'a>(flow: &'a Flow, reaction: &'a Reaction, visit: &mut dyn FnMut(&'a Expr)) {
    reaction.guard.iter().for_each(|guard| inside(guard, visit));
    if let Some(section) = reaction.section {
        in_text(flow, section, visit);
    }
    match &reaction.trigger {
        Trigger::Button { title, .. } => in_text(flow, *title, visit),
        Trigger::Row { title, note, .. } => {
            in_text(flow, *title, visit);
            note.iter().for_each(|note| in_text(flow, *note, visit));
        }
        Trigger::Pick { list, title, note, .. } => {
            inside(list, visit);
            in_text(flow, *title, visit);
            note.iter().for_each(|note| in_text(flow, *note, visit));
        }
        Trigger::Answer { range, .. } => {
            if let Some((from, to)) = range {
                inside(from, visit);
                inside(to, visit);
            }
        }
        Trigger::Else { text, .. } => text.iter().for_each(|text| in_text(flow, *text, visit)),
        Trigger::Fill { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::After { .. }
        | Trigger::Quiet { .. }
        | Trigger::Failed
        | Trigger::Lost => {}
    }
}

/// Every expression of a flow, those of templates included.
pub fn expressions<'a>(flow: &'a Flow, visit: &mut dyn FnMut(&'a Expr)) {
    for list in lines(flow) {
        if let Some(reaction) = list.reaction {
            in_trigger(flow, reaction, visit);
        }
        list.steps.iter().for_each(|step| in_step(flow, step, visit));
    }
    for template in &flow.templates {
        in_text(flow, template.body, visit);
        template.footer.iter().for_each(|footer| in_text(flow, *footer, visit));
        template.image.iter().for_each(|image| in_segments(image, visit));
        for link in &template.links {
            in_text(flow, link.title, visit);
            in_segments(&link.url, visit);
        }
    }
}

/// Whether the conversation stays in the state until something happens: no line always leads on.
pub fn waits(state: &State) -> bool {
    exit(&state.steps).is_none()
}

/// The position of the first line that always leads on, if there is one.
pub fn exit(steps: &[Step]) -> Option<usize> {
    steps.iter().position(|step| matches!(&step.kind, StepKind::Jump { guard: None, dest } if leads_on(dest)))
}

/// Whether an arrow leaves its lines for good: a visit comes back.
pub fn leads_on(dest: &Dest) -> bool {
    match dest.kind {
        DestKind::State(_)
        | DestKind::Flow(_)
        | DestKind::End
        | DestKind::Again
        | DestKind::Back
        | DestKind::Return
        | DestKind::Broken => true,
        DestKind::Visit { .. } => false,
    }
}

/// Whether a line puts words or a picture in front of the customer.
pub fn speaks(step: &Step) -> bool {
    match &step.kind {
        StepKind::Say { .. }
        | StepKind::Ask { .. }
        | StepKind::Show(_)
        | StepKind::Link { .. }
        | StepKind::Send { .. }
        | StepKind::Media { .. } => true,
        StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Alert { .. }
        | StepKind::Call(_)
        | StepKind::Consent { .. }
        | StepKind::Set { .. }
        | StepKind::Jump { .. } => false,
    }
}

/// What a line puts somewhere: the place, and the value when the line itself says it.
pub fn assigned(step: &Step) -> Option<(Target, Option<&Expr>)> {
    match &step.kind {
        StepKind::Set { slot, value } => Some((*slot, Some(value))),
        StepKind::Call(call) => call.into.map(|into| (into, None)),
        StepKind::Jump { dest, .. } => match &dest.kind {
            DestKind::Visit { into, .. } => into.map(|into| (into, None)),
            DestKind::State(_)
            | DestKind::Flow(_)
            | DestKind::End
            | DestKind::Again
            | DestKind::Back
            | DestKind::Return
            | DestKind::Broken => None,
        },
        StepKind::Say { .. }
        | StepKind::Ask { .. }
        | StepKind::Media { .. }
        | StepKind::List { .. }
        | StepKind::Footer { .. }
        | StepKind::Show(_)
        | StepKind::Alert { .. }
        | StepKind::Link { .. }
        | StepKind::Consent { .. }
        | StepKind::Send { .. } => None,
    }
}

/// What a reaction itself puts somewhere: the answer, the picked item, the form.
pub fn answered(reaction: &Reaction) -> Option<Target> {
    match &reaction.trigger {
        Trigger::Pick { into, .. } | Trigger::Answer { into, .. } => Some(*into),
        Trigger::Fill { into, .. } => *into,
        Trigger::Button { .. }
        | Trigger::Row { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::After { .. }
        | Trigger::Quiet { .. }
        | Trigger::Else { .. }
        | Trigger::Failed
        | Trigger::Lost => None,
    }
}

/// The arrow of a line that is one.
pub fn jump(step: &Step) -> Option<&Dest> {
    if let StepKind::Jump { dest, .. } = &step.kind { Some(dest) } else { None }
}

/// The words of a `say` or `ask`.
pub fn said(step: &Step) -> Option<TextId> {
    if let StepKind::Say { text, .. } | StepKind::Ask { text, .. } = &step.kind { Some(*text) } else { None }
}
