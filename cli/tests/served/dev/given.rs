//! Files that a customer gives: they come to the flow as they were sent, stand in the thread with their name and size, and can
//! be looked at; what WhatsApp would not take is refused with the reason.

use serde_json::json;

use super::{Dev, PROFILE, http, text};

/// Asks for a paper, a film and a voice note.
const FILES: &str = "duka 1\nflow corner\n  start paper\n\nremember\n  invoice: document optional keep 90 days\n  \
    film: video optional keep 90 days\n  note: voice optional keep 90 days\n\n\
    state paper\n  ask: Your invoice, please.\n  answer invoice -> filmed\n  quiet 20 hours -> end\n  else: No invoice. -> again\n\n\
    state filmed\n  ask: Show it.\n  answer film -> spoken\n  quiet 20 hours -> end\n  else: No film. -> again\n\n\
    state spoken\n  ask: Tell me.\n  answer note -> paper\n  quiet 20 hours -> end\n  else: No note. -> again\n";

#[test]
fn a_document_a_video_and_a_voice_note_come_as_they_were_sent() {
    let dev = Dev::corner(FILES);
    dev.does(&text("hi"), "Your invoice, please.");
    dev.gives("document", "&name=invoice+991.pdf&caption=Paid", "%PDF-1.7 of Amina", "Show it.");
    dev.gives("video", "&name=dress.mp4", "\0\0\0\u{18}ftypmp42 a dress", "Tell me.");
    dev.gives("audio", "", "OggS a word", "Your invoice, please.");
    dev.gives("audio", "", "", "No invoice.");
    let thread = dev.thread();
    let sent: Vec<_> = thread.iter().filter(|item| item["media"].is_object()).collect();
    assert_eq!(sent.len(), 4, "{thread:#?}");
    let document = &sent[0]["body"]["document"];
    assert_eq!((&document["filename"], &document["caption"]), (&json!("invoice 991.pdf"), &json!("Paid")));
    let kinds = [("application/pdf", 17), ("video/mp4", 20), ("audio/ogg", 11), ("audio/ogg", 222)];
    for (item, (mime, bytes)) in sent.iter().zip(kinds) {
        assert_eq!((&item["media"]["mime"], &item["media"]["bytes"]), (&json!(mime), &json!(bytes)), "{item}");
    }
    assert_eq!(sent[3]["body"]["audio"]["voice"], true);
    let url = sent[0]["media"]["url"].as_str().expect("an address");
    let (status, bytes) = http::ask("GET", &dev.address, url, &[], "").expect("an answer");
    assert_eq!((status, bytes.as_str()), (200, "%PDF-1.7 of Amina"));
}

#[test]
fn what_whatsapp_would_not_take_is_refused_with_the_reason() {
    let dev = Dev::corner(FILES);
    let limits = &dev.get("")["files"];
    assert_eq!(limits[0], json!({"kind": "image", "endings": ["jpg", "jpeg", "png"], "most_bytes": 5_242_880}));
    let large = format!("OggS{}", "0".repeat(16 * 1024 * 1024));
    for (kind, more, bytes, code) in [
        ("document", "&name=tool.exe", "MZ", "file_kind"),
        ("document", "", "%PDF-1.7", "file_kind"),
        ("video", "&name=dress.mp4", "no film", "file_kind"),
        ("image", "&name=dress.png", "OggS", "file_kind"),
        ("video", "", "", "nothing_to_send"),
        ("hologram", "", "x", "absent"),
        ("audio", "", large.as_str(), "file_size"),
    ] {
        let (_, answer) = dev.sends_file(kind, more, bytes);
        assert_eq!(answer["error"]["code"], code, "{kind} {more}: {answer}");
    }
    let (status, answer) = dev.sends_file("audio", "", &large);
    assert_eq!(status, 422);
    assert_eq!(answer["error"]["message"], "This file has 16.1 MB; WhatsApp takes 16 MB at most.");
    assert_eq!(answer["error"]["about"], json!({"size": "16.1", "most": "16"}));
    assert!(dev.thread().is_empty(), "nothing of it came to the shop");
}

#[test]
fn a_file_comes_in_parts_too_and_is_there_when_it_is_begun_again_on_the_same_folder() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (shop, data) = (folder.path().join("corner"), folder.path().join("data"));
    std::fs::create_dir(&shop).expect("a writable folder");
    std::fs::write(shop.join("shop.yaml"), PROFILE).expect("a writable folder");
    std::fs::write(shop.join("corner.duka"), FILES).expect("a writable folder");
    let begin = || Dev::with(&shop, &["--data".as_ref(), data.as_os_str()]);
    let part = |dev: &Dev, url: &str, range: &str| {
        http::ask("GET", &dev.address, url, &[("Range", range)], "").expect("an answer")
    };
    let url_of = |item: &serde_json::Value| item["media"]["url"].as_str().expect("an address").to_string();

    let dev = begin();
    dev.does(&text("hi"), "Your invoice, please.");
    dev.gives("document", "&name=invoice+991.pdf", "%PDF-1.7 of Amina", "Show it.");
    let url = url_of(&dev.thread()[2]);
    assert_eq!(part(&dev, &url, "bytes=5-7"), (206, "1.7".to_string()));
    assert_eq!(part(&dev, &url, "bytes=12-"), (206, "Amina".to_string()));
    assert_eq!(part(&dev, &url, "bytes=-3"), (206, "ina".to_string()));
    assert_eq!(part(&dev, &url, "bytes=17-").0, 416);
    assert_eq!(part(&dev, &url, "bytes=0-1,5-6"), (200, "%PDF-1.7 of Amina".to_string()));
    dev.ends();

    let dev = begin();
    dev.gives("video", "&name=dress.mp4", "\0\0\0\u{18}ftypmp42 a dress", "Tell me.");
    let sent: Vec<_> = dev.thread().into_iter().filter(|item| item["media"].is_object()).collect();
    assert_eq!(sent.len(), 2);
    assert_ne!(url_of(&sent[0]), url_of(&sent[1]), "a new file does not take the place of an old one");
    assert_eq!(part(&dev, &url, "bytes=0-3"), (206, "%PDF".to_string()));
    dev.ends();
}
