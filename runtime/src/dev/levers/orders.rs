//! What becomes of an order outside of the chat: its payment at the provider's, its parcel at the courier's.

use axum::body::Body;
use axum::http::Request;
use schemars::JsonSchema;
use serde::Deserialize;
use tower::ServiceExt;

use crate::dev::answers::{Refused, Why};
use crate::dev::customers::served;
use crate::dev::house::House;
use crate::dev::place::{self, begun, may_come_late, payment};
use crate::host::incoming::{Arrival, Arrived, Incoming};
use crate::host::writer::Job;
use crate::id::ElementKey;
use crate::payments::standing::{Payment, State};
use crate::server::{Server, router};
use crate::shops::Served;
use crate::store::Conversation;

#[derive(Deserialize, JsonSchema)]
pub struct Wanted {
    reference: String,
    /// `pay`, `fail`, `expire`, `late`, `cancel`, `ship`, `deliver`, `return`, `refund`
    action: String,
}

/// Does it, and says so.
pub async fn moves(house: &House, shop: &str, wanted: &Wanted) -> Result<String, Refused> {
    let (server, served) = served(house, shop)?;
    let row = owner(house, &server, &served, &wanted.reference).await?;
    let of = (&row, wanted.reference.as_str());
    match wanted.action.as_str() {
        "pay" => pays(house, &server, &served, of, "paid").await,
        "fail" => pays(house, &server, &served, of, "failed").await,
        "expire" => pays(house, &server, &served, of, "closed").await,
        "late" => pays_late(house, &server, &served, of).await,
        "refund" => gives_back(house, &server, &served, of).await,
        "ship" => brings(house, &server, &served, of, ("The courier", "shipped")).await,
        "deliver" => brings(house, &server, &served, of, ("The courier", "delivered")).await,
        "cancel" => brings(house, &server, &served, of, ("The shop's system", "cancelled")).await,
        "return" => brings(house, &server, &served, of, ("The shop's system", "returned")).await,
        _ => Err(Refused::wrong(
            Why::Wrong,
            "An order can be: pay, fail, expire, late, cancel, ship, deliver, return, refund.",
        )),
    }
}

/// The conversation that has the order; of several the one that was talked in last.
async fn owner(house: &House, server: &Server, served: &Served, order: &str) -> Result<Conversation, Refused> {
    let phones: Vec<String> = {
        let phones = house.phones();
        phones.list.iter().filter(|phone| phone.shop == served.slug).map(|phone| phone.id.to_string()).collect()
    };
    let mut owner: Option<Conversation> = None;
    for customer in phones {
        let row =
            place::conversation(server, served.scope, &customer).await.map_err(|error| Refused::failed(&error))?;
        let Some(row) = row else { continue };
        let has = house.around.demo.orders(served.scope, row.id).iter().any(|known| known["number"] == order);
        if has && owner.as_ref().is_none_or(|owner| owner.last_inbound_ms < row.last_inbound_ms) {
            owner = Some(row);
        }
    }
    owner.ok_or_else(|| Refused::absent("order"))
}

/// Moves the payment at the provider, which calls the server back. Begins it first, as the customer does by opening the link.
async fn pays(
    house: &House,
    server: &std::sync::Arc<Server>,
    served: &Served,
    (row, order): (&Conversation, &str),
    status: &str,
) -> Result<String, Refused> {
    let find = async || payment(server, served, row, order).await.map_err(|error| Refused::failed(&error));
    let none = || Refused::wrong(Why::NoPayLink, "The customer has no pay link for this order.");
    let mut payment = find().await?.ok_or_else(none)?;
    if !payment.state.is_payable() {
        let stands = format!("{:?}", payment.state).to_lowercase();
        let message = format!("The payment is {stands} already.");
        return Err(Refused::wrong(Why::PaymentOver, message).with("state", stands));
    }
    if begun(&payment).is_none() {
        let url = server.cashier.url(&payment);
        let token = url.rsplit('/').next().unwrap_or_default();
        let begin = Request::post(format!("/pay/{token}")).body(Body::empty());
        let begin = begin.map_err(|error| Refused::failed(&error))?;
        let Ok(_page) = router(std::sync::Arc::clone(server)).oneshot(begin).await;
        payment = find().await?.ok_or_else(none)?;
    }
    let reference =
        begun(&payment).ok_or_else(|| Refused::wrong(Why::ProviderSilent, "The provider does not answer now."))?;
    if !house.money.set_status(&reference, status) {
        return Err(unknown());
    }
    Ok(match status {
        "paid" => format!("The provider has the money for {order}, and says so."),
        "failed" => format!("The provider says that paying {order} has failed."),
        _ => format!("The provider has closed the payment of {order}."),
    })
}

fn unknown() -> Refused {
    Refused::wrong(Why::Absent, "The provider does not know this payment any more.")
}

/// What the provider calls the newest payment of an order, if that stands so.
async fn of_one(
    server: &Server,
    served: &Served,
    (row, order): (&Conversation, &str),
    stands: impl Fn(&Payment) -> bool,
) -> Result<String, Refused> {
    let payment = payment(server, served, row, order).await.map_err(|error| Refused::failed(&error))?;
    let none = || Refused::wrong(Why::NoPayLink, "The customer has no pay link for this order.");
    let payment = payment.ok_or_else(none)?;
    if let Some(reference) = begun(&payment).filter(|_| stands(&payment)) {
        return Ok(reference);
    }
    let state = format!("{:?}", payment.state).to_lowercase();
    Err(Refused::wrong(Why::PaymentOver, format!("The payment is {state}.")).with("state", state))
}

/// The customer had just paid when the link ended, and the provider says so now.
async fn pays_late(
    house: &House,
    server: &Server,
    served: &Served,
    of: (&Conversation, &str),
) -> Result<String, Refused> {
    let reference = of_one(server, served, of, may_come_late).await?;
    if !house.money.set_status(&reference, "paid") {
        return Err(unknown());
    }
    Ok(format!("The provider has the money for {} after all, and says so.", of.1))
}

/// The provider gives all of the money back, and the shop's system knows it.
async fn gives_back(
    house: &House,
    server: &Server,
    served: &Served,
    of: (&Conversation, &str),
) -> Result<String, Refused> {
    let reference = of_one(server, served, of, |payment| payment.state == State::Paid).await?;
    if !house.money.give_all_back(&reference) {
        return Err(unknown());
    }
    brings(house, server, served, of, ("The shop's system", "refunded")).await?;
    Ok(format!("The provider has given the money for {} back, and says so.", of.1))
}

/// Somebody tells of the order, as news of the shop's system come.
async fn brings(
    house: &House,
    server: &Server,
    served: &Served,
    (row, order): (&Conversation, &str),
    (who, status): (&str, &str),
) -> Result<String, Refused> {
    let hosted = server.host.shops.shop(served.scope).ok_or_else(Refused::down)?;
    server.cashier.moved(&hosted, "orders", &order.into(), status).await;
    let now_ms = house.now_ms();
    let place = (served.scope, row.id);
    let kind = house.around.demo.moves(place, &hosted.program, (order, status), now_ms);
    let incoming = Incoming::event(kind.ok_or_else(|| Refused::absent("order"))?);
    let arrival = Arrival {
        shop: served.scope,
        key: Some(ElementKey::named("courier", &format!("{order} {status} {now_ms}"))),
        received_ms: now_ms,
        what: Arrived::Conversation { id: row.id, incoming },
    };
    server.desk.commit(Job::Arrivals(vec![arrival])).await.map_err(|error| Refused::failed(&error))?;
    Ok(format!("{who} says that {order} is {status}."))
}
