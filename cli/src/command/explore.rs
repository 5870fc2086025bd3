//! `duka explore`: the shortest conversation for every transition that no test takes, as tests ready to keep; and payments
//! and orders whose news come twice or in another order, where that changes what is done, as tests that fail.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

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

/// The file that `--write` makes.
pub const FILE: &str = "explored.test.duka";

/// What a search has found.
pub struct Searched {
    pub playable: Playable,
    /// What the shop's own tests take.
    pub seen: Seen,
    pub found: explore::Exploration,
}

/// Plays the shop's tests, then looks for what they do not take. `None`: the shop has errors.
pub fn search(path: &Path) -> Result<Option<Searched>, Failure> {
    let Some(playable) = playable::read(path)?.ok() else { return Ok(None) };
    Ok(Some(searched(playable, true)))
}

/// `anew`: without the tests that an earlier search has written.
fn searched(playable: Playable, anew: bool) -> Searched {
    let mut seen = Seen::default();
    for (id, file) in playable.tests() {
        // Found again, so that the file stays whole when it is written anew.
        if anew && playable.shop.name_of(id).ends_with(FILE) {
            continue;
        }
        for result in test::run(&playable.program, &playable.fixtures, &file, "") {
            for trace in &result.traces {
                seen.add(&playable.program.shop, trace);
            }
        }
    }
    let fixture = playable.fixtures.values().next().cloned().unwrap_or_default();
    let found = explore::explore(&playable.program, &fixture, &seen);
    Searched { playable, seen, found }
}

impl Searched {
    /// The tests as a file. `None`: there are none.
    pub fn text(&self) -> Option<String> {
        let Searched { playable, found, .. } = self;
        let text = || explore::as_test_file(&found.tests, playable.flow(), playable.first_fixture());
        (!found.tests.is_empty()).then(text)
    }
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
    let Searched { playable, mut found, .. } = searched(playable, arguments.write);
    let fixture = playable.fixtures.values().next().cloned().unwrap_or_default();
    let deliveries = deliveries::explore(&playable.program, &fixture);
    let upset = deliveries.upset.len();
    found.tests.extend(deliveries.upset);
    let text = explore::as_test_file(&found.tests, playable.flow(), playable.first_fixture());
    let written = playable.shop.folder.join(FILE);
    let writes = arguments.write && !found.tests.is_empty();
    if writes {
        std::fs::write(&written, &text).map_err(|error| Failure::writing(&written, error))?;
    }
    match arguments.format {
        Listing::Json => {
            let all = as_json(&playable, &found, deliveries.tried, upset);
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
            return Ok(Outcome::Fine);
        }
        Listing::Text if writes => {
            writeln!(out, "{} written to {}", count(found.tests.len(), "test"), written.display())?;
        }
        Listing::Text if found.tests.is_empty() => {}
        Listing::Text => out.write_all(text.as_bytes())?,
    }
    anstream::stderr().write_all(notes(&playable, &found, deliveries.tried, upset).as_bytes())?;
    Ok(Outcome::Fine)
}

/// `upset`: how many of the tests, the last ones, will fail.
fn as_json(playable: &Playable, found: &explore::Exploration, delivered: usize, upset: usize) -> Json {
    let passing = found.tests.len().saturating_sub(upset);
    let test = |(at, test): (usize, &explore::FoundTest)| json!({ "title": test.title, "lines": test.lines, "fails": at >= passing });
    let unreached = found.unreached.iter().map(|way| describe(&playable.program.shop, *way).to_string());
    json!({
        "flow": playable.flow(),
        "fixture": playable.first_fixture(),
        "tests": found.tests.iter().enumerate().map(test).collect::<Vec<_>>(),
        "unreached": unreached.collect::<Vec<_>>(),
        "tried": found.tried,
        "delivered": delivered,
    })
}

/// What is said beside the tests.
fn notes(playable: &Playable, found: &explore::Exploration, delivered: usize, upset: usize) -> String {
    let mut notes = String::new();
    if found.tests.is_empty() && found.unreached.is_empty() {
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
    for way in &found.unreached {
        let tried = count(found.tried, "conversation");
        let line = format!("not reached in {tried}: {}", describe(&playable.program.shop, *way));
        let _ = writeln!(notes, "{}", paint(terminal::FAINT, line));
    }
    notes
}
