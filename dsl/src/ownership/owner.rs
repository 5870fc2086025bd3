//! The pass itself: one line after the other goes to the open block, and there to the open reaction.

use std::sync::Arc;

use super::MAX_LINES;
use super::kinds::{Role, role};
use super::parts::{add_piece, join, leaves, reaction, step_kind};
use super::places::{self, At};
use crate::ast::{
    Consent, Experiment, Field, FlowFile, Follow, FormBlock, Group, Line, LineKind, Phrase, Reaction, State, Step,
    StepKind, Template, Text, TextPiece, WordSet,
};
use crate::diagnostic::Diagnostic;
use crate::span::{Name, Span, Spanned};

/// After so many findings the order of a file's lines is not told any further.
const MAX_FINDINGS: usize = 500;

#[derive(Default)]
pub(super) struct Owner {
    pub(super) flow: FlowFile,
    pub(super) diagnostics: Vec<Diagnostic>,
    at: At,
    group: Option<usize>,
    open: Open,
    section: Option<Arc<Text>>,
    indents: Indents,
    /// The `say` or `ask` above, when it has no words of its own.
    wordless: Option<(&'static str, Span)>,
}

/// What the next step or `|` line can go on with.
#[derive(Default)]
struct Open {
    /// A reaction was read in this block: steps belong to it, or come too late.
    reacting: bool,
    /// The reaction takes more lines: it has no arrow yet.
    reaction: bool,
    /// A step came too late since the last reaction; those below it are the same finding.
    late: bool,
    /// The reaction, or the whole block, could not be read: what belongs to it is left out.
    lost: bool,
    text: OpenText,
}

/// The text that a `|` line continues.
#[derive(Clone, Copy, Default, PartialEq)]
enum OpenText {
    #[default]
    None,
    /// The last step of the state.
    Entry,
    /// The last step of the last reaction.
    Action,
    /// The body of the template.
    Body,
    /// A text that is not kept.
    Lost,
}

/// The author's indentation in the open block.
#[derive(Default)]
struct Indents {
    /// Of the first reaction.
    first_reaction: Option<u32>,
    /// Of the open reaction.
    reaction: Option<u32>,
}

impl Owner {
    pub(super) fn take(&mut self, line: &Line) {
        let role = role(&line.kind);
        if role != Role::More && role != Role::Broken {
            self.finish();
        }
        self.wordless = match &line.kind {
            LineKind::Say { text: None, .. } => Some(("say", line.span)),
            LineKind::Reply { text: None, .. } => Some(("reply", line.span)),
            LineKind::Ask { text: None, .. } => Some(("ask", line.span)),
            _ => None,
        };
        match role {
            Role::Header => self.header(line),
            Role::Opener => self.opener(line),
            Role::Item => self.item(line),
            Role::Step => self.step(line),
            Role::Section => self.section(line),
            Role::More => self.more(line),
            Role::Reaction => self.reaction(line),
            Role::Broken => self.broken(line),
        }
        if role != Role::More && role != Role::Step && !matches!(line.kind, LineKind::Body(_)) {
            self.open.text = if role == Role::Broken { OpenText::Lost } else { OpenText::None };
        }
        if self.at == At::State && role != Role::Header {
            self.extend_state(line);
        }
        if self.at == At::Template
            && let Some(template) = self.flow.templates.last_mut()
        {
            template.span = template.span.to(line.span);
        }
    }

    /// What can only be said once the next line, or none, has come.
    pub(super) fn finish(&mut self) {
        if let Some((word, span)) = self.wordless.take() {
            self.tell(Diagnostic::new(22, span, format!("This `{word}` line is not complete.")).help(format!(
                "Write the words after the colon, or in lines below that start with `|`: `{word}: Hello!`."
            )));
        }
    }

    /// Keeps a finding, unless there are so many that the file is hardly a flow.
    fn tell(&mut self, finding: Diagnostic) {
        if self.diagnostics.len() < MAX_FINDINGS {
            self.diagnostics.push(finding);
        }
    }

    fn extend_state(&mut self, line: &Line) {
        if let Some(state) = self.flow.states.last_mut() {
            state.span = state.span.to(line.span);
            state.line_count += 1;
        }
    }

    fn header(&mut self, line: &Line) {
        if self.at != At::Header {
            self.tell(places::not_here(line, self.at));
        }
        let flow = &mut self.flow;
        let again = match &line.kind {
            LineKind::Duka(version) => flow.version.replace(version.clone()).map(|old| old.span),
            LineKind::Flow(name) => flow.name.replace(name.clone()).map(|old| old.span),
            LineKind::Start(name) => flow.start.replace(name.clone()).map(|old| old.span),
            LineKind::Currency(name) => flow.currency.replace(name.clone()).map(|old| old.span),
            LineKind::Timezone(name) => flow.timezone.replace(name.clone()).map(|old| old.span),
            LineKind::Gives(name) => flow.gives.replace(name.clone()).map(|old| old.span),
            LineKind::Languages(names) => {
                let first = flow.languages.first().map(|name| name.span);
                flow.languages.extend(names.iter().cloned());
                first
            }
            LineKind::Takes(name, ty) => {
                flow.takes.push((name.clone(), ty.clone()));
                None
            }
            LineKind::Use(path) => {
                flow.uses.push(path.clone());
                None
            }
            _ => None,
        };
        if let Some(first) = again {
            self.tell(places::twice(line, first));
        }
    }

    fn opener(&mut self, line: &Line) {
        self.open = Open::default();
        self.section = None;
        self.indents = Indents::default();
        let flow = &mut self.flow;
        self.at = match &line.kind {
            LineKind::Rules => At::Rules,
            LineKind::Remember { customer } => At::Remember { customer: *customer },
            LineKind::Words => At::Words,
            LineKind::Consent { name, purpose } => {
                flow.consents.push(Consent { name: name.clone(), purpose: purpose.clone() });
                At::Consent
            }
            LineKind::Experiment { name, arms } => {
                flow.experiments.push(Experiment { name: name.clone(), arms: arms.clone() });
                At::Experiment
            }
            LineKind::Phrase { name, parameter } => {
                let (name, parameter) = (name.clone(), parameter.clone());
                flow.phrases.push(Phrase { name, parameter, forms: Vec::new() });
                At::Phrase
            }
            LineKind::Form(name) => {
                flow.forms.push(FormBlock { name: name.clone(), title: None, fields: Vec::new(), submit: None });
                At::Form
            }
            LineKind::Anywhere => {
                flow.anywhere_span.get_or_insert(line.span);
                At::Anywhere
            }
            LineKind::Group(name) if name.as_str() == "none" => {
                self.group = None;
                At::NoGroup
            }
            LineKind::Group(name) => {
                self.group = Some(flow.groups.len());
                flow.groups.push(Group { name: name.clone(), reactions: Vec::new() });
                At::Group
            }
            LineKind::Follow(name) => {
                flow.follows.push(Follow { name: name.clone(), reactions: Vec::new() });
                At::Follow
            }
            LineKind::State { name, was } => {
                self.state(line, name.clone(), was.clone(), false);
                At::State
            }
            LineKind::Template { name, category, about } => {
                flow.templates.push(Template {
                    name: name.clone(),
                    category: *category,
                    about: about.clone(),
                    image: None,
                    body: None,
                    footer: None,
                    samples: Vec::new(),
                    buttons: Vec::new(),
                    links: Vec::new(),
                    span: line.span,
                });
                At::Template
            }
            _ => self.at,
        };
    }

    fn state(&mut self, line: &Line, name: Name, was: Vec<Name>, broken: bool) {
        self.flow.states.push(State {
            name,
            was,
            group: self.group,
            steps: Vec::new(),
            reactions: Vec::new(),
            span: line.span,
            line_count: 0,
            broken,
        });
    }

    fn item(&mut self, line: &Line) {
        if self.open.lost {
            return;
        }
        if !self.at.takes_item(&line.kind) {
            self.tell(places::not_here(line, self.at));
            return;
        }
        let flow = &mut self.flow;
        match &line.kind {
            LineKind::Rule { name, value } => flow.rules.push((name.clone(), value.clone())),
            LineKind::Memory(memory) if self.at == (At::Remember { customer: true }) => {
                flow.remember_customer.push(memory.clone());
            }
            LineKind::Memory(memory) => flow.remember.push(memory.clone()),
            LineKind::WordSet { name, phrases } => {
                flow.words.push(WordSet { name: name.clone(), phrases: phrases.clone() });
            }
            LineKind::PhraseForm { plural, text } => {
                if let Some(phrase) = flow.phrases.last_mut() {
                    phrase.forms.push((plural.clone(), text.clone()));
                }
            }
            LineKind::Field { name, ty, optional, label } => {
                if let Some(form) = flow.forms.last_mut() {
                    let (name, ty, label) = (name.clone(), ty.clone(), label.clone());
                    form.fields.push(Field { name, ty, optional: *optional, label });
                }
            }
            LineKind::Title(text) => {
                self.once(line, |owner| owner.flow.forms.last_mut().map(|form| &mut form.title), text)
            }
            LineKind::Submit(text) => {
                self.once(line, |owner| owner.flow.forms.last_mut().map(|form| &mut form.submit), text);
            }
            LineKind::Body(text) => {
                self.once(line, |owner| owner.flow.templates.last_mut().map(|template| &mut template.body), text);
                self.open.text = OpenText::Body;
            }
            LineKind::Sample { path, text } => {
                if let Some(template) = flow.templates.last_mut() {
                    template.samples.push((path.clone(), text.clone()));
                }
            }
            _ => {}
        }
    }

    /// Keeps a text that a block has once.
    fn once(&mut self, line: &Line, slot: impl FnOnce(&mut Owner) -> Option<&mut Option<Text>>, text: &Text) {
        let before = slot(self).and_then(|slot| slot.replace(text.clone()));
        if let Some(before) = before {
            self.tell(places::twice(line, before.span));
        }
    }

    fn step(&mut self, line: &Line) {
        self.open.text = OpenText::Lost;
        if self.open.lost {
            return;
        }
        if self.at == At::Template {
            self.template_step(line);
            return;
        }
        let Some(kind) = step_kind(&line.kind) else { return };
        let step = Step { kind, span: line.span };
        if self.open.reaction {
            if places::is_display(&line.kind) {
                self.tell(places::too_late(line));
                return;
            }
            if let Some(drawn) = self.indents.step(line) {
                self.tell(drawn);
            }
            self.open.reaction = !leaves(&step.kind);
            let actions = self.reactions().and_then(|reactions| reactions.last_mut()).map(|it| &mut it.actions);
            if actions.is_some_and(|actions| add(actions, step)) {
                self.open.text = OpenText::Action;
            }
            return;
        }
        if self.at != At::State {
            self.tell(places::not_here(line, self.at));
            return;
        }
        if self.open.reacting {
            if !std::mem::replace(&mut self.open.late, true) {
                self.tell(places::too_late(line));
            }
            // Its names are known all the same, so that one line out of order stays one finding.
            if matches!(step.kind, StepKind::Jump(_) | StepKind::If { .. }) {
                return;
            }
        }
        if self.flow.states.last_mut().is_some_and(|state| add(&mut state.steps, step)) {
            self.open.text = OpenText::Entry;
        }
    }

    fn template_step(&mut self, line: &Line) {
        let Some(template) = self.flow.templates.last_mut() else { return };
        let before = match &line.kind {
            LineKind::Media { kind: crate::ast::MediaKind::Image, guard: None, source } => {
                template.image.replace(source.clone())
            }
            LineKind::Footer(text) => template.footer.replace(text.clone()),
            LineKind::Link { .. } => {
                template.links.extend(step_kind(&line.kind).map(|kind| Step { kind, span: line.span }));
                None
            }
            // `set` and arrows under a button of the template belong to it.
            kind if self.open.reaction && !places::is_display(kind) => {
                if let Some(button) = template.buttons.last_mut() {
                    let step = step_kind(kind).map(|kind| Step { kind, span: line.span });
                    self.open.reaction = !step.as_ref().is_some_and(|step| leaves(&step.kind));
                    button.actions.extend(step);
                }
                None
            }
            _ => {
                self.tell(places::not_here(line, self.at));
                None
            }
        };
        if let Some(before) = before {
            self.tell(places::twice(line, before.span));
        }
    }

    fn section(&mut self, line: &Line) {
        if self.open.lost && !self.open.reacting {
            return;
        }
        let LineKind::Section(text) = &line.kind else { return };
        if self.at != At::State {
            self.tell(places::not_here(line, self.at));
            return;
        }
        self.section = Some(Arc::new(text.clone()));
        self.open.reaction = false;
    }

    fn more(&mut self, line: &Line) {
        let piece = match &line.kind {
            LineKind::More(text) => TextPiece::Line(text.clone()),
            LineKind::Each { item, list, text } => {
                TextPiece::Each { item: item.clone(), list: list.clone(), text: text.clone() }
            }
            _ => return,
        };
        let taken = match self.open.text {
            OpenText::Lost => true,
            OpenText::None => false,
            OpenText::Entry | OpenText::Action => self.last_step().is_some_and(|step| add_piece(step, piece)),
            OpenText::Body => match (piece, self.flow.templates.last_mut().and_then(|template| template.body.as_mut()))
            {
                (TextPiece::Line(text), Some(body)) => {
                    join(body, &text);
                    true
                }
                _ => false,
            },
        };
        if !taken && !self.open.lost {
            self.tell(places::continues_nothing(line));
            self.open.text = OpenText::Lost;
        }
    }

    fn reaction(&mut self, line: &Line) {
        if self.open.lost && !self.open.reacting {
            return;
        }
        let section = match &line.kind {
            LineKind::Row { .. } | LineKind::Pick { .. } => self.section.clone(),
            _ => None,
        };
        let Some(reaction) = reaction(line, section) else { return };
        if !self.at.takes_reaction(&line.kind) {
            self.tell(places::not_here(line, self.at));
            // What is written under it belongs to it, and nowhere else.
            let lost = !reaction.inline_dest;
            self.open = Open { reacting: true, lost, ..Open::default() };
            return;
        }
        if let Some(drawn) = self.indents.reaction(line, self.open.reaction) {
            self.tell(drawn);
        }
        self.open = Open { reacting: true, reaction: !reaction.inline_dest, ..Open::default() };
        self.open.lost = !self.reactions().is_some_and(|reactions| add(reactions, reaction));
    }

    fn broken(&mut self, line: &Line) {
        self.flow.broken.push(line.span);
        let LineKind::Broken(text) = &line.kind else { return };
        match places::Meant::of(text) {
            places::Meant::State(name) => {
                self.opener_lost(At::State);
                let name = Spanned::new(name.into(), line.span);
                self.state(line, name, Vec::new(), true);
                self.open.lost = false;
            }
            places::Meant::Opener(at) => self.opener_lost(at),
            places::Meant::Reaction { arrow } => {
                self.open = Open { reacting: true, lost: !arrow, ..Open::default() };
            }
            places::Meant::Other => {}
        }
        if self.at == At::State
            && let Some(state) = self.flow.states.last_mut()
        {
            state.broken = true;
        }
    }

    /// The header of a block could not be read: its lines are passed over.
    fn opener_lost(&mut self, at: At) {
        self.at = at;
        self.open = Open { lost: !at.is_shared(), ..Open::default() };
        self.section = None;
        self.indents = Indents::default();
    }

    /// The reactions of the open block.
    fn reactions(&mut self) -> Option<&mut Vec<Reaction>> {
        match self.at {
            At::Anywhere => Some(&mut self.flow.anywhere),
            At::Group => self.flow.groups.last_mut().map(|group| &mut group.reactions),
            At::Follow => self.flow.follows.last_mut().map(|follow| &mut follow.reactions),
            At::State => self.flow.states.last_mut().map(|state| &mut state.reactions),
            At::Template => self.flow.templates.last_mut().map(|template| &mut template.buttons),
            At::Header | At::Rules | At::Remember { .. } | At::Words | At::Consent | At::Experiment => None,
            At::Phrase | At::Form | At::NoGroup => None,
        }
    }

    fn last_step(&mut self) -> Option<&mut Step> {
        match self.open.text {
            OpenText::Entry => self.flow.states.last_mut()?.steps.last_mut(),
            OpenText::Action => self.reactions()?.last_mut()?.actions.last_mut(),
            OpenText::None | OpenText::Body | OpenText::Lost => None,
        }
    }
}

/// Adds a line to those of one place, which may be one more than are read: it shows where there are too many.
fn add<T>(lines: &mut Vec<T>, line: T) -> bool {
    let fits = lines.len() <= MAX_LINES;
    if fits {
        if lines.len() == lines.capacity() {
            // From one up: left to itself a vector begins with room for four, and states of one line are many.
            lines.reserve_exact(lines.len().max(1));
        }
        lines.push(line);
    }
    fits
}

impl Indents {
    /// D008 for a line under a reaction that is not drawn under it.
    /// One finding for all lines of a reaction.
    fn step(&mut self, line: &Line) -> Option<Diagnostic> {
        let (drawn, reaction) = (line.indent?, self.reaction?);
        let outside = reaction > 0 && drawn <= reaction;
        outside.then(|| {
            self.reaction = None;
            places::drawn_outside(line)
        })
    }

    /// D008 for a reaction that is drawn under the one above.
    fn reaction(&mut self, line: &Line, above_open: bool) -> Option<Diagnostic> {
        let drawn = line.indent?;
        self.reaction = Some(drawn);
        let first = *self.first_reaction.get_or_insert(drawn);
        (above_open && first > 0 && drawn > first).then(|| places::drawn_inside(line))
    }
}
