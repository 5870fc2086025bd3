//! The lines of one flow, resolved. What the flow declares is known already; places for values and texts are added here.

use std::cell::RefCell;
use std::collections::BTreeMap;

use duka_dsl::ast::{self, Atom, Guard as AstGuard, Time as AstTime};
use duka_dsl::{Diagnostic, Name, Span};
use smol_str::SmolStr;

use crate::expression;
use crate::hir::{
    Expr, ExprKind, Flow, Form, FormField, Group, Guard, Phrase, Slot, SlotId, State, StateId, TextEntry, TextId, Time,
    Words,
};
use crate::types::Type;
use crate::value::Value;

use super::declare::{Declared, ShopNames, id};
use super::names::{UNKNOWN_NAME, twice};
use super::places::Wanted;
use super::scope::{Place, Scope};
use super::texts::Translations;
use super::unused::{self, Shared, Used};

/// After so many findings the further states and texts of a flow are not looked at.
const MOST_FINDINGS: usize = 200;

/// A flow while its lines are resolved.
pub(super) struct Body<'a> {
    pub declared: &'a Declared<'a>,
    pub all: &'a [Declared<'a>],
    pub shop: &'a ShopNames,
    pub translations: &'a Translations<'a>,
    /// Grows while names are read: an `answers.STATE` gets its place when it is first read.
    pub slots: RefCell<Vec<Slot>>,
    /// By state, the place of its `answers.STATE`, once it was read.
    pub answers: RefCell<BTreeMap<StateId, SlotId>>,
    /// By name, the places for items of `each`.
    pub each: BTreeMap<SmolStr, Vec<SlotId>>,
    pub used: RefCell<Used>,
    pub texts: Vec<TextEntry>,
    pub keys: BTreeMap<SmolStr, TextId>,
    /// The last number that was put behind a key, where the flow has it more than once.
    pub numbered: BTreeMap<SmolStr, usize>,
    pub findings: Vec<Diagnostic>,
}

/// Resolves the lines of `declared`.
pub(super) fn lower(
    declared: &Declared<'_>,
    all: &[Declared<'_>],
    shop: &ShopNames,
    translations: &Translations<'_>,
    shared: &mut Shared,
    findings: &mut Vec<Diagnostic>,
) -> Flow {
    let mut body = Body {
        declared,
        all,
        shop,
        translations,
        slots: RefCell::new(declared.slots.clone()),
        answers: RefCell::default(),
        each: BTreeMap::new(),
        used: RefCell::default(),
        texts: Vec::new(),
        keys: BTreeMap::new(),
        numbered: BTreeMap::new(),
        findings: Vec::new(),
    };
    let flow = body.flow();
    // Keys of texts follow from the names of the flow: while those are wrong, so may be the keys.
    let names_are_sound = declared.source.ast.broken.is_empty() && !body.findings.iter().any(is_about_names);
    if names_are_sound {
        body.findings.extend(translations.unknown_keys(declared, &body.keys));
    }
    let used = body.used.into_inner();
    shared.customer.extend(used.customer.iter().copied());
    findings.append(&mut body.findings);
    unused::flow(declared, &used, findings);
    flow
}

fn is_about_names(found: &Diagnostic) -> bool {
    (101..=109).contains(&found.code.0)
}

impl<'a> Body<'a> {
    fn flow(&mut self) -> Flow {
        let source = self.declared.source;
        let ast = source.ast;
        let start = self.start();
        let words = ast.words.iter().map(|words| self.words(words)).collect();
        self.shared_phrases(ast);
        let phrases = ast.phrases.iter().map(|phrase| self.phrase(phrase)).collect();
        let forms = self.forms(ast);
        for consent in &ast.consents {
            self.line(format!("consent.{}", consent.name.value), &consent.purpose, &Place::default());
        }
        let states = self.states(ast);
        let groups = ast.groups.iter().map(|group| self.group(group)).collect();
        let anywhere = self.reactions("anywhere", &ast.anywhere, &Place::default());
        let follows = ast.follows.iter().map(|follow| self.follow(follow)).collect();
        let templates = ast.templates.iter().map(|template| self.template(template)).collect();
        self.gives(ast);
        Flow {
            path: source.path.into(),
            span: ast.name.as_ref().map_or(Span::new(source.file, 0, 0), |name| name.span),
            start,
            takes: self.declared.takes.clone(),
            gives: self.declared.gives(),
            uses: self.uses(ast),
            rules: self.declared.rules.clone(),
            slots: self.slots.take(),
            words,
            phrases,
            forms,
            experiments: self.declared.experiments.clone(),
            texts: std::mem::take(&mut self.texts),
            anywhere,
            anywhere_span: ast.anywhere_span,
            groups,
            states,
            follows,
            templates,
            standard: source.standard,
        }
    }

    /// D103: where the flow begins.
    fn start(&mut self) -> StateId {
        let ast = self.declared.source.ast;
        match &ast.start {
            Some(name) => {
                let wanted = Wanted {
                    code: 103,
                    noun: "state",
                    says: Some(format!("`start {}`: no such state.", name.value)),
                    help: "A conversation begins in the state that `start` names.".to_string(),
                };
                self.find(&self.declared.states, name, wanted).unwrap_or_default()
            }
            None => {
                if ast.broken.is_empty() {
                    let span = ast.name.as_ref().map_or(Span::new(self.declared.source.file, 0, 0), |name| name.span);
                    let first = ast.states.first().map_or("welcome", |state| state.name.as_str());
                    self.findings.push(
                        Diagnostic::new(103, span, "Nothing says where this flow begins.")
                            .help(format!("Write `start {first}` under the `flow` line.")),
                    );
                }
                StateId(0)
            }
        }
    }

    fn gives(&mut self, ast: &ast::FlowFile) {
        let Some(name) = &ast.gives else { return };
        match self.declared.gives() {
            Some(slot) => {
                self.used.borrow_mut().slots.insert(slot);
            }
            None => {
                self.unknown_value(name, "Write it under `remember`, with its type.");
            }
        }
    }

    fn uses(&self, ast: &ast::FlowFile) -> Vec<(crate::hir::FlowId, Span)> {
        let uses = ast.uses.iter().filter_map(|path| {
            let flow = self.declared.uses.get(&super::names::path_text(&path.segments))?;
            Some((*flow, path.span))
        });
        uses.collect()
    }

    fn states(&mut self, ast: &'a ast::FlowFile) -> Vec<State> {
        let mut states = Vec::with_capacity(ast.states.len());
        for (index, state) in ast.states.iter().enumerate() {
            states.push(self.state(StateId(id(index)), state));
        }
        states
    }

    /// Whether so much is wrong with the flow that nobody reads on. Its further lines are left out.
    pub fn is_hopeless(&self) -> bool {
        self.findings.len() > MOST_FINDINGS
    }

    fn state(&mut self, state_id: StateId, state: &'a ast::State) -> State {
        let mut place = Place { events: super::events::Events::Any, state: Some(state_id), ..Place::default() };
        let hopeless = self.is_hopeless();
        let (steps, reactions) =
            if hopeless { (&[][..], &[][..]) } else { (state.steps.as_slice(), state.reactions.as_slice()) };
        self.choices_twice(reactions, steps);
        let steps = self.steps(&state.name.value, steps, &mut place);
        let reactions = self.reactions(&state.name.value, reactions, &place);
        State {
            name: state.name.value.clone(),
            was: state.was.iter().map(|was| was.value.clone()).collect(),
            group: state.group.map(|group| crate::hir::GroupId(id(group))),
            steps,
            reactions,
            name_span: state.name.span,
            span: state.span,
            line_count: state.line_count,
        }
    }

    fn group(&mut self, group: &'a ast::Group) -> Group {
        let reactions = self.reactions(&format!("group.{}", group.name.value), &group.reactions, &Place::default());
        Group { name: group.name.value.clone(), reactions, span: group.name.span }
    }

    fn follow(&mut self, follow: &'a ast::Follow) -> crate::hir::Follow {
        for slot in ["order", "payment"].iter().filter_map(|name| self.declared.slot_ids.get(*name)) {
            self.used.borrow_mut().slots.insert(*slot);
        }
        let reactions = self.reactions(&format!("follow.{}", follow.name.value), &follow.reactions, &Place::default());
        crate::hir::Follow { name: follow.name.value.clone(), reactions, span: follow.name.span }
    }

    /// D102: two choices or links of one state with one name.
    pub fn choices_twice(&mut self, reactions: &[ast::Reaction], steps: &[ast::Step]) {
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        let choices = reactions.iter().filter_map(|reaction| match &reaction.trigger {
            ast::Trigger::Button { name, .. } | ast::Trigger::Row { name, .. } | ast::Trigger::Pick { name, .. } => {
                Some(name)
            }
            ast::Trigger::Answer { .. }
            | ast::Trigger::Fill { .. }
            | ast::Trigger::Hears { .. }
            | ast::Trigger::On { .. }
            | ast::Trigger::After { .. }
            | ast::Trigger::Quiet { .. }
            | ast::Trigger::Else { .. }
            | ast::Trigger::Failed
            | ast::Trigger::Lost => None,
        });
        let links = steps.iter().filter_map(|step| {
            let ast::StepKind::Link { name, .. } = &step.kind else { return None };
            Some(name)
        });
        for name in links.chain(choices) {
            match first.get(name.as_str()) {
                Some(span) => self.findings.push(twice(102, "choices", name, *span)),
                None => {
                    first.insert(name.as_str(), name.span);
                }
            }
        }
    }

    fn words(&mut self, words: &ast::WordSet) -> Words {
        let phrases = self.translations.words(self.declared.id, words);
        Words { name: words.name.value.clone(), phrases, span: words.name.span }
    }

    fn phrase(&mut self, phrase: &'a ast::Phrase) -> Phrase {
        let written = self.translations.phrases(self.declared.id, phrase);
        let mut forms = Vec::with_capacity(written.len());
        for one in written {
            let lowered = one.iter().flat_map(|phrase| &phrase.forms).map(|(plural, text)| {
                let parameter = one.map_or("", |phrase| phrase.parameter.as_str());
                (plural.value, self.segments(text, &Place::default(), Some(parameter)))
            });
            forms.push(lowered.collect());
        }
        let (name, parameter) = (phrase.name.value.clone(), phrase.parameter.value.clone());
        Phrase { name, parameter, forms, span: phrase.name.span }
    }

    /// D112: a phrase that two sets of words share.
    fn shared_phrases(&mut self, ast: &ast::FlowFile) {
        let mut first: BTreeMap<String, &Name> = BTreeMap::new();
        for words in &ast.words {
            for phrase in &words.phrases {
                let key = phrase.value.trim().to_lowercase();
                match first.get(&key) {
                    Some(other) if **other != words.name => self.findings.push(
                        Diagnostic::new(
                            112,
                            phrase.span,
                            format!(
                                "The words `{}` share \"{}\" with `{}`; the first one always wins.",
                                words.name.value, phrase.value, other.value
                            ),
                        )
                        .label(other.span, "the first one")
                        .help("Remove it from one of them."),
                    ),
                    Some(_) => {}
                    None => {
                        first.insert(key, &words.name);
                    }
                }
            }
        }
    }

    fn forms(&mut self, ast: &'a ast::FlowFile) -> Vec<Form> {
        let mut forms = Vec::with_capacity(ast.forms.len());
        for (index, form) in ast.forms.iter().enumerate() {
            let record = self.declared.form_records.get(index).copied().unwrap_or(crate::types::RecordId(0));
            let key = |part: &str| format!("form.{}.{part}", form.name.value);
            let place = Place::default();
            let title = form.title.as_ref().map(|text| self.line(key("title"), text, &place));
            let types: Vec<Type> = match self.shop.records.get(record.0 as usize) {
                Some(record) => record.fields.iter().map(|field| field.ty.clone()).collect(),
                None => Vec::new(),
            };
            let fields = form.fields.iter().zip(types.into_iter().chain(std::iter::repeat(Type::Unknown)));
            let fields = fields.map(|(field, ty)| FormField {
                name: field.name.value.clone(),
                ty,
                optional: field.optional,
                label: self.line(key(&field.name.value), &field.label, &place),
                span: field.name.span,
            });
            let fields = fields.collect();
            let submit = form.submit.as_ref().map(|text| self.line(key("submit"), text, &place));
            forms.push(Form { name: form.name.value.clone(), record, title, fields, submit, span: form.name.span });
        }
        forms
    }

    // ------------------------------------------------------------ expressions

    pub fn value(&mut self, expr: &ast::Expr, place: &Place) -> Expr {
        let (lowered, found) = expression::lower_value(&self.shop.runner, expr, &Scope { body: self, place });
        self.findings.extend(found);
        lowered
    }

    pub fn condition(&mut self, expr: &ast::Expr, place: &Place) -> Expr {
        let (lowered, found) = expression::lower_guard(&self.shop.runner, expr, &Scope { body: self, place });
        self.findings.extend(found);
        lowered
    }

    pub fn path(&mut self, path: &ast::Path, place: &Place) -> Expr {
        let (lowered, found) = expression::lower_path(path, &Scope { body: self, place });
        self.findings.extend(found);
        lowered
    }

    pub fn guard(&mut self, guard: Option<&AstGuard>, place: &Place) -> Option<Guard> {
        match guard? {
            AstGuard::If(expr) => Some(Guard::If(self.condition(expr, place))),
            AstGuard::Else(_) => Some(Guard::Else),
        }
    }

    pub fn atom(&mut self, atom: &Atom, place: &Place) -> Expr {
        match atom {
            Atom::Number(number) => Expr {
                kind: ExprKind::Constant(Value::Number(number.value.into())),
                ty: Type::Number,
                span: number.span,
            },
            Atom::Path(path) => self.path(path, place),
        }
    }

    /// D407: a length of time, or a rule that holds one.
    pub fn time(&mut self, time: &AstTime) -> Time {
        let name = match time {
            AstTime::Fixed(duration) => return Time::Fixed(duration.value.ms()),
            AstTime::Rule(name) => name,
        };
        let help = format!("Write a time, for example `30 minutes`, or add `{} = …` to `rules`.", name.value);
        let wanted = Wanted { code: UNKNOWN_NAME, noun: "rule", says: None, help };
        let Some(rule) = self.find(&self.declared.rule_ids, name, wanted) else { return Time::Fixed(0) };
        self.used.borrow_mut().rules.insert(rule);
        if let Some(found) = self.declared.rules.get(rule.index())
            && !matches!(found.ty, Type::Duration | Type::Unknown)
        {
            let literal = self.declared.source.ast.rules.get(rule.index()).map(|(_, literal)| literal);
            let span = literal.map_or(found.span, |literal| literal.span);
            let written = self.declared.source.text.get(span.range()).unwrap_or("30");
            let message = format!("`{} = {written}` needs a unit: it is used as a time.", found.name);
            self.findings.push(
                Diagnostic::new(407, span, message)
                    .label(name.span, "used as a time here")
                    .help(format!("Write `{written} minutes`, `{written} hours` or `{written} days`."))
                    .cause(format!("unit of {}", found.name)),
            );
            return Time::Fixed(0);
        }
        Time::Rule(rule)
    }
}
