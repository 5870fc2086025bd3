//! What is wrong with a merchant's file, as data. Wording lives here, layout and colour at the edge.

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// The stable code of a rule, such as `D502`. Its name, level and page are in the engine's rule registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Code(pub u16);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "D{:03}", self.0)
    }
}

impl std::str::FromStr for Code {
    type Err = ();

    /// Reads `D502` or `d502`.
    fn from_str(text: &str) -> Result<Code, ()> {
        let digits = text.strip_prefix(['D', 'd']).ok_or(())?;
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        digits.parse().map(Code).map_err(|_| ())
    }
}

/// One finding. `message` is one sentence that stands alone; `help` says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub code: Code,
    pub message: String,
    pub span: Span,
    /// Other places involved, each with a few words ("first defined here").
    pub labels: Vec<Label>,
    /// What to do, as a sentence; empty when the message says it.
    pub help: Option<String>,
    /// The edit to make when there is exactly one.
    pub fix: Option<Fix>,
    /// The shortest conversation in which it goes wrong, for properties of the whole flow.
    pub conversation: Vec<Turn>,
    /// Makes two findings of one cause one finding: only the first with a key is shown.
    pub cause: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// A change that mends the finding: replacements in one or more files, applied together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What the change does, in words: "write `checkout`".
    pub title: String,
    pub edits: Vec<Edit>,
    /// Whether `duka check --fix` may apply it without asking: it can not change what customers see.
    pub safe: bool,
}

/// Replace the bytes of `span` by `text`; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// One line of the chat that shows a finding. `line` is the same step in the language of conversation tests
/// (`tap shop`, `wait 26 hours`), so that the chat can be replayed; empty for what the shop does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    pub speaker: Speaker,
    pub text: String,
    pub line: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Customer,
    Shop,
    /// Time, payment, order and backend events.
    World,
}

impl Diagnostic {
    pub fn new(code: u16, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code: Code(code),
            message: message.into(),
            span,
            labels: Vec::new(),
            help: None,
            fix: None,
            conversation: Vec::new(),
            cause: None,
        }
    }

    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// One replacement that is safe to apply unseen.
    pub fn safe_fix(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.with_fix(title, span, text, true)
    }

    /// One replacement that a person should look at first.
    pub fn fix(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.with_fix(title, span, text, false)
    }

    fn with_fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>, safe: bool) -> Diagnostic {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }], safe });
        self
    }

    pub fn cause(mut self, key: impl Into<String>) -> Diagnostic {
        self.cause = Some(key.into());
        self
    }

    pub fn conversation(mut self, turns: Vec<Turn>) -> Diagnostic {
        self.conversation = turns;
        self
    }

    /// Suggests the nearest of `known` to `wrong`, as a fix at the diagnostic's span, if one is near enough.
    pub fn did_you_mean<'a>(self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match nearest(wrong, known) {
            Some(near) => {
                let near = near.to_string();
                let span = self.span;
                self.help(format!("Did you mean `{near}`?")).fix(format!("write `{near}`"), span, near)
            }
            None => self,
        }
    }
}

/// Whether two names have enough letters in common to be `allowed` edits apart: cheaper than the distance itself.
fn may_be_near(a: &str, b: &str, allowed: usize) -> bool {
    if !a.is_ascii() || !b.is_ascii() {
        return true;
    }
    let mut more = [0_i32; 128];
    a.bytes().for_each(|letter| more[usize::from(letter & 127)] += 1);
    b.bytes().for_each(|letter| more[usize::from(letter & 127)] -= 1);
    // An edit takes a letter away, adds one, or both.
    let (mut missing, mut extra) = (0, 0);
    for count in more {
        missing += count.max(0).unsigned_abs() as usize;
        extra += count.min(0).unsigned_abs() as usize;
    }
    missing.max(extra) <= allowed
}

/// The nearest of `known` to `wrong` by edit distance, at most a third of its letters away (and at least one allowed).
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = wrong.chars().count();
    let mut allowed = (letters / 3).clamp(1, 3);
    let mut best = None;
    for name in known {
        if name.chars().count().abs_diff(letters) > allowed || !may_be_near(wrong, name, allowed) {
            continue;
        }
        let distance = strsim::osa_distance(wrong, name);
        if distance <= allowed && best.is_none_or(|best| (distance, name) < best) {
            best = Some((distance, name));
            allowed = distance;
        }
    }
    best.map(|(_, name)| name)
}
