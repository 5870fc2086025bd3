//! The moments at which a server is killed, each by its name (reliability.md 3.2): gates before and behind the server say
//! when a webhook or a send has come so far.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use duka_load::gate::{Gate, Moment};
use duka_load::process::{Process, Setup};

use crate::chance::Chance;

/// When the server dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kill {
    /// At any moment.
    Random,
    /// Half of a webhook was received (F13).
    MidBody,
    /// A webhook was received, no answer has left (F21).
    Received,
    /// The answer to a webhook has left, and never arrives (F15, F22).
    BeforeAck,
    /// The answer to a webhook has arrived (F16).
    AfterAck,
    /// A send has left, and never arrives (F28).
    OnRequest,
    /// The provider has taken or refused a send, the server is never told (F29).
    OnAccept,
    /// The server was told a moment ago (F30).
    AfterResponse,
    /// It was asked to end a moment ago (F33).
    WhileEnding,
    /// It has begun to start, and once more after the next start (F34).
    WhileStarting,
}

impl Kill {
    const ALL: [Kill; 10] = [
        Kill::Random,
        Kill::MidBody,
        Kill::Received,
        Kill::BeforeAck,
        Kill::AfterAck,
        Kill::OnRequest,
        Kill::OnAccept,
        Kill::AfterResponse,
        Kill::WhileEnding,
        Kill::WhileStarting,
    ];

    fn name(self) -> &'static str {
        match self {
            Kill::Random => "at any moment",
            Kill::MidBody => "in the middle of a webhook",
            Kill::Received => "webhook received, not answered",
            Kill::BeforeAck => "webhook answered, the answer lost",
            Kill::AfterAck => "webhook acknowledged",
            Kill::OnRequest => "send left, never arrived",
            Kill::OnAccept => "send taken, the answer lost",
            Kill::AfterResponse => "send answered",
            Kill::WhileEnding => "while ending",
            Kill::WhileStarting => "while starting",
        }
    }
}

/// The ways to the server and from it.
pub struct Gates {
    pub webhooks: Gate,
    pub sends: Gate,
}

/// How often each moment was hit.
#[derive(Default)]
pub struct Kills {
    hits: BTreeMap<Kill, u64>,
    /// The moment did not come in time: killed at any.
    missed: u64,
}

/// How long a moment is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

impl Kills {
    /// How many kinds have at least that many hits.
    pub fn kinds(&self, least: u64) -> usize {
        self.hits.values().filter(|hits| **hits >= least.max(1)).count()
    }

    pub fn total(&self) -> u64 {
        self.hits.values().sum()
    }

    /// Kills the server at the moment of this cycle; gives the next one, started and ready.
    ///
    /// # Errors
    /// It does not start again.
    pub async fn strike(
        &mut self,
        cycle: u64,
        mut server: Process,
        setup: Setup<'_>,
        gates: &Gates,
        chance: &mut Chance,
    ) -> io::Result<Process> {
        let all = Kill::ALL;
        let mut kill = all[cycle as usize % all.len()];
        let sprung = match kill {
            Kill::Random | Kill::WhileEnding | Kill::WhileStarting => None,
            Kill::MidBody => Some(gates.webhooks.trap(Moment::HalfRequest)),
            Kill::Received => Some(gates.webhooks.trap(Moment::RequestPassed)),
            Kill::BeforeAck => Some(gates.webhooks.trap(Moment::AnswerHeld)),
            Kill::AfterAck => Some(gates.webhooks.trap(Moment::AnswerPassed)),
            Kill::OnRequest => Some(gates.sends.trap(Moment::RequestHeld)),
            Kill::OnAccept => Some(gates.sends.trap(Moment::AnswerHeld)),
            Kill::AfterResponse => Some(gates.sends.trap(Moment::AnswerPassed)),
        };
        if let Some(sprung) = sprung
            && !matches!(tokio::time::timeout(PATIENCE, sprung).await, Ok(Ok(())))
        {
            (kill, self.missed) = (Kill::Random, self.missed + 1);
        }
        if kill == Kill::WhileEnding {
            server.signal("TERM").await?;
            tokio::time::sleep(Duration::from_micros(chance.within(0, 30_000))).await;
        }
        // Which has ended by itself is as dead.
        let _ = server.kill_now().await;
        gates.webhooks.open();
        gates.sends.open();
        if kill == Kill::WhileStarting {
            for _ in 0..2 {
                let mut starting = setup.spawn()?;
                tokio::time::sleep(Duration::from_micros(chance.within(500, 60_000))).await;
                starting.kill_now().await?;
            }
        }
        *self.hits.entry(kill).or_default() += 1;
        setup.start().await
    }
}

impl std::fmt::Display for Kills {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (kill, hits) in &self.hits {
            writeln!(f, "{hits:>6}  killed {}", kill.name())?;
        }
        write!(f, "{:>6}  of those at any moment because another did not come", self.missed)
    }
}
