//! Files that customers send: fetched, checked, kept by their hash, seen by the flow in the order in which they came; and
//! taken away with the customer and with their time.

use duka_runtime::api::{self, Key, Scope, keys};
use duka_runtime::server::keep;
use serde_json::{Value as Json, json};

use crate::bucket::StandIn;
use crate::stage::Stage;

const FLOW: &str = "\
duka 1
flow corner
  start waiting

use std.handoff

remember
  photo: image optional keep 30 days
  paper: document optional keep 30 days
  note: text = \"\"
  claim: report optional

words
  help: help
  report: report

form report
  title: What happened?
  field what text: What is broken?
  field picture image: Send a photo of it.
  field bill document optional: Send the bill.
  submit: Send

anywhere
  hears help <-> std.handoff
  hears report -> report
  failed -> waiting
  lost -> waiting

state waiting
  ask: A photo, a paper or a word, please.
  answer photo -> pictured
  answer paper -> papered
  answer note -> noted
  quiet 23 hours -> end
  else: That could not be read. -> again

state pictured
  say: A photo.
  image: {photo}
  -> waiting

state papered
  say: A paper.
  -> waiting

state noted
  say: You wrote {note}.
  -> waiting

state report
  ask: Tell us.
  fill report into claim -> reported
  quiet 23 hours -> end

state reported
  say: Thank you for {claim.what}.
  -> waiting
";

const PICTURE: &str = r#"{"mime_type": "image/jpeg", "text": "a picture of a dress"}"#;

fn file(json: &str) -> Json {
    serde_json::from_str(json).expect("JSON")
}

/// The texts that the customer sees until one is as wanted.
async fn until(stage: &mut Stage, wanted: &str) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let text = stage.sees().await["text"].as_str().unwrap_or("").to_string();
        seen.push(text);
        if seen.last().is_some_and(|text| text.contains(wanted)) {
            return seen;
        }
        assert!(seen.len() < 12, "{wanted}: {seen:?}");
    }
}

fn kept(stage: &Stage) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(shop) = std::fs::read_dir(stage.folder.path().join("files/1")) else { return names };
    for customer in shop {
        for file in std::fs::read_dir(customer.expect("readable").path()).expect("readable") {
            names.push(file.expect("readable").file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_kept_and_seen_in_its_place_and_goes_with_its_customer() {
    let mut stage = Stage::of_flow(FLOW, "", "[files]\nfolder = \"files\"\n").await;
    stage.writes("hi").await;
    until(&mut stage, "A photo, a paper").await;
    let picture = stage.file(&file(PICTURE)).await;
    // What is written while the photo is on its way waits behind it.
    stage.sends_file("image", &picture, "").await;
    stage.writes("the red one").await;
    let seen = until(&mut stage, "You wrote the red one").await;
    assert!(seen.iter().any(|text| text == "A photo."), "{seen:?}");
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest("a picture of a dress"));
    assert_eq!(kept(&stage), [format!("{digest}.jpg")]);
    assert_eq!(keep::once(&stage.running.server).await.expect("looked"), 0, "it is young, and its customer is there");
    erase(&stage).await;
    assert!(kept(&stage).is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_kept_in_a_bucket_until_its_customer_or_its_time_goes() {
    let stand_in = StandIn::start().await;
    let place = stand_in.place();
    let settings = format!(
        "[files]\nbucket = \"{}\"\nendpoint = \"{}\"\nregion = \"{}\"\nkey = \"env:FILES_KEY\"\n\
         secret = \"env:FILES_SECRET\"\n",
        place.name, place.endpoint, place.region
    );
    let mut stage = Stage::of_flow(FLOW, "", &settings).await;
    stage.writes("hi").await;
    until(&mut stage, "A photo, a paper").await;
    let picture = stage.file(&file(PICTURE)).await;
    stage.sends_file("image", &picture, "").await;
    until(&mut stage, "A photo.").await;
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest("a picture of a dress"));
    let names = stand_in.names();
    assert!(matches!(names.as_slice(), [one] if one.ends_with(&format!("/{digest}.jpg"))), "{names:?}");
    assert_eq!(keep::once(&stage.running.server).await.expect("looked"), 0, "it is young, and its customer is there");
    erase(&stage).await;
    assert!(stand_in.names().is_empty() && stand_in.pages() > 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_had_or_is_not_wanted_is_told_to_the_flow() {
    let mut stage = Stage::of_flow(FLOW, "", "[files]\nfolder = \"files\"\nlargest = 1000\n").await;
    stage.writes("hi").await;
    until(&mut stage, "A photo, a paper").await;
    for (kind, wrong) in [
        ("image", r#"{"mime_type": "image/jpeg", "text": "x", "fault": "wrong_hash"}"#),
        ("image", r#"{"mime_type": "image/jpeg", "text": "x", "fault": "gone"}"#),
        ("image", r#"{"mime_type": "image/jpeg", "text": "x", "fault": "expired"}"#),
        ("image", r#"{"mime_type": "image/jpeg", "size": 1001}"#),
        ("image", r#"{"mime_type": "image/svg+xml", "text": "<svg/>"}"#),
        ("document", r#"{"mime_type": "text/html", "text": "<html>"}"#),
    ] {
        let told = stage.file(&file(wrong)).await;
        stage.sends_file(kind, &told, "").await;
        until(&mut stage, "could not be read").await;
    }
    assert!(kept(&stage).is_empty());
    let paper = stage.file(&file(r#"{"mime_type": "application/pdf", "text": "%PDF"}"#)).await;
    stage.sends_file("document", &paper, "").await;
    until(&mut stage, "A paper.").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_too_slowly_is_given_up_and_holds_nobody_else() {
    let mut stage = Stage::of_flow(FLOW, "", "[files]\nfolder = \"files\"\n").await;
    stage.writes("hi").await;
    until(&mut stage, "A photo, a paper").await;
    let slow = stage.file(&file(r#"{"mime_type": "image/jpeg", "size": 1000, "fault": "slow"}"#)).await;
    stage.sends_file("image", &slow, "").await;
    stage.writes("the red one").await;
    // A byte a second for a quarter of an hour: others do not wait for it.
    stage.customer_does("254700000002", &json!({ "text": "hi" })).await;
    let url = format!("{}/customer/254700000002?wait_ms=20000", stage.control);
    let shown: Json = stage.http.get(url).send().await.expect("an answer").json().await.expect("JSON");
    assert!(shown[0]["text"].as_str().is_some_and(|text| text.contains("A photo, a paper")), "{shown}");
    // The conversation's patience with a file is over when its first try is.
    stage.is_ahead(30_000).await;
    let seen = until(&mut stage, "You wrote the red one").await;
    assert!(seen.iter().any(|text| text.contains("could not be read")), "the flow is told first: {seen:?}");
    assert!(kept(&stage).is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_an_answer_to_a_form_that_asks_for_one() {
    let mut stage = Stage::of_flow(FLOW, "", "").await;
    stage.writes("report").await;
    until(&mut stage, "What is broken?").await;
    stage.writes("the zip").await;
    until(&mut stage, "Send a photo of it").await;
    stage.writes("I have none").await;
    until(&mut stage, "Send a photo of it").await;
    let picture = stage.file(&file(PICTURE)).await;
    stage.sends_file("image", &picture, "").await;
    until(&mut stage, "Send the bill").await;
    stage.writes("skip").await;
    until(&mut stage, "Thank you for the zip").await;
    stage.end().await;
}

const SHOWING: &str = "\
duka 1
flow corner
  start waiting

use std.handoff

words
  help: help
  gone: gone
  paper: paper

anywhere
  hears help <-> std.handoff
  hears gone -> missing
  hears paper -> paper
  failed -> waiting
  lost -> waiting

state waiting
  image: assets/dress.png
  ask: This is the dress.
  quiet 23 hours -> end
  else -> again

state missing
  image: assets/../shop.yaml
  say: Nobody sees this.
  -> paper

state paper
  document: assets/sizes.pdf
  say: The sizes.
  -> end
";

/// The files' ids at the vendor, of the messages that it took.
async fn ids(stage: &Stage) -> Vec<String> {
    let taken = stage.journal().await.into_iter().filter(|attempt| attempt["http"] == 200 && attempt["type"] != "read");
    let id = |attempt: Json| {
        let body = &attempt["body"];
        let found = ["/image/id", "/document/id"].into_iter().find_map(|at| body.pointer(at).and_then(Json::as_str));
        found.unwrap_or_else(|| panic!("a file: {attempt}")).to_string()
    };
    taken.map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_shop_is_uploaded_once_and_again_when_the_vendor_has_forgotten_it() {
    let mut stage = Stage::of_flow(SHOWING, "", "").await;
    let assets = stage.folder.path().join("boutique/assets");
    std::fs::create_dir(&assets).expect("a folder");
    std::fs::write(assets.join("dress.png"), "a dress").expect("a file");
    std::fs::write(assets.join("sizes.pdf"), "sizes").expect("a file");
    for _ in 0..2 {
        stage.writes("hi").await;
        until(&mut stage, "This is the dress").await;
    }
    let before = ids(&stage).await;
    assert_eq!((before.len(), &before[0]), (2, &before[1]), "one upload for both");
    let vendor = stage.control.replace("/control", &format!("/v25.0/{}", before[0]));
    let gone = stage.http.delete(vendor).bearer_auth("a token").send().await.expect("an answer");
    assert_eq!(gone.status().as_u16(), 200);
    stage.writes("hi").await;
    until(&mut stage, "This is the dress").await;
    let after = ids(&stage).await;
    assert_eq!(after.len(), 3, "nobody sees a message twice");
    assert_ne!(after[2], before[0]);
    // What lies outside of the folder is not sent, and the flow goes on.
    stage.writes("gone").await;
    let shown = stage.sees().await;
    assert_eq!((&shown["text"], &shown["content"]["filename"]), (&json!("The sizes."), &json!("sizes.pdf")));
    stage.end().await;
}

/// As the operator does it.
async fn erase(stage: &Stage) {
    let key = Key {
        name: "operator".into(),
        hash: String::new(),
        scope: Scope::Operate,
        shop: None,
        made_ms: 0,
        ends_ms: i64::MAX,
    };
    let key = keys::make(&stage.running.server.host.store, key).await.expect("a key");
    let at = format!("{}{}/shops/boutique/conversations", stage.base, api::BASE);
    let list: Json = stage.http.get(&at).bearer_auth(&key).send().await.expect("an answer").json().await.expect("JSON");
    let id = list["conversations"][0]["id"].as_str().expect("a conversation");
    let erased = stage.http.delete(format!("{at}/{id}")).bearer_auth(&key).json(&json!({})).send().await;
    assert_eq!(erased.expect("an answer").status().as_u16(), 200);
}
