//! The program's revision: a hash over the canonical lines, so that form, indentation and comments do not count.

use duka_dsl::FileId;
use duka_dsl::ast::TextsFile;
use duka_dsl::config::shop::Rounding;
use sha2::{Digest, Sha256};

use crate::facts::Facts;
use crate::lower::Input;
use crate::session::Revision;
use crate::source::ShopSource;

use super::choose::Chosen;

/// Sixteen bytes over all that a program is made of.
pub(super) fn of(source: &ShopSource, input: &Input<'_>, chosen: &Chosen, texts: &[(FileId, TextsFile)]) -> Revision {
    let mut hash = Sha256::new();
    let mut part = |name: &str, text: &str| {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    let profile = &input.profile;
    part("languages", &input.languages.join(","));
    part("currency", profile.currency.code());
    part("timezone", &profile.timezone);
    part("towns", &profile.towns.join(","));
    // Of what may be left out only what is said: a shop that says nothing new keeps its revision.
    if profile.facts != Facts::default() {
        part("facts", &format!("{:?}", profile.facts));
    }
    if profile.rounding != Rounding::default() {
        part("rounding", &format!("{:?}", profile.rounding));
    }
    for flow in &chosen.used {
        part(&flow.path, &flow.canonical);
    }
    let text_of = |file: FileId| source.files.get(usize::from(file.0)).map_or("", |file| file.text.as_str());
    for (file, _) in texts {
        part("texts", text_of(*file));
    }
    for contract in &input.contracts {
        part("contract", text_of(contract.file));
    }
    if let Some((_, hooks)) = input.hooks {
        part("hooks", hooks);
    }
    let digest = hash.finalize();
    let mut revision = Revision::default();
    for (to, from) in revision.0.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    revision
}
