//! `duka explore`: the shortest conversation for every transition that no test takes, as tests ready to keep; and payments
//! and orders whose news come twice or in another order, where that changes what is done, as tests that fail.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use duka_engine::simulate::coverage::{Seen, describe};
use duka_engine::simulate::deliveries;
use duka_engine::simulate::explore;
use duka_engine::simulate::test;

use crate::arguments::Explore;
use crate::failure::{Failure, Outcome};
use crate::playable::{self, Playable};
use crate::report::count;
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
    let Some(playable) = playable::open(&arguments.path)? else { return Ok(Outcome::Findings) };
    let Searched { playable, mut found, .. } = searched(playable, arguments.write);
    let fixture = playable.fixtures.values().next().cloned().unwrap_or_default();
    let deliveries = deliveries::explore(&playable.program, &fixture);
    let upset = deliveries.upset.len();
    found.tests.extend(deliveries.upset);
    let text = explore::as_test_file(&found.tests, playable.flow(), playable.first_fixture());
    let mut out = anstream::stdout();
    if arguments.write && !found.tests.is_empty() {
        let path = playable.shop.folder.join(FILE);
        std::fs::write(&path, text).map_err(|error| Failure::writing(&path, error))?;
        writeln!(out, "{} written to {}", count(found.tests.len(), "test"), path.display())?;
    } else if !found.tests.is_empty() {
        out.write_all(text.as_bytes())?;
    }
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
    } else if deliveries.tried > 0 {
        let tried = deliveries.tried;
        let line = format!(
            "{tried} times news of payments and orders came twice, late or swapped: the same was done each time"
        );
        let _ = writeln!(notes, "{}", paint(terminal::FAINT, line));
    }
    for way in &found.unreached {
        let tried = count(found.tried, "conversation");
        let line = format!("not reached in {tried}: {}", describe(&playable.program.shop, *way));
        let _ = writeln!(notes, "{}", paint(terminal::FAINT, line));
    }
    anstream::stderr().write_all(notes.as_bytes())?;
    Ok(Outcome::Fine)
}
