//! A file was saved: the flow is read again in the running server, and the page is told what became of the conversations
//! that are under way. A file with errors changes nothing but the findings.

use std::sync::Arc;

use duka_engine::program::Program;
use duka_engine::session::{Outcome, Session, migrate};
use schemars::JsonSchema;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::house::{House, is_of_the_shop};
use super::place;
use crate::server::Server;
use crate::shops::{Reloaded, Served, Watch};

/// What a saved file has led to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Flow {
    pub shop: String,
    /// Of the program that runs now.
    pub revision: String,
    /// The files are served as they are.
    pub ok: bool,
    /// In a sentence or two.
    pub said: String,
    /// What becomes of each conversation with its next message.
    pub places: Vec<Moved>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Moved {
    pub customer: String,
    /// `kept`, `lost`, `pinned`
    pub outcome: &'static str,
    /// `flow.state`; empty: not begun, or ended.
    pub state: String,
}

/// Reads the shops again whenever a file was saved.
pub async fn watch(house: Arc<House>, mut watch: Watch, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = watch.changed() => again(&house).await,
            () = stop.cancelled() => return,
        }
    }
}

/// Judges what was read, beside the reading: that takes longer, and nobody who saves is to wait for it.
pub async fn judge(house: Arc<House>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = house.read.notified() => {}
            () = stop.cancelled() => return,
        }
        house.look_again().await;
        for view in house.views() {
            house.stream.tell(&view.slug, "findings", &view.findings);
        }
    }
}

/// Reads the shops again, and tells the page.
async fn again(house: &Arc<House>) {
    let _one = house.reloading.lock().await;
    match house.inner.reload(&house.config(), &house.variables).await {
        Some(Ok(reloaded)) => {
            house.know();
            tell(house, reloaded).await;
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "the shops can not be read; everything stays as it was");
            all_behind(house);
        }
        None => first(house).await,
    }
    house.read.notify_one();
    house.changed.notify_one();
}

/// Nothing of what runs can be found where it lay.
fn all_behind(house: &House) {
    let Some(server) = house.inner.server() else { return };
    let routes = server.registry.now();
    house.set_broken(routes.shops.iter().map(|served| served.slug.clone()).collect());
    for served in &routes.shops {
        let said = "The shop's files can not be read where they lay: the last good version goes on.";
        house.stream.tell(&served.slug, "flow", &flow(served, false, said, Vec::new()));
    }
}

/// A shop that was never good may be now.
async fn first(house: &Arc<House>) {
    match house.start().await {
        Ok(()) => {
            for slug in house.slugs() {
                if !house.phones().list.iter().any(|phone| phone.shop == slug.as_str()) {
                    house.add_customer(&slug, None, smol_str::SmolStr::default());
                }
                house.stream.tell(&slug, "customers", &super::customers::all(house, &slug).await);
            }
            house.stream.tell("", "running", &serde_json::json!({"running": true}));
            if let Some(server) = house.inner.server() {
                for served in &server.registry.now().shops {
                    house.stream.tell(&served.slug, "flow", &flow(served, true, "The shop is open.", Vec::new()));
                }
            }
        }
        Err(error) if is_of_the_shop(&error) => tracing::debug!(%error, "the shop has errors still"),
        Err(error) => tracing::error!(%error, "the server does not start"),
    }
}

async fn tell(house: &House, reloaded: Reloaded) {
    let Some(server) = house.inner.server() else { return };
    let Reloaded { changed, kept, .. } = reloaded;
    let were_broken = house.set_broken(kept.clone());
    for served in &server.registry.now().shops {
        let slug = &served.slug;
        if kept.contains(slug) {
            let said = "The file has errors: the last good version goes on.";
            house.stream.tell(slug, "flow", &flow(served, false, said, Vec::new()));
        } else if changed.contains(slug) || were_broken.contains(slug) {
            let places = places(house, &server, served).await;
            let said = sentence(&places);
            house.stream.tell(slug, "flow", &flow(served, true, &said, places));
        }
    }
}

fn flow(served: &Served, ok: bool, said: &str, places: Vec<Moved>) -> Flow {
    let (shop, revision) = (served.slug.to_string(), hex::encode(served.revision.0));
    Flow { shop, revision, ok, said: said.to_string(), places }
}

/// What the next message of each conversation finds.
async fn places(house: &House, server: &Server, served: &Served) -> Vec<Moved> {
    let phones: Vec<String> = {
        let phones = house.phones();
        phones.list.iter().filter(|phone| phone.shop == served.slug).map(|phone| phone.id.to_string()).collect()
    };
    let Some(hosted) = server.host.shops.shop(served.scope) else { return Vec::new() };
    let mut moved = Vec::new();
    for customer in phones {
        let Ok(Some(row)) = place::conversation(server, served.scope, &customer).await else { continue };
        let Ok(session) = Session::decode(&row.session) else { continue };
        let Some(old) = hosted.revision(session.revision) else { continue };
        moved.push(outcome(old, &hosted.program, session, customer));
    }
    moved
}

fn outcome(old: &Program, new: &Program, session: Session, customer: String) -> Moved {
    let migrated = migrate(old, new, session);
    let (outcome, program) = match migrated.outcome {
        Outcome::Moved => ("kept", new),
        Outcome::Lost => ("lost", new),
        Outcome::Pinned => ("pinned", old),
    };
    let frame = migrated.session.frames.last();
    let state = frame.and_then(|frame| {
        let flow = program.shop.flows.get(frame.flow.index())?;
        Some(format!("{}.{}", flow.path, flow.states.get(frame.state.index())?.name))
    });
    Moved { customer, outcome, state: state.unwrap_or_default() }
}

fn sentence(places: &[Moved]) -> String {
    let of = |outcome: &str| places.iter().filter(|place| place.outcome == outcome).count();
    let mut said = "The new version runs.".to_string();
    let many =
        |count: usize, one: &str, more: &str| if count == 1 { one.to_string() } else { format!("{count} {more}") };
    if of("kept") > 0 {
        let who = many(of("kept"), "One conversation keeps its", "conversations keep their");
        said.push_str(&format!(" {who} place."));
    }
    if of("pinned") > 0 {
        let who = many(of("pinned"), "One conversation waits", "conversations wait");
        said.push_str(&format!(" {who} for a payment or an answer and finishes that with the version before."));
    }
    if of("lost") > 0 {
        let who = many(of("lost"), "One conversation stood", "conversations stood");
        said.push_str(&format!(" {who} in a state that is gone: the next message takes `lost`."));
    }
    said
}
