//! A shop whose files are not as they were: a profile that can not be read, a folder that is moved away, letters that are none.

use serde_json::{Value as Json, json};

use super::{Dev, FLOW, PROFILE, told, until};

fn shop(dev: &Dev) -> Json {
    dev.get("")["shops"][0].clone()
}

#[test]
fn while_the_profile_is_broken_the_page_shows_the_one_that_runs() {
    let dev = Dev::corner(FLOW);
    let good = shop(&dev);
    let profile = dev.flow_file().with_file_name("shop.yaml");
    for (wrong, right) in [("name: [", "name: Corner"), ("languages: [", "languages: [en]")] {
        std::fs::write(&profile, PROFILE.replace(right, wrong)).expect("a writable folder");
        let broken = until("what is wrong is found", || {
            Some(shop(&dev)).filter(|shop| shop["behind"] == true && shop["findings"] != json!([]))
        });
        for field in ["name", "language", "languages", "currency", "timezone"] {
            assert_eq!(broken[field], good[field], "{wrong}: {field} of {broken}");
        }
        std::fs::write(&profile, PROFILE).expect("a writable folder");
        until("it is mended", || (shop(&dev) == good).then_some(()));
    }
    std::fs::write(&profile, PROFILE.replace("name: Corner", "name: The Other Corner")).expect("a writable folder");
    until("the new name", || (shop(&dev)["name"] == "The Other Corner").then_some(()));
}

#[test]
fn a_folder_that_is_moved_away_is_told_and_the_shop_goes_on() {
    let dev = Dev::corner(FLOW);
    let events = dev.listens();
    let folder = dev.flow_file().with_file_name("");
    let away = folder.with_file_name("elsewhere");
    std::fs::rename(&folder, &away).expect("a writable folder");
    told(&events, "flow", |flow| flow["ok"] == false);
    let found = told(&events, "findings", |found| found.to_string().contains("is not there any more"));
    assert!(found.to_string().contains("Put it back"), "{found}");
    let gone = shop(&dev);
    assert_eq!(
        (&gone["files"], &gone["behind"], &gone["name"]),
        (&json!([]), &json!(true), &json!("Corner")),
        "{gone}"
    );
    dev.does(&super::text("hi"), "Shall we go on?");
    std::fs::rename(&away, &folder).expect("a writable folder");
    told(&events, "flow", |flow| flow["ok"] == true);
    until("nothing is wrong any more", || {
        let back = shop(&dev);
        (back["files"] == json!(["corner.duka", "shop.yaml"]) && !back.to_string().contains("any more")).then_some(())
    });
}

#[test]
fn a_file_that_is_no_text_is_told_once_and_in_plain_words() {
    let dev = Dev::corner(FLOW);
    let events = dev.listens();
    let bytes = [FLOW.as_bytes(), b"\nstate \xff\xfe\x80\xc3\n\xf0\x28\x8c\xbc \xff\n"].concat();
    std::fs::write(dev.flow_file(), bytes).expect("a writable folder");
    let found = told(&events, "findings", |found| found.to_string().contains("D027"));
    assert!(!found.to_string().contains("D003"), "{found}");
    let (status, answer) = dev.ask("GET", "/shops/corner/files/corner.duka", &Json::Null);
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_text")), "{answer}");
    assert!(answer.to_string().contains("Save it as UTF-8"), "{answer}");
    assert_eq!(dev.errors.now(), "");
}
