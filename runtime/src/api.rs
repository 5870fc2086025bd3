//! `/api/v1`: what operators, agents and the studio may see and do. Deny by default: one table holds every route with what
//! it needs, the router, the guard and the description are made from it, and what is not in it is refused.

mod access;
pub(crate) mod answer;
mod audit;
mod conversations;
pub mod costs;
mod erase;
pub(crate) mod explain;
pub(crate) mod handoff;
pub mod keys;
pub(crate) mod openapi;
pub mod orders;
mod quarantine;
pub mod recording;
mod sends;
mod shops;
pub mod standing;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;

pub use keys::{Key, Scope};
pub use openapi::document;

use crate::server::Server;
use crate::server::reconcile::Gaps;

/// Where it begins.
pub const BASE: &str = "/api/v1";

/// One route and what it needs.
pub struct Route {
    pub method: Method,
    /// Below [`BASE`]; `{shop}` is the name of a shop's folder.
    pub path: &'static str,
    pub scope: Scope,
    pub summary: &'static str,
    handler: fn() -> MethodRouter<Arc<Server>>,
    /// What it answers, and what it takes.
    schema: fn() -> (serde_json::Value, Option<serde_json::Value>),
}

macro_rules! route {
    ($method:ident $path:literal $scope:ident $handler:path: $summary:literal => $answer:ty $(, takes $takes:ty)?) => {
        Route {
            method: route!(@method $method),
            path: $path,
            scope: Scope::$scope,
            summary: $summary,
            handler: || axum::routing::$method($handler),
            schema: || (openapi::schema::<$answer>(), None $(.or(Some(openapi::schema::<$takes>())))?),
        }
    };
    (@method get) => { Method::GET };
    (@method post) => { Method::POST };
    (@method delete) => { Method::DELETE };
}

/// Every route.
pub fn routes() -> Vec<Route> {
    vec![
        route!(get "/shops" Read shops::list: "The shops that the key may see" => Vec<shops::ShopView>),
        route!(get "/shops/{shop}" Read shops::show: "A shop with its backlog and numbers" => shops::ShopDetail),
        route!(get "/shops/{shop}/templates" Read shops::templates: "Templates as last heard of" => Vec<shops::TemplateView>),
        route!(get "/shops/{shop}/costs" Read costs::costs: "What delivered messages cost, by month, market, category and pricing; `?from=2026-10&to=2026-11`" => costs::CostReport),
        route!(get "/shops/{shop}/conversations" Read conversations::list: "Conversations, by id" => conversations::Page),
        route!(get "/shops/{shop}/conversations/{conversation}" Read conversations::show:
            "Where a conversation stands and what it remembers" => conversations::Detail),
        route!(get "/shops/{shop}/conversations/{conversation}/log" Read conversations::log:
            "Every turn, and for each message the line it came from" => Vec<explain::Turn>),
        route!(get "/shops/{shop}/conversations/{conversation}/recording" Operate recording::recording:
            "All that was said and done, to be replayed" => recording::Recording),
        route!(get "/shops/{shop}/standing" Read standing::standing:
            "How many conversations stand in which state" => standing::Standing),
        route!(get "/shops/{shop}/conversations/{conversation}/consents" Read conversations::consents:
            "The ledger of consents" => Vec<conversations::ConsentView>),
        route!(delete "/shops/{shop}/conversations/{conversation}" Operate conversations::erase:
            "Erase a customer's conversation" => answer::Done),
        route!(post "/shops/{shop}/customers/erase" Operate erase::customer:
            "Erase a customer: all that was said, sent and kept" => erase::Erased, takes erase::Customer),
        route!(delete "/shops/{shop}" Operate erase::shop: "Erase a shop that is served no more" => erase::Erased),
        route!(get "/shops/{shop}/sends" Read sends::list:
            "Messages that wait for a person's word: `?state=parked`" => Vec<sends::Parked>),
        route!(post "/shops/{shop}/sends/{send}/resend" Operate sends::resend: "Send a parked message after all" => answer::Done),
        route!(delete "/shops/{shop}/sends/{send}" Operate sends::remove: "Call a parked message off" => answer::Done),
        route!(get "/shops/{shop}/handoffs" Read handoff::list: "Conversations that wait for a person, by id" => conversations::Page),
        route!(post "/shops/{shop}/conversations/{conversation}/handoff/reply" Reply handoff::reply:
            "Answer the customer as a person" => answer::Done, takes handoff::Reply),
        route!(post "/shops/{shop}/conversations/{conversation}/handoff/open" Reply handoff::open:
            "Take the conversation over" => answer::Done),
        route!(post "/shops/{shop}/conversations/{conversation}/handoff/close" Reply handoff::close:
            "Give the conversation back to the flow" => answer::Done, takes handoff::Close),
        route!(get "/shops/{shop}/quarantine" Read quarantine::list:
            "What could not be processed" => Vec<quarantine::Entry>),
        route!(post "/shops/{shop}/quarantine/{entry}/replay" Operate quarantine::replay:
            "Try an entry again" => answer::Done),
        route!(post "/shops/{shop}/quarantine/{entry}/done" Operate quarantine::done:
            "A command whose fate was unknown was done after all; one that was not is dropped" => answer::Done, takes quarantine::WasDone),
        route!(delete "/shops/{shop}/quarantine/{entry}" Operate quarantine::remove: "Drop an entry" => answer::Done),
        route!(get "/shops/{shop}/orders" Read orders::list:
            "Orders that conversations follow, and how far each was heard of" => orders::Orders),
        route!(post "/shops/{shop}/orders/reconcile" Operate orders::reconcile:
            "Ask the shop's own system for orders that have not ended, and take what was lost as news" => Gaps),
        route!(get "/shops/{shop}/audit" Read audit::of_shop:
            "What was done of a shop by the API: whose key, what, when; the newest first, `?before=…&limit=…`" => audit::Trail),
        route!(get "/audit" Read audit::of_all:
            "The same of all that the key may see" => audit::Trail),
        route!(get "/quarantine" Read quarantine::list_of_nobody:
            "What came for no shop of this server; needs a key of every shop" => Vec<quarantine::Entry>),
        route!(delete "/keys/{name}" Operate keys::remove:
            "End a key at once, by its name; a key of one shop ends keys of that shop" => answer::Done),
        route!(delete "/quarantine/{entry}" Operate quarantine::remove_of_nobody: "Drop such an entry" => answer::Done),
    ]
}

/// All routes behind the guard. Whatever else is asked for below [`BASE`] meets the guard first.
pub fn router(server: &Arc<Server>) -> Router<Arc<Server>> {
    let mut api: Router<Arc<Server>> = Router::new();
    for route in routes() {
        api = api.route(route.path, (route.handler)());
    }
    let api = api.fallback(answer::unknown);
    Router::new().nest(BASE, api.layer(from_fn_with_state(Arc::clone(server), access::guard)))
}
