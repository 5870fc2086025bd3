//! `NAME.rest.yaml`: how a contract's operations are asked of a merchant's REST interface, as it is written. Holds no
//! code and no secrets, and asks nobody.

mod check;
mod kinds;
mod poll;
mod proof;
pub mod shipped;
mod steps;
mod template;
mod webhook;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use duka_engine::hir::Shop;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

pub use self::check::{Found, read, unable, untold};
pub use self::kinds::{As, Base, Field, Path};
pub use self::poll::Poll;
pub use self::proof::{Encoding, Key, Over, Proof, Signature, Signed, Token};
pub use self::steps::{Absent, After, Already, Check, Join, Only, Step, Unless, parts};
pub use self::template::{Body, ITEM, Piece, Template, short, value_at};
pub use self::webhook::{Changed, Seen, Told, Watch, Webhook};
pub use self::written::Written;
use crate::config::{Length, SecretRef};
use crate::egress::Method;

/// The field of a thing that says how many there are.
pub const STOCK: &str = "stock";
const HOLD: &str = "orders.hold";

/// The place of the language that the customer is spoken to in.
pub const LANGUAGE: &str = "language";

/// One backend.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Where all paths begin: `https://api.shop.example/v1`
    pub base: Base,
    #[serde(default)]
    pub auth: Auth,
    /// Other keys by name, for requests that say `auth: NAME`
    #[serde(default)]
    pub keys: BTreeMap<String, Auth>,
    /// Goes with every request: currency, country, language
    #[serde(default)]
    pub context: Context,
    /// By record of the contract, where its fields are in an object of the backend
    #[serde(default)]
    pub records: BTreeMap<String, BTreeMap<String, Field>>,
    /// By operation, such as `catalog.search`
    #[serde(default)]
    pub operations: BTreeMap<String, Operation>,
    /// The languages that the backend has, as it writes them: `[EN, PT_BR]`. `{language}` is the customer's where it is one of them, by
    /// its tag or without its region; else the shop's first, or the first of these. Without it: the shop's own tags
    #[serde(default)]
    pub languages: Vec<String>,
    /// By field and language, what is said for the mapping's own words: `{ stock_text: { sw: { sold out: imeisha } } }`
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// What the backend tells us by itself
    pub webhook: Option<Webhook>,
    /// Of a carrier: how often it is asked where its parcels are
    pub poll: Option<Poll>,
    #[serde(skip)]
    pub written: Written,
}

/// How we say who we are.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    #[default]
    None,
    /// `Authorization: Bearer …`
    Bearer(SecretRef),
    Basic(Basic),
    /// A header of the backend's own
    Header(Named),
    /// A parameter of the address; kept out of logs
    Query(Named),
    /// Fields of each request's body, by their path: `ClientInfo.Password`
    Body(BTreeMap<String, SecretRef>),
    /// OAuth 2 client credentials: a token is asked for, and again when it ends
    Oauth(Oauth),
    /// A login whose answer has a token, which is asked for again when it ends or is refused
    Login(Login),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Where to log in: a path below `base`, or an address
    pub path: String,
    /// The fields of the body, which is JSON: `email`, `password`
    pub body: BTreeMap<String, SecretRef>,
    /// Where the token is in the answer: `$.token`
    pub token: Path,
    /// How long it is good, `9 days` say
    pub lasts: Length,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth {
    /// Where tokens are given: a path below `base`, or an address
    pub token: String,
    pub client: SecretRef,
    pub secret: SecretRef,
    pub scope: Option<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    pub user: SecretRef,
    /// [default: empty]
    pub password: Option<SecretRef>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub name: String,
    pub value: SecretRef,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Context {
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
}

impl Context {
    fn fills(&self, is: &dyn Fn(&[String]) -> bool) -> bool {
        self.headers.values().chain(self.query.values()).flat_map(Template::places).any(is)
    }
}

/// One operation of a contract.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// What is asked before, to prepare
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What was done before is only read
    pub already: Option<Already>,
    pub request: Request,
    #[serde(default)]
    pub success: Success,
    /// What refusals look like; the first that fits counts, before `success`
    #[serde(default)]
    pub fails: Vec<Fail>,
    /// Where the object or the list is in the answer [default: the whole answer]
    pub select: Option<Path>,
    /// One for each of these parts of what was selected, which knows the whole by `$.parent`
    pub spread: Option<Path>,
    /// Of these only the one that has this value; none: `not_found`
    pub only: Option<Only>,
    /// What must hold once a command is done; otherwise it is undone, and refused
    pub after: Option<After>,
    /// What is asked of each thing that was selected, and put into it
    #[serde(default)]
    pub join: Vec<Join>,
    /// Fields that are elsewhere than `records` says
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
    /// How a list goes on
    pub page: Option<Page>,
    /// Where a command's key goes, so that the backend does it once
    pub idempotency: Option<Idempotency>,
    /// How a command whose answer was lost is looked up by its key
    pub find_by_reference: Option<Find>,
    /// How what a customer types is found where the backend takes it literally
    pub search: Option<Search>,
    /// Of a pay link: the one that an order has is given again for so long, and no other is asked for
    pub lasts: Option<Length>,
    /// Of `orders.hold`: whether nobody else can buy the goods from then on [default: yes, unless all its requests only ask]
    pub reserves: Option<bool>,
    /// Whether an answer serves others who ask the same while it is fresh [default: of a GET and a GraphQL query, yes]
    pub remember: Option<bool>,
}

impl Mapping {
    /// What the backend calls a language of the shop, by its tag.
    pub fn language_of<'a>(&'a self, shop: &'a Shop, tag: &'a str) -> &'a str {
        let same = |known: &str, tag: &str| known.replace('_', "-").eq_ignore_ascii_case(&tag.replace('_', "-"));
        let known = |tag: &str| self.languages.iter().find(|known| same(known, tag));
        let found = |tag: &str| known(tag).or_else(|| known(short(tag)));
        let first = || shop.languages.first().and_then(|first| found(first)).or(self.languages.first());
        found(tag).or_else(first).map_or(tag, String::as_str)
    }

    /// What nobody may be promised by this backend, of what its operations look like.
    pub fn capabilities(&self) -> Capabilities {
        let catalog = self.operations.iter().filter(|(path, _)| path.starts_with("catalog."));
        let own = catalog.filter_map(|(_, operation)| operation.fields.get(STOCK));
        let shared = self.records.get("product").and_then(|fields| fields.get(STOCK));
        let rules: Vec<&Rule> = own.chain(shared).map(|field| &field.0).collect();
        let hold = self.operations.get(HOLD);
        let acts = |hold: &Operation| {
            let steps = hold.steps.iter().map(|step| &step.request);
            !steps.chain([&hold.request]).all(Request::only_asks)
        };
        Capabilities {
            exact_stock: (!rules.is_empty()).then(|| rules.iter().any(|rule| rule.counts())),
            uncounted: rules.into_iter().find_map(Rule::made_up),
            reserves_stock: hold.map(|hold| hold.reserves.unwrap_or_else(|| acts(hold))),
        }
    }

    /// The same question gets the same answer, whoever asks it in one language.
    pub fn is_the_same_for_all(&self, path: &str) -> bool {
        let Some(operation) = self.operations.get(path) else { return false };
        let of_one = |parts: &[String]| parts.first().is_some_and(|first| first == "conversation" || first == "key");
        operation.remember.unwrap_or_else(|| operation.request.only_asks()) && !self.fills(operation, &of_one)
    }

    /// The answer to a question may be another one in another language.
    pub fn is_by_language(&self, path: &str) -> bool {
        let operation = self.operations.get(path);
        !self.words.is_empty() || operation.is_some_and(|operation| self.fills(operation, &of_language))
    }

    /// The names that a search goes by are asked for in a language.
    pub fn has_names_by_language(&self, index: &Index) -> bool {
        index.request.fills(&of_language) || self.context.fills(&of_language)
    }

    /// Whether such a place is in anything that an operation asks, or is looked for in what was answered.
    fn fills(&self, operation: &Operation, is: &dyn Fn(&[String]) -> bool) -> bool {
        let before = operation.steps.iter().map(|step| &step.request);
        let index = operation.search.iter().filter_map(|search| search.index.as_ref());
        let named = index.flat_map(|index| [Some(&index.request), index.meanwhile.as_ref()]).flatten();
        let joined = operation.join.iter().map(|join| &join.request);
        let mut all = before.chain([&operation.request]).chain(named).chain(joined);
        let only = operation.steps.iter().map(|step| &step.only).chain([&operation.only]).flatten();
        all.any(|request| request.fills(is)) || only.flat_map(|only| only.is.places()).any(is) || self.context.fills(is)
    }

    /// All that the mapping itself says in a field of this name, instead of what it reads.
    pub fn said(&self, name: &str) -> BTreeSet<&str> {
        let own = self.operations.values().map(|operation| &operation.fields);
        let mut said = BTreeSet::new();
        for field in self.records.values().chain(own).filter_map(|fields| fields.get(name)) {
            field.0.said(&mut said);
        }
        said
    }

    /// What is said for a word of this mapping, if another one is in this language.
    pub fn word(&self, field: &str, language: &str, word: &str) -> Option<&str> {
        let languages = self.words.get(field)?;
        let words = languages.get(language).or_else(|| languages.get(short(language)))?;
        words.get(word).map(String::as_str)
    }
}

fn of_language(parts: &[String]) -> bool {
    parts.first().is_some_and(|first| first == LANGUAGE)
}

/// What a backend can do beyond answering. `None`: nobody asks it that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It knows how many there are of a thing, at least of some.
    pub exact_stock: Option<bool>,
    /// The number that its mapping has for a thing that is there and not counted.
    pub uncounted: Option<String>,
    /// What is held nobody else can buy.
    pub reserves_stock: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// [default: GET]
    #[serde(default = "get")]
    pub method: Method,
    /// Below `base`; what is filled in is percent-encoded
    pub path: Template,
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    pub body: Option<Body>,
    /// A GraphQL question instead of a body, sent by POST
    pub graphql: Option<Graphql>,
    /// One of `keys` instead of the mapping's `auth`
    pub auth: Option<String>,
}

/// A document of GraphQL. An answer with `errors` is a failure, whatever its status.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Graphql {
    /// `query` or `mutation`, as it is sent: nothing is filled in here
    pub query: String,
    /// By name; what is none is left out
    #[serde(default)]
    pub variables: BTreeMap<String, Body>,
}

impl Request {
    pub fn method(&self) -> Method {
        if self.graphql.is_some() { Method::Post } else { self.method }
    }

    /// It changes nothing, by the words of its protocol.
    fn only_asks(&self) -> bool {
        match &self.graphql {
            Some(graphql) => !graphql.query.trim_start().starts_with("mutation"),
            None => self.method == Method::Get,
        }
    }

    /// Whether such a place is in what is sent, its address included.
    fn fills(&self, is: &dyn Fn(&[String]) -> bool) -> bool {
        let templates = [&self.path].into_iter().chain(self.query.values()).chain(self.headers.values());
        templates.flat_map(Template::places).any(is) || self.sent_places().iter().any(|(known, _)| is(known))
    }

    /// The places of what is sent besides the address, and whether each stands within an `each`.
    pub fn sent_places(&self) -> Vec<(Vec<String>, bool)> {
        let variables = self.graphql.iter().flat_map(|graphql| graphql.variables.values());
        self.body.iter().chain(variables).flat_map(Body::places).collect()
    }
}

fn get() -> Method {
    Method::Get
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Success {
    /// [default: 200 to 299]
    #[serde(default)]
    pub status: Vec<u16>,
    /// What the body must say besides
    pub when: Option<Predicate>,
}

/// Something that is true of an answer. All that is written must hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// [default: the whole body as text]
    pub path: Option<Path>,
    /// One value or a list of them
    pub is: Option<Json>,
    pub contains: Option<String>,
    /// Whether there is anything at the path, `null` included
    pub exists: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    #[serde(default)]
    pub status: Vec<u16>,
    pub when: Option<Predicate>,
    /// One of the contract's `fails`, or `temporary`, `rate_limited`, `auth`
    pub code: String,
}

/// How one field of a record is made.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Of the record's object; without it, always the default
    pub path: Option<Path>,
    #[serde(rename = "as")]
    pub to: Option<As>,
    /// Where the amount's currency is [default: the shop's]
    pub currency: Option<Path>,
    /// `as: enum`: the backend's words and ours
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// `as: enum`: what any other word is
    #[serde(rename = "else")]
    pub otherwise: Option<String>,
    /// Instead of nothing. Amounts have none
    pub default: Option<Json>,
    /// An amount that is missing is nothing: a fee; never a price or a total
    #[serde(default)]
    pub free: bool,
    /// Otherwise the default
    pub when: Option<Predicate>,
    /// Instead of the default where `when` does not hold
    pub or: Option<Box<Rule>>,
    /// A second value, put behind the first
    pub and: Option<Path>,
    /// What stands between the two [default: `~`]
    pub between: Option<String>,
    /// An amount that is added: a tax that is kept beside it; nothing where it is missing
    pub plus: Option<Path>,
    /// A number that the amount is of: it is divided by it
    pub per: Option<Path>,
}

impl Rule {
    fn said<'a>(&'a self, said: &mut BTreeSet<&'a str>) {
        let words = self.map.values().chain(&self.otherwise).map(String::as_str);
        said.extend(words.chain(self.default.as_ref().and_then(Json::as_str)));
        if let Some(or) = &self.or {
            or.said(said);
        }
    }

    /// Some of what it makes is read as it stands there: no default, and no word of the mapping's.
    fn counts(&self) -> bool {
        self.path.is_some() && self.to != Some(As::Enum) || self.or.as_ref().is_some_and(|or| or.counts())
    }

    /// Nothing but blanks is one of the backend's words.
    pub fn knows_blank(&self) -> bool {
        let is_word = self.otherwise.is_some() || self.map.keys().any(|word| word.trim().is_empty());
        self.to == Some(As::Enum) && is_word
    }

    /// A number above 0 that is a default or a word of the mapping's.
    fn made_up(&self) -> Option<String> {
        let plain = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_string);
        let words = self.map.values().chain(&self.otherwise).filter(|_| self.to == Some(As::Enum)).cloned();
        let mut own = self.default.iter().map(plain).chain(words);
        let is_some = |word: &String| word.trim().parse::<Decimal>().is_ok_and(|number| number > Decimal::ZERO);
        own.find(is_some).or_else(|| self.or.as_ref()?.made_up())
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub by: By,
    /// The parameter, or the variable of GraphQL, that says which page; none by link
    #[serde(default)]
    pub query: String,
    /// [default: 1 by number, 0 by offset]
    pub first: Option<u32>,
    pub size: Option<Size>,
    /// By cursor: where the next one is in the answer
    pub next: Option<Path>,
    /// Pages that are read [default: 5]
    #[serde(default = "five")]
    pub most: u32,
}

fn five() -> u32 {
    5
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Number,
    Offset,
    Cursor,
    /// By the header `Link`
    Link,
}

/// How many a page has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Size {
    pub query: String,
    pub is: u32,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Idempotency {
    Header(String),
    Body(String),
    /// The request does the same however often it is sent
    Repeatable,
}

/// Ranks what fits the words of a customer, spelt as they may be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What tells one thing from another, in an item of the answer and of the index
    pub id: Path,
    /// The texts that a thing is found by, in every language that there is
    pub words: Vec<Path>,
    /// Things that are given [default: 10, at most 30]
    pub most: Option<u32>,
    /// The names of all things; the operation's `request` then asks for `{found}`. Without it, pieces of the words are asked for
    pub index: Option<Index>,
}

impl Search {
    pub fn most(&self) -> usize {
        usize::try_from(self.most.unwrap_or(10).clamp(1, 30)).unwrap_or(10)
    }
}

/// How the names are asked for: beside the search that needs them, at most once while they are fresh.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    pub request: Request,
    pub select: Option<Path>,
    pub page: Option<Page>,
    /// The backend's own search for `{text}`, which is asked until the names are there; the operation's `select` reads it
    pub meanwhile: Option<Request>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    pub request: Request,
    /// Selects what was done; nothing: it was not
    pub select: Path,
    /// Of what was selected, what has this value
    pub only: Option<Only>,
    /// How the list goes on in which it is looked for, up to an empty page. Only where it was read to its end, nothing was done
    pub page: Option<Page>,
    /// Answers that say that nothing was done
    #[serde(default)]
    pub absent: Vec<Absent>,
    /// How long that must be so before it is believed [default: 2 seconds]
    pub grace: Option<Length>,
}

impl Find {
    /// It is looked for in one answer of a list, which may go on.
    pub fn may_miss(&self) -> bool {
        let unasked = |only: &Only| only.is.places().any(|place| !self.request.fills(&|known| known == place));
        self.page.is_none() && self.only.as_ref().is_some_and(unasked)
    }
}

/// The JSON Schema of `NAME.rest.yaml`.
pub fn schema() -> Json {
    let mut schema = schemars::schema_for!(Mapping).to_value();
    schema["title"] = "How a shop's REST interface is asked: NAME.rest.yaml".into();
    schema
}
