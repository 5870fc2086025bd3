//! The bag that Duka keeps for shops whose systems keep none: what each command leads to against the stand-ins of the shipped
//! adapters, as a table of calls and what the customer would see.

use std::sync::Arc;

use duka_engine::contract::{decode, encode};
use duka_engine::effect::CallRequest;
use duka_engine::event::Outcome;
use duka_engine::hir::{OperationId, OperationKind};
use duka_engine::value::Value;
use duka_runtime::adapter::Systems;
use duka_runtime::adapter::rest::Rest;
use duka_runtime::egress::{Egress, Policy};
use duka_runtime::host::calls::{Adapter, Ask, Fate};
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::mint::Mint;
use duka_runtime::host::shops::{Shop, Shops};
use duka_runtime::host::{Host, Limits};
use duka_runtime::id::{ConversationId, ShopScope};
use duka_runtime::payments::Cashier;
use duka_runtime::payments::token::Seal;
use duka_runtime::store::{Conversation, FreeEntry, Store};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use crate::mapped::Mapped;
use crate::shipped::{KINDS, Stage};
use crate::vendor::Thing;

const NOW_MS: i64 = 1_795_251_600_000;

/// One process that serves one shop.
pub struct Process {
    systems: Systems,
    shop: Arc<Shop>,
    store: Store,
}

impl Process {
    async fn of(store: &Store, stage: &Stage, slug: &str) -> Process {
        Process::serving(store, &stage.shop(), slug).await
    }

    pub async fn serving(store: &Store, mapped: &Mapped, slug: &str) -> Process {
        let scope = store.shop(slug).await.expect("a store");
        let mut shop = Shop::new(scope, slug.into(), Arc::clone(mapped.program()), Vec::new(), Json::Null);
        shop = shop.with_backends(mapped.backends());
        shop.keeps_bags = true;
        let clock = Arc::new(ManualClock::at(NOW_MS));
        let host = Arc::new(Host::new(store.clone(), clock, Mint::seeded(1), Shops::default(), Limits::default()));
        let egress = Egress::new(Policy { development: true, ..Policy::default() }).expect("a client");
        let seal = Seal::new(&[vec![7_u8; 32].into()], "pay.example").expect("a key");
        let public = "https://pay.example/".parse().expect("an address");
        let cashier = Arc::new(Cashier::new(Arc::clone(&host), egress.clone(), seal, public));
        Process {
            systems: Systems::new(Rest::new(egress), cashier, host, Arc::default()),
            shop: Arc::new(shop),
            store: store.clone(),
        }
    }

    async fn customer(&self, id: u64) -> ConversationId {
        let conversation = Conversation {
            shop: self.shop.scope,
            id: ConversationId(id),
            channel: "whatsapp".into(),
            number: "1".into(),
            turn: 0,
            last_inbound_ms: NOW_MS,
            free: FreeEntry::None,
            wake_at_ms: None,
            handed_over: false,
            session: Vec::new(),
            pending: 0,
        };
        let mut tx = self.store.begin(self.shop.scope).await.expect("a store");
        tx.create_conversations(&[(conversation, Vec::new())]).await.expect("a customer");
        tx.commit().await.expect("a store");
        ConversationId(id)
    }

    fn call(&self, of: ConversationId, name: &str, key: &str, arguments: &Json) -> Ask {
        let shop = &self.shop.program.shop;
        let at = shop.operations.iter().position(|it| it.path() == name).expect("an operation");
        let takes = shop.operations[at].takes.iter().enumerate();
        let arguments = takes.map(|(at, parameter)| match &arguments[at] {
            Json::Null => Value::None,
            json => decode(shop, &parameter.ty, json).expect("an argument of its type"),
        });
        let request = CallRequest {
            operation: OperationId(u16::try_from(at).expect("few operations")),
            name: name.into(),
            arguments: arguments.collect(),
            within_ms: 5_000,
            follower: None,
            language: SmolStr::default(),
        };
        Ask {
            shop: Arc::clone(&self.shop),
            conversation: of,
            request,
            query: shop.operations[at].kind == OperationKind::Query,
            key: key.into(),
            now_ms: NOW_MS,
            deadline_ms: NOW_MS + 5_000,
        }
    }

    async fn asks(&self, of: ConversationId, name: &str, key: &str, arguments: &Json) -> Result<Json, String> {
        self.hears(self.call(of, name, key, arguments)).await
    }

    /// The same of a customer who is spoken to in a language.
    pub async fn asks_in(&self, language: &str, name: &str, arguments: &Json) -> Result<Json, String> {
        let mut ask = self.call(ConversationId(1), name, "q", arguments);
        ask.request.language = language.into();
        self.hears(ask).await
    }

    async fn hears(&self, ask: Ask) -> Result<Json, String> {
        let gives = self.shop.program.shop.operations[ask.request.operation.index()].gives.clone();
        match (self.systems.ask(ask).await, gives) {
            (Outcome::Given(value), Some(ty)) => Ok(encode(&self.shop.program.shop, &ty, &value)),
            (Outcome::Refused { code }, _) => Err(format!("refused: {code}")),
            (outcome, _) => Err(format!("{outcome:?}")),
        }
    }

    /// The bag as one line.
    async fn does(&self, of: ConversationId, name: &str, key: &str, arguments: &Json) -> String {
        let cart = match self.asks(of, name, key, arguments).await {
            Ok(cart) => cart,
            Err(why) => return why,
        };
        let line = |line: &Json| {
            let note = line["note"].as_str().map_or(String::new(), |note| format!(" ({note})"));
            format!("{} x {}{note}", line["quantity"], line["name"].as_str().unwrap_or(""))
        };
        let lines: Vec<String> = cart["lines"].as_array().into_iter().flatten().map(line).collect();
        format!("{}: {} for {}", cart["count"], lines.join(", "), cart["total"].as_str().unwrap_or(""))
    }
}

/// The names that the vendors give a thing differ in what stands behind.
fn plain(shown: &str) -> String {
    shown.replace(", One size", "")
}

#[tokio::test]
async fn a_bag_that_duka_keeps_does_what_the_contract_says_for_every_shipped_adapter() {
    for kind in KINDS {
        let stage = Stage::of(kind, "KES").await;
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::sqlite(&folder.path().join("duka.db")).await.expect("a database");
        let process = Process::of(&store, &stage, "zuri").await;
        let (amina, otieno) = (process.customer(1).await, process.customer(2).await);
        let dress = process.asks(amina, "catalog.product", "q", &json!([kind.skus[0]])).await.expect("a product");
        let line = |quantity: u32, note: Json| json!({ "sku": kind.skus[0], "name": "One", "quantity": quantity, "price": "KES 1", "total": "KES 1", "note": note });
        let table = [
            ("cart.current", "1", json!([]), "0:  for KES 0.00"),
            ("cart.add", "2", json!([dress, 2]), "2: 2 x Kikoy dress for KES 50.00"),
            // The same command once more, as after a crash.
            ("cart.add", "2", json!([dress, 2]), "2: 2 x Kikoy dress for KES 50.00"),
            ("cart.add", "3", json!([dress, 2]), "refused: short_stock"),
            ("cart.current", "4", json!([]), "2: 2 x Kikoy dress for KES 50.00"),
            (
                "cart.add",
                "5",
                json!([dress, 1, "as a gift"]),
                "3: 2 x Kikoy dress, 1 x Kikoy dress (as a gift) for KES 75.00",
            ),
            ("cart.add", "6", json!([dress, 1, "as a gift"]), "refused: short_stock"),
            (
                "cart.change",
                "7",
                json!([line(1, Json::Null), 1]),
                "2: 1 x Kikoy dress, 1 x Kikoy dress (as a gift) for KES 50.00",
            ),
            ("cart.remove", "8", json!([line(1, json!("as a gift"))]), "1: 1 x Kikoy dress for KES 25.00"),
            ("cart.change", "9", json!([line(1, Json::Null), 4]), "refused: short_stock"),
            ("cart.change", "10", json!([line(1, Json::Null), 0]), "0:  for KES 0.00"),
            (
                "cart.take",
                "11",
                json!([[{ "sku": kind.skus[0], "quantity": 9 }, { "sku": "nobody's", "quantity": 1 }, { "sku": kind.skus[1], "quantity": 2 }]]),
                "5: 3 x Kikoy dress, 2 x Gift card for KES 95.00",
            ),
        ];
        for (name, key, arguments, expected) in &table {
            let shown = plain(&process.does(amina, name, key, arguments).await);
            assert_eq!(shown, *expected, "{} {name} {key}\n{}", kind.name, stage.vendor.log().join("\n"));
        }
        let again = process.call(amina, "cart.add", "2", &json!([dress, 2]));
        assert_eq!(process.systems.look_up(again).await, Fate::NotDone, "asked again, it is done once");

        // Another customer, and the same one of another shop, have bags of their own.
        assert_eq!(process.does(otieno, "cart.current", "1", &json!([])).await, "0:  for KES 0.00");
        let other = Process::of(&store, &stage, "other").await;
        assert_ne!(other.shop.scope, ShopScope::NONE);
        let namesake = other.customer(1).await;
        assert_eq!(other.does(namesake, "cart.current", "1", &json!([])).await, "0:  for KES 0.00");

        // The process ends; price and stock change meanwhile.
        drop((process, other));
        drop(store);
        let store = Store::sqlite(&folder.path().join("duka.db")).await.expect("the same database");
        let process = Process::of(&store, &stage, "zuri").await;
        stage.vendor.sells(11, "26.00", Some(2));
        let shown = plain(&process.does(amina, "cart.reprice", "12", &json!([])).await);
        assert_eq!(shown, "4: 2 x Kikoy dress, 2 x Gift card for KES 72.00", "{}", kind.name);

        // The order takes its lines.
        let cart = process.asks(amina, "cart.reprice", "13", &json!([])).await.expect("a bag");
        let quoted =
            process.asks(amina, "orders.quote", "14", &json!([cart, null, null, null])).await.expect("a quote");
        assert_eq!(quoted["total"], "KES 72.00", "{}", kind.name);
        let held = process.asks(amina, "orders.hold", "15", &json!([quoted])).await.expect("an order");
        if kind.pays.is_some() {
            let link = process.asks(amina, "payments.link", "15p", &json!([held])).await.expect("a link");
            assert_eq!(
                (&link["url"].as_str().map(|url| url.starts_with("https://zuri.example/cart/")), &link["amount"]),
                (&Some(true), &json!("KES 72.00"))
            );
        }
        stage.pays(&held);
        assert_eq!(stage.placed().await, 1);
        assert_eq!(process.does(amina, "cart.empty", "16", &json!([])).await, "0:  for KES 0.00");
    }
}

/// A thing of WooCommerce that is only sold in its sizes.
#[tokio::test]
async fn what_has_sizes_is_not_put_into_a_bag() {
    let stage = Stage::of(&KINDS[0], "KES").await;
    let kanga = Thing { name: "Kanga dress", price: "20.00".to_string(), has_sizes: true, ..Thing::default() };
    stage.vendor.world().things.insert(13, kanga);
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::sqlite(&folder.path().join("duka.db")).await.expect("a database");
    let process = Process::of(&store, &stage, "zuri").await;
    let amina = process.customer(1).await;
    let dress = process.asks(amina, "catalog.product", "q", &json!(["13"])).await.expect("a product");
    assert_eq!(dress["has_variants"], true);
    assert_eq!(process.does(amina, "cart.add", "1", &json!([dress, 1])).await, "refused: not_found");
    let sent = json!([[{ "sku": "13", "quantity": 1 }, { "sku": "12", "quantity": 2 }]]);
    assert_eq!(process.does(amina, "cart.take", "2", &sent).await, "2: 2 x Gift card for KES 20.00");
}
