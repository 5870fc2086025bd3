//! `duka check` with a shop that has one finding of each weight, in every format.

use std::process::Command;

use serde_json::Value;

use crate::support::{Folder, copy, duka, root};

/// A typo (an error), a price in a text (a policy), a state that nobody reaches (a warning).
const FLOW: &str = "\
duka 1
flow stall
  start welcome

use std.handoff
use std.stop

words
  human: agent, help
  stop: stop, unsubscribe

anywhere
  hears human <-> std.handoff
  hears stop <-> std.stop
  quiet 23 hours -> end
  failed <-> std.handoff
  lost -> welcome
  else: Please tap one of the choices. -> again

state welcome
  ask: Tea for KES 50?
  button yes: Yes -> welcom
  button no: No -> end

state attic
  ask: Who are you?
  button nobody: Nobody -> end
";

fn stall() -> Folder {
    let folder = Folder::new();
    folder
        .write("stall.duka", FLOW)
        .write("shop.yaml", "name: Tea stall\ncountry: KE\ncurrency: KES\nlanguages: [en]\n");
    folder
}

fn mended() -> String {
    FLOW.replace("-> welcom\n", "-> welcome\n").replace("Tea for KES 50?", "Tea?")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn people_see_the_line_and_what_to_do() {
    let run = stall().duka(&["check"]);
    assert_eq!(run.code, Some(1));
    for expected in [
        "error[D104]",
        "stall.duka:22:22",
        "button yes: Yes -> welcom",
        "^^^^^^",
        "Did you mean `welcome`?",
        "policy[D701]",
    ] {
        assert!(run.out.contains(expected), "{expected} is missing in:\n{}", run.out);
    }
}

#[test]
fn warnings_fail_only_when_asked() {
    let folder = stall();
    folder.write("stall.duka", mended());
    assert_eq!(folder.duka(&["check"]).code, Some(0));
    assert_eq!(folder.duka(&["check", "--deny", "warnings"]).code, Some(1));
}

#[test]
fn a_policy_is_waived_with_a_reason_only() {
    let folder = stall();
    let priced = FLOW.replace("-> welcom\n", "-> welcome\n");
    let waived = |reason: &str| priced.replace("  ask: Tea", &format!("  # duka: allow D701{reason}\n  ask: Tea"));
    folder.write("stall.duka", waived(""));
    assert_eq!(folder.duka(&["check"]).code, Some(1));
    folder.write("stall.duka", waived(" because tea costs the same for ever"));
    let run = folder.duka(&["check"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    assert!(run.out.contains("1 waived"), "{}", run.out);
}

#[test]
fn a_baseline_keeps_old_warnings_out_and_new_ones_in() {
    let folder = stall();
    folder.write("stall.duka", mended());
    assert_eq!(folder.duka(&["check", "--write-baseline", "--deny", "warnings"]).code, Some(0));
    let baseline = folder.read("duka.baseline");
    assert!(baseline.contains("D201 stall.duka\n  line: state attic\n  because: "), "{baseline}");
    // Lines above may come and go.
    folder.write("stall.duka", mended().replace("duka 1\n", "# A stall.\n\nduka 1\n"));
    assert_eq!(folder.duka(&["check", "--deny", "warnings"]).code, Some(0));
    folder.write("stall.duka", mended().replace("state attic", "state cellar"));
    assert_eq!(folder.duka(&["check", "--deny", "warnings"]).code, Some(1));
    // A reason that was written stays.
    folder.write("duka.baseline", baseline.replace("not looked at yet", "the attic opens in May"));
    folder.write("stall.duka", mended());
    folder.duka(&["check", "--write-baseline"]);
    assert!(folder.read("duka.baseline").contains("because: the attic opens in May"));
}

#[test]
fn what_is_settled_leaves_the_baseline() {
    let folder = stall();
    folder.write("stall.duka", mended());
    folder.duka(&["check", "--write-baseline"]);
    assert!(!folder.duka(&["check"]).out.contains("settled"));
    let without_attic = mended().split("\nstate attic").next().unwrap_or("").to_string();
    folder.write("stall.duka", without_attic);
    let run = folder.duka(&["check", "--deny", "warnings"]);
    assert!(run.code == Some(0) && run.out.contains("1 of the baseline settled"), "{}", run.out);
    folder.duka(&["check", "--write-baseline"]);
    assert!(!folder.read("duka.baseline").contains("D201"));
    assert!(!folder.duka(&["check"]).out.contains("settled"));
}

#[test]
fn a_line_that_moved_is_still_in_the_baseline_and_a_file_may_be_named() {
    let folder = stall();
    folder.write("stall.duka", mended());
    folder.duka(&["check", "--write-baseline=old.baseline"]);
    assert!(!folder.path().join("duka.baseline").exists());
    let (before, attic) =
        mended().split_once("\nstate attic").map(|(a, b)| (a.to_string(), b.to_string())).expect("it is there");
    folder.write("stall.duka", before.replace("state welcome", &format!("state attic{attic}\nstate welcome")));
    assert_eq!(folder.duka(&["check", "--baseline", "old.baseline", "--deny", "warnings"]).code, Some(0));
    assert_eq!(folder.duka(&["check", "--deny", "warnings"]).code, Some(1));
    let run = folder.duka(&["check", "--baseline", "none.baseline"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    assert!(run.err.contains("none.baseline"), "{}", run.err);
}

#[test]
fn errors_are_never_in_a_baseline() {
    let folder = stall();
    assert_eq!(folder.duka(&["check", "--write-baseline"]).code, Some(1));
    assert!(!folder.read("duka.baseline").contains("D104"));
}

#[test]
fn broken_settings_are_one_message() {
    let folder = stall();
    for (settings, message) in
        [("name: [", "shop.yaml"), ("name: Tea stall\n", "`shop.yaml`, line 1"), ("a\tb: c", "shop.yaml")]
    {
        folder.write("shop.yaml", settings);
        for command in ["check", "test", "draw", "chat", "explore"] {
            let run = folder.duka(&[command]);
            assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
            assert!(run.err.contains(message) && run.err.lines().count() <= 2, "{}", run.err);
        }
    }
}

#[test]
fn programs_read_broken_settings_as_a_finding() {
    let folder = stall();
    for (settings, line) in [("name: Tea stall\ncountry: KE\ncurrency: DOLLARS\nlanguages: [en]\n", 3), ("name: [", 1)]
    {
        folder.write("shop.yaml", settings);
        let run = folder.duka(&["check", "--format", "json"]);
        let finding = &parsed(&run.out)["shops"][0]["findings"][0];
        assert_eq!(
            (run.code, &finding["file"], &finding["start"]["line"]),
            (Some(2), &"shop.yaml".into(), &line.into())
        );
        let run = folder.duka(&["check", "--format", "github"]);
        let place = format!("::error file=shop.yaml,line={line},");
        assert!(run.code == Some(2) && run.out.starts_with(&place), "{run:?}");
        let run = folder.duka(&["check", "--format", "sarif"]);
        let place = &parsed(&run.out)["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!((run.code, &place["artifactLocation"]["uri"]), (Some(2), &"shop.yaml".into()));
        let run = folder.duka(&["test", "--format", "json"]);
        let problem = &parsed(&run.out)["shops"][0]["problems"][0];
        assert_eq!((run.code, &problem["place"]), (Some(2), &format!("shop.yaml:{line}").into()));
    }
}

#[test]
fn a_folder_that_is_no_shop_does_not_hide_the_others() {
    let folder = Folder::new();
    folder.write("shops/carriers/notes.txt", "none").write("shops/stall/stall.duka", FLOW);
    let run = folder.duka(&["check", "shops/carriers", "shops/stall"]);
    assert!(run.code == Some(2) && run.out.contains("error[D104]"), "{run:?}");
    assert!(run.err.contains("there is no shop in `shops/carriers`"), "{}", run.err);
    let run = folder.duka(&["check", "shops/carriers", "shops/stall", "--format", "json"]);
    let all = parsed(&run.out);
    assert_eq!(
        (&all["shops"][0]["path"], &all["unread"][0]["path"]),
        (&"shops/stall".into(), &"shops/carriers".into())
    );
    let run = folder.duka(&["check", "shops/carriers", "shops/stall", "--format", "github"]);
    assert!(run.out.starts_with("::error title=shops/carriers::there is no shop in"), "{}", run.out);
    let run = folder.duka(&["check", "shops/carriers", "shops/stall", "--format", "sarif"]);
    assert_eq!(parsed(&run.out)["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn a_fixture_that_can_not_be_read_stops_what_plays_with_it() {
    let folder = Folder::new();
    copy("examples/boutique", folder.path());
    let whole = folder.read("fixtures/zuri.yaml");
    folder.write("fixtures/zuri.yaml", "categories:\n  - : [\n");
    for command in ["check", "chat", "test", "explore"] {
        let run = folder.duka(&[command]);
        assert!(run.code == Some(1) && run.out.contains("fixtures/zuri.yaml:2:"), "{command}: {run:?}");
    }
    folder.write("fixtures/zuri.yaml", whole.replace("products:", "prodcts:"));
    let run = folder.duka(&["test"]);
    assert!(run.code == Some(1) && run.out.contains("Did you mean `products`?"), "{run:?}");
    std::fs::remove_file(folder.path().join("fixtures/zuri.yaml")).expect("it is there");
    for command in ["check", "test"] {
        let run = folder.duka(&[command]);
        assert!(
            run.code == Some(1) && run.out.matches("There is no fixture `fixtures/zuri.yaml`").count() == 1,
            "{run:?}"
        );
        assert!(run.out.contains("boutique.test.duka:2:"), "{}", run.out);
    }
}

#[test]
fn a_broken_baseline_is_named() {
    let folder = stall();
    folder.write("duka.baseline", "what is this");
    let run = folder.duka(&["check"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("duka.baseline"), "{}", run.err);
}

#[test]
fn safe_fixes_are_made_and_the_rest_is_shown() {
    let folder = stall();
    folder.write("stall.duka", mended().replace("duka 1\n", ""));
    let run = folder.duka(&["check", "--fix"]);
    assert!(folder.read("stall.duka").starts_with("duka 1\n"), "{}", run.out);
    assert!(run.out.contains("mended"), "{}", run.out);
    assert_eq!(folder.duka(&["check"]).code, Some(0));
    // What is right stays as it is, to the byte; what needs a decision is left alone.
    let flow = folder.read("stall.duka");
    assert!(!folder.duka(&["check", "--fix"]).out.contains("mended"));
    assert_eq!(folder.read("stall.duka"), flow);
    folder.write("stall.duka", FLOW);
    assert_eq!(folder.duka(&["check", "--fix"]).code, Some(1));
    assert_eq!(folder.read("stall.duka"), FLOW);
}

#[test]
fn programs_read_json() {
    let document = parsed(&stall().duka(&["check", "--format", "json"]).out);
    let shop = &document["shops"][0];
    assert_eq!((document["version"].as_u64(), shop["summary"]["errors"].as_u64()), (Some(1), Some(1)));
    let first = &shop["findings"][0];
    assert_eq!((first["code"].as_str(), first["level"].as_str()), (Some("D104"), Some("error")));
    assert_eq!((first["file"].as_str(), first["start"]["line"].as_u64()), (Some("stall.duka"), Some(22)));
    assert_eq!(first["fix"]["edits"][0]["text"].as_str(), Some("welcome"));
}

#[test]
fn github_reads_annotations() {
    let run = stall().duka(&["check", "--format", "github"]);
    let first = run.out.lines().next().unwrap_or("");
    assert!(first.starts_with("::error file=stall.duka,line=22,endLine=22,col=22,"), "{first}");
    assert!(run.out.contains("title=D701 typed-price::"), "{}", run.out);
}

#[test]
fn costs_are_counted_by_the_rules_of_a_day() {
    let run = duka(&["check", "examples/boutique", "--cost=2026-11-21"]);
    assert_eq!(run.code, Some(0));
    for expected in
        ["rules since 2026-10-01, read on 2026-", "a paid order, by the shortest way          7", "cart_reminder"]
    {
        assert!(run.out.contains(expected), "{expected} is missing in:\n{}", run.out);
    }
    let json = |day: &str| {
        let run = duka(&["check", "examples/boutique", "--format", "json", &format!("--cost={day}")]);
        parsed(&run.out)["shops"][0]["cost"].clone()
    };
    let (before, after) = (json("2026-09-30"), json("2026-10-01"));
    assert_eq!(
        (&before["rules_since"], &after["rules_since"]),
        (&Value::from("2025-07-01"), &Value::from("2026-10-01"))
    );
    let service = |bill: &Value| bill["flows"][0]["order"]["service"].as_u64();
    assert_eq!((service(&before), service(&after)), (Some(0), Some(7)));
    assert_eq!(parsed(&duka(&["check", "examples/empty", "--format", "json"]).out)["shops"][0].get("cost"), None);
    assert!(duka(&["check", "examples/empty", "--cost"]).out.contains("a turn, at most"));
}

#[test]
fn costs_of_no_day_and_in_no_place_are_refused() {
    let run = duka(&["check", "examples/empty", "--cost=monday"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.contains("`monday` is not a day"), "{}", run.err);
    let run = duka(&["check", "examples/empty", "--cost", "--format", "sarif"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
}

#[test]
fn what_an_edit_cuts_off_is_told_once() {
    let folder = Folder::new();
    for name in ["before", "after"] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder can be made");
        copy("examples/boutique", &folder.path().join(name));
    }
    let same = folder.duka(&["check", "after", "--against", "before"]);
    assert!(same.code == Some(0) && !same.out.contains("D203"), "{}", same.out);
    let flow = folder.read("after/boutique.duka");
    folder.write("after/boutique.duka", flow.replace("  button checkout: Check out -> checkout\n", ""));
    for language in ["sw", "ar"] {
        let texts = folder.read(&format!("after/boutique.{language}.duka"));
        let kept: Vec<&str> = texts.lines().filter(|line| !line.starts_with("bag.checkout:")).collect();
        folder.write(&format!("after/boutique.{language}.duka"), kept.join("\n"));
    }
    let run = folder.duka(&["check", "after", "--against", "before"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    for expected in ["warning[D203]", "13 states can not be reached", "and 5 more", "from `bag` to `checkout` is gone"]
    {
        assert!(run.out.contains(expected), "{expected} is missing in:\n{}", run.out);
    }
    assert!(!run.out.contains("D201"), "{}", run.out);
    // Without the shop as it was, it is one missing arrow.
    let alone = folder.duka(&["check", "after"]).out;
    assert_eq!(alone.matches("[D201]").count(), 1, "{alone}");
    assert!(alone.contains("Nothing leads to `checkout`, nor to what is behind it: `address`, `zone`"), "{alone}");
    // The shop's own level counts.
    folder.write("after/shop.yaml", folder.read("after/shop.yaml") + "\nrules:\n  D203: error\n");
    assert_eq!(folder.duka(&["check", "after", "--against", "before"]).code, Some(1));
}

#[test]
fn a_shop_to_compare_with_that_has_errors_is_told_of() {
    let folder = stall();
    folder.write("stall.duka", mended()).write("old/stall.duka", FLOW).write("old/shop.yaml", folder.read("shop.yaml"));
    let alone = folder.duka(&["check", "stall.duka"]);
    let run = folder.duka(&["check", "stall.duka", "--against", "old"]);
    assert_eq!((run.code, &run.out), (alone.code, &alone.out), "what was wrong before fails nothing now");
    assert!(
        run.err.contains("note: `old` has errors") && run.err.contains("`duka check old` shows them"),
        "{}",
        run.err
    );
    folder.write("old/stall.duka", mended());
    assert_eq!(folder.duka(&["check", "stall.duka", "--against", "old"]).err, "");
}

#[test]
fn a_file_out_of_form_says_how_its_first_line_is_written() {
    let cases = [
        ("state welcome\n", "state  welcome\n", "Write the line as `state welcome`."),
        ("\nstate welcome\n", "state welcome\n", "An empty line belongs here."),
        ("duka 1\n", "\n\nduka 1\n", "Take this empty line out."),
        ("\nstate welcome\n", "\n\nstate welcome\n", "Take this empty line out."),
        ("duka 1\n", "duka 1\r\n", "End the line with LF alone, not with CR LF."),
    ];
    for (right, wrong, said) in cases {
        let folder = stall();
        assert!(mended().contains(right), "{right}");
        folder.write("stall.duka", mended().replacen(right, wrong, 1));
        let run = folder.duka(&["check", "stall.duka"]);
        let whole = format!("{said} `duka fmt` writes the whole file so.");
        assert!(run.out.contains("warning[D917]") && run.out.contains(&whole), "{whole}\n{}", run.out);
    }
}

#[test]
fn a_shop_to_compare_with_that_can_not_be_read_is_named() {
    let folder = stall();
    folder.write("old/stall.duka", mended()).write("old/shop.yaml", "name: [");
    for (old, message) in [("nowhere", "`nowhere`"), ("old", "shop.yaml")] {
        let run = folder.duka(&["check", "stall.duka", "--against", old]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
        assert!(run.err.contains(message), "{}", run.err);
    }
}

/// The official schema comes with the crate that writes the format.
fn sarif_schema() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let rustc = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc knows its host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .expect("cargo runs, it runs this test");
    let metadata = parsed(&String::from_utf8_lossy(&output.stdout));
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").expect("the crate is used");
    let manifest = std::path::PathBuf::from(package["manifest_path"].as_str().expect("it has a path"));
    let schema = manifest.with_file_name("src").join("schema.json");
    let schema = std::fs::read_to_string(schema).expect("the crate has the schema");
    // A pattern of the official schema has a bracket too many, which only lenient readers of patterns forgive.
    parsed(&schema.replace("-[a-zA-Z]{2}]?$", "(-[a-zA-Z]{2})?$"))
}

#[test]
fn sarif_is_valid() {
    let schema = sarif_schema();
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let folder = stall();
    let with_conversation =
        FLOW.replace("state attic", "state attic was loft").replace("quiet 23 hours", "quiet 25 hours");
    for flow in [FLOW, &with_conversation, &mended(), "duka 1\n"] {
        folder.write("stall.duka", flow);
        let sarif = parsed(&folder.duka(&["check", "--format", "sarif"]).out);
        let wrong: Vec<String> = validator.iter_errors(&sarif).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(sarif["version"], "2.1.0");
    }
    let all = parsed(&duka(&["check", "examples/boutique", "examples/grocery", "--format", "sarif"]).out);
    assert!(validator.is_valid(&all));
}

#[test]
fn the_examples_are_clean() {
    for shop in ["boutique", "grocery", "restaurant", "empty"] {
        let run = duka(&["check", &format!("examples/{shop}")]);
        assert_eq!(run.code, Some(0), "{}", run.out);
    }
}

#[test]
fn a_field_that_a_hooks_parameter_does_not_have_is_found_where_it_is_asked_for() {
    let folder = Folder::new();
    copy("examples/boutique", folder.path());
    let hooks = folder.read("hooks.rhai");
    let asked = "
/// dear(item: product, bag: cart) -> yes_no
fn dear(item, bag) {
    for line in bag.lines {
        if line.quantty > 3 && line.name.len > 2 { return true; }
    }
    let other = item;
    item.name.contains(\"silk\") || item.prise.amount > 3 || other.whatever == 1
}

/// noted(item: product) -> text
fn noted(item) { item.note = \"seen\"; item.note }
";
    folder.write("hooks.rhai", format!("{hooks}{asked}"));
    let run = folder.duka(&["check"]);
    assert_eq!(run.out.matches("error[D108]").count(), 2, "{}", run.out);
    for (message, place) in
        [("has no `quantty`.", "hooks.rhai:7:17"), ("A product has no `prise`.", "hooks.rhai:10:40")]
    {
        assert!(run.out.contains(message) && run.out.contains(place), "{message} {place} in {}", run.out);
    }
    assert!(run.out.contains("Did you mean `price`?"), "{}", run.out);
}
