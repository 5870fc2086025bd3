//! Facts of the WhatsApp Cloud API beyond what every channel has. Checked on 2026-08-01 against the vendor's guide and its
//! OpenAPI file; where they disagree the smaller figure stands.

/// Letters of a header that is text.
pub const HEADER: usize = 60;
/// The id of a reply button.
pub const BUTTON_ID: usize = 256;
/// The id of a list's row.
pub const ROW_ID: usize = 200;
/// The button that opens a form. The guide says 30, an older text 20.
pub const FORM_BUTTON: usize = 20;
pub const FORM_BUTTON_GUIDE: usize = 30;
/// The text above a list: the guide's figure since 2024; the OpenAPI file still has 1,024.
pub const LIST_BODY_GUIDE: usize = 4096;
/// The address behind a button.
pub const URL: usize = 2000;
/// `biz_opaque_callback_data`
pub const OPAQUE: usize = 512;

/// Products of a multi-product message, and its sections.
pub const PRODUCTS: usize = 30;
pub const PRODUCT_SECTIONS: usize = 10;
/// Cards of a carousel, and the letters of a card.
pub const CARDS_MIN: usize = 2;
pub const CARDS: usize = 10;
pub const CARD_BODY: usize = 160;

/// An order's `reference_id`: the smaller of India's 35 and Brazil's 60.
pub const ORDER_REFERENCE: usize = 35;
pub const ORDER_ITEM_NAME: usize = 60;
/// Descriptions of an order's status and expiry.
pub const ORDER_STATUS: usize = 120;

/// A webhook's body in bytes; the vendor promises 3 MB.
pub const WEBHOOK_BYTES: usize = 4 * 1024 * 1024;
/// Elements of one webhook.
pub const WEBHOOK_ELEMENTS: usize = 1000;

/// Messages a second and number, before an upgrade.
pub const MESSAGES_PER_SECOND: u32 = 80;
/// The same of a number that the vendor has upgraded: its throughput level is `HIGH`.
pub const MESSAGES_PER_SECOND_HIGH: u32 = 1_000;
/// One message to one customer in this many seconds, beyond the burst.
pub const PAIR_SECONDS: u32 = 6;
pub const PAIR_BURST: u32 = 45;

/// A media address works for 5 minutes, what was uploaded for 30 days, what customers sent for 7.
pub const MEDIA_URL_SECONDS: u32 = 300;
pub const MEDIA_KEPT_DAYS: u32 = 30;
pub const MEDIA_RECEIVED_DAYS: u32 = 7;
pub const MEDIA_BYTES: u64 = 100 * 1024 * 1024;
pub const STICKER_BYTES: u64 = 500 * 1024;

/// A free entry point lasts this long from the answer to a message that came from an ad, in hours.
pub const FREE_ENTRY_HOURS: u32 = 72;
/// The answer that opens a free entry point comes within this time of that message, in hours.
pub const FREE_ENTRY_ANSWER_HOURS: u32 = 24;

/// Parts of a form (a WhatsApp Flow).
pub mod form {
    /// The version of Flow JSON that is written.
    pub const JSON_VERSION: &str = "7.3";
    /// `flow_message_version`
    pub const MESSAGE_VERSION: &str = "3";
    /// `data_api_version`, of Flows that ask an endpoint.
    pub const DATA_VERSION: &str = "3.0";
    /// Parts of one screen.
    pub const COMPONENTS: usize = 50;
    pub const HEADING: usize = 80;
    pub const LABEL: usize = 20;
    pub const FOOTER: usize = 35;
    /// Options of a drop-down, and the letters of one.
    pub const OPTIONS: usize = 200;
    pub const OPTION: usize = 30;
}

/// A version of the Graph API and the day after which it is gone; `None`: not announced.
#[derive(Debug)]
pub struct GraphVersion {
    pub name: &'static str,
    pub until: Option<&'static str>,
}

/// The versions that are served, the newest first.
pub const GRAPH_VERSIONS: [GraphVersion; 6] = [
    GraphVersion { name: "v26.0", until: None },
    GraphVersion { name: "v25.0", until: Some("2028-07-29") },
    GraphVersion { name: "v24.0", until: Some("2028-02-18") },
    GraphVersion { name: "v23.0", until: Some("2027-10-08") },
    GraphVersion { name: "v22.0", until: Some("2027-05-20") },
    GraphVersion { name: "v21.0", until: Some("2027-01-21") },
];
