//! The rules as pages of the documentation: an index and one page for each.

use super::{Example, Rule, all};

/// The chapters of the index, by the hundreds of the codes.
const CHAPTERS: [(u16, &str); 10] = [
    (0, "Syntax and file form"),
    (1, "Names and references"),
    (2, "Reachability, dead ends, loops"),
    (3, "Guards and completeness"),
    (4, "Types"),
    (5, "Limits of the channels"),
    (6, "The 24-hour window, silence, templates, consent"),
    (7, "Money, truth, payment"),
    (8, "Languages and accessibility"),
    (9, "Hooks, security, privacy, style"),
];

/// `docs/rules/README.md`: all rules by chapter.
pub fn index_page() -> String {
    let mut page = String::from(
        "# Rules\n\nEverything `duka check` can find. `duka explain D502` shows a page in the terminal. An *error* and a \
         *policy* finding stop a deployment; a policy finding can be waived with a written reason \
         (`# duka: allow D701 because …`), a warning also without one or in `shop.yaml`.\n",
    );
    for (hundred, title) in CHAPTERS {
        page.push_str(&format!("\n## {title}\n\n| code | name | level | what is wrong |\n| --- | --- | --- | --- |\n"));
        for rule in all().filter(|rule| rule.code.0 / 100 == hundred) {
            page.push_str(&format!(
                "| [{code}]({file}) | `{name}` | {level} | {title} |\n",
                code = rule.code,
                file = file_name(&rule),
                name = rule.name,
                level = rule.level.name(),
                title = rule.title.replace('|', "\\|"),
            ));
        }
    }
    page
}

/// File name and text of a rule's page, for `docs/rules/`.
pub fn rule_page(rule: &Rule) -> (String, String) {
    let mut page = format!(
        "# {code} {name}\n\n*{level}, since {since}* · [all rules](README.md)\n\n{title}\n\n{why}\n\n{fix}\n",
        code = rule.code,
        name = rule.name,
        level = rule.level.name(),
        since = rule.since,
        title = rule.title,
        why = rule.why,
        fix = rule.fix,
    );
    for (heading, examples) in [("Flagged", rule.flagged()), ("Accepted", rule.accepted())] {
        page.push_str(&format!("\n## {heading}\n"));
        if let (true, Some(words)) = (examples.is_empty(), rule.flagged_in_words()) {
            page.push_str(&format!("\n{words}\n"));
        }
        examples.iter().for_each(|example| push_example(&mut page, example));
    }
    (file_name(rule), page)
}

fn push_example(page: &mut String, example: &Example) {
    for file in &example.files {
        if let Some(name) = file.name {
            page.push_str(&format!("\n`{name}`:\n"));
        }
        page.push_str(&format!("\n```{}\n{}\n```\n", file.language, file.text));
    }
}

fn file_name(rule: &Rule) -> String {
    format!("{}-{}.md", rule.code, rule.name)
}
