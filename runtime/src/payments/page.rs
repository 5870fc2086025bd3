//! The page behind a pay link: one small document without script, picture or anything from elsewhere, in the customer's
//! language and the shop's colours. Says how the payment stands; says an amount only while it can be paid, and nothing at all
//! of a link that is none of ours.

mod words;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_engine::locale::Locale;
use sha2::{Digest, Sha256};

use super::cashier::Seen;
use super::standing::{Claimed, State};

pub use self::words::LANGUAGES;
use self::words::Words;

/// A page, ready to be answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it shows, in a word.
    pub shown: Shown,
    pub html: String,
    /// Its `Content-Security-Policy`.
    pub policy: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It can be paid.
    Pay,
    /// The customer's phone was prompted.
    Prompted,
    /// What the provider was asked is not answered yet.
    Wait,
    /// The last try has failed.
    Failed,
    /// The phone that was named can not pay.
    Phone,
    Paid,
    Refunded,
    /// Paid, though the order was cancelled by then.
    Unwanted,
    /// Too late, or there is a newer link.
    Over,
    /// None of our links.
    Unknown,
    /// Too many links were tried.
    TooMany,
}

impl Shown {
    pub fn name(self) -> &'static str {
        match self {
            Shown::Pay => "pay",
            Shown::Prompted => "prompted",
            Shown::Wait => "wait",
            Shown::Failed => "failed",
            Shown::Phone => "phone",
            Shown::Paid => "paid",
            Shown::Refunded => "refunded",
            Shown::Unwanted => "unwanted",
            Shown::Over => "over",
            Shown::Unknown => "unknown",
            Shown::TooMany => "too_many",
        }
    }
}

/// The colour of a shop that names none; of pages that are no shop's.
pub(super) const PLAIN: [u8; 3] = [0x1f, 0x3a, 0x5f];

/// What a payment's link shows now.
pub fn shown(seen: &Seen, now_ms: i64) -> Shown {
    let is_over = now_ms >= seen.payment.expires_ms;
    let prompts = seen.till.provider.facts().prompts;
    let is_claimed = seen.payment.claimed == Some(Claimed::Paid) && seen.payment.unanswered == 0;
    match seen.payment.state {
        State::Paid | State::Twice | State::Cash => Shown::Paid,
        State::Unwanted => Shown::Unwanted,
        State::Refunded => Shown::Refunded,
        State::Expired | State::Replaced | State::Cancelled => Shown::Over,
        State::Sent | State::Beginning | State::Open | State::Failed if is_over => Shown::Over,
        // The provider's word that money has come is not proved yet: nobody is asked to pay twice.
        State::Sent | State::Beginning | State::Open | State::Failed if is_claimed => Shown::Wait,
        State::Sent => Shown::Pay,
        State::Beginning => Shown::Wait,
        State::Open if prompts => Shown::Prompted,
        State::Open => Shown::Pay,
        State::Failed => Shown::Failed,
    }
}

/// The page of a payment.
pub fn of(seen: &Seen, shown: Shown) -> Page {
    let words = words::of(&seen.language);
    let locale = Locale::new(&seen.language);
    let mut amount = String::new();
    locale.money(seen.payment.amount, seen.payment.amount.currency.exponent(), &mut amount);
    let (title, text) = words.of(shown);
    let mut body = format!("<p>{}</p>", escaped(text));
    let can_pay = matches!(shown, Shown::Pay | Shown::Failed | Shown::Phone);
    if can_pay {
        let order = escaped(&seen.row.order);
        body.push_str(&format!(
            "<dl><div><dt>{}</dt><dd><bdi>{order}</bdi></dd></div><div><dt>{}</dt><dd><bdi>{}</bdi></dd></div></dl>",
            words.order,
            words.total,
            escaped(&amount)
        ));
        let phone = if seen.till.provider.facts().prompts {
            format!(
                "<label for=\"phone\">{}</label><input id=\"phone\" name=\"phone\" type=\"tel\" autocomplete=\"tel\" \
                 inputmode=\"tel\" dir=\"ltr\"><p class=\"hint\">{}</p>",
                words.phone, words.phone_hint
            )
        } else {
            String::new()
        };
        body.push_str(&format!("<form method=\"post\">{phone}<button type=\"submit\">{}</button></form>", words.pay));
        body.push_str(&format!("<p class=\"hint\">{}</p>", words.safe));
    }
    if matches!(shown, Shown::Wait | Shown::Prompted) {
        body.push_str(&format!("<p><a href=\"\">{}</a></p>", words.again));
    }
    let colour = seen.till.colour.unwrap_or(PLAIN);
    whole(words, &seen.till.name, title, &body, colour, shown, &seen.till.ways_out())
}

/// The same for everybody whose link is none of ours; `languages`: what the browser would like to read.
pub fn of_nobody(shown: Shown, languages: &str) -> Page {
    let wanted = languages.split(',').map(|part| part.split([';', '-']).next().unwrap_or("").trim());
    let language = wanted.into_iter().find(|language| words::LANGUAGES.contains(language)).unwrap_or("en");
    let words = words::of(language);
    let (title, text) = words.of(shown);
    whole(words, "", title, &format!("<p>{}</p>", escaped(text)), PLAIN, shown, "")
}

fn whole(words: &Words, shop: &str, title: &str, body: &str, colour: [u8; 3], shown: Shown, ways_out: &str) -> Page {
    let style = style(colour);
    let (shop, title) = (escaped(shop), escaped(title));
    let header = if shop.is_empty() { String::new() } else { format!("<header><p>{shop}</p></header>") };
    let heading = if shop.is_empty() { title.clone() } else { format!("{title} · {shop}") };
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{heading}</title><style>{style}</style></head>\
         <body>{header}<main><h1>{title}</h1>{body}</main></body></html>\n",
        words.language,
        if words.language == "ar" || words.language == "ur" { "rtl" } else { "ltr" },
    );
    Page { shown, html, policy: policy(&style, ways_out) }
}

/// What a page with this style and a form may do. `ways_out`: where the form may lead besides.
pub(super) fn policy(style: &str, ways_out: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'{ways_out}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// The shop's colour behind its name and on the button, with letters that can be read on it (WCAG 2.2: 4.5 to 1).
pub(super) fn style(colour: [u8; 3]) -> String {
    let [red, green, blue] = colour;
    let letters = if luminance(colour) > 0.179 { "#000" } else { "#fff" };
    format!(
        ":root{{color-scheme:light}}*{{box-sizing:border-box}}body{{margin:0;font:1.125rem/1.5 system-ui,sans-serif;\
         color:#1a1a1a;background:#fff}}header,button{{background:#{red:02x}{green:02x}{blue:02x};color:{letters}}}\
         header{{padding:1rem 1.25rem;font-weight:700}}header p{{margin:0 auto;max-width:32rem}}\
         main{{max-width:34.5rem;margin:0 auto;padding:1.25rem}}h1{{font-size:1.5rem;line-height:1.25;margin:.5rem 0}}\
         dl{{margin:1rem 0;border-top:1px solid #767676}}dl div{{display:flex;justify-content:space-between;gap:1rem;\
         padding:.75rem 0;border-bottom:1px solid #767676}}dd{{margin:0;font-weight:700}}label{{display:block;\
         font-weight:700}}input{{width:100%;font:inherit;padding:.75rem;border:2px solid #595959;border-radius:.5rem}}\
         button{{display:block;width:100%;min-height:3rem;margin:1rem 0;padding:.75rem 1rem;font:inherit;font-weight:700;\
         border:2px solid #1a1a1a;border-radius:.5rem;cursor:pointer}}a{{color:#0b4f8a}}\
         :focus-visible{{outline:3px solid #0b4f8a;outline-offset:3px}}.hint{{color:#474747;font-size:1rem}}"
    )
}

/// How light a colour is, from 0 to 1 (WCAG 2.2, relative luminance).
fn luminance([red, green, blue]: [u8; 3]) -> f64 {
    let part = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
}

/// Text as HTML shows it, in an element or between quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_on_any_colour_can_be_read() {
        let steps = [0_u8, 51, 102, 119, 128, 153, 204, 255];
        for red in steps {
            for green in steps {
                for blue in steps {
                    let light = luminance([red, green, blue]);
                    let ratio = if light > 0.179 { (light + 0.05) / 0.05 } else { 1.05 / (light + 0.05) };
                    assert!(ratio >= 4.5, "{red} {green} {blue}: {ratio}");
                }
            }
        }
    }

    #[test]
    fn pages_of_nobody_speak_the_browsers_language_and_name_no_shop() {
        let page = of_nobody(Shown::Unknown, "fr-CH, ar;q=0.9, en;q=0.8");
        assert!(page.html.contains("lang=\"fr\" dir=\"ltr\""), "{}", page.html);
        let page = of_nobody(Shown::Unknown, "ar");
        assert!(page.html.contains("lang=\"ar\" dir=\"rtl\""), "{}", page.html);
        assert!(!page.html.contains("<header") && !page.html.contains("<form") && !page.html.contains("<script"));
    }
}
