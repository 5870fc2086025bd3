//! What the failure of a message that was accepted teaches beyond that message: the same as a refusal would (F60, F61, F63).
//! The vendor often takes a message first, and says by a status that its template is paused or its account does not pay.
//! Repeats nothing.

use duka_engine::outbound::Outbound;
use smol_str::SmolStr;

use super::WriteError;
use crate::channel::whatsapp::classify::{self, Learned, Then, Whom};
use crate::host::codes;
use crate::host::notices::{Notice, Told};
use crate::host::outbox::{OF_SHOP, SPAM_PAUSE_MS, close, hold, stopped};
use crate::host::turn::marks;
use crate::id::{ConversationId, ShopScope};
use crate::store::{ConsentEntry, SendRow, StatusEffect, StatusUpdate, TemplateNews, TemplateRow, Tx};

/// How long a number rests that sends what then fails, before one message finds out whether it is well, in ms.
const STOP_MS: i64 = 5 * 60_000;

pub(super) async fn learn(
    tx: &mut Tx,
    effect: &StatusEffect,
    update: &StatusUpdate,
    now_ms: i64,
    told: &mut Vec<Told>,
) -> Result<(), WriteError> {
    let error = update.error;
    if error <= 0 {
        return Ok(());
    }
    let at_ms = if update.at_ms > 0 { update.at_ms.min(now_ms) } else { now_ms };
    let rule = classify::of(error);
    let mut tell = |notice| told.push(Told { shop: effect.shop, conversation: Some(effect.conversation), notice });
    let stops = match rule.then {
        Then::Stop { whom: Whom::Customer } => None,
        Then::Stop { whom } => Some(whom),
        Then::Again { .. } | Then::Wait { .. } | Then::FallBack | Then::Fail => None,
    };
    if let Some(whom) = stops {
        if let Some(row) = tx.send(effect.shop, effect.id).await?
            && stop(tx, &row, whom, error, (now_ms, at_ms)).await?
        {
            tell(Notice::NumberStopped { number: row.send.number, error });
        }
        return Ok(());
    }
    match rule.learned {
        Learned::MarketingStopped => {
            if let Some(row) = tx.send(effect.shop, effect.id).await? {
                hold(tx, effect.shop, &row.send.number, 0, now_ms.saturating_add(SPAM_PAUSE_MS)).await?;
            }
        }
        Learned::Template(status) => {
            if let Some(row) = tx.send(effect.shop, effect.id).await?
                && let Some(name) = template(tx, &row, status, at_ms).await?
            {
                tell(Notice::TemplateRefused { name, error });
            }
            return Ok(());
        }
        Learned::Nothing
        | Learned::WindowClosed
        | Learned::OptedOut
        | Learned::MarketingCapped
        | Learned::Unreachable
        | Learned::FormBlocked
        | Learned::IdentityChanged
        | Learned::CountryClosed => {}
    }
    mark(tx, (effect.shop, effect.conversation), (error, update.market), now_ms).await?;
    if rule.alert {
        tell(Notice::NotDelivered { error });
    }
    Ok(())
}

/// Writes down that a number is stopped, or its shop. `true`: it was well until now.
async fn stop(
    tx: &mut Tx,
    row: &SendRow,
    whom: Whom,
    error: i32,
    (now_ms, at_ms): (i64, i64),
) -> Result<bool, WriteError> {
    let (shop, number) = (row.send.shop, &row.send.number);
    let of = match whom {
        Whom::Customer | Whom::Number => number,
        Whom::Shop | Whom::App => OF_SHOP,
    };
    hold(tx, shop, of, now_ms.saturating_add(STOP_MS), 0).await?;
    Ok(stopped(tx, (shop, number), whom, error, at_ms).await?)
}

/// What a refusal teaches that is not the outbox's own: kept of the customer, and told to people where they should look.
pub(super) async fn refused(
    tx: &mut Tx,
    place: (ShopScope, ConversationId),
    (error, market): (i32, u16),
    now_ms: i64,
    told: &mut Vec<Told>,
) -> Result<(), WriteError> {
    if error <= 0 {
        return Ok(());
    }
    mark(tx, place, (error, market), now_ms).await?;
    let rule = classify::of(error);
    let is_told = match rule.learned {
        Learned::Template(_) | Learned::FormBlocked => true,
        Learned::Nothing
        | Learned::WindowClosed
        | Learned::OptedOut
        | Learned::MarketingCapped
        | Learned::MarketingStopped
        | Learned::Unreachable
        | Learned::IdentityChanged
        | Learned::CountryClosed => false,
    };
    if rule.alert && !is_told {
        told.push(Told { shop: place.0, conversation: Some(place.1), notice: Notice::NotDelivered { error } });
    }
    Ok(())
}

/// Keeps what the vendor has said of the customer, or of their country.
async fn mark(
    tx: &mut Tx,
    (shop, conversation): (ShopScope, ConversationId),
    (error, market): (i32, u16),
    now_ms: i64,
) -> Result<(), WriteError> {
    let name = match classify::of(error).learned {
        Learned::MarketingCapped => marks::CAPPED,
        Learned::Unreachable => marks::UNREACHABLE,
        Learned::IdentityChanged => marks::IDENTITY_CHANGED,
        Learned::CountryClosed => {
            if market != 0 {
                close(tx, shop, market, now_ms, now_ms.saturating_add(marks::COUNTRY_MS)).await?;
            }
            return Ok(());
        }
        Learned::Nothing
        | Learned::WindowClosed
        | Learned::OptedOut
        | Learned::MarketingStopped
        | Learned::Template(_)
        | Learned::FormBlocked => return Ok(()),
    };
    let (name, proof) = (SmolStr::new_static(name), codes::reason(error));
    tx.add_consents(&[ConsentEntry { shop, conversation, name, given: false, at_ms: now_ms, proof }]).await?;
    Ok(())
}

/// Writes down what the vendor thinks of the template that a message went as. Its name; `None`: it was none, or that is known.
async fn template(tx: &mut Tx, row: &SendRow, status: &str, at_ms: i64) -> Result<Option<SmolStr>, WriteError> {
    let Ok(Outbound::Template(sent)) = postcard::from_bytes(&row.send.body) else { return Ok(None) };
    let same = |it: &TemplateRow| {
        it.name == sent.name && it.language.replace('_', "-").eq_ignore_ascii_case(&sent.language.replace('_', "-"))
    };
    let known = tx.templates(row.send.shop).await?.into_iter().find(same);
    let status = SmolStr::new_static(if status == "DISABLED" { "DISABLED" } else { "PAUSED" });
    if known.as_ref().is_some_and(|known| known.status == status) {
        return Ok(None);
    }
    let language = known.map_or_else(|| sent.language.clone(), |known| known.language);
    let news = TemplateNews::of(row.send.shop, sent.name.clone(), language, at_ms);
    tx.hear_templates(&[TemplateNews { status: Some(status), ..news }]).await?;
    Ok(Some(sent.name))
}
