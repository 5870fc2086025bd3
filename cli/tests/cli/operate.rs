//! What an operator does beside a served shop: keys, a copy of the database, its way back.

use std::io::{Read, Write};

use crate::house::House;
use crate::support::Run;

fn counter() -> House {
    House::of("tests/shops/counter", "channels: [whatsapp]")
}

fn refused(run: &Run, words: &str) {
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    assert!(run.err.contains(words), "{}", run.err);
}

#[test]
fn a_key_opens_what_it_is_for_until_it_is_ended() {
    let mut house = counter();
    let ann = house.fine(&["keys", "new", "ann", "--shop", "counter"]);
    let bob = house.fine(&["keys", "new", "bob", "--scope", "operate", "--days", "30"]);
    let (ann, bob) = (ann.trim(), bob.trim());
    assert!(ann.starts_with("duka_") && bob.starts_with("duka_") && ann != bob, "{ann} {bob}");
    refused(&house.duka(&["keys", "new", "ann"]), "there is a key `ann` already");
    let list = house.fine(&["keys", "list"]);
    assert_eq!(list, "ann  read  counter  89 days left\nbob  operate  every shop  29 days left\n");
    assert!(!list.contains(ann), "a key is shown once");

    house.serve("duka.toml");
    refused(&house.duka(&["keys", "list"]), "in use");
    assert_eq!(house.api("/shops", ann).0, 200);
    assert_eq!(house.api("/shops/counter/quarantine", bob).0, 200);
    let (status, said) = house.api("/shops", "duka_of_nobody");
    assert_eq!((status, said["error"].as_str()), (401, Some("this key is not known, or has ended")));
    let (status, said) = house.api("/shops", "");
    assert_eq!((status, said["error"].as_str()), (401, Some("a key is needed: `Authorization: Bearer …`")));

    // One that leaked is ended while the server has the database: by the server.
    refused(&house.duka(&["keys", "end", "ann"]), "there is no key for the server's API");
    house.folder.write("ann.txt", ann);
    house.folder.write("bob.txt", bob);
    refused(&house.duka(&["keys", "end", "bob", "--key", "file:ann.txt"]), "this key may not do that");
    house.fine(&["keys", "end", "ann", "--key", "file:bob.txt"]);
    assert_eq!(house.api("/shops", ann).0, 401);
    refused(&house.duka(&["keys", "end", "ann", "--key", "file:bob.txt"]), "the server has no key `ann`");
    house.stop();

    refused(&house.duka(&["keys", "end", "ann"]), "there is no key `ann`");
    house.fine(&["keys", "end", "bob"]);
    house.serve("duka.toml");
    assert_eq!(house.api("/shops", bob).0, 401);
}

#[test]
fn keys_are_looked_for_in_no_new_database_and_made_for_no_unknown_shop() {
    let house = counter();
    let database = house.folder.path().join("duka.db");
    for arguments in [&["keys", "list"][..], &["keys", "end", "ann"]] {
        refused(&house.duka(arguments), "there is no database `duka.db`, and so no key");
    }
    let unknown = house.duka(&["keys", "new", "ann", "--shop", "countre"]);
    refused(&unknown, "there is no shop `countre`");
    refused(&house.duka(&["keys", "new", ""]), "a value is required for '<NAME>'");
    assert!(unknown.err.contains("There are: counter."), "{}", unknown.err);
    assert!(!database.exists(), "nothing was made");
    house.fine(&["keys", "new", "ann", "--shop", "counter"]);
    refused(&house.duka(&["keys", "new", "bob", "--shop", "countre"]), "there is no shop `countre`");
    assert_eq!(house.fine(&["keys", "list"]), "ann  read  counter  89 days left\n");
}

#[test]
fn a_shop_that_a_server_does_not_have_is_refused_with_those_it_has() {
    let mut house = counter();
    let key = house.key("operate");
    house.folder.write("key.txt", &key);
    house.serve("duka.toml");
    let commands: [&[&str]; 9] = [
        &["conversations", "list"],
        &["conversations", "show", "00000000000002a1"],
        &["quarantine", "list"],
        &["quarantine", "drop", "17"],
        &["sends", "list"],
        &["orders", "list"],
        &["costs"],
        &["audit"],
        &["erase", "shop", "--yes"],
    ];
    for arguments in commands {
        let run = house.duka(&[arguments, &["--shop", "nosuch", "--key", "file:key.txt"]].concat());
        refused(&run, "the server has no shop `nosuch` that this key opens");
        assert!(run.err.contains("It opens: counter."), "{}", run.err);
    }
    // A slash in an id is a part of the id, and leads to no other route.
    let key = ["--key", "file:key.txt"];
    let run = house.duka(&[&["conversations", "show", "00000000000002a1/log"][..], &key].concat());
    refused(&run, "conversation");
    let run = house.duka(&[&["conversations", "export", "00000000000002a1/log?limit=1"][..], &key].concat());
    refused(&run, "conversation");
    let run = house.duka(&["templates", "list", "--shop", "nosuch"]);
    refused(&run, "there is no shop `nosuch` in shops");
    assert!(run.err.contains("There are: counter."), "{}", run.err);
}

#[test]
fn a_restored_copy_goes_on_and_sends_nothing_twice() {
    let mut house = counter();
    let key = house.key("operate");
    house.folder.write("key.txt", &key);
    house.serve("duka.toml");
    house.writes("count a1");
    assert_eq!(house.sees(), "ack a1 n=1");

    // The copy is made while an answer can not leave; it leaves after that. A status that comes late would settle what
    // is parked, so none comes.
    house.control("PUT", "statuses", r#"{"off": true}"#);
    house.control("POST", "faults", r#"{"kind": "http503", "rate": 1.0}"#);
    house.writes("count b2");
    house.fine(&["backup", "duka.db", "copies/yesterday.db"]);
    house.control("DELETE", "faults", "");
    assert_eq!(house.sees(), "ack b2 n=2");
    refused(&house.duka(&["backup", "duka.db", "copies/yesterday.db"]), "a backup replaces nothing");
    refused(&house.duka(&["backup", "no.db", "copies/other.db"]), "there is no database no.db");
    house.stop();

    refused(&house.duka(&["restore", "copies/yesterday.db", "duka.db"]), "is there already");
    let told = house.fine(&["restore", "copies/yesterday.db", "restored.db"]);
    assert!(told.contains("Not sent, and parked: 1 message;"), "{told}");
    house.settings("restored.toml", "restored.db");
    house.serve("restored.toml");
    // Messages of a conversation leave in order: had the one of yesterday been sent again, it would come first.
    house.writes("count c3");
    assert_eq!(house.sees(), "ack c3 n=3");
    let shown = house.control("GET", "customer/254700000001", "");
    assert_eq!(shown.as_array().map(Vec::len), Some(3), "{shown}");

    // Somebody looks at it, and wants it sent after all.
    let with_key = |arguments: &[&str]| house.duka(&[arguments, &["--key", "file:key.txt"]].concat());
    let parked = with_key(&["sends", "list"]);
    assert!(parked.code == Some(1) && parked.out.contains("turn 1  ack.say  worth sending until"), "{parked:?}");
    let id = parked.out.split_whitespace().next().expect("an id").to_string();
    refused(&with_key(&["sends", "resend", "00"]), "there is nothing here");
    assert_eq!(with_key(&["sends", "resend", &id]).code, Some(0));
    refused(&with_key(&["sends", "drop", &id]), "there is nothing here");
    assert_eq!(with_key(&["sends", "list"]).out, "counter: no message is parked\n");

    // What was done stands in the trail, what was only asked does not; and what it cost.
    let trail = with_key(&["audit"]);
    let acts: Vec<&str> = trail.out.lines().filter_map(|line| line.split_once("  ").map(|(_, act)| act)).collect();
    let done = [
        "operate  DELETE /sends/{send}  00  404".replace("00", &id),
        format!("operate  POST /sends/{{send}}/resend  {id}  200"),
        "operate  POST /sends/{send}/resend  00  404".to_string(),
    ];
    assert_eq!(acts, done, "{trail:?}");
    let costs = with_key(&["costs", "--from", "2020-01"]);
    assert_eq!(costs.code, Some(0), "{costs:?}");
    refused(&with_key(&["costs", "--from", "November"]), "a month is written as 2026-11");
    assert_eq!(house.sees(), "ack b2 n=2");
}

#[test]
fn a_customer_is_erased_by_phone_and_a_shop_when_it_is_served_no_more() {
    let mut house = counter();
    let key = house.key("operate");
    house.folder.write("key.txt", &key);
    house.serve("duka.toml");
    house.writes("count a1");
    assert_eq!(house.sees(), "ack a1 n=1");
    let with_key = |house: &House, arguments: &[&str]| house.duka(&[arguments, &["--key", "file:key.txt"]].concat());
    let customer = ["erase", "customer", "--shop", "counter", "--phone", "+254 700 000 001"];
    refused(&with_key(&house, &customer), "there is no terminal to ask whether you are sure");
    refused(&with_key(&house, &["erase", "customer", "--phone", "1", "--yes"]), "what is erased is named");
    let erased = with_key(&house, &[&customer[..], &["--yes"]].concat());
    assert!(erased.out.starts_with("Erased: 1 conversation, "), "{erased:?}");
    assert_eq!(with_key(&house, &["conversations", "list"]).out, "counter: no conversations\n");
    assert_eq!(with_key(&house, &[&customer[..], &["--yes"]].concat()).code, Some(1), "there was nothing");
    house.writes("count a1");
    assert_eq!(house.sees(), "ack a1 n=1", "a new message starts anew");

    let shop = ["erase", "shop", "--shop", "counter", "--yes"];
    refused(&with_key(&house, &shop), "take its folder away");
    house.stop();
    let shops = house.folder.path().join("shops");
    std::fs::rename(shops.join("counter"), shops.join("stall")).expect("a folder can be renamed");
    house.serve("duka.toml");
    let erased = with_key(&house, &shop);
    assert!(erased.code == Some(0) && erased.out.starts_with("Erased: 1 conversation, "), "{erased:?}");
}

#[test]
fn a_damaged_copy_is_not_put_back() {
    let house = counter();
    house.folder.write("broken.db", "this is no database");
    let run = house.duka(&["restore", "broken.db", "restored.db"]);
    refused(&run, "duka: `broken.db` is damaged, or no database of Duka: file is not a database");
    assert!(run.err.contains("`duka restore COPY DATABASE`"), "{}", run.err);
    assert!(!house.folder.path().join("restored.db").exists());
}

#[test]
fn a_copy_that_holds_nothing_is_told_and_not_taken_for_one() {
    let house = counter();
    house.folder.write("empty.db", "");
    for arguments in [["restore", "empty.db", "restored.db"], ["backup", "empty.db", "copy.db"]] {
        let run = house.duka(&arguments);
        refused(&run, "duka: `empty.db` is damaged, or no database of Duka: there is nothing of Duka in it");
        for left in [arguments[2], &format!("{}.part", arguments[2])] {
            assert!(!house.folder.path().join(left).exists(), "{left} is left behind");
        }
    }
}

#[test]
fn settings_that_can_not_be_followed_stop_the_start_with_what_to_do() {
    let house = counter();
    let settings = house.folder.read("duka.toml");
    let start = |more: &str| {
        house.folder.write("wrong.toml", format!("{settings}{more}"));
        house.duka(&["serve", "--config", "wrong.toml"])
    };
    house.folder.write("rates.csv", "from,market,currency,utility\n2026-10-05,254,USD,0.004\n");
    refused(&start("[costs]\nrates = \"rates.csv\"\n"), "line 2: `2026-10-05` should be the first of a month");
    refused(&start("[files]\nbucket = \"media\"\n"), "`files` names a bucket in part");
    let bucket = "[files]\nbucket = \"media\"\nendpoint = \"not an address\"\n";
    refused(&start(bucket), "should be an address");
    #[cfg(not(feature = "otel"))]
    refused(&start("[traces]\notlp = \"http://127.0.0.1:4318\"\n"), "this build of duka knows no OpenTelemetry");
}

#[test]
fn a_log_that_nobody_reads_holds_nothing_up() {
    let mut house = counter();
    house.serve_unread("duka.toml");
    // Each of these is told to the log; a pipe takes some hundred lines.
    let address = house.base.trim_start_matches("http://").to_string();
    let mut line = std::net::TcpStream::connect(&address).expect("the server listens");
    line.set_read_timeout(Some(std::time::Duration::from_secs(20))).expect("a limit");
    for n in 0..1_500 {
        let forged = format!("POST /webhooks/whatsapp HTTP/1.1\r\nhost: {address}\r\ncontent-length: 2\r\n\r\n{{}}");
        line.write_all(forged.as_bytes()).expect("the server takes it");
        let mut answer = [0; 4_096];
        let read = line.read(&mut answer).expect("it is answered in time");
        assert!(answer[..read].starts_with(b"HTTP/1.1 401"), "{n}");
    }
    house.writes("count a1");
    assert_eq!(house.sees(), "ack a1 n=1");
    house.stop();
}
