//! Which of a shop's forms are published at WhatsApp: `forms.lock`, which `duka forms` writes and the server reads. Asks
//! nobody.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::json::Shape;

/// The file of a shop that holds it.
pub const LOCK: &str = "forms.lock";

/// The vendor's word for a Flow that can be sent.
pub const PUBLISHED: &str = "PUBLISHED";

/// `forms.lock`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forms {
    /// The day it was asked for, `2026-11-21`.
    #[serde(default)]
    pub pulled: SmolStr,
    #[serde(default)]
    pub forms: Vec<Published>,
}

/// The Flow of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Under which the vendor lists it.
    pub name: SmolStr,
    pub id: SmolStr,
    /// `PUBLISHED`, `DRAFT`, `BLOCKED`, … in the vendor's words.
    pub status: SmolStr,
    /// Since which day it was seen in that state.
    #[serde(default)]
    pub since: SmolStr,
    #[serde(flatten)]
    pub shape: Shape,
}

impl Published {
    /// It was published, whatever the vendor has done to it since.
    pub fn was_published(&self) -> bool {
        self.status != "DRAFT" && self.status != "DEPRECATED"
    }
}

impl Forms {
    /// Reads the file.
    ///
    /// # Errors
    /// It is no such list: where, in a few words.
    pub fn read(text: &str) -> Result<Forms, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// As the file is written: sorted, so that a change is a small difference.
    pub fn write(&self) -> String {
        let mut sorted = self.clone();
        sorted.forms.sort_by(|a, b| (&a.shape.form, &a.name).cmp(&(&b.shape.form, &b.name)));
        let mut text = serde_json::to_string_pretty(&sorted).unwrap_or_default();
        text.push('\n');
        text
    }
}
