//! The shop's systems of a run: the demo backend, which fails, is late, refuses, and loses answers as chance wants. What
//! it did is kept for the judge. Lives on when a server process dies.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use duka_engine::event::Outcome;
use duka_runtime::host::calls::{Adapter, Ask, DemoAdapter, Fate};
use smol_str::SmolStr;

use crate::wire::Shared;

#[derive(Debug)]
pub struct Backend {
    pub demo: DemoAdapter,
    sky: Shared,
    /// Commands by their key: what they asked for, and whether it was done.
    commands: Mutex<BTreeMap<SmolStr, Asked>>,
    pub wrongs: Mutex<Vec<String>>,
}

#[derive(Clone, Debug)]
struct Asked {
    request: String,
    done: bool,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    None,
    Fails,
    /// Done, and nobody is told.
    AnswerLost,
    /// Not done within its time.
    Late,
}

impl Backend {
    pub fn new(sky: Shared) -> Backend {
        Backend { demo: DemoAdapter::default(), sky, commands: Mutex::default(), wrongs: Mutex::default() }
    }

    fn trouble(&self, deadline_ms: i64, now_ms: i64) -> Trouble {
        let mut sky = self.sky.lock();
        let latency = sky.chance.ms(1, 120);
        sky.pass(latency);
        if sky.calm {
            return Trouble::None;
        }
        let (trouble, name) = match sky.chance.below(100) {
            0..4 => (Trouble::Fails, "fault: a call fails"),
            4..14 => (Trouble::AnswerLost, "fault: a call's answer is lost"),
            14..17 => (Trouble::Late, "fault: a call is late"),
            _ => return Trouble::None,
        };
        sky.tally.count(name);
        if trouble == Trouble::Late {
            sky.pass((deadline_ms - now_ms).clamp(0, 20_000));
        }
        trouble
    }

    /// One key is one request, and what was done is not asked for again (I13).
    fn note(&self, ask: &Ask) {
        let request = format!("{:?}", ask.request);
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let known = commands.entry(ask.key.clone()).or_insert_with(|| Asked { request: request.clone(), done: false });
        let wrong = |what: &str| {
            let line = format!("I13: {} ({}) {what}", ask.key, ask.request.name);
            self.wrongs.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        };
        if known.request != request {
            wrong("asks for something else with the same key");
        }
        if known.done {
            wrong("was asked for again after it was done");
        }
    }

    fn done(&self, ask: &Ask) {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = commands.get_mut(&ask.key) {
            known.done = true;
        }
    }
}

impl Adapter for Backend {
    async fn ask(&self, ask: Ask) -> Outcome {
        let trouble = self.trouble(ask.deadline_ms, ask.now_ms);
        let command = !ask.query;
        if command {
            self.note(&ask);
        }
        let lost = if command { Outcome::Unknown } else { Outcome::TimedOut };
        match trouble {
            Trouble::Fails => return Outcome::Failed { reason: "as chance wants".into() },
            Trouble::Late => return lost,
            Trouble::None | Trouble::AnswerLost => {}
        }
        let outcome = self.demo.ask(ask.clone()).await;
        if command {
            self.done(&ask);
        }
        if trouble == Trouble::AnswerLost { lost } else { outcome }
    }

    async fn look_up(&self, ask: Ask) -> Fate {
        let cannot = {
            let mut sky = self.sky.lock();
            let cannot = !sky.calm && sky.chance.permille(300);
            sky.tally.count(if cannot { "fault: a look-up cannot tell" } else { "calls looked up" });
            cannot
        };
        if cannot { Fate::CannotTell } else { self.demo.look_up(ask).await }
    }
}
