//! `duka dev` as a process: everything that the page of the browser asks, asked from outside. A whole purchase, files that
//! are broken and mended, a server that is pulled from under customers' hands, days that pass, and who may not ask.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::http;
use crate::support::root;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

const PROFILE: &str = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
    channels: [whatsapp]\nretention: { messages: 30 days }\n";

const FLOW: &str = "duka 1\nflow corner\n  start question\n\nstate question\n  ask: Shall we go on?\n  \
    button yes: Yes -> fine\n  quiet 2 hours -> reminder\n  else -> again\n\nstate reminder\n  ask: Are you still there?\n  \
    button here: I am here -> question\n  quiet 20 hours -> end\n  else -> again\n\nstate fine\n  say: Good.\n  -> question\n";

/// A running `duka dev`, and what its stream has told.
struct Dev {
    child: Child,
    address: String,
    shop: String,
    customer: String,
    /// Gone with it.
    folder: Option<TempDir>,
    /// What it says of its own troubles.
    errors: Arc<Mutex<String>>,
}

type Events = Arc<Mutex<Vec<(String, Json)>>>;

fn duka() -> Command {
    Command::new(env!("CARGO_BIN_EXE_duka"))
}

/// Waits until there is something.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Dev {
    fn of(folder: &Path) -> Dev {
        Dev::with(folder, &[])
    }

    fn with(folder: &Path, arguments: &[&std::ffi::OsStr]) -> Dev {
        let mut child = duka()
            .args(["dev", "--no-open", "--port", "0"])
            .args(arguments)
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let address = loop {
            let line = lines.next().expect("it says where the page is").expect("text");
            if let Some((_, address)) = line.split_once("http://") {
                break address.trim_end_matches("\u{1b}[0m").trim().to_string();
            }
        };
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let errors: Arc<Mutex<String>> = Arc::default();
        let (told, said) =
            (Arc::clone(&errors), BufReader::new(child.stderr.take().expect("it was asked for")).lines());
        std::thread::spawn(move || {
            for line in said.map_while(Result::ok) {
                eprintln!("{line}");
                *told.lock().expect("nobody panicked") += &format!("{line}\n");
            }
        });
        let mut dev = Dev { child, address, shop: String::new(), customer: String::new(), folder: None, errors };
        let home = until("the page knows its shops", || {
            let home = dev.get("");
            home["shops"][0]["slug"].is_string().then_some(home)
        });
        dev.shop = home["shops"][0]["slug"].as_str().expect("a name").to_string();
        if home["running"] == true {
            let customers = dev.get(&format!("/shops/{}/customers", dev.shop));
            dev.customer = customers[0]["id"].as_str().expect("there is a first customer").to_string();
        }
        dev
    }

    /// A small shop of its own.
    fn corner(flow: &str) -> Dev {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let shop = folder.path().join("corner");
        std::fs::create_dir(&shop).expect("a writable folder");
        std::fs::write(shop.join("shop.yaml"), PROFILE).expect("a writable folder");
        std::fs::write(shop.join("corner.duka"), flow).expect("a writable folder");
        let mut dev = Dev::of(&shop);
        dev.folder = Some(folder);
        dev
    }

    /// Ends it as Ctrl-C does: in order, and without a word about it.
    fn ends(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("there is `kill`").success());
        let status = until("it ends", || self.child.try_wait().expect("it can be asked"));
        assert!(status.success(), "{status}");
        assert_eq!(*self.errors.lock().expect("nobody panicked"), "");
    }

    fn flow_file(&self) -> std::path::PathBuf {
        self.folder.as_ref().expect("a shop of its own").path().join("corner/corner.duka")
    }

    fn ask(&self, method: &str, path: &str, body: &Json) -> (u16, Json) {
        http::json(method, &self.address, &format!("/api/v1/dev{path}"), &[], body)
    }

    fn get(&self, path: &str) -> Json {
        let (status, text) =
            http::ask("GET", &self.address, &format!("/api/v1/dev{path}"), &[], "").expect("an answer");
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&plain(&text)).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    fn of_customer(&self, what: &str) -> String {
        format!("/shops/{}/customers/{}/{what}", self.shop, self.customer)
    }

    fn says(&self, say: &Json) {
        let (status, answer) = self.ask("POST", &self.of_customer("say"), say);
        assert_eq!(status, 202, "{say}: {answer}");
    }

    fn lever(&self, name: &str, body: &Json) -> String {
        let (status, answer) = self.ask("POST", &format!("/shops/{}/levers/{name}", self.shop), body);
        assert_eq!(status, 200, "{name} {body}: {answer}");
        answer["said"].as_str().expect("it says what it did").to_string()
    }

    fn thread(&self) -> Vec<Json> {
        self.get(&self.of_customer("thread")).as_array().expect("a list").clone()
    }

    /// The first message of the shop after that many items that has these words.
    fn sees(&self, after: usize, words: &str) -> Json {
        until(words, || {
            let thread = self.thread();
            let mut new = thread.into_iter().skip(after).filter(|item| item["way"] == "out");
            new.find(|item| item.to_string().contains(words))
        })
    }

    /// Says something, and waits for an answer with these words.
    fn does(&self, say: &Json, words: &str) -> Json {
        let before = self.thread().len();
        self.says(say);
        self.sees(before, words)
    }

    /// Taps what has this title under the newest message that offers it.
    fn taps(&self, title: &str, words: &str) -> Json {
        let thread = self.thread();
        let tap = thread.iter().rev().find_map(|item| tap_of(item, title));
        self.does(&tap.unwrap_or_else(|| panic!("nobody offers {title}: {thread:#?}")), words)
    }

    /// Taps again and again until the answer has these words.
    fn sees_at_last(&self, title: &str, words: &str) {
        until(words, || {
            let answer = self.taps(title, "Shall we go on?");
            let all = self.thread();
            let said = all.iter().any(|item| item.to_string().contains(words));
            (said && answer["way"] == "out").then_some(())
        });
    }

    /// Listens from now on.
    fn listens(&self) -> Events {
        let events: Events = Arc::default();
        let told = Arc::clone(&events);
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let address = &self.address;
        write!(stream, "GET /api/v1/dev/stream HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("it takes a request");
        let mut lines = BufReader::new(stream).lines();
        // The answer has begun: nothing is missed from here on.
        assert!(lines.next().expect("an answer").expect("text").contains("200"));
        std::thread::spawn(move || {
            let mut name = String::new();
            for line in lines.map_while(Result::ok) {
                if let Some(event) = line.strip_prefix("event: ") {
                    name = event.to_string();
                } else if let Some(data) = line.strip_prefix("data: ") {
                    let data = serde_json::from_str(data).expect("JSON");
                    told.lock().expect("nobody panicked").push((name.clone(), data));
                }
            }
        });
        events
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A body that may have come in chunks.
fn plain(text: &str) -> String {
    let is_json = |text: &str| text.starts_with(['{', '[']);
    if is_json(text) {
        return text.to_string();
    }
    text.split("\r\n").skip(1).step_by(2).collect()
}

fn told(events: &Events, name: &str, is_it: impl Fn(&Json) -> bool) -> Json {
    until(name, || {
        let events = events.lock().expect("nobody panicked");
        events.iter().find(|(event, data)| event == name && is_it(data)).map(|(_, data)| data.clone())
    })
}

/// The tap on what a message offers under that title.
fn tap_of(item: &Json, title: &str) -> Option<Json> {
    let action = &item["body"]["interactive"]["action"];
    let message = &item["id"];
    let buttons = action["buttons"].as_array().into_iter().flatten().map(|button| (&button["reply"], "button"));
    let sections = action["sections"].as_array().into_iter().flatten();
    let rows = sections.flat_map(|section| section["rows"].as_array().into_iter().flatten()).map(|row| (row, "list"));
    let (found, kind) = buttons.chain(rows).find(|(choice, _)| choice["title"] == title)?;
    let mut tap = json!({"title": title, "message": message});
    tap[kind] = found["id"].clone();
    Some(tap)
}

fn text(say: &str) -> Json {
    json!({ "text": say })
}

#[test]
fn a_customer_buys_a_dress_from_hello_to_delivered() {
    let dev = Dev::of(&root().join("examples/boutique"));
    let events = dev.listens();
    dev.does(&text("hi"), "Welcome to *Zuri Boutique*");
    told(&events, "item", |data| data["item"].to_string().contains("Welcome to *Zuri Boutique*"));
    dev.taps("Shop", "What are you looking for?");
    dev.taps("Dresses", "this is what we have right now");
    let card = dev.taps("Kitenge wrap dress", "KES 2,500");
    assert!(card.to_string().contains("/api/v1/dev/picture?of="), "a picture can be shown: {card}");
    dev.taps("Add to bag", "How many would you like?");
    dev.does(&text("1"), "Total *KES 2,500*");
    dev.taps("Check out", "How would you like to get it?");
    dev.taps("Pick up in shop", "Total KES 2,500");
    let link = dev.taps("Pay", "/pay/").to_string();
    pay(&dev, &link);
    dev.sees(0, "is paid: KES 2,500");
    let greeting = dev.does(&text("menu"), "Zuri Boutique");
    assert!(!greeting.to_string().contains("bag"), "what was paid is in no bag any more: {greeting}");
    let place = until("an order that can be shipped", || {
        let place = dev.get(&dev.of_customer("place"));
        (place["orders"][0]["actions"][0] == "ship").then_some(place)
    });
    let order = place["orders"][0]["reference"].clone();
    assert_eq!(place["orders"][0]["paid"], "paid", "{place}");
    assert!(place["path"].as_array().is_some_and(|path| path.len() > 5), "{place}");
    let before = dev.thread().len();
    dev.lever("order", &json!({"reference": order, "action": "ship"}));
    dev.sees(before, order.as_str().expect("a number"));
    let before = dev.thread().len();
    dev.lever("order", &json!({"reference": order, "action": "deliver"}));
    dev.sees(before, order.as_str().expect("a number"));
    told(&events, "place", |data| data["place"]["orders"][0]["state"] == "delivered");
    let why = until("every message says why it was sent", || {
        let thread = dev.thread();
        let mut ours = thread.iter().filter(|item| item["way"] == "out");
        ours.all(|item| item["why"]["window"].is_string()).then(|| thread[1]["why"].clone())
    });
    assert_eq!(why["line"]["file"], "boutique.duka", "{why}");
    let map = dev.get("/shops/boutique/map");
    let states = map["flows"][0]["states"].as_array().expect("states");
    assert!(states.iter().any(|state| state["id"] == "boutique.welcome"), "{map}");
}

/// Opens the link, and pays at the provider's page, as a browser does.
fn pay(dev: &Dev, item: &str) {
    let at = item.find("/pay/").expect("a link");
    let path: String = item[at..].chars().take_while(|c| !matches!(c, '"' | '\\' | ' ')).collect();
    let page = post(&dev.address, &path, "");
    let provider = page.split("/demo-pay/pay/").nth(1).expect("it leads to the provider").split(['\r', '\n']).next();
    post(&dev.address, &format!("/demo-pay/pay/{}", provider.expect("a name")), "do=pay");
}

/// The head and body of the answer.
fn post(address: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .expect("it takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

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
            until("nothing is wrong any more", || (last("findings") == json!([])).then_some(()));
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
fn a_shop_that_never_was_good_shows_its_findings_and_opens_when_it_is_mended() {
    let mut dev = Dev::corner(&FLOW.replace("-> fine", "-> nowhere"));
    let home = dev.get("");
    assert_eq!(home["running"], false);
    assert!(home["shops"][0]["findings"].to_string().contains("nowhere"), "{home}");
    std::fs::write(dev.flow_file(), FLOW).expect("a writable folder");
    dev.customer = until("the shop opens", || {
        let customers = dev.get("/shops/corner/customers");
        customers[0]["id"].as_str().map(str::to_string)
    });
    until("it runs", || (dev.get("")["running"] == true).then_some(()));
    dev.does(&text("hi"), "Shall we go on?");
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_when_the_server_is_pulled_away() {
    let dev = Dev::of(&root().join("tests/shops/counter"));
    let mut expected = Vec::new();
    for n in 1..=12 {
        dev.says(&text(&format!("count t{n}")));
        expected.push(format!("ack t{n} "));
        if n % 4 == 0 {
            let said = dev.lever("restart", &json!({}));
            assert!(said.contains("same database"), "{said}");
            dev.lever("duplicate", &json!({}));
            dev.lever("swap", &json!({}));
        }
    }
    let answers = until("every message is answered", || {
        let thread = dev.thread();
        let answers: Vec<String> =
            thread.iter().filter_map(|item| item["body"]["text"]["body"].as_str()).map(str::to_string).collect();
        let answers: Vec<String> = answers.into_iter().filter(|text| text.starts_with("ack ")).collect();
        expected.iter().all(|token| answers.iter().any(|answer| answer.starts_with(token))).then_some(answers)
    });
    assert_eq!(answers.len(), expected.len(), "{answers:?}");
    let mut numbers: Vec<&str> = answers.iter().filter_map(|answer| answer.split("n=").nth(1)).collect();
    numbers.sort_by_key(|number| number.parse::<u32>().ok());
    numbers.dedup();
    assert_eq!(numbers.len(), expected.len(), "each counts once: {answers:?}");
}

#[test]
fn days_pass_in_a_moment_and_what_waits_for_them_happens() {
    let dev = Dev::corner(FLOW);
    dev.does(&text("hi"), "Shall we go on?");
    let timer = until("the timer is shown", || dev.get(&dev.of_customer("place"))["timers"][0].as_object().cloned());
    assert_eq!(timer["what"], "quiet 2 hours");
    let before = dev.thread().len();
    let (status, clock) = dev.ask("POST", "/clock", &json!({"to": "next_timer"}));
    assert_eq!(status, 200, "{clock}");
    assert!(clock["shifted_by"].as_i64().is_some_and(|ms| (7_000_000..7_300_000).contains(&ms)), "{clock}");
    dev.sees(before, "Are you still there?");
    let (_, clock) = dev.ask("POST", "/clock", &json!({"advance": 3_600_000}));
    assert!(clock["shifted_by"].as_i64().is_some_and(|ms| ms > 10_000_000), "{clock}");
    let (status, wrong) = dev.ask("POST", "/clock", &json!({"advance": -1}));
    assert_eq!((status, wrong["error"]["code"].as_str()), (422, Some("wrong")));
}

#[test]
fn only_pages_of_this_address_are_answered() {
    let dev = Dev::corner(FLOW);
    let ask = |headers: &[(&str, &str)]| {
        let mut stream = TcpStream::connect(&dev.address).expect("it listens");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "POST /api/v1/dev/clock HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}Content-Length: 15\r\n\r\n{{\"reset\": true}}")
            .expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer
    };
    let here = dev.address.as_str();
    let origin = format!("http://{here}");
    assert!(ask(&[("Host", here), ("Origin", &origin)]).starts_with("HTTP/1.1 200"));
    for headers in [
        [("Host", "shop.example"), ("Origin", &origin)],
        [("Host", here), ("Origin", "https://elsewhere.example")],
        [("Host", here), ("Sec-Fetch-Site", "cross-site")],
        [("Host", here), ("Origin", "null")],
    ] {
        assert!(ask(&headers).starts_with("HTTP/1.1 403"), "{headers:?}");
    }
    let (status, page) = http::ask("GET", here, "/", &[], "").expect("an answer");
    assert_eq!(status, 200);
    assert!(page.contains("<html"), "{page}");
    let answer = {
        let mut stream = TcpStream::connect(here).expect("it listens");
        write!(stream, "GET / HTTP/1.1\r\nHost: {here}\r\nConnection: close\r\n\r\n").expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer
    };
    assert!(answer.contains("content-security-policy: default-src 'self'"), "{answer}");
}

#[test]
fn everything_that_is_described_is_answered() {
    let dev = Dev::corner(FLOW);
    dev.does(&text("hi"), "Shall we go on?");
    let (status, document) = http::ask("GET", &dev.address, "/api/v1/openapi.json", &[], "").expect("an answer");
    let published = std::fs::read_to_string(root().join("schemas/openapi.json")).expect("the published one");
    let document: Json = serde_json::from_str(&plain(&document)).expect("JSON");
    assert_eq!((status, &document), (200, &serde_json::from_str::<Json>(&published).expect("JSON")));
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let Some(path) = path.strip_prefix("/api/v1/dev").filter(|path| *path != "/stream") else { continue };
        let path = path.replace("{shop}", "corner").replace("{id}", &dev.customer).replace("{path}", "corner.duka");
        let path = path.replace("{name}", "statuses");
        for method in methods.as_object().expect("methods").keys() {
            let (status, answer) = dev.ask(&method.to_uppercase(), &path, &json!({}));
            let message = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(status != 405 && message != "There is no such page.", "{method} {path}: {status} {answer}");
            asked += 1;
        }
    }
    assert!(asked > 15, "{asked}");
}

fn fails(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = duka().arg("dev").arg("--no-open").args(arguments).output().expect("it runs");
    assert_eq!(status.code(), Some(2));
    String::from_utf8_lossy(&stderr).into_owned()
}

#[test]
fn what_keeps_it_from_running_is_said_with_the_next_step() {
    let boutique = root().join("examples/boutique").display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it listens").port().to_string();
    let said = fails(&[&boutique, "--port", &port]);
    assert!(said.contains(&port) && said.contains("--port"), "{said}");
    let said = fails(&["no/such/folder"]);
    assert!(said.contains("there is no file or folder"), "{said}");
    let empty = tempfile::tempdir().expect("a folder");
    let said = fails(&[&empty.path().display().to_string()]);
    assert!(said.contains("no shop") && said.contains("duka new"), "{said}");
}
