//! Why a message was not sent, as numbers: the provider's are above 0, ours below. Decides nothing.

use duka_engine::event::FORM_UNAVAILABLE;
use smol_str::{SmolStr, format_smolstr};

/// The service window is closed, and the message is no template.
pub const WINDOW_CLOSED: i32 = -1;
/// The customer has not consented to marketing, or no longer does.
pub const NO_CONSENT: i32 = -2;
/// The template is not approved, or paused, in every language that would do.
pub const TEMPLATE_UNUSABLE: i32 = -3;
/// The customer is known by nothing that this channel can send to.
pub const NO_ADDRESS: i32 = -4;
/// The row holds no message that this version can read.
pub const UNREADABLE: i32 = -5;
/// It was not sent in time.
pub const EXPIRED: i32 = -6;
/// Attempts were made for as long as they were worth making.
pub const GIVEN_UP: i32 = -7;
/// The channel has no form for this message.
pub const UNRENDERABLE: i32 = -8;

/// The shop has no token for its number.
pub const NO_TOKEN: i32 = -9;

/// The file that the message is made of is not there, or of a kind that can not be sent.
pub const NO_FILE: i32 = -10;

/// The form is not published, or stopped by the provider: the engine asks it field by field.
pub const NO_FORM: i32 = -11;

/// The customer has had enough marketing from everybody, and the offer is over before a day is.
pub const CAPPED: i32 = -12;
/// The customer could not be reached, and has not written since.
pub const UNREACHABLE: i32 = -13;
/// The customer may be somebody else by now, and has not written since.
pub const IDENTITY_CHANGED: i32 = -14;
/// The shop may not write to the customer's country.
pub const COUNTRY_CLOSED: i32 = -15;

/// The provider's codes for "the Flow is blocked" and "… is throttled".
pub const FORM_STOPPED: std::ops::RangeInclusive<i32> = 132_068..=132_069;

/// The provider's code for "the user has stopped marketing messages from this business".
pub const USER_STOPPED_MARKETING: i32 = 131_050;
/// The provider's code for "the service window is closed".
pub const REENGAGEMENT: i32 = 131_047;

/// As flows and logs see it.
pub fn reason(error: i32) -> SmolStr {
    match error {
        WINDOW_CLOSED | REENGAGEMENT => SmolStr::new_static("window_closed"),
        NO_CONSENT => SmolStr::new_static("no_consent"),
        TEMPLATE_UNUSABLE => SmolStr::new_static("template_unusable"),
        NO_ADDRESS => SmolStr::new_static("no_address"),
        UNREADABLE => SmolStr::new_static("unreadable"),
        EXPIRED => SmolStr::new_static("expired"),
        GIVEN_UP => SmolStr::new_static("given_up"),
        UNRENDERABLE => SmolStr::new_static("unrenderable"),
        NO_FILE => SmolStr::new_static("no_file"),
        NO_TOKEN => SmolStr::new_static("no_token"),
        CAPPED => SmolStr::new_static("marketing_capped"),
        UNREACHABLE => SmolStr::new_static("unreachable"),
        IDENTITY_CHANGED => SmolStr::new_static("identity_changed"),
        COUNTRY_CLOSED => SmolStr::new_static("country_closed"),
        NO_FORM => SmolStr::new_static(FORM_UNAVAILABLE),
        code if FORM_STOPPED.contains(&code) => SmolStr::new_static(FORM_UNAVAILABLE),
        code => format_smolstr!("{code}"),
    }
}
