//! The boutique as its customers know it, in three languages: scripts played by signed webhooks against real processes,
//! and everything that the phones show compared with what the script says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::http;
use crate::script::{Act, Line, read};
use crate::stage::{Stage, boutique, until};
use crate::support::root;

struct Customer {
    phone: String,
    name: String,
    /// The last message that was seen.
    seen: u64,
}

struct Play {
    stage: Stage,
    customers: BTreeMap<String, Customer>,
    /// The path of the latest pay link.
    link: String,
}

impl Play {
    fn post(&self, who: &str, say: &Json) {
        let customer = &self.customers[who];
        let mut said = say.clone();
        said["as"] = json!({ "name": customer.name });
        let path = format!("/control/customer/{}", customer.phone);
        let (_, answer) = http::json("POST", &self.stage.control, &path, &[], &said);
        assert_eq!(answer["http"], 200, "{who} {say}: {answer}");
    }

    fn act(&mut self, act: &Act, out: &mut String) {
        match act {
            Act::Writes { who, messages } => messages.iter().for_each(|text| self.post(who, &json!({ "text": text }))),
            Act::Taps { who, choice, on: None } => self.post(who, &json!({ "tap": choice })),
            Act::Taps { who, choice, on: Some(n) } => {
                self.post(who, &json!({ "tap_on": { "message": n.to_string(), "choice": choice } }));
            }
            Act::Pass { minutes } => {
                self.stage.pass(*minutes);
                self.stage.until_woken();
            }
            Act::TakesOver => self.hand("open", &json!({})),
            Act::Answers { words } => self.hand("reply", &json!({ "text": words })),
            Act::GivesBack => self.hand("close", &json!({ "note": "" })),
            Act::Product { sku, field, value } => {
                let value =
                    if *field == "stock" { json!(value.parse::<u32>().expect("a number")) } else { json!(value) };
                self.pulls(&format!("/demo-shop/shop/products/{sku}"), &json!({ *field: value }));
            }
            Act::Order { number, status } => {
                self.pulls(&format!("/demo-shop/shop/orders/{number}"), &json!({ "status": status }));
            }
            Act::Opens => self.opens("GET", out),
            Act::Begins => self.opens("POST", out),
            Act::Lost => self.pulls("/demo-pay/control/faults", &json!({ "lost": 1 })),
            Act::Says { status } => self.says(status),
        }
        self.stage.rest();
    }

    fn pulls(&self, path: &str, body: &Json) {
        let (status, _) = http::json("POST", &self.stage.address, path, &[], body);
        assert_eq!(status, 200, "{path} {body}");
    }

    /// What the page behind the latest pay link shows.
    fn opens(&self, method: &str, out: &mut String) {
        let (status, html) = http::ask(method, &self.stage.address, &self.link, &[], "").expect("the server answers");
        let text = if status == 303 { "sent on".to_string() } else { words(&html).join(" | ") };
        let _ = writeln!(out, "page | {status} | {text}");
    }

    /// The payment that was begun last stands so at the provider, which says so; waits until the link's page knows.
    fn says(&self, status: &str) {
        let (_, sessions) = http::json("GET", &self.stage.address, "/demo-pay/control/sessions", &[], &json!({}));
        let last = sessions.as_array().and_then(|all| all.last()).expect("one was begun")["id"].clone();
        let path = format!("/demo-pay/control/sessions/{}", last.as_str().expect("an id"));
        self.pulls(&path, &json!({ "status": status }));
        until("the page knows", || {
            let (_, html) = http::ask("GET", &self.stage.address, &self.link, &[], "").expect("the server answers");
            !html.contains("<form") && !html.contains("href=\"\"")
        });
    }

    /// A person's move in the conversation that was heard of last.
    fn hand(&self, what: &str, body: &Json) {
        let list = self.stage.api("GET", "/conversations", &json!({}));
        let last = list["conversations"].as_array().expect("a list").iter();
        let last = last.max_by_key(|one| one["last_inbound_ms"].as_i64()).expect("somebody has written");
        let id = last["id"].as_str().expect("an id");
        self.stage.api("POST", &format!("/conversations/{id}/handoff/{what}"), body);
    }

    /// What has come to the phones since the last look.
    fn seen(&mut self, out: &mut String) {
        for customer in self.customers.values_mut() {
            let path = format!("/control/customer/{}?after={}", customer.phone, customer.seen);
            let (_, shown) = http::json("GET", &self.stage.control, &path, &[], &json!({}));
            for message in shown.as_array().expect("messages") {
                customer.seen = message["n"].as_u64().expect("messages are numbered");
                let link = message.pointer("/content/action/parameters/url").and_then(Json::as_str);
                if let Some(at) = link.and_then(|link| Some(&link[link.find("/pay/")?..])) {
                    self.link = at.to_string();
                }
                show(message, out);
            }
        }
    }
}

/// A message as a phone shows it.
fn show(message: &Json, out: &mut String) {
    let text = |value: &Json| value.as_str().unwrap_or("").to_string();
    let (content, kind) = (&message["content"], text(&message["type"]));
    let mut lines: Vec<String> = Vec::new();
    let header = &content["header"];
    if let Some(link) = header.pointer("/image/link").or_else(|| content.pointer("/link")).and_then(Json::as_str) {
        lines.push(format!("[picture {link}]"));
    }
    if let Some(header) = header["text"].as_str() {
        lines.push(header.to_string());
    }
    if kind == "template" {
        lines.push(format!("(template {}, {})", text(&content["name"]), text(&content["language"]["code"])));
    }
    lines.extend(text(&message["text"]).lines().map(str::to_string));
    if let Some(footer) = content.pointer("/footer/text").and_then(Json::as_str) {
        lines.push(format!("({footer})"));
    }
    let taps = message["taps"].as_array().map_or(&[][..], Vec::as_slice);
    if kind == "list" {
        lines.push(format!("[{}]", text(&content["action"]["button"])));
        for row in taps {
            let note = Some(dateless(&text(&row["note"]))).filter(|note| !note.is_empty());
            let note = note.map_or(String::new(), |note| format!(" | {note}"));
            lines.push(format!("  - {}{note}", text(&row["title"])));
        }
    } else if !taps.is_empty() {
        let titles: Vec<String> = taps.iter().map(|tap| format!("[{}]", text(&tap["title"]))).collect();
        lines.push(titles.join(" "));
    }
    if kind == "cta_url" {
        let parameters = &content["action"]["parameters"];
        let url = text(&parameters["url"]);
        // A pay link is another one each time.
        let url = url.split_once("/pay/v4.local.").map_or(url.as_str(), |_| "https://zuri.example/pay/…");
        lines.push(format!("[{}] {url}", text(&parameters["display_text"])));
    }
    for (at, line) in lines.iter().enumerate() {
        let n = if at == 0 { format!("{:>3}", message["n"].as_u64().unwrap_or(0)) } else { "   ".to_string() };
        let _ = writeln!(out, "{}", format!("{n} | {line}").trim_end());
    }
}

/// A note without the day on which an order was placed: the script is played on another one each time.
fn dateless(note: &str) -> String {
    let is_number = |word: Option<&str>| word.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let is_date = |part: &str| {
        let mut words = part.split(' ');
        is_number(words.next()) && words.next().is_some() && is_number(words.next()) && words.next().is_none()
    };
    let parts = note.split(", ").map(|part| if is_date(part) { "(the day)" } else { part });
    parts.collect::<Vec<_>>().join(", ")
}

/// The texts of a page, in order.
fn words(html: &str) -> Vec<String> {
    let body = html.split_once("<body>").map_or(html, |(_, body)| body);
    let texts = body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim().to_string());
    texts.filter(|text| !text.is_empty()).collect()
}

/// The boutique, at ten in the morning in Nairobi, open on every day, so that no hour of its rules depends on when this runs. `paid`: at the
/// demo provider, by links.
fn stage(paid: bool) -> Stage {
    let plan = std::fs::read_to_string(place("templates.toml")).expect("the templates are there");
    let make = |shop: &std::path::Path| {
        boutique(shop);
        let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
        let pays = if paid { "\npayments: { provider: demo }\n" } else { "" };
        std::fs::write(shop.join("shop.yaml"), profile + pays).expect("writable");
    };
    let settings = if paid { "[payments]\nurl = \"http://ADDRESS\"\n" } else { "" };
    let mut stage = Stage::begin(make, &plan, None, settings);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let minute_of_day = i64::try_from(since.as_secs() / 60 % 1_440).expect("a small number");
    let ten_in_nairobi = 7 * 60;
    stage.pass((ten_in_nairobi - minute_of_day).rem_euclid(1_440));
    stage.start();
    stage
}

fn place(file: &str) -> PathBuf {
    root().join("cli/tests/served/boutique").join(file)
}

fn played(text: &str) -> String {
    let stage = stage(text.contains(" the link\n"));
    let mut play = Play { stage, customers: BTreeMap::new(), link: String::new() };
    let mut out = String::new();
    for line in read(text) {
        let begun = out.len();
        match line {
            Line::Kept(line) => out += line,
            Line::Customer { line, name, phone } => {
                let first = name.to_string();
                play.customers.insert(first.clone(), Customer { phone: phone.to_string(), name: first, seen: 0 });
                out += line;
            }
            Line::Act { line, act } => {
                out += line;
                out.push('\n');
                play.act(&act, &mut out);
                play.seen(&mut out);
            }
        }
        if !out.ends_with('\n') || out.len() == begun {
            out.push('\n');
        }
        print!("{}", &out[begun..]);
    }
    out
}

fn compare(file: &str) {
    let path = place(file);
    let script = std::fs::read_to_string(&path).expect("the script is there");
    let seen = played(&script);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, seen).expect("a writable folder");
        return;
    }
    for (at, (expected, seen)) in script.lines().zip(seen.lines()).enumerate() {
        assert_eq!(seen, expected, "{file}, line {}; `UPDATE=1` takes what was seen as right", at + 1);
    }
    assert_eq!(seen.lines().count(), script.lines().count(), "{file}; `UPDATE=1` takes what was seen as right");
}

#[test]
fn a_play_in_english() {
    compare("english.play");
}

#[test]
fn a_play_in_swahili() {
    compare("swahili.play");
}

#[test]
fn a_play_in_arabic() {
    compare("arabic.play");
}

#[test]
fn a_whole_order_from_the_search_to_the_return() {
    compare("whole.play");
}
