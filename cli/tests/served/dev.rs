//! `duka dev` as a process: everything that the page of the browser asks, asked from outside. A whole purchase, files that
//! are broken and mended, a server that is pulled from under customers' hands, days that pass, and who may not ask.

#[path = "dev/disk.rs"]
mod disk;
#[path = "dev/ends.rs"]
mod ends;
#[path = "dev/given.rs"]
mod given;
#[path = "dev/orders.rs"]
mod orders;
#[path = "dev/person.rs"]
mod person;
#[path = "dev/recorded.rs"]
mod recorded;
#[path = "dev/refused.rs"]
mod refused;
#[path = "dev/saves.rs"]
mod saves;
#[path = "dev/several.rs"]
mod several;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
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
    /// What it says at the start, and of its own troubles.
    said: Heard,
    errors: Heard,
}

/// What a process says, line by line, so that no pipe is ever full.
struct Heard {
    text: Arc<Mutex<String>>,
    hearing: Option<JoinHandle<()>>,
}

impl Heard {
    fn of(lines: impl Iterator<Item = std::io::Result<String>> + Send + 'static) -> Heard {
        let text: Arc<Mutex<String>> = Arc::default();
        let heard = Arc::clone(&text);
        let hearing = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *heard.lock().expect("nobody panicked") += &format!("{line}\n");
            }
        });
        Heard { text, hearing: Some(hearing) }
    }

    fn now(&self) -> String {
        self.text.lock().expect("nobody panicked").clone()
    }

    /// All of it, once the process has ended.
    fn whole(&mut self) -> String {
        if let Some(hearing) = self.hearing.take() {
            hearing.join().expect("nobody panicked");
        }
        self.now()
    }
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
        let said = Heard::of(lines);
        let errors = Heard::of(BufReader::new(child.stderr.take().expect("it was asked for")).lines());
        let mut dev = Dev { child, address, shop: String::new(), customer: String::new(), folder: None, said, errors };
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
    fn ends(self) {
        self.ends_by("-INT");
    }

    fn ends_by(mut self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("there is `kill`").success());
        let status = until("it ends", || self.child.try_wait().expect("it can be asked"));
        assert!(status.success(), "{status}");
        assert_eq!(self.errors.whole(), "");
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

    /// Sends a file; `more`: its name and caption as a query. The answer to it.
    fn sends_file(&self, kind: &str, more: &str, bytes: &str) -> (u16, Json) {
        let path = format!("/api/v1/dev{}?kind={kind}{more}", self.of_customer("file"));
        let (status, text) = http::ask("POST", &self.address, &path, &[], bytes).expect("an answer");
        (status, serde_json::from_str(&plain(&text)).unwrap_or_default())
    }

    /// Sends a file, and waits for an answer with these words.
    fn gives(&self, kind: &str, more: &str, bytes: &str, words: &str) -> Json {
        let before = self.thread().len();
        let (status, answer) = self.sends_file(kind, more, bytes);
        assert_eq!(status, 202, "{kind}: {answer}");
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
        if std::thread::panicking() {
            eprintln!("It said of its own troubles:\n{}", self.errors.now());
        }
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
    until("it was read, which may be told after the answer, and nobody types", || {
        let events = events.lock().expect("nobody panicked");
        let typing = events.iter().rfind(|(event, _)| event == "typing").map(|(_, data)| data["on"].clone());
        let is_read = dev.thread()[0]["status"] == "read";
        (is_read && typing == Some(Json::Bool(false))).then_some(())
    });
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
    assert_eq!(place["orders"][0]["total"], "KES 2,500", "an amount is written in one way: {place}");
    assert!(place["path"].as_array().is_some_and(|path| path.len() > 5), "{place}");
    let before = dev.thread().len();
    dev.lever("order", &json!({"reference": order, "action": "ship"}));
    dev.sees(before, order.as_str().expect("a number"));
    let before = dev.thread().len();
    dev.lever("order", &json!({"reference": order, "action": "deliver"}));
    dev.sees(before, order.as_str().expect("a number"));
    told(&events, "place", |data| data["place"]["orders"][0]["state"] == "delivered");
    let whys = until("every message says why it was sent", || {
        let thread = dev.thread();
        let mut ours = thread.iter().filter(|item| item["way"] == "out");
        let of = |words: &str| thread.iter().find(|item| item.to_string().contains(words)).map(|item| &item["why"]);
        let known = ours.all(|item| item["why"]["window"].is_string());
        known.then(|| (thread[1]["why"].clone(), of("is on its way").cloned(), of("is paid: KES").cloned()))
    });
    let (welcome, Some(shipped), Some(receipt)) = &whys else { panic!("{whys:?}") };
    assert_eq!(
        (&welcome["line"]["file"], &welcome["state"]),
        (&"boutique.duka".into(), &"welcome".into()),
        "{welcome}"
    );
    assert_eq!((&shipped["flow"], &shipped["state"]), (&"boutique".into(), &"".into()), "no state said it: {shipped}");
    let flow = std::fs::read_to_string(root().join("examples/boutique/boutique.duka")).expect("the flow");
    let with_code = "on order.shipped if order.tracking_code.is_set";
    for (why, on, sent) in [(shipped, with_code, "send order_sent"), (receipt, "on payment.paid", "send receipt")] {
        assert_eq!((&why["follow"]["name"], &why["follow"]["on"]), (&"follow order".into(), &on.into()), "{why}");
        let line = why["follow"]["line"]["line"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
        assert_eq!(flow.lines().nth(line - 1).map(str::trim), Some(sent), "{why}");
    }
    let map = dev.get("/shops/boutique/map");
    let states = map["flows"][0]["states"].as_array().expect("states");
    assert!(states.iter().any(|state| state["id"] == "boutique.welcome"), "{map}");
}

/// As far as the bag with one dress in it.
fn fills_the_bag(dev: &Dev) {
    dev.does(&text("hi"), "Welcome to *Zuri Boutique*");
    dev.taps("Shop", "What are you looking for?");
    dev.taps("Dresses", "this is what we have right now");
    dev.taps("Kitenge wrap dress", "KES 2,500");
    dev.taps("Add to bag", "How many would you like?");
    dev.does(&text("1"), "Total *KES 2,500*");
}

#[test]
fn a_form_comes_with_its_screens_and_what_is_told_with_its_age() {
    let dev = Dev::of(&root().join("examples/boutique"));
    fills_the_bag(&dev);
    dev.taps("Check out", "How would you like to get it?");
    let item = dev.taps("Delivery", "Where should we deliver?");
    let screen = &item["form"]["screens"][0];
    let children = screen["layout"]["children"].as_array().unwrap_or_else(|| panic!("no screens: {item}"));
    let fields: Vec<&str> = children.iter().filter_map(|child| child["name"].as_str()).collect();
    assert_eq!(fields, ["name", "street", "town", "notes"], "{item}");
    let asked = &item["body"]["interactive"]["action"]["parameters"]["flow_action_payload"];
    assert_eq!(asked["screen"], screen["id"], "{item}");
    let values = json!({"name": "Amina", "street": "Biashara Street 4", "town": "Kilimani", "notes": ""});
    dev.does(&json!({"form": {"message": item["id"], "values": values}}), "Delivery to Amina, Biashara Street 4");
    let why = until("every message says why it was sent", || {
        let thread = dev.thread();
        let ours: Vec<&Json> = thread.iter().filter(|item| item["way"] == "out").collect();
        let of =
            |words: &str| ours.iter().find(|item| item.to_string().contains(words)).map(|item| item["why"].clone());
        let known = ours.iter().all(|item| item["why"]["window"].is_string());
        known.then(|| (of("Delivery to Amina"), of("How would you like to get it?")))
    });
    let (Some(told), Some(fixed)) = &why else { panic!("{why:?}") };
    assert!(told["data_age_ms"].as_i64().is_some_and(|ms| (0..120_000).contains(&ms)), "{told}");
    assert!(fixed["data_age_ms"].is_null() && fixed["state"] == "checkout", "words that are always the same: {fixed}");
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
    assert_eq!((&timer["kind"], &timer["length_ms"]), (&json!("quiet"), &json!(7_200_000)));
    let before = dev.thread().len();
    let (status, clock) = dev.ask("POST", "/clock", &json!({"to": "next_timer"}));
    assert_eq!(status, 200, "{clock}");
    assert!(clock["shifted_by"].as_i64().is_some_and(|ms| (7_000_000..7_300_000).contains(&ms)), "{clock}");
    dev.sees(before, "Are you still there?");
    let (_, clock) = dev.ask("POST", "/clock", &json!({"advance": 3_600_000}));
    assert!(clock["shifted_by"].as_i64().is_some_and(|ms| ms > 10_000_000), "{clock}");
    let (status, wrong) = dev.ask("POST", "/clock", &json!({"advance": -1}));
    assert_eq!((status, wrong["error"]["code"].as_str()), (422, Some("clock_range")));
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
    // The stand-in for WhatsApp listens, too, and signs what it is told to.
    let said = until("it says where the stand-in is", || {
        let said = dev.said.now();
        said.contains("WhatsApp (http://").then_some(said)
    });
    let graph = said.split("WhatsApp (http://").nth(1).and_then(|rest| rest.split(')').next()).expect("an address");
    for (headers, wanted) in [
        (&[][..], 200),
        (&[("Origin", "https://elsewhere.example")][..], 403),
        (&[("Sec-Fetch-Site", "cross-site")][..], 403),
    ] {
        let (status, said) =
            http::ask("POST", graph, "/control/customer/254700000099/text", headers, "hi").expect("an answer");
        assert_eq!(status == 403, wanted == 403, "{headers:?}: {status} {said}");
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
    assert!(document == serde_json::from_str::<Json>(&published).expect("JSON"), "{status}: not what is published");
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
