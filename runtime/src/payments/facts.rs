//! What is known of each provider, with the day it was read: the one place that is changed when a provider changes.

use super::money::Scale;

/// When these were last compared with what the providers document.
pub const READ: &str = "2026-11";

/// A provider as its documentation describes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Facts {
    /// As `shop.yaml` names it.
    pub name: &'static str,
    /// Where its interface is.
    pub base: &'static str,
    /// Ends of the hosts of its pay pages.
    pub hosts: &'static [&'static str],
    pub scale: Scale,
    /// The only currencies it takes; none: it judges itself.
    pub currencies: &'static [&'static str],
    pub repeat: Repeat,
    /// After a failure the customer may try again on the same page.
    pub same_page: bool,
    /// A prompt on the customer's phone instead of a page.
    pub prompts: bool,
    /// The shortest life of its page, in ms.
    pub least_life_ms: i64,
    /// The secrets of `shop.yaml` that it needs, and those it may have.
    pub secrets: &'static [&'static str],
    pub optional: &'static [&'static str],
    /// The same of settings that are no secrets.
    pub words: &'static [&'static str],
    pub optional_words: &'static [&'static str],
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

pub const DEMO: Facts = Facts {
    name: "demo",
    base: "",
    hosts: &[],
    scale: Scale::Decimal,
    currencies: &[],
    repeat: Repeat::SameName,
    same_page: true,
    prompts: false,
    least_life_ms: 0,
    secrets: &[],
    optional: &[],
    words: &[],
    optional_words: &[],
};

/// Checkout Sessions (payments.md 5): a key holds for at least 24 hours.
pub const STRIPE: Facts = Facts {
    name: "stripe",
    base: "https://api.stripe.com/v1/",
    hosts: &["stripe.com"],
    scale: Scale::Stripe,
    currencies: &[],
    repeat: Repeat::SameName,
    same_page: true,
    prompts: false,
    least_life_ms: 30 * 60_000,
    secrets: &["secret_key", "webhook_secret"],
    optional: &["old_webhook_secret"],
    words: &[],
    optional_words: &[],
};

/// Charges (payments.md 5): `reference.idempotent` holds for 24 hours.
pub const TAP: Facts = Facts {
    name: "tap",
    base: "https://api.tap.company/v2/",
    hosts: &["tap.company"],
    scale: Scale::Decimal,
    currencies: &[],
    repeat: Repeat::SameName,
    same_page: false,
    prompts: false,
    least_life_ms: 0,
    secrets: &["secret_key"],
    optional: &["old_secret_key"],
    words: &[],
    optional_words: &["source"],
};

/// Payment Links (payments.md 5): a repeated `reference_id` is refused, so it is listed by it.
pub const RAZORPAY: Facts = Facts {
    name: "razorpay",
    base: "https://api.razorpay.com/v1/",
    hosts: &["rzp.io", "razorpay.com"],
    scale: Scale::Razorpay,
    currencies: &[],
    repeat: Repeat::Looked(true),
    same_page: true,
    prompts: false,
    least_life_ms: 16 * 60_000,
    secrets: &["key_id", "secret_key", "webhook_secret"],
    optional: &["old_webhook_secret"],
    words: &[],
    optional_words: &[],
};

/// Transactions (payments.md 5): the page's address is told once, so one whose answer was lost is begun under another name.
pub const PAYSTACK: Facts = Facts {
    name: "paystack",
    base: "https://api.paystack.co/",
    hosts: &["paystack.com", "paystack.co"],
    scale: Scale::Hundredths,
    currencies: &[],
    repeat: Repeat::Looked(false),
    same_page: false,
    prompts: false,
    least_life_ms: 0,
    secrets: &["secret_key"],
    optional: &["old_secret_key"],
    words: &["email_domain"],
    optional_words: &[],
};

/// STK push (payments.md 5): no name of ours, one prompt at a time, which lives about a minute.
pub const MPESA: Facts = Facts {
    name: "mpesa",
    base: "https://api.safaricom.co.ke/",
    hosts: &[],
    scale: Scale::Whole,
    currencies: &["KES"],
    repeat: Repeat::After(120_000),
    same_page: false,
    prompts: true,
    least_life_ms: 0,
    secrets: &["consumer_key", "consumer_secret", "passkey"],
    optional: &[],
    words: &["shortcode"],
    optional_words: &["till"],
};

/// All of them.
pub const ALL: [&Facts; 6] = [&DEMO, &STRIPE, &TAP, &RAZORPAY, &PAYSTACK, &MPESA];
