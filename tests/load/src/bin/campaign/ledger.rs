//! What the server itself says of its work, through the operator's API: whether anything is still open, and which messages
//! it has parked, because two attempts had an unknown fate and no status came (reliability.md 4.3).

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use duka_load::process::get_as;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// No trial leaves work for longer.
const PATIENCE: Duration = Duration::from_secs(900);

pub struct Ledger {
    pub address: String,
    pub key: String,
}

#[derive(Deserialize)]
struct Shop {
    backlog: Backlog,
}

#[derive(Deserialize)]
pub struct Backlog {
    pub inbox: u64,
    pub sends_open: u64,
    pub sends_unknown: u64,
    pub sends_parked: u64,
    pub quarantine: u64,
}

#[derive(Deserialize)]
struct Page {
    conversations: Vec<Conversation>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Conversation {
    id: String,
}

#[derive(Deserialize)]
struct Turn {
    turn: u64,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    sending: String,
}

/// The messages of one conversation: how many, and at which positions from 1 those that are parked or have failed.
#[derive(Clone, Default, PartialEq)]
pub struct Told {
    pub messages: u64,
    pub parked: BTreeSet<u64>,
    pub failed: BTreeSet<u64>,
}

impl Ledger {
    async fn ask<T: DeserializeOwned>(&self, path: &str) -> io::Result<T> {
        let bearer = format!("Authorization: Bearer {}\r\n", self.key);
        let path = format!("/api/v1/shops/counter0{path}");
        match get_as(&self.address, &path, &bearer).await {
            Some((200, body)) => serde_json::from_str(&body).map_err(io::Error::other),
            answer => Err(io::Error::other(format!("{path}: {answer:?}"))),
        }
    }

    /// # Errors
    /// The server does not say.
    pub async fn backlog(&self) -> io::Result<Backlog> {
        Ok(self.ask::<Shop>("").await?.backlog)
    }

    /// Waits until nothing is open any more; how long that took, and what is left for people to see.
    ///
    /// # Errors
    /// It takes too long.
    pub async fn settle(&self) -> io::Result<(Duration, Backlog)> {
        let begun = Instant::now();
        loop {
            let backlog = self.backlog().await?;
            if backlog.inbox + backlog.sends_open + backlog.sends_unknown == 0 {
                return Ok((begun.elapsed(), backlog));
            }
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("work is left that does not end"));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Every conversation.
    ///
    /// # Errors
    /// The server does not say.
    pub async fn conversations(&self) -> io::Result<Vec<Told>> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page: Page = self.ask(&format!("/conversations?limit=200{after}")).await?;
            for conversation in &page.conversations {
                all.push(self.conversation(&conversation.id).await?);
            }
            let Some(next) = page.next else { return Ok(all) };
            after = format!("&after={next}");
        }
    }

    async fn conversation(&self, id: &str) -> io::Result<Told> {
        let mut told = Told::default();
        let mut after = String::new();
        loop {
            let turns: Vec<Turn> = self.ask(&format!("/conversations/{id}/log?limit=200{after}")).await?;
            let Some(last) = turns.last() else { return Ok(told) };
            after = format!("&after={}", last.turn);
            for message in turns.iter().flat_map(|turn| &turn.messages) {
                told.messages += 1;
                match message.sending.as_str() {
                    "Parked" => told.parked.insert(told.messages),
                    "Failed" => told.failed.insert(told.messages),
                    _ => false,
                };
            }
        }
    }
}
