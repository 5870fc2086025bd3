//! Orders and payments: quote, hold, pay link, confirmation, return.

use serde_json::{Value as Json, json};

use super::{Answer, Arguments, Demo, key_of, minor, number_of, text, unknown, whole};
use crate::hir::Shop;
use crate::step::{TERMINAL, order_rank};

impl Demo {
    pub(super) fn order_operation(
        &mut self,
        shop: &Shop,
        operation: &str,
        arguments: &Arguments<'_>,
        now_ms: i64,
    ) -> Answer {
        match operation {
            "orders.recent" => {
                let orders = self.own_orders().filter(|order| text(order, "status") != "quoted");
                Answer::Given(Json::Array(orders.map(|order| self.order(order)).collect()))
            }
            "orders.returnable" => {
                let back = |order: &&Json| {
                    text(order, "status") == "delivered" || order.get("can_return") == Some(&Json::Bool(true))
                };
                let orders = self.own_orders().filter(back);
                Answer::Given(Json::Array(orders.map(|order| self.order(order)).collect()))
            }
            "orders.cancellable" => {
                let waits = |order: &&Json| matches!(text(order, "status"), "placed" | "paid" | "packed");
                Answer::Given(Json::Array(self.own_orders().filter(waits).map(|order| self.order(order)).collect()))
            }
            "orders.rate" => Answer::Given(Json::Null),
            "orders.one" => match self.find(arguments) {
                Some(at) => Answer::Given(self.order(&self.orders[at])),
                None => Answer::Refused("not_found".into()),
            },
            "orders.quote" => Answer::Given(self.quote(arguments)),
            "orders.again" => self.again(arguments),
            "orders.hold" => self.hold(shop, arguments),
            "orders.confirm" => self.confirm(shop, arguments),
            "orders.release" => self.release(arguments),
            "orders.cancel" => self.cancel(arguments),
            "orders.open_return" => {
                let number = format!("R-{}", self.next_number);
                self.next_number += 1;
                Answer::Given(json!({ "number": number, "status": "open", "id": number }))
            }
            "payments.link" => {
                let order = arguments.of("order").cloned().unwrap_or_else(|| json!({}));
                Answer::Given(self.payment(&order, now_ms))
            }
            "payments.cash" => match self.set_status(arguments, "placed") {
                Answer::Given(order) => {
                    let mut payment = self.payment(&order, now_ms);
                    payment["status"] = Json::from("cash");
                    Answer::Given(payment)
                }
                refused @ (Answer::Refused(_) | Answer::Failed(_)) => refused,
            },
            "payments.refund" => self.refund(arguments, now_ms),
            _ => unknown(operation),
        }
    }

    /// Of an order that is paid; all of it, if no amount is named.
    fn refund(&mut self, arguments: &Arguments<'_>, now_ms: i64) -> Answer {
        let known = self.find(arguments).map(|at| self.order(&self.orders[at]));
        let Some(order) = known else { return Answer::Refused("not_paid".into()) };
        if matches!(text(&order, "status"), "quoted" | "placed" | "cancelled" | "refunded") {
            return Answer::Refused("not_paid".into());
        }
        let mut payment = self.payment(&order, now_ms);
        if let Some(part) = arguments.of("money") {
            if minor(Some(part)) <= 0 || minor(Some(part)) > minor(payment.get("amount")) {
                return Answer::Refused("too_much".into());
            }
            payment["amount"] = part.clone();
        }
        payment["status"] = Json::from("refunded");
        Answer::Given(payment)
    }

    /// An order with every figure filled in.
    pub(super) fn order(&self, order: &Json) -> Json {
        let mut order = order.clone();
        let status = text(&order, "status").replace('_', " ");
        let sum: i64 = order
            .get("lines")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .map(|line| minor(line.get("total")))
            .sum();
        let (fee, total) = (self.money(0), self.money(sum));
        let state = text(&order, "status").to_string();
        let can_cancel = matches!(state.as_str(), "placed" | "paid" | "packed");
        if let Json::Object(fields) = &mut order {
            fields.entry("lines").or_insert_with(|| json!([]));
            fields.entry("delivery_fee").or_insert(fee);
            fields.entry("total").or_insert(total);
            fields.entry("placed_on").or_insert_with(|| Json::from(self.today.as_str()));
            fields.insert("can_cancel".to_string(), Json::Bool(can_cancel));
            fields.insert("can_return".to_string(), Json::Bool(state == "delivered"));
            fields.entry("status_text").or_insert_with(|| Json::from(status));
        }
        order
    }

    pub(super) fn payment(&self, order: &Json, now_ms: i64) -> Json {
        let number = text(order, "number");
        let total = order.get("total").cloned().unwrap_or_else(|| self.money(0));
        json!({
            "url": format!("https://pay.example/{number}"), "status": "link_sent", "amount": total,
            "order": number, "id": format!("pay-{number}"), "created": now_ms,
        })
    }

    fn quote(&mut self, arguments: &Arguments<'_>) -> Json {
        let cart = self.cart();
        let goods = minor(cart.get("total"));
        let free_over = arguments.of("money").map(|money| minor(Some(money)));
        let zone_fee = arguments.of("delivery_zone").map_or(0, |zone| minor(zone.get("fee")));
        let fee = if free_over.is_some_and(|over| goods >= over) { 0 } else { zone_fee };
        let number = format!("Z-{}", self.next_number);
        self.next_number += 1;
        let order = json!({
            "number": number, "status": "quoted", "lines": cart["lines"].clone(),
            "delivery_fee": self.money(fee), "total": self.money(goods + fee),
        });
        let order = self.order(&order);
        self.orders.insert(0, order.clone());
        order
    }

    fn again(&mut self, arguments: &Arguments<'_>) -> Answer {
        let Some(at) = self.find(arguments) else { return Answer::Refused("not_found".into()) };
        let lines = self.orders[at].get("lines").and_then(Json::as_array).cloned().unwrap_or_default();
        self.bag.clear();
        for line in lines {
            let quantity = line.get("quantity").and_then(whole).unwrap_or(1);
            self.bag.push((text(&line, "sku").into(), quantity));
        }
        Answer::Given(self.quote(&Arguments(&[])))
    }

    /// What is held already and further stays where it is; what is over is not held again.
    fn hold(&mut self, shop: &Shop, arguments: &Arguments<'_>) -> Answer {
        let Some(order) = arguments.of("order").filter(|order| order.is_object()).cloned() else {
            return Answer::Refused("not_found".into());
        };
        let lines = order.get("lines").and_then(Json::as_array).cloned().unwrap_or_default();
        for line in &lines {
            let product = self.products.iter().find(|product| text(product, "sku") == text(line, "sku"));
            let Some(product) = product else { continue };
            if product.get("stock").and_then(whole).unwrap_or(0) < line.get("quantity").and_then(whole).unwrap_or(1) {
                return Answer::Refused("short_stock".into());
            }
            if minor(product.get("price")) != minor(line.get("price")) {
                return Answer::Refused("price_changed".into());
            }
        }
        let number = text(&order, "number").to_string();
        let known = self.orders.iter().position(|known| text(known, "number") == number);
        let at = known.unwrap_or_else(|| {
            self.orders.insert(0, order);
            0
        });
        let rank = order_rank(shop, text(&self.orders[at], "status"));
        if rank >= Some(TERMINAL) {
            return Answer::Refused("price_changed".into());
        }
        if rank.is_none() {
            self.orders[at]["status"] = Json::from("placed");
            self.orders[at]["status_text"] = Json::from("not paid yet");
        }
        self.others.remove(text(&self.orders[at], "number"));
        Answer::Given(self.order(&self.orders[at]))
    }

    /// Money moves an order on and never back: what was packed or brought before it was paid stays there. For one that is over it
    /// confirms nothing, as at other systems, and people hear of it.
    fn confirm(&mut self, shop: &Shop, arguments: &Arguments<'_>) -> Answer {
        let at = self.find(arguments);
        let rank = at.and_then(|at| order_rank(shop, text(&self.orders[at], "status")));
        if rank >= Some(TERMINAL) {
            return Answer::Failed("the order is over".to_string());
        }
        let answer = match (at, rank.zip(order_rank(shop, "paid"))) {
            (Some(at), Some((is, paid))) if is > paid => Answer::Given(self.order(&self.orders[at])),
            (_, _) => self.set_status(arguments, "paid"),
        };
        if matches!(answer, Answer::Given(_)) {
            self.bag.clear();
        }
        answer
    }

    /// An order that is paid, or further, is not let go.
    fn release(&mut self, arguments: &Arguments<'_>) -> Answer {
        match self.find(arguments).map(|at| &self.orders[at]) {
            Some(order) if !matches!(text(order, "status"), "quoted" | "placed") => Answer::Given(self.order(order)),
            Some(_) | None => self.set_status(arguments, "quoted"),
        }
    }

    fn cancel(&mut self, arguments: &Arguments<'_>) -> Answer {
        let status = self.find(arguments).map(|at| text(&self.orders[at], "status").to_string());
        match status.as_deref() {
            Some("shipped" | "out_for_delivery" | "delivered" | "cancelled" | "returned") => {
                Answer::Refused("too_late".into())
            }
            Some(_) | None => self.set_status(arguments, "cancelled"),
        }
    }

    fn set_status(&mut self, arguments: &Arguments<'_>, status: &str) -> Answer {
        let order = match self.find(arguments) {
            Some(at) => {
                self.orders[at]["status"] = Json::from(status);
                self.orders[at]["status_text"] = Json::from(status.replace('_', " "));
                self.others.remove(text(&self.orders[at], "number"));
                self.orders[at].clone()
            }
            None => return Answer::Refused("not_found".into()),
        };
        Answer::Given(self.order(&order))
    }

    /// The order that is meant; one that only the conversation knows is taken in.
    fn find(&mut self, arguments: &Arguments<'_>) -> Option<usize> {
        let order = arguments.of("order").or_else(|| arguments.first())?;
        let number = key_of(order).to_string();
        if let Some(at) = self.orders.iter().position(|known| text(known, "number") == number) {
            return Some(at);
        }
        number_of(order)?;
        self.orders.insert(0, order.clone());
        Some(0)
    }

    /// Moves an order on, as the courier or the payment provider would, and tells it with its payment. What is told late moves
    /// nothing back.
    pub fn move_order(&mut self, shop: &Shop, number: &str, status: &str, now_ms: i64) -> Option<(Json, Json)> {
        let at = self.orders.iter().position(|order| text(order, "number") == number)?;
        let before = self.orders[at].clone();
        self.orders[at]["status"] = Json::from(status);
        self.orders[at]["status_text"] = Json::from(status.replace('_', " "));
        // What no rider of the shop brings goes with a carrier.
        let fields =
            self.orders[at].as_object_mut().filter(|order| status == "shipped" && !order.contains_key("rider"));
        if let Some(fields) = fields {
            let code = number.rsplit('-').next().unwrap_or(number);
            fields.entry("carrier").or_insert_with(|| Json::from("Demo Express"));
            fields.entry("tracking_code").or_insert_with(|| Json::from(format!("TRK-{code}")));
        }
        let told = self.with_payment(at, now_ms);
        if order_rank(shop, text(&before, "status")) > order_rank(shop, status) {
            self.orders[at] = before;
        }
        Some(told)
    }

    /// Tells an order with its payment, and leaves it where it is.
    pub fn tell_order(&self, number: &str, now_ms: i64) -> Option<(Json, Json)> {
        let at = self.orders.iter().position(|order| text(order, "number") == number)?;
        Some(self.with_payment(at, now_ms))
    }

    fn with_payment(&self, at: usize, now_ms: i64) -> (Json, Json) {
        let order = self.order(&self.orders[at]);
        let payment = self.payment(&order, now_ms);
        (order, payment)
    }

    /// Every order of the customer, the newest first.
    pub fn all_orders(&self) -> Vec<Json> {
        self.own_orders().map(|order| self.order(order)).collect()
    }

    fn own_orders(&self) -> impl Iterator<Item = &Json> {
        self.orders.iter().filter(|order| !self.others.contains(text(order, "number")))
    }

    /// The number of the order that was quoted or held last, else of the first.
    pub fn latest_order(&self) -> Option<String> {
        self.orders.first().map(|order| text(order, "number").to_string())
    }
}
