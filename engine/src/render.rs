//! A text with its live values, in the customer's language. Everything was cut and resolved before; nothing is parsed here.

use duka_dsl::ast::Plural;
use rust_decimal::Decimal;

use crate::expression::{Env, evaluate};
use crate::hir::{Expr, PhraseId, Segment, TextBlock, TextId, TextPiece};
use crate::locale::{Locale, Standard, standard};
use crate::program::Program;
use crate::types::Type;
use crate::value::Value;

/// Writes the texts of one flow.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub program: &'a Program,
    pub env: Env<'a>,
    /// By [`crate::hir::LanguageId`].
    pub language: usize,
}

impl<'a> Renderer<'a> {
    /// Appends a text; tells in which language it was written (the first, where a translation is missing).
    pub fn text(&self, id: TextId, out: &mut String) -> usize {
        let Some((language, block)) = self.block(id) else { return self.language };
        Renderer { language, ..*self }.block_into(block, out);
        language
    }

    /// A text of its own.
    pub fn text_of(&self, id: TextId) -> String {
        let mut out = String::with_capacity(64);
        self.text(id, &mut out);
        out
    }

    fn block(&self, id: TextId) -> Option<(usize, &'a TextBlock)> {
        let entry = self.env.flow.texts.get(id.index())?;
        if !entry.variants.is_empty() {
            let own = |wanted: usize| {
                let mut variants = entry.variants.iter();
                variants.find(|(channel, language, _)| channel == self.env.channel && language.index() == wanted)
            };
            if let Some((_, language, block)) = own(self.language).or_else(|| own(0)) {
                return Some((language.index(), block));
            }
        }
        let translated = entry.languages.get(self.language).and_then(Option::as_ref);
        let first = || entry.languages.first().and_then(Option::as_ref).map(|block| (0, block));
        translated.map(|block| (self.language, block)).or_else(first)
    }

    fn block_into(&self, block: &'a TextBlock, out: &mut String) {
        let start = out.len();
        for piece in &block.pieces {
            match piece {
                TextPiece::Line(line) => {
                    self.begin_line(start, out);
                    self.segments(line, out);
                }
                TextPiece::Each { item, list, line } => {
                    let Ok(list) = evaluate(list, &self.env) else { continue };
                    let Value::List(items) = list.as_ref() else { continue };
                    for value in items.iter() {
                        self.begin_line(start, out);
                        let env = Env { item: Some((crate::hir::Target::Slot(*item), value)), ..self.env };
                        Renderer { program: self.program, env, language: self.language }.segments(line, out);
                    }
                }
            }
        }
    }

    fn begin_line(&self, start: usize, out: &mut String) {
        if out.len() > start {
            out.push('\n');
        }
    }

    /// Appends segments; a value that is not there leaves nothing.
    pub fn segments(&self, segments: &[Segment], out: &mut String) {
        for segment in segments {
            match segment {
                Segment::Literal(text) => out.push_str(text),
                Segment::Value { value, as_url } => self.value_of(value, *as_url, out),
                Segment::Phrase { phrase, argument } => self.phrase(*phrase, argument, out),
                Segment::Parameter => {}
            }
        }
    }

    fn value_of(&self, expr: &Expr, as_url: bool, out: &mut String) {
        let Ok(value) = evaluate(expr, &self.env) else { return };
        if as_url {
            let mut plain = String::new();
            self.value(&value, &expr.ty, &mut plain);
            percent_encode(&plain, out);
        } else {
            self.value(&value, &expr.ty, out);
        }
    }

    fn phrase(&self, phrase: PhraseId, argument: &Expr, out: &mut String) {
        let Some(phrase) = self.env.flow.phrases.get(phrase.index()) else { return };
        let Ok(value) = evaluate(argument, &self.env) else { return };
        let own = phrase.forms.get(self.language).filter(|forms| !forms.is_empty());
        let language = if own.is_some() { self.language } else { 0 };
        let Some(forms) = own.or_else(|| phrase.forms.first()) else { return };
        let here = Renderer { language, ..*self };
        let number = match value.as_ref() {
            Value::Number(number) => Some(*number),
            Value::List(items) => Some(Decimal::from(items.len())),
            Value::None
            | Value::YesNo(_)
            | Value::Money(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Moment(_)
            | Value::Duration(_)
            | Value::Media(_)
            | Value::Record(_) => None,
        };
        let wanted = number.map_or(Plural::Other, |number| here.locale().map_or(Plural::Other, |it| it.plural(number)));
        let form = |plural: Plural| forms.iter().find(|(known, _)| *known == plural).map(|(_, form)| form);
        let nothing = || number.filter(Decimal::is_zero).and_then(|_| form(Plural::Zero));
        let Some(form) = nothing().or_else(|| form(wanted)).or_else(|| form(Plural::Other)) else { return };
        for segment in form {
            match segment {
                Segment::Parameter => match number {
                    Some(number) => here.number(number, out),
                    None => here.value(&value, &argument.ty, out),
                },
                Segment::Literal(_) | Segment::Value { .. } | Segment::Phrase { .. } => {
                    here.segments(std::slice::from_ref(segment), out);
                }
            }
        }
    }

    pub fn locale(&self) -> Option<&'a Locale> {
        self.program.locales.get(self.language).or_else(|| self.program.locales.first())
    }

    fn number(&self, number: Decimal, out: &mut String) {
        match self.locale() {
            Some(locale) => locale.number(number, out),
            None => out.push_str(&number.normalize().to_string()),
        }
    }

    /// Appends a value as customers read it.
    pub fn value(&self, value: &Value, ty: &Type, out: &mut String) {
        let Some(locale) = self.locale() else { return };
        match value {
            Value::None => {}
            Value::YesNo(yes) => {
                let word = if *yes { Standard::Yes } else { Standard::No };
                out.push_str(standard(locale.language(), word));
            }
            Value::Number(number) => locale.number(*number, out),
            Value::Money(money) => {
                locale.money(*money, self.program.exponent(money.currency), out);
            }
            Value::Text(text) => out.push_str(text),
            Value::Date(days) => locale.date(*days, out),
            Value::Time(minutes) => locale.time(*minutes, out),
            Value::Moment(ms) => {
                let (days, minutes) = self.program.local(*ms);
                locale.date(days, out);
                out.push(' ');
                locale.time(minutes, out);
            }
            Value::Duration(ms) => {
                let minutes = Decimal::from(ms / 60_000);
                locale.number(minutes, out);
                out.push_str(" min");
            }
            Value::Media(media) => out.push_str(&media.source),
            Value::List(items) => {
                let item = if let Type::List(item) = ty { item } else { &Type::Unknown };
                for (at, value) in items.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    self.value(value, item, out);
                }
            }
            Value::Record(fields) => self.record(fields, ty, out),
        }
    }

    /// A record reads as its `name`, else as its `number`.
    fn record(&self, fields: &[Value], ty: &Type, out: &mut String) {
        let Type::Record(id) = ty else { return };
        let Some(record) = self.program.shop.records.get(usize::from(id.0)) else { return };
        let Some((at, field)) = record.field("name").or_else(|| record.field("number")) else { return };
        if let Some(value) = fields.get(usize::from(at)) {
            self.value(value, &field.ty, out);
        }
    }
}

/// Everything but letters, digits and `-._~` as `%XX`.
fn percent_encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
