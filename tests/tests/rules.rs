//! Every rule has a page whose flagged example it finds and whose accepted example it does not, every code that is
//! emitted has a rule, and the pages of the documentation are current. `UPDATE=1` rewrites those.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use duka_dsl::{Diagnostic, FileId, tests_file};
use duka_engine::compile::compile;
use duka_engine::lints::{self, Finding, Settings};
use duka_engine::rules::{self, Example, Level, Rule};
use duka_engine::simulate;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use duka_engine::trace::TraceEntry;
use duka_runtime::adapter::mapping;
use duka_tests::shops::with_standard;
use duka_tests::tree::root;

const SHOP: &str = "name: Corner shop\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n";

/// How many conversations stand where, beside an example.
const LIVE: &str = "live.json";

/// Words that begin a block: a fragment that begins with another is the inside of a state.
const BLOCKS: [&str; 14] = [
    "rules",
    "remember",
    "words",
    "consent",
    "experiment",
    "phrase",
    "form",
    "anywhere",
    "group",
    "follow",
    "state",
    "template",
    "use",
    "duka",
];

/// A whole flow around a fragment. A text that begins with `duka` is whole already.
fn whole(fragment: &str) -> String {
    let first_word = fragment.split_whitespace().next().unwrap_or("");
    if first_word == "duka" || first_word == "flow" || fragment.contains("\nflow ") {
        return format!("{fragment}\n");
    }
    let (own_uses, fragment) = leading_uses(fragment);
    let first_word = fragment.split_whitespace().next().unwrap_or("");
    let body = if BLOCKS.contains(&first_word) { fragment.to_string() } else { inside_state(fragment) };
    let has = |block: &str| body.lines().any(|line| line.trim_end() == block);
    let states = body.lines().filter_map(|line| line.strip_prefix("state ")).filter_map(|line| line.split(' ').next());
    let start = states.clone().next().unwrap_or("hello").to_string();
    let mut parts = vec![body.clone()];
    if !has("anywhere") {
        parts.insert(
            0,
            format!(
                "anywhere\n  hears stop <-> std.stop\n  hears human <-> std.handoff\n  hears menu -> {start}\n  quiet 23 hours -> end\n  \
                 failed -> sorry\n  lost -> {start}\n  else: Please tap one of the choices. -> again"
            ),
        );
    }
    if states.clone().all(|name| name != start) {
        parts.push("state hello\n  ask: What would you like?\n  button shop: Shop -> end".to_string());
    }
    let heard = |name: &str| {
        parts.iter().any(|part| part.contains(&format!("hears {name} ")) || part.contains(&format!("hears {name}\n")))
    };
    let words: Vec<String> = [("menu", "menu"), ("human", "agent"), ("stop", "stop")]
        .iter()
        .filter(|(name, _)| heard(name) && !body.contains(&format!("\n  {name}: ")))
        .map(|(name, phrase)| format!("  {name}: {phrase}"))
        .collect();
    if !words.is_empty() {
        parts.insert(0, format!("words\n{}", words.join("\n")));
    }
    let joined = parts.join("\n");
    for (name, lines) in
        [("done", "  say: Thank you!\n  -> end"), ("sorry", "  say: A person will help you.\n  -> end")]
    {
        if joined.contains(&format!("-> {name}")) && states.clone().all(|state| state != name) {
            parts.push(format!("group none\nstate {name}\n{lines}"));
        }
    }
    let uses: String = ["std.stop", "std.handoff"]
        .iter()
        .filter(|path| joined.contains(**path) && !own_uses.contains(&format!("use {path}")))
        .map(|path| format!("use {path}\n"))
        .collect();
    format!(
        "duka 1\nflow example\n  start {start}\n  languages en\n  currency KES\n{own_uses}{uses}\n{}\n",
        parts.join("\n")
    )
}

/// The `use` lines at the beginning, which belong to the header, and the rest.
fn leading_uses(fragment: &str) -> (String, &str) {
    let length = fragment.lines().take_while(|line| line.starts_with("use ")).map(|line| line.len() + 1).sum::<usize>();
    let (uses, rest) = fragment.split_at(length.min(fragment.len()));
    (uses.to_string(), rest)
}

fn inside_state(fragment: &str) -> String {
    // Blocks after the lines of the state stay blocks.
    let split = fragment
        .lines()
        .position(|line| BLOCKS.contains(&line.split_whitespace().next().unwrap_or("")) && !line.starts_with(' '));
    let lines: Vec<&str> = fragment.lines().collect();
    let (state, rest) = lines.split_at(split.unwrap_or(lines.len()));
    format!("state hello\n{}\n{}", state.join("\n"), rest.join("\n"))
}

fn shop_of(example: &Example) -> (ShopSource, Option<ShopSource>) {
    let mut files: Vec<SourceFile> = Vec::new();
    let mut previous = None;
    for file in &example.files {
        let path = file.name.unwrap_or("example.duka").to_string();
        if path == LIVE {
            continue;
        }
        let flow = path.ends_with(".duka") && path.matches('.').count() == 1;
        let text = if flow { whole(file.text) } else { format!("{}\n", file.text) };
        if path == "previous.duka" {
            previous = Some(SourceFile { path: "example.duka".into(), text, kind: FileKind::Lines });
            continue;
        }
        let kind = match FileKind::of(&path, &text) {
            Some(kind) => kind,
            None => panic!("{path} is no file of a shop"),
        };
        files.push(SourceFile { path, text, kind });
    }
    if !files.iter().any(|file| file.kind == FileKind::Shop) {
        let languages =
            files.iter().find_map(|file| file.text.lines().find_map(|line| line.trim().strip_prefix("languages ")));
        let text = SHOP.replace("[en]", &format!("[{}]", languages.unwrap_or("en")));
        files.push(SourceFile { path: "shop.yaml".into(), text, kind: FileKind::Shop });
    }
    let previous = previous.map(|file| {
        let others = files.iter().filter(|other| other.path != "example.duka").cloned();
        with_standard(std::iter::once(file).chain(others).collect())
    });
    (with_standard(files), previous)
}

fn check(example: &Example) -> Vec<Finding> {
    let (source, previous) = shop_of(example);
    let compiled = compile(&source);
    let settings = Settings::of(&source);
    match previous {
        Some(previous) => {
            let previous = compile(&previous);
            let mut found = lints::check_against(&previous, &compiled, &source, &settings);
            if let Some(live) = example.files.iter().find(|file| file.name == Some(LIVE)) {
                let live = lints::Live::read(live.text).expect("conversations as the API counts them");
                found.extend(lints::check_live(&previous, &compiled, &live, &settings));
            }
            found
        }
        None => {
            let mut found = lints::check(&compiled, &source, &settings);
            if let Some(shop) = compiled.shop() {
                let mappings = mapping::read(&source, shop).0;
                let beyond = mapping::untold(shop, &mappings).into_iter().chain(mapping::unable(shop, &mappings));
                found.extend(beyond.filter_map(|finding| lints::weigh(finding, &compiled, &settings)));
            }
            found
        }
    }
}

/// The flagged examples that would be too long to read on a page.
fn generated(code: u16) -> Option<Example> {
    let text = match code {
        21 => format!("say: {}\n-> end", "long ".repeat(1_800_000)),
        NOT_UTF8 => "say: Caf\u{fffd} Karibu!\n-> end".to_string(),
        207 => {
            (0..70).fold(String::new(), |all, at| all + &format!("state s{at}\n  say: One moment.\n  -> s{}\n", at + 1))
                + "state s70\n  say: Done.\n  -> end"
        }
        216 => {
            let steps = (0..11).fold(String::new(), |all, at| {
                all + &format!("state q{at}\n  ask: And then?\n  button go: Go on -> q{}\n", at + 1)
            });
            format!(
                "remember\n  order: order\n  payment: payment\n{steps}state q11\n  call order = orders.quote(cart)\n  ask: Total {{order.total}}.\n  button pay: Pay -> pay\n\
                 state pay\n  call order = orders.hold(order) else -> q11\n  call payment = payments.link(order)\n  say: Pay on the secure page.\n  link pay: Pay -> {{payment.url}}\n  \
                 on payment.paid -> done\n  on payment.failed -> q11\n  on payment.expired -> q11"
            )
        }
        518 => {
            let fields = (0..51).fold(String::new(), |all, at| all + &format!("  field f{at} text: Question {at}\n"));
            format!(
                "remember\n  details: survey\nform survey\n  title: Survey\n{fields}  submit: Save\nstate hello\n  ask: Please answer.\n  fill survey into details -> thanks\nstate thanks\n  say: Thank you {{details.f0}}.\n  -> end"
            )
        }
        _ => return None,
    };
    let text: &'static str = Box::leak(text.into_boxed_str());
    Some(Example { files: vec![rules::ExampleFile { language: "duka", name: None, text }] })
}

fn flagged(rule: &Rule) -> Vec<Example> {
    let mut examples = rule.flagged();
    examples.extend(generated(rule.code.0));
    examples
}

/// What `check` finds and, for the two rules that need more, what reading the bytes and running the tests finds.
fn found(rule: &Rule, example: &Example) -> Vec<Finding> {
    match rule.code.0 {
        NOT_UTF8 => as_findings(rule, read_from_disk(example)),
        UNTESTED => as_findings(rule, untested(example)),
        _ => check(example),
    }
}

const NOT_UTF8: u16 = 27;
const UNTESTED: u16 = 914;

fn as_findings(rule: &Rule, diagnostics: Vec<Diagnostic>) -> Vec<Finding> {
    let finding = |diagnostic| Finding { diagnostic, level: rule.level, waived: None };
    diagnostics.into_iter().map(finding).collect()
}

/// The findings about the bytes of a shop's files. Bytes that are no text can not stand in a page of text, so `\u{fffd}`
/// stands for the byte that Latin-1 has for é.
fn read_from_disk(example: &Example) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (source, _) = shop_of(example);
    for file in source.files.iter().take(source.standard_from) {
        let written = file.text.split('\u{fffd}').map(str::as_bytes).collect::<Vec<_>>().join(&0xe9);
        fs::write(folder.path().join(&file.path), written).expect("the file can be written");
    }
    duka_runtime::shops::load::shop(folder.path()).expect("the shop can be read").findings
}

/// The states of an example that its tests do not enter; `sorry` is not the example's own.
fn untested(example: &Example) -> Vec<Diagnostic> {
    let (source, _) = shop_of(example);
    let program = compile(&source).program.expect("the example compiles");
    let mut visited = BTreeSet::from([("example".to_string(), "sorry".to_string())]);
    for file in source.files.iter().filter(|file| file.kind == FileKind::Tests) {
        let (tests, found) = tests_file::read(FileId(0), &file.text);
        assert!(found.is_empty(), "{}: {found:#?}", file.path);
        for result in simulate::test::run(&program, &simulate::test::Fixtures::default(), &tests, "") {
            let entries = result.traces.iter().flat_map(|trace| &trace.entries);
            visited.extend(entries.filter_map(|entry| {
                let TraceEntry::Entered { flow, state } = entry else { return None };
                let flow = program.shop.flows.get(flow.index())?;
                Some((flow.path.to_string(), flow.states.get(state.index())?.name.to_string()))
            }));
        }
    }
    lints::untested(&program.shop, &visited)
}

#[test]
fn every_rule_finds_its_flagged_example_and_accepts_the_other() {
    let mut wrong = Vec::new();
    for rule in rules::all() {
        let (flagged, accepted) = (flagged(&rule), rule.accepted());
        if flagged.is_empty() || accepted.is_empty() {
            wrong.push(format!("{} {}: an example is missing", rule.code, rule.name));
        }
        for example in flagged {
            let found = found(&rule, &example);
            if !found.iter().any(|finding| finding.diagnostic.code == rule.code) {
                wrong.push(format!(
                    "{} {}: not found in its flagged example, but {}",
                    rule.code,
                    rule.name,
                    told(&found)
                ));
            }
        }
        for example in accepted {
            let found = found(&rule, &example);
            let stops = |finding: &&Finding| finding.diagnostic.code == rule.code || finding.level == Level::Error;
            let bad: Vec<Finding> = found.iter().filter(stops).cloned().collect();
            if !bad.is_empty() {
                wrong.push(format!("{} {}: in its accepted example {}", rule.code, rule.name, told(&bad)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rules::all().count(), wrong.join("\n"));
}

/// Rules about what can happen over a whole conversation: words are not enough to believe them.
const SHOWN_BY_A_CONVERSATION: [u16; 23] =
    [205, 206, 213, 215, 216, 217, 301, 302, 303, 304, 602, 605, 608, 615, 618, 703, 704, 709, 710, 711, 717, 909, 910];

#[test]
fn what_can_happen_in_a_conversation_is_shown_by_one() {
    let mut wrong = Vec::new();
    for rule in rules::all().filter(|rule| SHOWN_BY_A_CONVERSATION.contains(&rule.code.0)) {
        for example in flagged(&rule) {
            let found = found(&rule, &example);
            let mut own = found.iter().filter(|finding| finding.diagnostic.code == rule.code);
            if !own.any(|finding| finding.diagnostic.conversation.len() > 1) {
                wrong.push(format!("{} {}", rule.code, rule.name));
            }
        }
    }
    assert!(wrong.is_empty(), "no conversation is shown by {wrong:#?}");
}

fn told(found: &[Finding]) -> String {
    let lines: Vec<String> =
        found.iter().map(|finding| format!("{} {}", finding.diagnostic.code, finding.diagnostic.message)).collect();
    if lines.is_empty() { "nothing".to_string() } else { lines.join(" / ") }
}

#[test]
fn every_page_is_in_the_list_and_can_be_read() {
    let folder = root().join("engine/rules");
    let mut files: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".md").map(str::to_string))
        .collect();
    files.sort();
    let listed: Vec<String> = rules::all().map(|rule| format!("{}-{}", rule.code, rule.name)).collect();
    assert_eq!(files, listed);
    for rule in rules::all() {
        assert_eq!(rules::rule(rule.code).map(|rule| rule.name), Some(rule.name));
        assert!(rules::find(rule.name).is_some());
        assert!(rule.title.ends_with(['.', '`']), "{}: {}", rule.code, rule.title);
    }
}

#[test]
fn every_code_that_is_emitted_has_a_rule() {
    let mut codes = BTreeSet::new();
    for folder in ["dsl/src", "engine/src", "runtime/src", "cli/src"] {
        sources(&root().join(folder), &mut |text| codes.extend(emitted(text)));
    }
    assert!(codes.len() > 100, "the search for codes finds only {}", codes.len());
    let unknown: Vec<u16> = codes.into_iter().filter(|code| rules::level(duka_dsl::Code(*code)).is_none()).collect();
    assert!(unknown.is_empty(), "no rule for {unknown:?}");
}

/// The numbers handed to `Diagnostic::new`.
fn emitted(text: &str) -> Vec<u16> {
    let calls = text.split("Diagnostic::new(").skip(1);
    let numbers = calls.map(|rest| rest.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>());
    numbers.filter_map(|number| number.parse().ok()).collect()
}

fn sources(folder: &Path, visit: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).expect("the folder is there").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, visit);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            visit(&fs::read_to_string(&path).expect("a source file is text"));
        }
    }
}

#[test]
fn the_pages_of_the_documentation_are_current() {
    let folder = root().join("docs/rules");
    let mut pages = vec![("README.md".to_string(), rules::index_page())];
    pages.extend(rules::all().map(|rule| rules::rule_page(&rule)));
    if std::env::var_os("UPDATE").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, page) in &pages {
            fs::write(folder.join(name), page).expect("the page can be written");
        }
    }
    for (name, page) in &pages {
        let written = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(&written, page, "docs/rules/{name} is not current: run with UPDATE=1");
    }
    let count = fs::read_dir(&folder).expect("the folder is there").count();
    assert_eq!(count, pages.len(), "docs/rules has a page of no rule: run with UPDATE=1");
}
