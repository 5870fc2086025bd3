//! The forms of a shop's flows, as a channel is to publish them: what is asked, and its words in every language. Which of
//! them a channel can show is the channel's question.

use smol_str::SmolStr;

use crate::hir::{Flow, FlowId, Form, FormId, Segment, Shop, TextId, TextPiece};
use crate::outbound::FormField;
use crate::types::Type;

/// A form of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    pub flow: FlowId,
    pub id: FormId,
    /// The flow that declares it: `boutique`, `std.address`.
    pub path: SmolStr,
    pub name: SmolStr,
    /// What is asked, with labels in the shop's first language.
    pub fields: Vec<FormField>,
    /// In each of the shop's languages, in its order.
    pub words: Vec<Words>,
}

/// The words of a form in one language; a live value stands as `{…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub language: SmolStr,
    pub title: String,
    pub submit: String,
    /// By field.
    pub labels: Vec<String>,
}

/// All of them that are asked somewhere or may be, in the order of the flows.
pub fn described(shop: &Shop) -> Vec<Described> {
    let mut all = Vec::new();
    for (flow_at, flow) in (0..).zip(&shop.flows) {
        for (form_at, form) in (0..).zip(&flow.forms) {
            all.push(one(shop, (FlowId(flow_at), flow), (FormId(form_at), form)));
        }
    }
    all
}

fn one(shop: &Shop, (flow_id, flow): (FlowId, &Flow), (id, form): (FormId, &Form)) -> Described {
    let words = shop.languages.iter().enumerate().map(|(at, language)| Words {
        language: language.clone(),
        title: form.title.map(|title| text(flow, title, at)).unwrap_or_default(),
        submit: form.submit.map(|submit| text(flow, submit, at)).unwrap_or_default(),
        labels: form.fields.iter().map(|field| text(flow, field.label, at)).collect(),
    });
    let fields = form.fields.iter().map(|field| FormField {
        name: field.name.clone(),
        kind: kind_of(&field.ty),
        label: text(flow, field.label, 0),
        optional: field.optional,
        options: options_of(shop, &field.ty).to_vec(),
    });
    Described {
        flow: flow_id,
        id,
        path: flow.path.clone(),
        name: form.name.clone(),
        fields: fields.collect(),
        words: words.collect(),
    }
}

/// In the language, else in the first.
fn text(flow: &Flow, text: TextId, language: usize) -> String {
    let Some(entry) = flow.texts.get(text.index()) else { return String::new() };
    let of = |at: usize| entry.languages.get(at).and_then(Option::as_ref);
    let pieces = of(language).or_else(|| of(0)).map_or(&[][..], |block| &block.pieces);
    let line = |piece: &TextPiece| -> String {
        let (TextPiece::Line(line) | TextPiece::Each { line, .. }) = piece;
        let word = |segment: &Segment| match segment {
            Segment::Literal(text) => text.to_string(),
            Segment::Value { .. } | Segment::Phrase { .. } | Segment::Parameter => "{…}".to_string(),
        };
        line.iter().map(word).collect()
    };
    pieces.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The names that a field of this type is chosen from; none: it is typed.
pub(crate) fn options_of<'a>(shop: &'a Shop, ty: &'a Type) -> &'a [SmolStr] {
    if let Type::Enum(members) = ty {
        members
    } else if *ty == Type::Town {
        &shop.profile.towns
    } else {
        &[]
    }
}

/// The name of a type as channels know it; `other`: nothing that can be typed.
pub(crate) fn kind_of(ty: &Type) -> SmolStr {
    SmolStr::new_static(match ty {
        Type::Number => "number",
        Type::YesNo => "yes_no",
        Type::Date => "date",
        Type::Time => "time",
        Type::Phone => "phone",
        Type::Email => "email",
        Type::Town => "town",
        Type::Enum(_) => "one_of",
        Type::Image => "image",
        Type::Video => "video",
        Type::Voice => "voice",
        Type::Document => "document",
        Type::Text | Type::Money | Type::Moment | Type::Duration | Type::Language | Type::Unknown => "text",
        Type::List(_) | Type::Record(_) | Type::None => "other",
    })
}
