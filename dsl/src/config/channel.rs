//! The channels of `shop.yaml`: names alone, or each with what its own code needs. Resolves no secret.

use smol_str::SmolStr;

use super::fields::Findings;
use super::shop::{CHANNELS, Section, one_of, section};
use crate::diagnostic::Diagnostic;
use crate::span::{Span, Spanned};
use crate::yaml::tree::Node;

/// The shop's numbers on WhatsApp. Without any, the shop can be checked and tried, and is not live.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatsApp {
    /// Meta's ids of the business numbers, `phone_number_id`.
    pub numbers: Vec<Spanned<SmolStr>>,
    /// The business account that templates belong to, `waba_id`.
    pub account: Option<Spanned<SmolStr>>,
    /// The business portfolio that the number counts in, `portfolio_id`: shops of one share its limits.
    pub portfolio: Option<Spanned<SmolStr>>,
    /// `env:NAME` or `file:PATH`; without it the server's.
    pub token: Option<Spanned<SmolStr>>,
    /// The same, for shops with an app of their own.
    pub app_secret: Option<Spanned<SmolStr>>,
    /// The one before, while it is being changed.
    pub old_app_secret: Option<Spanned<SmolStr>>,
    /// Meta's id of the catalogue that is connected to the account: products are shown from it, and carts come back.
    pub catalogue: Option<Spanned<SmolStr>>,
    /// Orders are paid inside the chat, which the vendor offers in India and Brazil.
    pub pays_in_chat: bool,
    /// What customers see of their messages before they are answered.
    pub read_marks: Option<Spanned<ReadMarks>>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadMarks {
    #[default]
    None,
    /// The two blue ticks.
    Read,
    /// The same, and that an answer is being written, where the shop's systems are asked first.
    Typing,
}

pub(crate) const READ_MARKS: &[(&str, ReadMarks)] =
    &[("none", ReadMarks::None), ("read", ReadMarks::Read), ("typing", ReadMarks::Typing)];

pub(crate) const WHATSAPP: &[&str] = &[
    "phone_number_id",
    "waba_id",
    "portfolio_id",
    "catalogue",
    "pay_in_chat",
    "token",
    "app_secret",
    "old_app_secret",
    "read_marks",
];

/// `[whatsapp, messenger]`, or each with its settings below its name.
pub(super) fn read(node: &Node, findings: &mut Findings) -> (Vec<Section>, Option<WhatsApp>) {
    let known = CHANNELS.map(|name| (name, name));
    if let Some(items) = node.list() {
        let names = items.iter().filter_map(|item| one_of(item, "channels", &known, findings));
        let named = |name: Spanned<&str>| Section {
            name: Spanned::new(SmolStr::new(name.value), name.span),
            kind: None,
            contract: None,
            settings: Vec::new(),
        };
        return (names.map(named).collect(), None);
    }
    let entries = findings.fields(node, "`channels`", &CHANNELS);
    let live = entries.iter().find(|entry| entry.key.value == "whatsapp" && entry.value.map().is_some());
    let whatsapp = live.and_then(|entry| whatsapp(&entry.value, findings));
    (entries.into_iter().filter_map(|entry| section(entry, findings)).collect(), whatsapp)
}

fn whatsapp(node: &Node, findings: &mut Findings) -> Option<WhatsApp> {
    let mut found = WhatsApp {
        numbers: Vec::new(),
        account: None,
        portfolio: None,
        catalogue: None,
        pays_in_chat: false,
        token: None,
        app_secret: None,
        old_app_secret: None,
        read_marks: None,
        span: node.span,
    };
    let fields = findings.fields(node, "`whatsapp`", WHATSAPP);
    let all_known = Some(fields.len()) == node.map().map(<[_]>::len);
    for field in fields {
        let value = &field.value;
        match field.key.value.as_str() {
            "phone_number_id" => {
                found.numbers = findings.texts(value, "phone_number_id");
                for number in &found.numbers {
                    digits(number, "phone_number_id", findings);
                }
            }
            "waba_id" => {
                found.account = findings.text(value, "waba_id");
                found.account.iter().for_each(|account| digits(account, "waba_id", findings));
            }
            "catalogue" => {
                found.catalogue = findings.text(value, "catalogue");
                found.catalogue.iter().for_each(|catalogue| digits(catalogue, "catalogue", findings));
            }
            "portfolio_id" => {
                found.portfolio = findings.text(value, "portfolio_id");
                found.portfolio.iter().for_each(|portfolio| digits(portfolio, "portfolio_id", findings));
            }
            "pay_in_chat" => found.pays_in_chat = findings.yes_no(value, "pay_in_chat").unwrap_or_default(),
            "token" => found.token = reference(value, "token", findings),
            "app_secret" => found.app_secret = reference(value, "app_secret", findings),
            "read_marks" => found.read_marks = one_of(value, "read_marks", READ_MARKS, findings),
            "old_app_secret" => found.old_app_secret = reference(value, "old_app_secret", findings),
            _ => {}
        }
    }
    // A misspelt setting is told already, and is probably this one.
    if all_known && node.get("phone_number_id").is_none() {
        findings.missing(node.span, "`whatsapp`", "phone_number_id", "phone_number_id: \"106540352242922\"");
    }
    (!found.numbers.is_empty()).then_some(found)
}

/// Meta's ids are digits; a number with a plus is another thing.
fn digits(id: &Spanned<SmolStr>, what: &str, findings: &mut Findings) {
    if id.value.is_empty() || id.value.len() > 32 || !id.value.bytes().all(|byte| byte.is_ascii_digit()) {
        let message =
            format!("`{what}` should be Meta's id of it, digits only; the phone number itself is another thing.");
        let help = "Meta shows it in the app's dashboard below WhatsApp, API Setup.";
        findings.push(Diagnostic::new(25, id.span, message).help(help));
    }
}

/// A secret that is written out is told by its own rule, when the setting is read.
fn reference(node: &Node, what: &str, findings: &mut Findings) -> Option<Spanned<SmolStr>> {
    let text = findings.text(node, what)?;
    let is_reference =
        ["env:", "file:"].iter().any(|kind| text.value.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
    is_reference.then_some(text)
}
