//! What a mapping makes of a backend's answers, kind and unkind, over real HTTP: each case is data.

use crate::mapped::{KEY, Mapped};
use crate::script::{HANGS, Script};

const CATALOG: &str = r#"
base: BASE/v1
context: { query: { currency: "{currency}" } }
records:
  product:
    sku: $.sku
    name: { path: $.title, as: trim }
    short_name: $.title
    price: { path: $.price, as: money(decimal) }
    stock: { path: $.stock, when: { path: $.counted, is: true }, default: 1000 }
    stock_text: { path: $.state, as: enum, map: { gone: sold out }, else: in stock, default: in stock }
    photo: { path: $.image, default: "https://shop.example/none.png" }
    description: { path: $.about, as: html_text }
    has_variants: { path: $.options, default: false }
operations:
  catalog.featured:
    request: { path: /featured, query: { fields: "id,+price" } }
    select: $.data
    page: { by: cursor, query: after, next: $.next, most: 3 }
    fields: { price: { path: $.price, as: money(decimal), currency: $.currency } }
  catalog.search:
    request: { path: /products, query: { q: "{text}" } }
    select: $.data
    success: { when: { path: $.ok, is: true } }
    page: { by: number, query: page, size: { query: size, is: 2 } }
  catalog.product:
    request: { path: "/products/{text}/" }
    select: $.data
    fails:
      - { when: { path: $.error, contains: enough stock }, code: not_found }
      - { when: { contains: database is locked }, code: temporary }
"#;

struct Case {
    name: &'static str,
    currency: &'static str,
    call: &'static str,
    arguments: &'static str,
    replies: &'static [(u16, &'static str)],
    shown: &'static [&'static str],
    told: &'static str,
    asked: &'static [&'static str],
}

const ONE: Case = Case {
    name: "",
    currency: "KES",
    call: "catalog.product",
    arguments: r#"["a"]"#,
    replies: &[],
    shown: &["/price"],
    told: "",
    asked: &["GET /v1/products/a/?currency=KES"],
};

const SIMPLE: &str = r#"{"data": {"sku": "a", "title": "A", "price": 5, "stock": null}}"#;

const CASES: &[Case] = &[
    Case {
        name: "a product is read field by field",
        replies: &[(
            200,
            r#"{"data": {"sku": 17, "title": " Dress ", "price": "2,500.50", "currency": "kes", "stock": 3, "counted": true,
                "state": "gone", "image": "/d.jpg", "about": "<p>Soft &amp; light</p>", "options": 1, "more": {}}}"#,
        )],
        shown: &["/sku", "/name", "/price", "/stock", "/stock_text", "/photo/source", "/description", "/has_variants"],
        told: r#""17" "Dress" "KES 2500.50" 3 "sold out" "BASE/d.jpg" "Soft & light" true"#,
        ..ONE
    },
    Case {
        name: "trap 3: an answer of 200 that is a failure",
        call: "catalog.search",
        replies: &[(200, r#"{"ok": false, "data": []}"#)],
        told: r#"failed: answered 200, but without success: {"ok":false,"data":[]}"#,
        asked: &["GET /v1/products?currency=KES&q=a&page=1&size=2"],
        ..ONE
    },
    Case {
        name: "trap 3: an answer of 500 that is a business answer",
        replies: &[(500, r#"{"error": "We do not have enough stock"}"#)],
        told: "refused: not_found",
        ..ONE
    },
    Case {
        name: "trap 3: an answer of 500 that passes",
        replies: &[(500, "<h1>database is locked</h1>"), (200, SIMPLE)],
        told: r#""KES 5.00""#,
        asked: &["GET /v1/products/a/?currency=KES", "GET /v1/products/a/?currency=KES"],
        ..ONE
    },
    Case {
        name: "trap 4: a missing price is not known, and never 0",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A"}}"#)],
        told: "failed: price: nothing is there, and it has no default (catalog.rest.yaml:9)",
        ..ONE
    },
    Case {
        name: "trap 4: nor is a price of null",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": null}}"#)],
        told: "failed: price: nothing is there, and it has no default (catalog.rest.yaml:9)",
        ..ONE
    },
    Case {
        name: "trap 7: three digits behind the point, as a number",
        currency: "KWD",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": 20.921}}"#)],
        told: r#""KWD 20.921""#,
        asked: &["GET /v1/products/a/?currency=KWD"],
        ..ONE
    },
    Case {
        name: "trap 7: no digits behind the point",
        currency: "UGX",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": 598510.0}}"#)],
        told: r#""UGX 598510""#,
        asked: &["GET /v1/products/a/?currency=UGX"],
        ..ONE
    },
    Case {
        name: "trap 7: groups of digits",
        currency: "INR",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": "8,050.50"}}"#)],
        told: r#""INR 8050.50""#,
        asked: &["GET /v1/products/a/?currency=INR"],
        ..ONE
    },
    Case {
        name: "trap 8: plus and Arabic in parameters",
        call: "catalog.search",
        arguments: r#"["ثوب + 100%"]"#,
        replies: &[(200, r#"{"ok": true, "data": []}"#)],
        shown: &[""],
        told: "[]",
        asked: &["GET /v1/products?currency=KES&q=%D8%AB%D9%88%D8%A8+%2B+100%25&page=1&size=2"],
        ..ONE
    },
    Case {
        name: "trap 8: slash and percent in a path",
        arguments: r#"["A/7%?#"]"#,
        replies: &[(404, "")],
        told: "refused: not_found",
        asked: &["GET /v1/products/A%2F7%25%3F%23/?currency=KES"],
        ..ONE
    },
    Case {
        name: "a value that would lead elsewhere is not sent",
        arguments: r#"[".."]"#,
        told: "failed: a part of the path would lead elsewhere",
        asked: &[],
        ..ONE
    },
    Case {
        name: "trap 13: a word that nobody knows",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": 5, "state": "quarantined"}}"#)],
        shown: &["/stock_text"],
        told: r#""in stock""#,
        ..ONE
    },
    Case {
        name: "trap 14: stock that nobody counts can be bought",
        replies: &[(200, SIMPLE)],
        shown: &["/stock"],
        told: "1000",
        ..ONE
    },
    Case {
        name: "an amount in another currency",
        call: "catalog.featured",
        arguments: "[]",
        replies: &[(200, r#"{"data": [{"sku": "a", "title": "A", "price": 5, "currency": "USD"}]}"#)],
        told: r#"failed: [0].price: expected an amount in KES, and found one in "USD", found 5 (catalog.rest.yaml:20)"#,
        asked: &["GET /v1/featured?currency=KES&fields=id%2C%2Bprice"],
        ..ONE
    },
    Case {
        name: "an amount without the currency that it should name",
        call: "catalog.featured",
        arguments: "[]",
        replies: &[(200, r#"{"data": [{"sku": "a", "title": "A", "price": 5}]}"#)],
        told: "failed: [0].price: expected an amount in KES, and found one in null, found 5 (catalog.rest.yaml:20)",
        asked: &["GET /v1/featured?currency=KES&fields=id%2C%2Bprice"],
        ..ONE
    },
    Case {
        name: "an amount below nothing",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": -5}}"#)],
        told: "failed: price: expected an amount in KES, no part of a KES and not below nothing, found -5 (catalog.rest.yaml:9)",
        ..ONE
    },
    Case {
        name: "a page of HTML",
        replies: &[(200, "<html>maintenance</html>")],
        told: "failed: the answer is not JSON",
        ..ONE
    },
    Case {
        name: "pages by number until one is not full",
        call: "catalog.search",
        replies: &[
            (
                200,
                r#"{"ok": true, "data": [{"sku": "a", "title": "A", "price": 1}, {"sku": "b", "title": "B", "price": 2}]}"#,
            ),
            (200, r#"{"ok": true, "data": [{"sku": "c", "title": "C", "price": 3}]}"#),
        ],
        shown: &["/0/price", "/2/price", "/3"],
        told: r#""KES 1.00" "KES 3.00" -"#,
        asked: &["GET /v1/products?currency=KES&q=a&page=1&size=2", "GET /v1/products?currency=KES&q=a&page=2&size=2"],
        ..ONE
    },
    Case {
        name: "pages by cursor until there is none",
        call: "catalog.featured",
        arguments: "[]",
        replies: &[
            (200, r#"{"data": [{"sku": "a", "title": "A", "price": 1, "currency": "KES"}], "next": "x y"}"#),
            (200, r#"{"data": [{"sku": "b", "title": "B", "price": 2, "currency": "kes"}], "next": null}"#),
        ],
        shown: &["/1/sku"],
        told: r#""b""#,
        asked: &[
            "GET /v1/featured?currency=KES&fields=id%2C%2Bprice",
            "GET /v1/featured?currency=KES&fields=id%2C%2Bprice&after=x+y",
        ],
        ..ONE
    },
    Case {
        name: "a cursor that stays where it is leads to no page twice",
        call: "catalog.featured",
        arguments: "[]",
        replies: &[
            (200, r#"{"data": [{"sku": "a", "title": "A", "price": 1, "currency": "KES"}], "next": "x"}"#),
            (200, r#"{"data": [{"sku": "b", "title": "B", "price": 2, "currency": "KES"}], "next": "x"}"#),
            (200, r#"{"data": [{"sku": "b", "title": "B", "price": 2, "currency": "KES"}], "next": "x"}"#),
        ],
        shown: &["/1/sku", "/2"],
        told: r#""b" -"#,
        asked: &[
            "GET /v1/featured?currency=KES&fields=id%2C%2Bprice",
            "GET /v1/featured?currency=KES&fields=id%2C%2Bprice&after=x",
        ],
        ..ONE
    },
    Case {
        name: "a query is asked again, three times in all",
        replies: &[(503, ""), (502, ""), (500, ""), (200, SIMPLE)],
        told: "failed: the shop's system answered 500",
        asked: &[
            "GET /v1/products/a/?currency=KES",
            "GET /v1/products/a/?currency=KES",
            "GET /v1/products/a/?currency=KES",
        ],
        ..ONE
    },
    Case {
        name: "a text that nobody has typed yet",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": 5, "about": " "}}"#)],
        shown: &["/description"],
        told: "null",
        ..ONE
    },
    Case {
        name: "a price that nobody has typed yet",
        replies: &[(200, r#"{"data": {"sku": "a", "title": "A", "price": ""}}"#)],
        told: r#"failed: price: expected an amount in KES, found "" (catalog.rest.yaml:9)"#,
        ..ONE
    },
    Case { name: "a key that is not accepted", replies: &[(401, "")], told: KEY_REFUSED, ..ONE },
    Case { name: "an answer that we may not have", replies: &[(403, "")], told: "refused: forbidden", ..ONE },
    Case {
        name: "too often, and then not",
        replies: &[(429, ""), (200, SIMPLE)],
        told: r#""KES 5.00""#,
        asked: &["GET /v1/products/a/?currency=KES", "GET /v1/products/a/?currency=KES"],
        ..ONE
    },
    Case { name: "no answer", replies: &[(HANGS, "")], told: "timed out", ..ONE },
];

const KEY_REFUSED: &str = "failed: the shop's system does not accept our key: it answered 401";

#[tokio::test]
async fn answers_become_what_the_contract_says_or_nothing() {
    let script = Script::default();
    let base = script.start().await;
    let mut wrong = Vec::new();
    for case in CASES {
        let shop = Mapped::new(case.currency, "catalog", &CATALOG.replace("BASE", &base));
        script.next(case.replies);
        let hangs = case.replies.iter().any(|(status, _)| *status == HANGS);
        let told = shop.ask(case.call, case.arguments, if hangs { 300 } else { 5_000 }, case.shown).await;
        let seen = script.seen();
        if told != case.told.replace("BASE", &base) {
            wrong.push(format!("{}: {told}", case.name));
        }
        if seen != case.asked {
            wrong.push(format!("{}: asked {seen:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const ORDERS: &str = r#"
base: BASE
records:
  cart_line: { sku: $.sku, name: $.sku, quantity: $.quantity, price: { path: $.price, as: money(minor) }, total: { path: $.price, as: money(minor) } }
  order:
    number: $.id
    status: { path: $.state, as: enum, map: { new: placed }, else: placed }
    status_text: { default: in progress }
    lines: $.lines
    total: { path: $.total, as: money(minor) }
    delivery_fee: { path: $.delivery, as: money(minor) }
    placed_on: { path: $.created, as: unix_s }
    can_cancel: { default: false }
    can_return: { default: false }
  claim: { number: $.id, status: { default: open } }
operations:
  orders.hold:
    request: { method: POST, path: /orders, body: { lines: { each: order.lines, give: { sku: "{it.sku}", note: "{it.note}" } } } }
    idempotency: { header: Idempotency-Key }
    fails: [{ status: [409], code: short_stock }]
  orders.cancel:
    request: { method: POST, path: "/orders/{order.number}/cancel" }
    find_by_reference: { request: { path: /cancelled, query: { reference: "{key}" } }, select: $.found }
  orders.open_return:
    request: { method: POST, path: /returns, body: { order: "{order.number}", total: "{order.total.minor}" } }
  orders.release:
    request: { method: DELETE, path: "/orders/{order.number}" }
    success: { when: { path: $.ok, is: true } }
  orders.again:
    request: { method: POST, path: /again }
    find_by_reference:
      request: { path: /orders }
      select: $.data
      only: { path: $.reference, is: "{key}" }
      page: { by: number, query: page, size: { query: size, is: 2 }, most: 3 }
"#;

const ORDER: &str = r#"[{"number": "Z/1", "status": "quoted", "status_text": "", "total": "KES 10.50", "delivery_fee": "KES 0",
    "placed_on": "2026-11-21", "can_cancel": false, "can_return": false,
    "lines": [{"sku": "a", "name": "A", "quantity": 2, "price": "KES 5.25", "total": "KES 10.50"}]}, "too small"]"#;

const PLACED: &str =
    r#"{"id": "Z/1", "state": "new", "total": 1050, "delivery": 0, "created": 1795046400, "lines": []}"#;

/// Call, answers, what came of it, what was asked, and what the look-up after it says.
type Command<'a> = (&'a str, &'a [(u16, &'a str)], &'a str, &'a [&'a str], &'a str);

#[tokio::test]
async fn a_command_is_never_done_twice_blindly() {
    let script = Script::default();
    let base = script.start().await;
    let shop = Mapped::new("KES", "orders", &ORDERS.replace("BASE", &base));
    let hold = format!("POST /orders key={KEY} {{\"lines\":[{{\"sku\":\"a\"}}]}}");
    let found = format!("{{\"found\": [{PLACED}]}}");
    let cases: &[Command] = &[
        ("orders.hold", &[(201, PLACED)], r#""KES 10.50" "2026-11-19""#, &[&hold], "not done"),
        ("orders.hold", &[(409, "")], "refused: short_stock", &[&hold], "not done"),
        ("orders.hold", &[(500, "")], "unknown", &[&hold], "not done"),
        ("orders.hold", &[(HANGS, "")], "unknown", &[&hold], "not done"),
        ("orders.hold", &[(429, ""), (201, PLACED)], r#""KES 10.50" "2026-11-19""#, &[&hold, &hold], "not done"),
        ("orders.hold", &[(200, "<html>")], "unknown", &[&hold], "not done"),
        ("orders.release", &[(200, "<html>")], "unknown", &["DELETE /orders/Z%2F1"], "cannot tell"),
        ("orders.release", &[(204, "")], "unknown", &["DELETE /orders/Z%2F1"], "cannot tell"),
        (
            "orders.release",
            &[(200, r#"{"ok": false}"#)],
            r#"failed: answered 200, but without success: {"ok":false}"#,
            &["DELETE /orders/Z%2F1"],
            "cannot tell",
        ),
        (
            "orders.cancel",
            &[(504, ""), (200, &found)],
            "unknown",
            &["POST /orders/Z%2F1/cancel"],
            r#"done: "KES 10.50" "2026-11-19""#,
        ),
        (
            "orders.cancel",
            &[(504, ""), (200, r#"{"found": []}"#)],
            "unknown",
            &["POST /orders/Z%2F1/cancel"],
            "not done",
        ),
        ("orders.cancel", &[(504, ""), (500, "")], "unknown", &["POST /orders/Z%2F1/cancel"], "cannot tell"),
        (
            "orders.open_return",
            &[(502, "")],
            "unknown",
            &[r#"POST /returns {"order":"Z/1","total":1050}"#],
            "cannot tell",
        ),
    ];
    let shown = &["/total", "/placed_on"];
    for (call, replies, told, asked, fate) in cases {
        script.next(replies);
        let hangs = replies.iter().any(|(status, _)| *status == HANGS);
        assert_eq!(shop.ask(call, ORDER, if hangs { 300 } else { 5_000 }, shown).await, *told, "{call} {replies:?}");
        assert_eq!(script.seen(), *asked, "{call} {replies:?}");
        assert_eq!(shop.look_up(call, ORDER, shown).await, *fate, "{call} {replies:?}");
        script.seen();
    }
    // Found twice by the key that only it has: one of them is told of, and both are there for a person to see.
    script.next(&[(504, ""), (200, &format!("{{\"found\": [{PLACED}, {PLACED}]}}"))]);
    assert_eq!(shop.ask("orders.cancel", ORDER, 5_000, shown).await, "unknown");
    assert!(shop.backend("orders").take_twice().is_empty());
    assert!(shop.look_up("orders.cancel", ORDER, shown).await.starts_with("done"));
    assert_eq!(shop.backend("orders").take_twice().into_iter().collect::<Vec<_>>(), [KEY]);
    script.seen();
    // Nobody there: nothing was done, and that is certain.
    let nobody = Mapped::new("KES", "orders", &ORDERS.replace("BASE", "http://127.0.0.1:1"));
    let told = nobody.ask("orders.hold", ORDER, 5_000, shown).await;
    assert!(told.starts_with("failed: the shop's system can not be reached"), "{told}");
}

#[tokio::test]
async fn what_nobody_has_typed_yet_is_absent_where_the_contract_can_do_without() {
    let script = Script::default();
    let base = script.start().await;
    let optional = "    receipt: $.receipt\n    carrier: { path: $.first, and: $.last, between: \"\" }\n    \
                    rider_phone: { path: $.rider, as: enum, map: { none: \"\" }, else: \"+254700000001\" }\n  \
                    claim: { refund: { path: $.refund, as: money(minor) }, ";
    let mapping = ORDERS.replace("  claim: { ", optional) + "  orders.one: { request: { path: /order } }\n";
    let shop = Mapped::new("KES", "orders", &mapping.replace("BASE", &base));
    let order = PLACED.replacen('{', r#"{"receipt": "", "rider": "", "first": " ", "last": "Amina", "#, 1);
    script.next(&[(200, &order)]);
    let shown = &["/receipt", "/carrier", "/rider_phone"];
    let told = shop.ask("orders.one", r#"["Z/1"]"#, 5_000, shown).await;
    assert_eq!(told, r#"null " Amina" "+254700000001""#);
    for (refund, told) in [(r#""""#, "null"), (r#"" ""#, "null"), (r#""5""#, r#""KES 0.05""#), (r#""soon""#, "unknown")]
    {
        script.next(&[(200, &format!("{{\"id\": \"c\", \"refund\": {refund}}}"))]);
        assert_eq!(shop.ask("orders.open_return", ORDER, 5_000, &["/refund"]).await, told, "{refund}");
    }
}

/// A list that comes oldest first has what was done on its last page.
#[tokio::test]
async fn what_is_not_in_a_list_was_only_not_done_where_the_list_was_read_to_its_end() {
    let script = Script::default();
    let base = script.start().await;
    let shop = Mapped::new("KES", "orders", &ORDERS.replace("BASE", &base));
    let other = r#"{"reference": "7-1-1-0"}"#;
    let ours = PLACED.replacen('{', &format!("{{\"reference\": \"{KEY}\", "), 1);
    let page = |orders: &[&str]| format!("{{\"data\": [{}]}}", orders.join(", "));
    let (full, fewer, empty) = (page(&[other, other]), page(&[other]), page(&[]));
    let found = page(&[&ours]);
    let cases: &[(&[(u16, &str)], &str)] = &[
        (&[(200, &full), (200, &found)], r#"done: "KES 10.50""#),
        // It may give fewer than it is asked for.
        (&[(200, &fewer), (200, &found)], r#"done: "KES 10.50""#),
        (&[(200, &full), (200, &fewer), (200, &empty)], "not done"),
        (&[(200, &full), (200, &full), (200, &full), (200, &found)], "cannot tell"),
        (&[(200, &full), (500, "")], "cannot tell"),
    ];
    for (replies, told) in cases {
        script.next(replies);
        assert_eq!(shop.look_up("orders.again", ORDER, &["/total"]).await, *told, "{replies:?}");
    }
    let pages = ["GET /orders?page=1&size=2", "GET /orders?page=2&size=2", "GET /orders?page=3&size=2"];
    assert_eq!(script.seen().get(4..7), Some(pages.map(String::from).as_slice()));
}
