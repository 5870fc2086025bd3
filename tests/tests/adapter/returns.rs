//! What goes back, and orders that are looked for: one return however often it is asked for, and no order that is overlooked because
//! others came after it.

use serde_json::{Value as Json, json};

use crate::shipped::{KINDS, Stage, Tried, that};
use crate::vendor::Fault;

/// Of each order another request of its return is lost; then it is asked for once more.
pub async fn one_however_often_it_is_asked_for(stage: &Stage) -> Tried {
    let shop = stage.shop();
    if stage.kind.returns.is_empty() {
        let quoted = stage.quote(&shop, 0, 1).await?;
        let told = shop.value("orders.open_return", &json!([quoted, "Wrong size", null])).await;
        return that(told == Err("failed: the mapping has no `orders.open_return`".to_string()), told);
    }
    let mut orders = Vec::new();
    for _ in stage.kind.returns {
        let quoted = stage.quote(&shop, 0, 1).await?;
        orders.push(stage.hold(&shop, &quoted).await?);
    }
    stage.ships().await;
    let mut opened = 0;
    for (lost, order) in stage.kind.returns.iter().zip(&orders) {
        let wanted = json!([order, "Wrong size", null]);
        stage.vendor.fails(Fault::Lost(lost));
        let first = shop.value("orders.open_return", &wanted).await;
        if first.is_err() {
            that(first == Err("unknown".to_string()), (lost, &first))?;
            let fate = shop.look_up("orders.open_return", &wanted.to_string(), &[]).await;
            that(fate == "not done", (lost, fate))?;
        }
        let again = shop.value("orders.open_return", &wanted).await?;
        let third = shop.value("orders.open_return", &wanted).await?;
        let same = again == third && first.as_ref().is_ok_and(|first| *first == again) == first.is_ok();
        that(same && again["number"].as_str().is_some_and(|number| !number.is_empty()), (first, &again, third))?;
        opened += 1;
        let there = match &stage.real {
            Some(real) => real.returns(order["number"].as_str().unwrap_or("")).await.len(),
            None => opened_at(stage).abs_diff(opened - 1),
        };
        that(there == 1, (lost, there))?;
    }
    Ok(())
}

fn opened_at(stage: &Stage) -> usize {
    let world = stage.vendor.world();
    let within = |order: &Json| order["returns"]["nodes"].as_array().map_or(0, Vec::len);
    world.returns.len() + world.orders.values().map(within).sum::<usize>()
}

/// Orders that others make after it, as the vendor numbers them.
const LATER: usize = 320;

#[tokio::test]
async fn an_order_is_found_behind_many_that_came_after_it() {
    for kind in KINDS {
        let stage = Stage::of(kind, "KES").await;
        let shop = stage.shop();
        let quoted = stage.quote(&shop, 0, 1).await.expect("a quote");
        stage.hold(&shop, &quoted).await.expect("it is held");
        let mine = stage.vendor.world().orders.values().next_back().cloned().expect("an order");
        for number in 0..LATER {
            let mut other = mine.clone();
            // As texts these come after all others.
            let id = match kind.name {
                "medusa" => json!(format!("order_zz{number:04}")),
                "shopify" => json!(format!("gid://shopify/Order/9{number:04}")),
                _ => json!(9_000_000 + number),
            };
            other["id"] = id.clone();
            other["customAttributes"] = json!([]);
            other[kind.marks] = if kind.marks == "metadata" { json!({}) } else { json!([]) };
            let key = id.as_str().map_or(id.to_string(), str::to_string);
            stage.vendor.world().orders.insert(key, other);
        }
        let customer = json!([{ "first_name": "Amina", "language": "en" }]);
        let found = shop.value("orders.recent", &customer).await.expect("orders");
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{}: {found}", kind.name);
        stage.ships().await;
        let back = shop.value("orders.returnable", &customer).await.expect("orders");
        let expected = if kind.name == "medusa" { 0 } else { 1 };
        assert_eq!(back.as_array().map(Vec::len), Some(expected), "{}: {back}", kind.name);
    }
}
