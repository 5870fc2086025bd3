//! What is asked in several requests: pages by the header `Link`, ids that are addresses, headers that a step takes, prices and
//! stock at places of their own, GraphQL, and one token for all who need one at the same time. The backend answers by path.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use crate::mapped::Mapped;

#[derive(Clone, Default)]
struct Shop {
    asked: Arc<Mutex<Vec<String>>>,
    tokens: Arc<AtomicU32>,
}

impl Shop {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = format!("http://{}", listener.local_addr().expect("it listens"));
        let routes = Router::new().fallback(answer).with_state((self.clone(), place.clone()));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        place
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().expect("nobody panicked"));
        asked.sort();
        asked
    }
}

fn thing(place: &str, name: &str) -> Json {
    json!({ "url": format!("{place}/api/products/{name}/"), "title": name })
}

async fn answer(State((shop, place)): State<(Shop, String)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Json = serde_json::from_slice(&to_bytes(body, 1 << 20).await.expect("a body")).unwrap_or_default();
    let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or("").to_string();
    let path = parts.uri.path_and_query().map_or(String::new(), ToString::to_string);
    let mut line = format!("{} {path}", parts.method);
    for part in [header("session-id"), header("authorization")].iter().filter(|part| part.starts_with(['s', 'B'])) {
        line.push_str(&format!(" [{part}]"));
    }
    if !body.is_null() {
        line.push_str(&format!(" {}", body["variables"]));
    }
    shop.asked.lock().expect("nobody panicked").push(line);
    let json = |json: Json| axum::Json(json).into_response();
    match path.as_str() {
        "/api/products" => {
            let next =
                format!("<{place}/api/products?page=2>; rel=\"next\", <{place}/api/products?page=9>; rel=\"last\"");
            ([("link", next)], axum::Json(json!([thing(&place, "a")]))).into_response()
        }
        "/api/products?page=2" => json(json!([thing(&place, "b"), thing(&place, "gone")])),
        "/api/products/a/" => json(thing(&place, "a")),
        "/api/products/a/price/" => json(json!({ "currency": "KES", "incl_tax": "25.00" })),
        "/api/products/b/price/" => json(json!({ "currency": "KES", "incl_tax": "7.50" })),
        "/api/products/a/availability/" => json(json!({ "num_available": 3 })),
        "/api/products/b/availability/" => json(json!({ "num_available": null })),
        "/api/session" => ([("X-Session", "s-77")], axum::Json(json!({}))).into_response(),
        "/api/categories" => json(json!([{ "id": "d", "name": "Dresses" }])),
        "/api/token" => {
            // Long enough for the others to come.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let count = shop.tokens.fetch_add(1, Ordering::SeqCst) + 1;
            json(json!({ "access_token": format!("t{count}"), "expires_in": 3600 }))
        }
        "/api/closed" => StatusCode::UNAUTHORIZED.into_response(),
        "/api/busy" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "/api/graphql" if body["variables"]["after"] == "c1" => json(
            json!({ "data": { "things": { "nodes": [{ "id": "e", "name": "Extras" }], "page": { "more": false, "end": "c2" } } } }),
        ),
        "/api/graphql" => json(
            json!({ "data": { "things": { "nodes": [{ "id": "d", "name": "Dresses" }], "page": { "more": true, "end": "c1" } } } }),
        ),
        "/api/throttled" => {
            json(json!({ "errors": [{ "message": "Throttled", "extensions": { "code": "THROTTLED" } }] }))
        }
        "/api/broken" => json(json!({ "errors": [{ "message": "Field 'x' does not exist" }], "data": null })),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

const JOINED: &str = r#"
base: BASE/api
records:
  product:
    sku: $.url
    name: $.title
    short_name: $.title
    price: { path: $.price.incl_tax, as: money(decimal), currency: $.price.currency }
    stock: { path: $.stock, default: 1000 }
    stock_text: { default: in stock }
    photo: { default: "https://shop.example/none.png" }
    has_variants: { default: false }
operations:
  catalog.featured:
    request: { path: /products }
    page: { by: link }
    join:
      - { as: price, request: { path: "{it.url}price/" } }
      - { as: stock, request: { path: "{it.url}availability/" }, select: $.num_available }
  catalog.product:
    request: { path: "{text}" }
    join:
      - { as: price, request: { path: "{it.url}price/" } }
      - { as: stock, request: { path: "{it.url}availability/" }, select: $.num_available }
"#;

#[tokio::test]
async fn prices_and_stock_at_places_of_their_own_are_joined_over_all_pages() {
    let shop = Shop::default();
    let place = shop.start().await;
    let mapped = Mapped::new("KES", "catalog", &JOINED.replace("BASE", &place));
    let all = mapped.value("catalog.featured", &json!([])).await.expect("a list");
    let shown: Vec<String> = all
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| {
            format!("{} {} {}", it["name"].as_str().unwrap_or(""), it["price"].as_str().unwrap_or(""), it["stock"])
        })
        .collect();
    // The third is gone before its price was asked for.
    assert_eq!(shown, ["a KES 25.00 3", "b KES 7.50 1000"]);
    assert_eq!(
        shop.asked(),
        [
            "GET /api/products",
            "GET /api/products/a/availability/",
            "GET /api/products/a/price/",
            "GET /api/products/b/availability/",
            "GET /api/products/b/price/",
            "GET /api/products/gone/price/",
            "GET /api/products?page=2",
        ]
    );
    let one = mapped.value("catalog.product", &json!([format!("{place}/api/products/a/")])).await.expect("a product");
    assert_eq!((&one["price"], &one["stock"]), (&json!("KES 25.00"), &json!(3)));
    let gone = mapped.value("catalog.product", &json!([format!("{place}/api/products/gone/")])).await;
    assert_eq!(gone, Err("refused: not_found".to_string()));
    // An id that is an address of somebody else is a name like any other.
    shop.asked();
    let foreign = mapped.value("catalog.product", &json!(["http://127.0.0.1:1/api/products/a/"])).await;
    assert_eq!(foreign, Err("refused: not_found".to_string()));
    assert_eq!(shop.asked(), ["GET /api/http:%2F%2F127.0.0.1:1%2Fapi%2Fproducts%2Fa%2F"]);
}

const CATEGORIES: &str = r#"
base: BASE/api
MORE
records:
  category: { id: $.id, name: $.name, count: { default: 0 } }
operations:
  catalog.categories:
"#;

fn categories(place: &str, more: &str, operation: &str) -> Mapped {
    let text = CATEGORIES.replace("BASE", place).replace("MORE", more);
    Mapped::known_by(&text, operation)
}

#[tokio::test]
async fn a_step_takes_a_header_and_the_next_request_sends_it() {
    let shop = Shop::default();
    let place = shop.start().await;
    let operation = "    steps: [{ as: session, request: { method: POST, path: /session }, header: x-session }]\n    \
        request: { path: /categories, headers: { Session-Id: \"{session}\" } }\n";
    let mapped = categories(&place, "", operation);
    let given = mapped.value("catalog.categories", &json!([])).await.expect("a list");
    assert_eq!(given[0]["name"], "Dresses");
    assert_eq!(shop.asked(), ["GET /api/categories [s-77]", "POST /api/session"]);
}

#[tokio::test]
async fn graphql_has_its_variables_its_pages_and_its_errors() {
    let shop = Shop::default();
    let place = shop.start().await;
    let operation = |path: &str| {
        format!(
            "    request: {{ path: {path}, graphql: {{ query: 'query all($after: String, $in: Lang) {{ things {{ id }} }}', \
             variables: {{ in: \"{{language.upper}}\" }} }} }}\n    select: \"$.data.things.nodes[*]\"\n    \
             page: {{ by: cursor, query: after, next: \"$.data.things[?@.more == true].end\" }}\n"
        )
    };
    let mapped = categories(&place, "", &operation("/graphql"));
    let given = mapped.value("catalog.categories", &json!([])).await.expect("a list");
    assert_eq!((&given[0]["id"], &given[1]["id"], given[2].is_null()), (&json!("d"), &json!("e"), true));
    assert_eq!(
        shop.asked(),
        ["POST /api/graphql {\"in\":\"EN\",\"after\":\"c1\"}", "POST /api/graphql {\"in\":\"EN\"}"]
    );
    let throttled = categories(&place, "", &operation("/throttled"));
    assert_eq!(throttled.value("catalog.categories", &json!([])).await, Err("refused: rate_limited".to_string()));
    assert_eq!(shop.asked().len(), 3, "asked again, like any other that is too often");
    let broken = categories(&place, "", &operation("/broken"));
    let told = broken.value("catalog.categories", &json!([])).await.expect_err("a failure");
    assert!(told.starts_with("failed: answered with errors: {\"message\":\"Field 'x' does not exist\""), "{told}");
}

#[tokio::test]
async fn trap_12_all_who_need_a_token_at_once_ask_for_one() {
    let shop = Shop::default();
    let place = shop.start().await;
    let auth = "auth: { oauth: { token: /token, client: \"env:ID\", secret: \"env:SECRET\" } }";
    let mapped = categories(&place, auth, "    request: { path: /categories }\n");
    let nothing = json!([]);
    let ask = || mapped.value("catalog.categories", &nothing);
    let given = tokio::join!(ask(), ask(), ask(), ask());
    assert!(given.0.is_ok() && given.1.is_ok() && given.2.is_ok() && given.3.is_ok(), "{given:?}");
    assert_eq!(shop.tokens.load(Ordering::SeqCst), 1);
    let asked = shop.asked();
    assert_eq!(asked.iter().filter(|line| line.ends_with("[Bearer t1]")).count(), 4, "{asked:?}");
}

#[tokio::test]
async fn a_password_that_is_refused_is_not_tried_by_every_call() {
    let shop = Shop::default();
    let place = shop.start().await;
    let tried = async |token: &str, status: u16| {
        let oauth = format!("auth: {{ oauth: {{ token: {token}, client: \"env:ID\", secret: \"env:SECRET\" }} }}");
        let login = format!(
            "auth: {{ login: {{ path: {token}, body: {{ name: \"env:ID\" }}, token: $.token, lasts: 1 hour }} }}"
        );
        let mut counts = Vec::new();
        for auth in [oauth, login] {
            let mapped = categories(&place, &auth, "    request: { path: /categories }\n");
            for _ in 0..3 {
                let told = mapped.ask("catalog.categories", "[]", 5_000, &[]).await;
                assert_eq!(told, format!("failed: no token was given: answered {status}"));
            }
            counts.push(shop.asked().len());
        }
        counts
    };
    assert_eq!(tried("/closed", 401).await, [1, 1]);
    assert_eq!(tried("/busy", 503).await, [3, 3], "that may be over by now");
}

#[tokio::test]
async fn a_token_that_is_refused_as_soon_as_it_was_given_is_not_followed_by_another_at_every_call() {
    let shop = Shop::default();
    let place = shop.start().await;
    let auth = "auth: { login: { path: /token, body: { name: \"env:ID\" }, token: $.access_token, lasts: 1 hour } }";
    let mapped = categories(&place, auth, "    request: { path: /closed }\n");
    for _ in 0..3 {
        let told = mapped.ask("catalog.categories", "[]", 5_000, &[]).await;
        assert_eq!(told, "failed: the shop's system does not accept the token that it gave us: it answered 401");
    }
    let asked = shop.asked();
    let closed = ["t1", "t2", "t2", "t2"].map(|token| format!("GET /api/closed [Bearer {token}]"));
    assert_eq!(asked[..4], closed);
    assert_eq!(asked.iter().filter(|line| line.contains("/api/token")).count(), 2, "{asked:?}");
}
