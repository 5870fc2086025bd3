//! The pages of `docs/reference` that are made from the code: settings, standard flows, contracts, the API. `UPDATE=1` writes
//! them. What a page says of a default is tried on the settings themselves.

use std::fmt::Write;
use std::fs;

use duka_runtime::config;
use duka_tests::tree::{files, root};
use serde_json::Value as Json;

use super::schemas::errors;

/// Fails unless the page is as the code has it.
pub fn current(name: &str, page: &str) {
    let path = root().join("docs/reference").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a writable repository");
        fs::write(&path, page).expect("a writable repository");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "{} is not current: run with UPDATE=1", path.display());
}

/// A text of the code as it stands in a cell.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|").replace(['<', '>'], "")
}

/// A line of `duka.toml`.
struct Setting {
    section: String,
    name: String,
    kind: &'static str,
    what: String,
    default: String,
}

impl Setting {
    fn variable(&self) -> String {
        let path = [self.section.as_str(), &self.name].into_iter().filter(|part| !part.is_empty());
        path.fold("DUKA".to_string(), |all, part| all + "_" + &part.to_uppercase())
    }

    /// The default as a line of the file, where it is a value.
    fn line(&self) -> Option<String> {
        let value = self.default.trim_matches('`');
        let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
        match self.kind {
            "number" => Some(format!("{} = {digits}", self.name)).filter(|_| !digits.is_empty()),
            "yes/no" => Some(format!("{} = {value}", self.name)).filter(|_| !value.is_empty()),
            _ if value.is_empty() || value.starts_with("none") || value.contains(',') || value.contains("own") => None,
            _ => Some(format!("{} = \"{value}\"", self.name)),
        }
    }
}

fn kind(schema: &Json) -> &'static str {
    let text = schema.to_string();
    let kinds = [
        ("$defs/SecretRef", "secret"),
        ("$defs/Length", "length of time"),
        ("$defs/HttpUrl", "address"),
        ("\"integer\"", "number"),
        ("\"number\"", "number"),
        ("\"boolean\"", "yes/no"),
        ("$defs/Hosts", "list"),
    ];
    kinds.into_iter().find(|(sign, _)| text.contains(sign)).map_or("text", |(_, kind)| kind)
}

/// The settings of one section, and what the schema says of it.
fn settings_of(section: &str, schema: &Json) -> Vec<Setting> {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let own = fields.filter(|(_, field)| !field.to_string().contains("Section\""));
    own.map(|(name, field)| {
        let said = field["description"].as_str().unwrap_or("").replace('\n', " ");
        let (what, default) = said.split_once("[default: ").unwrap_or((&said, ""));
        Setting {
            section: section.to_string(),
            name: name.clone(),
            kind: kind(field),
            what: cell(what.trim()),
            default: cell(default.trim_end_matches(']')),
        }
    })
    .collect()
}

/// All sections in the order of the file, with what they are about.
fn sections() -> Vec<(String, String, Vec<Setting>)> {
    let schema = config::schema();
    let mut sections = vec![(String::new(), String::new(), settings_of("", &schema))];
    for (name, field) in schema["properties"].as_object().expect("settings") {
        let text = field.to_string();
        if let Some((_, rest)) = text.split_once("$defs/").filter(|(_, rest)| rest.contains("Section\"")) {
            let section = &schema["$defs"][rest.split('"').next().unwrap_or("")];
            let about = section["description"].as_str().unwrap_or("").to_string();
            sections.push((name.clone(), about, settings_of(name, section)));
        }
    }
    sections
}

const SETTINGS: &str = "\
# The settings of the server: duka.toml

A server starts without any: it listens on this machine, keeps everything in `duka.db`, and reads the shops in the folder `shops`.
`duka serve --config FILE` names the file; without it `duka.toml` is read, where the command is started. Paths in it are relative to it.

- Each setting is also a variable, which wins: `sending.hold` is `DUKA_SENDING_HOLD`.
- A **secret** is never written here, only where it is: `env:NAME` or `file:PATH`.
- A **length of time** is `500 ms`, `20 seconds`, `10 minutes`, `8 hours`, `3 days`.
- A setting that does not exist, or a value that does not fit, stops the start with file and line. `duka schema server` is for editors.
- SIGHUP reads the file again; a mistake then changes nothing.
";

#[test]
fn the_page_of_the_settings_is_current() {
    let mut page = SETTINGS.to_string();
    let mut variables = Vec::new();
    for (name, about, settings) in sections() {
        if !name.is_empty() {
            write!(page, "\n## `[{name}]`\n\n{about}\n").expect("a text takes everything");
        }
        page.push_str("\n| setting | what | unless said |\n| --- | --- | --- |\n");
        for setting in settings {
            let Setting { name, kind, what, default, .. } = &setting;
            writeln!(page, "| `{name}` ({kind}) | {what} | {default} |").expect("a text takes everything");
            variables.push(setting.variable());
        }
        if ["handoff", "adapters"].contains(&name.as_str()) {
            let shops = "has the same settings, for the shop in the folder of that name.";
            writeln!(page, "\n`[{name}.shops.NAME]` {shops}").expect("a text takes everything");
        }
    }
    for (variable, _) in config::SETTINGS {
        assert!(variables.iter().any(|known| known == variable), "`{variable}` is on the page");
    }
    for variable in &variables {
        assert!(config::SETTINGS.iter().any(|(known, _)| known == variable), "`{variable}` is a variable");
    }
    current("settings.md", &page);
}

/// Written down, the defaults of the page change nothing.
#[test]
fn the_defaults_of_the_page_are_those_of_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("duka.toml");
    let load = |text: &str| {
        fs::write(&path, text).expect("a file can be written");
        config::load(Some(&path), &Vec::new()).map(|config| format!("{config:#?}"))
    };
    let nothing = load("").expect("a server starts without settings");
    let mut tried = 0;
    for (section, _, settings) in sections() {
        for line in settings.iter().filter_map(Setting::line) {
            let head = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
            // What only counts in a build or beside others is tried with them.
            let beside = match line.split(' ').next() {
                Some("region") => continue,
                _ => "",
            };
            let written = load(&format!("{head}{line}\n{beside}"));
            let written = written.unwrap_or_else(|mistake| panic!("`{line}` of [{section}]: {mistake:?}"));
            assert!(written == nothing, "`{line}` of [{section}] is not the default");
            tried += 1;
        }
    }
    assert!(tried >= 18, "defaults are values: {tried}");
}

/// The settings that pages show are settings, with every secret at hand.
#[test]
fn the_settings_that_pages_show_are_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = "0123456789abcdef".repeat(4);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file can be written");
    let mut tried = 0;
    for page in files(&["docs"], &[".md"]) {
        let blocks = |language: &str| {
            let sign = format!("```{language}\n");
            let blocks = page.text.split(&sign).skip(1).filter_map(|rest| rest.split("```").next());
            blocks.map(str::to_string).collect::<Vec<_>>()
        };
        write("rates.csv", blocks("csv").first().map_or("", String::as_str));
        for block in blocks("toml").iter().filter(|block| !block.contains("[dependencies]")) {
            write("duka.toml", block);
            let references = |kind: &str| {
                let names = block.split(kind).skip(1).filter_map(|rest| rest.split('"').next());
                names.map(str::to_string).collect::<Vec<_>>()
            };
            references("\"file:").iter().for_each(|name| write(name, &secret));
            let variables: Vec<(String, String)> =
                references("\"env:").into_iter().map(|name| (name, secret.clone())).collect();
            let read = config::load(Some(&folder.path().join("duka.toml")), &variables);
            assert!(read.is_ok(), "{}: {:?}\n{block}", page.path, read.err());
            tried += 1;
        }
    }
    assert!(tried >= 7, "pages show settings: {tried}");
}

/// The page of `shop.yaml` is written by hand: it names every entry, and what it shows is one.
#[test]
fn the_page_of_the_shop_names_every_entry() {
    let page = fs::read_to_string(root().join("docs/reference/shop.md")).expect("the page is there");
    let (_, schema) = duka_dsl::schema::all().into_iter().find(|(name, _)| *name == "shop").expect("it has a schema");
    let known =
        |names: &Json| names.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let channels = schema["properties"]["channels"].to_string();
    let retention = &schema["properties"]["retention"]["properties"];
    let named = |name: &String| page.contains(&format!("`{name}`")) || page.contains(&format!("`{name}: "));
    let missing: Vec<String> = known(&schema["properties"]).into_iter().chain(known(retention)).collect();
    let missing: Vec<&String> = missing.iter().filter(|name| !named(name)).collect();
    assert!(missing.is_empty(), "docs/reference/shop.md does not speak of {missing:?}");
    for entry in ["phone_number_id", "waba_id", "portfolio_id", "catalogue", "pay_in_chat", "token", "read_marks"] {
        assert!(channels.contains(entry) && page.contains(&format!("`{entry}`")), "{entry}");
    }
    let shown = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a whole one");
    assert_eq!(errors("shop", shown), Vec::<String>::new());
}

const FLOWS: &str = "\
# Standard flows

Conversations that every shop needs, written once, tested, and translated into Swahili, Arabic and Hindi. `use std.tracking` takes one as
it is. A copy of its file, from `flows/std` into your shop's folder, is yours to change; its texts come along.

A flow that *takes* something is handed it: `<-> std.pay with order`. What it *gives* comes back: `into payment`; nothing, if the customer
leaves. Every one has an answer to silence, to a system that fails, and to words that it does not understand. A `follow order` of your
own takes the place of the one in `std.order_updates`.
";

#[test]
fn the_page_of_the_standard_flows_is_current() {
    let mut page = FLOWS.to_string();
    for (path, text) in duka_flows::STD {
        let name = path.trim_start_matches("std/").trim_end_matches(".duka");
        if name.contains('.') {
            continue;
        }
        let comments = text.lines().map_while(|line| line.strip_prefix('#'));
        let (uses, says): (Vec<&str>, Vec<&str>) = comments.partition(|line| line.starts_with("   "));
        let header = text.lines().take_while(|line| !line.starts_with("use ") && !line.starts_with("remember"));
        let told = header.filter(|line| line.starts_with("  takes ") || line.starts_with("  gives "));
        write!(page, "\n## `std.{name}`\n\n{}\n", says.join("\n").trim().replace("\n ", "\n")).expect("a text");
        let shown: Vec<&str> = told.chain(uses).map(str::trim).collect();
        if !shown.is_empty() {
            write!(page, "\n```\n{}\n```\n", shown.join("\n")).expect("a text takes everything");
        }
    }
    current("standard-flows.md", &page);
}

const CONTRACTS: &str = "\
# Contracts

What a shop's systems answer, and what is done with them: these are the operations that a flow can `call` (queries) and `do` (commands).
The demo answers all of them; your own system answers those that your flows use, by [a mapping](../adapters.md) or a known adapter.

A shop's own `NAME.contract.yaml` with the same `adapter:` adds operations, or replaces those of the same name; the rest stays. `?` marks what
may be missing. `within` is how long an answer may take, `fresh_for` how old it may be, `fails` are the refusals that a flow
can answer with `else`.
";

#[test]
fn the_page_of_the_contracts_is_current() {
    let mut page = CONTRACTS.to_string();
    for (path, text) in duka_flows::CONTRACTS {
        let name = path.trim_start_matches("std/").trim_end_matches(".contract.yaml");
        write!(page, "\n## `{name}`\n\n```yaml\n{}\n```\n", text.trim_end()).expect("a text takes everything");
    }
    current("contracts.md", &page);
}

const API: &str = "\
# The API

For people's programs, agents and whoever operates. `duka keys new` makes a key; it goes into the header `Authorization: Bearer …`. A key has
scopes, and may be of one shop. What is done with it is noted ([audit](../operations.md#what-operators-did)). Pages go on with the
`next` of the answer, as `?after=`. Routes with the scope `duka dev` exist only while `duka dev` runs. They need no key and
answer only its own page.

The whole description, with every field, is OpenAPI 3.1: `schemas/openapi.json`. It is made from the code, as this page is.
";

#[test]
fn the_page_of_the_api_is_current() {
    let document = duka_runtime::dev::document();
    let mut page = API.to_string();
    page.push_str("\n| | scope | does |\n| --- | --- | --- |\n");
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let text = |name: &str| operation[name].as_str().unwrap_or("");
            let scope = text("description").split('`').nth(1).unwrap_or("");
            let method = method.to_uppercase();
            writeln!(page, "| {method} `{path}` | {scope} | {} |", cell(text("summary"))).expect("a text");
        }
    }
    current("api.md", &page);
}
