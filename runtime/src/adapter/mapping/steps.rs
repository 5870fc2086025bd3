//! What an operation asks before the request that decides, as a mapping says it: preparations, what must hold before it is
//! done, and what is only read because it was done before.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{As, Page, Path, Predicate, Request, Template};

/// A request that only prepares: it may be sent again, and nothing is done as long as `request` was not.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What its answer is called in later places: `{cart.id}`
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// A list, such as `order.lines`: once for each item, which is called `it`
    pub each: Option<String>,
    pub request: Request,
    /// Where the object is in the answer [default: the whole answer]
    pub select: Option<Path>,
    /// Of these only the one that has this value; none: `not_found`
    pub only: Option<Only>,
    /// All that is selected, as a list [default: the first]
    #[serde(default)]
    pub all: bool,
    /// With `only`: pages that are read until it is found
    pub page: Option<Page>,
    /// Takes this header of the answer instead of its body
    pub header: Option<String>,
    /// Statuses that are as good as success
    #[serde(default)]
    pub fine: Vec<u16>,
    /// It was done before, and this is it: nothing else is asked
    pub ends: Option<Predicate>,
    /// What must hold of the answer
    #[serde(default)]
    pub checks: Vec<Check>,
}

/// A question about each thing, whose answer goes into it: its price, its stock. `it` is the thing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Where the answer is in the thing then: `price` for `$.price`
    #[serde(rename = "as")]
    pub name: String,
    pub request: Request,
    /// Where it is in the answer [default: the whole answer]
    pub select: Option<Path>,
}

/// A value of the answer against one of the call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// [default: always]
    pub when: Option<Predicate>,
    /// [default: refused where `when` holds]
    pub path: Option<Path>,
    /// `money(decimal)` or `money(minor)` for amounts
    #[serde(rename = "as")]
    pub to: Option<As>,
    /// The amount that it must be, such as `order.total`
    pub same_as: Option<String>,
    /// The number that it must reach, such as `it.quantity`
    pub at_least: Option<String>,
    /// The same, as a number: 0
    pub minimum: Option<i64>,
    /// The refusal otherwise
    pub code: String,
}

/// What is looked at when it is done, where the backend itself does not look.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// Of what was done [default: always]
    pub when: Option<Predicate>,
    /// Their `checks` must hold
    pub steps: Vec<Step>,
    /// Undoes it where they do not, looked at twice
    pub undo: Request,
}

/// What was done before is only read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Already {
    pub unless: Unless,
    pub request: Request,
    pub select: Option<Path>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unless {
    /// Such as `order.status`
    pub place: String,
    pub is: String,
}

/// Keeps only what has a certain value.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Only {
    pub path: Path,
    pub is: Template,
    /// So many are enough: no further page is read then [default: all; of a step without `all`, 1]
    pub most: Option<usize>,
    /// It is our mark on an order: several that have it were made for one checkout, and people are told
    #[serde(default)]
    pub mark: bool,
}

/// What says that nothing was done.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    #[serde(default)]
    pub status: Vec<u16>,
    pub when: Option<Predicate>,
}

/// A place as a mapping writes it where no braces are needed.
pub fn parts(place: &str) -> Vec<String> {
    place.split('.').map(str::to_string).collect()
}
