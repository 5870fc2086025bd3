//! Files that are written while a conversation is under way: good ones, broken ones, many in a row; and what the page shows of
//! a shop as it lies on disk.

use std::time::Duration;

use serde_json::json;

use super::{Dev, FLOW, duka, text, told, until};

#[test]
fn a_saved_file_goes_on_with_the_conversation_and_a_broken_one_changes_nothing() {
    let dev = Dev::corner(FLOW);
    let events = dev.listens();
    dev.does(&text("hi"), "Shall we go on?");
    std::fs::write(dev.flow_file(), FLOW.replace("-> fine", "-> nowhere")).expect("a writable folder");
    told(&events, "flow", |flow| flow["ok"] == false);
    let found = told(&events, "findings", |found| found.as_array().is_some_and(|found| !found.is_empty()));
    assert!(found.to_string().contains("nowhere"), "{found}");
    dev.taps("Yes", "Good.");
    std::fs::write(dev.flow_file(), FLOW.replace("Good.", "Very good.")).expect("a writable folder");
    let flow = told(&events, "flow", |flow| flow["ok"] == true);
    assert_eq!(flow["places"][0]["outcome"], "kept", "{flow}");
    assert_eq!(flow["places"][0]["state"], "corner.question", "{flow}");
    dev.taps("Yes", "Very good.");

    // The page's own editor: over what it has read, and only within the shop.
    let path = "/shops/corner/files/corner.duka";
    let read = dev.get(path);
    let (status, _) = dev.ask("PUT", path, &json!({"text": FLOW, "sha": "0".repeat(64)}));
    assert_eq!(status, 409);
    let better = read["text"].as_str().expect("text").replace("Very good.", "Even better.");
    let (status, written) = dev.ask("PUT", path, &json!({"text": better, "sha": read["sha"]}));
    assert_eq!(status, 200, "{written}");
    dev.sees_at_last("Yes", "Even better.");
    let draft = json!({"path": "corner.duka", "text": FLOW.replace("-> fine", "-> nowhere")});
    let (_, found) = dev.ask("POST", "/shops/corner/check", &draft);
    assert!(found.to_string().contains("nowhere"), "{found}");
    assert_eq!(std::fs::read_to_string(dev.flow_file()).expect("a file"), better, "judging writes nothing");
    for path in ["../Cargo.toml", "..%2Fsecret.duka", "shop.txt", "%2Fetc%2Fpasswd"] {
        let (status, _) = dev.ask("PUT", &format!("/shops/corner/files/{path}"), &json!({"text": "x", "sha": ""}));
        assert_eq!(status, 404, "{path}");
    }
}

#[test]
fn of_many_saves_in_a_row_the_last_one_counts_however_it_is_written() {
    let dev = Dev::corner(FLOW);
    dev.does(&text("hi"), "Shall we go on?");
    let events = dev.listens();
    let last = |name: &str| {
        let events = events.lock().expect("nobody panicked");
        events.iter().rev().find(|(event, _)| event == name).map(|(_, data)| data.clone()).unwrap_or_default()
    };
    let beside = dev.flow_file().with_file_name("corner.duka.swp");
    for round in 0..4 {
        for n in 0..10 {
            let good = FLOW.replace("Good.", &format!("Good, {round} {n}."));
            // Every other round ends with a broken file.
            let is_broken = (n + round) % 2 == 0;
            let text = if is_broken { good.replace("-> fine", &format!("-> gone_{round}_{n}")) } else { good };
            if n % 3 == 0 {
                std::fs::write(dev.flow_file(), text).expect("a writable folder");
            } else {
                std::fs::write(&beside, text).expect("a writable folder");
                std::fs::rename(&beside, dev.flow_file()).expect("a writable folder");
            }
            // From at once to about what a reload takes.
            std::thread::sleep(Duration::from_millis(n * round * 5));
        }
        if round % 2 == 0 {
            until("the mended file runs", || (last("flow")["ok"] == true).then_some(()));
            until("nothing is gone any more", || (!last("findings").to_string().contains("gone")).then_some(()));
            dev.sees_at_last("Yes", &format!("Good, {round} 9."));
        } else {
            until("the broken file is seen", || (last("flow")["ok"] == false).then_some(()));
            let gone = format!("gone_{round}_9");
            until("what is wrong is told", || last("findings").to_string().contains(&gone).then_some(()));
            dev.taps("Yes", "Good, ");
        }
    }
    // Broken, and mended to what runs already.
    for is_good in [true, false, true] {
        let text = if is_good { FLOW.to_string() } else { FLOW.replace("-> fine", "-> gone") };
        std::fs::write(dev.flow_file(), text).expect("a writable folder");
        until("what runs is told", || (last("flow")["ok"] == is_good).then_some(()));
    }
}

#[test]
fn a_shop_that_never_was_good_shows_its_findings_and_opens_when_it_is_mended() {
    let mut dev = Dev::corner(&FLOW.replace("-> fine", "-> nowhere"));
    let home = dev.get("");
    assert_eq!(home["running"], false);
    assert!(home["shops"][0]["findings"].to_string().contains("nowhere"), "{home}");
    let said = until("it says everything", || {
        let said = dev.said.now();
        said.contains("Ctrl-C").then_some(said)
    });
    assert!(said.contains("corner/corner.duka:7: ") && said.contains("nowhere"), "{said}");
    assert!(said.contains("starts by itself") && said.contains("`duka check "), "{said}");
    std::fs::write(dev.flow_file(), FLOW).expect("a writable folder");
    dev.customer = until("the shop opens", || {
        let customers = dev.get("/shops/corner/customers");
        customers[0]["id"].as_str().map(str::to_string)
    });
    until("it runs", || (dev.get("")["running"] == true).then_some(()));
    dev.does(&text("hi"), "Shall we go on?");
}

#[test]
fn what_no_test_takes_is_shown_on_the_map() {
    let dev = Dev::corner(FLOW);
    let test = "tests for corner\n\ntest yes\n  customer: hi\n  tap yes\n  shop: Good.\n";
    std::fs::write(dev.flow_file().with_file_name("corner.test.duka"), test).expect("a writable folder");
    let (status, found) = dev.ask("POST", "/shops/corner/explore", &json!({}));
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["uncovered"]["states"], json!(["corner.reminder"]), "{found}");
    let map = dev.get("/shops/corner/map");
    assert_eq!(map["uncovered"], found["uncovered"], "{map}");
    let silence = json!({"owner": "question", "by": {"code": "line", "about": "quiet 2 hours"}});
    assert!(found["left"].as_array().expect("a list").contains(&silence), "{found}");
    let edges = map["flows"][0]["edges"].as_array().expect("edges");
    let quiet = edges.iter().find(|edge| edge["to"] == "corner.reminder").expect("a way to it");
    assert_eq!((&quiet["on"], &quiet["by"]), (&json!("quiet 2 hours"), &json!({"code": "quiet", "about": 7_200_000})));
    let states = map["flows"][0]["states"].as_array().expect("states");
    assert!(states.iter().any(|state| state["id"] == "corner.reminder"), "{map}");
}

#[test]
fn what_is_left_is_what_the_written_tests_do_not_take_either_and_failing_tests_are_told() {
    let dev = Dev::corner(FLOW);
    let tests = "tests for corner\n\ntest yes\n  customer: hi\n  tap yes\n  shop: Good.\n\n\
        test wrong\n  customer: hi\n  shop: Nobody says this.\n  wait 2 hours\n";
    std::fs::write(dev.flow_file().with_file_name("corner.test.duka"), tests).expect("a writable folder");
    let explore = |write: bool| {
        let (status, found) = dev.ask("POST", "/shops/corner/explore", &json!({ "write": write }));
        assert_eq!(status, 200, "{found}");
        (found["failing"].clone(), found["left"].as_array().expect("a list").len(), found["tests_written"].clone())
    };
    let (failing, before, _) = explore(false);
    assert_eq!(failing, 1);
    let (_, left, written) = explore(true);
    assert_eq!(written, "explored.test.duka");
    assert!(left < before, "{left} of {before}");
    let (_, again, written) = explore(true);
    assert_eq!((again, written), (left, json!(null)), "nothing more is found");
    let run = duka().arg("explore").arg(dev.flow_file().with_file_name("")).output().expect("it runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("1 test of the shop fails") && said.contains("`duka test` shows it"), "{said}");
}

/// Asks for a voice note, then for a place.
const GIVES: &str = "duka 1\nflow corner\n  start question\n\nremember\n  note: voice optional keep 90 days\n  spot: location\n\n\
    state question\n  ask: Tell me.\n  answer note -> place\n  quiet 20 hours -> end\n  else: A voice note, please. -> again\n\n\
    state place\n  ask: Where are you?\n  answer spot -> question\n  quiet 20 hours -> end\n  else: A place, please. -> again\n";

#[test]
fn what_a_customer_gives_and_the_time_between_are_recorded() {
    let dev = Dev::corner(GIVES);
    dev.does(&text("hi"), "Tell me.");
    dev.gives("audio", "", "", "Where are you?");
    let (status, _) = dev.ask("POST", "/clock", &json!({"advance": 3 * 3_600_000}));
    assert_eq!(status, 200);
    dev.does(&json!({"location": {"latitude": -1.29, "longitude": 36.78}}), "Tell me.");
    let test = dev.ask("POST", &dev.of_customer("record"), &json!({ "name": "Tells and shows" })).1;
    let written = test["text"].as_str().expect("a test").to_string();
    assert!(written.contains("customer sends voice") && written.contains("wait 3 hours"), "{written}");
    assert!(written.contains("location -1.29, 36.78"), "{written}");
}
