//! The adapters that come with Duka and a mapping of the merchant's own, and the traps of shops' interfaces that all of them are asked
//! alike. What they are asked of are stand-ins over loopback, built from the vendors' documentation, and of Medusa a real server, or
//! its recording.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_runtime::adapter::rest::News;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use crate::mapped::{Mapped, known};
use crate::real::{Real, Server};
use crate::vendor::{Fault, Vendor};
use crate::{medusa, own, paid, shopify, woocommerce};

const SECRET: &str = "what the shop signs with";

/// What differs between the vendors.
pub struct Kind {
    pub name: &'static str,
    settings: &'static str,
    routes: fn() -> axum::Router<Vendor>,
    /// The number of thing 11, and of 12.
    pub skus: [&'static str; 2],
    /// The request that places an order.
    decides: &'static str,
    /// An answer of 200 that places none.
    failure: &'static str,
    header: &'static str,
    hex: bool,
    /// Asks at times whether somebody is there, without a signature.
    pings: bool,
    /// Two texts of a customer as they are on their way.
    typed: [&'static str; 2],
    /// Customers pay on the vendor's own page, where the order is made: by its number.
    pub pays: Option<fn(&Vendor, &str)>,
    /// Where an order of the vendor has its marks, and the words for its state.
    pub marks: &'static str,
    shipped: (&'static str, &'static str),
    /// The requests that open a return, one after the other; none: it knows no returns.
    pub returns: &'static [&'static str],
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "woocommerce",
        settings: "",
        routes: woocommerce::routes,
        skus: ["11", "12"],
        decides: "PUT /orders/",
        failure: "<html>Critical error</html>",
        header: "x-wc-webhook-signature",
        hex: false,
        pings: true,
        typed: ["%D8%AB%D9%88%D8%A8+%2B+100%25", "/products/A%2F7%25%3F%23"],
        pays: None,
        marks: "meta_data",
        shipped: ("status", "completed"),
        returns: &[],
    },
    Kind {
        name: "medusa",
        settings: ", region: reg_1",
        routes: medusa::routes,
        skus: ["prod_11~variant_11", "prod_12~variant_12"],
        decides: "POST /complete",
        failure: r#"{"type": "cart", "cart": {}, "error": {"message": "Payment authorization failed"}}"#,
        header: "x-duka-signature",
        hex: true,
        pings: false,
        typed: ["%D8%AB%D9%88%D8%A8+%2B+100%25", "/products/A%2F7%25%3F%23"],
        pays: None,
        marks: "metadata",
        shipped: ("fulfillment_status", "shipped"),
        returns: &["POST /admin/returns$", "POST /request-items$", "POST /request$"],
    },
    Kind {
        name: "shopify",
        settings: "",
        routes: shopify::routes,
        skus: ["gid://shopify/ProductVariant/11", "gid://shopify/ProductVariant/12"],
        decides: "GRAPHQL held",
        failure: r#"{"data": {"cart": null}, "errors": [{"message": "Internal error"}]}"#,
        header: "x-shopify-hmac-sha256",
        hex: false,
        pings: false,
        typed: ["ثوب + 100%", "A/7%?#"],
        pays: Some(shopify::pays),
        marks: "note_attributes",
        shipped: ("displayFulfillmentStatus", "FULFILLED"),
        returns: &["GRAPHQL open"],
    },
];

/// A mapping of the merchant's own.
pub const OWN: Kind = Kind {
    name: "rest",
    settings: "",
    routes: own::routes,
    skus: ["11", "12"],
    decides: "POST /hold$",
    failure: r#"{"ok": false}"#,
    header: "x-own-signature",
    hex: true,
    pings: false,
    typed: ["%D8%AB%D9%88%D8%A8+%2B+100%25", "/products/A%2F7%25%3F%23"],
    pays: None,
    marks: "metadata",
    shipped: ("status", "shipped"),
    returns: &["POST /return$"],
};

pub struct Stage {
    pub kind: &'static Kind,
    pub vendor: Vendor,
    place: String,
    pub currency: &'static str,
    /// A server of the vendor behind the stage, or its recording.
    pub real: Option<Real>,
}

pub type Tried = Result<(), String>;

pub fn that(holds: bool, otherwise: impl std::fmt::Debug) -> Tried {
    if holds { Ok(()) } else { Err(format!("{otherwise:?}")) }
}

impl Stage {
    pub async fn of(kind: &'static Kind, currency: &'static str) -> Stage {
        let vendor = Vendor::of(currency);
        let place = vendor.start((kind.routes)()).await;
        Stage { kind, vendor, place, currency, real: None }
    }

    /// The same before a server of Medusa.
    pub async fn served(currency: &'static str, server: &Server, act: &str) -> Stage {
        let kind = KINDS.iter().find(|kind| kind.name == "medusa").expect("Medusa");
        let vendor = Vendor::of(currency);
        let place = vendor.start(server.routes(act)).await;
        let real = Some(server.real(&place, act).await);
        Stage { kind, vendor, place, currency, real }
    }

    /// The same in another currency.
    async fn anew(&self, currency: &'static str) -> Stage {
        match &self.real {
            None => Stage::of(self.kind, currency).await,
            Some(real) => {
                let act = format!("{} {currency}", real.act);
                Stage::served(currency, &real.server, &act).await
            }
        }
    }

    pub fn shop(&self) -> Mapped {
        if self.kind.name == OWN.name {
            let mapping = include_str!("own.rest.yaml").replace("BASE", &self.place);
            return Mapped::own(self.currency, &mapping, &Stage::secrets());
        }
        let Some(real) = &self.real else {
            return Mapped::known(self.currency, &self.adapters(), &Stage::secrets());
        };
        let mut secrets = real.server.keys();
        secrets.extend(Stage::secrets());
        let shop = Mapped::known(self.currency, &self.adapters(), &secrets).within_ms(60_000);
        shop.of_conversation(&format!("{}-1", real.id))
    }

    fn other_shop(&self) -> Mapped {
        let id = self.real.as_ref().map_or("7", |real| &real.id);
        self.shop().of_conversation(&format!("{id}-2"))
    }

    pub fn sku(&self, thing: usize) -> String {
        self.real.as_ref().map_or(self.kind.skus[thing].to_string(), |real| real.things[thing].sku.clone())
    }

    pub async fn sells(&self, price: &str, stock: i64) {
        match &self.real {
            None => self.vendor.sells(11, price, Some(stock)),
            Some(real) => real.sells(self.currency, price, stock).await,
        }
    }

    pub fn adapters(&self) -> String {
        let Kind { name, settings, .. } = self.kind;
        let region = self.real.as_ref().map(|real| format!(", region: {}", real.server.region(self.currency)));
        let settings = region.as_deref().unwrap_or(settings);
        let payments = if self.kind.pays.is_some() { format!(", payments: {name}") } else { String::new() };
        format!("{{ catalog: {{ kind: {name}, base: \"{}\"{settings} }}, orders: {name}{payments} }}", self.place)
    }

    pub fn secrets() -> Vec<(String, String)> {
        let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
        vec![
            pair("WOOCOMMERCE_KEY", "ck_test"),
            pair("WOOCOMMERCE_SECRET", "cs_test"),
            pair("WOOCOMMERCE_WEBHOOK_SECRET", SECRET),
            pair("MEDUSA_PUBLISHABLE_KEY", "pk_test"),
            pair("MEDUSA_SECRET_KEY", "sk_test"),
            pair("MEDUSA_WEBHOOK_SECRET", SECRET),
            pair("SHOPIFY_STOREFRONT_TOKEN", "sf_test"),
            pair("SHOPIFY_ADMIN_TOKEN", "shpat_test"),
            pair("SHOPIFY_WEBHOOK_SECRET", SECRET),
            pair("OWN_KEY", "own_test"),
            pair("OWN_WEBHOOK_SECRET", SECRET),
        ]
    }

    fn cart(&self, thing: usize, quantity: u32, total: &str) -> Json {
        let total = format!("{} {total}", self.currency);
        let line =
            json!({ "sku": self.sku(thing), "name": "One", "quantity": quantity, "price": total, "total": total });
        json!([{ "lines": [line], "total": total, "count": quantity }, null, null, null])
    }

    pub async fn quote(&self, shop: &Mapped, thing: usize, quantity: u32) -> Result<Json, String> {
        shop.value("orders.quote", &self.cart(thing, quantity, "1")).await
    }

    pub async fn hold(&self, shop: &Mapped, quoted: &Json) -> Result<Json, String> {
        let held = shop.value("orders.hold", &json!([quoted])).await?;
        self.pays(&held);
        Ok(held)
    }

    /// Where the order is only made when it is paid.
    pub fn pays(&self, held: &Json) {
        if let Some(pays) = self.kind.pays {
            pays(&self.vendor, held["number"].as_str().unwrap_or(""));
        }
    }

    /// What a webhook of an order says: its number and where it stands.
    async fn heard(&self, shop: &Mapped, body: &[u8]) -> Result<Option<(String, String)>, String> {
        Ok(match shop.backend("orders").read(shop.program(), body)? {
            None => None,
            Some(News::Order(news)) => Some((news.number.to_string(), news.status.to_string())),
            Some(News::Asked(number, _)) => {
                let order = shop.value("orders.one", &json!([number.as_str()])).await?;
                Some((number.to_string(), order["status"].as_str().unwrap_or("").to_string()))
            }
            Some(other) => return Err(format!("{other:?}")),
        })
    }

    /// Orders that hold stock.
    pub async fn placed(&self) -> usize {
        let open =
            |order: &&Json| !matches!(order["status"].as_str(), Some("checkout-draft" | "cancelled" | "canceled"));
        self.orders().await.iter().filter(open).count()
    }

    async fn orders(&self) -> Vec<Json> {
        match &self.real {
            None => self.vendor.world().orders.values().cloned().collect(),
            Some(real) => real.orders().await,
        }
    }

    pub async fn stock(&self) -> Option<i64> {
        match &self.real {
            None => self.vendor.world().things.get(&11).and_then(|thing| thing.stock),
            Some(real) => real.stock().await,
        }
    }

    /// All orders are on their way.
    pub async fn ships(&self) {
        if let Some(real) = &self.real {
            return real.ships().await;
        }
        for order in self.vendor.world().orders.values_mut() {
            order[self.kind.shipped.0] = json!(self.kind.shipped.1);
        }
    }

    /// What the shop would post of an order, and its marks.
    fn webhook(&self, order: &Json) -> (Vec<u8>, String) {
        let body = if self.kind.hex { json!({ "event": "order.updated", "order": order }) } else { order.clone() };
        let body = body.to_string().into_bytes();
        let mark = self.mark(SECRET, &body);
        (body, mark)
    }

    fn mark(&self, secret: &str, body: &[u8]) -> String {
        let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any key");
        let mark = mac.chain_update(body).finalize().into_bytes();
        if self.kind.hex { hex::encode(mark) } else { STANDARD.encode(mark) }
    }

    fn is_proved(&self, shop: &Mapped, body: &[u8], mark: Option<&str>) -> bool {
        let header = |name: &str| mark.filter(|_| name.eq_ignore_ascii_case(self.kind.header)).map(str::as_bytes);
        shop.backend("orders").is_proved(header, body, 0)
    }

    /// One order of conversation 7-1, as the shop has it.
    async fn an_order(&self, shop: &Mapped) -> Result<Json, String> {
        let quoted = self.quote(shop, 0, 1).await?;
        self.hold(shop, &quoted).await?;
        let orders = self.orders().await;
        orders.into_iter().find(|order| order["status"] != "checkout-draft").ok_or("no order".into())
    }
}

pub async fn a_lost_answer_places_one_order_of_the_same_lines(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let quoted = stage.quote(&shop, 0, 2).await?;
    stage.vendor.fails(Fault::Lost(stage.kind.decides));
    let told = stage.hold(&shop, &quoted).await;
    that(told == Err("unknown".to_string()), told)?;
    let fate = shop.look_up("orders.hold", &json!([quoted]).to_string(), &["/lines/0/quantity"]).await;
    let held = if fate == "not done" { stage.hold(&shop, &quoted).await? } else { json!({ "found": fate }) };
    that(
        stage.placed().await == 1 && stage.stock().await == Some(1),
        (held, stage.placed().await, stage.stock().await),
    )?;
    // Asked once more by the customer: the same order.
    let again = stage.hold(&shop, &quoted).await;
    that(
        stage.placed().await == 1 && stage.stock().await == Some(1),
        (again, stage.placed().await, stage.stock().await),
    )
}

pub async fn more_than_there_is_is_refused_whole(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let told = match stage.quote(&shop, 0, 5).await {
        Ok(quoted) => stage.hold(&shop, &quoted).await,
        refused => refused,
    };
    let refused = matches!(&told, Err(why) if why.starts_with("refused") || why.starts_with("failed"));
    that(
        refused && stage.placed().await == 0 && stage.stock().await == Some(3),
        (told, stage.placed().await, stage.stock().await),
    )
}

pub async fn an_answer_of_200_that_is_none_is_no_order(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let quoted = stage.quote(&shop, 0, 1).await?;
    stage.vendor.fails(Fault::Answers(stage.kind.decides, 200, stage.kind.failure));
    let told = stage.hold(&shop, &quoted).await;
    that(told.is_err() && stage.placed().await == 0, told)
}

pub async fn a_price_that_is_missing_is_not_known(stage: &Stage) -> Tried {
    let shop = stage.shop();
    stage.sells("", 3).await;
    let told = shop.value("catalog.product", &json!([stage.sku(0)])).await;
    that(told.is_err(), told)
}

pub async fn a_price_that_changed_is_asked_again(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let quoted = stage.quote(&shop, 0, 2).await?;
    that(quoted["total"] == "KES 50.00", &quoted)?;
    stage.sells("26.00", 3).await;
    let told = stage.hold(&shop, &quoted).await;
    that(told == Err("refused: price_changed".to_string()), &told)?;
    that(stage.placed().await == 0 && stage.stock().await == Some(3), stage.stock().await)?;
    let anew = stage.quote(&shop, 0, 2).await?;
    that(anew["total"] == "KES 52.00", &anew)?;
    let held = stage.hold(&shop, &anew).await?;
    that(held["total"] == "KES 52.00" && stage.placed().await == 1, held)
}

pub async fn the_last_one_goes_to_one_of_two(stage: &Stage) -> Tried {
    stage.sells("25.00", 1).await;
    let (first, second) = (stage.shop(), stage.other_shop());
    let (one, two) = (stage.quote(&first, 0, 1).await?, stage.quote(&second, 0, 1).await?);
    stage.hold(&first, &one).await?;
    let told = stage.hold(&second, &two).await;
    that(told == Err("refused: short_stock".to_string()), told)?;
    that(stage.placed().await == 1 && stage.stock().await == Some(0), stage.stock().await)
}

pub async fn every_digit_of_an_amount_is_kept(stage: &Stage) -> Tried {
    for (currency, price, shown) in
        [("KWD", "20.921", "KWD 20.921"), ("UGX", "598510", "UGX 598510"), ("INR", "8050.50", "INR 8050.50")]
    {
        let stage = stage.anew(currency).await;
        stage.sells(price, 3).await;
        let shop = stage.shop();
        let product = shop.value("catalog.product", &json!([stage.sku(0)])).await?;
        that(product["price"] == shown, product)?;
        let quoted = stage.quote(&shop, 0, 1).await?;
        that(quoted["total"] == shown, quoted)?;
    }
    Ok(())
}

pub async fn what_customers_type_arrives_as_they_typed_it(stage: &Stage) -> Tried {
    let shop = stage.shop();
    shop.value("catalog.search", &json!(["ثوب + 100%"])).await?;
    let log = stage.vendor.log().join("\n");
    that(log.contains(stage.kind.typed[0]), &log)?;
    let told = shop.value("catalog.product", &json!(["A/7%?#"])).await;
    let log = stage.vendor.log().join("\n");
    that(told.is_err() && log.contains(stage.kind.typed[1]), log)?;
    // Found although it is not spelt so.
    let found = shop.value("catalog.search", &json!(["kikoi dres"])).await?;
    that(found[0]["name"].as_str().is_some_and(|name| name.contains("Kikoy")), found)
}

pub async fn webhooks_are_known_again_and_read(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let order = stage.an_order(&shop).await?;
    let (body, _) = stage.webhook(&order);
    let backend = shop.backend("orders");
    let mut later = order.clone();
    later["date_modified_gmt"] = json!("2026-11-21T09:00:00");
    let (other, _) = stage.webhook(&later);
    that(backend.repetition(&body) == backend.repetition(&body), "one body twice is one")?;
    that(backend.repetition(&body) != backend.repetition(&other), "a later body is another")?;
    let Some((number, status)) = stage.heard(&shop, &body).await? else { return Err("no news".into()) };
    let begun = if stage.kind.pays.is_some() { "paid" } else { "placed" };
    that(status == begun && !number.is_empty(), (number, status))
}

/// Its webhooks were lost, or switched off: asked for the order, the shop says where it stands.
pub async fn what_was_not_told_is_asked_for(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let order = stage.an_order(&shop).await?;
    let (body, _) = stage.webhook(&order);
    let Some((number, _)) = stage.heard(&shop, &body).await? else { return Err("no news".into()) };
    stage.ships().await;
    let now = shop.value("orders.one", &json!([number])).await?;
    that(now["status"] == "shipped" && now["number"] == number.as_str(), now)?;
    let gone = shop.value("orders.one", &json!(["nobody's"])).await;
    that(gone.is_err(), gone)
}

pub async fn only_what_is_signed_is_believed(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let order = stage.an_order(&shop).await?;
    let (body, mark) = stage.webhook(&order);
    that(stage.is_proved(&shop, &body, Some(&mark)), "a good mark")?;
    that(!stage.is_proved(&shop, &body, None), "no mark")?;
    that(!stage.is_proved(&shop, &body, Some("")), "an empty mark")?;
    that(!stage.is_proved(&shop, &body, Some(&stage.mark("a guess", &body))), "another secret")?;
    let mut tampered = body.clone();
    tampered.push(b' ');
    that(!stage.is_proved(&shop, &tampered, Some(&mark)), "another body")?;
    let wrong_form = if stage.kind.hex { STANDARD.encode(&mark) } else { hex::encode(&mark) };
    that(!stage.is_proved(&shop, &body, Some(&wrong_form)), "another form")?;
    let pings: [(&[u8], bool); 4] = [
        (b"webhook_id=7", stage.kind.pings),
        (b"webhook_id=7&x=1", false),
        (b"webhook_id=", stage.kind.pings),
        (&body, false),
    ];
    let backend = shop.backend("orders");
    let wrong = pings.iter().find(|(body, ping)| backend.is_ping(body) != *ping);
    that(wrong.is_none(), wrong)
}

pub async fn a_word_that_nobody_knows_is_no_news(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let mut order = stage.an_order(&shop).await?;
    order["status"] = json!("wc-awaiting-drone");
    order["fulfillment_status"] = json!("wc-awaiting-drone");
    for kept in stage.vendor.world().orders.values_mut() {
        kept["displayFinancialStatus"] = json!("AWAITING_DRONE");
        kept["displayFulfillmentStatus"] = json!("AWAITING_DRONE");
    }
    let (body, _) = stage.webhook(&order);
    let heard = stage.heard(&shop, &body).await?;
    that(heard.as_ref().is_some_and(|(_, status)| status == "placed"), heard)
}

pub async fn what_nobody_counts_can_be_bought(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let product = shop.value("catalog.product", &json!([stage.sku(1)])).await?;
    that(product["stock"].as_i64().is_some_and(|stock| stock > 0), product)?;
    let quoted = stage.quote(&shop, 1, 40).await?;
    stage.hold(&shop, &quoted).await?;
    that(stage.placed().await == 1, "an order")?;
    paid::stock_and_its_words_agree(stage).await
}

pub async fn orders_of_others_are_left_alone(stage: &Stage) -> Tried {
    let shop = stage.shop();
    let mut order = stage.an_order(&shop).await?;
    let mine = shop.value("orders.recent", &json!([{ "first_name": "Amina", "language": "en" }])).await?;
    that(mine.as_array().is_some_and(|mine| mine.len() == 1), &mine)?;
    let other = stage.other_shop();
    let theirs = other.value("orders.recent", &json!([{ "first_name": "Otieno", "language": "en" }])).await?;
    that(theirs == json!([]), theirs)?;
    let none = if stage.kind.marks == "metadata" { json!({}) } else { json!([]) };
    order[stage.kind.marks] = none;
    let (body, _) = stage.webhook(&order);
    that(shop.backend("orders").read(shop.program(), &body)?.is_none(), "none of ours")
}

/// Where customers place the order on the vendor's own page: two pages of one checkout that were both paid.
pub async fn two_orders_of_one_checkout_are_told(stage: &Stage) -> Tried {
    let shop = stage.shop();
    stage.an_order(&shop).await?;
    let mut twin = stage.vendor.world().orders.values().next().cloned().ok_or("an order")?;
    twin["id"] = json!("gid://shopify/Order/0");
    let number = twin["customAttributes"][0]["value"].as_str().unwrap_or_default().to_string();
    shop.value("orders.one", &json!([number])).await?;
    that(shop.backend("orders").take_twice().is_empty(), "one is one")?;
    stage.vendor.world().orders.insert("gid://shopify/Order/0".to_string(), twin);
    shop.value("orders.one", &json!([number])).await?;
    let told = shop.backend("orders").take_twice();
    that(told.len() == 1 && told.contains(&number), told)
}

#[test]
fn what_an_adapter_needs_or_can_not_do_is_told_at_the_shop() {
    let told = |adapters: &str| -> Vec<String> {
        known("KES", adapters).2.into_iter().map(|finding| finding.message).collect()
    };
    assert_eq!(told("{ catalog: medusa }"), ["`medusa` needs `base`, `region`."]);
    assert_eq!(told("{ catalog: { kind: woocommerce, base: nowhere } }").len(), 1);
    assert_eq!(told("{ catalog: { kind: woocommerse } }"), ["There is no adapter `woocommerse`."]);
    assert_eq!(told("{ catalog: { kind: woocommerce, base: \"https://a.example\" } }"), Vec::<String>::new());
}
