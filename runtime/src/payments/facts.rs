//! What is known of each provider, with the day it was read: the one place that is changed when a provider changes.

use duka_engine::limits::providers::{self, Provider};

use super::money::Scale;

/// When these were last compared with what the providers document.
pub const READ: &str = "2026-11";

/// A provider as its documentation describes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Facts {
    /// As `shop.yaml` names it, with its settings and currencies.
    pub shop: &'static Provider,
    /// Where its interface is.
    pub base: &'static str,
    /// Ends of the hosts of its pay pages.
    pub hosts: &'static [&'static str],
    pub scale: Scale,
    pub repeat: Repeat,
    /// After a failure the customer may try again on the same page.
    pub same_page: bool,
    /// A prompt on the customer's phone instead of a page.
    pub prompts: bool,
    /// What its names of payments by a Pix code begin with; empty: it makes none.
    pub codes: &'static str,
    /// How it gives money back.
    pub refunds: Refunds,
    /// The shortest life of its page, in ms.
    pub least_life_ms: i64,
}

/// How a beginning whose answer was lost is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// With the same name: the provider answers as the first time.
    SameName,
    /// It is looked for by our name first. `true`: what is found has a page that can be used.
    Looked(bool),
    /// Not at all until the first is over, after so many ms.
    After(i64),
}

/// Whether money can be given back by command, and how it is known what has come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refunds {
    /// Not by command.
    No,
    /// How a payment stands says how much of it was given back.
    Told,
    /// It is asked for by the name of the money.
    Listed,
    /// It is asked for by the name of the money, and each has our name for it; one whose answer was lost is looked for by that, and
    /// left to a person where it is not found: nothing keeps the provider from doing it twice.
    Noted,
    /// Each is asked for by its own name; one whose answer was lost is for a person.
    Named,
    /// It calls when it is done, and can not be asked; one whose answer was lost is for a person.
    Called,
}

pub const DEMO: Facts = Facts {
    shop: &providers::DEMO,
    base: "",
    hosts: &[],
    scale: Scale::Decimal,
    repeat: Repeat::SameName,
    same_page: true,
    prompts: false,
    codes: "",
    refunds: Refunds::Told,
    least_life_ms: 0,
};

/// Checkout Sessions (payments.md 5): a key holds for at least 24 hours. Pix codes are Payment Intents (its API reference, `next_action`,
/// read 2026-11).
pub const STRIPE: Facts = Facts {
    shop: &providers::STRIPE,
    base: "https://api.stripe.com/v1/",
    hosts: &["stripe.com"],
    scale: Scale::Stripe,
    repeat: Repeat::SameName,
    same_page: true,
    prompts: false,
    codes: "pi_",
    refunds: Refunds::Told,
    least_life_ms: 30 * 60_000,
};

/// Charges (payments.md 5): `reference.idempotent` holds for 24 hours.
pub const TAP: Facts = Facts {
    shop: &providers::TAP,
    base: "https://api.tap.company/v2/",
    hosts: &["tap.company"],
    scale: Scale::Decimal,
    repeat: Repeat::SameName,
    same_page: false,
    prompts: false,
    codes: "",
    refunds: Refunds::Named,
    least_life_ms: 0,
};

/// Payment Links (payments.md 5): a repeated `reference_id` is refused, so it is listed by it.
pub const RAZORPAY: Facts = Facts {
    shop: &providers::RAZORPAY,
    base: "https://api.razorpay.com/v1/",
    hosts: &["rzp.io", "razorpay.com"],
    scale: Scale::Razorpay,
    repeat: Repeat::Looked(true),
    same_page: true,
    prompts: false,
    codes: "",
    refunds: Refunds::Listed,
    least_life_ms: 16 * 60_000,
};

/// Transactions (payments.md 5): the page's address is told once, so one whose answer was lost is begun under another name.
pub const PAYSTACK: Facts = Facts {
    shop: &providers::PAYSTACK,
    base: "https://api.paystack.co/",
    hosts: &["paystack.com", "paystack.co"],
    scale: Scale::Hundredths,
    repeat: Repeat::Looked(false),
    same_page: false,
    prompts: false,
    codes: "",
    refunds: Refunds::Noted,
    least_life_ms: 0,
};

/// STK push (payments.md 5): no name of ours, one prompt at a time, which lives about a minute. A reversal is of the whole payment,
/// by its receipt, and answered by a callback.
pub const MPESA: Facts = Facts {
    shop: &providers::MPESA,
    base: "https://api.safaricom.co.ke/",
    hosts: &[],
    scale: Scale::Whole,
    repeat: Repeat::After(120_000),
    same_page: false,
    prompts: true,
    codes: "",
    refunds: Refunds::Called,
    least_life_ms: 0,
};

/// All of them.
pub const ALL: [&Facts; 6] = [&DEMO, &STRIPE, &TAP, &RAZORPAY, &PAYSTACK, &MPESA];
