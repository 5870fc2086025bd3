//! The pay page as browsers, assistive programs and strangers meet it: sound in every language and state, closed to scripts
//! and frames, silent to whoever guesses, and quick.

use std::time::Instant;

use serde_json::json;

use crate::pay::{boutique, browser, shown, to_the_link};
use crate::stage::Stage;

/// What an accessible document without script has, and has not (WCAG 2.2; the rules of axe that apply to it).
fn sound(html: &str, language: &str) {
    let count = |part: &str| html.matches(part).count();
    let direction = if language == "ar" { "rtl" } else { "ltr" };
    assert!(html.starts_with("<!doctype html>\n<html"), "{html}");
    assert_eq!(count(&format!("<html lang=\"{language}\" dir=\"{direction}\">")), 1, "{html}");
    assert_eq!((count("<title>"), count("<title></title>")), (1, 0), "{html}");
    assert_eq!((count("<h1>"), count("<h1></h1>"), count("<main>")), (1, 0, 1), "{html}");
    assert_eq!(
        count("name=\"viewport\" content=\"width=device-width, initial-scale=1\""),
        1,
        "zooming is nobody's to forbid"
    );
    for absent in [
        "<script",
        "<img",
        "<iframe",
        "http-equiv",
        "style=\"",
        " onclick",
        " onload",
        "tabindex",
        "autofocus",
        "user-scalable",
    ] {
        assert_eq!(count(absent), 0, "{absent}: {html}");
    }
    contrasts(html);
    assert_eq!(count("<input"), count("<label for=\"phone\">"), "every field has its label");
    assert_eq!(count("<form"), count("<button type=\"submit\">"));
    assert!(html.len() < 6_000, "{} bytes", html.len());
}

/// Letters can be read on what is behind them, and a field's edge be seen (WCAG 2.2: 4.5 and 3 to 1).
fn contrasts(html: &str) {
    let after = |part: &str| {
        let text = html.split_once(part).unwrap_or_else(|| panic!("no {part} in {html}")).1;
        let digits: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
        let digits = if digits.len() == 3 { digits.chars().flat_map(|it| [it, it]).collect() } else { digits };
        let number = u32::from_str_radix(&digits, 16).expect("a colour");
        [number >> 16, number >> 8 & 0xff, number & 0xff].map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    };
    let light = |[red, green, blue]: [f64; 3]| 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let ratio = |one: [f64; 3], other: [f64; 3]| {
        let (one, other) = (light(one) + 0.05, light(other) + 0.05);
        if one > other { one / other } else { other / one }
    };
    let page = after("color:#1a1a1a;background:#");
    let brand = after("header,button{background:#");
    let on_brand = html.split_once("header,button{").map(|(_, rest)| after_colour(rest)).expect("letters");
    assert!(ratio(brand, on_brand) >= 4.5, "{html}");
    for letters in ["color:#", "a{color:#", ".hint{color:#"] {
        assert!(ratio(page, after(letters)) >= 4.5, "{letters}");
    }
    for edge in ["border:2px solid #", "outline:3px solid #"] {
        assert!(ratio(page, after(edge)) >= 3.0, "{edge}");
    }
}

/// The colour of letters in a rule: black or white.
fn after_colour(rule: &str) -> [f64; 3] {
    if rule.split('}').next().is_some_and(|rule| rule.contains("color:#000")) { [0.0; 3] } else { [1.0; 3] }
}

/// The policy lets nothing in, and out only to the provider; the style is the one that was sent.
fn closed(policy: &str, html: &str) {
    use base64::Engine as _;
    use sha2::Digest;
    let style = html.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style.as_bytes()));
    assert!(
        policy.starts_with(&format!("default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'")),
        "{policy}"
    );
    assert!(policy.ends_with("base-uri 'none'; frame-ancestors 'none'"), "{policy}");
}

async fn looks(link: &str, language: &str) -> String {
    let page = shown(browser().get(link)).await;
    sound(&page.html, language);
    let policy = page.headers.get("content-security-policy").expect("a policy");
    closed(policy.to_str().expect("text"), &page.html);
    page.html
}

async fn speaks(stage: &mut Stage, number: &str) {
    stage.writes("language").await;
    stage.sees().await;
    stage.taps(number).await;
    stage.sees().await;
    stage.sees().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_sound_in_every_language_and_state() {
    let mut stage = boutique(|settings| settings).await;
    let link = to_the_link(&mut stage).await;
    let page = looks(&link, "en").await;
    assert!(
        page.contains("header,button{background:#ffd23f;color:#000}"),
        "the shop's colour, with letters to be read on it"
    );
    assert!(page.contains("<title>Pay your order · Zuri Boutique</title>"), "no amount in what previews show: {page}");
    speaks(&mut stage, "2").await;
    assert!(looks(&link, "sw").await.contains("Lipia oda yako"));
    speaks(&mut stage, "3").await;
    assert!(looks(&link, "ar").await.contains("ادفع طلبك"));
    let page = shown(browser().post(&link)).await.place;
    shown(browser().post(&page).body("do=decline")).await;
    crate::providers::until(&stage, "Z-1043", |payment| payment.state.is_payable() && !payment.page.is_empty()).await;
    stage.demo("sessions/demo-1", &json!({ "status": "paid" })).await;
    crate::providers::until(&stage, "Z-1043", |payment| payment.state.is_money()).await;
    let paid = looks(&link, "ar").await;
    assert!(paid.contains("تم دفع هذا الطلب") && !paid.contains('٢'), "{paid}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_learns_nothing_and_is_stopped() {
    let mut stage = boutique(|settings| settings).await;
    let link = to_the_link(&mut stage).await;
    let (base, token) = link.rsplit_once('/').expect("a token");
    let changed = format!("{}A{}", &token[..40], &token[41..]);
    let mut seen = Vec::new();
    for wrong in ["x", "v4.public.x", &changed, &token[..60], "..%2f..", &"a".repeat(2_000)] {
        let page = shown(browser().get(format!("{base}/{wrong}")).header("accept-language", "sw-KE,sw;q=0.9")).await;
        assert_eq!(page.status, 404, "{wrong}");
        sound(&page.html, "sw");
        assert!(!page.html.contains("Zuri") && !page.html.contains("<form"), "{}", page.html);
        seen.push(page.html);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "wrong, foreign and changed links look the same");
    let mut stopped = 0;
    for n in 0..40 {
        let page = shown(browser().post(format!("{base}/guess-{n}"))).await;
        stopped += usize::from(page.status == 429);
        sound(&page.html, "en");
    }
    assert!(stopped > 0, "whoever guesses is stopped");
    assert!(looks(&link, "en").await.contains("KES 2,500"), "and customers are not");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_begins_no_payment_and_a_page_is_quick() {
    let mut stage = boutique(|settings| settings).await;
    let link = to_the_link(&mut stage).await;
    let foreign = shown(browser().post(&link).header("sec-fetch-site", "cross-site")).await;
    assert_eq!(foreign.status, 200);
    assert!(stage.demo_sessions().await.is_empty(), "another site's form begins nothing");
    let client = browser();
    let mut times: Vec<_> = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        shown(client.get(&link)).await;
        times.push(begun.elapsed());
    }
    times.sort();
    println!("a pay page: {:?} median, {:?} at most, of 50", times[25], times[49]);
    stage.end().await;
}
