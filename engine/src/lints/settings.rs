//! What a shop's own files say about checking it: `shop.yaml`, and the data of its fixtures.

use std::collections::BTreeMap;

use duka_dsl::Code;
use duka_dsl::config::shop::{Severity, ShopFile};
use duka_dsl::config::{fixture, shop};
use serde_json::Value as Json;

use super::file_id;
use crate::rules::{self, Level};
use crate::source::{FileKind, ShopSource};

/// What `shop.yaml` says about checking, and what is known of the shop's real data.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `rules:` of `shop.yaml`.
    pub levels: BTreeMap<Code, Level>,
    /// The channels the shop is on; none named: WhatsApp.
    pub channels: Vec<String>,
    /// Whether `retention` says how long customers' photos are kept.
    pub photos_kept_for: bool,
    /// Whether standard flows are checked as well.
    pub standard: bool,
    pub facts: Facts,
}

/// What the shop's data look like: values that occur, and how many records there are.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Record and field, such as `product` and `name`, and the values that occur.
    pub values: BTreeMap<(String, String), Vec<String>>,
    pub counts: BTreeMap<String, usize>,
}

impl Settings {
    /// Reads the settings of a shop. What is wrong with its files is told where they are compiled.
    pub fn of(source: &ShopSource) -> Settings {
        let mut settings = Settings::default();
        for (index, file) in source.files.iter().enumerate() {
            match file.kind {
                FileKind::Shop => settings.take_shop(&shop::read(file_id(index), &file.text).0),
                FileKind::Fixture => {
                    if let Some(root) = fixture::read(file_id(index), &file.text).0 {
                        settings.facts.take(&fixture::json(&root));
                    }
                }
                FileKind::Lines
                | FileKind::Yaml
                | FileKind::Texts
                | FileKind::Tests
                | FileKind::Hooks
                | FileKind::Contract
                | FileKind::Mapping
                | FileKind::TextsLock
                | FileKind::TemplatesLock
                | FileKind::FormsLock => {}
            }
        }
        settings
    }

    /// The level that the shop gives a rule.
    pub fn level(&self, code: Code) -> Option<Level> {
        self.levels.get(&code).copied()
    }

    fn take_shop(&mut self, shop: &ShopFile) {
        self.channels = shop.channels.iter().map(|channel| channel.name.value.to_string()).collect();
        self.photos_kept_for = shop.retention.iter().any(|(name, _)| matches!(name.as_str(), "photos" | "media"));
        for (rule, severity) in &shop.rules {
            if let Some(rule) = rules::find(&rule.value) {
                self.levels.insert(rule.code, level_of(severity.value));
            }
        }
        for (path, letters) in &shop.longest {
            if let Some((record, field)) = path.value.split_once('.') {
                let longest = "W".repeat(usize::try_from(letters.value).unwrap_or(0).min(1000));
                self.facts.values.entry((record.to_string(), field.to_string())).or_default().push(longest);
            }
        }
    }
}

fn level_of(severity: Severity) -> Level {
    match severity {
        Severity::Off => Level::Off,
        Severity::Info => Level::Info,
        Severity::Warning => Level::Warning,
        Severity::Error => Level::Error,
    }
}

/// The parts of a fixture that are lists of records, and the records.
const PARTS: [(&str, &str); 6] = [
    ("products", "product"),
    ("categories", "category"),
    ("zones", "delivery_zone"),
    ("slots", "delivery_slot"),
    ("addresses", "address"),
    ("orders", "order"),
];

impl Facts {
    fn take(&mut self, fixture: &Json) {
        for (part, record) in PARTS {
            let Some(Json::Array(items)) = fixture.get(part) else { continue };
            let count = self.counts.entry(record.to_string()).or_default();
            *count = (*count).max(items.len());
            for (field, value) in items.iter().filter_map(Json::as_object).flatten() {
                if let Json::String(text) = value {
                    self.values.entry((record.to_string(), field.clone())).or_default().push(text.clone());
                }
            }
        }
    }
}
