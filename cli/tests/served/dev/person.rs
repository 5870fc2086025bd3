//! The one who answers, played: a conversation that was handed over, what the shop's person writes, and giving it back.

use serde_json::{Value as Json, json};

use super::{Dev, duka, text, told, until};

/// Hands over by a button, and says what the person noted when it has the conversation again.
const FLOW: &str = "duka 1\nflow corner\n  start question\n\nstate question\n  ask: Shall we go on?\n  \
    button person: A person -> call_person\n  quiet 20 hours -> end\n  else -> again\n\nstate call_person\n  \
    do handoff.open(\"a question\")\n  say: Somebody will write to you here.\n  -> waiting\n\nstate waiting\n  \
    on handoff.closed -> question\n";

fn acts(dev: &Dev, act: &Json) -> (u16, Json) {
    dev.ask("POST", &dev.of_customer("person"), act)
}

fn is_handed_over(dev: &Dev) -> bool {
    dev.get(&format!("/shops/{}/customers", dev.shop))[0]["handed_over"] == true
}

#[test]
fn a_person_answers_after_a_handoff_and_gives_the_conversation_back() {
    let dev = Dev::corner(FLOW);
    let (status, early) = acts(&dev, &json!({"action": "open"}));
    assert_eq!(status, 422, "{early}");
    assert!(early.to_string().contains("has not written yet"), "{early}");
    dev.does(&text("hi"), "Shall we go on?");
    let (status, early) = acts(&dev, &json!({"action": "reply", "text": "Hello"}));
    assert!(status == 422 && early.to_string().contains("Take it over first"), "{early}");
    dev.taps("A person", "Somebody will write to you here.");
    until("a person has the conversation", || is_handed_over(&dev).then_some(()));

    let before = dev.thread().len();
    let (status, said) = acts(&dev, &json!({"action": "reply", "text": "Grace here. Which size do you wear?"}));
    assert_eq!(status, 200, "{said}");
    let item = dev.sees(before, "Grace here. Which size do you wear?");
    assert_eq!(item["body"]["type"], "text", "{item}");
    dev.says(&text("Size 12, and please no reply of a machine"));
    let why = until("the journal knows that a person wrote it", || {
        let thread = dev.thread();
        let ours = thread.iter().find(|item| item.to_string().contains("Grace here"));
        ours.map(|item| item["why"].clone()).filter(|why| why["person"] == true)
    });
    assert_eq!((why["state"].as_str(), why["line"].is_null()), (Some(""), true), "{why}");

    let before = dev.thread().len();
    let (status, said) = acts(&dev, &json!({"action": "close"}));
    assert_eq!(status, 200, "{said}");
    dev.sees(before, "Shall we go on?");
    until("the flow has the conversation", || (!is_handed_over(&dev)).then_some(()));
    let machine = dev.thread().iter().filter(|item| item.to_string().contains("Shall we go on?")).count();
    assert_eq!(machine, 2, "the flow was silent meanwhile: {:#?}", dev.thread());
    for act in [json!({"action": "close"}), json!({"action": "reply", "text": "x"})] {
        assert_eq!(acts(&dev, &act).0, 422, "{act}");
    }

    // A test repeats what the flow says, and not what a person said.
    let (status, test) = dev.ask("POST", &dev.of_customer("record"), &json!({"name": "A person answers"}));
    assert_eq!(status, 200, "{test}");
    assert!(!test.to_string().contains("Grace"), "{test}");
    assert!(test["text"].as_str().is_some_and(|text| text.contains("event handoff.closed")), "{test}");
    let folder = dev.flow_file().parent().expect("a folder").to_path_buf();
    let ran = duka().arg("test").arg(&folder).output().expect("it runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn a_person_takes_over_at_any_time_and_writes_freely_only_while_the_window_is_open() {
    let dev = Dev::corner(FLOW);
    let events = dev.listens();
    dev.does(&text("hi"), "Shall we go on?");
    assert_eq!(acts(&dev, &json!({"action": "open"})).0, 200);
    told(&events, "customers", |customers| customers[0]["handed_over"] == true);
    assert_eq!(acts(&dev, &json!({"action": "open"})).0, 422, "it is theirs already");
    let (_, test) = dev.ask("POST", &dev.of_customer("record"), &json!({"name": "Taken over"}));
    assert!(test["text"].as_str().is_some_and(|text| text.contains("event handoff.opened")), "{test}");
    assert_eq!(acts(&dev, &json!({"action": "reply", "text": "  "})).0, 422, "nothing to say");
    assert_eq!(acts(&dev, &json!({"action": "reply", "text": "x".repeat(4_097)})).0, 422, "too long for WhatsApp");
    assert_eq!(acts(&dev, &json!({"action": "sing"})).0, 422);
    let (status, _) = dev.ask("POST", "/clock", &json!({"advance": 25 * 3_600_000}));
    assert_eq!(status, 200);
    let (status, late) = acts(&dev, &json!({"action": "reply", "text": "Are you still there?"}));
    assert!(status == 422 && late.to_string().contains("has not written for 24 hours"), "{late}");
}
