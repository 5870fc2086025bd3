//! What else becomes of an order: money that comes late, a shop that cancels, goods and money that go back.

use serde_json::{Value as Json, json};

use super::{Dev, fills_the_bag, post, text, until};
use crate::support::root;

/// A dress in the boutique, to be picked up and not paid yet: its number, and where it is paid.
fn orders(dev: &Dev) -> (Json, String) {
    fills_the_bag(dev);
    dev.taps("Check out", "How would you like to get it?");
    dev.taps("Pick up in shop", "Total KES 2,500");
    let link = dev.taps("Pay", "/pay/").to_string();
    let link = link[link.find("/pay/").expect("a link")..].chars().take_while(|c| !"\"\\ ".contains(*c)).collect();
    (order(dev)["reference"].clone(), link)
}

fn order(dev: &Dev) -> Json {
    dev.get(&dev.of_customer("place"))["orders"][0].clone()
}

/// Pulls the lever once it is there.
fn moves(dev: &Dev, number: &Json, action: &str) {
    until("the order can be moved", || order(dev)["actions"].to_string().contains(action).then_some(()));
    dev.lever("order", &json!({ "reference": number, "action": action }));
}

#[test]
fn money_that_comes_after_the_end_of_the_link_counts() {
    let dev = Dev::of(&root().join("examples/boutique"));
    let (number, link) = orders(&dev);
    assert!(!order(&dev)["actions"].to_string().contains("late"), "the link is still open");
    // The provider knows of it; then the time that the flow waits passes.
    post(&dev.address, &link, "");
    let before = dev.thread().len();
    dev.ask("POST", "/clock", &json!({"advance": 31 * 60_000}));
    dev.sees(before, "The pay link has expired");
    let let_go = until("the link is closed", || Some(order(&dev)).filter(|order| order["actions"] == json!(["late"])));
    assert_eq!((&let_go["state"], &let_go["paid"]), (&json!("quoted"), &json!("expired")), "{let_go}");
    moves(&dev, &number, "late");
    dev.sees(before, "is paid: KES 2,500");
    until("the order is paid", || (order(&dev)["state"] == "paid").then_some(()));
    let (status, refused) =
        dev.ask("POST", "/shops/boutique/levers/order", &json!({ "reference": number, "action": "late" }));
    assert_eq!((status, &refused["error"]["code"]), (422, &json!("payment_over")), "{refused}");
}

#[test]
fn an_order_that_the_shop_cancels_is_told_and_not_paid_any_more() {
    let dev = Dev::of(&root().join("examples/boutique"));
    let (number, link) = orders(&dev);
    let before = dev.thread().len();
    moves(&dev, &number, "cancel");
    dev.sees(before, "was cancelled");
    let cancelled = until("it is cancelled", || Some(order(&dev)).filter(|order| order["state"] == "cancelled"));
    assert_eq!(cancelled["actions"], json!([]), "{cancelled}");
    let page = post(&dev.address, &link, "");
    assert!(!page.contains("/demo-pay/pay/"), "the link leads to no payment: {page}");
}

#[test]
fn what_was_brought_is_taken_back_and_its_money_given_back() {
    let dev = Dev::of(&root().join("examples/boutique"));
    let (number, _) = orders(&dev);
    let before = dev.thread().len();
    moves(&dev, &number, "pay");
    dev.sees(before, "is paid: KES 2,500");
    moves(&dev, &number, "deliver");
    dev.sees(before, "has been delivered");
    moves(&dev, &number, "return");
    until("it is returned", || (order(&dev)["state"] == "returned").then_some(()));
    moves(&dev, &number, "refund");
    let back = until("the money is back", || Some(order(&dev)).filter(|order| order["paid"] == "refunded"));
    assert_eq!((&back["state"], &back["actions"]), (&json!("refunded"), &json!([])), "{back}");
    dev.does(&text("menu"), "Zuri Boutique");
}
