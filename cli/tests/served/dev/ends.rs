//! How `duka dev` begins and ends: what keeps it from running, an end in order, and what is there when it is begun again.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Output, Stdio};

use serde_json::json;

use super::{Dev, Heard, duka, fills_the_bag, post, text, until};
use crate::support::root;

#[test]
fn it_ends_without_a_word_while_customers_write_and_its_server_is_pulled_away() {
    for round in 0..3 {
        let dev = Dev::of(&root().join("tests/shops/counter"));
        for n in 1..=6 {
            dev.says(&text(&format!("count t{n}")));
            if n % 2 == round % 2 {
                dev.lever("restart", &json!({}));
            }
        }
        dev.ends();
    }
}

#[test]
fn nothing_is_left_behind_however_it_is_asked_to_end() {
    for signal in ["-HUP", "-TERM", "-INT"] {
        let dev = Dev::of(&root().join("tests/shops/counter"));
        dev.says(&text("count t1"));
        let said =
            until("it says where the database is", || Some(dev.said.now()).filter(|said| said.contains("Ctrl-C")));
        let place = said.split("database").nth(1).and_then(|rest| rest.trim().split(',').next()).expect("a place");
        let folder = std::path::Path::new(place).parent().expect("a folder").to_path_buf();
        assert!(folder.is_dir(), "{place}");
        dev.ends_by(signal);
        assert!(!folder.exists(), "{signal}: {place}");
    }
}

#[test]
fn orders_stock_and_the_time_are_there_when_it_is_begun_again_on_the_same_folder() {
    let data = tempfile::tempdir().expect("a folder for the test");
    let begin = || Dev::with(&root().join("examples/boutique"), &["--data".as_ref(), data.path().as_os_str()]);
    let dev = begin();
    fills_the_bag(&dev);
    dev.taps("Check out", "How would you like to get it?");
    dev.taps("Pick up in shop", "Total KES 2,500");
    let link = dev.taps("Pay", "/pay/").to_string();
    // The provider knows of it, and is not paid yet.
    let path: String =
        link[link.find("/pay/").expect("a link")..].chars().take_while(|c| !"\"\\ ".contains(*c)).collect();
    post(&dev.address, &path, "");
    dev.lever("product", &json!({"sku": "D-101", "stock": 3}));
    let (_, clock) = dev.ask("POST", "/clock", &json!({"advance": 600_000}));
    let order = dev.get(&dev.of_customer("place"))["orders"][0].clone();
    assert!(order["actions"].to_string().contains("pay"), "{order}");
    let before = dev.thread().len();
    dev.ends();

    let dev = begin();
    assert_eq!(dev.get(&dev.of_customer("place"))["orders"][0], order);
    assert_eq!(dev.get("")["clock"]["shifted_by"], clock["shifted_by"]);
    assert!(dev.thread().len() >= before, "the phone shows what it showed");
    let backend = dev.get("/shops/boutique/backend");
    let dress =
        backend["products"].as_array().and_then(|all| all.iter().find(|product| product["sku"] == "D-101").cloned());
    assert_eq!(dress.expect("the dress")["stock"], 3);
    dev.lever("order", &json!({"reference": order["reference"], "action": "pay"}));
    dev.sees(before, "is paid: KES 2,500");
    dev.ends();
}

fn fails(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = duka().arg("dev").arg("--no-open").args(arguments).output().expect("it runs");
    assert_eq!(status.code(), Some(2));
    String::from_utf8_lossy(&stderr).into_owned()
}

#[test]
fn what_keeps_it_from_running_is_said_with_the_next_step() {
    let boutique = root().join("examples/boutique").display().to_string();
    let examples = root().join("examples").display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it listens").port().to_string();
    let said = fails(&[&boutique, "--port", &port]);
    assert!(said.contains(&format!("port {port} is taken")) && said.contains("--port 0"), "{said}");
    let said = fails(&["no/such/folder"]);
    assert!(said.contains("there is no file or folder"), "{said}");
    let empty = tempfile::tempdir().expect("a folder");
    let said = fails(&[&empty.path().display().to_string()]);
    assert!(said.contains("no shop") && said.contains("duka new"), "{said}");
    let flow = root().join("examples/boutique/boutique.duka").display().to_string();
    let said = fails(&[&flow]);
    assert!(said.contains("is one file") && said.contains(&format!("`duka dev {boutique}`")), "{said}");
    let said = fails(&[&boutique, "--data", &flow, "--port", "0"]);
    assert!(said.contains("is a file") && said.contains("--data FOLDER"), "{said}");

    for (shop, data) in [(&boutique, boutique.clone()), (&examples, examples.clone()), (&examples, boutique.clone())] {
        let said = fails(&[shop, "--data", &data, "--port", "0"]);
        assert!(said.contains("the shop's own files lie") && said.contains("--data FOLDER"), "{said}");
    }
    assert!(!root().join("examples/boutique/stand-ins.json").exists(), "nothing was put there");

    let data = empty.path().join("data");
    let dev = Dev::with(&root().join("examples/boutique"), &["--data".as_ref(), data.as_os_str()]);
    let said = fails(&[&boutique, "--data", &data.display().to_string(), "--port", "0"]);
    assert!(said.contains("another `duka dev`") && said.contains("--data FOLDER"), "{said}");
    dev.ends();
}

/// Played customers and real ones never meet in one database.
#[test]
fn a_database_of_real_customers_is_not_played_in_and_a_played_one_is_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let (boutique, data) = (root().join("examples/boutique"), folder.path().join("live"));
    std::fs::create_dir(&data).expect("a writable folder");
    std::fs::write(data.join("duka.db"), "of a server").expect("a writable folder");
    let said = fails(&[&boutique.display().to_string(), "--data", &data.display().to_string(), "--port", "0"]);
    assert!(said.contains("was not made by `duka dev`") && said.contains("--data FOLDER"), "{said}");
    assert_eq!(std::fs::read_dir(&data).expect("a folder").count(), 1, "nothing was put there");

    let data = folder.path().join("played");
    Dev::with(&boutique, &["--data".as_ref(), data.as_os_str()]).ends();
    let mut serve = duka();
    let serve = serve.arg("serve").current_dir(&data).env("DUKA_DATABASE", data.join("duka.db"));
    let Output { status, stderr, .. } = serve.output().expect("it runs");
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.code() == Some(2) && said.contains("its customers are played ones"), "{said}");
}

#[test]
fn without_a_browser_it_says_where_to_look() {
    let mut dev = duka();
    let dev = dev.env("PATH", "/nowhere").args(["dev", "--port", "0"]).arg(root().join("examples/boutique"));
    let mut child = dev.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let heard = Heard::of(BufReader::new(child.stderr.take().expect("it was asked for")).lines());
    until("it says that there is no browser", || {
        heard.now().contains("No browser could be opened: open http://").then_some(())
    });
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}
