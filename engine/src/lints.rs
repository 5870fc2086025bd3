//! The checks of one flow at a time, and the one call that runs every check of a shop and weighs what it finds.
//!
//! A lint is a pure function over the resolved shop; what every code means is in [`crate::rules`]. Nothing is found in
//! standard flows unless they are checked for themselves.

mod choices;
mod context;
mod expr;
mod fit;
mod fixtures;
mod guards;
mod live;
mod messages;
mod money;
mod names;
mod payments;
mod previous;
mod privacy;
mod profile;
mod promises;
mod reach;
mod registry;
mod settings;
mod shown;
mod silence;
mod solver;
mod style;
mod templates;
mod texts;
mod translations;
mod unheard;
mod ways;

use std::collections::BTreeSet;

use duka_dsl::{Diagnostic, FileId};

use crate::compile::Compiled;
use crate::rules::{self, Level};
use crate::source::ShopSource;

use context::Context;
pub use fixtures::wrong as wrong_fixtures;
pub use live::{Live, LiveState, LiveValue, check_live};
use previous::unreachable_now;
pub use profile::{CARRIER, by_demo};
pub use settings::{Facts, Settings};
pub use style::untested;
pub use translations::language_name;
pub use translations::open::{OpenText, Why, open as open_texts, text_lines, texts_lock, to_fill_in};

/// One finding with what the shop's settings make of it.
#[derive(Clone, Debug)]
pub struct Finding {
    pub diagnostic: Diagnostic,
    /// The rule's level, or the one that `shop.yaml` gives it.
    pub level: Level,
    /// The written reason of the waiver that covers it; empty for a waiver without one, which only a warning needs not.
    pub waived: Option<String>,
}

type Lint = fn(&Context, &mut Vec<Diagnostic>);

/// The lints, by chapter.
const LINTS: &[Lint] = &[
    names::check,
    reach::check,
    ways::check,
    guards::check,
    unheard::check,
    choices::check,
    fit::check,
    messages::check,
    shown::check,
    silence::check,
    templates::check,
    registry::check,
    money::check,
    promises::check,
    texts::check,
    translations::check,
    privacy::check,
    profile::check,
    payments::check,
    style::check,
    fixtures::check,
];

/// Everything there is to say about a compiled shop: what reading and resolving found, the lints and the analyses, each
/// cause once, by place, with level and waiver.
pub fn check(compiled: &Compiled, source: &ShopSource, settings: &Settings) -> Vec<Finding> {
    let mut found = compiled.diagnostics.clone();
    if let Some(shop) = compiled.shop() {
        let context = Context::new(shop, compiled, source, settings);
        LINTS.iter().for_each(|lint| lint(&context, &mut found));
        crate::analysis::analyse(shop, &mut found);
    }
    let found = causes_only(found);
    found.into_iter().filter_map(|diagnostic| weigh(diagnostic, compiled, settings)).collect()
}

/// What an unreadable line or a wrong name brings about elsewhere: it may be the very line that is missed.
const MISSED: [u16; 11] = [110, 111, 201, 202, 204, 205, 601, 606, 608, 713, 714];
/// Beside what can not be read: a line that names no length of time is a line without one.
const AS_GOOD_AS_UNREAD: [u16; 1] = [407];
/// What unanswered silence (D601) brings about.
const AFTER_SILENCE: [u16; 2] = [602, 604];

/// Puts findings in the order of the files, and leaves out those whose cause is told by another: the same cause or the
/// same place, an unreadable line of the file, an unanswered silence.
fn causes_only(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let breaks = |diagnostic: &&Diagnostic| {
        (diagnostic.code.0 < 110 || AS_GOOD_AS_UNREAD.contains(&diagnostic.code.0))
            && rules::level(diagnostic.code).unwrap_or(Level::Error) == Level::Error
    };
    let files = |found: &[Diagnostic], wanted: &dyn Fn(&&Diagnostic) -> bool| -> BTreeSet<FileId> {
        found.iter().filter(wanted).map(|diagnostic| diagnostic.span.file).collect()
    };
    let broken = files(&found, &breaks);
    let silent = files(&found, &|diagnostic| diagnostic.code.0 == 601);
    mend_arrows(&mut found);
    found.retain(|diagnostic| {
        let (code, file) = (diagnostic.code.0, diagnostic.span.file);
        !(MISSED.contains(&code) && broken.contains(&file) || AFTER_SILENCE.contains(&code) && silent.contains(&file))
    });
    found.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    let mut causes = BTreeSet::new();
    found.retain(|diagnostic| match &diagnostic.cause {
        Some(cause) => causes.insert(cause.clone()),
        None => true,
    });
    found.dedup_by(|a, b| (a.code, a.span, &a.message) == (b.code, b.span, &b.message));
    found
}

/// A choice that leads nowhere because its arrow became text (D011) is one finding, at the arrow.
fn mend_arrows(found: &mut Vec<Diagnostic>) {
    let arrows: Vec<Diagnostic> = found.iter().filter(|it| it.code.0 == 11).cloned().collect();
    let mut told = Vec::new();
    for diagnostic in found.iter_mut().filter(|it| it.code.0 == 202) {
        let around = diagnostic.span;
        let within = |arrow: &&Diagnostic| {
            arrow.span.file == around.file && around.start <= arrow.span.start && arrow.span.end <= around.end
        };
        if let Some(arrow) = arrows.iter().find(within) {
            diagnostic.span = arrow.span;
            diagnostic.help.clone_from(&arrow.help);
            told.push(arrow.span);
        }
    }
    found.retain(|diagnostic| diagnostic.code.0 != 11 || !told.contains(&diagnostic.span));
}

/// What the shop's settings make of a finding. `None`: they leave it out.
pub fn weigh(diagnostic: Diagnostic, compiled: &Compiled, settings: &Settings) -> Option<Finding> {
    let usual = rules::level(diagnostic.code).unwrap_or(Level::Error);
    let level = settings.level(diagnostic.code).filter(|level| may_become(usual, *level)).unwrap_or(usual);
    let reason = waiver(&diagnostic, compiled);
    let waived = reason.filter(|reason| match level {
        Level::Error => false,
        Level::Policy => !reason.is_empty(),
        Level::Warning | Level::Info | Level::Off => true,
    });
    (level != Level::Off).then_some(Finding { diagnostic, level, waived })
}

/// An error stays an error, and a policy is only waived where it is broken, with its reason.
fn may_become(usual: Level, wanted: Level) -> bool {
    match usual {
        Level::Error => wanted == Level::Error,
        Level::Policy => wanted.stops(),
        Level::Warning | Level::Info | Level::Off => true,
    }
}

/// The reason of a waiver that covers the finding's first byte.
fn waiver(diagnostic: &Diagnostic, compiled: &Compiled) -> Option<String> {
    let (_, file) = compiled.files.iter().find(|(id, _)| *id == diagnostic.span.file)?;
    let covers = |waiver: &&duka_dsl::ast::Waiver| {
        waiver.code == diagnostic.code
            && waiver.covers.start <= diagnostic.span.start
            && diagnostic.span.start <= waiver.covers.end
    };
    let mut waivers = file.waivers.iter().filter(covers).map(|waiver| waiver.reason.to_string());
    let first = waivers.next()?;
    Some(if first.is_empty() { waivers.find(|reason| !reason.is_empty()).unwrap_or(first) } else { first })
}

/// Everything there is to say when the shop before an edit is at hand as well: D203, which then tells what D201 would.
pub fn check_against(
    previous: &Compiled,
    current: &Compiled,
    source: &ShopSource,
    settings: &Settings,
) -> Vec<Finding> {
    let mut found = check(current, source, settings);
    let (Some(before), Some(after)) = (previous.shop(), current.shop()) else { return found };
    for (diagnostic, places) in unreachable_now(before, after) {
        found.retain(|finding| finding.diagnostic.code.0 != 201 || !places.contains(&finding.diagnostic.span));
        found.extend(weigh(diagnostic, current, settings));
    }
    found
}

/// The file a path names, for findings about files.
fn file_id(index: usize) -> FileId {
    FileId(crate::walk::small(index))
}
