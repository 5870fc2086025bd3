//! Where files of customers are kept: one suite for memory, folder and bucket. The bucket's stand-in checks every signature
//! itself, by the rules of Signature Version 4.

#[path = "files/bucket.rs"]
mod bucket;

use duka_runtime::files::{Files, Place};
use duka_runtime::id::{ConversationId, ShopScope};
use secrecy::SecretString;

use crate::bucket::StandIn;

/// Everything that a place of files promises.
async fn keeps_its_promises(files: &Files) {
    let (shop, other) = (ShopScope::numbered(1), ShopScope::numbered(12));
    let of = |shop, conversation, bytes: &[u8]| Place::of(shop, ConversationId(conversation), bytes, "jpg");
    let (dress, shoe) = (of(shop, 1, b"a dress"), of(shop, 2, b"a shoe"));
    assert_eq!(files.list(shop).await.expect("a list"), []);
    assert_eq!(files.get(&dress).await.expect("an answer"), None);
    files.remove(&dress).await.expect("nothing to take away");
    for place in [&dress, &dress] {
        files.put(place, b"a dress".to_vec()).await.expect("kept");
    }
    files.put(&shoe, b"a shoe".to_vec()).await.expect("kept");
    files.put(&of(shop, 2, b""), Vec::new()).await.expect("an empty one");
    files.put(&of(other, 1, b"a hat"), b"a hat".to_vec()).await.expect("kept");
    assert_eq!(files.get(&dress).await.expect("an answer").as_deref(), Some(b"a dress".as_slice()));
    let mut listed: Vec<Place> = files.list(shop).await.expect("a list").into_iter().map(|found| found.place).collect();
    listed.sort();
    let mut expected = vec![dress.clone(), shoe.clone(), of(shop, 2, b"")];
    expected.sort();
    assert_eq!(listed, expected, "of this shop, each once");
    let now_ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let young = |at_ms: i64| (i128::from(at_ms) - now_ms as i128).abs() < 3_600_000;
    assert!(files.list(shop).await.expect("a list").iter().all(|found| young(found.at_ms)));
    files.remove_of(shop, ConversationId(2)).await.expect("taken away");
    assert_eq!(files.get(&shoe).await.expect("an answer"), None);
    assert_eq!(files.list(shop).await.expect("a list").len(), 1, "the others stay");
    files.remove(&dress).await.expect("taken away");
    assert_eq!(files.list(shop).await.expect("a list"), []);
    assert_eq!(files.list(other).await.expect("a list").len(), 1);
    files.examine().await.expect("it can be used");
}

#[tokio::test]
async fn memory_keeps_its_promises() {
    keeps_its_promises(&Files::memory()).await;
}

#[tokio::test]
async fn a_folder_keeps_its_promises() {
    let folder = tempfile::tempdir().expect("a folder");
    keeps_its_promises(&Files::folder(folder.path())).await;
}

#[tokio::test]
async fn a_bucket_keeps_its_promises() {
    let stand_in = StandIn::start().await;
    keeps_its_promises(&Files::bucket(&stand_in.place()).expect("a bucket")).await;
    assert!(stand_in.pages() > 2, "lists come in several pages");
    assert_eq!(stand_in.names().len(), 1, "of the other shop");
}

#[tokio::test]
async fn a_bucket_that_refuses_is_told_without_its_address() {
    let stand_in = StandIn::start().await;
    let wrong = duka_runtime::config::Bucket { secret: SecretString::from("wrong"), ..stand_in.place() };
    let told = Files::bucket(&wrong).expect("a bucket").examine().await.expect_err("it is refused").to_string();
    assert_eq!(told, "files of customers: the bucket refuses: 403 SignatureDoesNotMatch");
    let silent =
        duka_runtime::config::Bucket { endpoint: "http://127.0.0.1:1".parse().expect("one"), ..stand_in.place() };
    let told = Files::bucket(&silent).expect("a bucket").examine().await.expect_err("nobody is there").to_string();
    assert!(told.contains("does not answer") && !told.contains("Signature"), "{told}");
}

#[tokio::test]
async fn when_a_shops_room_is_used_up_its_oldest_files_go_and_nobody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    for files in [Files::memory().with_room(100), Files::folder(folder.path()).with_room(100)] {
        let (shop, other) = (ShopScope::numbered(1), ShopScope::numbered(2));
        let of = |shop, conversation, bytes: &[u8]| Place::of(shop, ConversationId(conversation), bytes, "jpg");
        let foreign = of(other, 1, &[b'x'; 90]);
        files.put(&foreign, vec![b'x'; 90]).await.expect("kept");
        let mut places = Vec::new();
        for n in 0..5_u8 {
            let bytes = vec![n; 30];
            places.push(of(shop, 1, &bytes));
            files.put(&places[usize::from(n)], bytes).await.expect("kept");
            // Times of files are told in milliseconds.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let mut kept = Vec::new();
        for place in &places {
            kept.push(files.get(place).await.expect("an answer").is_some());
        }
        assert_eq!(kept, [false, false, true, true, true], "90 of 100 bytes");
        assert!(files.get(&foreign).await.expect("an answer").is_some());
    }
}
