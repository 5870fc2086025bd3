//! What every shop can use: the standard flows, their texts and tests, and the contracts that every backend answers.
//!
//! Only text, built into the binary. Nothing here is read from disk at run time, and nothing is compiled here.

/// A file of the standard library: its path as a shop sees it (`std/tracking.duka`, `std/orders.contract.yaml`), and its text.
pub type StandardFile = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal from $place:literal),* $(,)?) => { &[$(($path, include_str!($place))),*] };
}

/// The contracts that the standard flows are written against. A shop's own contract of the same name replaces operations
/// and records of the same name; the rest stays.
pub const CONTRACTS: &[StandardFile] = files![
    "std/alerts.contract.yaml" from "../contracts/alerts.contract.yaml",
    "std/cart.contract.yaml" from "../contracts/cart.contract.yaml",
    "std/catalog.contract.yaml" from "../contracts/catalog.contract.yaml",
    "std/customer.contract.yaml" from "../contracts/customer.contract.yaml",
    "std/delivery.contract.yaml" from "../contracts/delivery.contract.yaml",
    "std/handoff.contract.yaml" from "../contracts/handoff.contract.yaml",
    "std/orders.contract.yaml" from "../contracts/orders.contract.yaml",
    "std/payments.contract.yaml" from "../contracts/payments.contract.yaml",
    "std/shop.contract.yaml" from "../contracts/shop.contract.yaml",
];

/// The standard flows and their texts.
pub const STD: &[StandardFile] = files![
    "std/address.duka" from "../std/address.duka",
    "std/back_in_stock.duka" from "../std/back_in_stock.duka",
    "std/bag.duka" from "../std/bag.duka",
    "std/browse.duka" from "../std/browse.duka",
    "std/cancel.duka" from "../std/cancel.duka",
    "std/checkout.duka" from "../std/checkout.duka",
    "std/faq.duka" from "../std/faq.duka",
    "std/feedback.duka" from "../std/feedback.duka",
    "std/handoff.duka" from "../std/handoff.duka",
    "std/hours.duka" from "../std/hours.duka",
    "std/language.duka" from "../std/language.duka",
    "std/menu.duka" from "../std/menu.duka",
    "std/offers.duka" from "../std/offers.duka",
    "std/order_updates.duka" from "../std/order_updates.duka",
    "std/pay.duka" from "../std/pay.duka",
    "std/privacy.duka" from "../std/privacy.duka",
    "std/receipt.duka" from "../std/receipt.duka",
    "std/reminder.duka" from "../std/reminder.duka",
    "std/reorder.duka" from "../std/reorder.duka",
    "std/returns.duka" from "../std/returns.duka",
    "std/search.duka" from "../std/search.duka",
    "std/sent_cart.duka" from "../std/sent_cart.duka",
    "std/slot.duka" from "../std/slot.duka",
    "std/stop.duka" from "../std/stop.duka",
    "std/tracking.duka" from "../std/tracking.duka",
    "std/trouble.duka" from "../std/trouble.duka",
    "std/variant.duka" from "../std/variant.duka",
];
