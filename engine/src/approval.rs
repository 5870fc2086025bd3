//! Templates as a shop's flows want them approved, and as WhatsApp holds them: the registry, `templates.lock`, which
//! `duka templates pull` writes. Compares the two; asks nobody.

mod held;
mod wanted;

pub use held::{Held, Registry};
pub use wanted::{Wanted, WantedButton, parameter_name, wanted};

use std::collections::BTreeMap;

/// Where a template as it is wanted differs from the one that WhatsApp holds. Nothing: they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    Words,
    Picture,
    Footer,
    Buttons,
    /// WhatsApp charges and allows by its own category.
    Category,
}

impl Difference {
    /// As the subject of a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Difference::Words => "words",
            Difference::Picture => "picture",
            Difference::Footer => "footer",
            Difference::Buttons => "buttons",
            Difference::Category => "category",
        }
    }
}

/// Every difference.
pub fn differences(wanted: &Wanted, held: &Held) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut tell = |differs: bool, what: Difference| {
        if differs {
            found.push(what);
        }
    };
    let words = |text: &str| numbered(text.trim());
    tell(words(&wanted.body) != words(held.text("BODY")), Difference::Words);
    let header = held.part("HEADER").and_then(|part| part.get("format")?.as_str()).unwrap_or_default();
    tell(wanted.image != header.eq_ignore_ascii_case("image"), Difference::Picture);
    tell(wanted.footer.trim() != held.text("FOOTER").trim(), Difference::Footer);
    tell(buttons(wanted) != held.buttons(), Difference::Buttons);
    tell(!held.category.eq_ignore_ascii_case(wanted.category_word()), Difference::Category);
    found
}

/// Titles, with the part of an address that is the same for everybody; quick replies first, as they must stand together.
fn buttons(wanted: &Wanted) -> Vec<(String, Option<String>)> {
    let stem = |url: &str| url.split("{{").next().unwrap_or_default().to_string();
    let of = |button: &WantedButton| (button.title.clone(), button.url.as_deref().map(stem));
    wanted.buttons.iter().map(of).collect()
}

/// The text with its values numbered in order of their first appearance: `Hi {{name}}` is `Hi {{1}}`.
fn numbered(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut out = parts.next().unwrap_or_default().to_string();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        let next = known.len() + 1;
        let number = *known.entry(name.trim()).or_insert(next);
        out.push_str(&format!("{{{{{number}}}}}{rest}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn values_are_compared_by_their_place_and_not_by_their_name() {
        assert_eq!(numbered("Hi {{first_name}}, {{no}} and {{first_name}}."), "Hi {{1}}, {{2}} and {{1}}.");
        assert_eq!(numbered("Hi {{1}}, {{ 2 }} and {{1}}."), "Hi {{1}}, {{2}} and {{1}}.");
        assert_eq!(numbered("broken {{x"), "broken {{1}}");
    }
}
