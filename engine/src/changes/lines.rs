//! The lines that run when a state is entered or a reaction is taken, as they are written, without the words that customers
//! read: those are compared by their keys.

use duka_dsl::ast::{Dest, DestKind, LineKind, Step, StepKind, Target, Text, TextBlock, TextPiece};
use duka_dsl::print::print_line;
use duka_dsl::{Name, Span};

/// The states that have another name now: a way to one of them is the same way.
pub(super) type Renamed<'a> = Vec<(&'a str, &'a Name)>;

/// One line.
pub(super) struct Line {
    /// Its canonical spelling without the words that customers read: equal lines do the same.
    key: String,
    shown: String,
}

impl Line {
    fn keyword(&self) -> &str {
        self.key.split([' ', ':']).next().unwrap_or_default()
    }
}

/// The steps as lines, and where the last of them leads.
pub(super) fn read(steps: &[Step], renamed: &Renamed) -> (Vec<Line>, Option<Dest>) {
    let (last, steps) = match steps.split_last() {
        Some((Step { kind: StepKind::Jump(dest), .. }, rest)) => (Some(now(dest, renamed)), rest),
        Some(_) | None => (None, steps),
    };
    (steps.iter().map(|step| line(step, renamed)).collect(), last)
}

/// What became of the lines, as sentences.
pub(super) fn compare(old: &[Line], new: &[Line]) -> Vec<String> {
    let gone = without(old, new);
    let mut came = without(new, old);
    let mut found = Vec::new();
    for line in gone {
        let place = came.iter().position(|other| other.keyword() == line.keyword());
        found.push(match place.map(|at| came.remove(at)) {
            Some(other) => format!("`{}` is now `{}`", line.shown, other.shown),
            None => format!("`{}` is gone", line.shown),
        });
    }
    found.extend(came.iter().map(|line| format!("`{}` is new", line.shown)));
    let order = |lines: &[Line]| lines.iter().map(|line| line.key.clone()).collect::<Vec<_>>();
    if found.is_empty() && order(old) != order(new) {
        found.push("the lines run in another order".into());
    }
    found
}

/// Where an arrow leads, in words.
pub(super) fn way(dest: &Dest) -> String {
    let written = print_line(&LineKind::Jump(dest.clone()));
    match &dest.kind {
        DestKind::Go(_) => format!("`{}`", written.trim_start_matches("-> ")),
        DestKind::Visit { .. } => format!("`{}` and back", written.trim_start_matches("<-> ")),
    }
}

/// The old arrow with the names of today.
pub(super) fn now(dest: &Dest, renamed: &Renamed) -> Dest {
    let mut dest = dest.clone();
    if let DestKind::Go(Target::State(name)) = &mut dest.kind
        && let Some((_, is)) = renamed.iter().find(|(was, _)| *was == name.as_str())
    {
        *name = (*is).clone();
    }
    dest
}

/// The lines of `these` that `others` have not, each as often as it is missing.
fn without<'a>(these: &'a [Line], others: &[Line]) -> Vec<&'a Line> {
    let mut left: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    others.iter().for_each(|line| *left.entry(&line.key).or_default() += 1);
    let is_missing = |line: &&Line| match left.get_mut(line.key.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        Some(_) | None => true,
    };
    these.iter().filter(is_missing).collect()
}

fn line(step: &Step, renamed: &Renamed) -> Line {
    let dest = |dest: &Option<Dest>| dest.as_ref().map(|dest| now(dest, renamed));
    let first = |text: &TextBlock| match text.pieces.first() {
        Some(TextPiece::Line(text) | TextPiece::Each { text, .. }) => Some(text.clone()),
        None => None,
    };
    let same = |kind: LineKind| (print_line(&kind), print_line(&kind));
    let worded = |of: &dyn Fn(Text) -> LineKind, words: &Text| {
        (print_line(&of(Text { segments: Vec::new(), span: Span::default() })), print_line(&of(words.clone())))
    };
    let (key, shown) = match &step.kind {
        StepKind::Say { name, guard, text, quotes } => {
            let of = |text: Option<Text>| match (name.clone(), guard.clone()) {
                (name, guard) if *quotes => print_line(&LineKind::Reply { name, guard, text }),
                (name, guard) => print_line(&LineKind::Say { name, guard, text }),
            };
            (of(None), of(first(text)))
        }
        StepKind::Ask { name, guard, text } => {
            let of = |text| print_line(&LineKind::Ask { name: name.clone(), guard: guard.clone(), text });
            (of(None), of(first(text)))
        }
        StepKind::Media { kind, guard, source } => {
            same(LineKind::Media { kind: *kind, guard: guard.clone(), source: source.clone() })
        }
        StepKind::List(words) => worded(&LineKind::List, words),
        StepKind::Cards(words) => worded(&LineKind::Cards, words),
        StepKind::Footer(words) => worded(&LineKind::Footer, words),
        StepKind::Alert(words) => worded(&LineKind::Alert, words),
        StepKind::Show(value) => same(LineKind::Show(value.clone())),
        StepKind::Emoji(sign) => same(LineKind::Emoji(sign.clone())),
        StepKind::Link { name, guard, title, url } => {
            let (name, guard, url) = (name.clone(), guard.clone(), url.clone());
            let of = |title| LineKind::Link { name: name.clone(), guard: guard.clone(), title, url: url.clone() };
            worded(&of, title)
        }
        StepKind::Call { into, operation, within, otherwise } => {
            let (into, operation, within) = (into.clone(), operation.clone(), within.clone());
            same(LineKind::Call { into, operation, within, otherwise: dest(otherwise) })
        }
        StepKind::Do { operation, within, otherwise } => {
            let (operation, within) = (operation.clone(), within.clone());
            same(LineKind::Do { operation, within, otherwise: dest(otherwise) })
        }
        StepKind::Set { name, value } => same(LineKind::Set { name: name.clone(), value: value.clone() }),
        StepKind::Send { template, otherwise } => {
            same(LineKind::Send { template: template.clone(), otherwise: dest(otherwise) })
        }
        StepKind::If { condition, dest } => {
            same(LineKind::If { condition: condition.clone(), dest: now(dest, renamed) })
        }
        StepKind::Jump(dest) => same(LineKind::Jump(now(dest, renamed))),
    };
    Line { key, shown }
}
