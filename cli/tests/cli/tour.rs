//! The five minutes of the README: what it says is printed is what a newcomer sees.

use crate::support::{Folder, Run, copy, duka_in, root};

/// The blocks of the tour, without their indentation.
fn blocks() -> Vec<Vec<String>> {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let (_, tour) = readme.split_once("## Five minutes").expect("it has a tour");
    let (tour, _) = tour.split_once("\n## ").expect("something follows the tour");
    let lines = |block: &str| block.lines().skip(1).map(|line| line.trim().to_string()).collect();
    tour.split("   ```").skip(1).step_by(2).map(lines).collect()
}

/// The block that holds `sign` must be in the output, line for line; `…` alone on its line leaves some out.
fn is_printed(sign: &str, run: &Run) {
    let block = blocks().into_iter().find(|lines| lines.iter().any(|line| line.contains(sign)));
    let block = block.unwrap_or_else(|| panic!("no block of the tour has `{sign}`"));
    let mut printed = run.out.lines().map(str::trim);
    let mut is_next = false;
    for wanted in block.iter().filter(|line| !line.is_empty()) {
        if wanted == "…" {
            is_next = false;
            continue;
        }
        let found = if is_next { printed.next() == Some(wanted) } else { printed.any(|line| line == wanted) };
        assert!(found, "the README says\n{wanted}\nwhere this is printed:\n{}", run.out);
        is_next = true;
    }
}

/// The boutique in a folder of its own, with one thing exchanged.
fn boutique(from: &str, to: &str) -> Folder {
    let folder = Folder::new();
    let shop = folder.path().join("examples/boutique");
    std::fs::create_dir_all(&shop).expect("a folder can be made");
    copy("examples/boutique", &shop);
    let flow = folder.read("examples/boutique/boutique.duka");
    assert_eq!(flow.matches(from).count(), 1, "`{from}` stands once in the boutique");
    folder.write("examples/boutique/boutique.duka", flow.replace(from, to));
    folder
}

#[test]
fn a_mistyped_target_is_told_as_the_readme_says() {
    let folder = boutique("Check out -> checkout", "Check out -> chekout");
    is_printed("error[D104]", &folder.duka(&["check", "examples/boutique"]));
}

#[test]
fn free_text_that_is_refused_is_told_as_the_readme_says() {
    let refused = "  if not consent.offers.given -> end\n  send cart_reminder\n  quiet 3 days";
    let folder = boutique(refused, "  say: Your bag is still here.\n  quiet 3 days");
    is_printed("error[D602]", &folder.duka(&["check", "examples/boutique"]));
}

#[test]
fn coverage_is_as_the_readme_says() {
    is_printed("Coverage of boutique", &duka_in(&root(), &["test", "examples/boutique", "--coverage"], ""));
}

#[test]
fn a_chat_goes_as_the_readme_says() {
    is_printed("customer: hi", &duka_in(&root(), &["chat", "examples/boutique"], "hi\n1\n"));
}
