//! The shop's backend made of its fixture, for development and tests: one world for each conversation, in memory, gone
//! with the process. Never for real customers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use duka_engine::event::Outcome;
use duka_engine::simulate::World;
use smol_str::SmolStr;

use super::{Adapter, Ask, Fate};
use crate::id::{ConversationId, ShopScope};

/// Conversations whose worlds are kept; beyond, those that were not used lately begin anew.
const MOST_WORLDS: usize = 1_000;

type Place = (ShopScope, ConversationId);

#[derive(Debug, Default)]
pub struct DemoAdapter {
    // One call at a time: a demo is fast enough for development.
    worlds: Mutex<Worlds>,
}

#[derive(Debug, Default)]
struct Worlds {
    young: HashMap<Place, Kept>,
    old: HashMap<Place, Kept>,
}

#[derive(Debug)]
struct Kept {
    world: World,
    /// What commands were answered, by key.
    done: HashMap<SmolStr, Outcome>,
}

impl DemoAdapter {
    fn answer(&self, ask: &Ask) -> Outcome {
        let mut worlds = self.worlds.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (ask.shop.scope, ask.conversation);
        let program = &ask.shop.program;
        let known = worlds.young.remove(&place).or_else(|| worlds.old.remove(&place));
        let mut kept =
            known.unwrap_or_else(|| Kept { world: World::new(program, &ask.shop.fixture), done: HashMap::new() });
        let outcome = match kept.done.get(&ask.key) {
            Some(done) => done.clone(),
            None => {
                let (_, outcome) = kept.world.call(program, &ask.request, ask.now_ms);
                if !ask.query {
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
        self.answer(&ask)
    }

    async fn look_up(&self, ask: Ask) -> Fate {
        let worlds = self.worlds.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (ask.shop.scope, ask.conversation);
        let kept = worlds.young.get(&place).or_else(|| worlds.old.get(&place));
        // A world that is gone has taken what was done in it along.
        kept.and_then(|kept| kept.done.get(&ask.key)).cloned().map_or(Fate::NotDone, Fate::Done)
    }
}
