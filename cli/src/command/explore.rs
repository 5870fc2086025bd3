//! `duka explore`: the shortest conversation for every transition that no test takes, as tests ready to keep; and payments
//! and orders whose news come twice or in another order, where that changes what is done, as tests that fail.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use duka_dsl::FileId;
use duka_dsl::ast::TestFile;
use duka_engine::simulate::coverage::{Seen, describe};
use duka_engine::simulate::deliveries;
use duka_engine::simulate::explore;
use duka_engine::simulate::test;
use serde_json::{Value as Json, json};

use crate::arguments::{Explore, Listing};
use crate::failure::{Failure, Outcome};
use crate::load;
use crate::playable::{self, Playable};
use crate::report::{self, Judged, count};
use crate::terminal::{self, paint};

/// The file that `--write` adds to.
pub const FILE: &str = "explored.test.duka";

/// What a search has found.
pub struct Searched {
    pub playable: Playable,
    /// What the shop's own tests take.
    pub seen: Seen,
    /// How many of them fail: what they do not come to counts as not taken.
    pub failing: usize,
    /// Without the tests whose titles stand in the file already.
    pub found: explore::Exploration,
    /// The titles in the file of what was found: earlier searches have written them, and somebody may have edited the tests.
    kept: Vec<String>,
    /// The titles in the file whose tests do not take their way any more.
    strayed: Vec<String>,
}

/// Plays the shop's tests, then looks for what they do not take. `None`: the shop has errors.
pub fn search(path: &Path) -> Result<Option<Searched>, Failure> {
    Ok(playable::read(path)?.ok().map(searched))
}

/// What the shop's tests take, and how many fail.
pub fn played(playable: &Playable) -> (Seen, usize) {
    let mut seen = Seen::default();
    let mut failing = 0;
    for (_, file) in playable.tests() {
        for result in test::run(&playable.program, &playable.fixtures, &file, "") {
            failing += usize::from(result.failure.is_some());
            for trace in &result.traces {
                seen.add(&playable.program.shop, trace);
            }
        }
    }
    (seen, failing)
}

fn searched(playable: Playable) -> Searched {
    let (seen, failing) = played(&playable);
    let fixture = playable.fixtures.values().next().cloned().unwrap_or_default();
    let mut found = explore::explore(&playable.program, &fixture, &seen);
    let kept = kept(&playable);
    let (strayed, fresh) = found.tests.into_iter().partition::<Vec<_>, _>(|test| kept.contains(&test.title));
    found.tests = fresh;
    Searched { playable, seen, failing, found, kept, strayed: strayed.into_iter().map(|test| test.title).collect() }
}

impl Searched {
    /// Adds the tests to the file of what was found. `false`: there are none.
    pub fn keep(&self) -> Result<bool, Failure> {
        let Searched { playable, found, .. } = self;
        if !found.tests.is_empty() {
            playable.keep(&found.tests, &playable.shop.folder.join(FILE))?;
        }
        Ok(!found.tests.is_empty())
    }
}

fn kept(playable: &Playable) -> Vec<String> {
    let of_file = |(id, _): &(FileId, TestFile)| playable.shop.name_of(*id).ends_with(FILE);
    let tests = playable.tests().into_iter().filter(of_file).flat_map(|(_, file)| file.tests);
    tests.map(|test| test.title.value.to_string()).collect()
}

pub fn run(arguments: &Explore) -> Result<Outcome, Failure> {
    let mut out = anstream::stdout();
    load::shop(&arguments.path)?;
    let playable = match playable::judged(&arguments.path)? {
        Ok(playable) => playable,
        Err(report) => {
            match arguments.format {
                Listing::Text => playable::print(&report)?,
                Listing::Json => {
                    let judged = Judged { reports: vec![*report], ..Judged::default() };
                    out.write_all(report::json::render(&judged).as_bytes())?;
                }
            }
            return Ok(Outcome::Findings);
        }
    };
    let mut searched = searched(playable);
    let fixture = searched.playable.fixtures.values().next().cloned().unwrap_or_default();
    let deliveries = deliveries::explore(&searched.playable.program, &fixture);
    let tried = if deliveries.upset.is_empty() { deliveries.tried } else { 0 };
    let fresh = deliveries.upset.into_iter().filter(|test| !searched.kept.contains(&test.title));
    let passing = searched.found.tests.len();
    searched.found.tests.extend(fresh);
    let upset = searched.found.tests.len() - passing;
    let written = searched.playable.shop.folder.join(FILE);
    let writes = arguments.write && searched.keep()?;
    let Searched { playable, found, strayed, failing, .. } = searched;
    match arguments.format {
        Listing::Json => {
            let all = as_json(&playable, (&found, &strayed), deliveries.tried, (upset, failing));
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
            return Ok(Outcome::Fine);
        }
        Listing::Text if writes => {
            writeln!(out, "{} written to {}", count(found.tests.len(), "test"), written.display())?;
        }
        Listing::Text if found.tests.is_empty() => {}
        Listing::Text => {
            let text = explore::as_test_file(&found.tests, playable.flow(), playable.first_fixture());
            out.write_all(text.as_bytes())?;
        }
    }
    anstream::stderr().write_all(notes(&playable, (&found, &strayed), tried, (upset, failing)).as_bytes())?;
    Ok(Outcome::Fine)
}

/// `upset`: how many of the tests, the last ones, will fail; `failing`: how many of the shop's own do.
fn as_json(
    playable: &Playable,
    (found, strayed): (&explore::Exploration, &[String]),
    delivered: usize,
    (upset, failing): (usize, usize),
) -> Json {
    let passing = found.tests.len().saturating_sub(upset);
    let test = |(at, test): (usize, &explore::FoundTest)| json!({ "title": test.title, "lines": test.lines, "fails": at >= passing });
    let unreached = found.unreached.iter().map(|way| describe(&playable.program.shop, *way).to_string());
    json!({
        "flow": playable.flow(),
        "fixture": playable.first_fixture(),
        "tests": found.tests.iter().enumerate().map(test).collect::<Vec<_>>(),
        "unreached": unreached.collect::<Vec<_>>(),
        "strayed": strayed,
        "failing": failing,
        "tried": found.tried,
        "delivered": delivered,
    })
}

/// What is said beside the tests.
fn notes(
    playable: &Playable,
    (found, strayed): (&explore::Exploration, &[String]),
    delivered: usize,
    (upset, failing): (usize, usize),
) -> String {
    let mut notes = String::new();
    if failing > 0 {
        let (tests, fail) = (count(failing, "test"), if failing == 1 { "fails" } else { "fail" });
        let line = format!("{tests} of the shop {fail}: what comes after the line that fails counts as not taken.");
        let _ = writeln!(notes, "{} Mend that first: `duka test` shows it.", paint(terminal::BAD, line));
    }
    if found.tests.is_empty() && found.unreached.is_empty() && strayed.is_empty() {
        let _ = writeln!(notes, "{}", paint(terminal::GOOD, "Every transition is taken by a test."));
    }
    if upset > 0 {
        let tests = count(upset, "test");
        let _ = writeln!(
            notes,
            "{tests} at the end will fail: news of payments and orders that come twice, late or swapped change"
        );
        let _ = writeln!(notes, "what is done. Let `follow order` do what must not be lost.");
    } else if delivered > 0 {
        let line = format!(
            "{delivered} times news of payments and orders came twice, late or swapped: the same was done each time"
        );
        let _ = writeln!(notes, "{}", paint(terminal::FAINT, line));
    }
    for title in strayed {
        let line = format!("`{title}` stands in {FILE}, and its test does not take this way any more");
        let _ = writeln!(notes, "{}", paint(terminal::FAINT, line));
    }
    for way in &found.unreached {
        let tried = count(found.tried, "conversation");
        let line = format!("not reached in {tried}: {}", describe(&playable.program.shop, *way));
        let _ = writeln!(notes, "{}", paint(terminal::FAINT, line));
    }
    notes
}
