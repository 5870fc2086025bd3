//! `messages[]`, `message_echoes[]` and what stands beside them. One struct with every part optional: `type` says which
//! part to look at, and a type that is not known has none.

use serde::{Deserialize, Serialize};

use super::word::or_default;
use super::{ErrorObject, Word};

/// `contacts[]` of a change: who the customer is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact<'a> {
    #[serde(borrow)]
    pub wa_id: Word<'a>,
    #[serde(borrow)]
    pub user_id: Word<'a>,
    #[serde(borrow)]
    pub parent_user_id: Word<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub profile: Profile<'a>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile<'a> {
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub username: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub from: Word<'a>,
    #[serde(borrow)]
    pub from_user_id: Word<'a>,
    #[serde(borrow)]
    pub from_parent_user_id: Word<'a>,
    /// Of an echo: the customer.
    #[serde(borrow)]
    pub to: Word<'a>,
    #[serde(borrow)]
    pub to_user_id: Word<'a>,
    #[serde(borrow)]
    pub to_parent_user_id: Word<'a>,
    #[serde(borrow)]
    pub group_id: Word<'a>,
    /// Seconds since 1970.
    #[serde(borrow)]
    pub timestamp: Word<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub context: Option<Context<'a>>,
    #[serde(borrow)]
    pub referral: Option<Referral<'a>>,
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    #[serde(borrow)]
    pub image: Option<MediaObject<'a>>,
    #[serde(borrow)]
    pub video: Option<MediaObject<'a>>,
    #[serde(borrow)]
    pub audio: Option<MediaObject<'a>>,
    #[serde(borrow)]
    pub document: Option<MediaObject<'a>>,
    #[serde(borrow)]
    pub sticker: Option<MediaObject<'a>>,
    #[serde(borrow)]
    pub location: Option<Location<'a>>,
    #[serde(borrow)]
    pub contacts: Option<Vec<Card<'a>>>,
    #[serde(borrow)]
    pub button: Option<Button<'a>>,
    #[serde(borrow)]
    pub interactive: Option<Interactive<'a>>,
    #[serde(borrow)]
    pub order: Option<Order<'a>>,
    #[serde(borrow)]
    pub system: Option<System<'a>>,
    #[serde(borrow)]
    pub unsupported: Option<Kind<'a>>,
    #[serde(borrow)]
    pub errors: Option<Vec<ErrorObject<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Context<'a> {
    /// The message that is answered or tapped.
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub referred_product: Option<Product<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Product<'a> {
    #[serde(borrow)]
    pub catalog_id: Word<'a>,
    #[serde(borrow)]
    pub product_retailer_id: Word<'a>,
}

/// The message came from an advertisement or a post.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Referral<'a> {
    #[serde(borrow)]
    pub source_id: Word<'a>,
    #[serde(borrow)]
    pub source_type: Word<'a>,
    #[serde(borrow)]
    pub source_url: Word<'a>,
    #[serde(borrow)]
    pub headline: Word<'a>,
    #[serde(borrow)]
    pub ctwa_clid: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Text<'a> {
    #[serde(borrow)]
    pub body: Word<'a>,
}

/// An image, a video, a sound, a document or a sticker.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MediaObject<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub mime_type: Word<'a>,
    /// In base64.
    #[serde(borrow)]
    pub sha256: Word<'a>,
    #[serde(borrow)]
    pub caption: Word<'a>,
    #[serde(borrow)]
    pub filename: Word<'a>,
    #[serde(borrow)]
    pub url: Word<'a>,
    #[serde(deserialize_with = "or_default")]
    pub voice: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Location<'a> {
    #[serde(borrow)]
    pub latitude: Word<'a>,
    #[serde(borrow)]
    pub longitude: Word<'a>,
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub address: Word<'a>,
}

/// A card of the address book.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Card<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    pub name: CardName<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub phones: Vec<CardPhone<'a>>,
    /// `contact_request`: the customer shared the own number when asked.
    #[serde(borrow)]
    pub origin: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CardName<'a> {
    #[serde(borrow)]
    pub formatted_name: Word<'a>,
    #[serde(borrow)]
    pub first_name: Word<'a>,
    #[serde(borrow)]
    pub last_name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CardPhone<'a> {
    #[serde(borrow)]
    pub phone: Word<'a>,
    #[serde(borrow)]
    pub wa_id: Word<'a>,
}

/// A tap on a quick reply of a template.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Button<'a> {
    #[serde(borrow)]
    pub payload: Word<'a>,
    #[serde(borrow)]
    pub text: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Interactive<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub button_reply: Option<Reply<'a>>,
    #[serde(borrow)]
    pub list_reply: Option<Reply<'a>>,
    #[serde(borrow)]
    pub nfm_reply: Option<FormReply<'a>>,
    #[serde(borrow)]
    pub product: Option<Product<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reply<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub title: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FormReply<'a> {
    /// `flow` or `address_message`
    #[serde(borrow)]
    pub name: Word<'a>,
    /// A text that holds JSON, or should.
    #[serde(borrow)]
    pub response_json: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Order<'a> {
    /// What the customer wrote with it.
    #[serde(borrow)]
    pub text: Word<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub product_items: Vec<OrderItem<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OrderItem<'a> {
    #[serde(borrow)]
    pub product_retailer_id: Word<'a>,
    #[serde(borrow)]
    pub quantity: Word<'a>,
}

/// The customer's number or user id has changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct System<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub wa_id: Word<'a>,
    /// In captures before 2024.
    #[serde(borrow)]
    pub new_wa_id: Word<'a>,
    #[serde(borrow)]
    pub user_id: Word<'a>,
    #[serde(borrow)]
    pub parent_user_id: Word<'a>,
    #[serde(borrow)]
    pub previous_user_id: Word<'a>,
    #[serde(borrow)]
    pub previous_parent_user_id: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
}

/// `user_preferences[]`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Preference<'a> {
    #[serde(borrow)]
    pub wa_id: Word<'a>,
    #[serde(borrow)]
    pub user_id: Word<'a>,
    #[serde(borrow)]
    pub category: Word<'a>,
    /// `stop`, `resume` or `signup`
    #[serde(borrow)]
    pub value: Word<'a>,
    #[serde(borrow)]
    pub timestamp: Word<'a>,
}
