//! The shop's backend made of its fixture, for development and tests: one world for each conversation, without the orders of
//! the fixture's customer; in memory, gone with the process unless somebody writes it down. Can be made slow, silent, or
//! change its mind about a product. Never for real customers.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use duka_engine::event::{EventKind, Outcome};
use duka_engine::program::Program;
use duka_engine::simulate::World;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::{Adapter, Ask, Fate};
use crate::id::{ConversationId, ShopScope};

/// Conversations whose worlds are kept; beyond, those that were not used lately begin anew.
const MOST_WORLDS: usize = 1_000;

type Place = (ShopScope, ConversationId);

/// What is wrong with the demo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ails {
    /// How long each answer takes.
    pub delay_ms: u64,
    /// Nobody answers.
    pub down: bool,
}

/// A field of a product that is not as the fixture has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    pub sku: SmolStr,
    /// `price`, `stock`
    pub field: SmolStr,
    pub value: Json,
}

#[derive(Debug, Default)]
pub struct DemoAdapter {
    // One call at a time: a demo is fast enough for development.
    worlds: Mutex<Worlds>,
}

#[derive(Debug, Default)]
struct Worlds {
    young: HashMap<Place, Kept>,
    old: HashMap<Place, Kept>,
    /// By shop.
    ails: HashMap<ShopScope, Ails>,
    /// By shop, in the order in which they were made.
    edits: HashMap<ShopScope, Vec<Edit>>,
    /// How often something has become another.
    changes: u64,
}

/// What of a demo outlives its process: what was done in it, by shop and conversation, and how its products were changed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    worlds: Vec<(u32, ConversationId, Kept)>,
    edits: Vec<(u32, Vec<Edit>)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    world: World,
    /// What commands were answered, by key.
    done: HashMap<SmolStr, Outcome>,
}

impl Kept {
    fn new(ask: &Ask, edits: &[Edit]) -> Kept {
        let mut world = World::new(&ask.shop.program, &ask.shop.fixture);
        // Whoever writes is not the fixture's customer, and has ordered nothing yet.
        world.demo.become_another();
        for Edit { sku, field, value } in edits {
            world.demo.set_product(sku, field, value.clone());
        }
        Kept { world, done: HashMap::new() }
    }
}

impl DemoAdapter {
    fn worlds(&self) -> MutexGuard<'_, Worlds> {
        self.worlds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with it now, for a shop.
    pub fn ails(&self, shop: ShopScope) -> Ails {
        self.worlds().ails.get(&shop).copied().unwrap_or_default()
    }

    /// From now on this is wrong with it, for a shop.
    pub fn set_ails(&self, shop: ShopScope, ails: Ails) {
        self.worlds().ails.insert(shop, ails);
    }

    /// The products that are not as the fixture of the shop has them.
    pub fn edits(&self, shop: ShopScope) -> Vec<Edit> {
        self.worlds().edits.get(&shop).cloned().unwrap_or_default()
    }

    /// Changes a product for every customer of the shop.
    pub fn edit(&self, shop: ShopScope, edit: Edit) {
        let mut worlds = self.worlds();
        let Worlds { young, old, edits, changes, .. } = &mut *worlds;
        *changes += 1;
        for (_, kept) in young.iter_mut().chain(old).filter(|((of, _), _)| *of == shop) {
            kept.world.demo.set_product(&edit.sku, &edit.field, edit.value.clone());
        }
        let known = edits.entry(shop).or_default();
        known.retain(|it| it.sku != edit.sku || it.field != edit.field);
        known.push(edit);
    }

    /// Rises with everything that [`DemoAdapter::memory`] would tell otherwise.
    pub fn changes(&self) -> u64 {
        self.worlds().changes
    }

    /// What is to outlive the process.
    pub fn memory(&self) -> Memory {
        let worlds = self.worlds();
        let all = worlds.young.iter().chain(&worlds.old);
        Memory {
            worlds: all.map(|((shop, id), kept)| (shop.number(), *id, kept.clone())).collect(),
            edits: worlds.edits.iter().map(|(shop, edits)| (shop.number(), edits.clone())).collect(),
        }
    }

    /// Goes on with what an earlier process has left.
    pub fn remember(&self, Memory { worlds: left, edits }: Memory) {
        let mut worlds = self.worlds();
        worlds.young.extend(left.into_iter().map(|(shop, id, kept)| ((ShopScope::numbered(shop), id), kept)));
        worlds.edits.extend(edits.into_iter().map(|(shop, edits)| (ShopScope::numbered(shop), edits)));
    }

    /// The orders of a conversation, the newest first.
    pub fn orders(&self, shop: ShopScope, conversation: ConversationId) -> Vec<Json> {
        let (worlds, place) = (self.worlds(), (shop, conversation));
        let kept = worlds.young.get(&place).or_else(|| worlds.old.get(&place));
        kept.map(|kept| kept.world.demo.all_orders()).unwrap_or_default()
    }

    /// The conversations of a shop that the demo has answered.
    pub fn conversations(&self, shop: ShopScope) -> Vec<ConversationId> {
        let worlds = self.worlds();
        let places = worlds.young.keys().chain(worlds.old.keys()).filter(|(of, _)| *of == shop);
        places.map(|(_, conversation)| *conversation).collect()
    }

    /// Moves an order on, as the courier does. `None`: the conversation has no such order.
    pub fn moves(
        &self,
        (shop, conversation): (ShopScope, ConversationId),
        program: &Program,
        (number, status): (&str, &str),
        now_ms: i64,
    ) -> Option<EventKind> {
        let mut worlds = self.worlds();
        let Worlds { young, old, changes, .. } = &mut *worlds;
        *changes += 1;
        let place = (shop, conversation);
        let kept = young.get_mut(&place).or_else(|| old.get_mut(&place))?;
        kept.world.order_event(program, status, &[("number".to_string(), number.to_string())], now_ms)
    }

    fn answer(&self, ask: &Ask) -> Outcome {
        let mut worlds = self.worlds();
        let place = (ask.shop.scope, ask.conversation);
        let program = &ask.shop.program;
        let known = worlds.young.remove(&place).or_else(|| worlds.old.remove(&place));
        let edits = worlds.edits.get(&ask.shop.scope).map_or(&[][..], Vec::as_slice);
        let mut kept = known.unwrap_or_else(|| Kept::new(ask, edits));
        let outcome = match kept.done.get(&ask.key) {
            Some(done) => done.clone(),
            None => {
                let (_, outcome) = kept.world.call(program, &ask.request, ask.now_ms);
                if !ask.query {
                    worlds.changes += 1;
                    kept.done.insert(ask.key.clone(), outcome.clone());
                }
                outcome
            }
        };
        if worlds.young.len() >= MOST_WORLDS / 2 {
            worlds.old = std::mem::take(&mut worlds.young);
        }
        worlds.young.insert(place, kept);
        outcome
    }
}

impl Adapter for DemoAdapter {
    async fn ask(&self, ask: Ask) -> Outcome {
        let Ails { delay_ms, down } = self.ails(ask.shop.scope);
        if delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        if down {
            return Outcome::Failed { reason: SmolStr::new_static("the shop's system does not answer") };
        }
        self.answer(&ask)
    }

    async fn look_up(&self, ask: Ask) -> Fate {
        let worlds = self.worlds();
        let place = (ask.shop.scope, ask.conversation);
        let kept = worlds.young.get(&place).or_else(|| worlds.old.get(&place));
        // A world that is gone has taken what was done in it along.
        kept.and_then(|kept| kept.done.get(&ask.key)).cloned().map_or(Fate::NotDone, Fate::Done)
    }
}
