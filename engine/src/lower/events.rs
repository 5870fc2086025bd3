//! The events a flow can name, and what `event.` carries in each.

use duka_dsl::Diagnostic;
use duka_dsl::ast::Path;

use crate::hir::EventName;
use crate::step::{NOT_FOUND, TO_FETCH};
use crate::types::Type;

use super::declare::ShopNames;
use super::names::{UNKNOWN_NAME, path_text};

/// Which events may have led to a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Events {
    /// None: `event.` means nothing here.
    #[default]
    None,
    /// The one the reaction is for.
    One(EventName),
    /// The customer wrote something: `hears`.
    Said,
    /// Any: the lines of a state, which different reactions lead to.
    Any,
}

const PAYMENT: [&str; 4] = ["paid", "failed", "expired", "refunded"];
const OTHER: [(&str, EventName); 5] = [
    ("cart.sent", EventName::CartSent),
    ("product.asked", EventName::ProductAsked),
    ("window.closing", EventName::WindowClosing),
    ("handoff.closed", EventName::HandoffClosed),
    ("message.failed", EventName::MessageFailed),
];

/// The statuses of the `orders` contract, or those of language.md 2.11 where no contract declares any; and what parcels tell
/// besides, whose order stays where it is.
fn order_statuses(shop: &ShopNames) -> Vec<&str> {
    let declared = shop.statuses.iter().find(|statuses| statuses.contract == "orders");
    let mut names = match declared {
        Some(statuses) => {
            let ranked = statuses.ranks.iter().map(|(name, _)| name.as_str());
            let terminal = statuses.terminal.iter().map(|name| name.as_str());
            let mut names: Vec<&str> = ranked.collect();
            names.extend(terminal.filter(|name| !statuses.ranks.iter().any(|(known, _)| known == name)));
            names
        }
        None => vec!["placed", "paid", "packed", "shipped", "out_for_delivery", "delivered", "cancelled", "returned"],
    };
    names.extend([TO_FETCH, NOT_FOUND].into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
    names
}

/// The event of an `on` line.
pub(super) fn event_name(path: &Path, shop: &ShopNames) -> Result<EventName, Box<Diagnostic>> {
    let text = path_text(&path.segments);
    if let Some((_, event)) = OTHER.iter().find(|(name, _)| *name == text) {
        return Ok(event.clone());
    }
    let statuses = order_statuses(shop);
    match text.split_once('.') {
        Some(("payment", status)) if PAYMENT.contains(&status) => return Ok(EventName::Payment(status.into())),
        Some(("order", status)) if statuses.contains(&status) => return Ok(EventName::Order(status.into())),
        Some(_) | None => {}
    }
    let mut known: Vec<String> = OTHER.iter().map(|(name, _)| name.to_string()).collect();
    known.extend(PAYMENT.iter().map(|status| format!("payment.{status}")));
    known.extend(statuses.iter().map(|status| format!("order.{status}")));
    let message = format!("There is no event called `{text}`.");
    let found = Diagnostic::new(UNKNOWN_NAME, path.span, message).did_you_mean(&text, known.iter().map(String::as_str));
    Err(Box::new(match found.help {
        Some(_) => found,
        None => found.help(format!("Events are {}.", known.join(", "))),
    }))
}

/// The fields of `event.` and their types.
pub(super) fn fields(events: &Events, shop: &ShopNames) -> Vec<(&'static str, Type)> {
    let record = |id: Option<crate::types::RecordId>| id.map_or(Type::Unknown, Type::Record);
    let items = || {
        let item = shop.record_named("cart_item").or_else(|| shop.record_named("cart_line"));
        ("items", Type::List(Box::new(record(item))))
    };
    let payment = || ("payment", record(shop.known.payment));
    let order = || ("order", record(shop.known.order));
    match events {
        Events::None => Vec::new(),
        Events::Said => vec![("text", Type::Text)],
        Events::One(event) => match event {
            EventName::CartSent => vec![items()],
            EventName::ProductAsked => vec![("sku", Type::Text), ("text", Type::Text)],
            EventName::Payment(_) => vec![payment(), order()],
            EventName::Order(_) => vec![order()],
            EventName::WindowClosing => Vec::new(),
            EventName::HandoffClosed => vec![("note", Type::Text)],
            EventName::MessageFailed => vec![("reason", Type::Text)],
        },
        Events::Any => vec![
            items(),
            ("sku", Type::Text),
            ("text", Type::Text),
            payment(),
            order(),
            ("note", Type::Text),
            ("reason", Type::Text),
        ],
    }
}
