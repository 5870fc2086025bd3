//! The types of the language (2.6) and the records that contracts and forms declare.

use duka_dsl::Span;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// An index into [`crate::hir::Shop::records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordId(pub u16);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Number,
    YesNo,
    Money,
    Date,
    Time,
    Moment,
    Duration,
    Phone,
    Email,
    Language,
    /// A name from the shop's delivery zones.
    Town,
    Image,
    Video,
    Document,
    Voice,
    Enum(Vec<SmolStr>),
    List(Box<Type>),
    /// Records of contracts and forms, `location`, `address`, `customer`, `cart`, `shop` among them.
    Record(RecordId),
    /// `none`, before it is known of what.
    None,
    /// Of something already reported; fits everything, so that one mistake is one finding.
    Unknown,
}

/// The types that every shop has, as they are written.
const BASIC: [(&str, Type); 16] = [
    ("text", Type::Text),
    ("number", Type::Number),
    ("yes_no", Type::YesNo),
    ("money", Type::Money),
    ("date", Type::Date),
    ("time", Type::Time),
    ("moment", Type::Moment),
    ("duration", Type::Duration),
    ("phone", Type::Phone),
    ("email", Type::Email),
    ("language", Type::Language),
    ("town", Type::Town),
    ("image", Type::Image),
    ("video", Type::Video),
    ("document", Type::Document),
    ("voice", Type::Voice),
];

/// The type that every shop knows by this name.
pub fn basic_type(name: &str) -> Option<Type> {
    BASIC.iter().find(|(known, _)| *known == name).map(|(_, ty)| ty.clone())
}

/// A type as a flow writes it: `number`, `list of product`.
pub fn type_words(shop: &crate::hir::Shop, ty: &Type) -> String {
    if let Some((name, _)) = BASIC.iter().find(|(_, known)| known == ty) {
        return (*name).to_string();
    }
    match ty {
        Type::Record(id) => shop.records.get(usize::from(id.0)).map_or("", |record| record.name.as_str()).to_string(),
        Type::List(of) => format!("list of {}", type_words(shop, of)),
        Type::Enum(names) => format!("one of {}", names.join(", ")),
        Type::None | Type::Unknown => "none".to_string(),
        // In the table above.
        Type::Text
        | Type::Number
        | Type::YesNo
        | Type::Money
        | Type::Date
        | Type::Time
        | Type::Moment
        | Type::Duration
        | Type::Phone
        | Type::Email
        | Type::Language
        | Type::Town
        | Type::Image
        | Type::Video
        | Type::Document
        | Type::Voice => String::new(),
    }
}

/// Their names.
pub fn basic_type_names<'a>() -> impl Iterator<Item = &'a str> {
    BASIC.iter().map(|(name, _)| *name)
}

/// A record type.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub name: SmolStr,
    pub fields: Vec<Field>,
    pub origin: RecordOrigin,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordOrigin {
    /// Declared in a contract, built in or the shop's own.
    #[default]
    Contract,
    /// The answers of a `form`.
    Form,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: SmolStr,
    pub ty: Type,
    pub optional: bool,
    pub span: Option<Span>,
}

impl Record {
    /// Position and declaration of a field.
    pub fn field(&self, name: &str) -> Option<(u16, &Field)> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        Some((u16::try_from(at).ok()?, self.fields.get(at)?))
    }
}
