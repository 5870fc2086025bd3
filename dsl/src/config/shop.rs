//! `shop.yaml`: who the shop is, where it sells, how it is reached, and how strictly its flows are checked.
//! Secrets are references (`env:NAME`, `file:PATH`), never values.

mod hours;

use smol_str::SmolStr;

use super::channel::{self, WhatsApp};
use super::fields::Findings;
use crate::ast::Duration;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Name, Span, Spanned};
use crate::yaml::tree::{self, Entry, Node};
use hours::{date, hours, opening_hours};

/// What `shop.yaml` says. Everything may be missing; what is required is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShopFile {
    pub name: Option<Spanned<SmolStr>>,
    /// The flow that answers a new customer; with one flow, that one.
    pub main: Option<Name>,
    /// ISO 3166 code of two letters.
    pub country: Option<Spanned<SmolStr>>,
    /// ISO 4217 code.
    pub currency: Option<Spanned<SmolStr>>,
    /// The first is the one the flows are written in.
    pub languages: Vec<Spanned<SmolStr>>,
    /// IANA name.
    pub timezone: Option<Spanned<SmolStr>>,
    pub phone: Option<Spanned<SmolStr>>,
    pub address: Option<Spanned<SmolStr>>,
    pub website: Option<Spanned<SmolStr>>,
    pub privacy: Option<Spanned<SmolStr>>,
    /// Between these times no marketing is sent.
    pub quiet_hours: Option<Spanned<Hours>>,
    pub hours: Vec<Opening>,
    /// Days on which it is closed, whatever its hours say.
    pub closed: Vec<Spanned<Date>>,
    /// How amounts are rounded to what can be paid.
    pub rounding: Option<Spanned<Rounding>>,
    pub channels: Vec<Section>,
    /// The numbers that the shop is live on.
    pub whatsapp: Option<WhatsApp>,
    pub adapters: Vec<Section>,
    pub payments: Option<Payments>,
    /// Red, green, blue: what pages of the shop are painted with.
    pub brand: Option<Spanned<[u8; 3]>>,
    /// How long what kind of data is kept: `photos: 90 days`.
    pub retention: Vec<(Name, Spanned<Duration>)>,
    pub delivery: Vec<Zone>,
    /// The most letters that a value of the catalogue has: `product.name: 40`.
    pub longest: Vec<(Spanned<SmolStr>, Spanned<u32>)>,
    /// By code or name of a rule, how severe it is in this shop.
    pub rules: Vec<(Spanned<SmolStr>, Spanned<Severity>)>,
    /// The whole file, for findings about what it leaves out.
    pub span: Option<Span>,
}

/// From a time to a time, in minutes since midnight of the shop; may go past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    pub from_minute: u16,
    pub to_minute: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// `saturday: 09:00 to 13:00`; a day without hours is closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub day: Spanned<Day>,
    pub hours: Vec<Spanned<Hours>>,
}

/// A day of the calendar, which there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub year: i16,
    pub month: i8,
    pub day: i8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    #[default]
    HalfUp,
    HalfEven,
    Up,
    Down,
}

/// A channel or an adapter: its name, what kind it is, and the settings that its own code reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub name: Name,
    /// `kind: rest`; a channel's name is its kind.
    pub kind: Option<Name>,
    /// `contract: orders.contract.yaml`; without it the built-in contract of that name.
    pub contract: Option<Spanned<SmolStr>>,
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub name: Spanned<SmolStr>,
    pub value: Node,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payments {
    /// `mpesa`, `card`, `cash`, …
    pub methods: Vec<Name>,
    pub settings: Vec<Setting>,
    /// The same of the provider before this one, with which payments were begun that are still open.
    pub old: Vec<Setting>,
}

/// A place the shop delivers to.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    pub id: Name,
    pub name: Option<Spanned<SmolStr>>,
    pub towns: Vec<Spanned<SmolStr>>,
    /// `KES 200`, as written.
    pub fee: Option<Spanned<SmolStr>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Off,
    Info,
    Warning,
    Error,
}

pub(crate) const TOP: &[&str] = &[
    "name",
    "main",
    "country",
    "currency",
    "languages",
    "timezone",
    "phone",
    "address",
    "website",
    "privacy",
    "quiet_hours",
    "hours",
    "closed",
    "rounding",
    "channels",
    "adapters",
    "payments",
    "brand",
    "retention",
    "delivery",
    "longest",
    "rules",
];
pub(crate) const DAYS: &[(&str, Day)] = &[
    ("monday", Day::Monday),
    ("tuesday", Day::Tuesday),
    ("wednesday", Day::Wednesday),
    ("thursday", Day::Thursday),
    ("friday", Day::Friday),
    ("saturday", Day::Saturday),
    ("sunday", Day::Sunday),
];
pub(crate) const ROUNDINGS: &[(&str, Rounding)] =
    &[("half_up", Rounding::HalfUp), ("half_even", Rounding::HalfEven), ("up", Rounding::Up), ("down", Rounding::Down)];
pub(crate) const SEVERITIES: &[(&str, Severity)] =
    &[("off", Severity::Off), ("info", Severity::Info), ("warning", Severity::Warning), ("error", Severity::Error)];
pub(crate) const CHANNELS: [&str; 3] = ["whatsapp", "messenger", "web"];
pub(crate) const ZONE: &[&str] = &["name", "towns", "fee"];
/// What becomes of money that nobody is to keep: people decide, or it goes back by itself.
pub const UNWANTED: [&str; 2] = ["person", "give_back"];

pub(crate) const BRAND: &[&str] = &["colour"];
/// What is kept, as the runtime stores it.
pub(crate) const RETENTION: &[&str] =
    &["conversations", "messages", "photos", "documents", "voice", "orders", "consent", "customer"];

/// Reads `shop.yaml`. What is wrong is told and left out.
pub fn read(file: FileId, text: &str) -> (ShopFile, Vec<Diagnostic>) {
    let (tree, diagnostics) = tree::parse(file, text);
    let mut findings = Findings::after(&tree, diagnostics);
    let mut shop = ShopFile::default();
    let start = Span::new(file, 0, 0);
    match &tree.root {
        Some(root) => {
            shop.span = Some(root.span);
            for entry in findings.fields(root, "`shop.yaml`", TOP) {
                take(&mut shop, entry, &mut findings);
            }
        }
        None if tree.broken.is_none() && findings.list.is_empty() => {
            findings.missing(start, "`shop.yaml`", "name", "name: Zuri Boutique");
        }
        None => {}
    }
    if let (Some(root), None) = (&tree.root, tree.broken) {
        let has = |key: &str| root.get(key).is_some();
        for (key, example) in
            [("name", "name: Zuri Boutique"), ("currency", "currency: KES"), ("languages", "languages: [en]")]
        {
            if root.map().is_some() && !has(key) {
                findings.missing(start, "`shop.yaml`", key, example);
            }
        }
    }
    if let (Some(day), true) = (shop.closed.first(), shop.hours.is_empty()) {
        let message = "`closed` takes days out of `hours`, and there are none.";
        let help = "Say when the shop is open: `hours: { monday: \"09:00 to 18:00\" }`.";
        findings.push(Diagnostic::new(25, day.span, message).help(help));
    }
    (shop, findings.list)
}

fn languages(node: &Node, findings: &mut Findings) -> Vec<Spanned<SmolStr>> {
    let before = findings.list.len();
    let languages = findings.texts(node, "languages");
    if languages.is_empty() && findings.list.len() == before {
        findings.wrong(node.span, "languages", "one language at least, such as `[en]`");
    }
    languages
}

fn take(shop: &mut ShopFile, entry: &Entry, findings: &mut Findings) {
    let node = &entry.value;
    match entry.key.value.as_str() {
        "name" => shop.name = findings.text(node, "name"),
        "main" => shop.main = findings.name(node, "main"),
        "country" => {
            shop.country = findings.text(node, "country");
            let two = shop.country.as_ref().is_none_or(|code| code.value.len() == 2 && upper(&code.value));
            if !two {
                let message = "`country` should be a code of two capital letters.";
                let help = "Kenya is `KE`, Nigeria `NG`, South Africa `ZA`, India `IN`, the Emirates `AE`.";
                findings.push(Diagnostic::new(25, node.span, message).help(help));
            }
        }
        "currency" => {
            shop.currency = findings.text(node, "currency").filter(|code| code.value.len() == 3 && upper(&code.value));
            if shop.currency.is_none() {
                findings.wrong(node.span, "currency", "a code of three capital letters, such as `KES`");
            }
        }
        "languages" => shop.languages = languages(node, findings),
        "timezone" => shop.timezone = findings.text(node, "timezone"),
        "phone" => shop.phone = phone(node, findings),
        "address" => shop.address = findings.text(node, "address"),
        "website" => shop.website = page(node, "website", findings),
        "privacy" => shop.privacy = page(node, "privacy", findings),
        "quiet_hours" => shop.quiet_hours = hours(node, "quiet_hours", findings),
        "hours" => shop.hours = opening_hours(node, findings),
        "closed" => {
            let days = findings.items(node, "closed");
            shop.closed = days.iter().filter_map(|day| date(day, findings)).collect();
        }
        "rounding" => shop.rounding = one_of(node, "rounding", ROUNDINGS, findings),
        "channels" => (shop.channels, shop.whatsapp) = channel::read(node, findings),
        "adapters" => {
            let entries = findings.entries(node, "`adapters`");
            shop.adapters = entries.iter().filter_map(|entry| section(entry, findings)).collect();
        }
        "payments" => shop.payments = Some(payments(node, findings)),
        "brand" => {
            for field in findings.fields(node, "`brand`", BRAND) {
                shop.brand = colour(&field.value, findings);
            }
        }
        "retention" => {
            for entry in findings.fields(node, "`retention`", RETENTION) {
                let duration = findings.duration(&entry.value, &entry.key.value);
                shop.retention.extend(duration.map(|duration| (entry.key.clone(), duration)));
            }
        }
        "delivery" => {
            let entries = findings.entries(node, "`delivery`");
            shop.delivery = entries.iter().filter_map(|entry| zone(entry, findings)).collect();
        }
        "longest" => {
            for entry in findings.entries(node, "`longest`") {
                let letters = findings.whole(&entry.value, &entry.key.value);
                shop.longest.extend(letters.map(|letters| (entry.key.clone(), letters)));
            }
        }
        "rules" => {
            for entry in findings.entries(node, "`rules`") {
                let severity = one_of(&entry.value, &entry.key.value, SEVERITIES, findings);
                shop.rules.extend(severity.map(|severity| (entry.key.clone(), severity)));
            }
        }
        _ => {}
    }
}

fn upper(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase())
}

pub(super) fn one_of<T: Copy>(
    node: &Node,
    what: &str,
    known: &[(&str, T)],
    findings: &mut Findings,
) -> Option<Spanned<T>> {
    let written = node.text().unwrap_or_default();
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == written) {
        return Some(Spanned::new(*value, node.span));
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let message = format!("`{what}` should be one of {}.", names.join(", "));
    findings.push(Diagnostic::new(25, node.span, message).did_you_mean(written, names));
    None
}

/// `#0a7d4f`
fn colour(node: &Node, findings: &mut Findings) -> Option<Spanned<[u8; 3]>> {
    let digits =
        node.text().and_then(|text| text.strip_prefix('#')).filter(|digits| digits.len() == 6 && digits.is_ascii());
    let part = |digits: &str, at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let parsed = digits.and_then(|digits| Some([part(digits, 0)?, part(digits, 2)?, part(digits, 4)?]));
    if parsed.is_none() {
        let message = "`colour` should be a colour of six digits.";
        let help = "Write it as on the web, between quotes: `\"#0a7d4f\"`.";
        findings.push(Diagnostic::new(25, node.span, message).help(help));
    }
    parsed.map(|colour| Spanned::new(colour, node.span))
}

/// `+254700000009`, as customers can tap it; blanks, hyphens and brackets are for the eye.
fn phone(node: &Node, findings: &mut Findings) -> Option<Spanned<SmolStr>> {
    let written = findings.text(node, "phone")?;
    let digits = written.value.chars().filter(char::is_ascii_digit).count();
    let plain = |letter: char| letter.is_ascii_digit() || " -()".contains(letter);
    if written.value.strip_prefix('+').is_some_and(|rest| rest.chars().all(plain)) && (8..=15).contains(&digits) {
        return Some(written);
    }
    let message = "`phone` should be a number with the code of its country.";
    let help = "Write it as customers abroad would dial it, between quotes: `\"+254 700 000 009\"`.";
    findings.push(Diagnostic::new(25, node.span, message).help(help));
    None
}

/// `https://zuri.example/privacy`: what customers are sent to open.
fn page(node: &Node, what: &str, findings: &mut Findings) -> Option<Spanned<SmolStr>> {
    let written = findings.text(node, what)?;
    let host = written.value.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_plain = !written.value.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if is_plain && host.is_some_and(|host| host.contains('.') && !host.starts_with('.') && !host.ends_with('.')) {
        return Some(written);
    }
    let message = format!("`{what}` should be the address of a page, which customers can open.");
    let help = "Write all of it, from `https://` on: `https://zuri.example/privacy`.";
    findings.push(Diagnostic::new(25, node.span, message).help(help));
    None
}

pub(super) fn section(entry: &Entry, findings: &mut Findings) -> Option<Section> {
    let name = findings.key(entry)?;
    let what = format!("`{}`", name.value);
    let mut section = Section { name, kind: None, contract: None, settings: Vec::new() };
    if let Some(kind) = entry.value.text().filter(|kind| !kind.is_empty()) {
        section.kind = Some(Spanned::new(SmolStr::new(kind), entry.value.span));
        return Some(section);
    }
    for field in findings.entries(&entry.value, &what) {
        match field.key.value.as_str() {
            "kind" => section.kind = findings.name(&field.value, "kind"),
            "contract" => section.contract = findings.text(&field.value, "contract"),
            _ => section.settings.push(setting(field, findings)),
        }
    }
    Some(section)
}

fn payments(node: &Node, findings: &mut Findings) -> Payments {
    let mut payments = Payments::default();
    for field in findings.entries(node, "`payments`") {
        match field.key.value.as_str() {
            "methods" => payments.methods = findings.names(&field.value, "methods"),
            "old" => {
                for old in findings.entries(&field.value, "`old`") {
                    payments.old.push(setting(old, findings));
                }
            }
            _ => payments.settings.push(setting(field, findings)),
        }
    }
    payments
}

fn setting(entry: &Entry, findings: &mut Findings) -> Setting {
    const SECRET: &[&str] = &["token", "secret", "password", "key", "pin"];
    let is_secret = entry.key.value.rsplit('_').next().is_some_and(|word| SECRET.contains(&word));
    let written = entry.value.text().unwrap_or_default();
    if is_secret && !written.is_empty() && !written.starts_with("env:") && !written.starts_with("file:") {
        let message = format!("`{}` is written out; whoever reads this file could use it.", entry.key.value);
        let help = "Put it into the environment and write `env:NAME`, or into a file and write `file:PATH`.";
        findings.push(Diagnostic::new(907, entry.value.span, message).help(help));
    }
    Setting { name: entry.key.clone(), value: entry.value.clone() }
}

fn zone(entry: &Entry, findings: &mut Findings) -> Option<Zone> {
    let id = findings.key(entry)?;
    let what = format!("`{}`", id.value);
    let mut zone = Zone { id, name: None, towns: Vec::new(), fee: None };
    for field in findings.fields(&entry.value, &what, ZONE) {
        match field.key.value.as_str() {
            "name" => zone.name = findings.text(&field.value, "name"),
            "towns" => zone.towns = findings.texts(&field.value, "towns"),
            "fee" => zone.fee = findings.text(&field.value, "fee"),
            _ => {}
        }
    }
    Some(zone)
}

#[cfg(test)]
mod tests {
    use super::{Severity, read};
    use crate::span::FileId;

    #[test]
    fn a_shop_is_read_whole() {
        let text = "\
name: Zuri Boutique
country: NO
currency: KES
languages: [en, no]
timezone: Africa/Nairobi # where the shop stands
quiet_hours: 21:00 to 08:00
hours: { monday: [09:00 to 13:00, 14:00 to 18:00], sunday: closed }
closed: [2026-12-25, \"2028-02-29\"]
channels:
  whatsapp: { phone_number_id: 0123, token: env:WHATSAPP_TOKEN }
adapters:
  catalog: demo
  orders: { kind: rest, contract: orders.contract.yaml, token: file:secrets/orders }
payments: { methods: [mpesa, card] }
brand: { colour: \"#0A7d4f\" }
retention: { photos: 90 days }
delivery: { nairobi: { towns: [Kilimani, Karen], fee: \"KES 200\" } }
longest: { product.name: 40 }
rules: { D216: off, sentence-too-long: info }
";
        let (shop, findings) = read(FileId(0), text);
        assert_eq!(findings, []);
        assert_eq!(shop.country.expect("it is there").value, "NO");
        assert_eq!(shop.languages[1].value, "no");
        let live = shop.whatsapp.expect("the shop is live");
        assert_eq!(live.numbers[0].value, "0123");
        assert_eq!(live.token.map(|token| token.value), Some("env:WHATSAPP_TOKEN".into()));
        assert_eq!(shop.hours.iter().map(|day| day.hours.len()).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(shop.quiet_hours.expect("it is there").value.from_minute, 21 * 60);
        let closed: Vec<_> = shop.closed.iter().map(|day| (day.value.year, day.value.month, day.value.day)).collect();
        assert_eq!(closed, [(2026, 12, 25), (2028, 2, 29)]);
        assert_eq!(shop.brand.expect("it is there").value, [0x0a, 0x7d, 0x4f]);
        assert_eq!(shop.rules[0].1.value, Severity::Off);
        assert_eq!(shop.delivery[0].towns.len(), 2);
    }

    #[test]
    fn each_mistake_is_one_finding() {
        let cases = [
            ("curency: KES", "`shop.yaml` has no `curency`."),
            ("currency: Kes", "`currency` should be a code of three capital letters, such as `KES`."),
            ("brand: { colour: green }", "`colour` should be a colour of six digits."),
            ("quiet_hours: at night", "`quiet_hours` should be two times."),
            ("rules: { D216: of }", "`D216` should be one of off, info, warning, error."),
            ("hours: { monday: 9 to 5 }", "`monday` should be two times."),
            ("hours: { mondey: 09:00 to 17:00 }", "`hours` has no `mondey`."),
            ("hours: { monday: 09:00 to 09:00 }", "On `monday` the shop would close when it opens."),
            (
                "hours: { monday: [09:00 to 13:00, 12:00 to 18:00] }",
                "These hours of `monday` lie within others of that day.",
            ),
            (
                "hours: { monday: 09:00 to 17:00 }\nclosed: [2026-02-29]",
                "A day in `closed` should be a date that there is.",
            ),
            ("closed: [2026-12-25]", "`closed` takes days out of `hours`, and there are none."),
            ("phone: 0700 000 009", "`phone` should be a number with the code of its country."),
            ("website: zuri.example", "`website` should be the address of a page, which customers can open."),
            ("privacy: we keep nothing", "`privacy` should be the address of a page, which customers can open."),
            ("rounding: nearest", "`rounding` should be one of half_up, half_even, up, down."),
            ("payments: { api_key: sk_live_1 }", "`api_key` is written out; whoever reads this file could use it."),
            ("channels: [whatsap]", "`channels` should be one of whatsapp, messenger, web."),
            ("channels: { whatsapp: { phone_number: 1 } }", "`whatsapp` has no `phone_number`."),
            (
                "channels: { whatsapp: { phone_number_id: +254 700 } }",
                "`phone_number_id` should be Meta's id of it, digits only; the phone number itself is another thing.",
            ),
            (
                "channels: { whatsapp: { phone_number_id: 1, token: EAAG } }",
                "`token` is written out; whoever reads this file could use it.",
            ),
            ("retention: { photos: long }", "`photos` should be a length of time, such as `10 seconds` or `90 days`."),
        ];
        for (line, wanted) in cases {
            let text = format!("name: Zuri\nlanguages: [en]\ncurrency: KES\n{line}\n");
            let text = if line.starts_with("currency") { text.replacen("currency: KES\n", "", 1) } else { text };
            let (_, findings) = read(FileId(0), &text);
            let shown: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
            assert_eq!(shown, [wanted], "{line}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let (_, findings) = read(FileId(0), "name: Zuri\n");
        let shown: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(shown, ["`shop.yaml` needs `currency`.", "`shop.yaml` needs `languages`."]);
        assert_eq!(read(FileId(0), "").1.len(), 1);
        assert_eq!(read(FileId(0), "name: [").1.len(), 1);
    }
}
