//! The published schemas are those of the code, fit every file of the repository and refuse a mistake.

use duka_dsl::yaml::tree::{self, Node, Style, Value};
use duka_dsl::{FileId, lines, schema, yaml};
use duka_engine::source::FileKind;
use duka_tests::shops::{example, examples};
use duka_tests::tree::{files, root};
use serde_json::{Map, Value as Json, json};

/// A tree as any reader of YAML 1.2 would see it.
fn as_json(node: &Node) -> Json {
    match &node.value {
        Value::List(items) => Json::Array(items.iter().map(as_json).collect()),
        Value::Map(entries) => {
            let fields: Map<String, Json> =
                entries.iter().map(|entry| (entry.key.value.to_string(), as_json(&entry.value))).collect();
            Json::Object(fields)
        }
        Value::Scalar(scalar) if scalar.style == Style::Plain => match scalar.text.as_str() {
            "" | "~" | "null" => Json::Null,
            "true" => json!(true),
            "false" => json!(false),
            text => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(whole), _) => json!(whole),
                (Err(_), Ok(number)) => json!(number),
                (Err(_), Err(_)) => json!(text),
            },
        },
        Value::Scalar(scalar) => json!(scalar.text.as_str()),
    }
}

/// The schemas of what merchants write, and of what operators do.
fn all() -> Vec<(&'static str, Json)> {
    schema::all()
        .into_iter()
        .chain([("server", duka_runtime::config::schema()), ("rest", duka_runtime::adapter::mapping::schema())])
        .collect()
}

pub fn errors(name: &str, text: &str) -> Vec<String> {
    let (_, schema) = all().into_iter().find(|(known, _)| *known == name).expect("the schema exists");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let (tree, _) = tree::parse(FileId(0), text);
    let json = tree.root.as_ref().map(as_json).unwrap_or_default();
    validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn published_schemas_are_current() {
    for (name, schema) in all() {
        let path = root().join("schemas").join(format!("{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(root().join("schemas")).expect("a writable repository");
            std::fs::write(&path, &text).expect("a writable repository");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{} is stale: run the tests with UPDATE=1", path.display());
        let validity = jsonschema::meta::validate(&schema).map_err(|error| error.to_string());
        assert_eq!(validity, Ok(()), "{name}");
    }
}

#[test]
fn the_description_of_the_api_is_current() {
    let path = root().join("schemas/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&duka_runtime::dev::document()).expect("JSON"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("a writable repository");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "{} is stale: run the tests with UPDATE=1", path.display());
}

/// The page of `duka dev` is a program as any other: it may ask for what is described, and for nothing else.
#[test]
fn the_page_asks_only_for_what_is_described() {
    let source = std::fs::read_to_string(root().join("studio/src/api/client.ts")).expect("the page's source");
    let source = source
        .replace("${customer(shop, id)}", "/shops/{}/customers/{}")
        .replace("file(shop, path)", "`/shops/{}/files/{}`");
    // Names of parameters do not matter.
    let plain = |path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with(['{', '$']) { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let document = duka_runtime::dev::document();
    let mut described = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        if let Some(path) = path.strip_prefix("/api/v1/dev") {
            described
                .extend(methods.as_object().expect("methods").keys().map(|method| format!("{method} {}", plain(path))));
        }
    }
    let mut asked = Vec::new();
    for method in ["GET", "POST", "PUT", "DELETE"] {
        for call in source.split(&format!("(\"{method}\", ")).skip(1) {
            let quote = call.chars().next().expect("a path");
            assert!(matches!(quote, '"' | '`'), "a path that can be read: {call}");
            let path = call[1..].split([quote, '?']).next().expect("a path");
            asked.push(format!("{} {}", method.to_lowercase(), plain(path)));
        }
    }
    assert!(asked.len() > 12, "{asked:?}");
    let unknown: Vec<&String> = asked.iter().filter(|call| !described.contains(*call)).collect();
    assert!(unknown.is_empty(), "not described: {unknown:?}; described: {described:#?}");
    for path in ["stream", "picture"] {
        assert!(described.contains(&format!("get /{path}")) && source.contains("/api/v1/dev/stream?"), "{path}");
    }
}

#[test]
fn schemas_fit_every_file_of_the_repository() {
    let mut seen = std::collections::BTreeSet::new();
    for file in files(&["flows", "examples", "dsl/tests/fixtures"], &[".yaml"]) {
        let name = match FileKind::of(&file.path, &file.text) {
            Some(FileKind::Shop) => "shop",
            Some(FileKind::Contract) => "contract",
            Some(FileKind::Yaml) => "flow",
            Some(FileKind::Fixture) => "fixture",
            Some(FileKind::Mapping) => "rest",
            other => panic!("{}: {other:?}", file.path),
        };
        seen.insert(name);
        assert_eq!(errors(name, &file.text), Vec::<String>::new(), "{}", file.path);
    }
    assert_eq!(seen.len(), schema::all().len() + 1, "what merchants write, and mappings");
}

#[test]
fn schemas_fit_the_yaml_form_of_every_example() {
    for name in examples() {
        for file in example(&name).files {
            if file.kind == FileKind::Lines {
                let (document, _) = lines::read(FileId(0), &file.text);
                let text = yaml::print(&document).expect("a YAML form");
                assert_eq!(errors("flow", &text), Vec::<String>::new(), "{name}/{}", file.path);
            }
        }
    }
}

#[test]
fn schemas_refuse_what_is_wrong() {
    let flow = |rest: &str| format!("duka: 1\nflow: f\nstart: s\n{rest}\n");
    let shop = |rest: &str| format!("name: Zuri\ncurrency: KES\nlanguages: [en]\n{rest}\n");
    let cases = [
        ("flow", "duka: 1\nflow: f\n".to_string()),
        ("flow", flow("stats: {}")),
        ("flow", flow("states: { s: [{ buton: { id: a, title: \"A\" } }] }")),
        ("flow", flow("states: { s: [{ button: { id: a } }] }")),
        ("flow", flow("states: { s: [{ button: { id: A, title: \"A\" } }] }")),
        ("flow", flow("states: { s: [{ quiet: { time: 23, to: end } }] }")),
        ("flow", flow("anywhere: [{ send: receipt }]")),
        ("flow", flow("templates: { a: { category: advert, body: \"x\" } }")),
        ("shop", "name: Zuri\ncurrency: Kes\nlanguages: [en]\n".to_string()),
        ("shop", "name: Zuri\ncurrency: KES\nlanguages: [en]\nquiet_hours: at night\n".to_string()),
        ("shop", shop("channels: { whatsapp: { phone_number: 1 } }")),
        ("shop", shop("channels: { whatsapp: { phone_number_id: 1, token: EAAG } }")),
        ("shop", shop("payments: { provider: demo, unwanted: keep }")),
        ("contract", "adapter: orders\nqueries: { one: { gives: List } }\n".to_string()),
        ("contract", "adapter: orders\nqueries: { one: { repeatable: true } }\n".to_string()),
        ("fixture", "things: []\n".to_string()),
    ];
    for (name, text) in cases {
        assert!(!errors(name, &text).is_empty(), "{text}");
    }
}

#[test]
fn the_server_s_settings_are_judged_alike_by_schema_and_reader() {
    let schema = duka_runtime::config::schema();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    assert!(
        validator.is_valid(&json!({ "listen": "[::]:1", "sending": { "hold": "2 minutes" }, "development": true }))
    );
    assert!(
        validator.is_valid(&json!({ "whatsapp": { "app_secret": "file:secret" }, "graph": { "version": "v25.0" } }))
    );
    for wrong in [
        json!({ "listn": "127.0.0.1:1" }),
        json!({ "sending": { "hold": "soon" } }),
        json!({ "whatsapp": { "token": "EAAG" } }),
        json!({ "graph": { "version": "25" } }),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}
