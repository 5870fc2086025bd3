//! The registry of rules: what every code means, why it matters, what to do, with a flagged and an accepted example.
//!
//! A rule is one page, `rules/D502-button-title-too-long.md`; this file embeds the pages and reads them. It judges
//! nothing: the checks are in [`crate::lints`], [`crate::analysis`], in lowering and in the readers of files.

mod list;
mod pages;

use duka_dsl::Code;

use list::PAGES;

pub use pages::{index_page, rule_page};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not shown at all; only by a shop's own setting.
    Off,
    Info,
    Warning,
    /// An error that can be waived, with a written reason only.
    Policy,
    Error,
}

impl Level {
    /// Reads `error`, `policy`, `warning`, `info`, `off`.
    pub fn from_name(name: &str) -> Option<Level> {
        [Level::Off, Level::Info, Level::Warning, Level::Policy, Level::Error]
            .into_iter()
            .find(|level| level.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Policy => "policy",
            Level::Error => "error",
        }
    }

    /// Whether a finding of this level stops a shop from being deployed.
    pub fn stops(self) -> bool {
        match self {
            Level::Policy | Level::Error => true,
            Level::Off | Level::Info | Level::Warning => false,
        }
    }
}

/// One rule, as its page says.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub code: Code,
    /// `button-title-too-long`; never changes meaning, never reused.
    pub name: &'static str,
    pub level: Level,
    /// The version of Duka that brought it.
    pub since: &'static str,
    /// One sentence: what is wrong.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    flagged: &'static str,
    accepted: &'static str,
}

/// A fenced example of a page: its files, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub files: Vec<ExampleFile>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// `duka`, `yaml`, `rhai`.
    pub language: &'static str,
    /// The name behind the language, if the fence has one: `example.sw.duka`.
    pub name: Option<&'static str>,
    pub text: &'static str,
}

/// All rules, by code.
pub fn all() -> impl Iterator<Item = Rule> {
    PAGES.iter().filter_map(|(file, page)| read(file, page))
}

/// The rule of a code.
pub fn rule(code: Code) -> Option<Rule> {
    let at = PAGES.binary_search_by(|(file, _)| code_of(file).cmp(&Some(code))).ok()?;
    let (file, page) = PAGES.get(at)?;
    read(file, page)
}

/// The usual level of a code.
pub fn level(code: Code) -> Option<Level> {
    let at = PAGES.binary_search_by(|(file, _)| code_of(file).cmp(&Some(code))).ok()?;
    let (_, page) = PAGES.get(at)?;
    Level::from_name(page.lines().find_map(|line| line.strip_prefix("level: "))?)
}

/// The rule of a name such as `button-title-too-long`, or of a code such as `d502`.
pub fn find(name: &str) -> Option<Rule> {
    match name.parse() {
        Ok(code) => rule(code),
        Err(()) => {
            let (file, page) = PAGES.iter().find(|(file, _)| file.get(5..) == Some(name))?;
            read(file, page)
        }
    }
}

fn code_of(file: &str) -> Option<Code> {
    file.get(..4)?.parse().ok()
}

/// Reads one page; `None` for a page that is not in the form of the others, which a test would tell.
fn read(file: &'static str, page: &'static str) -> Option<Rule> {
    let (front, body) = page.strip_prefix("---\n")?.split_once("\n---\n")?;
    let value = |key: &str| front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    let code = value("code")?.parse().ok()?;
    let name = value("name")?;
    if code_of(file) != Some(code) || file.get(5..) != Some(name) {
        return None;
    }
    let (text, examples) = body.split_once("\n## Flagged\n")?;
    let (flagged, accepted) = examples.split_once("\n## Accepted\n")?;
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    Some(Rule {
        code,
        name,
        level: Level::from_name(value("level")?)?,
        since: value("since").unwrap_or("0.1.0"),
        title: paragraphs.next()?.strip_prefix("# ")?,
        why: paragraphs.next()?,
        fix: paragraphs.next()?,
        flagged,
        accepted,
    })
}

impl Rule {
    /// Examples that the rule finds fault with; each stands for itself.
    pub fn flagged(&self) -> Vec<Example> {
        examples(self.flagged)
    }

    /// The flagged example in words, where it would be too long to show.
    pub fn flagged_in_words(&self) -> Option<&'static str> {
        (!self.flagged.contains("```")).then(|| self.flagged.trim())
    }

    /// Examples that it accepts.
    pub fn accepted(&self) -> Vec<Example> {
        examples(self.accepted)
    }
}

/// The fenced examples of a section. A named fence, and a fence after a named one, belongs to the example before it
/// only when it is named; so each unnamed fence begins an example.
fn examples(section: &'static str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut rest = section;
    while let Some((_, after)) = rest.split_once("```") {
        let Some((head, after)) = after.split_once('\n') else { break };
        let Some((text, after)) = after.split_once("\n```") else { break };
        let mut words = head.split_whitespace();
        let file = ExampleFile { language: words.next().unwrap_or("duka"), name: words.next(), text };
        match found.last_mut() {
            Some(example) if file.name.is_some() => example.files.push(file),
            Some(_) | None => found.push(Example { files: vec![file] }),
        }
        rest = after;
    }
    found
}
