//! Where a shop's conversations stand, counted: in which states, with which values. What a change of the flows would mean
//! for them is judged from this by `duka diff --live`. Names nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::value::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Caller;
use super::answer::Refusal;
use crate::host::shops::Shop;
use crate::server::Server;

/// Conversations that one answer looks at.
const MOST: usize = 100_000;
const PAGE: u32 = 500;

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// Conversations that have begun and not ended.
    pub conversations: u64,
    pub states: Vec<InState>,
    pub values: Vec<Holding>,
    /// Some were left out: there are too many to count in one answer.
    pub partial: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InState {
    pub flow: String,
    pub state: String,
    pub conversations: u64,
}

/// A value that `remember` keeps.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Holding {
    pub flow: String,
    pub value: String,
    pub conversations: u64,
}

#[derive(Default)]
struct Count {
    conversations: u64,
    states: BTreeMap<(String, String), u64>,
    values: BTreeMap<(String, String), u64>,
}

pub(super) async fn standing(
    State(server): State<Arc<Server>>,
    Caller(shop): Caller,
) -> Result<Json<Standing>, Refusal> {
    let hosted = server.host.shops.shop(shop.scope).ok_or(Refusal::Absent)?;
    let mut tx = server.host.store.read(shop.scope).await?;
    let (mut count, mut after, mut seen) = (Count::default(), None, 0);
    loop {
        let page = tx.list_conversations(shop.scope, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        page.iter().for_each(|row| count.add(&hosted, &row.session));
        seen += page.len();
        if seen >= MOST {
            break;
        }
    }
    let states = count.states.into_iter();
    let values = count.values.into_iter();
    Ok(Json(Standing {
        conversations: count.conversations,
        states: states.map(|((flow, state), conversations)| InState { flow, state, conversations }).collect(),
        values: values.map(|((flow, value), conversations)| Holding { flow, value, conversations }).collect(),
        partial: seen >= MOST,
    }))
}

impl Count {
    fn add(&mut self, shop: &Shop, bytes: &[u8]) {
        let Ok(session) = Session::decode(bytes) else { return };
        if session.frames.is_empty() {
            return;
        }
        let Some(program) = shop.revision(session.revision) else { return };
        self.conversations += 1;
        for frame in &session.frames {
            self.frame(program, frame);
        }
    }

    fn frame(&mut self, program: &Program, frame: &duka_engine::session::Frame) {
        let Some(flow) = program.shop.flows.get(frame.flow.index()) else { return };
        let Some(state) = flow.states.get(frame.state.index()) else { return };
        *self.states.entry((flow.path.to_string(), state.name.to_string())).or_default() += 1;
        for (slot, _) in flow.slots.iter().zip(&frame.values).filter(|(_, value)| **value != Value::None) {
            *self.values.entry((flow.path.to_string(), slot.name.to_string())).or_default() += 1;
        }
    }
}
