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
    "std/address.ar.duka" from "../std/address.ar.duka",
    "std/address.duka" from "../std/address.duka",
    "std/address.hi.duka" from "../std/address.hi.duka",
    "std/address.sw.duka" from "../std/address.sw.duka",
    "std/back_in_stock.duka" from "../std/back_in_stock.duka",
    "std/bag.ar.duka" from "../std/bag.ar.duka",
    "std/bag.duka" from "../std/bag.duka",
    "std/bag.hi.duka" from "../std/bag.hi.duka",
    "std/bag.sw.duka" from "../std/bag.sw.duka",
    "std/browse.ar.duka" from "../std/browse.ar.duka",
    "std/browse.duka" from "../std/browse.duka",
    "std/browse.hi.duka" from "../std/browse.hi.duka",
    "std/browse.sw.duka" from "../std/browse.sw.duka",
    "std/cancel.duka" from "../std/cancel.duka",
    "std/checkout.ar.duka" from "../std/checkout.ar.duka",
    "std/checkout.duka" from "../std/checkout.duka",
    "std/checkout.hi.duka" from "../std/checkout.hi.duka",
    "std/checkout.sw.duka" from "../std/checkout.sw.duka",
    "std/faq.duka" from "../std/faq.duka",
    "std/feedback.duka" from "../std/feedback.duka",
    "std/handoff.ar.duka" from "../std/handoff.ar.duka",
    "std/handoff.duka" from "../std/handoff.duka",
    "std/handoff.hi.duka" from "../std/handoff.hi.duka",
    "std/handoff.sw.duka" from "../std/handoff.sw.duka",
    "std/hours.duka" from "../std/hours.duka",
    "std/language.ar.duka" from "../std/language.ar.duka",
    "std/language.duka" from "../std/language.duka",
    "std/language.hi.duka" from "../std/language.hi.duka",
    "std/language.sw.duka" from "../std/language.sw.duka",
    "std/menu.ar.duka" from "../std/menu.ar.duka",
    "std/menu.duka" from "../std/menu.duka",
    "std/menu.hi.duka" from "../std/menu.hi.duka",
    "std/menu.sw.duka" from "../std/menu.sw.duka",
    "std/offers.duka" from "../std/offers.duka",
    "std/order_updates.duka" from "../std/order_updates.duka",
    "std/pay.ar.duka" from "../std/pay.ar.duka",
    "std/pay.duka" from "../std/pay.duka",
    "std/pay.hi.duka" from "../std/pay.hi.duka",
    "std/pay.sw.duka" from "../std/pay.sw.duka",
    "std/privacy.duka" from "../std/privacy.duka",
    "std/receipt.duka" from "../std/receipt.duka",
    "std/reminder.duka" from "../std/reminder.duka",
    "std/reorder.duka" from "../std/reorder.duka",
    "std/returns.duka" from "../std/returns.duka",
    "std/search.duka" from "../std/search.duka",
    "std/sent_cart.duka" from "../std/sent_cart.duka",
    "std/slot.duka" from "../std/slot.duka",
    "std/stop.ar.duka" from "../std/stop.ar.duka",
    "std/stop.duka" from "../std/stop.duka",
    "std/stop.hi.duka" from "../std/stop.hi.duka",
    "std/stop.sw.duka" from "../std/stop.sw.duka",
    "std/tracking.ar.duka" from "../std/tracking.ar.duka",
    "std/tracking.duka" from "../std/tracking.duka",
    "std/tracking.hi.duka" from "../std/tracking.hi.duka",
    "std/tracking.sw.duka" from "../std/tracking.sw.duka",
    "std/trouble.ar.duka" from "../std/trouble.ar.duka",
    "std/trouble.duka" from "../std/trouble.duka",
    "std/trouble.hi.duka" from "../std/trouble.hi.duka",
    "std/trouble.sw.duka" from "../std/trouble.sw.duka",
    "std/variant.duka" from "../std/variant.duka",
];
