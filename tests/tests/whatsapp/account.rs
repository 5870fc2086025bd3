//! What events of the account mean: the words of the vendor's lists, and words that it has not invented yet.

use duka_runtime::channel::whatsapp::decode::{AccountEvent, Decoded, Meaning, TemplateChange};
use duka_runtime::channel::whatsapp::split;
use serde_json::{Value, json};

use crate::{keys, reader};

fn event(field: &str, value: &Value) -> AccountEvent {
    let change = json!({ "field": field, "value": value });
    let entry = json!({ "id": "7", "time": 1_795_251_600, "changes": [change] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string();
    let text = split::text(body.as_bytes());
    let elements = split::split(&text).expect("a webhook");
    let keys = keys();
    let Decoded { meaning, .. } = reader(&keys).decode(&elements[0]);
    match meaning {
        Meaning::Account(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_words_of_approval_make_a_template_usable_and_an_unknown_word_changes_nothing() {
    let words = [
        ("APPROVED", "APPROVED"),
        ("REJECTED", "REJECTED!"),
        ("PENDING", "PENDING"),
        ("PAUSED", "PAUSED!"),
        ("DISABLED", "DISABLED!"),
        ("FLAGGED", "as it was!"),
        ("REINSTATED", "APPROVED"),
        ("IN_APPEAL", "IN_APPEAL"),
        ("LOCKED", "LOCKED!"),
        ("LIMIT_EXCEEDED", "LIMIT_EXCEEDED!"),
        ("PENDING_DELETION", "PENDING_DELETION"),
        ("DELETED", "DELETED"),
        ("ARCHIVED", "ARCHIVED!"),
        ("UNARCHIVED", "APPROVED"),
        ("FROZEN", "as it was!"),
    ];
    for (word, expected) in words {
        let value = json!({ "event": word, "message_template_id": 7, "message_template_name": "hello",
            "message_template_language": "en_US", "reason": "NONE" });
        let told = event("message_template_status_update", &value);
        let AccountEvent::Template { change: TemplateChange::Status { status, alarming, .. }, .. } = told else {
            panic!("{told:?}");
        };
        let is = status.as_deref().unwrap_or("as it was");
        assert_eq!(format!("{is}{}", if alarming { "!" } else { "" }), expected, "{word}");
    }
}

#[test]
fn alerts_of_flows_and_payment_configurations_that_need_something_alarm_and_their_ends_do_not() {
    let cases = [
        ("flows", json!({ "event": "ENDPOINT_AVAILABILITY", "flow_id": "6", "alert_state": "ACTIVATED" }), true),
        ("flows", json!({ "event": "ENDPOINT_AVAILABILITY", "flow_id": "6", "alert_state": "DEACTIVATED" }), false),
        ("flows", json!({ "event": "CLIENT_ERROR_RATE", "flow_id": "6", "alert_state": "ACTIVATED" }), true),
        ("flows", json!({ "event": "ENDPOINT_ERROR_RATE", "flow_id": "6", "alert_state": "ACTIVATED" }), true),
        ("flows", json!({ "event": "ENDPOINT_LATENCY", "flow_id": "6", "alert_state": "ACTIVATED" }), true),
        ("flows", json!({ "event": "FLOW_VERSION_EXPIRY_WARNING", "flow_id": "6" }), true),
        ("payment_configuration_update", json!({ "configuration_name": "r", "status": "Needs Connecting" }), true),
        ("payment_configuration_update", json!({ "configuration_name": "r", "status": "Needs Testing" }), true),
        ("payment_configuration_update", json!({ "configuration_name": "r", "status": "Active" }), false),
        ("account_review_update", json!({ "decision": "REJECTED" }), true),
        ("account_review_update", json!({ "decision": "APPROVED" }), false),
    ];
    for (field, value, expected) in cases {
        let AccountEvent::Notice { alarming, .. } = event(field, &value) else { panic!("{value}") };
        assert_eq!(alarming, expected, "{value}");
    }
}
