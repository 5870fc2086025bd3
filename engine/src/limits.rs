//! What each channel takes, as dated vendor facts: read by the checks that warn and by the renderers that cut.
//!
//! Lengths count what people see as letters (grapheme clusters), which is at most what the vendors count for the
//! languages of our shops; where documents disagree the smaller figure stands. Sends nothing, measures nothing.

pub mod providers;
pub mod whatsapp;

/// The facts of one channel.
#[derive(Debug)]
pub struct Channel {
    /// As sessions and `shop.yaml` name it: `whatsapp`.
    pub name: &'static str,
    /// As merchants know it: `WhatsApp`.
    pub title: &'static str,
    pub source: Source,
    /// Buttons under one question.
    pub buttons: usize,
    pub button_title: usize,
    /// Rows of a list, over all sections. Channels without lists show them as `buttons` or numbered text.
    pub rows: usize,
    pub sections: usize,
    pub row_title: usize,
    pub row_note: usize,
    pub section_title: usize,
    /// The words on the button that opens a list.
    pub list_label: usize,
    /// A text without choices.
    pub text: usize,
    /// A text with buttons, a list or a link.
    pub text_with_choices: usize,
    pub caption: usize,
    pub footer: usize,
    pub link_title: usize,
    pub media: &'static [MediaLimit],
    /// `None`: no templates.
    pub template: Option<TemplateLimits>,
    /// Fields on one screen of a form; `None`: forms are asked question by question.
    pub form_fields: Option<usize>,
    /// What a `list` becomes: `true` if it is numbered text.
    pub list_is_text: bool,
    /// How long free text may be sent after the customer's last message, in hours; `None`: always.
    pub window_hours: Option<u32>,
}

/// Where the facts come from.
#[derive(Debug)]
pub struct Source {
    /// The day they were checked.
    pub checked: &'static str,
    pub url: &'static str,
}

/// Formats and size of one kind of file.
#[derive(Debug)]
pub struct MediaLimit {
    /// `image`, `video`, `audio`, `document`
    pub kind: &'static str,
    /// File endings that are taken.
    pub endings: &'static [&'static str],
    pub max_bytes: u64,
}

/// Facts about templates.
#[derive(Debug)]
pub struct TemplateLimits {
    pub body: usize,
    pub footer: usize,
    pub buttons: usize,
    pub button_title: usize,
    pub links: usize,
    pub name: usize,
}

const MEBIBYTE: u64 = 1024 * 1024;

/// WhatsApp Cloud API.
pub const WHATSAPP: Channel = Channel {
    name: "whatsapp",
    title: "WhatsApp",
    source: Source {
        checked: "2026-08-01",
        url: "https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-list-messages",
    },
    buttons: 3,
    button_title: 20,
    rows: 10,
    sections: 10,
    row_title: 24,
    row_note: 72,
    section_title: 24,
    list_label: 20,
    text: 4096,
    // The guide allows 4,096 for lists, the vendor's OpenAPI 1,024.
    text_with_choices: 1024,
    caption: 1024,
    footer: 60,
    link_title: 20,
    media: &[
        MediaLimit { kind: "image", endings: &["jpg", "jpeg", "png"], max_bytes: 5 * MEBIBYTE },
        MediaLimit { kind: "video", endings: &["mp4", "3gp"], max_bytes: 16 * MEBIBYTE },
        MediaLimit { kind: "audio", endings: &["aac", "amr", "mp3", "m4a", "ogg"], max_bytes: 16 * MEBIBYTE },
        MediaLimit {
            kind: "document",
            endings: &["txt", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx"],
            max_bytes: 100 * MEBIBYTE,
        },
    ],
    template: Some(TemplateLimits { body: 1024, footer: 60, buttons: 10, button_title: 25, links: 2, name: 512 }),
    form_fields: Some(50),
    list_is_text: false,
    window_hours: Some(24),
};

/// Messenger: quick replies for buttons, numbered text for longer lists.
pub const MESSENGER: Channel = Channel {
    name: "messenger",
    title: "Messenger",
    source: Source {
        checked: "2026-08-01",
        url: "https://developers.facebook.com/docs/messenger-platform/send-messages/quick-replies",
    },
    buttons: 13,
    button_title: 20,
    rows: 13,
    sections: 1,
    row_title: 20,
    row_note: 80,
    section_title: 24,
    list_label: 20,
    text: 2000,
    text_with_choices: 2000,
    caption: 2000,
    footer: 60,
    link_title: 20,
    media: &[
        MediaLimit { kind: "image", endings: &["jpg", "jpeg", "png", "gif"], max_bytes: 8 * MEBIBYTE },
        MediaLimit { kind: "video", endings: &["mp4"], max_bytes: 25 * MEBIBYTE },
        MediaLimit { kind: "audio", endings: &["aac", "mp3", "m4a", "wav"], max_bytes: 25 * MEBIBYTE },
        MediaLimit {
            kind: "document",
            endings: &["txt", "pdf", "doc", "docx", "xls", "xlsx"],
            max_bytes: 25 * MEBIBYTE,
        },
    ],
    template: None,
    form_fields: None,
    list_is_text: true,
    window_hours: Some(24),
};

/// The chat on a shop's own page: ours, so the figures are our own.
pub const WEB: Channel = Channel {
    name: "web",
    title: "the web chat",
    source: Source { checked: "2026-08-01", url: "https://duka.dev/docs/channels/web" },
    buttons: 13,
    button_title: 40,
    rows: 100,
    sections: 20,
    row_title: 60,
    row_note: 120,
    section_title: 60,
    list_label: 40,
    text: 8000,
    text_with_choices: 8000,
    caption: 2000,
    footer: 120,
    link_title: 60,
    media: &[
        MediaLimit { kind: "image", endings: &["jpg", "jpeg", "png", "gif", "webp"], max_bytes: 8 * MEBIBYTE },
        MediaLimit { kind: "video", endings: &["mp4", "webm"], max_bytes: 25 * MEBIBYTE },
        MediaLimit { kind: "audio", endings: &["mp3", "m4a", "ogg"], max_bytes: 16 * MEBIBYTE },
        MediaLimit {
            kind: "document",
            endings: &["txt", "pdf", "doc", "docx", "xls", "xlsx"],
            max_bytes: 25 * MEBIBYTE,
        },
    ],
    template: None,
    form_fields: Some(50),
    list_is_text: false,
    window_hours: None,
};

/// The channels that limits are known of.
pub const CHANNELS: [&Channel; 3] = [&WHATSAPP, &MESSENGER, &WEB];

impl Channel {
    /// The channel of a name, if it is known.
    pub fn named(name: &str) -> Option<&'static Channel> {
        CHANNELS.into_iter().find(|channel| channel.name == name)
    }

    /// How long free text may be sent after the customer's last message, in milliseconds, with a margin for webhooks that
    /// come late; `None`: always.
    pub fn window_ms(&self) -> Option<i64> {
        const MARGIN_MS: i64 = 5 * 60_000;
        self.window_hours.map(|hours| i64::from(hours) * 3_600_000 - MARGIN_MS)
    }

    /// What is taken of a kind of file.
    pub fn media(&self, kind: &str) -> Option<&'static MediaLimit> {
        self.media.iter().find(|limit| limit.kind == kind)
    }
}
