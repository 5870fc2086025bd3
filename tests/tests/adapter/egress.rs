//! Where the way out leads, and where it must not.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use duka_runtime::egress::{Egress, EgressError, Hosts, Lookup, MOST_BYTES, Method, Names, Policy, Request, address};
use url::Url;

/// The first and last address of every special range, odd spellings of IPv4 in IPv6, and neighbours that are public.
const ADDRESSES: &[(&str, bool)] = &[
    ("0.0.0.0", false),
    ("0.255.255.255", false),
    ("1.0.0.1", true),
    ("9.255.255.255", true),
    ("10.0.0.0", false),
    ("10.255.255.255", false),
    ("11.0.0.0", true),
    ("100.63.255.255", true),
    ("100.64.0.0", false),
    ("100.100.100.200", false),
    ("100.127.255.255", false),
    ("100.128.0.0", true),
    ("127.0.0.1", false),
    ("127.255.255.255", false),
    ("168.63.129.16", false),
    ("169.253.255.255", true),
    ("169.254.0.0", false),
    ("169.254.169.254", false),
    ("169.255.0.0", true),
    ("172.15.255.255", true),
    ("172.16.0.0", false),
    ("172.31.255.255", false),
    ("172.32.0.0", true),
    ("192.0.0.1", false),
    ("192.0.2.1", false),
    ("192.31.196.1", false),
    ("192.52.193.1", false),
    ("192.88.99.1", false),
    ("192.167.255.255", true),
    ("192.168.0.0", false),
    ("192.168.255.255", false),
    ("192.169.0.0", true),
    ("198.17.255.255", true),
    ("198.18.0.0", false),
    ("198.19.255.255", false),
    ("198.51.100.7", false),
    ("203.0.113.7", false),
    ("223.255.255.255", true),
    ("224.0.0.1", false),
    ("240.0.0.1", false),
    ("255.255.255.255", false),
    ("::", false),
    ("::1", false),
    ("::7f00:1", false),
    ("::ffff:8.8.8.8", false),
    ("::ffff:127.0.0.1", false),
    ("64:ff9b::808:808", true),
    ("64:ff9b::7f00:1", false),
    ("64:ff9b::a9fe:a9fe", false),
    ("64:ff9b:1::1", false),
    ("100::1", false),
    ("2001::1", false),
    ("2001:1ff:ffff::1", false),
    ("2001:200::1", true),
    ("2001:db8::1", false),
    ("2002:7f00:1::", false),
    ("2606:4700:4700::1111", true),
    ("2620:4f:8000::1", false),
    ("3fff::1", false),
    ("5f00::1", false),
    ("fc00::1", false),
    ("fd00:ec2::254", false),
    ("fe80::1", false),
    ("fec0::1", false),
    ("ff02::1", false),
];

#[test]
fn only_the_public_internet_is_public() {
    for (written, public) in ADDRESSES {
        let address: IpAddr = written.parse().expect("an address");
        assert_eq!(address::is_public(address), *public, "{written}");
    }
}

#[test]
fn an_address_is_looked_at_however_it_is_spelt() {
    let cases = [
        ("https://shop.example/api", true),
        ("https://shop.example:8443/", true),
        ("http://shop.example/", false),
        ("https://shop.example:22/", false),
        ("https://key@shop.example/", false),
        ("https://user:password@shop.example/", false),
        ("https://127.0.0.1/", false),
        ("https://0x7f.1/", false),
        ("https://2130706433/", false),
        ("https://0177.0.0.1/", false),
        ("https://[::1]/", false),
        ("https://[::ffff:10.0.0.1]/", false),
        ("https://169.254.169.254/latest/meta-data", false),
        ("ftp://shop.example/", false),
        ("file:///etc/passwd", false),
    ];
    for (written, fine) in cases {
        let admitted = Policy::default().admit(&Url::parse(written).expect("an address"));
        assert_eq!(admitted.is_ok(), fine, "{written}: {admitted:?}");
    }
    let operators = Policy { operators: true, ..Policy::default() };
    for (written, fine) in [
        ("https://desk.example:3000/", true),
        ("https://user:password@desk.example/", true),
        ("http://desk.example/", false),
        ("https://[::1]/", false),
    ] {
        assert_eq!(operators.admit(&Url::parse(written).expect("an address")).is_ok(), fine, "{written}");
    }
    let development = Policy { development: true, ..Policy::default() };
    for (written, fine) in [("http://127.0.0.1:3000/", true), ("http://[::1]/", true), ("http://10.0.0.1/", false)] {
        assert_eq!(development.admit(&Url::parse(written).expect("an address")).is_ok(), fine, "{written}");
    }
}

/// Answers each look-up with the next list; the last one stays.
struct Scripted(Mutex<VecDeque<Vec<&'static str>>>);

impl Names for Scripted {
    fn lookup(&self, _host: &str) -> Lookup {
        let mut script = self.0.lock().expect("nobody panicked");
        let next = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
        let found = next.unwrap_or_default().iter().map(|text| text.parse().expect("an address")).collect();
        Box::pin(async move { Ok(found) })
    }
}

fn egress(development: bool, script: &[&[&'static str]]) -> Egress {
    let script = script.iter().map(|addresses| addresses.to_vec()).collect();
    Egress::with_names(Policy { development, ..Policy::default() }, Arc::new(Scripted(Mutex::new(script))))
        .expect("a client")
}

fn ask(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: Url::parse(url).expect("an address"),
        headers: Vec::new(),
        body: None,
        within: Duration::from_secs(5),
    }
}

/// A server on a free port of this machine.
async fn serve(routes: Router) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    port
}

fn sent_on(status: StatusCode, to: String) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, to.parse().expect("a header"));
    (status, headers)
}

#[tokio::test]
async fn a_name_with_one_address_that_is_not_public_is_not_connected_to() {
    for addresses in [&["93.184.215.14", "127.0.0.1"][..], &["10.1.2.3"], &["::ffff:192.168.0.1"], &["169.254.169.254"]]
    {
        let answer = egress(false, &[addresses]).send(ask("https://shop.example/")).await;
        assert!(matches!(answer, Err(EgressError::Refused(_))), "{addresses:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_name_that_changes_is_looked_at_for_every_connection() {
    // Closes, so that the next request needs a connection of its own.
    let port = serve(Router::new().route("/", get(|| async { ([(header::CONNECTION, "close")], "fine") }))).await;
    let egress = egress(true, &[&["127.0.0.1"], &["10.0.0.1"]]);
    let url = format!("http://shop.example:{port}/");
    let first = egress.send(ask(&url)).await.expect("an answer");
    assert_eq!((first.status, first.body.as_slice()), (200, b"fine".as_slice()));
    let second = egress.send(ask(&url)).await;
    assert!(matches!(second, Err(EgressError::Refused(_))), "{second:?}");
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_host_only() {
    let routes = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/moved", get(|| async { sent_on(StatusCode::MOVED_PERMANENTLY, "/".into()) }))
        .route("/circle", get(|| async { sent_on(StatusCode::FOUND, "/circle".into()) }))
        .route("/inside", get(|| async { sent_on(StatusCode::FOUND, "http://10.0.0.1/".into()) }))
        .route("/port", get(|| async { sent_on(StatusCode::FOUND, "http://shop.example:1/".into()) }))
        .route("/away", get(|| async { sent_on(StatusCode::TEMPORARY_REDIRECT, "http://other.example/".into()) }));
    let port = serve(routes).await;
    let egress = egress(true, &[&["127.0.0.1"]]);
    let get = |path: &str| egress.send(ask(&format!("http://shop.example:{port}{path}")));
    assert_eq!(get("/moved").await.expect("an answer").body, b"here");
    for path in ["/circle", "/inside", "/port", "/away"] {
        let answer = get(path).await;
        assert!(matches!(answer, Err(EgressError::Redirected(_))), "{path}: {answer:?}");
    }
    let command = Request { method: Method::Post, ..ask(&format!("http://shop.example:{port}/moved")) };
    assert_eq!(egress.send(command).await.expect("an answer").status, 405, "a command is answered where it was sent");
}

#[test]
fn a_list_of_hosts_holds_what_it_names_and_nothing_like_it() {
    let hosts = Hosts::read(["api.Zuri.example", " *.myshopify.com", "93.184.215.14"]).expect("hosts");
    for (url, held) in [
        ("https://api.zuri.example/v1", true),
        ("https://API.zuri.example:8443/", true),
        ("https://zuri.myshopify.com/", true),
        ("https://a.b.myshopify.com/", true),
        ("https://93.184.215.14/", true),
        ("https://zuri.example/", false),
        ("https://xapi.zuri.example/", false),
        ("https://api.zuri.example.evil.example/", false),
        ("https://myshopify.com/", false),
        ("https://zurimyshopify.com/", false),
        ("https://api.zuri.example@evil.example/", false),
        ("https://93.184.215.15/", false),
    ] {
        let url = Url::parse(url).expect("an address");
        assert_eq!(hosts.admit(&url).is_ok(), held, "{url}");
    }
    for wrong in ["https://shop.example", "shop.example/api", "shop.example:443", "*", "*.com", "*.10.0.0.1", ""] {
        assert!(Hosts::read([wrong]).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn only_hosts_of_the_list_are_connected_to() {
    let port = serve(Router::new().route("/", get(|| async { "fine" }))).await;
    let egress = egress(true, &[&["127.0.0.1"]]).only(&Arc::new(Hosts::read(["shop.example"]).expect("hosts")));
    let get = |host: &str| egress.send(ask(&format!("http://{host}:{port}/")));
    assert_eq!(get("shop.example").await.expect("an answer").body, b"fine");
    for host in ["other.example", "127.0.0.1", "shop.example.other.example"] {
        let answer = get(host).await;
        assert!(matches!(&answer, Err(EgressError::Refused(why)) if why.contains(host)), "{host}: {answer:?}");
    }
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let routes = Router::new()
        .route("/large", get(|| async { "x".repeat(MOST_BYTES + 1) }))
        .route("/fits", get(|| async { "x".repeat(MOST_BYTES) }))
        .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }))
        .route("/busy", get(|| async { (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")]) }));
    let port = serve(routes).await;
    let egress = egress(true, &[&["127.0.0.1"]]);
    let get = |path: &str| {
        let request =
            Request { within: Duration::from_millis(900), ..ask(&format!("http://shop.example:{port}{path}")) };
        egress.send(request)
    };
    assert_eq!(get("/large").await, Err(EgressError::TooLarge));
    assert_eq!(get("/fits").await.map(|answer| answer.body.len()), Ok(MOST_BYTES));
    assert_eq!(get("/busy").await.map(|answer| answer.retry_after), Ok(Some(Duration::from_secs(7))));
    let begun = Instant::now();
    assert_eq!(get("/slow").await, Err(EgressError::TimedOut));
    assert!(begun.elapsed() < Duration::from_secs(10), "it was waited for too long");
}
