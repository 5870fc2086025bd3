//! The published schemas are those of the code, fit every example and refuse a mistake.

use duka_dsl::{FileId, lines, schema, yaml};
use duka_engine::source::FileKind;
use duka_tests::shops::{example, examples};
use duka_tests::tree::root;
use serde_json::Value as Json;

fn validator(name: &str) -> jsonschema::Validator {
    let (_, schema) = schema::all().into_iter().find(|(known, _)| *known == name).expect("a known schema");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

fn as_json(text: &str) -> Json {
    let (tree, found) = yaml::tree::parse(FileId(0), text);
    assert!(found.is_empty(), "{found:#?}");
    duka_dsl::config::fixture::json(&tree.root.expect("a document"))
}

fn complaints(name: &str, json: &Json) -> Vec<String> {
    validator(name).iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn published_schemas_are_current() {
    for (name, schema) in schema::all() {
        let path = root().join("schemas").join(format!("{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(root().join("schemas")).expect("a writable repository");
            std::fs::write(&path, &text).expect("a writable repository");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{} is stale: run the tests with UPDATE=1", path.display());
    }
}

#[test]
fn schemas_fit_every_example() {
    for name in examples() {
        for file in example(&name).files {
            let (schema, json) = match file.kind {
                FileKind::Lines => {
                    let (document, _) = lines::read(FileId(0), &file.text);
                    ("flow", as_json(&yaml::print(&document).expect("a YAML form")))
                }
                FileKind::Shop => ("shop", as_json(&file.text)),
                FileKind::Contract => ("contract", as_json(&file.text)),
                FileKind::Yaml
                | FileKind::Texts
                | FileKind::TextsLock
                | FileKind::Tests
                | FileKind::Hooks
                | FileKind::Fixture => continue,
            };
            let complaints = complaints(schema, &json);
            assert!(complaints.is_empty(), "{name}/{}: {complaints:#?}", file.path);
        }
    }
}

#[test]
fn schemas_refuse_what_is_misspelt() {
    assert_ne!(complaints("shop", &serde_json::json!({ "name": "Zuri", "curency": "KES" })), Vec::<String>::new());
    assert_ne!(complaints("contract", &serde_json::json!({ "adapter": "orders", "query": {} })), Vec::<String>::new());
    let flow =
        serde_json::json!({ "duka": 1, "flow": "a", "states": { "b": [{ "buton": { "id": "c", "title": "D" } }] } });
    assert_ne!(complaints("flow", &flow), Vec::<String>::new());
}
