//! What a shop needs to speak on WhatsApp: its numbers, its account, its secrets. Taken from `shop.yaml`, secrets resolved.

use std::path::Path;

use duka_dsl::config::channel::ReadMarks;
use duka_dsl::config::shop::ShopFile;
use duka_dsl::span::{LineIndex, Spanned};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};

use crate::config::{Keyring, Mistake, SecretRef};

/// The WhatsApp side of one shop. Empty for a shop that is not live.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// `phone_number_id`s.
    pub numbers: Vec<SmolStr>,
    /// `waba_id`: whose templates the shop sends.
    pub account: Option<SmolStr>,
    /// The catalogue that products are shown from.
    pub catalogue: Option<SmolStr>,
    /// `portfolio_id`: whose limit of new customers a day the shop shares.
    pub portfolio: Option<SmolStr>,
    /// The shop's own access token; without it the server's.
    pub token: Option<SecretString>,
    /// The secrets of the shop's own app; none: the server's app.
    pub app_secrets: Vec<SecretString>,
    pub keep: Keep,
    pub read_marks: ReadMarks,
}

/// How long what customers sent is kept, in ms: `retention` of `shop.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub photos_ms: i64,
    pub documents_ms: i64,
    pub voice_ms: i64,
    /// What was said: the log of turns, and messages that are under way no more.
    pub messages_ms: i64,
    /// Since the customer wrote last; 0: as long as nobody erases it.
    pub conversations_ms: i64,
    /// What flows remember of a customer, their name and bag, since they wrote last; 0: as long as their conversation.
    pub customer_ms: i64,
    /// Payments of orders about which nothing is to be done any more; 0: as long as their conversation.
    pub orders_ms: i64,
    /// What a customer agreed to or took back before they did so again; 0: as long as their conversation.
    pub consents_ms: i64,
}

impl Default for Keep {
    fn default() -> Keep {
        let unsaid = 90 * 86_400_000;
        let (photos_ms, documents_ms, voice_ms, messages_ms) = (unsaid, unsaid, unsaid, unsaid);
        Keep {
            photos_ms,
            documents_ms,
            voice_ms,
            messages_ms,
            conversations_ms: 0,
            customer_ms: 0,
            orders_ms: 0,
            consents_ms: 0,
        }
    }
}

impl Keep {
    /// Nothing is ever too old.
    pub const EVERYTHING: Keep = Keep {
        photos_ms: i64::MAX,
        documents_ms: i64::MAX,
        voice_ms: i64::MAX,
        messages_ms: i64::MAX,
        conversations_ms: 0,
        customer_ms: 0,
        orders_ms: 0,
        consents_ms: 0,
    };

    fn read(shop: &ShopFile) -> Keep {
        let mut keep = Keep::default();
        for (what, length) in &shop.retention {
            match what.value.as_str() {
                "photos" => keep.photos_ms = length.value.ms(),
                "documents" => keep.documents_ms = length.value.ms(),
                "voice" => keep.voice_ms = length.value.ms(),
                "messages" => keep.messages_ms = length.value.ms(),
                "conversations" => keep.conversations_ms = length.value.ms(),
                "customer" => keep.customer_ms = length.value.ms(),
                "orders" => keep.orders_ms = length.value.ms(),
                "consent" => keep.consents_ms = length.value.ms(),
                _ => {}
            }
        }
        if keep.conversations_ms > 0 {
            keep.messages_ms = keep.messages_ms.min(keep.conversations_ms);
        }
        keep
    }

    /// For a file of this ending.
    pub fn of(self, ending: &str) -> i64 {
        match ending {
            "jpg" | "png" | "webp" | "mp4" | "3gp" => self.photos_ms,
            "ogg" | "aac" | "amr" | "mp3" | "m4a" => self.voice_ms,
            _ => self.documents_ms,
        }
    }
}

impl Live {
    /// The shop on a number of a stand-in: none of its secrets is read, and nothing of its real account is known.
    pub(super) fn stood_in(slug: &str, shop: &ShopFile) -> Live {
        let marks = shop.whatsapp.as_ref().and_then(|whatsapp| whatsapp.read_marks.as_ref());
        let digest = Sha256::digest(slug);
        let digits = digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)) % 100_000_000_000;
        // As many as the shop has.
        let count = shop.whatsapp.as_ref().map_or(1, |whatsapp| whatsapp.numbers.len().max(1)) as u64;
        let number = |at: u64| format_smolstr!("1065{:011}", (digits + at) % 100_000_000_000);
        Live {
            numbers: (0..count).map(number).collect(),
            // One of its own: what becomes of the templates of one shop is nothing to another.
            account: Some(format_smolstr!("1022{digits:011}")),
            catalogue: shop
                .whatsapp
                .as_ref()
                .and_then(|whatsapp| whatsapp.catalogue.as_ref())
                .map(|it| it.value.clone()),
            keep: Keep::read(shop),
            read_marks: marks.map_or(ReadMarks::Typing, |marks| marks.value),
            ..Live::default()
        }
    }

    /// Reads the `whatsapp` section. `path` is `shop.yaml`, `text` what it says.
    pub(super) fn of(shop: &ShopFile, path: &Path, text: &str, keyring: &Keyring) -> Result<Live, Mistake> {
        let Some(whatsapp) = &shop.whatsapp else { return Ok(Live::default()) };
        let base = path.parent().unwrap_or(Path::new(""));
        let secret = |reference: &Option<Spanned<SmolStr>>| -> Result<Option<SecretString>, Mistake> {
            let Some(written) = reference else { return Ok(None) };
            let (line, _) = LineIndex::new(text).line_column(text, written.span.start as usize);
            let mistake = |message: String, help: String| Mistake {
                place: path.display().to_string(),
                line: Some(line),
                message,
                help: Some(help),
            };
            let parsed: SecretRef =
                written.value.parse().map_err(|message| mistake(message, "Write `env:NAME` or `file:PATH`.".into()))?;
            keyring.find(&parsed, base, |wrong| mistake(wrong.message, wrong.help)).map(Some)
        };
        Ok(Live {
            numbers: whatsapp.numbers.iter().map(|number| number.value.clone()).collect(),
            account: whatsapp.account.as_ref().map(|account| account.value.clone()),
            catalogue: whatsapp.catalogue.as_ref().map(|catalogue| catalogue.value.clone()),
            portfolio: whatsapp.portfolio.as_ref().map(|portfolio| portfolio.value.clone()),
            token: secret(&whatsapp.token)?,
            app_secrets: [secret(&whatsapp.app_secret)?, secret(&whatsapp.old_app_secret)?]
                .into_iter()
                .flatten()
                .collect(),
            keep: Keep::read(shop),
            read_marks: whatsapp.read_marks.as_ref().map(|marks| marks.value).unwrap_or_default(),
        })
    }
}
