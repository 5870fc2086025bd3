//! The shop's person, played: takes a conversation over, answers the customer, and gives it back. Goes the way that the
//! answers of people go (`/api/v1/…/handoff/reply`, `/handoff/{shop}`) and no other.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use duka_engine::event::EventKind;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answers::{Body, Refused, Why};
use super::customers::{WINDOW_MS, served};
use super::house::House;
use super::levers::Said;
use super::place;
use crate::api::answer::Refusal;
use crate::api::handoff::{MOST_LETTERS, say, tell};

/// What the person does, in the words of the webhook of people.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Act {
    action: Action,
    /// Of a reply.
    #[serde(default)]
    text: String,
    /// Of giving back, for the flow: `event.note`.
    #[serde(default)]
    note: String,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// Take the conversation over.
    Open,
    /// Answer the customer.
    Reply,
    /// Give the conversation back to the flow.
    Close,
}

pub async fn act(
    State(house): State<Arc<House>>,
    Path((shop, id)): Path<(String, String)>,
    Body(Act { action, text, note }): Body<Act>,
) -> Result<Json<Said>, Refused> {
    let (server, served) = served(&house, &shop)?;
    let name = house.phones().phone(&shop, &id).map(|phone| phone.name.clone());
    let name = name.ok_or_else(|| Refused::absent("customer"))?;
    let row = place::conversation(&server, served.scope, &id).await.map_err(|error| Refused::failed(&error))?;
    let row =
        row.ok_or_else(|| Refused::wrong(Why::NotWritten, format!("{name} has not written yet.")).with("name", &name))?;
    let tells = async |kind| tell(&server, served.scope, row.id, kind, None).await.map(drop).map_err(refused);
    let said = match (action, row.handed_over) {
        (Action::Open, true) => {
            return Err(Refused::wrong(Why::HasPerson, "A person has this conversation already."));
        }
        (Action::Reply | Action::Close, false) => {
            return Err(Refused::wrong(Why::HasFlow, "The flow has this conversation. Take it over first."));
        }
        (Action::Reply, true) if row.last_inbound_ms + WINDOW_MS <= house.now_ms() => {
            let message = format!(
                "{name} has not written for 24 hours: WhatsApp takes free words from nobody now, nor from a person."
            );
            return Err(Refused::wrong(Why::WindowClosed, message).with("name", name));
        }
        (Action::Reply, true) if !(1..=MOST_LETTERS).contains(&text.trim().chars().count()) => {
            return Err(Refused::wrong(Why::AnswerLength, "An answer has between 1 and 4,096 letters."));
        }
        (Action::Open, false) => {
            tells(EventKind::HandoffOpened).await?;
            format!("You have the conversation of {name}. The flow is silent until you give it back.")
        }
        (Action::Reply, true) => {
            say(&server, served.scope, row.id, &text, None).await.map_err(refused)?;
            format!("{name} is answered.")
        }
        (Action::Close, true) => {
            tells(EventKind::HandoffClosed { note: note.into() }).await?;
            format!("The flow has the conversation of {name} again.")
        }
    };
    house.changed.notify_one();
    Ok(Json(Said { said }))
}

fn refused(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Wrong(why) => Refused::wrong(Why::ManyAnswers, format!("This is not sent: {why}.")),
        Refusal::Absent => Refused::absent("conversation"),
        Refusal::NoKey | Refusal::UnknownKey | Refusal::NotAllowed | Refusal::Failed => {
            Refused::failed(&"what a person did was not taken")
        }
    }
}
