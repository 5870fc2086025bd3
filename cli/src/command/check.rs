//! `duka check`: reads, compiles and checks shops, mends what can be mended, and prints what is left.

mod baseline;
mod fix;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use duka_engine::compile::compile;
use duka_engine::contract::parse_date;
use duka_engine::source::{FileKind, ShopSource, SourceFile};

use crate::arguments::{Check, Deny, Format};
use crate::failure::{Failure, Outcome};
use crate::findings;
use crate::load::{self, Shop};
use crate::report::cost::Bill;
use crate::report::{self, Judged, Report};
use crate::terminal::{self, paint};

pub use baseline::Baseline;

/// How often mended files are checked again: a fix may uncover the next one.
const ROUNDS: usize = 10;

pub fn run(arguments: &Check) -> Result<Outcome, Failure> {
    let day = arguments.cost.as_deref().map(day).transpose()?;
    if day.is_some() && matches!(arguments.format, Format::Sarif | Format::Github) {
        return Err(Failure::usage_with_help(
            "this format has no place for costs",
            "Ask for them with `--format text` or `--format json`.",
        ));
    }
    let previous = arguments.against.as_deref().map(load::shop).transpose()?;
    let previous = previous.as_ref().map(|shop| &shop.source);
    if let (Some(old), Some(source)) = (&arguments.against, previous)
        && compile(source).program.is_none()
    {
        anstream::eprintln!("{} {}", paint(terminal::WARN, "note:"), only_partly(old));
    }
    let mut all = Judged::default();
    let mut mended = Vec::new();
    for path in &arguments.paths {
        match judge(arguments, path, previous, day, &mut mended) {
            Ok(report) => all.reports.push(report),
            Err(failure) => {
                crate::report_failure(&failure);
                all.unread.push((path.clone(), failure));
            }
        }
    }
    print(arguments, &all, &mended)?;
    if !all.unread.is_empty() || all.reports.iter().any(|report| report.shop.settings_are_sound().is_err()) {
        return Ok(Outcome::Unread);
    }
    let stops = |report: &Report| {
        let summary = report.summary();
        let denied = if arguments.deny == Some(Deny::Warnings) { summary.warnings } else { 0 };
        summary.errors + summary.policies + denied > 0
    };
    Ok(Outcome::of(!all.reports.iter().any(stops)))
}

/// The shop as it was has errors, so that it can not all be compared.
fn only_partly(old: &Path) -> String {
    let old = old.display();
    format!(
        "`{old}` has errors: what an edit cuts off is told as far as it could be read. `duka check {old}` shows them."
    )
}

/// What is wrong with one of the shops. Settings that can not be read are a finding where programs read it; people are told
/// that one line.
fn judge(
    arguments: &Check,
    path: &Path,
    previous: Option<&ShopSource>,
    day: Option<i32>,
    mended: &mut Vec<String>,
) -> Result<Report, Failure> {
    if arguments.fix {
        mended.extend(mend(path, previous)?);
    }
    let mut report = findings::check(shop(path, arguments.registry.as_deref())?, previous);
    if let Err(unsound) = report.shop.settings_are_sound() {
        return if arguments.format == Format::Text { Err(unsound.into()) } else { Ok(report) };
    }
    let file = baseline_file(arguments, &report);
    if arguments.write_baseline.is_some() {
        Baseline::of(&report, &Baseline::read(&file)?).write(&file)?;
    }
    if arguments.baseline.is_some() && !file.is_file() {
        return Err(Failure::usage_with_help(
            format!("there is no file `{}`", file.display()),
            format!("`duka check {} --write-baseline={}` writes it.", path.display(), file.display()),
        ));
    }
    Baseline::read(&file)?.set_aside(&mut report);
    report.cost = day.and_then(|day| Some(Bill::of(compile(&report.shop.source).shop()?, day)));
    Ok(report)
}

/// The shop at `path`, with the registry of templates that was named in place of its own.
fn shop(path: &Path, registry: Option<&Path>) -> Result<Shop, Failure> {
    let mut shop = load::with_any_settings(path)?;
    let Some(registry) = registry else { return Ok(shop) };
    let text = std::fs::read_to_string(registry).map_err(|error| Failure::reading(registry, error))?;
    let source = &mut shop.source;
    match source.files.iter_mut().find(|file| file.kind == FileKind::TemplatesLock) {
        Some(file) => file.text = text,
        None => {
            let path = registry.display().to_string();
            source.files.insert(source.standard_from, SourceFile { path, text, kind: FileKind::TemplatesLock });
            source.standard_from += 1;
        }
    }
    Ok(shop)
}

/// Days since 1970-01-01 of `today` or a date.
fn day(written: &str) -> Result<i32, Failure> {
    const DAY_SECONDS: u64 = 24 * 60 * 60;
    if written != "today" {
        return parse_date(written).ok_or_else(|| {
            Failure::usage_with_help(format!("`{written}` is not a day"), "Write it like this: `--cost=2026-09-01`.")
        });
    }
    let passed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(i32::try_from(passed.as_secs() / DAY_SECONDS).unwrap_or(i32::MAX))
}

fn baseline_file(arguments: &Check, report: &Report) -> PathBuf {
    let named = arguments.baseline.as_ref().or(arguments.write_baseline.as_ref());
    // `--write-baseline` without a name.
    match named.filter(|file| file.as_os_str() != ".") {
        Some(file) => file.clone(),
        None => report.shop.folder.join(baseline::FILE),
    }
}

/// Applies safe fixes and writes the files, until there is none left. Returns what was done, for the user.
fn mend(path: &Path, previous: Option<&ShopSource>) -> Result<Vec<String>, Failure> {
    let mut done = Vec::new();
    for _ in 0..ROUNDS {
        let report = findings::check(load::with_any_settings(path)?, previous);
        let changes = fix::changes(&report);
        if changes.is_empty() {
            break;
        }
        for change in changes {
            let path = report.shop.path_of(change.file);
            std::fs::write(&path, change.text).map_err(|error| Failure::writing(&path, error))?;
            done.extend(change.titles.iter().map(|title| format!("{}: {title}", report.shop.name_of(change.file))));
        }
    }
    Ok(done)
}

fn print(arguments: &Check, all: &Judged, mended: &[String]) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    match arguments.format {
        Format::Text => {
            for line in mended {
                writeln!(out, "{} {line}", paint(terminal::GOOD, "mended"))?;
            }
            for report in &all.reports {
                out.write_all(report::text::render(report, arguments.all).as_bytes())?;
            }
        }
        Format::Json => out.write_all(report::json::render(all).as_bytes())?,
        Format::Sarif => out.write_all(report::sarif::render(all).as_bytes())?,
        Format::Github => out.write_all(report::github::render(all).as_bytes())?,
    }
    Ok(out.flush()?)
}
