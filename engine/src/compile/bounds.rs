//! How much a flow may have of anything. Far more than people write; beyond it, what looks at pairs of things would take
//! long. What is too much is a finding (D021), and left out of what is compiled.

use duka_dsl::ast::{FlowFile, Reaction, Step};
use duka_dsl::{Diagnostic, Name, Span};

/// States of one flow.
const STATES: usize = 2_000;
/// Values, rules, words, phrases, forms, templates and so on, of each kind.
const DECLARED: usize = 1_000;
/// Lines of one state, group, `follow` or `anywhere`.
const LINES: usize = duka_dsl::ownership::MAX_LINES;
/// Phrases of one set of words.
const PHRASES: usize = 2_000;

/// Languages of one shop.
const LANGUAGES: usize = 40;
/// What the states of a flow hear together through `anywhere`, and as much again through their groups: every state hears
/// what it shares with others.
const SHARED: usize = 16_000;

/// Leaves out what is too much of the shop's languages.
pub(super) fn keep_languages(languages: &mut Vec<Name>) -> Vec<Diagnostic> {
    let mut bounds = Bounds(Vec::new());
    bounds.cut(languages, LANGUAGES, "languages", |name| name.span);
    bounds.0
}

/// Leaves out what is too much.
pub(super) fn keep(ast: &mut FlowFile) -> Vec<Diagnostic> {
    let mut bounds = Bounds(keep_languages(&mut ast.languages));
    bounds.cut(&mut ast.states, STATES, "states", |state| state.name.span);
    bounds.cut(&mut ast.uses, DECLARED, "`use` lines", |path| path.span);
    bounds.cut(&mut ast.rules, DECLARED, "rules", |(name, _)| name.span);
    bounds.cut(&mut ast.remember, DECLARED, "remembered values", |memory| memory.name.span);
    bounds.cut(&mut ast.remember_customer, DECLARED, "remembered values", |memory| memory.name.span);
    bounds.cut(&mut ast.words, DECLARED, "sets of words", |set| set.name.span);
    bounds.cut(&mut ast.consents, DECLARED, "consents", |consent| consent.name.span);
    bounds.cut(&mut ast.experiments, DECLARED, "experiments", |experiment| experiment.name.span);
    bounds.cut(&mut ast.phrases, DECLARED, "phrases", |phrase| phrase.name.span);
    bounds.cut(&mut ast.forms, DECLARED, "forms", |form| form.name.span);
    bounds.cut(&mut ast.groups, DECLARED, "groups", |group| group.name.span);
    bounds.cut(&mut ast.follows, DECLARED, "`follow` blocks", |follow| follow.name.span);
    bounds.cut(&mut ast.templates, DECLARED, "templates", |template| template.name.span);
    bounds.cut(&mut ast.waivers, DECLARED, "waivers", |waiver| waiver.span);
    ast.broken.truncate(DECLARED);
    for set in &mut ast.words {
        bounds.cut(&mut set.phrases, PHRASES, "phrases in one set of words", |phrase| phrase.span);
    }
    bounds.lines(&mut Vec::new(), &mut ast.anywhere);
    ast.groups.iter_mut().for_each(|group| bounds.lines(&mut Vec::new(), &mut group.reactions));
    let shared = SHARED / ast.states.len().max(1);
    for reactions in ast.groups.iter_mut().map(|group| &mut group.reactions).chain([&mut ast.anywhere]) {
        bounds.cut(reactions, shared, "lines that so many states share", |reaction| reaction.span);
    }
    ast.follows.iter_mut().for_each(|follow| bounds.lines(&mut Vec::new(), &mut follow.reactions));
    ast.states.iter_mut().for_each(|state| bounds.lines(&mut state.steps, &mut state.reactions));
    bounds.0
}

struct Bounds(Vec<Diagnostic>);

impl Bounds {
    fn cut<T>(&mut self, things: &mut Vec<T>, most: usize, what: &str, span: impl Fn(&T) -> Span) {
        let Some(first) = things.get(most) else { return };
        let message = format!("There are more than {most} {what} here; Duka reads no more of them.");
        self.0.push(
            Diagnostic::new(21, span(first), message)
                .help("Split it: put a part of the conversation into a flow of its own and `use` it."),
        );
        things.truncate(most);
        things.shrink_to_fit();
    }

    /// The lines of one place: its steps, its reactions, and the steps below these.
    fn lines(&mut self, steps: &mut Vec<Step>, reactions: &mut Vec<Reaction>) {
        let what = "lines in one place";
        self.cut(steps, LINES, what, |step| step.span);
        self.cut(reactions, LINES, what, |reaction| reaction.span);
        for reaction in reactions {
            self.cut(&mut reaction.actions, LINES, what, |step| step.span);
        }
    }
}
