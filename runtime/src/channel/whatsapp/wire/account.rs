//! The `value` of account-level fields, all in one struct: the vendor's own samples mix them up, so the shape decides and
//! not the field's name.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Word;
use super::word::or_default;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Account<'a> {
    #[serde(borrow)]
    pub event: Word<'a>,
    #[serde(borrow)]
    pub reason: Word<'a>,

    #[serde(borrow)]
    pub message_template_id: Word<'a>,
    #[serde(borrow)]
    pub message_template_name: Word<'a>,
    #[serde(borrow)]
    pub message_template_language: Word<'a>,
    #[serde(borrow)]
    pub message_template_category: Word<'a>,
    #[serde(borrow)]
    pub message_template_element: Word<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub rejection_info: Rejection<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub other_info: OtherInfo<'a>,
    #[serde(borrow)]
    pub previous_quality_score: Word<'a>,
    #[serde(borrow)]
    pub new_quality_score: Word<'a>,
    #[serde(borrow)]
    pub new_category: Word<'a>,
    #[serde(borrow)]
    pub correct_category: Word<'a>,
    #[serde(borrow)]
    pub category_update_timestamp: Word<'a>,

    #[serde(borrow)]
    pub display_phone_number: Word<'a>,
    #[serde(borrow)]
    pub current_limit: Word<'a>,
    #[serde(borrow)]
    pub max_daily_conversations_per_business: Word<'a>,
    /// The name before 2026.
    #[serde(borrow)]
    pub max_daily_conversation_per_phone: Word<'a>,

    #[serde(borrow, deserialize_with = "or_default")]
    pub ban_info: BanInfo<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub restriction_info: Vec<Restriction<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub violation_info: Violation<'a>,

    #[serde(borrow)]
    pub alert_info: Option<Alert<'a>>,
    /// In older captures the alert stands in the value itself.
    #[serde(borrow)]
    pub alert_severity: Word<'a>,
    #[serde(borrow)]
    pub alert_type: Word<'a>,
    #[serde(borrow)]
    pub alert_description: Word<'a>,

    #[serde(borrow)]
    pub decision: Word<'a>,
    #[serde(borrow)]
    pub requested_verified_name: Word<'a>,
    #[serde(borrow)]
    pub rejection_reason: Word<'a>,

    #[serde(borrow)]
    pub flow_id: Word<'a>,
    #[serde(borrow)]
    pub new_status: Word<'a>,
    /// `ACTIVATED`, `DEACTIVATED`: an alert about a Flow begins or is over.
    #[serde(borrow)]
    pub alert_state: Word<'a>,
    #[serde(borrow)]
    pub message: Word<'a>,

    #[serde(borrow)]
    pub configuration_name: Word<'a>,
    #[serde(borrow)]
    pub status: Word<'a>,
    #[serde(borrow)]
    pub username: Word<'a>,
    #[serde(borrow)]
    pub volume_tier_info: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rejection<'a> {
    #[serde(borrow)]
    pub reason: Word<'a>,
    #[serde(borrow)]
    pub recommendation: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OtherInfo<'a> {
    #[serde(borrow)]
    pub title: Word<'a>,
    #[serde(borrow)]
    pub description: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BanInfo<'a> {
    #[serde(borrow)]
    pub waba_ban_state: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Restriction<'a> {
    #[serde(borrow)]
    pub restriction_type: Word<'a>,
    /// Seconds since 1970.
    #[serde(borrow)]
    pub expiration: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Violation<'a> {
    #[serde(borrow)]
    pub violation_type: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Alert<'a> {
    #[serde(borrow)]
    pub alert_severity: Word<'a>,
    #[serde(borrow)]
    pub alert_type: Word<'a>,
    #[serde(borrow)]
    pub alert_description: Word<'a>,
}
