//! Statuses, payments inside the chat, and errors that stand alone.

use smol_str::SmolStr;

use super::identity::Ids;
use super::{Meaning, Reader, Report, ms};
use crate::channel::whatsapp::wire::{Contact, ErrorObject, Status, Word};
use crate::channel::whatsapp::{clean, opaque};
use crate::costs;
use crate::store::{Delivery, StatusUpdate};

impl Reader<'_> {
    pub(super) fn status(self, contacts: &[Contact<'_>], status: &Status<'_>) -> Meaning {
        let Some(id) = status.id.given() else { return Meaning::Unreadable { why: "status without id" } };
        let group = status.recipient_type.as_str() == "group";
        let ids = Ids {
            user: if group { &status.recipient_participant_user_id } else { &status.recipient_user_id },
            parent: &status.recipient_parent_user_id,
            phone: if group { &status.recipient_participant_id } else { &status.recipient_id },
        };
        let (who, _) = self.who(contacts, ids);
        let at_ms = ms(&status.timestamp);
        if let Some(payment) = &status.payment {
            return Meaning::Payment {
                who,
                reference: clean::line(payment.reference_id.as_str()).into(),
                status: clean::line(status.status.as_str()).into(),
                transaction: clean::line(payment.transaction.id.as_str()).into(),
                at_ms,
            };
        }
        let Some(delivery) = delivery(status.status.as_str()) else {
            return Meaning::Unknown { what: format!("status {}", clean::line(status.status.as_str())).into() };
        };
        let error = status.errors.as_ref().and_then(|errors| errors.first());
        let pricing = status.pricing.as_ref();
        let word =
            |word: Option<&Word<'_>>| -> SmolStr { word.map(|it| clean::line(it.as_str())).unwrap_or_default().into() };
        // Only what was delivered is charged for.
        let market = if delivery >= Delivery::Delivered { costs::market(&who) } else { 0 };
        let update = StatusUpdate {
            shop: self.shop,
            send: opaque::decode(status.biz_opaque_callback_data.as_str(), self.keys),
            provider_id: id.into(),
            status: delivery,
            at_ms,
            error: error.map_or(0, code),
            category: word(pricing.map(|it| &it.category)),
            pricing: word(pricing.map(|it| &it.kind)),
            market,
            free_until_ms: 0,
        };
        let free = update.pricing == "free_entry_point" || update.category == "referral_conversion";
        let until = status.conversation.as_ref().filter(|_| free).map_or(0, |it| ms(&it.expiration_timestamp));
        let update = StatusUpdate { free_until_ms: until, ..update };
        Meaning::Status(Report { update, who, detail: error.map(detail).unwrap_or_default() })
    }
}

fn delivery(word: &str) -> Option<Delivery> {
    Some(match word {
        "sent" => Delivery::Sent,
        "failed" => Delivery::Failed,
        "delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        "played" => Delivery::Played,
        _ => return None,
    })
}

pub(super) fn trouble(error: &ErrorObject<'_>) -> Meaning {
    Meaning::Trouble { code: code(error), detail: detail(error) }
}

/// The vendor's code; 0 if it is none.
fn code(error: &ErrorObject<'_>) -> i32 {
    error.code.integer().and_then(|code| code.try_into().ok()).unwrap_or_default()
}

/// The most that an error tells.
fn detail(error: &ErrorObject<'_>) -> String {
    let told = [&error.error_data.details, &error.message, &error.title];
    clean::line(told.into_iter().find_map(Word::given).unwrap_or_default())
}
