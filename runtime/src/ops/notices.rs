//! What people should hear of, as lines of the log and as figures that alerts go by. Tells no text of a flow or a customer:
//! those are for the shop's people, and reach them by handoff.

use std::sync::Arc;

use metrics::counter;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::host::Host;
use crate::host::codes;
use crate::host::notices::{Notice, Told};

/// Tells until `stop`.
pub async fn announce(host: Arc<Host>, stop: CancellationToken) {
    let mut heard = host.notices.listen();
    loop {
        let told = tokio::select! {
            told = heard.recv() => told,
            () = stop.cancelled() => return,
        };
        match told {
            Ok(told) => tell(&host, &told),
            Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "notices came faster than they could be told"),
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(host: &Host, told: &Told) {
    let shop = host.shops.shop(told.shop).map(|shop| shop.slug.clone()).unwrap_or_default();
    let conversation = told.conversation.map(|id| format!("{:016x}", id.0)).unwrap_or_default();
    let (shop, conversation) = (shop.as_str(), conversation.as_str());
    match &told.notice {
        Notice::Alert { .. } => {
            tracing::info!(shop, conversation, "a flow tells the staff something");
        }
        Notice::Handoff { .. } => {
            tracing::info!(shop, conversation, "a conversation waits for a person");
        }
        Notice::Runaway => {
            tracing::warn!(shop, conversation, "a conversation with a machine, or by itself, waits for a person");
        }
        Notice::TooMany => {
            tracing::warn!(shop, conversation, "a customer writes more than is taken of one; the rest is recorded");
        }
        Notice::Quarantined { reason } => {
            tracing::warn!(shop, conversation, %reason, "something is in quarantine and waits for a person");
        }
        Notice::Duplicate { send } => {
            tracing::warn!(shop, conversation, send = %hex::encode(send.0), "a customer got a message twice");
        }
        Notice::Parked { send } => {
            let send = hex::encode(send.0);
            tracing::warn!(shop, conversation, %send, "a message whose fate is unknown is not sent again");
        }
        Notice::NumberStopped { error: codes::NO_TOKEN, .. } => {
            tracing::error!(shop, "the shop has no token for its number: nothing is sent until it has one");
        }
        Notice::NumberStopped { error, .. } => {
            tracing::error!(shop, code = error, "the vendor refuses a number: nothing leaves it until that is mended");
        }
        Notice::NumberWarned { word, .. } => {
            let event = word.as_str();
            tracing::error!(shop, event, "the vendor warns of a number: what it holds back waits until that is over");
        }
        Notice::NotDelivered { error } => {
            tracing::warn!(shop, conversation, code = error, "a message was not delivered: see why");
        }
        Notice::FormRefused { form, error } => {
            tracing::warn!(shop, %form, code = error, "the vendor refuses a form: it is asked field by field");
        }
        Notice::Payment { alarm, order } => {
            tracing::error!(shop, conversation, %order, alarm, "a payment waits for somebody to look at it");
        }
        Notice::CommandUnknown { operation } => {
            tracing::error!(shop, conversation, %operation, "whether a command was done is not known: look in the shop's system, and settle it");
        }
        Notice::DataRequest { number, waits_days: 0 } => {
            tracing::warn!(shop, conversation, %number, "a customer asks for what is kept about them: see quarantine");
        }
        Notice::DataRequest { number, waits_days } => {
            tracing::error!(shop, conversation, %number, waits_days, "a customer's request for what is kept about them will be dropped unanswered: see quarantine");
        }
        Notice::TemplateRefused { name, error } => {
            tracing::warn!(shop, template = %name, code = error, "the vendor refuses a template");
        }
        Notice::SeveralOrders { order } => {
            tracing::error!(shop, %order, "the shop's system has several orders of one checkout: see which is paid, and cancel the others");
        }
        Notice::WebhooksOff { contract, topics } => {
            tracing::error!(shop, %contract, %topics, "the shop's system does not call us any more: switch its webhooks on there; its orders are asked for every hour meanwhile");
        }
        Notice::SystemFails { contract } => {
            tracing::error!(shop, %contract, "the shop's system fails again and again: it is left alone, and tried at times; its customers get the words of `failed`");
        }
    }
    counter!("duka_notices_total", "kind" => told.notice.name()).increment(1);
}
