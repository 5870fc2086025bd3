//! Events of the account, its numbers and its templates, as far as something follows from them. All others are told to
//! the operator as they are.

use smol_str::SmolStr;

use super::{Meaning, ms};
use crate::channel::whatsapp::clean;
use crate::channel::whatsapp::split::Element;
use crate::channel::whatsapp::wire::{Account, Word};

/// Milliseconds in a second.
const SECOND: i64 = 1000;

#[derive(Clone, Debug, PartialEq)]
pub enum AccountEvent {
    /// A template changed; `language` with an underscore.
    Template { vendor_id: u64, name: SmolStr, language: SmolStr, at_ms: i64, change: TemplateChange },
    /// What may be sent changed.
    Standing { standing: Standing, reason: SmolStr, at_ms: i64 },
    /// How many new customers may be written to in 24 hours: `TIER_2K`, `2000`, `-1`. `number` is for people to read; it
    /// is empty when the limit is the whole portfolio's. `event`: why it changed, such as `FLAGGED`; `limit` may then be
    /// empty.
    Limit { number: SmolStr, limit: SmolStr, event: SmolStr, at_ms: i64 },
    /// A Flow changed its status: `PUBLISHED`, `THROTTLED`, `BLOCKED`, `DEPRECATED`.
    Form { flow: SmolStr, status: SmolStr, at_ms: i64 },
    /// For the operator: the field, the event, and what it says.
    Notice { field: SmolStr, event: SmolStr, detail: String, alarming: bool, at_ms: i64 },
}

#[derive(Clone, Debug, PartialEq)]
pub enum TemplateChange {
    /// Category empty: not told.
    Status {
        /// As the vendor says it: `PAUSED`, `REINSTATED`, …
        word: SmolStr,
        /// What the template is from then on: `APPROVED`, `PAUSED`, …; `None`: what it was.
        status: Option<SmolStr>,
        category: SmolStr,
        detail: String,
        /// Somebody should look at it.
        alarming: bool,
    },
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`
    Quality(SmolStr),
    Category(SmolStr),
    /// The category will be another one from then on.
    CategoryWill {
        now: SmolStr,
        then: SmolStr,
        from_ms: i64,
    },
    Edited,
}

/// What the account may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything again.
    Open,
    /// Answers only, until then; 0: until told otherwise.
    AnswersOnly { until_ms: i64 },
    /// Nothing, until then; 0: until told otherwise.
    Stopped { until_ms: i64 },
}

/// What the vendor tells of accounts, numbers and templates (whatsapp-cloud-api 6, 2026-08).
const FIELDS: [&str; 13] = [
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "phone_number_quality_update",
    "business_capability_update",
    "account_update",
    "account_alerts",
    "account_review_update",
    "phone_number_name_update",
    "security",
    "flows",
    "payment_configuration_update",
];

pub(super) fn event(element: &Element<'_>, it: &Account<'_>) -> Meaning {
    let at_ms = element.time.unwrap_or_default().saturating_mul(SECOND);
    let told = template(it, at_ms)
        .or_else(|| standing(element, it, at_ms))
        .or_else(|| limit(it, at_ms))
        .or_else(|| form(it, at_ms));
    match told {
        Some(event) => Meaning::Account(event),
        None if FIELDS.contains(&&*element.field) => Meaning::Account(notice(element, it, at_ms)),
        None => Meaning::Unknown { what: format!("field {}", clean::line(&element.field)).into() },
    }
}

fn word(word: &Word<'_>) -> SmolStr {
    clean::line(word.as_str()).into()
}

/// By its shape: the vendor's samples show events under each other's fields.
fn template(it: &Account<'_>, at_ms: i64) -> Option<AccountEvent> {
    let name = it.message_template_name.given().map(clean::line)?;
    let change = if it.new_quality_score.given().is_some() {
        TemplateChange::Quality(word(&it.new_quality_score))
    } else if it.correct_category.given().is_some() {
        TemplateChange::CategoryWill {
            now: word(&it.new_category),
            then: word(&it.correct_category),
            from_ms: ms(&it.category_update_timestamp),
        }
    } else if it.new_category.given().is_some() {
        TemplateChange::Category(word(&it.new_category))
    } else if it.event.given().is_some() {
        let reason = it.reason.given().filter(|reason| *reason != "NONE");
        let told = [&it.rejection_info.reason, &it.other_info.description, &it.other_info.title];
        let detail = told.into_iter().find_map(Word::given).or(reason).map(clean::line).unwrap_or_default();
        let (word, category) = (word(&it.event), word(&it.message_template_category));
        let (status, alarming) = status_of(&word);
        TemplateChange::Status { status: status.map(SmolStr::new_static), word, category, detail, alarming }
    } else {
        TemplateChange::Edited
    };
    let vendor_id = it.message_template_id.as_str().parse().unwrap_or_default();
    let language = word(&it.message_template_language).replace('-', "_").into();
    Some(AccountEvent::Template { vendor_id, name: name.into(), language, at_ms, change })
}

/// What an event's word makes of a template (`None`: nothing new), and whether somebody should look (whatsapp-cloud-api 6, 14).
/// Some words are no states: a template that is reinstated is approved, and one that is flagged is sent until it is paused.
fn status_of(word: &str) -> (Option<&'static str>, bool) {
    match word {
        "APPROVED" | "REINSTATED" | "UNARCHIVED" => (Some("APPROVED"), false),
        "PENDING" => (Some("PENDING"), false),
        "IN_APPEAL" => (Some("IN_APPEAL"), false),
        "PENDING_DELETION" => (Some("PENDING_DELETION"), false),
        "DELETED" => (Some("DELETED"), false),
        "REJECTED" => (Some("REJECTED"), true),
        "PAUSED" => (Some("PAUSED"), true),
        "DISABLED" => (Some("DISABLED"), true),
        "LOCKED" => (Some("LOCKED"), true),
        "LIMIT_EXCEEDED" => (Some("LIMIT_EXCEEDED"), true),
        "ARCHIVED" => (Some("ARCHIVED"), true),
        // `FLAGGED`, and what the vendor invents.
        _ => (None, true),
    }
}

fn standing(element: &Element<'_>, it: &Account<'_>, at_ms: i64) -> Option<AccountEvent> {
    if element.field != "account_update" {
        return None;
    }
    let (standing, reason) = match it.event.as_str() {
        "ACCOUNT_DELETED" | "PARTNER_REMOVED" => (Standing::Stopped { until_ms: 0 }, word(&it.event)),
        "DISABLED_UPDATE" => match it.ban_info.waba_ban_state.as_str() {
            "REINSTATE" => (Standing::Open, word(&it.ban_info.waba_ban_state)),
            _ => (Standing::Stopped { until_ms: 0 }, word(&it.ban_info.waba_ban_state)),
        },
        "ACCOUNT_RESTRICTION" => restriction(it)?,
        _ => return None,
    };
    Some(AccountEvent::Standing { standing, reason, at_ms })
}

/// The hardest of the restrictions; one on adding numbers stops nothing.
fn restriction(it: &Account<'_>) -> Option<(Standing, SmolStr)> {
    let of = |kind: &str| it.restriction_info.iter().find(|info| info.restriction_type.as_str() == kind);
    if let Some(info) = of("RESTRICTED_CUSTOMER_INITIATED_MESSAGING") {
        return Some((Standing::Stopped { until_ms: ms(&info.expiration) }, word(&info.restriction_type)));
    }
    let info = of("RESTRICTED_BIZ_INITIATED_MESSAGING")?;
    Some((Standing::AnswersOnly { until_ms: ms(&info.expiration) }, word(&info.restriction_type)))
}

fn limit(it: &Account<'_>, at_ms: i64) -> Option<AccountEvent> {
    let told = [&it.max_daily_conversations_per_business, &it.max_daily_conversation_per_phone, &it.current_limit];
    let limit = told.into_iter().find_map(Word::given);
    let moved = ["FLAGGED", "UNFLAGGED", "DOWNGRADE", "UPGRADE", "THROUGHPUT_UPGRADE"].contains(&it.event.as_str());
    let limit = limit.or(moved.then_some("")).map(clean::line)?.into();
    Some(AccountEvent::Limit { number: word(&it.display_phone_number), limit, event: word(&it.event), at_ms })
}

fn form(it: &Account<'_>, at_ms: i64) -> Option<AccountEvent> {
    let flow = it.flow_id.given().filter(|_| it.new_status.given().is_some())?;
    Some(AccountEvent::Form { flow: clean::line(flow).into(), status: word(&it.new_status), at_ms })
}

fn notice(element: &Element<'_>, it: &Account<'_>, at_ms: i64) -> AccountEvent {
    let alert = it.alert_info.as_ref();
    let severity = alert.map_or(&it.alert_severity, |alert| &alert.alert_severity);
    let kind = alert.map_or(&it.alert_type, |alert| &alert.alert_type);
    let description = alert.map_or(&it.alert_description, |alert| &alert.alert_description);
    let event = [kind, &it.event, &it.decision, &it.new_status, &it.status].into_iter().find_map(Word::given);
    let violation = &it.violation_info.violation_type;
    let told = [description, violation, &it.rejection_reason, &it.message, &it.configuration_name, &it.username];
    let detail = told.into_iter().find_map(Word::given).unwrap_or_default();
    AccountEvent::Notice {
        field: clean::line(&element.field).into(),
        event: clean::line(event.unwrap_or_default()).into(),
        detail: clean::line(detail),
        alarming: severity.as_str() == "CRITICAL" || event.is_some_and(|event| is_bad(event, it.alert_state.as_str())),
        at_ms,
    }
}

/// Whether somebody should look. Of a Flow's alerts when they begin, and not when they are over.
fn is_bad(event: &str, alert_state: &str) -> bool {
    match event {
        "ACCOUNT_VIOLATION"
        | "ACCOUNT_RESTRICTION"
        | "REJECTED"
        | "PIN_CHANGED"
        | "PIN_RESET_REQUEST"
        | "ACCOUNT_OFFBOARDED"
        | "FLOW_VERSION_EXPIRY_WARNING" => true,
        "CLIENT_ERROR_RATE" | "ENDPOINT_ERROR_RATE" | "ENDPOINT_LATENCY" | "ENDPOINT_AVAILABILITY" => {
            alert_state != "DEACTIVATED"
        }
        // What a payment configuration needs before anybody can pay.
        event => event.starts_with("Needs "),
    }
}
