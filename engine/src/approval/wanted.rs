//! The templates of a shop's flows in each language that they are written in, in the vendor's notation: values between
//! `{{` and `}}`, by name.

use std::collections::BTreeSet;

use duka_dsl::Span;
use duka_dsl::ast::Category;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use crate::hir::{Flow, Segment, Shop, StepKind, Template, TemplateId, TextId, TextPiece, Trigger};
use crate::step::written;
use crate::walk::{self, Place};

/// One language of a template, as WhatsApp is asked to approve it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub name: SmolStr,
    /// The flow that declares it.
    pub flow: SmolStr,
    /// Of a standard flow.
    pub standard: bool,
    /// As the shop writes it: `pt-BR`.
    pub language: SmolStr,
    pub category: Category,
    pub body: String,
    /// Each value of the body with its sample.
    pub values: Vec<(String, String)>,
    /// A picture stands above the words.
    pub image: bool,
    pub footer: String,
    /// Quick replies, then links.
    pub buttons: Vec<WantedButton>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedButton {
    pub title: String,
    /// Of a link: the address, `{{1}}` in place of an end that differs between customers.
    pub url: Option<String>,
    /// The same with a sample in its place.
    pub example: String,
}

/// The name of a named parameter: lower-case letters, digits and underscores. `order.number` is `order_number`.
pub fn parameter_name(path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = path.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { format!("v_{name}") }
}

/// All of them, in the order of the flows; each template in the shop's order of languages. WhatsApp knows one of a name: the
/// merchant's own takes the place of a standard flow's. Of a standard flow, all but those that nothing of the shop's can send any more.
pub fn wanted(shop: &Shop) -> Vec<Wanted> {
    let own: BTreeSet<&SmolStr> =
        shop.flows.iter().filter(|flow| !flow.standard).flat_map(|flow| &flow.templates).map(|own| &own.name).collect();
    let mut all = Vec::new();
    for (at, flow) in shop.flows.iter().enumerate() {
        let before = shop.flows.get(..at).unwrap_or_default();
        let unsent = if flow.standard { unsent(flow, before) } else { BTreeSet::new() };
        for (template, id) in flow.templates.iter().zip((0..).map(TemplateId)) {
            if flow.standard && (own.contains(&template.name) || unsent.contains(&id)) {
                continue;
            }
            for (at, language) in shop.languages.iter().enumerate() {
                let entry = flow.texts.get(template.body.index());
                // A missing translation is sent in the first language, and needs no approval of its own.
                if entry.and_then(|entry| entry.languages.get(at)?.as_ref()).is_some() {
                    all.push(Writer { shop, flow, template, language: at }.wanted(language));
                }
            }
        }
    }
    all
}

/// What a flow has lines for that send it, none of which ever runs: of the `follow`s of one name only that of the first flow does.
/// What no line sends at all, the shop's system sends.
fn unsent(flow: &Flow, before: &[Flow]) -> BTreeSet<TemplateId> {
    let is_replaced = |index: usize| {
        let name = flow.follows.get(index).map(|follow| &follow.name);
        before.iter().flat_map(|flow| &flow.follows).any(|follow| Some(&follow.name) == name)
    };
    let (mut unsent, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for lines in walk::lines(flow) {
        let never_runs = matches!(lines.place, Place::Follow(index, _) if is_replaced(index));
        let templates = if never_runs { &mut unsent } else { &mut sent };
        templates.extend(lines.steps.iter().filter_map(|step| match step.kind {
            StepKind::Send { template, .. } => Some(template),
            _ => None,
        }));
    }
    unsent.retain(|template| !sent.contains(template));
    unsent
}

struct Writer<'a> {
    shop: &'a Shop,
    flow: &'a Flow,
    template: &'a Template,
    language: usize,
}

impl Writer<'_> {
    fn wanted(&self, language: &SmolStr) -> Wanted {
        let template = self.template;
        let mut values: Vec<(String, String)> = Vec::new();
        let body = self.text(template.body, &mut |path| {
            let name = parameter_name(path);
            if !values.iter().any(|(known, _)| *known == name) {
                values.push((name.clone(), self.sample(path)));
            }
            format!("{{{{{name}}}}}")
        });
        let mut buttons: Vec<WantedButton> = Vec::new();
        for button in &template.buttons {
            if let Trigger::Button { title, .. } = &button.trigger {
                buttons.push(WantedButton { title: self.plain(*title), url: None, example: String::new() });
            }
        }
        for link in &template.links {
            let is_literal = |segment: &&Segment| matches!(segment, Segment::Literal(_));
            let fixed = link.url.iter().take_while(is_literal).count();
            let stem = self.segments(link.url.get(..fixed).unwrap_or_default(), &mut |_| String::new());
            let example = self.segments(&link.url, &mut |path| self.sample(path));
            let url = if fixed < link.url.len() { format!("{stem}{{{{1}}}}") } else { stem };
            buttons.push(WantedButton { title: self.plain(link.title), url: Some(url), example });
        }
        Wanted {
            name: template.name.clone(),
            flow: self.flow.path.clone(),
            standard: self.flow.standard,
            language: language.clone(),
            category: template.category,
            body,
            values,
            image: template.image.is_some(),
            footer: template.footer.map(|footer| self.plain(footer)).unwrap_or_default(),
            buttons,
            span: template.span,
        }
    }

    fn sample(&self, path: &str) -> String {
        let found = self.template.samples.iter().find(|(known, ..)| known == path);
        found.map_or_else(|| "1".to_string(), |(_, sample, _)| sample.to_string())
    }

    fn plain(&self, text: TextId) -> String {
        self.text(text, &mut |_| String::new())
    }

    /// In the language, else in the first. What stands for each live value is the caller's.
    fn text(&self, text: TextId, value: &mut dyn FnMut(&str) -> String) -> String {
        let Some(entry) = self.flow.texts.get(text.index()) else { return String::new() };
        let of = |at: usize| entry.languages.get(at).and_then(Option::as_ref);
        let pieces = of(self.language).or_else(|| of(0)).map_or(&[][..], |block| &block.pieces);
        let mut lines = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                TextPiece::Line(line) | TextPiece::Each { line, .. } => lines.push(self.segments(line, value)),
            }
        }
        lines.join("\n")
    }

    fn segments(&self, segments: &[Segment], value: &mut dyn FnMut(&str) -> String) -> String {
        let mut out = String::new();
        for segment in segments {
            match segment {
                Segment::Literal(text) => out.push_str(text),
                Segment::Value { value: expr, .. } => out.push_str(&value(&written(self.shop, self.flow, expr))),
                Segment::Phrase { phrase, .. } => {
                    let phrase = self.flow.phrases.get(phrase.index());
                    out.push_str(&value(phrase.map_or("", |phrase| phrase.name.as_str())));
                }
                Segment::Parameter => {}
            }
        }
        out
    }
}

impl Wanted {
    /// The category in the vendor's word.
    pub fn category_word(&self) -> &'static str {
        match self.category {
            Category::Marketing => "MARKETING",
            Category::Utility => "UTILITY",
            Category::Authentication => "AUTHENTICATION",
        }
    }

    /// The language in the vendor's notation: `pt_BR`.
    pub fn language_code(&self) -> String {
        self.language.replace('-', "_")
    }

    /// What the vendor's API is given to create it (template management API, checked 2026-08-01). A picture's sample has
    /// to be uploaded first: it is left out.
    pub fn creation(&self) -> Json {
        let mut body = json!({ "type": "BODY", "text": self.body });
        if !self.values.is_empty() {
            let example = |(name, sample): &(String, String)| json!({ "param_name": name, "example": sample });
            let examples: Vec<Json> = self.values.iter().map(example).collect();
            body["example"] = json!({ "body_text_named_params": examples });
        }
        let mut components = vec![body];
        if !self.footer.is_empty() {
            components.push(json!({ "type": "FOOTER", "text": self.footer }));
        }
        if !self.buttons.is_empty() {
            let button = |button: &WantedButton| match &button.url {
                None => json!({ "type": "QUICK_REPLY", "text": button.title }),
                Some(url) if url.contains("{{") => {
                    json!({ "type": "URL", "text": button.title, "url": url, "example": [button.example] })
                }
                Some(url) => json!({ "type": "URL", "text": button.title, "url": url }),
            };
            let buttons: Vec<Json> = self.buttons.iter().map(button).collect();
            components.push(json!({ "type": "BUTTONS", "buttons": buttons }));
        }
        json!({
            "name": self.name, "language": self.language_code(), "category": self.category_word(),
            "parameter_format": "NAMED", "components": components,
        })
    }
}
