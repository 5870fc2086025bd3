//! `duka test`, `explore`, `chat`, `draw`, `fmt`, `convert`, `explain`, `schema` on the examples.

use crate::support::{Folder, copy, duka, duka_in, root};

/// The boutique in a folder of its own, to be changed.
fn boutique() -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("boutique")).expect("a folder can be made");
    copy("examples/boutique", &folder.path().join("boutique"));
    folder
}

#[test]
fn the_boutiques_tests_pass_and_reach_their_goals() {
    let run = duka(&["test", "examples/boutique", "--coverage", "--min", "transitions=90,states=100"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    assert!(run.out.contains("Coverage of boutique"), "{}", run.out);
}

#[test]
fn one_file_of_tests_is_played_alone() {
    let run = duka(&["test", "examples/boutique/silence.test.duka"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    assert!(run.out.contains("ok    silence in pay") && !run.out.contains("boutique.test.duka"), "{}", run.out);
    let run = duka(&["test", "flows/std/hours.test.duka"]);
    assert!(run.code == Some(0) && run.out.contains("3 tests passed"), "{}", run.out);
    // What is wrong with a translation is seen with its flow.
    let folder = boutique();
    folder.write(
        "boutique/boutique.sw.duka",
        folder.read("boutique/boutique.sw.duka").replace("quantity.ask", "quantiy.ask"),
    );
    assert_eq!(folder.duka(&["check", "boutique/boutique.sw.duka"]).code, Some(1));
}

#[test]
fn a_goal_that_is_missed_fails() {
    let run = duka(&["test", "examples/empty", "--filter", "greeted", "--min", "transitions=100"]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.out.contains("below the goal: transitions"), "{}", run.out);
}

#[test]
fn a_red_test_shows_the_conversation_and_what_was_expected() {
    let folder = boutique();
    let tests = "tests for boutique\n  given shop fixtures/zuri.yaml\n\ntest tea\n  customer: hi\n  shop: Would you like tea?\n";
    folder.write("boutique/boutique.test.duka", tests);
    let run = folder.duka(&["test", "boutique"]);
    assert_eq!(run.code, Some(1));
    for expected in ["FAIL  tea", "boutique.test.duka:6: `shop: Would you like tea?`", "customer: hi", "shop: Karibu"] {
        assert!(run.out.contains(expected), "{expected} is missing in:\n{}", run.out);
    }
    let json: serde_json::Value =
        serde_json::from_str(&folder.duka(&["test", "boutique", "--format", "json"]).out).expect("JSON");
    assert_eq!(json["shops"][0]["tests"][0]["passed"].as_bool(), Some(false));
}

#[test]
fn a_shop_with_errors_is_not_played() {
    let folder = boutique();
    let flow = folder.read("boutique/boutique.duka").replace("-> checkout\n", "-> chekout\n");
    folder.write("boutique/boutique.duka", flow);
    for command in ["test", "chat", "explore"] {
        let run = folder.duka(&[command, "boutique"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.out.contains("chekout"), "{}", run.out);
    }
    let run = folder.duka(&["explore", "boutique", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((run.code, &all["shops"][0]["findings"][0]["code"]), (Some(1), &"D104".into()), "{}", run.out);
}

#[test]
fn what_explore_writes_are_tests_that_pass() {
    let folder = boutique();
    let tests = "tests for boutique\n  given shop fixtures/zuri.yaml\n\ntest hello\n  customer: hi\n";
    folder.write("boutique/boutique.test.duka", tests);
    let json = folder.duka(&["explore", "boutique", "--format", "json"]);
    assert_eq!((json.code, json.err.as_str()), (Some(0), ""), "{json:?}");
    let all: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let run = folder.duka(&["explore", "boutique", "--write"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let written = folder.read("boutique/explored.test.duka");
    let tests = all["tests"].as_array().expect("a list");
    assert!(tests.len() > 20 && tests.len() == written.matches("\ntest ").count(), "{}", tests.len());
    assert!(tests.iter().all(|test| written.contains(&format!("\ntest {}\n", test["title"].as_str().unwrap_or("")))));
    let run = folder.duka(&["test", "boutique", "--min", "transitions=80"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
}

#[test]
fn what_explore_has_written_and_somebody_has_edited_stays() {
    let folder = boutique();
    let tests = "tests for boutique\n  given shop fixtures/zuri.yaml\n\ntest hello\n  customer: hi\n";
    folder.write("boutique/boutique.test.duka", tests);
    folder.duka(&["explore", "boutique", "--write"]);
    let written = folder.read("boutique/explored.test.duka");
    let again = folder.duka(&["explore", "boutique", "--write"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(folder.read("boutique/explored.test.duka"), written, "nothing is left to be found");
    // One is edited, another is taken away, and that one alone comes back.
    let (edited, last) = written.rsplit_once("\ntest ").expect("tests");
    let edited = edited.replacen("\ntest ", "\n# Ours.\ntest ours: ", 1);
    folder.write("boutique/explored.test.duka", edited.clone());
    let run = folder.duka(&["explore", "boutique", "--write"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let after = folder.read("boutique/explored.test.duka");
    assert!(after.starts_with(edited.trim_end()), "{after}");
    assert!(after.contains(&format!("\ntest {last}")), "{last}\n{after}");
}

#[test]
fn a_test_that_was_edited_off_its_way_is_not_written_a_second_time() {
    let folder = boutique();
    let tests = "tests for boutique\n  given shop fixtures/zuri.yaml\n\ntest hello\n  customer: hi\n";
    folder.write("boutique/boutique.test.duka", tests);
    folder.duka(&["explore", "boutique", "--write"]);
    let written = folder.read("boutique/explored.test.duka");
    let (before, last) = written.rsplit_once("\ntest ").expect("tests");
    let title = last.lines().next().expect("a title");
    let edited = format!("{before}\ntest {title}\n  customer: hi\n");
    folder.write("boutique/explored.test.duka", &edited);
    let run = folder.duka(&["explore", "boutique", "--write"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains(&format!("`{title}` stands in explored.test.duka")), "{}", run.err);
    let after = folder.read("boutique/explored.test.duka");
    assert_eq!(after.matches(&format!("\ntest {title}\n")).count(), 1, "{after}");
}

#[test]
fn who_reads_while_explore_writes_reads_one_whole_file() {
    let folder = boutique();
    let tests = "tests for boutique\n  given shop fixtures/zuri.yaml\n\ntest hello\n  customer: hi\n";
    folder.write("boutique/boutique.test.duka", tests).write("boutique/explored.test.duka", tests);
    let place = folder.path().join("boutique/explored.test.duka");
    std::fs::hard_link(place, folder.path().join("open")).expect("a second name");
    let run = folder.duka(&["explore", "boutique", "--write"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(folder.read("boutique/explored.test.duka").starts_with(tests));
    assert_eq!(folder.read("open"), tests, "another file has taken the place");
    let beside = std::fs::read_dir(folder.path().join("boutique")).expect("a folder").flatten();
    let hidden = beside.filter(|file| file.file_name().to_string_lossy().starts_with('.')).count();
    assert_eq!(hidden, 0, "nothing is left beside it");
}

#[test]
fn a_shop_that_is_not_there_hides_no_test_of_the_others() {
    let run = duka(&["test", "examples/empty", "no-such-shop", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((run.code, &all["shops"][0]["tests"][0]["passed"]), (Some(2), &true.into()), "{run:?}");
    assert_eq!(all["unread"][0]["path"], "no-such-shop");
    assert_eq!(all["unread"][0]["message"], "there is no file or folder `no-such-shop`");
    let run = duka(&["test", "no-such-shop", "examples/empty"]);
    assert!(run.code == Some(2) && run.out.contains("passed") && run.err.contains("`no-such-shop`"), "{run:?}");
}

#[test]
fn a_chat_without_a_terminal_takes_a_line_for_a_message() {
    let typed = "hi\nShop\n/undo\n/state\n/wait 26 hours\n/dance\n/wait a while\n/quit\nnever read\n";
    let run = duka_in(&root(), &["chat", "examples/boutique"], typed);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    for expected in ["customer: hi\nshop: Karibu", "1 Shop", "state  welcome", "There is no /dance"] {
        assert!(run.out.contains(expected), "{expected} is missing in:\n{}", run.out);
    }
    assert!(!run.out.contains("never read"));
}

#[test]
fn a_chat_says_in_words_where_it_is_and_why() {
    let typed = "hi\nShop\n/why\n/wait 26 hours\n/expect cart.count == 2\n/language xx\n";
    let run = duka_in(&root(), &["chat", "examples/boutique"], typed);
    for expected in [
        "`button shop: Shop -> categories`: this is what happened",
        "Nothing is said. The conversation has ended.",
        "`cart.count == 2` was to hold (it is no)",
        "the shop does not speak `xx` (it speaks en, ",
    ] {
        assert!(run.out.contains(expected), "{expected} is missing in:\n{}", run.out);
    }
}

#[test]
fn a_form_is_filled_field_by_field() {
    let typed = "/start at address\nAmina\nBiashara Street 4\nKilimani\n\n/state\n";
    let run = duka_in(&root(), &["chat", "examples/boutique"], typed);
    assert!(run.out.contains("fill name = Amina; street = Biashara Street 4; town = Kilimani"), "{}", run.out);
    assert!(run.out.contains("state  confirm"), "{}", run.out);
}

#[test]
fn a_recorded_chat_is_a_test_that_passes() {
    let folder = boutique();
    let typed = "hi\nShop\nDresses\n/record boutique/chat.test.duka\n";
    let run = duka_in(folder.path(), &["chat", "boutique"], typed);
    assert_eq!(run.code, Some(0), "{run:?}");
    duka_in(folder.path(), &["test", "boutique", "--record", "boutique/chat.test.duka"], "hi\nhelp\n");
    assert_eq!(folder.read("boutique/chat.test.duka").matches("\ntest ").count(), 2);
    let run = folder.duka(&["test", "boutique", "--filter", "a customer says"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    assert!(run.out.contains("2 tests passed"), "{}", run.out);
}

#[test]
fn a_filter_that_fits_no_test_proves_nothing() {
    let run = boutique().duka(&["test", "boutique", "--filter", "zzz"]);
    assert!(run.code == Some(1) && run.err.contains("No test has `zzz` in its title."), "{run:?}");
}

#[test]
fn a_failed_test_is_an_annotation_of_its_line() {
    let folder = boutique();
    let tests = "tests for boutique\n  given shop fixtures/zuri.yaml\n\ntest tea\n  customer: hi\n  shop: Would you like tea?\n";
    folder.write("boutique/tea.test.duka", tests);
    let run = folder.duka(&["test", "boutique", "--format", "github"]);
    let place = "::error file=boutique/tea.test.duka,line=6,title=tea::";
    assert!(run.code == Some(1) && run.out.starts_with(place) && run.out.lines().count() == 1, "{run:?}");
}

#[test]
fn drawings_name_every_state() {
    for format in ["mermaid", "dot", "svg"] {
        let run = duka(&["draw", "examples/boutique", "--format", format]);
        assert_eq!(run.code, Some(0), "{run:?}");
        for state in ["welcome", "checkout", "pay_expired", "return_photo", "anywhere", "follow order"] {
            assert!(run.out.contains(state), "{state} is missing in {format}");
        }
        assert_eq!(
            run.out,
            duka(&["draw", "examples/boutique", "--format", format]).out,
            "a drawing is the same each time"
        );
    }
}

#[test]
fn a_drawing_is_written_by_its_name() {
    let folder = boutique();
    assert_eq!(folder.duka(&["draw", "boutique", "-o", "a.svg"]).code, Some(0));
    assert!(folder.read("a.svg").starts_with("<svg"));
    let run = folder.duka(&["draw", "boutique", "-o", "a.png"]);
    assert!(run.code == Some(2) && run.err.contains("`.png` is no kind of drawing"), "{run:?}");
    assert!(!folder.path().join("a.png").exists());
    let run = folder.duka(&["draw", "boutique", "--flow", "nothing"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("boutique"), "{}", run.err);
}

#[test]
fn a_flow_that_lost_its_spaces_is_put_right() {
    let folder = boutique();
    let flow = folder.read("boutique/boutique.duka");
    let flat: String = flow.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    folder.write("boutique/boutique.duka", flat);
    let json = folder.duka(&["fmt", "boutique", "--check", "--format", "json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    let all: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let changed = &all["changed"][0];
    assert_eq!((&all["changed"][1], &changed["path"]), (&serde_json::Value::Null, &"boutique/boutique.duka".into()));
    let change = &changed["changes"][0];
    assert!(change["line"].as_u64() > Some(0) && change["before"] != change["after"], "{all}");
    let run = folder.duka(&["fmt", "boutique", "--check"]);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("+   start welcome"), "{}", run.out);
    assert_eq!(folder.duka(&["fmt", "boutique"]).code, Some(0));
    assert_eq!(folder.read("boutique/boutique.duka"), flow);
    assert_eq!(folder.duka(&["fmt", "boutique", "--check"]).code, Some(0));
}

#[test]
fn a_flow_comes_back_from_yaml_as_it_was() {
    let folder = boutique();
    assert_eq!(folder.duka(&["convert", "boutique/boutique.duka", "-o", "b.duka.yaml"]).code, Some(0));
    let run = folder.duka(&["convert", "b.duka.yaml"]);
    assert_eq!(run.out, folder.read("boutique/boutique.duka"));
    folder.write("c.duka", "duka 1\nflow c\nbuton x: y\n");
    let run = folder.duka(&["convert", "c.duka"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("buton"), "{}", run.out);
}

#[test]
fn rules_are_explained_by_code_and_by_name() {
    let by_code = duka(&["explain", "d502"]);
    assert_eq!(by_code.code, Some(0));
    assert_eq!(by_code.out, duka(&["explain", "button-title-too-long"]).out);
    assert!(duka(&["explain", "list"]).out.lines().count() > 100);
    let run = duka(&["explain", "button-title-to-long"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("button-title-too-long"), "{}", run.err);
}

#[test]
fn schemas_are_printed_by_name() {
    let names = duka(&["schema"]).out;
    for name in ["flow", "shop", "contract"] {
        assert!(names.contains(name), "{names}");
        let schema: serde_json::Value = serde_json::from_str(&duka(&["schema", name]).out).expect("JSON");
        assert!(schema["$schema"].is_string(), "{name}");
    }
    assert_eq!(duka(&["schema", "cake"]).code, Some(2));
}

#[test]
fn completions_are_there_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(duka(&["completions", shell]).out.contains("duka"), "{shell}");
    }
}
