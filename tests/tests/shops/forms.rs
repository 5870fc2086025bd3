//! Both written forms of every flow of the examples and of the standard library: nothing is lost between them.

use duka_dsl::ast::Document;
use duka_dsl::{FileId, lines, print, yaml};
use duka_engine::compile::compile;
use duka_engine::source::{FileKind, ShopSource};
use duka_tests::shops::{example, examples, gallery};

fn flows() -> Vec<(String, String)> {
    let mut flows = Vec::new();
    let shops = examples().into_iter().map(|name| (name.clone(), example(&name)));
    for (name, source) in shops.chain([("gallery".to_string(), gallery())]) {
        let own = source.files.into_iter().take(source.standard_from).filter(|file| file.kind == FileKind::Lines);
        flows.extend(own.map(|file| (format!("{name}/{}", file.path), file.text)));
    }
    let standard = duka_flows::STD.iter().filter(|(path, text)| FileKind::of(path, text) == Some(FileKind::Lines));
    flows.extend(standard.map(|(path, text)| ((*path).to_string(), (*text).to_string())));
    flows
}

fn from_lines(text: &str) -> Document {
    let (document, found) = lines::read(FileId(0), text);
    assert!(found.is_empty(), "{found:#?}");
    document
}

#[test]
fn lines_to_yaml_and_back_is_the_same_to_the_byte() {
    let flows = flows();
    assert!(flows.len() > 25, "{} flows", flows.len());
    for (name, text) in flows {
        let in_yaml = yaml::print(&from_lines(&text)).unwrap_or_else(|| panic!("{name} has a YAML form"));
        let (read, found) = yaml::read(FileId(0), &in_yaml);
        assert!(found.is_empty(), "{name}: {found:#?}\n{in_yaml}");
        assert_eq!(print::print(&read), text, "{name}");
        assert_eq!(yaml::print(&read).as_deref(), Some(in_yaml.as_str()), "{name}");
    }
}

#[test]
fn every_form_is_the_same_program() {
    let shops = examples().into_iter().map(|name| (name.clone(), example(&name)));
    for (name, source) in shops.chain([("gallery".to_string(), gallery())]) {
        let revision = |source: &ShopSource| {
            let compiled = compile(source);
            compiled.program.unwrap_or_else(|| panic!("{name}: {:#?}", compiled.diagnostics)).revision
        };
        let rewritten = |change: &dyn Fn(&str) -> (String, FileKind, &'static str)| {
            let mut source = source.clone();
            for file in source.files.iter_mut().take(source.standard_from).filter(|file| file.kind == FileKind::Lines) {
                let (text, kind, ending) = change(&file.text);
                (file.text, file.kind) = (text, kind);
                file.path.push_str(ending);
            }
            source
        };
        let in_yaml = rewritten(&|text| {
            (yaml::print(&from_lines(text)).expect("a flow has a YAML form"), FileKind::Yaml, ".yaml")
        });
        let flat = rewritten(&|text| {
            (text.lines().map(|line| format!("{}\n", line.trim_start())).collect(), FileKind::Lines, "")
        });
        let original = revision(&source);
        assert_eq!(original, revision(&in_yaml), "{name} in YAML");
        assert_eq!(original, revision(&flat), "{name} without leading white space");
    }
}
