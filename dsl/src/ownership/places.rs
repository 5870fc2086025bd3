//! Where lines may stand, and the findings about lines that stand elsewhere.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::kinds::word;
use crate::ast::{FlowFile, Line, LineKind, Reaction, Segment, Step, StepKind, Text, TextPiece, Trigger};
use crate::diagnostic::Diagnostic;
use crate::line::keyword::{Class, Keyword};
use crate::span::Span;

/// The block that is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum At {
    #[default]
    Header,
    Rules,
    Remember {
        customer: bool,
    },
    Words,
    Consent,
    Experiment,
    Phrase,
    Form,
    Anywhere,
    Group,
    /// Below `group none`.
    NoGroup,
    Follow,
    State,
    Template,
}

impl At {
    pub(super) fn takes_item(self, kind: &LineKind) -> bool {
        match kind {
            LineKind::Rule { .. } => self == At::Rules,
            LineKind::Memory(_) => matches!(self, At::Remember { .. }),
            LineKind::WordSet { .. } => self == At::Words,
            LineKind::PhraseForm { .. } => self == At::Phrase,
            LineKind::Field { .. } | LineKind::Title(_) | LineKind::Submit(_) => self == At::Form,
            LineKind::Body(_) | LineKind::Sample { .. } => self == At::Template,
            _ => false,
        }
    }

    pub(super) fn takes_reaction(self, kind: &LineKind) -> bool {
        match self {
            At::State => true,
            At::Anywhere | At::Group => !is_choice(kind),
            At::Follow => matches!(
                kind,
                LineKind::On { .. } | LineKind::After { .. } | LineKind::Quiet { .. } | LineKind::Failed { .. }
            ),
            At::Template => matches!(kind, LineKind::Button { .. }),
            At::Header | At::Rules | At::Remember { .. } | At::Words | At::Consent | At::Experiment => false,
            At::Phrase | At::Form | At::NoGroup => false,
        }
    }

    /// Whether the lines of the block go to the flow and not to a named thing, so that they count without their header.
    pub(super) fn is_shared(self) -> bool {
        matches!(self, At::Rules | At::Remember { .. } | At::Words | At::Anywhere)
    }

    fn place(self) -> &'static str {
        match self {
            At::Header => "at the top of the file",
            At::Rules => "inside `rules`",
            At::Remember { .. } => "inside `remember`",
            At::Words => "inside `words`",
            At::Consent => "inside `consent`",
            At::Experiment => "inside `experiment`",
            At::Phrase => "inside `phrase`",
            At::Form => "inside `form`",
            At::Anywhere => "inside `anywhere`",
            At::Group | At::NoGroup => "inside `group`",
            At::Follow => "inside `follow`",
            At::State => "inside `state`",
            At::Template => "inside `template`",
        }
    }

    fn takes(self) -> &'static str {
        match self {
            At::Header => {
                "At the top stand `duka`, `flow`, `start`, `languages`, `currency` and `use`; begin a block first."
            }
            At::Rules => "A line of `rules` is `name = value`.",
            At::Remember { .. } => "A line of `remember` is `name: type`.",
            At::Words => "A line of `words` is `name: phrase, phrase`.",
            At::Consent => "`consent` is one line; begin another block first.",
            At::Experiment => "`experiment` is one line; begin another block first.",
            At::Phrase => "Under `phrase` stand `zero:`, `one:`, `two:`, `few:`, `many:` and `other:`.",
            At::Form => "Under `form` stand `title:`, `field` and `submit:`.",
            At::Anywhere | At::Group => {
                "Here stand `hears`, `on`, `after`, `quiet`, `else`, `failed` and `lost`; put it in a state."
            }
            At::NoGroup => "`group none` only ends a group; begin a state first.",
            At::Follow => "Under `follow` stand `on`, `after`, `quiet` and `failed`; put it in a state.",
            At::State => "Put it in its own block.",
            At::Template => "Under `template` stand `body:`, `image:`, `footer:`, `sample`, `button` and `link`.",
        }
    }
}

fn is_choice(kind: &LineKind) -> bool {
    matches!(
        kind,
        LineKind::Button { .. }
            | LineKind::Row { .. }
            | LineKind::Pick { .. }
            | LineKind::Answer { .. }
            | LineKind::Fill { .. }
    )
}

/// Lines that show something with the question; they make no sense once a choice was made.
pub(super) fn is_display(kind: &LineKind) -> bool {
    matches!(kind, LineKind::Ask { .. } | LineKind::List(_) | LineKind::Cards(_) | LineKind::Footer(_))
}

/// What a line that could not be read was meant to be.
pub(super) enum Meant {
    State(String),
    Opener(At),
    Reaction { arrow: bool },
    Other,
}

impl Meant {
    pub(super) fn of(text: &str) -> Meant {
        let word = crate::line::first_word(text);
        let near = || crate::lines::near_keyword(word).and_then(Keyword::of);
        let Some(keyword) = Keyword::of(word).or_else(near) else { return Meant::Other };
        match keyword.class() {
            Class::Header | Class::Item | Class::Entry => Meant::Other,
            Class::Reaction => {
                Meant::Reaction { arrow: text.contains("->") || text.contains(['→', '➔', '➜', '↔', '⟷']) }
            }
            Class::Block => opener(keyword, &text[word.len()..]),
        }
    }
}

fn opener(keyword: Keyword, rest: &str) -> Meant {
    Meant::Opener(match keyword {
        Keyword::State => {
            let name = rest.split(" was ").next().unwrap_or_default();
            return match crate::lines::slug(name) {
                Some(name) => Meant::State(name),
                None => Meant::Opener(At::State),
            };
        }
        Keyword::Rules => At::Rules,
        Keyword::Remember => At::Remember { customer: rest.contains("customer") },
        Keyword::Words => At::Words,
        Keyword::Consent => At::Consent,
        Keyword::Experiment => At::Experiment,
        Keyword::Phrase => At::Phrase,
        Keyword::Form => At::Form,
        Keyword::Anywhere => At::Anywhere,
        Keyword::Group => At::Group,
        Keyword::Follow => At::Follow,
        Keyword::Template => At::Template,
        _ => return Meant::Other,
    })
}

/// D004
pub(super) fn not_here(line: &Line, at: At) -> Diagnostic {
    let word = word(&line.kind);
    Diagnostic::new(4, line.keyword, format!("`{word}` can not be used {}.", at.place())).help(at.takes())
}

/// D004 for a line that stands once.
pub(super) fn twice(line: &Line, first: Span) -> Diagnostic {
    Diagnostic::new(4, line.keyword, format!("`{}` can stand here only once.", word(&line.kind)))
        .label(first, "first written here")
        .help("Keep one of them.")
}

/// D006
pub(super) fn too_late(line: &Line) -> Diagnostic {
    let word = word(&line.kind);
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "An" } else { "A" };
    Diagnostic::new(
        6,
        line.keyword,
        format!(
            "{article} `{word}` after the choices: what the shop does comes first, what the customer can do comes last."
        ),
    )
    .help("Move the line up, above the first choice.")
}

/// D007
pub(super) fn continues_nothing(line: &Line) -> Diagnostic {
    Diagnostic::new(7, line.keyword, format!("`{}` continues nothing; the line above is not a text.", word(&line.kind)))
        .help("Put it under `say:` or `ask:`.")
}

/// D008 for a step.
pub(super) fn drawn_outside(line: &Line) -> Diagnostic {
    Diagnostic::new(8, line.keyword, "This line is indented as part of the state, but it belongs to the choice above.")
        .help("`duka fmt` puts it where it belongs; or move it above the first choice.")
}

/// D008 for a reaction.
pub(super) fn drawn_inside(line: &Line) -> Diagnostic {
    Diagnostic::new(8, line.keyword, "This line is indented as part of the choice above, but it belongs to the state.")
        .help("`duka fmt` puts it where it belongs; a choice can not hold another one.")
}

/// D011: texts that end like a jump to something that exists.
pub(super) fn jumps_in_texts(flow: &FlowFile) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let reactions = flow.states.iter().flat_map(|state| &state.reactions);
    let reactions = reactions.chain(&flow.anywhere);
    let reactions = reactions.chain(flow.groups.iter().flat_map(|group| &group.reactions));
    let reactions = reactions.chain(flow.follows.iter().flat_map(|follow| &follow.reactions));
    let mut texts: Vec<&Text> = Vec::new();
    for reaction in reactions {
        texts_of_reaction(reaction, &mut texts);
    }
    for step in flow.states.iter().flat_map(|state| &state.steps) {
        texts_of_step(step, &mut texts);
    }
    let known = places(flow);
    for text in texts {
        found.extend(ends_like_jump(&known, text));
    }
    found.sort_by_key(|finding| finding.span);
    found
}

fn texts_of_reaction<'a>(reaction: &'a Reaction, texts: &mut Vec<&'a Text>) {
    match &reaction.trigger {
        Trigger::Button { title, .. } => texts.push(title),
        Trigger::Row { title, note, .. } | Trigger::Pick { title, note, .. } => {
            texts.push(title);
            texts.extend(note);
        }
        Trigger::Else { text, .. } => texts.extend(text),
        Trigger::Answer { .. } | Trigger::Fill { .. } | Trigger::Hears { .. } | Trigger::On { .. } => {}
        Trigger::After { .. } | Trigger::Quiet { .. } | Trigger::Failed | Trigger::Lost => {}
    }
    for step in &reaction.actions {
        texts_of_step(step, texts);
    }
}

fn texts_of_step<'a>(step: &'a Step, texts: &mut Vec<&'a Text>) {
    match &step.kind {
        StepKind::Say { text, .. } | StepKind::Ask { text, .. } => {
            texts.extend(text.pieces.iter().map(|piece| match piece {
                TextPiece::Line(text) | TextPiece::Each { text, .. } => text,
            }));
        }
        StepKind::List(text) | StepKind::Cards(text) | StepKind::Footer(text) | StepKind::Alert(text) => {
            texts.push(text)
        }
        StepKind::Media { .. } | StepKind::Link { .. } | StepKind::Call { .. } | StepKind::Do { .. } => {}
        StepKind::Set { .. } | StepKind::Send { .. } | StepKind::If { .. } | StepKind::Jump(_) => {}
        StepKind::Show(_) | StepKind::Emoji(_) => {}
    }
}

/// Everything an arrow can lead to.
fn places(flow: &FlowFile) -> BTreeSet<SmolStr> {
    let states = flow.states.iter().map(|state| state.name.value.clone());
    let flows = flow.uses.iter().filter(|path| path.segments.len() > 1).map(|path| SmolStr::from(path.to_string()));
    let reserved = ["end", "again", "back", "return"].map(SmolStr::new_static);
    states.chain(flows).chain(reserved).collect()
}

fn ends_like_jump(known: &BTreeSet<SmolStr>, text: &Text) -> Option<Diagnostic> {
    const ARROWS: [&str; 8] = ["->", "=>", "→", "–>", "—>", "--", ">", " -"];
    let Some(Segment::Literal(end)) = text.segments.last() else { return None };
    let name = end.rsplit([' ', '>', '→', '-']).next()?;
    let before = end.get(..end.len() - name.len())?.trim_end();
    let arrow = ARROWS.iter().find(|arrow| before.ends_with(**arrow))?.trim_start();
    if !known.contains(name) {
        return None;
    }
    let length = end.len() - before.len() + arrow.len();
    let start = Span::new(text.span.file, (text.span.end as usize).saturating_sub(length), text.span.end as usize);
    let span = Span { start: start.start.max(text.span.start), ..text.span };
    Some(
        Diagnostic::new(11, span, format!("This text ends like a jump (`{arrow} {name}`). Customers would read it."))
            .help(format!("Write the arrow as `-> {name}`; below a text it stands on a line of its own.")),
    )
}
