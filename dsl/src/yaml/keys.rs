//! The keys of the YAML form, as data: what each item may hold, which of it is needed, and how it is written. The reader,
//! the printer and the published schema go by this table.

use crate::line::keyword::Keyword;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What a customer reads.
    Text,
    /// A text, or a list of its lines.
    Lines,
    Name,
    Names,
    Path,
    Expr,
    Time,
    Count,
    Flag,
    /// A whole number or a name.
    Atom,
    /// A state, or `{ visit: flow }`.
    Dest,
    /// `{ name: value }`
    Assign,
    /// A flow, or `{ flow: …, with: …, into: … }`.
    Visit,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) needed: bool,
}

/// One kind of item: `- button: { … }`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) key: &'static str,
    pub(crate) keyword: Keyword,
    /// What may stand there instead of `{ … }`.
    pub(crate) short: Option<Kind>,
    pub(crate) fields: &'static [Field],
    /// Whether it may go somewhere (see [`DEST`]) and be followed by `then:`.
    pub(crate) reacts: bool,
    pub(crate) usage: &'static str,
}

const fn needed(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: true }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: false }
}

/// Where an item goes.
pub(crate) const DEST: &[Field] = &[
    optional("to", Kind::Path),
    optional("visit", Kind::Visit),
    optional("with", Kind::Names),
    optional("into", Kind::Name),
];

const SPEECH: &[Field] = &[
    optional("id", Kind::Name),
    optional("if", Kind::Expr),
    optional("else", Kind::Flag),
    optional("text", Kind::Text),
    optional("more", Kind::Lines),
];
const MEDIA: &[Field] = &[optional("if", Kind::Expr), optional("else", Kind::Flag), needed("source", Kind::Text)];
const GUARD: Field = optional("if", Kind::Expr);

const NONE: &[Field] = &[];

/// All items, in the order in which a state has them.
pub(crate) const ITEMS: &[Item] = &[
    step("say", Keyword::Say, Some(Kind::Lines), SPEECH, "- say: \"Thank you!\""),
    step("reply", Keyword::Reply, Some(Kind::Lines), SPEECH, "- reply: \"Yes, we have it in green.\""),
    step("ask", Keyword::Ask, Some(Kind::Lines), SPEECH, "- ask: \"How can we help?\""),
    step("image", Keyword::Image, Some(Kind::Text), MEDIA, "- image: \"{item.photo}\""),
    step("video", Keyword::Video, Some(Kind::Text), MEDIA, "- video: \"{item.video}\""),
    step("audio", Keyword::Audio, Some(Kind::Text), MEDIA, "- audio: \"{item.audio}\""),
    step("document", Keyword::Document, Some(Kind::Text), MEDIA, "- document: \"{order.receipt}\""),
    step("list", Keyword::List, Some(Kind::Text), NONE, "- list: \"See products\""),
    step("cards", Keyword::Cards, Some(Kind::Text), NONE, "- cards: \"See it\""),
    step("section", Keyword::Section, Some(Kind::Text), NONE, "- section: \"Dresses\""),
    step("footer", Keyword::Footer, Some(Kind::Text), NONE, "- footer: \"Send STOP at any time\""),
    step("alert", Keyword::Alert, Some(Kind::Text), NONE, "- alert: \"Please look at order {order.number}\""),
    step("show", Keyword::Show, Some(Kind::Expr), NONE, "- show: \"item\""),
    step("emoji", Keyword::Emoji, Some(Kind::Text), NONE, "- emoji: \"👍\""),
    step(
        "link",
        Keyword::Link,
        None,
        &[needed("id", Kind::Name), GUARD, needed("title", Kind::Text), needed("url", Kind::Text)],
        "- link: { id: pay, title: \"Pay securely\", url: \"{payment.url}\" }",
    ),
    step(
        "call",
        Keyword::Call,
        None,
        &[
            needed("into", Kind::Name),
            needed("run", Kind::Expr),
            optional("within", Kind::Time),
            optional("else", Kind::Dest),
        ],
        "- call: { into: products, run: \"catalog.featured()\", else: sorry }",
    ),
    step(
        "do",
        Keyword::Do,
        Some(Kind::Expr),
        &[needed("run", Kind::Expr), optional("within", Kind::Time), optional("else", Kind::Dest)],
        "- do: \"cart.add(item, 1)\"",
    ),
    step("set", Keyword::Set, Some(Kind::Assign), NONE, "- set: { quantity: 1 }"),
    step(
        "send",
        Keyword::Send,
        Some(Kind::Name),
        &[needed("template", Kind::Name), optional("else", Kind::Dest)],
        "- send: receipt",
    ),
    reaction(
        "button",
        Keyword::Button,
        &[needed("id", Kind::Name), GUARD, needed("title", Kind::Text)],
        "- button: { id: shop, title: \"Shop\", to: categories }",
    ),
    reaction(
        "row",
        Keyword::Row,
        &[needed("id", Kind::Name), GUARD, needed("title", Kind::Text), optional("note", Kind::Text)],
        "- row: { id: shop, title: \"Shop\", note: \"All our dresses\", to: categories }",
    ),
    reaction(
        "pick",
        Keyword::Pick,
        &[
            needed("var", Kind::Name),
            needed("from", Kind::Expr),
            needed("title", Kind::Text),
            optional("note", Kind::Text),
        ],
        "- pick: { var: item, from: \"products\", title: \"{item.name}\", to: product }",
    ),
    reaction(
        "answer",
        Keyword::Answer,
        &[needed("var", Kind::Name), optional("from", Kind::Atom), optional("upto", Kind::Atom)],
        "- answer: { var: quantity, from: \"1\", upto: \"10\", to: add }",
    ),
    reaction(
        "fill",
        Keyword::Fill,
        &[needed("form", Kind::Name), optional("into", Kind::Name)],
        "- fill: { form: delivery_details, into: details, to: zone }",
    ),
    reaction("hears", Keyword::Hears, &[needed("words", Kind::Name), GUARD], "- hears: { words: menu, to: welcome }"),
    reaction("event", Keyword::On, &[needed("name", Kind::Path), GUARD], "- event: { name: payment.paid, to: thanks }"),
    reaction("after", Keyword::After, &[needed("time", Kind::Time)], "- after: { time: 30 minutes, to: pay_expired }"),
    reaction("quiet", Keyword::Quiet, &[needed("time", Kind::Time)], "- quiet: { time: 23 hours, to: end }"),
    reaction(
        "else",
        Keyword::Else,
        &[optional("times", Kind::Count), optional("text", Kind::Text)],
        "- else: { text: \"Please tap one of the choices.\", to: again }",
    ),
    reaction("failed", Keyword::Failed, NONE, "- failed: { to: sorry }"),
    reaction("lost", Keyword::Lost, NONE, "- lost: { to: welcome }"),
];

const fn step(
    key: &'static str,
    keyword: Keyword,
    short: Option<Kind>,
    fields: &'static [Field],
    usage: &'static str,
) -> Item {
    Item { key, keyword, short, fields, reacts: false, usage }
}

/// A reaction also has the keys of [`DEST`].
const fn reaction(key: &'static str, keyword: Keyword, fields: &'static [Field], usage: &'static str) -> Item {
    Item { key, keyword, short: None, fields, reacts: true, usage }
}

impl Item {
    pub(crate) fn of(key: &str) -> Option<&'static Item> {
        ITEMS.iter().find(|item| item.key == key)
    }

    /// The names of all its fields.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let goes = if self.reacts { DEST } else { NONE };
        let mut names: Vec<&str> = self.fields.iter().chain(goes).map(|field| field.name).collect();
        names.dedup();
        names
    }
}

/// The keys of a file.
pub(crate) const TOP: &[&str] = &[
    "duka",
    "flow",
    "start",
    "languages",
    "currency",
    "timezone",
    "takes",
    "gives",
    "use",
    "rules",
    "remember",
    "remember_customer",
    "words",
    "consent",
    "phrases",
    "forms",
    "experiments",
    "anywhere",
    "states",
    "groups",
    "follow",
    "templates",
];
pub(crate) const MEMORY: &[&str] = &["type", "default", "optional", "keep", "for"];
pub(crate) const FORM: &[&str] = &["title", "fields", "submit"];
pub(crate) const FORM_FIELD: &[&str] = &["name", "type", "optional", "label"];
pub(crate) const PLURALS: &[&str] = &["zero", "one", "two", "few", "many", "other"];
pub(crate) const GROUP: &[&str] = &["anywhere", "states"];
pub(crate) const STATE: &[&str] = &["was", "steps"];
pub(crate) const TEMPLATE: &[&str] =
    &["category", "about", "image", "video", "document", "body", "footer", "samples", "steps"];
pub(crate) const EACH: &[&str] = &["item", "in", "line"];
pub(crate) const VISIT: &[&str] = &["flow", "with", "into"];
