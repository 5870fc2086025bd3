//! The registry: what WhatsApp holds of a shop's templates, as a file beside the flows, so that a check needs no account.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use smol_str::SmolStr;

/// `templates.lock`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Registry {
    /// The day it was asked for, `2026-11-21`.
    #[serde(default)]
    pub pulled: SmolStr,
    #[serde(default)]
    pub templates: Vec<Held>,
}

/// One language of a template, as WhatsApp holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub name: SmolStr,
    pub language: SmolStr,
    /// `APPROVED`, `PENDING`, `PAUSED`, … in the vendor's words.
    pub status: SmolStr,
    /// Since which day it was seen in that state; empty: not known.
    #[serde(default)]
    pub since: SmolStr,
    #[serde(default)]
    pub category: SmolStr,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`
    #[serde(default)]
    pub quality: SmolStr,
    /// As the vendor lists them.
    #[serde(default)]
    pub components: Vec<Json>,
}

impl Registry {
    /// Reads the file.
    ///
    /// # Errors
    /// It is no registry: where, in a few words.
    pub fn read(text: &str) -> Result<Registry, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// As the file is written: sorted, so that a change is a small difference.
    pub fn write(&self) -> String {
        let mut sorted = self.clone();
        sorted.templates.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
        let mut text = serde_json::to_string_pretty(&sorted).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The template in the language, else in another of the same root, as `en_US` for `en`; one that is approved first.
    pub fn find(&self, name: &str, language: &str) -> Option<&Held> {
        let wanted = normal(language);
        let of_name = || self.templates.iter().filter(move |held| held.name == name);
        let exact = of_name().find(|held| normal(&held.language) == wanted);
        let near = || of_name().filter(|held| root(&held.language) == root(language));
        exact.or_else(|| near().find(|held| held.is_approved())).or_else(|| near().next())
    }
}

fn normal(language: &str) -> String {
    language.replace('_', "-").to_ascii_lowercase()
}

fn root(language: &str) -> String {
    normal(language).split('-').next().unwrap_or_default().to_string()
}

impl Held {
    /// It may be sent.
    pub fn is_approved(&self) -> bool {
        self.status.eq_ignore_ascii_case("approved")
    }

    /// It was approved, and WhatsApp has stopped it.
    pub fn is_stopped(&self) -> bool {
        ["PAUSED", "DISABLED"].iter().any(|word| self.status.eq_ignore_ascii_case(word))
    }

    /// The words.
    pub fn body(&self) -> &str {
        self.text("BODY")
    }

    pub(super) fn part(&self, kind: &str) -> Option<&Json> {
        let is = |part: &&Json| part.get("type").and_then(Json::as_str).is_some_and(|it| it.eq_ignore_ascii_case(kind));
        self.components.iter().find(is)
    }

    pub(super) fn text(&self, kind: &str) -> &str {
        self.part(kind).and_then(|part| part.get("text")?.as_str()).unwrap_or_default()
    }

    /// Titles and the fixed part of addresses, quick replies first. Other kinds of buttons are not ours to compare.
    pub(super) fn buttons(&self) -> Vec<(String, Option<String>)> {
        let all = self.part("BUTTONS").and_then(|part| part.get("buttons")?.as_array()).map_or(&[][..], Vec::as_slice);
        let text = |button: &Json, key: &str| button.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
        let of = |kind: &str| -> Vec<&Json> {
            all.iter().filter(|button| text(button, "type").eq_ignore_ascii_case(kind)).collect()
        };
        let replies = of("QUICK_REPLY").into_iter().map(|button| (text(button, "text"), None));
        let links = of("URL").into_iter().map(|button| {
            let url = text(button, "url");
            (text(button, "text"), Some(url.split("{{").next().unwrap_or_default().to_string()))
        });
        replies.chain(links).collect()
    }
}
