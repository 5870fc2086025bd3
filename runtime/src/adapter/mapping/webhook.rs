//! What a backend or a carrier tells by itself, as a mapping says it: which order or parcel moved where, and what has changed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Operation, Path, Predicate, Proof};

/// Bodies that the backend posts to `/webhooks/SHOP/CONTRACT`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub proof: Proof,
    /// What is equal at every repetition [default: the whole body]
    pub id: Option<Path>,
    /// How a body begins that proves nothing, means nothing, and must be answered 200 all the same: WooCommerce's `webhook_id=`
    pub ping: Option<String>,
    /// Orders that moved; the first that fits counts, and a body that fits none is left alone
    #[serde(default)]
    pub orders: Vec<Told>,
    /// Parcels that moved; the first that fits counts. Their order's status is rolled up from all of them
    #[serde(default)]
    pub parcels: Vec<Seen>,
    /// Products whose price, stock or words are others now; all that fit count
    #[serde(default)]
    pub changes: Vec<Changed>,
    /// Where the backend says whether it still calls us
    pub watch: Option<Watch>,
}

/// The webhooks that a backend has, of which those with our address are ours. One that it has switched off, or taken away, is an alarm.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// All of them
    pub list: Box<Operation>,
    /// Of one: where its address is
    pub address: Path,
    /// What it tells of [default: all have one name]
    pub topic: Option<Path>,
    /// That it is switched off [default: what is switched off is not in the list]
    pub off: Option<Predicate>,
}

/// One kind of news.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// [default: always]
    pub when: Option<Predicate>,
    /// Where the order is in the body; `records.order` says where its fields are [default: `orders.one` is asked for `number`]
    pub order: Option<Path>,
    /// Where the order has moved to [default: the order's own status]
    pub status: Option<String>,
    /// The number that we know the order by [default: the order's own]
    pub number: Option<Path>,
}

/// One kind of news of a parcel: `parcel` where the body is signed, otherwise `track`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// [default: always]
    pub when: Option<Predicate>,
    /// Where the parcel is in the body; `records.parcel` says where its fields are
    pub parcel: Option<Path>,
    /// Where its number is: `parcels.track` is asked for the rest
    pub track: Option<Path>,
    /// With `track`: where the order's number is, which `parcels.of_order` has to know it by
    pub order: Option<Path>,
    /// Nobody needs to hear of it
    #[serde(default)]
    pub ignore: bool,
}

/// What is not to be taken from memory any more.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// [default: always]
    pub when: Option<Predicate>,
    /// Where the numbers of the products are, as `records.product` says `sku` [default: everything is asked for again]
    pub products: Option<Path>,
}
