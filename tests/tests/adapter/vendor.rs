//! What stand-ins for vendors' shops share: what is sold, orders, faults, and the log. Each stand-in is built from the vendor's
//! documentation, and is no recording of a real server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::{Barrier, Semaphore};

/// A thing that is sold.
#[derive(Clone, Default)]
pub struct Thing {
    pub name: &'static str,
    /// As decimal text; empty: none is set.
    pub price: String,
    /// `None`: not counted.
    pub stock: Option<i64>,
    /// Can be ordered when none is there.
    pub backorder: bool,
    /// It is only sold in one of its sizes.
    pub has_sizes: bool,
}

/// What happens to the next request whose method and path are these.
pub enum Fault {
    /// It is done, and the answer is lost.
    Lost(&'static str),
    /// It is answered so, and not done.
    Answers(&'static str, u16, &'static str),
}

#[derive(Default)]
pub struct World {
    pub things: BTreeMap<u32, Thing>,
    /// By id.
    pub orders: BTreeMap<String, Value>,
    pub carts: BTreeMap<String, Value>,
    /// What is on its way back, where that is no part of an order.
    pub returns: Vec<Value>,
    /// As the vendor lists them.
    pub webhooks: Vec<Value>,
    pub next: u32,
    /// The next order that is moved waits here before it is.
    pub before: Option<Arc<Semaphore>>,
    /// Every order that is put on hold waits here once it is.
    pub meeting: Option<Arc<Barrier>>,
    pub fault: Option<Fault>,
    pub log: Vec<String>,
    pub currency: String,
    /// Where a plugin takes an order that is paid.
    pub moves_on: Option<&'static str>,
    /// Percent that are in every price, where the vendor keeps them beside it.
    pub tax: i64,
}

#[derive(Clone, Default)]
pub struct Vendor(Arc<Mutex<World>>);

impl Vendor {
    /// A shop with two things: number 11 is counted, number 12 is not.
    pub fn of(currency: &str) -> Vendor {
        let vendor = Vendor::default();
        let mut world = vendor.world();
        world.currency = currency.to_string();
        world.next = 100;
        let thing = |name: &'static str, price: &str, stock: Option<i64>| Thing {
            name,
            price: price.to_string(),
            stock,
            ..Thing::default()
        };
        world.things.insert(11, thing("Kikoy dress", "25.00", Some(3)));
        world.things.insert(12, thing("Gift card", "10.00", None));
        drop(world);
        vendor
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("nobody panicked")
    }

    /// Starts; returns where it listens.
    pub async fn start(&self, routes: Router<Vendor>) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = format!("http://{}", listener.local_addr().expect("it listens"));
        let routes = routes.layer(middleware::from_fn_with_state(self.clone(), door)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        place
    }

    pub fn sells(&self, thing: u32, price: &str, stock: Option<i64>) {
        if let Some(thing) = self.world().things.get_mut(&thing) {
            thing.price = price.to_string();
            thing.stock = stock;
        }
    }

    pub fn fails(&self, fault: Fault) {
        self.world().fault = Some(fault);
    }

    /// What a request that is known by its body is answered, where it has a fault and nothing is done.
    pub fn strikes(&self, path: &str) -> Option<Response> {
        match self.fault(path)? {
            Fault::Lost(_) => Some(StatusCode::BAD_GATEWAY.into_response()),
            Fault::Answers(_, status, body) => Some(answers(status, body)),
        }
    }

    fn fault(&self, path: &str) -> Option<Fault> {
        let mut world = self.world();
        let hit = match &world.fault {
            Some(Fault::Lost(wanted) | Fault::Answers(wanted, _, _)) => hits(path, wanted),
            None => false,
        };
        if hit { world.fault.take() } else { None }
    }

    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.world().log)
    }
}

async fn door(State(vendor): State<Vendor>, request: Request<Body>, next: Next) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    let path = format!("{} {}", request.method(), request.uri().path());
    vendor.world().log.push(line);
    match vendor.fault(&path) {
        Some(Fault::Lost(_)) => {
            next.run(request).await;
            StatusCode::BAD_GATEWAY.into_response()
        }
        Some(Fault::Answers(_, status, body)) => answers(status, body),
        None => next.run(request).await,
    }
}

fn answers(status: u16, body: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// `PUT /orders/` of `PUT /wp-json/wc/v3/orders/101`; with `$` at its end it ends so.
fn hits(path: &str, wanted: &str) -> bool {
    let (method, part) = wanted.split_once(' ').unwrap_or(("", wanted));
    let ends = part.strip_suffix('$').map(|end| path.ends_with(end));
    path.starts_with(method) && ends.unwrap_or_else(|| path.contains(part))
}

/// Cents of `25.00`, or thousandths of `20.921`: digits without the point, and how many stood behind it.
pub fn units(price: &str) -> (i64, u32) {
    let digits = price.split_once('.').map_or(0, |(_, behind)| behind.len());
    (price.replace('.', "").parse().unwrap_or(0), u32::try_from(digits).unwrap_or(0))
}

/// The other way round.
pub fn decimal(units: i64, digits: u32) -> String {
    if digits == 0 {
        return units.to_string();
    }
    let scale = 10_i64.pow(digits);
    format!("{}.{:0width$}", units / scale, units % scale, width = usize::try_from(digits).unwrap_or(0))
}

/// What is left of a price without so many percent of taxes.
pub fn untaxed(gross: i64, tax: i64) -> i64 {
    (gross * 100 + (100 + tax) / 2) / (100 + tax)
}

pub fn refused(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), axum::Json(body)).into_response()
}

pub fn not_found() -> Response {
    refused(404, json!({ "type": "not_found", "code": "not_found", "message": "nothing there" }))
}
