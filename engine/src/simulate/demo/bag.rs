//! The bag: lines at today's prices, never more than the stock.

use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::{Answer, Arguments, Demo, key_of, minor, text, unknown, whole};

impl Demo {
    /// The bag with today's prices.
    pub fn cart(&self) -> Json {
        let mut total = 0;
        let mut count = 0;
        let mut lines = Vec::new();
        for (sku, quantity) in &self.bag {
            let Some(product) = self.products.iter().find(|product| text(product, "sku") == sku) else { continue };
            let price = minor(product.get("price"));
            let sum = price.saturating_mul(*quantity);
            total += sum;
            count += quantity;
            lines.push(json!({
                "sku": sku, "name": text(product, "name"), "quantity": quantity,
                "price": self.money(price), "total": self.money(sum),
            }));
        }
        json!({ "lines": lines, "total": self.money(total), "count": count })
    }

    pub(super) fn bag_operation(&mut self, name: &str, arguments: &Arguments<'_>) -> Answer {
        match name {
            "current" => {}
            "reprice" => self.drop_what_is_gone(),
            "add" => {
                let sku = SmolStr::new(arguments.first().map(key_of).unwrap_or_default());
                let quantity = arguments.of("number").and_then(whole).unwrap_or(1);
                let already = self.bag.iter().find(|(known, _)| *known == sku).map_or(0, |(_, quantity)| *quantity);
                if let Err(refusal) = self.put(&sku, already + quantity) {
                    return refusal;
                }
            }
            "change" => {
                let sku = SmolStr::new(arguments.first().map(key_of).unwrap_or_default());
                let quantity = arguments.of("number").and_then(whole).unwrap_or(0);
                if let Err(refusal) = self.put(&sku, quantity) {
                    return refusal;
                }
            }
            "remove" => {
                let sku = SmolStr::new(arguments.first().map(key_of).unwrap_or_default());
                self.bag.retain(|(known, _)| *known != sku);
            }
            "empty" => self.bag.clear(),
            "take" => self.take(arguments),
            _ => return unknown(name),
        }
        Answer::Given(self.cart())
    }

    /// Sets the quantity of one product; 0 takes it out.
    fn put(&mut self, sku: &SmolStr, quantity: i64) -> Result<(), Answer> {
        let product = self.products.iter().find(|product| text(product, "sku") == sku);
        // What has sizes is none of them: only one of them can be bought.
        let product = product.filter(|product| quantity == 0 || !self.has_variants(product));
        let Some(product) = product else { return Err(Answer::Refused("not_found".into())) };
        let stock = product.get("stock").and_then(whole).unwrap_or(0);
        if quantity > stock {
            return Err(Answer::Refused("short_stock".into()));
        }
        match self.bag.iter_mut().find(|(known, _)| known == sku) {
            Some(line) => line.1 = quantity,
            None => self.bag.push((sku.clone(), quantity)),
        }
        self.bag.retain(|(_, quantity)| *quantity > 0);
        Ok(())
    }

    /// What is sold out leaves the bag, and no line is for more than there is.
    fn drop_what_is_gone(&mut self) {
        for (sku, quantity) in &mut self.bag {
            let product = self.products.iter().find(|product| text(product, "sku") == sku);
            *quantity = product.map_or(0, |it| it.get("stock").and_then(whole).unwrap_or(0)).clamp(0, *quantity);
        }
        self.bag.retain(|(_, quantity)| *quantity > 0);
    }

    /// A cart sent from WhatsApp replaces the bag; what is not in stock is left out.
    fn take(&mut self, arguments: &Arguments<'_>) {
        self.bag.clear();
        let items = arguments.first().and_then(Json::as_array).cloned().unwrap_or_default();
        for item in items {
            let sku = SmolStr::new(text(&item, "sku"));
            let wanted = item.get("quantity").and_then(whole).unwrap_or(1);
            let product = self.products.iter().find(|product| text(product, "sku") == sku);
            let stock = product.and_then(|product| product.get("stock")).and_then(whole).unwrap_or(0);
            if self.put(&sku, wanted.min(stock)).is_err() {
                continue;
            }
        }
    }
}
