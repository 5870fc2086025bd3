//! By what customers are known, as it changes: a number or a user id that moves, and a number that has come to somebody
//! else (TM46). A conversation is never told to whoever got its customer's old number.

use super::{Entry, Piece, Took, WriteError};
use crate::host::incoming::Arrived;
use crate::id::{ConversationId, ShopScope};
use crate::store::{Identity, IdentityKind, Tx};

/// Takes moves: the new identities find the conversation of the old, and the old find nothing. Where the new are known
/// already, the customer has written from there, and that conversation goes on.
pub(super) async fn moved(tx: &mut Tx, entries: &[Entry], took: &[Took]) -> Result<(), WriteError> {
    for (at, entry) in entries.iter().enumerate() {
        let Piece::Arrival(arrival) = &entry.piece else { continue };
        let Arrived::Moved { from, to } = &arrival.what else { continue };
        if took.get(at).is_none_or(|took| *took == Took::Copy) {
            continue;
        }
        let new = tx.find_conversations(to).await?;
        let old = tx.find_conversations(from).await?;
        let Some(id) = new.iter().chain(&old).find_map(|found| *found) else { continue };
        let unknown = to.iter().zip(&new).filter(|(_, found)| found.is_none());
        let links: Vec<_> = unknown.map(|(identity, _)| (id, identity.clone())).collect();
        if !links.is_empty() {
            tx.link_identities(&links).await?;
            replaced(tx, &links).await?;
        }
        tx.unlink_identities(from).await?;
    }
    Ok(())
}

/// Takes the user ids that statuses tell of those who got our messages (whatsapp-cloud-api 2.5): a customer may have been
/// known by a number alone, which later messages need not tell. Whoever is known by another user id already is left as they
/// are: the number may be somebody else's by now.
pub(super) async fn recipients(tx: &mut Tx, entries: &[Entry]) -> Result<(), WriteError> {
    let told = |entry: &Entry| match &entry.piece {
        Piece::Arrival(arrival) => match &arrival.what {
            Arrived::Recipient { send, identities } => Some((entry.shop, *send, identities.clone())),
            Arrived::Customer { .. }
            | Arrived::Order { .. }
            | Arrived::Conversation { .. }
            | Arrived::Identities(_)
            | Arrived::Moved { .. }
            | Arrived::Status(_)
            | Arrived::Template(_)
            | Arrived::Health(_)
            | Arrived::Quarantine(_) => None,
        },
        Piece::Settle(_) | Piece::Result(..) | Piece::Inbox(..) | Piece::Wake(..) => None,
    };
    let told: Vec<_> = entries.iter().filter_map(told).collect();
    if told.is_empty() {
        return Ok(());
    }
    // Almost all are known: one question for the whole batch.
    let asked: Vec<Identity> = told.iter().flat_map(|(_, _, identities)| identities.clone()).collect();
    let mut found = tx.find_conversations(&asked).await?.into_iter();
    for (shop, send, identities) in &told {
        let found: Vec<_> = identities.iter().map(|identity| (identity, found.next().flatten())).collect();
        let is_new = |(identity, id): &&(&Identity, Option<ConversationId>)| {
            identity.kind != IdentityKind::Phone && id.is_none()
        };
        let new: Vec<&Identity> = found.iter().filter(is_new).map(|(identity, _)| *identity).collect();
        if new.is_empty() {
            continue;
        }
        let sent = match send {
            Some(send) => tx.send(*shop, *send).await?.map(|row| row.send.conversation),
            None => None,
        };
        let Some(id) = sent.or_else(|| found.iter().find_map(|(_, id)| *id)) else { continue };
        let known = tx.identities_of(*shop, id).await?;
        if known.is_empty() || known.iter().any(|it| it.kind == IdentityKind::User) {
            continue;
        }
        let links: Vec<_> = new.into_iter().map(|identity| (id, identity.clone())).collect();
        tx.link_identities(&links).await?;
    }
    Ok(())
}

/// Whether a conversation that only a number finds is somebody else's: it is known by another user id than the one that
/// writes now. The vendor makes a new user id for each owner of a number.
pub(super) async fn is_anothers(
    tx: &mut Tx,
    shop: ShopScope,
    found: &[(&Identity, Option<ConversationId>)],
) -> Result<bool, WriteError> {
    let user = found.iter().find(|(identity, _)| identity.kind == IdentityKind::User);
    let by_number = found.iter().find_map(|(_, id)| *id);
    let (Some((user, None)), Some(id)) = (user, by_number) else { return Ok(false) };
    if found.iter().any(|(identity, id)| id.is_some() && identity.kind != IdentityKind::Phone) {
        return Ok(false);
    }
    let known = tx.identities_of(shop, id).await?;
    Ok(known.iter().any(|it| it.kind == IdentityKind::User && it.channel == user.channel && it.value != user.value))
}

/// Takes back the numbers that a new one replaces: whoever has an old one now must not get what is meant for this customer.
pub(super) async fn replaced(tx: &mut Tx, links: &[(ConversationId, Identity)]) -> Result<(), WriteError> {
    for (id, new) in links.iter().filter(|(_, new)| new.kind == IdentityKind::Phone) {
        let known = tx.identities_of(new.shop, *id).await?;
        let is_old =
            |it: &Identity| it.kind == IdentityKind::Phone && it.channel == new.channel && it.value != new.value;
        let old: Vec<Identity> = known.into_iter().filter(is_old).collect();
        if !old.is_empty() {
            tx.unlink_identities(&old).await?;
        }
    }
    Ok(())
}

/// Notes which orders are a conversation's. An order that is another conversation's stays there.
pub(super) async fn own(tx: &mut Tx, orders: &[(ConversationId, Identity)]) -> Result<(), WriteError> {
    let numbers: Vec<Identity> = orders.iter().map(|(_, number)| number.clone()).collect();
    let found = tx.find_conversations(&numbers).await?;
    let new: Vec<_> = orders.iter().zip(found).filter(|(_, owner)| owner.is_none()).map(|(it, _)| it.clone()).collect();
    if new.is_empty() { Ok(()) } else { Ok(tx.link_identities(&new).await?) }
}
