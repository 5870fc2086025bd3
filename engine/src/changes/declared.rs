//! What a flow says above its states: where it starts, its rules, the words it hears, what it remembers, its forms, its
//! experiments.

use std::collections::BTreeMap;

use duka_dsl::Name;
use duka_dsl::ast::{FlowFile, LineKind};
use duka_dsl::print::print_line;
use smol_str::SmolStr;

use crate::hir::{Flow, Shop};

/// What became of it, as sentences.
pub(super) fn compare(old: &FlowFile, new: &FlowFile) -> Vec<String> {
    let mut found = Vec::new();
    if let (Some(was), Some(is)) = (&old.start, &new.start)
        && was != is
        && !new.states.iter().any(|state| &state.name == is && state.was.contains(was))
    {
        found.push(format!("the flow started at `{}` and now starts at `{}`", was.as_str(), is.as_str()));
    }
    for part in [rules, memory, forms, experiments] {
        let (was, is) = (part(old), part(new));
        for (name, line) in &was {
            match is.get(name) {
                None => found.push(format!("{name} is gone")),
                Some(other) if other != line => found.push(format!("{name} was {line} and now is {other}")),
                Some(_) => {}
            }
        }
        found.extend(is.keys().filter(|name| !was.contains_key(*name)).map(|name| format!("{name} is new")));
    }
    found
}

/// By what each is called, what it says.
type Said = BTreeMap<String, String>;

fn rules(file: &FlowFile) -> Said {
    let value = |line: String| line.split_once(" = ").map_or(line.clone(), |(_, value)| value.to_string());
    let said = file.rules.iter().map(|(name, literal)| {
        let line = print_line(&LineKind::Rule { name: name.clone(), value: literal.clone() });
        (format!("the rule `{}`", name.as_str()), value(line))
    });
    said.collect()
}

fn memory(file: &FlowFile) -> Said {
    let said = file.remember.iter().chain(&file.remember_customer).map(|memory| {
        let line = print_line(&LineKind::Memory(memory.clone()));
        (format!("what is remembered as `{}`", memory.name.as_str()), format!("`{line}`"))
    });
    said.collect()
}

fn forms(file: &FlowFile) -> Said {
    let mut said = Said::new();
    for form in &file.forms {
        for field in &form.fields {
            let kind = LineKind::Field {
                name: field.name.clone(),
                ty: field.ty.clone(),
                optional: field.optional,
                label: duka_dsl::ast::Text { segments: Vec::new(), span: duka_dsl::Span::default() },
            };
            let line = print_line(&kind).trim_end_matches([':', ' ']).to_string();
            let name = format!("the field `{}` of the form `{}`", field.name.as_str(), form.name.as_str());
            said.insert(name, format!("`{line}`"));
        }
    }
    said
}

fn experiments(file: &FlowFile) -> Said {
    let arms = |arms: &[Name]| arms.iter().map(|arm| format!("`{}`", arm.as_str())).collect::<Vec<_>>().join(", ");
    let said = file.experiments.iter().map(|it| (format!("the experiment `{}`", it.name.as_str()), arms(&it.arms)));
    said.collect()
}

/// The words that customers can write, in every language.
pub(super) fn words(before: (&Shop, &Flow), after: (&Shop, &Flow)) -> Vec<String> {
    let mut found = Vec::new();
    for set in &before.1.words {
        let Some(other) = after.1.words.iter().find(|other| other.name == set.name) else {
            found.push(format!("the words `{}` are gone", set.name));
            continue;
        };
        for (at, language) in before.0.languages.iter().enumerate() {
            let Some(now_at) = after.0.languages.iter().position(|known| known == language) else { continue };
            let (was, is) = (set.phrases.get(at), other.phrases.get(now_at));
            let (was, is) = (was.map_or(&[][..], Vec::as_slice), is.map_or(&[][..], Vec::as_slice));
            let missing = |these: &[SmolStr], others: &[SmolStr]| {
                let missing = these.iter().filter(|word| !others.contains(word)).map(|word| format!("\"{word}\""));
                missing.collect::<Vec<_>>().join(", ")
            };
            let what = match (missing(was, is), missing(is, was)) {
                (gone, came) if gone.is_empty() && came.is_empty() => continue,
                (gone, came) if gone.is_empty() => format!("now include {came}"),
                (gone, came) if came.is_empty() => format!("no longer include {gone}"),
                (gone, came) => format!("now include {came} and no longer {gone}"),
            };
            found.push(format!("the words `{}` ({language}) {what}", set.name));
        }
    }
    let came = after.1.words.iter().filter(|set| !before.1.words.iter().any(|known| known.name == set.name));
    found.extend(came.map(|set| format!("the words `{}` are new", set.name)));
    found
}
