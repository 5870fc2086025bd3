//! Webhooks that Meta did not sign for this shop: each is refused, in the same words, and nothing comes of any. Two shops,
//! each with an app of its own, so that a secret can be a real one and yet the wrong one.

use std::collections::BTreeMap;
use std::io;

use aws_lc_rs::hmac;
use duka_load::bars;
use duka_load::generator::{Client, unix};
use duka_load::process::{Setup, get, number, shop_secret};
use duka_load::webhook::{APP_SECRET, Webhooks};

use crate::Turn;
use crate::chance::Chance;
use crate::probes;
use crate::stage::Stage;

const FORGED: usize = 10_000;

/// How a webhook for the first shop is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    NoHeader,
    EmptySecret,
    UnknownSecret,
    /// The other shop's app, right in every way but whose it is.
    ForeignShop,
    /// The app of the server, where the shop has its own.
    ServersApp,
    Shortened,
    Sha1,
    WithoutPrefix,
    OfAnotherBody,
    LastDigit,
    Guessed,
    PrefixAlone,
    UpperCasePrefix,
}

const SHAPES: [Shape; 13] = [
    Shape::NoHeader,
    Shape::EmptySecret,
    Shape::UnknownSecret,
    Shape::ForeignShop,
    Shape::ServersApp,
    Shape::Shortened,
    Shape::Sha1,
    Shape::WithoutPrefix,
    Shape::OfAnotherBody,
    Shape::LastDigit,
    Shape::Guessed,
    Shape::PrefixAlone,
    Shape::UpperCasePrefix,
];

impl Shape {
    /// Signed by an app of this server that the number does not belong to: it may be answered 200 and put aside for a person
    /// (TM4), and must never reach the shop.
    fn is_of_an_app(self) -> bool {
        matches!(self, Shape::ForeignShop | Shape::ServersApp)
    }
}

/// # Errors
/// A process that does not start.
pub async fn run(turn: &Turn<'_>) -> io::Result<bool> {
    let mut chance = Chance(turn.seed);
    let stage = Stage::set(turn.arguments, "", turn.seed, 1).await?;
    let setup = Setup { shops: 2, apart: true, ..stage.setup(turn.arguments, 0) };
    let keys = probes::keys(&setup).await?;
    let server = setup.start().await?;
    let told = forge(&stage, turn.seed, &mut chance).await?;
    let met = probes::conversations(&stage.address, probes::OWN, &keys.own).await?.len();
    let counts = get(&stage.graph.address, "/control/counts").await.map(|(_, counts)| counts).unwrap_or_default();
    let silent = counts.contains("\"attempts\":0");
    let seen = if silent { "nothing" } else { counts.as_str() };
    println!("{FORGED} forged webhooks; the shop met {met} customers by them, the provider saw {seen}");
    for (shape, (refused, otherwise)) in &told.by_shape {
        println!("{refused:>6}  {shape:?}: refused; {otherwise} answered otherwise");
    }
    let judge = turn.judge;
    let unsigned = told.by_shape.iter().filter(|(shape, _)| !shape.is_of_an_app());
    let taken: u64 = unsigned.map(|(_, (_, otherwise))| otherwise).sum();
    judge.see(&bars::T11_ACCEPTED, turn.place(), taken as f64);
    let oddities = told.bodies.saturating_sub(1) + usize::from(!silent) + met;
    judge.see(&bars::T11_TOLD, turn.place(), oddities as f64);
    judge.see_size(&bars::T11_FORGED, turn.place(), FORGED as f64);
    let leaks = probes::run(turn, &stage.address, &keys).await?;
    server.stop().await?;
    stage.clear(taken + leaks == 0 && oddities == 0).await
}

/// What forged webhooks were told.
struct Told {
    /// How many were answered 401, and how many otherwise.
    by_shape: BTreeMap<Shape, (u64, u64)>,
    /// How many different bodies the refusals had.
    bodies: usize,
}

async fn forge(stage: &Stage, seed: u64, chance: &mut Chance) -> io::Result<Told> {
    let webhooks = Webhooks::new(&stage.address, "/webhooks/whatsapp", &number(0), seed);
    let mut client = Client::connect(&stage.address).await?;
    let (mut by_shape, mut bodies) = (BTreeMap::<Shape, (u64, u64)>::new(), std::collections::BTreeSet::new());
    for n in 0..FORGED {
        let shape = SHAPES[n % SHAPES.len()];
        let whole = webhooks.text(n as u64, n as u64, unix());
        let text = String::from_utf8_lossy(&whole);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_string()).unwrap_or_default();
        let request = webhooks.with_headers(&header(shape, &body, chance), &body);
        let told = by_shape.entry(shape).or_default();
        match client.ask(&request).await {
            Ok((401, body)) => {
                told.0 += 1;
                bodies.insert(body);
            }
            Ok(_) => told.1 += 1,
            Err(_) => {
                told.1 += 1;
                client = Client::connect(&stage.address).await?;
            }
        }
    }
    Ok(Told { by_shape, bodies: bodies.len() })
}

fn header(shape: Shape, body: &str, chance: &mut Chance) -> String {
    let sign = |secret: &str, body: &str| {
        hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body.as_bytes()))
    };
    let own = shop_secret(0);
    let right = sign(&own, body);
    let tag = match shape {
        Shape::NoHeader => return String::new(),
        Shape::EmptySecret => format!("sha256={}", sign("", body)),
        Shape::UnknownSecret => format!("sha256={}", sign("another-secret", body)),
        Shape::ForeignShop => format!("sha256={}", sign(&shop_secret(1), body)),
        Shape::ServersApp => format!("sha256={}", sign(APP_SECRET, body)),
        Shape::Shortened => format!("sha256={}", &right[..62]),
        Shape::Sha1 => format!("sha1={right}"),
        Shape::WithoutPrefix => right,
        Shape::OfAnotherBody => format!("sha256={}", sign(&own, &format!("{body} "))),
        Shape::LastDigit => format!("sha256={}{}", &right[..63], if right.ends_with('0') { '1' } else { '0' }),
        Shape::Guessed => {
            let mut four = || chance.next();
            format!("sha256={:016x}{:016x}{:016x}{:016x}", four(), four(), four(), four())
        }
        Shape::PrefixAlone => "sha256=".into(),
        Shape::UpperCasePrefix => format!("SHA256={right}"),
    };
    format!("X-Hub-Signature-256: {tag}\r\n")
}
