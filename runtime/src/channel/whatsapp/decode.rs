//! What an element means for the host: an act of a customer, a status, an event of the account. Decides nothing: whether
//! it was seen before, and which conversation it belongs to, is the host's.

mod account;
mod customer;
mod identity;
mod status;

use duka_engine::event::Inbound;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

pub use account::{AccountEvent, Standing, TemplateChange};
pub use customer::filled;

use super::CHANNEL;
use super::clean;
use super::keys::ShopKeys;
use super::split::{Element, Place};
use super::wire::Word;
use crate::id::{ElementKey, ShopScope};
use crate::store::{Identity, StatusUpdate};

/// An element, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Equal for every copy of the element, however often and in whatever company it comes.
    pub key: ElementKey,
    pub meaning: Meaning,
}

#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "acts and statuses are nearly all elements, and each is moved once")]
pub enum Meaning {
    /// A customer wrote, tapped or sent something.
    Act(Act),
    /// What became of a send.
    Status(Report),
    /// The owner answered from the phone: a person has the conversation.
    OwnerReplied {
        who: Vec<Identity>,
        id: SmolStr,
        at_ms: i64,
    },
    /// A customer's number or user id changed. What is in `from` no longer names the customer.
    Moved {
        from: Vec<Identity>,
        to: Vec<Identity>,
        id: SmolStr,
        at_ms: i64,
    },
    /// Marketing is not wanted any more, or again.
    Preference {
        who: Vec<Identity>,
        marketing: bool,
        at_ms: i64,
    },
    /// A payment inside the chat moved. To be believed only after it was fetched.
    Payment {
        who: Vec<Identity>,
        reference: SmolStr,
        status: SmolStr,
        transaction: SmolStr,
        at_ms: i64,
    },
    Account(AccountEvent),
    /// Trouble of the number or the account, by the vendor's code.
    Trouble {
        code: i32,
        detail: String,
    },
    /// Read, and of no consequence: the history of a phone, its address book.
    Kept {
        what: SmolStr,
    },
    /// A field, kind or word that this version does not know, or does nothing with yet: groups, calls. For quarantine.
    Unknown {
        what: SmolStr,
    },
    /// For quarantine: why, in a few fixed words.
    Unreadable {
        why: &'static str,
    },
}

/// What a customer did.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// By what the customer is known, the surest first; never empty.
    pub who: Vec<Identity>,
    /// The vendor's id of the message.
    pub id: SmolStr,
    /// The vendor's time in milliseconds since 1970, as told: 0 if not; may lie in the future.
    pub at_ms: i64,
    pub inbound: Inbound,
    /// As the customer calls themself; empty: not told.
    pub name: SmolStr,
    /// The vendor's id of the message that was answered or tapped; empty: none.
    pub answers: SmolStr,
    /// Free text may be sent for 24 hours from now on. Edits and deletions do not count.
    pub opens_window: bool,
    /// What the customer wrote beside what a flow reads of it, such as under a cart; empty: nothing.
    pub note: SmolStr,
    /// It came from an advertisement: a free entry point opens with the answer. One that came from a post may open one; the
    /// vendor says so with the answer's status (whatsapp-cloud-api 3.11, 12.2).
    pub from_ad: bool,
    /// The file that came along, to be fetched at once.
    pub file: Option<FileRef>,
    /// A number that the customer shared when asked: another way in which they are known.
    pub shared: Option<Identity>,
}

/// A file of the customer, at the vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRef {
    pub id: SmolStr,
    /// Works for five minutes, with the shop's token; empty: to be asked for.
    pub url: String,
    pub mime: SmolStr,
    /// In base64 or hex, as told.
    pub sha256: SmolStr,
    pub name: SmolStr,
}

/// A status with what else it tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub update: StatusUpdate,
    /// By what the customer is known; a user id may be told here first.
    pub who: Vec<Identity>,
    /// The vendor's words for a failure.
    pub detail: String,
}

/// Who reads: which shop's customers and ids these are.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub shop: ShopScope,
    pub keys: &'a ShopKeys,
}

impl Reader<'_> {
    /// Reads an element. Half characters and endless numbers in it are replaced; what still cannot be read is for
    /// quarantine.
    pub fn decode(self, element: &Element<'_>) -> Decoded {
        let meaning = self.meaning(element);
        let key = key(element, &meaning);
        Decoded { key, meaning }
    }

    fn meaning(self, element: &Element<'_>) -> Meaning {
        let raw = element.raw.get();
        let repaired = || clean::repaired(raw).and_then(|fixed| self.read(element, fixed.get()));
        self.read(element, raw).or_else(repaired).unwrap_or(Meaning::Unreadable { why: element.place.name() })
    }

    fn read(self, element: &Element<'_>, raw: &str) -> Option<Meaning> {
        let contacts = &element.contacts;
        Some(match element.place {
            Place::Message => self.message(contacts, &serde_json::from_str(raw).ok()?),
            Place::Status => self.status(contacts, &serde_json::from_str(raw).ok()?),
            Place::Error => status::trouble(&serde_json::from_str(raw).ok()?),
            Place::Echo => self.echo(contacts, &serde_json::from_str(raw).ok()?),
            Place::Preference => self.preference(&serde_json::from_str(raw).ok()?),
            Place::Past => Meaning::Kept { what: clean::line(&element.field).into() },
            Place::Account => account::event(element, &serde_json::from_str(raw).ok()?),
            Place::Unreadable => Meaning::Unreadable { why: element.place.name() },
        })
    }
}

impl Meaning {
    /// When the vendor says that it happened, in ms since 1970, of what leads to a turn; 0: not told, or of other kinds.
    pub fn at_ms(&self) -> i64 {
        match self {
            Meaning::Act(Act { at_ms, .. })
            | Meaning::OwnerReplied { at_ms, .. }
            | Meaning::Moved { at_ms, .. }
            | Meaning::Preference { at_ms, .. } => *at_ms,
            Meaning::Status(_)
            | Meaning::Payment { .. }
            | Meaning::Account(_)
            | Meaning::Trouble { .. }
            | Meaning::Kept { .. }
            | Meaning::Unknown { .. }
            | Meaning::Unreadable { .. } => 0,
        }
    }
}

/// A hash over what makes the element this one: channel, number, place and vendor id, and of a status its word and
/// recipient. What has no vendor id is known by its bytes.
fn key(element: &Element<'_>, meaning: &Meaning) -> ElementKey {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(CHANNEL.as_bytes());
    part(element.number.as_deref().unwrap_or(&element.account).as_bytes());
    part(element.place.name().as_bytes());
    match meaning {
        Meaning::Act(Act { id, .. }) | Meaning::OwnerReplied { id, .. } | Meaning::Moved { id, .. } => {
            part(id.as_bytes());
        }
        Meaning::Status(report) => {
            part(report.update.provider_id.as_bytes());
            part(&[report.update.status as u8]);
            part(report.who.first().map_or("", |known| known.value.as_str()).as_bytes());
        }
        Meaning::Payment { .. }
        | Meaning::Preference { .. }
        | Meaning::Account(_)
        | Meaning::Trouble { .. }
        | Meaning::Kept { .. }
        | Meaning::Unknown { .. }
        | Meaning::Unreadable { .. } => {
            part(&element.time.unwrap_or_default().to_le_bytes());
            part(element.raw.get().as_bytes());
        }
    }
    let mut key = [0; 16];
    key.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    ElementKey(key)
}

/// Milliseconds since 1970 from the vendor's seconds; 0 for what is no time.
fn ms(seconds: &Word<'_>) -> i64 {
    seconds.integer().and_then(|seconds| seconds.checked_mul(1000)).filter(|ms| *ms > 0).unwrap_or_default()
}
