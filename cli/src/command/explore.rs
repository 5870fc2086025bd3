//! `duka explore`: the shortest conversation for every transition that no test takes, as tests ready to keep; and payments
//! and orders whose news come twice or in another order, where that changes what is done, as tests that fail.

use std::fmt::Write as _;
use std::io::Write as _;

use duka_engine::simulate::coverage::{Seen, describe};
use duka_engine::simulate::deliveries;
use duka_engine::simulate::explore;
use duka_engine::simulate::test;

use crate::arguments::Explore;
use crate::failure::{Failure, Outcome};
use crate::playable;
use crate::report::count;
use crate::terminal::{self, paint};

/// The file that `--write` makes.
const FILE: &str = "explored.test.duka";

pub fn run(arguments: &Explore) -> Result<Outcome, Failure> {
    let Some(playable) = playable::open(&arguments.path)? else { return Ok(Outcome::Findings) };
    let mut seen = Seen::default();
    for (id, file) in playable.tests() {
        // Found again, so that the file stays whole when it is written anew.
        if arguments.write && playable.shop.name_of(id).ends_with(FILE) {
            continue;
        }
        for result in test::run(&playable.program, &playable.fixtures, &file, "") {
            for trace in &result.traces {
                seen.add(&playable.program.shop, trace);
            }
        }
    }
    let fixture = playable.fixtures.values().next().cloned().unwrap_or_default();
    let mut found = explore::explore(&playable.program, &fixture, &seen);
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
        let line = format!("not reached in {} conversations: {}", found.tried, describe(&playable.program.shop, *way));
        let _ = writeln!(notes, "{}", paint(terminal::FAINT, line));
    }
    anstream::stderr().write_all(notes.as_bytes())?;
    Ok(Outcome::Fine)
}
