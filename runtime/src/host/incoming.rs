//! What reaches a conversation, in the one form that the inbox keeps and a turn takes. Knows no channel's wire.

use duka_engine::event::{Event, EventKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::id::{ConversationId, ElementKey, SendId, ShopScope};
use crate::store::{HealthNews, Identity, InboxBody, QuarantineEntry, StatusUpdate, TemplateNews};

/// One thing that happened to a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    pub act: Act,
    /// When the provider says that the customer acted, ms since 1970; 0 for what opens no window. Of a window that is
    /// closed: what the customer wrote later opens it again. The switch for marketing opens none: of a stop and a leave the
    /// later holds.
    pub provider_ms: i64,
    /// When the customer came from an advertisement, by the vendor's clock; 0: not from one.
    pub ad_ms: i64,
    /// The business number that was written to; empty: unchanged.
    pub number: SmolStr,
    /// The vendor's id of it, as proof of consents; empty: none.
    pub proof: SmolStr,
    /// The name in the customer's profile; empty: not told.
    pub name: SmolStr,
    /// The file that came along, as long as it lies at the vendor's.
    #[serde(skip)]
    pub file: Option<Wanted>,
    /// What the customer wrote beside what a flow reads, such as under a cart: for people; empty: nothing. The last to be
    /// written: what was kept before there was one is read with none.
    pub note: SmolStr,
}

/// A file that is still to be fetched from the vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub id: SmolStr,
    /// Works for some minutes; empty: to be asked for.
    pub url: String,
    /// As the vendor told it, in base64 or hex.
    pub sha256: SmolStr,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// The engine takes it; its time is set when it does.
    Event(Event),
    /// The customer used the vendor's own switch for marketing of this business.
    Marketing { given: bool },
    /// The provider says that the window is closed, whatever we thought (F59).
    WindowClosed,
    /// More than is taken of one customer (F102): the flow does not see it, unless it is a word like STOP.
    TooMany {
        event: Event,
        /// The first of its minute, which is answered.
        first: bool,
    },
}

impl Incoming {
    /// An event that is not the customer's: a result, a payment, a wake-up.
    pub fn event(kind: EventKind) -> Incoming {
        let empty = SmolStr::default();
        Incoming {
            act: Act::Event(Event { at_ms: 0, kind }),
            provider_ms: 0,
            ad_ms: 0,
            number: empty.clone(),
            proof: empty.clone(),
            name: empty.clone(),
            file: None,
            note: empty,
        }
    }

    /// As the inbox keeps it: with what is to be fetched first, if there is something.
    pub fn kept(&self) -> InboxBody {
        match &self.file {
            None => InboxBody::Event(self.encode()),
            Some(wanted) => InboxBody::File(postcard::to_stdvec(&(wanted, self)).unwrap_or_default()),
        }
    }

    /// What [`Incoming::kept`] wrote. `None` for what can not be read.
    pub fn read(body: &InboxBody) -> Option<Incoming> {
        match body {
            InboxBody::Event(bytes) => Incoming::decode(bytes),
            InboxBody::File(bytes) => {
                let (file, incoming): (Wanted, Incoming) = read(bytes)?;
                Some(Incoming { file: Some(file), ..incoming })
            }
            InboxBody::Element(_) => None,
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        // Writing into memory fails only for a type that can not be written, and this one can.
        postcard::to_extend(self, Vec::with_capacity(96)).unwrap_or_default()
    }

    pub fn decode(bytes: &[u8]) -> Option<Incoming> {
        read(bytes)
    }
}

/// Of bytes that end too soon, the note is missing, which is empty then.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::from_bytes(bytes) {
        Err(postcard::Error::DeserializeUnexpectedEnd) => postcard::from_bytes(&[bytes, &[0]].concat()).ok(),
        read => read.ok(),
    }
}

/// One element of a webhook, read, with its shop known.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    pub shop: ShopScope,
    /// Under which it acts once; `None` for what joins by itself (statuses, health).
    pub key: Option<ElementKey>,
    pub received_ms: i64,
    pub what: Arrived,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Arrived {
    /// For the conversation of a customer, begun if there is none.
    Customer {
        channel: SmolStr,
        identities: Vec<Identity>,
        incoming: Incoming,
    },
    /// For a conversation that is known; dropped when it is gone.
    Conversation {
        id: ConversationId,
        incoming: Incoming,
    },
    /// For the conversation that an order belongs to.
    Order {
        /// One: the order's number.
        order: Vec<Identity>,
        incoming: Incoming,
        /// What is kept where no conversation has the order (F90).
        unmatched: QuarantineEntry,
    },
    /// The customer is now known by these too; the first that is known finds the conversation.
    Identities(Vec<Identity>),
    /// Whoever got this message of ours is known by these.
    Recipient {
        send: Option<SendId>,
        identities: Vec<Identity>,
    },
    /// The customer is no longer known by the first and now by the second, which are nobody else's.
    Moved {
        from: Vec<Identity>,
        to: Vec<Identity>,
    },
    Status(StatusUpdate),
    Template(TemplateNews),
    Health(HealthNews),
    /// Could not be read, or is for nobody.
    Quarantine(QuarantineEntry),
}
