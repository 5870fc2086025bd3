//! What `show` and `emoji` put in front of the customer: a product, the catalogue, a place, an order, a sign. Where the
//! channel has nothing of the kind, what comes closest (language.md 2.17). Knows no wire.

use std::sync::Arc;

use smol_str::SmolStr;

use super::machine::{Machine, Scope};
use super::say::Draft;
use crate::hir::{Expr, Shown};
use crate::limits::WHATSAPP;
use crate::outbound::{Choices, Message, OrderLine, OrderView};
use crate::types::Type;
use crate::value::{Media, Money, Value};

impl<'p> Machine<'p> {
    /// Whether products are shown from the shop's catalogue here.
    pub fn has_catalogue(&self) -> bool {
        self.program.shop.profile.has_catalogue && self.session.channel == WHATSAPP.name
    }

    pub fn show(&mut self, scope: Scope, shown: &'p Shown) {
        let Some(choices) = self.shown(scope, shown) else { return };
        match &choices {
            // On a message of its own.
            Choices::Place { .. } => self.draft(String::new(), choices),
            Choices::Emoji => {
                let Shown::Emoji(sign) = shown else { return };
                let mut text = String::new();
                if let Some(renderer) = self.renderer(scope) {
                    renderer.segments(sign, &mut text);
                }
                self.draft(text.trim().to_string(), choices);
                if let Some(draft) = self.drafts.last_mut() {
                    draft.message.answers = Some(SmolStr::default());
                }
            }
            _ => self.join(choices),
        }
    }

    /// Joins the words just above, as a link does; a link that is there already becomes the one to pay an order by.
    fn join(&mut self, choices: Choices) {
        let Some(above) = self.drafts.last_mut().map(|draft| &mut draft.message) else {
            let words = choices.words().to_string();
            return self.draft(words, choices);
        };
        above.choices = match (std::mem::take(&mut above.choices), choices) {
            (Choices::None, shown) => shown,
            (Choices::Link { name, title, url }, Choices::Order { order, pay: None }) => {
                Choices::Order { order, pay: Some((name, title, url)) }
            }
            (taken, shown) => {
                above.choices = taken;
                let words = shown.words().to_string();
                return self.draft(words, shown);
            }
        };
    }

    fn draft(&mut self, text: String, choices: Choices) {
        let language = self.program.shop.languages.get(self.language).cloned().unwrap_or_default();
        let message = Message { text, choices, language, ..Message::default() };
        self.drafts.push(Draft { message, asks: false });
    }

    /// What goes with the words. `None`: nothing does, or it is in the draft already.
    fn shown(&mut self, scope: Scope, shown: &Shown) -> Option<Choices> {
        match shown {
            Shown::Catalogue => {
                let name = self.program.shop.profile.name.clone();
                self.has_catalogue().then_some(Choices::Catalogue { title: name.to_string() })
            }
            Shown::Product(value) => self.product(scope, value),
            Shown::Place(value) => {
                let part = |name: &str| self.text_of(scope, value, name).unwrap_or_default();
                let (latitude, longitude) = (part("latitude"), part("longitude"));
                let is_place = !latitude.is_empty() && !longitude.is_empty();
                is_place.then(|| Choices::Place { latitude, longitude, name: part("name"), address: part("address") })
            }
            Shown::Order(value) => {
                let order = self.order_view(scope, value)?;
                let in_chat = self.program.shop.profile.pays_in_chat && self.has_catalogue();
                in_chat.then(|| Choices::Order { order: Box::new(order), pay: None })
            }
            Shown::Emoji(_) => Some(Choices::Emoji),
            Shown::Other(_) => None,
        }
    }

    /// From the catalogue, or as a picture with the words.
    fn product(&mut self, scope: Scope, value: &Expr) -> Option<Choices> {
        let title = self.text_of(scope, value, "name").unwrap_or_default().to_string();
        if self.has_catalogue() {
            let sku = self.text_of(scope, value, "sku")?;
            return Some(Choices::Product { sku, title });
        }
        let Some(Value::Media(photo)) = self.field_of(scope, value, "photo") else { return None };
        let free = |draft: &&mut Draft| draft.message.header.is_none() && !draft.message.text.is_empty();
        match self.drafts.last_mut().filter(free) {
            Some(draft) => draft.message.header = Some(photo),
            None => {
                self.draft(title, Choices::None);
                if let Some(draft) = self.drafts.last_mut() {
                    draft.message.header = Some(photo);
                }
            }
        }
        None
    }

    fn order_view(&self, scope: Scope, value: &Expr) -> Option<OrderView> {
        let money = |name: &str| match self.field_of(scope, value, name) {
            Some(Value::Money(money)) => Some(money),
            Some(_) | None => None,
        };
        let mut lines = Vec::new();
        if let Some((Value::List(items), Type::List(item))) = self.typed_field(scope, value, "lines") {
            for line in items.iter() {
                lines.push(self.order_line(&item, line)?);
            }
        }
        Some(OrderView {
            number: self.text_of(scope, value, "number")?,
            status: self.text_of(scope, value, "status").unwrap_or_default(),
            status_text: self.text_of(scope, value, "status_text").unwrap_or_default().to_string(),
            lines,
            delivery_fee: money("delivery_fee"),
            total: money("total")?,
        })
    }

    fn order_line(&self, ty: &Type, line: &Value) -> Option<OrderLine> {
        let text = |name: &str| match self.part(ty, line, name)?.0 {
            Value::Text(text) => Some(text),
            _ => None,
        };
        let price: Option<Money> = match self.part(ty, line, "price")?.0 {
            Value::Money(money) => Some(money),
            _ => None,
        };
        let quantity = match self.part(ty, line, "quantity")?.0 {
            Value::Number(number) => u32::try_from(number).ok(),
            _ => None,
        };
        Some(OrderLine { sku: text("sku")?, name: text("name")?.to_string(), quantity: quantity?, price: price? })
    }

    fn text_of(&self, scope: Scope, value: &Expr, field: &str) -> Option<SmolStr> {
        match self.field_of(scope, value, field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn field_of(&self, scope: Scope, value: &Expr, field: &str) -> Option<Value> {
        self.typed_field(scope, value, field).map(|(value, _)| value)
    }

    fn typed_field(&self, scope: Scope, value: &Expr, field: &str) -> Option<(Value, Type)> {
        self.part(&value.ty, &self.value_of(scope, value)?, field)
    }

    /// A field of a record, by its name in the contract.
    pub fn part(&self, ty: &Type, value: &Value, field: &str) -> Option<(Value, Type)> {
        let (Type::Record(id), Value::Record(fields)) = (ty, value) else { return None };
        let (at, declared) = self.program.shop.records.get(usize::from(id.0))?.field(field)?;
        Some((fields.get(usize::from(at))?.clone(), declared.ty.clone()))
    }

    /// The picture of an item, where it has one.
    pub fn picture_of(&self, ty: &Type, item: &Value) -> Option<Arc<Media>> {
        let Type::Record(id) = ty else { return None };
        let record = self.program.shop.records.get(usize::from(id.0))?;
        let field = record.fields.iter().find(|field| field.ty == Type::Image)?;
        match self.part(ty, item, &field.name)?.0 {
            Value::Media(photo) => Some(photo),
            _ => None,
        }
    }
}
