//! Answers: what the customer sent as a value of the asked type, inside its range.

use std::sync::Arc;

use super::machine::{Machine, Place, Scope};
use super::select::LevelKind;
use crate::event::Inbound;
use crate::hir::{Expr, Target, Trigger};
use crate::locale::Standard;
use crate::matching::{Reading, read_text};
use crate::types::{RecordId, Type};
use crate::value::{Media, MediaType, Value};

/// What the answers of a state make of an input.
pub(super) enum Answer {
    Fits {
        reaction: usize,
        value: Value,
    },
    /// Of the type, but not between these; as customers read them.
    OutOfRange {
        from: String,
        to: String,
    },
    None,
}

impl<'p> Machine<'p> {
    /// Tries the state's answers in order.
    pub fn answer(&mut self, input: &Inbound) -> Answer {
        let Some(level) = self.levels().find(|level| level.kind == LevelKind::State) else { return Answer::None };
        let scope = Scope::Frame(level.frame);
        let mut nearly = Answer::None;
        for (at, reaction) in self.reactions(level).iter().enumerate() {
            let Trigger::Answer { into, range, .. } = &reaction.trigger else { continue };
            let Some(value) = self.type_of(scope, *into).and_then(|ty| self.read(ty, input)) else { continue };
            if !self.is_enabled(level, at, reaction) {
                continue;
            }
            match range.as_ref().and_then(|(from, to)| self.outside(scope, &value, from, to)) {
                None => return Answer::Fits { reaction: at, value },
                Some((from, to)) => nearly = Answer::OutOfRange { from, to },
            }
        }
        nearly
    }

    /// Goes where an answer leads; what does not fit is not understood.
    pub fn take_answer(&mut self, answer: Answer) -> Option<Place> {
        match answer {
            Answer::Fits { reaction, value } => {
                let level = self.levels().find(|level| level.kind == LevelKind::State)?;
                let Trigger::Answer { into, .. } = &self.reactions(level).get(reaction)?.trigger else { return None };
                self.set(Scope::Frame(level.frame), *into, value.clone());
                self.understood(value);
                Some(self.take(level, reaction))
            }
            Answer::OutOfRange { from, to } => self.out_of_range(&from, &to),
            Answer::None => self.not_understood(),
        }
    }

    /// A picture, place or contact.
    pub fn given_answer(&mut self, input: &Inbound) -> Option<Place> {
        let answer = self.answer(input);
        if let (Answer::None, Inbound::Media(media)) = (&answer, input)
            && !media.caption.is_empty()
            && self.is_entered(self.top())
        {
            // Words under a picture nobody asked for count as words.
            let caption = media.caption.clone();
            let text = Inbound::Text(caption);
            let answer = self.answer(&text);
            return self.take_answer(answer);
        }
        self.take_answer(answer)
    }

    /// An `else` speaks for itself, at whatever level; without one the range is said.
    fn out_of_range(&mut self, from: &str, to: &str) -> Option<Place> {
        if self.nearest_level(|trigger| matches!(trigger, Trigger::Else { .. })).is_some() {
            return self.not_understood();
        }
        self.session.else_count = self.session.else_count.saturating_add(1);
        self.say_standard(Standard::OutOfRange, &[("{from}", from), ("{to}", to)]);
        self.again()
    }

    pub fn type_of(&self, scope: Scope, target: Target) -> Option<&'p Type> {
        match target {
            Target::Slot(slot) => self.flow_of(scope).1?.slots.get(slot.index()).map(|slot| &slot.ty),
            Target::Customer(slot) => self.program.shop.customer_slots.get(slot.index()).map(|slot| &slot.ty),
        }
    }

    pub fn is_location(&self, target: Target) -> bool {
        let location = self.program.shop.known_records.location.map(Type::Record);
        location.is_some() && self.type_of(Scope::Frame(self.top()), target) == location.as_ref()
    }

    pub fn is_number(&self, target: Target) -> bool {
        self.type_of(Scope::Frame(self.top()), target) == Some(&Type::Phone)
    }

    /// An input as a value of a type.
    fn read(&self, ty: &Type, input: &Inbound) -> Option<Value> {
        match (input, ty) {
            (Inbound::Text(text), _) => self.read_words(ty, text),
            (Inbound::Media(media), Type::Image) => media_of(media, MediaType::Image),
            (Inbound::Media(media), Type::Video) => media_of(media, MediaType::Video),
            (Inbound::Media(media), Type::Document) => media_of(media, MediaType::Document),
            (Inbound::Media(media), Type::Voice) => media_of(media, MediaType::Audio),
            (Inbound::Contact { phone, .. }, Type::Phone) => self.read_words(ty, phone),
            (Inbound::Location { .. }, Type::Record(id)) if self.program.shop.known_records.location == Some(*id) => {
                self.location(*id, input)
            }
            (_, _) => None,
        }
    }

    pub fn read_words(&self, ty: &Type, text: &str) -> Option<Value> {
        let today = if *ty == Type::Date { self.program.local(self.now_ms).0 } else { 0 };
        read_text(ty, text, &Reading { profile: &self.program.shop.profile, languages: self.languages(), today })
    }

    fn location(&self, id: RecordId, input: &Inbound) -> Option<Value> {
        let Inbound::Location { latitude, longitude, name, address } = input else { return None };
        let record = self.program.shop.records.get(usize::from(id.0))?;
        let fields = record.fields.iter().map(|field| {
            let text = match field.name.as_str() {
                "latitude" => latitude,
                "longitude" => longitude,
                "name" => name,
                "address" => address,
                _ => return Value::None,
            };
            if text.is_empty() { Value::None } else { self.read_words(&field.ty, text).unwrap_or_default() }
        });
        Some(Value::Record(fields.collect()))
    }

    /// The bounds as customers read them, when a value is outside.
    fn outside(&self, scope: Scope, value: &Value, from: &Expr, to: &Expr) -> Option<(String, String)> {
        let (low, high) = (self.value_of(scope, from)?, self.value_of(scope, to)?);
        let inside = match (value, &low, &high) {
            (Value::Number(number), Value::Number(low), Value::Number(high)) => (low..=high).contains(&number),
            (Value::Date(day), Value::Date(low), Value::Date(high)) => (low..=high).contains(&day),
            (Value::Time(time), Value::Time(low), Value::Time(high)) => (low..=high).contains(&time),
            (_, _, _) => true,
        };
        let written = |value: &Value, expr: &Expr| {
            let mut out = String::new();
            if let Some(renderer) = self.renderer(scope) {
                renderer.value(value, &expr.ty, &mut out);
            }
            out
        };
        (!inside).then(|| (written(&low, from), written(&high, to)))
    }
}

fn media_of(media: &Arc<Media>, wanted: MediaType) -> Option<Value> {
    (media.kind == wanted).then(|| Value::Media(Arc::clone(media)))
}
