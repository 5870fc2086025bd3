//! What payment providers want to be told of a shop and which currencies they take, as dated vendor facts: read by the check of
//! `shop.yaml` and by whoever asks them. Read in 2026-11 where each says so. Knows no addresses and no secrets.

/// One provider, as `payments` of `shop.yaml` has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    pub name: &'static str,
    /// Secrets that it needs, and those it may have; written as `env:NAME` or `file:PATH`.
    pub secrets: &'static [&'static str],
    pub optional: &'static [&'static str],
    /// The same of settings that are no secrets.
    pub words: &'static [&'static str],
    pub optional_words: &'static [&'static str],
    /// Settings without which it gives no money back by a command.
    pub refunds: &'static [&'static str],
    /// It gives back whole payments only.
    pub whole: bool,
    /// It makes Pix codes for bills inside the chat in Brazil.
    pub codes: bool,
    /// The only currencies it takes; none: too many to list, and it judges itself.
    pub currencies: &'static [&'static str],
}

/// Settings of `payments` that every provider has.
pub const COMMON: [&str; 9] = [
    "provider",
    "url",
    "link_for",
    "unwanted",
    "chat",
    "chat_configuration",
    "pix_account",
    "pix_account_type",
    "pix_name",
];

/// The languages of the page behind a pay link; other customers read English there.
pub const PAGE_LANGUAGES: [&str; 8] = ["en", "sw", "ar", "hi", "fr", "pt", "es", "ur"];

/// Who takes money inside the chat in India, by a configuration of the business in WhatsApp Manager (whatsapp-cloud-api 17.1).
pub const CHAT: [&str; 5] = ["razorpay", "payu", "billdesk", "zaakpay", "upi"];

/// The same in Brazil: the shop's provider, by a code (whatsapp-cloud-api 17.3).
pub const PIX: &str = "pix";

/// What a Pix key is, as WhatsApp calls it.
pub const PIX_KEYS: [&str; 5] = ["CPF", "CNPJ", "EMAIL", "PHONE", "EVP"];

const NONE: Provider = Provider {
    name: "",
    secrets: &[],
    optional: &[],
    words: &[],
    optional_words: &[],
    refunds: &[],
    whole: false,
    codes: false,
    currencies: &[],
};

pub const DEMO: Provider = Provider { name: "demo", ..NONE };

pub const STRIPE: Provider = Provider {
    name: "stripe",
    secrets: &["secret_key", "webhook_secret"],
    optional: &["old_webhook_secret"],
    codes: true,
    ..NONE
};

pub const TAP: Provider = Provider {
    name: "tap",
    secrets: &["secret_key"],
    optional: &["old_secret_key"],
    optional_words: &["source"],
    ..NONE
};

pub const RAZORPAY: Provider = Provider {
    name: "razorpay",
    secrets: &["key_id", "secret_key", "webhook_secret"],
    optional: &["old_webhook_secret"],
    ..NONE
};

/// Its markets are Nigeria, Ghana, South Africa, Kenya and Cote d'Ivoire; dollars in some of them (payments.md 5).
pub const PAYSTACK: Provider = Provider {
    name: "paystack",
    secrets: &["secret_key"],
    optional: &["old_secret_key"],
    words: &["email_domain"],
    currencies: &["NGN", "GHS", "ZAR", "KES", "XOF", "USD"],
    ..NONE
};

/// Daraja prompts phones in Kenya (payments.md 5).
pub const MPESA: Provider = Provider {
    name: "mpesa",
    secrets: &["consumer_key", "consumer_secret", "passkey"],
    optional: &["initiator_credential"],
    words: &["shortcode"],
    optional_words: &["till", "initiator"],
    refunds: &["initiator", "initiator_credential"],
    whole: true,
    currencies: &["KES"],
    ..NONE
};

/// All of them.
pub const ALL: [&Provider; 6] = [&DEMO, &STRIPE, &TAP, &RAZORPAY, &PAYSTACK, &MPESA];

impl Provider {
    pub fn named(name: &str) -> Option<&'static Provider> {
        ALL.into_iter().find(|provider| provider.name == name)
    }

    /// Every setting that it knows.
    pub fn settings(&self) -> impl Iterator<Item = &'static str> {
        let own = [self.secrets, self.optional, self.words, self.optional_words].into_iter().flatten();
        own.chain(&COMMON).copied()
    }
}
