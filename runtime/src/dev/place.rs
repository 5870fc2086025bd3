//! Where a conversation stands: its state and the way there, what it remembers, what time will do, its orders; and for each
//! message the line that said it. All of it read from the store that the server writes, in the revision that ran.

mod orders;
mod timers;

use std::collections::BTreeMap;

use duka_engine::program::Program;
use duka_engine::session::Session;
use duka_engine::shown::shown;
use duka_engine::types::Type;
use duka_engine::value::Value;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use smol_str::SmolStr;

use super::customers::WINDOW_MS;
use super::house::House;
use super::map::Line;
use super::phones::{Asked, Followed, Why};
use crate::api::explain::{self, Turn};
use crate::handoff::BY_PEOPLE;
use crate::id::ShopScope;
use crate::server::Server;
use crate::shops::Served;
use crate::store::{self, Conversation, Identity, IdentityKind};

pub use self::orders::{Order, begun, may_come_late, payment};
pub use self::timers::{Timer, length};

/// Steps of a path that are shown.
const MOST_STEPS: usize = 50;
/// Turns that are looked at for it.
const MOST_TURNS: u32 = 200;

/// Everything about one conversation.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Place {
    /// Empty: not begun, or ended.
    pub flow: String,
    pub state: String,
    /// The newest last.
    pub path: Vec<Step>,
    pub values: Vec<Named>,
    pub timers: Vec<Timer>,
    pub orders: Vec<Order>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    pub flow: String,
    pub state: String,
    pub at: i64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Named {
    pub name: String,
    pub value: String,
    pub kind: &'static str,
}

/// What is read of a conversation.
pub struct Read {
    pub row: Conversation,
    pub session: Session,
    pub turns: Vec<Turn>,
}

/// The conversation of a customer. `None`: they have not written yet.
///
/// # Errors
/// The store.
pub async fn conversation(
    server: &Server,
    scope: ShopScope,
    customer: &str,
) -> Result<Option<Conversation>, store::Error> {
    let channel = SmolStr::new_static("whatsapp");
    let identity = Identity { shop: scope, channel, kind: IdentityKind::Phone, value: customer.into() };
    let mut tx = server.host.store.read(scope).await?;
    let Some(id) = tx.find_conversations(&[identity]).await?.into_iter().next().flatten() else { return Ok(None) };
    Ok(tx.conversations(&[(scope, id)]).await?.into_iter().next().flatten())
}

/// The same with its turns.
async fn read(server: &Server, scope: ShopScope, row: Conversation) -> Result<Read, store::Error> {
    let from = row.turn.saturating_sub(u64::from(MOST_TURNS));
    let turns = explain::turns(&server.host.store, scope, row.id, from, MOST_TURNS).await?;
    let session = Session::decode(&row.session).unwrap_or_default();
    Ok(Read { row, session, turns })
}

/// Where the conversation of a customer stands.
///
/// # Errors
/// The store.
pub async fn of(house: &House, server: &Server, served: &Served, customer: &str) -> Result<Place, store::Error> {
    match conversation(server, served.scope, customer).await? {
        Some(row) => Ok(whole(house, server, served, &read(server, served.scope, row).await?).await?),
        None => Ok(Place::default()),
    }
}

async fn whole(house: &House, server: &Server, served: &Served, read: &Read) -> Result<Place, store::Error> {
    let mut place = Place { path: path(&read.turns), ..Place::default() };
    place.orders = orders::of(house, server, served, &read.row).await?;
    let hosted = server.host.shops.shop(served.scope);
    let Some(program) = hosted.as_ref().and_then(|hosted| hosted.revision(read.session.revision)) else {
        return Ok(place);
    };
    if let Some(frame) = read.session.frames.last()
        && let Some(flow) = program.shop.flows.get(frame.flow.index())
    {
        place.flow = flow.path.to_string();
        place.state = flow.states.get(frame.state.index()).map(|state| state.name.to_string()).unwrap_or_default();
    }
    place.values = values(program, &read.session);
    place.timers = timers::of(&program.shop, &read.session, read.row.wake_at_ms);
    Ok(place)
}

fn path(turns: &[Turn]) -> Vec<Step> {
    let steps = turns.iter().flat_map(|turn| turn.states.iter().map(move |state| (turn.at_ms, state)));
    let mut steps: Vec<Step> = steps
        .filter_map(|(at, name)| {
            let (flow, state) = name.rsplit_once('.')?;
            Some(Step { flow: flow.to_string(), state: state.to_string(), at })
        })
        .collect();
    steps.drain(..steps.len().saturating_sub(MOST_STEPS));
    steps
}

fn values(program: &Program, session: &Session) -> Vec<Named> {
    let shop = &program.shop;
    let mut named = Vec::new();
    let mut add = |name: String, value: &Value, ty: &Type| {
        if *value != Value::None {
            named.push(Named { name, value: shown(shop, value, ty), kind: kind(ty) });
        }
    };
    for frame in &session.frames {
        let Some(flow) = shop.flows.get(frame.flow.index()) else { continue };
        for (slot, value) in flow.slots.iter().zip(&frame.values) {
            add(format!("{}.{}", flow.path, slot.name), value, &slot.ty);
        }
    }
    for (slot, value) in shop.customer_slots.iter().zip(&session.customer_values) {
        add(format!("customer.{}", slot.name), value, &slot.ty);
    }
    if let Some(cart) = shop.known_records.cart {
        add("cart".to_string(), &session.cart.value, &Type::Record(cart));
    }
    for (consent, state) in shop.consents.iter().zip(&session.consents).filter(|(_, state)| state.asked) {
        let value = if state.given { "given" } else { "refused" }.to_string();
        named.push(Named { name: format!("consent.{}", consent.name), value, kind: "consent" });
    }
    named
}

fn kind(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "text",
        Type::Number => "number",
        Type::YesNo => "yes_no",
        Type::Money => "money",
        Type::Date => "date",
        Type::Time => "time",
        Type::Moment => "moment",
        Type::Duration => "duration",
        Type::Phone => "phone",
        Type::Email => "email",
        Type::Language => "language",
        Type::Town => "town",
        Type::Image | Type::Video | Type::Document | Type::Voice => "media",
        Type::Enum(_) => "choice",
        Type::List(_) => "list",
        Type::Record(_) => "record",
        Type::None | Type::Unknown => "unknown",
    }
}

/// Why each message was sent, by the vendor's id.
fn whys(turns: &[Turn]) -> Vec<(String, Why)> {
    let of_turn = |turn: &Turn| {
        let asked = |guard: &explain::Guard| {
            let text = guard.text.clone().or_else(|| guard.line.clone()).unwrap_or_else(|| guard.state.clone());
            Asked { text, value: if guard.holds { "yes" } else { "no" }.to_string() }
        };
        let guards: Vec<Asked> = turn.guards.iter().map(asked).collect();
        let sent = turn.messages.iter().filter(|sent| !sent.provider_id.is_empty());
        sent.map(|sent| (sent.provider_id.clone(), why(sent, guards.clone()))).collect::<Vec<_>>()
    };
    turns.iter().flat_map(of_turn).collect()
}

fn why(sent: &explain::Sent, guards: Vec<Asked>) -> Why {
    let (flow, state) = sent.state.as_deref().and_then(|name| name.rsplit_once('.')).unwrap_or_default();
    let follow = sent.follow.as_ref();
    let window = if sent.silence_ms.is_some_and(|silence| silence < WINDOW_MS) {
        "inside"
    } else if sent.template {
        "template"
    } else {
        "outside"
    };
    let is_priced = !sent.category.is_empty();
    Why {
        person: sent.key == BY_PEOPLE,
        flow: follow.map_or(flow, |follow| &follow.flow).to_string(),
        state: state.to_string(),
        follow: follow.map(|follow| Followed {
            name: follow.name.clone(),
            on: follow.on.clone().unwrap_or_default(),
            line: written(follow.line.as_deref()),
        }),
        line: written(sent.line.as_deref()),
        guards,
        data_age_ms: sent.data_age_ms,
        window: window.to_string(),
        category: is_priced.then(|| sent.category.clone()),
        cost: is_priced.then(|| sent.pricing.clone()),
    }
}

/// `boutique.duka:12`
fn written(at: Option<&str>) -> Option<Line> {
    let (file, line) = at?.rsplit_once(':')?;
    Some(Line { file: file.to_string(), line: line.parse().ok()? })
}

/// What a look at all conversations has found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looked {
    /// One was at another place than was told.
    pub moved: bool,
    /// When the first of them is woken.
    pub next_ms: Option<i64>,
}

/// Tells the page of every place that is another one than was told.
pub async fn tell(house: &House, told: &mut BTreeMap<(SmolStr, SmolStr), String>) -> Looked {
    let mut looked = Looked::default();
    let Some(server) = house.inner.server() else { return looked };
    let routes = server.registry.now();
    let phones: Vec<(SmolStr, SmolStr)> =
        house.phones().list.iter().map(|phone| (phone.shop.clone(), phone.id.clone())).collect();
    for (shop, customer) in phones {
        let Some(served) = routes.named(&shop) else { continue };
        match one(house, &server, served, &customer, told).await {
            Ok(one) => {
                looked.moved |= one.moved;
                looked.next_ms = looked.next_ms.into_iter().chain(one.next_ms).min();
            }
            Err(error) => tracing::debug!(%error, "a conversation could not be looked at"),
        }
    }
    if looked.moved {
        house.stream.tell("", "clock", &super::clock::clock(house).await);
        for slug in house.slugs() {
            house.stream.tell(&slug, "customers", &super::customers::all(house, &slug).await);
        }
    }
    looked
}

async fn one(
    house: &House,
    server: &Server,
    served: &Served,
    customer: &SmolStr,
    told: &mut BTreeMap<(SmolStr, SmolStr), String>,
) -> Result<Looked, store::Error> {
    let Some(row) = conversation(server, served.scope, customer).await? else { return Ok(Looked::default()) };
    let next_ms = row.wake_at_ms;
    let read = read(server, served.scope, row).await?;
    for (id, why) in whys(&read.turns) {
        let changes = house.phones().change(&id, |item| item.why = Some(why));
        house.tell(&changes);
    }
    let place = serde_json::to_value(whole(house, server, served, &read).await?).unwrap_or_default();
    let text = format!("{} {place}", read.row.handed_over);
    let key = (served.slug.clone(), customer.clone());
    if told.get(&key) == Some(&text) {
        return Ok(Looked { moved: false, next_ms });
    }
    told.insert(key, text);
    house.stream.tell(&served.slug, "place", &json!({"customer": customer, "place": place}));
    Ok(Looked { moved: true, next_ms })
}
