//! `duka test`: plays a shop's conversation tests on the real engine, and says what they have not seen.

mod coverage;
mod goals;

use std::fmt::Write as _;
use std::io::Write as _;

use duka_dsl::FileId;
use duka_dsl::ast::TestFile;
use duka_dsl::span::LineIndex;
use duka_engine::simulate::coverage::Seen;
use duka_engine::simulate::test::{self, TestResult};
use serde_json::{Value as Json, json};

use crate::arguments::{Test, TestFormat};
use crate::command::chat;
use crate::failure::{Failure, Outcome};
use crate::load::Shop;
use crate::playable::{self, Playable};
use crate::report::{self, Judged, Report, count};
use crate::terminal::{self, paint};
use goals::Goals;

pub fn run(arguments: &Test) -> Result<Outcome, Failure> {
    let goals = Goals::parse(arguments.min.as_deref().unwrap_or(""))?;
    if let Some(file) = &arguments.record {
        return record(arguments, file);
    }
    let filter = arguments.filter.as_deref().unwrap_or("");
    let (mut fine, mut sound, mut played_tests) = (true, true, 0);
    let (mut shops, mut unread) = (Vec::new(), Vec::new());
    for path in &arguments.paths {
        let playable = match playable::judged(path) {
            Ok(Ok(playable)) => playable,
            Ok(Err(report)) => {
                fine = false;
                sound &= report.shop.settings_are_sound().is_ok();
                match arguments.format {
                    TestFormat::Text => tell(&report)?,
                    TestFormat::Json => shops.push(refused(&report)),
                    TestFormat::Github => {
                        let all = Judged { reports: vec![*report], unread: Vec::new() };
                        anstream::stdout().write_all(report::github::render(&all).as_bytes())?;
                    }
                }
                continue;
            }
            Err(failure) => {
                sound = false;
                crate::report_failure(&failure);
                let (message, help) = (failure.to_string(), failure.help());
                unread.push(json!({ "path": path.to_string_lossy(), "message": message, "help": help }));
                continue;
            }
        };
        let played = Played::all(playable, filter);
        played_tests += played.count();
        let missed = goals.missed(&played.coverage());
        fine &= played.failures() == 0 && missed.is_empty() && played.problems().is_empty();
        match arguments.format {
            TestFormat::Text => {
                let shown = played.text(arguments.coverage || !missed.is_empty(), &missed);
                anstream::stdout().write_all(shown.as_bytes())?;
            }
            TestFormat::Json => shops.push(played.json(&missed)),
            TestFormat::Github => anstream::stdout().write_all(played.github(&missed).as_bytes())?,
        }
    }
    if arguments.format == TestFormat::Json {
        let mut document = json!({ "version": 1, "shops": shops });
        if !unread.is_empty() {
            document["unread"] = Json::Array(unread);
        }
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        writeln!(anstream::stdout(), "{text}")?;
    }
    if fine && played_tests == 0 && !filter.is_empty() {
        anstream::eprintln!("No test has `{filter}` in its title.");
        fine = false;
    }
    Ok(if sound { Outcome::of(fine) } else { Outcome::Unread })
}

/// Tells people what stops a shop; settings that can not be read in one line.
fn tell(report: &Report) -> Result<(), Failure> {
    match report.shop.settings_are_sound() {
        Ok(()) => playable::print(report),
        Err(unsound) => {
            crate::report_failure(&unsound.into());
            Ok(())
        }
    }
}

/// A shop whose tests could not be played: what stops it.
fn refused(report: &Report) -> Json {
    let problems = report.open().map(|finding| {
        let diagnostic = &finding.diagnostic;
        json!({
            "place": place(&report.shop, diagnostic.span),
            "code": diagnostic.code.to_string(),
            "message": diagnostic.message,
            "help": diagnostic.help,
        })
    });
    json!({
        "path": report.shop.path.to_string_lossy(),
        "tests": [],
        "problems": problems.collect::<Vec<_>>(),
        "coverage": {},
        "missed": [],
    })
}

fn record(arguments: &Test, file: &std::path::Path) -> Result<Outcome, Failure> {
    let [path] = arguments.paths.as_slice() else {
        return Err(Failure::usage("a chat is recorded with one shop: name one folder"));
    };
    chat::may_hold_tests(file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Failure::Missing(folder.to_path_buf()));
    }
    let Some(playable) = playable::open(path)? else { return Ok(Outcome::Findings) };
    chat::talk(&playable, chat::Manner { record: Some(file.to_path_buf()), ..chat::Manner::default() })
}

/// What came of one shop's tests.
struct Played {
    playable: Playable,
    files: Vec<(FileId, TestFile, Vec<TestResult>)>,
    seen: Seen,
}

impl Played {
    fn all(playable: Playable, filter: &str) -> Played {
        let tests = playable.tests();
        let run = |file: &TestFile| test::run(&playable.program, &playable.fixtures, file, filter);
        let results: Vec<Vec<TestResult>> = std::thread::scope(|scope| {
            let running: Vec<_> = tests.iter().map(|(_, file)| scope.spawn(|| run(file))).collect();
            running.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
        });
        let mut seen = Seen::default();
        for trace in results.iter().flatten().flat_map(|result| &result.traces) {
            seen.add(&playable.program.shop, trace);
        }
        let files = tests.into_iter().zip(results).map(|((id, file), results)| (id, file, results)).collect();
        Played { playable, files, seen }
    }

    fn failures(&self) -> usize {
        self.files.iter().flat_map(|(_, _, results)| results).filter(|result| result.failure.is_some()).count()
    }

    fn count(&self) -> usize {
        self.files.iter().map(|(_, _, results)| results.len()).sum()
    }

    fn coverage(&self) -> Vec<coverage::Figure> {
        coverage::figures(&self.seen, &self.playable.program.shop)
    }

    /// Lines of test files that can not be read or name what is not there: such a test proves nothing.
    fn problems(&self) -> Vec<duka_dsl::Diagnostic> {
        let mut problems = Vec::new();
        for (id, file, _) in &self.files {
            problems.extend(duka_dsl::tests_file::read(*id, self.playable.shop.text_of(*id)).1);
            problems.extend(test::check_names(&self.playable.program.shop, file));
        }
        problems
    }

    fn text(&self, coverage: bool, missed: &[String]) -> String {
        let shop = &self.playable.shop;
        let mut out = String::new();
        for problem in self.problems() {
            let place = place(shop, problem.span);
            let help = problem.help.as_deref().map(|help| format!(" {help}")).unwrap_or_default();
            let _ = writeln!(out, "{} {place}: {}{help}", paint(terminal::BAD, "error"), problem.message);
        }
        for (id, _, results) in &self.files {
            let _ = writeln!(out, "{}", paint(terminal::STRONG, shop.name_of(*id)));
            results.iter().for_each(|result| show(&mut out, shop, result));
        }
        if coverage {
            out.push_str(&coverage::text(&self.seen, &self.playable.program.shop));
        }
        for goal in missed {
            let _ = writeln!(out, "{} {goal}", paint(terminal::BAD, "below the goal:"));
        }
        let (all, failed) = (self.count(), self.failures());
        let verdict = match (all, failed) {
            (0, _) => paint(terminal::WARN, "no tests"),
            (_, 0) => paint(terminal::GOOD, format!("{} passed", count(all, "test"))),
            (_, _) => paint(terminal::BAD, format!("{failed} of {} failed", count(all, "test"))),
        };
        let _ = writeln!(out, "{}: {verdict}", shop.title());
        out
    }

    /// One annotation for each failed test, each line that can not be read and each goal that was missed.
    fn github(&self, missed: &[String]) -> String {
        let shop = &self.playable.shop;
        let mut out = String::new();
        for problem in self.problems() {
            let (file, line) = file_and_line(shop, problem.span);
            out.push_str(&report::github::error(&file, line, "test", &problem.message));
        }
        let results = self.files.iter().flat_map(|(_, _, results)| results);
        for (result, failure) in results.filter_map(|result| Some((result, result.failure.as_ref()?))) {
            let (file, line) = file_and_line(shop, failure.span);
            let nearest = failure.nearest.as_ref().map(|nearest| format!("\nnearest: {nearest}")).unwrap_or_default();
            out.push_str(&report::github::error(&file, line, &result.title, &format!("{}{nearest}", failure.expected)));
        }
        for goal in missed {
            let _ = writeln!(out, "::error title={}::below the goal: {goal}", shop.title());
        }
        out
    }

    fn json(&self, missed: &[String]) -> Json {
        let shop = &self.playable.shop;
        let tests: Vec<Json> = self
            .files
            .iter()
            .flat_map(|(_, _, results)| results)
            .map(|result| {
                json!({
                    "title": result.title.as_str(),
                    "place": place(shop, result.span),
                    "passed": result.failure.is_none(),
                    "failure": result.failure.as_ref().map(|failure| json!({
                        "place": place(shop, failure.span),
                        "expected": failure.expected,
                        "nearest": failure.nearest,
                        "transcript": failure.transcript,
                    })),
                })
            })
            .collect();
        let problems: Vec<Json> = self
            .problems()
            .iter()
            .map(|problem| json!({ "place": place(shop, problem.span), "message": problem.message }))
            .collect();
        json!({
            "path": shop.path.to_string_lossy(),
            "tests": tests,
            "problems": problems,
            "coverage": coverage::json(&self.coverage()),
            "missed": missed,
        })
    }
}

/// `FILE:LINE`
fn place(shop: &Shop, span: duka_dsl::Span) -> String {
    let (file, line) = file_and_line(shop, span);
    format!("{file}:{line}")
}

fn file_and_line(shop: &Shop, span: duka_dsl::Span) -> (String, usize) {
    let text = shop.text_of(span.file);
    let (line, _) = LineIndex::new(text).line_column(text, span.start as usize);
    (shop.name_of(span.file), line)
}

fn show(out: &mut String, shop: &Shop, result: &TestResult) {
    let Some(failure) = &result.failure else {
        let _ = writeln!(out, "  {}    {}", paint(terminal::GOOD, "ok"), result.title);
        return;
    };
    let _ = writeln!(out, "  {}  {}", paint(terminal::BAD, "FAIL"), paint(terminal::STRONG, &result.title));
    let line = shop.text_of(failure.span.file).get(failure.span.range()).unwrap_or("").trim();
    let _ = writeln!(out, "        {}: `{line}`", place(shop, failure.span));
    let _ = writeln!(out, "        {}", failure.expected);
    if let Some(nearest) = &failure.nearest {
        let _ = writeln!(out, "        nearest: {nearest}");
    }
    for line in &failure.transcript {
        let _ = writeln!(out, "          {}", paint(terminal::FAINT, line));
    }
}
