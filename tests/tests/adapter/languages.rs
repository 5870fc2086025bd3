//! The language that a customer is spoken to in is part of what a shop's system is asked, and of what an answer is remembered by;
//! where nothing depends on it, one answer serves all.

use duka_runtime::store::Store;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::bag::Process;
use crate::mapped::{Mapped, known, shop};
use crate::script::Script;
use crate::shipped::{KINDS, Stage, Tried, that};

const RECORDS: &str = "
records:
  product:
    sku: $.sku
    name: $.title
    short_name: $.title
    price: { path: $.price, as: money(decimal) }
    stock: $.stock
    stock_text: { path: $.state, as: enum, map: { gone: sold out }, else: in stock, default: in stock }
    photo: { default: \"https://shop.example/none.png\" }
    has_variants: { default: false }
";

async fn process(mapped: &Mapped) -> (TempDir, Process) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::sqlite(&folder.path().join("duka.db")).await.expect("a database");
    let process = Process::serving(&store, mapped, "zuri").await;
    (folder, process)
}

/// Customers of these languages ask for one thing, one after the other: what they hear of it, and what was asked.
async fn heard(rest: &str, replies: &[Json], languages: &[&str], shown: &str) -> (Vec<String>, Vec<String>) {
    let script = Script::default();
    let place = script.start().await;
    let mapped = Mapped::new("KES", "catalog", &format!("base: {place}/v1{RECORDS}{rest}"));
    let (_folder, process) = process(&mapped).await;
    let replies: Vec<String> = replies.iter().map(Json::to_string).collect();
    script.next(&replies.iter().map(|reply| (200, reply.as_str())).collect::<Vec<_>>());
    let mut told = Vec::new();
    for language in languages {
        let product = process.asks_in(language, "catalog.product", &json!(["a"])).await;
        told.push(product.map_or_else(|why| why, |it| it[shown].as_str().unwrap_or_default().to_string()));
    }
    (told, script.seen())
}

fn dress(title: &str, state: &str) -> Json {
    json!({ "sku": "a", "title": title, "price": 5, "stock": 3, "state": state })
}

#[tokio::test]
async fn an_answer_serves_those_who_are_spoken_to_in_its_language_and_all_where_none_was_asked_for() {
    let dresses = [dress("Dress", "there"), dress("Gauni", "there"), dress("Vestido", "there")];
    // The last one is none of the shop's: its first.
    let languages = ["en", "sw", "en", "sw", "pt-BR", "", "xx"];
    let names = ["Dress", "Gauni", "Dress", "Gauni", "Vestido", "Dress", "Dress"];
    let product = "operations: { catalog.product: { request: { path: \"/p/{text}\"";
    let ways = [
        (format!("context: {{ query: {{ lang: \"{{language}}\" }} }}\n{product} }} }} }}"), ["en", "sw", "pt-BR"]),
        (format!("{product}, query: {{ lang: \"{{language.short.upper}}\" }} }} }} }}"), ["EN", "SW", "PT"]),
        (
            format!("languages: [EN, PT, PT_BR, SW]\n{product}, query: {{ lang: \"{{language}}\" }} }} }} }}"),
            ["EN", "SW", "PT_BR"],
        ),
        // The shop's first stands in for what the system does not have.
        (format!("languages: [EN, PT]\n{product}, query: {{ lang: \"{{language}}\" }} }} }} }}"), ["EN", "EN", "PT"]),
    ];
    for (rest, codes) in ways {
        let (told, asked) = heard(&rest, &dresses, &languages, "name").await;
        assert_eq!(told, names);
        assert_eq!(asked, codes.map(|code| format!("GET /v1/p/a?lang={code}")));
    }
    let (told, asked) = heard(&format!("{product} }} }} }}"), &dresses, &languages, "name").await;
    assert_eq!((told, asked), (vec!["Dress".to_string(); 7], vec!["GET /v1/p/a".to_string()]));
}

#[tokio::test]
async fn what_a_mapping_says_itself_it_says_by_language() {
    let rest = "words: { stock_text: { sw: { in stock: ipo }, pt: { in stock: disponivel, sold out: esgotado } } }
operations: { catalog.product: { request: { path: \"/p/{text}\" } } }";
    let there = [dress("Dress", "there"), dress("Dress", "there"), dress("Dress", "gone")];
    let (told, asked) = heard(rest, &there, &["en", "sw", "pt-BR", "sw"], "stock_text").await;
    assert_eq!((told, asked.len()), (["in stock", "ipo", "esgotado", "ipo"].map(String::from).to_vec(), 3));
    // What has no word in a language is said as it stands.
    let (told, _) = heard(rest, &[dress("Dress", "gone")], &["sw"], "stock_text").await;
    assert_eq!(told, ["sold out"]);
}

#[tokio::test]
async fn a_search_goes_by_the_names_of_the_customers_language() {
    let script = Script::default();
    let place = script.start().await;
    let search = "
operations:
  catalog.search:
    request: { path: /products, query: { skus: \"{found}\", lang: \"{language}\" } }
    select: $
    search: { id: $.sku, words: [$.title], index: { request: { path: /names, query: { lang: \"{language}\" } }, select: $ } }
";
    let mapped = Mapped::new("KES", "catalog", &format!("base: {place}/v1{RECORDS}{search}"));
    let (_folder, process) = process(&mapped).await;
    for (language, typed, title) in [("sw", "gauni", "Gauni"), ("en", "dres", "Dress"), ("sw", "guani", "Gauni")] {
        let reply = json!([dress(title, "there")]).to_string();
        script.next(&[(200, reply.as_str()), (200, reply.as_str())]);
        let found = process.asks_in(language, "catalog.search", &json!([typed])).await.expect("an answer");
        assert_eq!(found[0]["name"], title, "{found}");
    }
    let names = ["sw", "en"].map(|language| format!("GET /v1/names?lang={language}"));
    let asked: Vec<String> = script.seen().into_iter().filter(|line| line.contains("names")).collect();
    assert_eq!(asked, names, "once for each language");
}

#[test]
fn words_that_a_mapping_never_says_and_places_that_a_language_has_not_are_told() {
    let told = |rest: &str| -> Vec<String> {
        let mapping = format!("base: https://shop.example/v1{RECORDS}{rest}");
        let (_, _, findings) = shop("KES", "catalog", &mapping);
        findings.into_iter().map(|it| it.message).collect()
    };
    let product = "operations: { catalog.product: { request: { path: \"/p/{text}\"";
    assert_eq!(
        told(&format!(
            "words: {{ stock_text: {{ sw: {{ sold oud: imeisha }} }}, status: {{ sw: {{}} }} }}\n{product} }} }} }}"
        )),
        ["Nobody reads `status`: it has no languages.", "No `stock_text` of this mapping says `sold oud`."]
    );
    assert_eq!(
        told(&format!("{product}, query: {{ lang: \"{{language.region}}\" }} }} }} }}")),
        ["There is no `{language.region}` to fill in for `catalog.product`."]
    );
}

#[test]
fn every_word_of_a_shipped_mapping_is_said_in_the_languages_of_the_standard_flows() {
    for kind in KINDS {
        let adapters =
            format!("{{ catalog: {{ kind: {}, base: \"https://shop.example\", region: reg_1 }} }}", kind.name);
        let (_, found, _) = known("KES", &adapters);
        let mapping = &found.first().expect("a mapping").mapping;
        for field in ["stock_text", "status_text"] {
            for language in ["sw", "ar", "hi"] {
                let words = &mapping.words[field][language];
                let said: Vec<&str> = mapping.said(field).into_iter().collect();
                assert_eq!(
                    words.keys().map(String::as_str).collect::<Vec<_>>(),
                    said,
                    "{} {field} {language}",
                    kind.name
                );
            }
        }
    }
}

/// The trap: what is remembered for customers of one language is not what others hear.
pub async fn what_is_asked_in_one_language_is_not_told_in_another(stage: &Stage) -> Tried {
    let (_folder, process) = process(&stage.shop()).await;
    for (language, word) in [("en", "in stock"), ("sw", "ipo"), ("en", "in stock"), ("sw", "ipo")] {
        let product = process.asks_in(language, "catalog.product", &json!([stage.sku(0)])).await?;
        that(product["stock_text"] == word, (language, product))?;
    }
    // Where the system itself speaks the language, it is asked in it.
    let log = stage.vendor.log();
    let asked: Vec<&String> = log.iter().filter(|line| line.contains("\"language\"")).collect();
    let each = ["EN", "SW"].iter().all(|code| asked.iter().any(|line| line.contains(&format!("\"{code}\""))));
    that(asked.is_empty() || each, asked)
}
