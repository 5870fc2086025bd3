//! What the shop's people and the operator should hear of, told after the commit that caused it. The rows are the record;
//! a notice that nobody hears is lost.

use smol_str::SmolStr;
use tokio::sync::broadcast;

use crate::id::{ConversationId, SendId, ShopScope};

/// Notices that a slow listener may be behind.
const MOST_UNHEARD: usize = 1_024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub shop: ShopScope,
    pub conversation: Option<ConversationId>,
    pub notice: Notice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The flow's own words to the staff.
    Alert { text: String },
    /// The conversation waits for a person.
    Handoff { topic: SmolStr },
    /// The conversation sent too much of its own accord and was stopped.
    Runaway,
    /// The customer writes more than is taken of one; told once a minute.
    TooMany,
    /// Something could not be processed and waits for a person.
    Quarantined { reason: SmolStr },
    /// A customer got a message twice (reliability.md 4.3, 6).
    Duplicate { send: SendId },
    /// A message whose fate is unknown, and which must not be repeated.
    Parked { send: SendId },
    /// Nothing is sent from a number until somebody acts: the provider's code.
    NumberStopped { number: SmolStr, error: i32 },
    /// The provider warns of a number, in its word, and holds something back.
    NumberWarned { number: SmolStr, word: SmolStr },
    /// A message was not delivered for a reason that somebody should look at: the provider's code.
    NotDelivered { error: i32 },
    /// The provider refused a form: the provider's code. It is asked field by field.
    FormRefused { form: SmolStr, error: i32 },
    /// Money hangs on somebody's look at a payment: in a word why, and of which order.
    Payment { alarm: &'static str, order: SmolStr },
    /// Whether a command to a shop's own system was done is not known, and nobody can tell but a person.
    CommandUnknown { operation: SmolStr },
    /// A customer asks for a copy of what is kept about them, or to have it deleted: the number they were told. It waits for so
    /// many days; 0: it is new.
    DataRequest { number: SmolStr, waits_days: i64 },
    /// The provider refused a template: the provider's code.
    TemplateRefused { name: SmolStr, error: i32 },
    /// A shop's own system has several orders of one checkout: the mark of ours that they have.
    SeveralOrders { order: SmolStr },
    /// A shop's own system has switched these webhooks off, or taken them away.
    WebhooksOff { contract: SmolStr, topics: SmolStr },
    /// A shop's own system fails again and again, and is left alone between tries.
    SystemFails { contract: SmolStr },
}

impl Notice {
    /// Its name in figures.
    pub fn name(&self) -> &'static str {
        match self {
            Notice::Alert { .. } => "alert",
            Notice::Handoff { .. } => "handoff",
            Notice::Runaway => "runaway",
            Notice::TooMany => "too_many",
            Notice::Quarantined { .. } => "quarantined",
            Notice::Duplicate { .. } => "duplicate",
            Notice::Parked { .. } => "parked",
            Notice::NumberStopped { .. } => "number_stopped",
            Notice::NumberWarned { .. } => "number_warned",
            Notice::NotDelivered { .. } => "not_delivered",
            Notice::FormRefused { .. } => "form_refused",
            Notice::Payment { .. } => "payment",
            Notice::CommandUnknown { .. } => "command_unknown",
            Notice::DataRequest { .. } => "data_request",
            Notice::TemplateRefused { .. } => "template_refused",
            Notice::SeveralOrders { .. } => "several_orders",
            Notice::WebhooksOff { .. } => "webhooks_off",
            Notice::SystemFails { .. } => "system_fails",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Notices(broadcast::Sender<Told>);

impl Default for Notices {
    fn default() -> Notices {
        Notices(broadcast::Sender::new(MOST_UNHEARD))
    }
}

impl Notices {
    pub fn tell(&self, told: Told) {
        // Nobody listening is no failure.
        let _ = self.0.send(told);
    }

    pub fn listen(&self) -> broadcast::Receiver<Told> {
        self.0.subscribe()
    }
}
