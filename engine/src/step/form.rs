//! Forms: as one on channels that have them, else asked field by field; answered either way.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::machine::{Machine, Place, Scope};
use super::say::{Attach, Draft};
use super::select::LevelKind;
use crate::event::{Inbound, ReplyId};
use crate::forms::{kind_of, options_of};
use crate::hir::{self, FormId, Target, Trigger};
use crate::locale::{Standard, standard};
use crate::matching::fold;
use crate::outbound::{Choice, Choices, FormField, Message, Section};
use crate::session::FormProgress;
use crate::types::Type;
use crate::value::{Media, MediaType, Value};

/// Channels that show a form as a form.
const WITH_FORMS: [&str; 2] = ["whatsapp", "web"];

/// More options than this are typed, not tapped.
const MOST_BUTTONS: usize = 3;

impl<'p> Machine<'p> {
    /// Whether the form of the current state goes out as one: the channel has it, and nobody is in the middle of its fields.
    pub fn shows_form(&self) -> bool {
        let Some(frame) = self.frame().filter(|_| self.session.form.is_none()) else { return false };
        let form = self.filled().is_some_and(|(_, _, form)| self.limits.forms.has(frame.flow, form));
        form && WITH_FORMS.contains(&self.session.channel.as_str())
    }

    /// The form of the current state could not be shown after all: it is asked field by field.
    pub fn form_unavailable(&mut self) -> Option<Place> {
        if self.session.handed_over || self.session.form.is_some() || self.open_form().is_none() {
            return None;
        }
        self.session.form = Some(FormProgress::default());
        self.again()
    }

    pub fn form_choices(&self, id: FormId) -> Choices {
        let scope = Scope::Frame(self.top());
        let (Some(renderer), Some(form)) = (self.renderer(scope), self.form_at(id)) else { return Choices::None };
        let written = |text: Option<hir::TextId>| text.map(|text| renderer.text_of(text)).unwrap_or_default();
        let fields = form.fields.iter().map(|field| FormField {
            name: field.name.clone(),
            kind: kind_of(&field.ty),
            label: renderer.text_of(field.label),
            optional: field.optional,
            options: self.options(&field.ty).to_vec(),
        });
        Choices::Form {
            id: self.reply_id(form.name.clone(), None),
            form: form.name.clone(),
            title: written(form.title),
            submit: written(form.submit),
            fields: fields.collect(),
        }
    }

    fn form_at(&self, id: FormId) -> Option<&'p hir::Form> {
        self.flow_of(Scope::Frame(self.top())).1?.forms.get(id.index())
    }

    /// The form that the current state asks for: its reaction, where its answers go, and the form.
    fn open_form(&self) -> Option<(usize, Option<Target>, &'p hir::Form)> {
        let (at, into, form) = self.filled()?;
        Some((at, into, self.form_at(form)?))
    }

    fn filled(&self) -> Option<(usize, Option<Target>, FormId)> {
        let level = self.levels().find(|level| level.kind == LevelKind::State)?;
        let mut reactions = self.reactions(level).iter().enumerate();
        reactions.find_map(|(at, reaction)| {
            let Trigger::Fill { form, into } = &reaction.trigger else { return None };
            Some((at, *into, *form))
        })
    }

    /// The field that is asked now: the first that has no answer yet.
    fn asked(&self) -> Option<&'p hir::FormField> {
        let progress = self.session.form.as_ref()?;
        let (_, _, form) = self.open_form()?;
        form.fields.iter().find(|field| !progress.has(&field.name))
    }

    fn options(&self, ty: &'p Type) -> &'p [SmolStr] {
        options_of(&self.program.shop, ty)
    }

    // Field by field.

    /// Asks the first field, or the one where the form was left.
    pub fn ask_form(&mut self) {
        self.session.form.get_or_insert_default();
        self.ask_field();
    }

    fn ask_field(&mut self) {
        let Some((_, _, form)) = self.open_form() else { return };
        let scope = Scope::Frame(self.top());
        let (Some(field), Some(renderer)) = (self.asked(), self.renderer(scope)) else { return };
        let mut text = String::new();
        let language = renderer.text(field.label, &mut text);
        let key = renderer.env.flow.texts.get(field.label.index()).map(|entry| entry.key.clone()).unwrap_or_default();
        if field.optional {
            text.push(' ');
            text.push_str(standard(self.languages()[0], Standard::MayBeSkipped));
        }
        let choice = |option: &SmolStr, title: &str| Choice {
            id: self.reply_id(form.name.clone(), Some(format_smolstr!("{}.{option}", field.name))),
            title: title.to_string(),
            note: String::new(),
        };
        let options = self.options(&field.ty);
        let language_name = self.languages()[0];
        let choices = if field.ty == Type::YesNo {
            let words = [("yes", Standard::Yes), ("no", Standard::No)];
            Choices::Buttons(words.map(|(key, word)| choice(&key.into(), standard(language_name, word))).to_vec())
        } else if options.is_empty() || options.len() > self.limits.rows {
            Choices::None
        } else if options.len() <= MOST_BUTTONS {
            Choices::Buttons(options.iter().map(|option| choice(option, option)).collect())
        } else {
            let rows = options.iter().map(|option| choice(option, option)).collect();
            let label = standard(language_name, Standard::List).to_string();
            Choices::List { label, sections: vec![Section { title: String::new(), rows }] }
        };
        let language = self.program.shop.languages.get(language).cloned().unwrap_or_default();
        let message = Message { text, key, language, choices, ..Message::default() };
        self.drafts.push(Draft { message, asks: false });
        self.flush(Attach::Never);
    }

    pub fn is_form_choice(&self, choice: &str) -> bool {
        self.session.form.is_some() && self.open_form().is_some_and(|(_, _, form)| form.name == choice)
    }

    /// A tap on an option of a field; `FIELD.OPTION` tells an earlier field's from the one that is asked now.
    pub fn form_option(&mut self, key: &str) -> Option<Place> {
        let field = self.asked();
        match key.split_once('.').filter(|(name, _)| field.is_some_and(|field| field.name == *name)) {
            Some((_, option)) => self.form_text(option, &fold(option)),
            None => self.earlier_message(),
        }
    }

    /// A text while a form is asked field by field. Words that are heard anywhere still are, as whole messages.
    pub fn form_text(&mut self, text: &str, folded: &str) -> Option<Place> {
        self.session.form.as_ref()?;
        let levels: Vec<_> = self.levels().collect();
        let heard = levels.into_iter().find_map(|level| self.hears(level, folded, super::inbound::Hearing::Whole));
        if heard.is_some() {
            return heard;
        }
        let (_, _, form) = self.open_form()?;
        let field = self.asked()?;
        let skips = standard(self.languages()[0], Standard::SkipWords).split(", ");
        let skipped = field.optional
            && skips.into_iter().any(|word| word == text.trim() || fold(word) == *folded && !folded.is_empty());
        if !skipped && self.read_words(&field.ty, text).is_none() {
            return self.field_wrong(field);
        }
        self.field_done(form, if skipped { SmolStr::default() } else { text.into() })
    }

    /// A picture, place or contact while a form is asked field by field. `None`: none is.
    pub fn form_given(&mut self, input: &Inbound) -> Option<Place> {
        let field = self.asked()?;
        let (_, _, form) = self.open_form()?;
        match input {
            Inbound::Media(media) if media_kind(&field.ty) == Some(media.kind) => {
                self.field_done(form, format_smolstr!("{} {}", media.source, media.mime))
            }
            // Words under a picture nobody asked for count as words.
            Inbound::Media(media) if !media.caption.is_empty() => self.form_text(&media.caption, &fold(&media.caption)),
            Inbound::Contact { phone, .. } if field.ty == Type::Phone => self.form_text(phone, &fold(phone)),
            _ => self.field_wrong(field),
        }
    }

    fn field_done(&mut self, form: &'p hir::Form, answer: SmolStr) -> Option<Place> {
        let field = self.asked()?;
        let mut progress = self.session.form.take()?;
        progress.fields.push((field.name.clone(), answer));
        if form.fields.iter().all(|field| progress.has(&field.name)) {
            return self.form_filled(&form.name, &progress.fields, true);
        }
        self.session.form = Some(progress);
        self.session.else_count = 0;
        self.ask_field();
        Some(self.nowhere())
    }

    /// A place without lines: the event was understood, and nothing more is to be done.
    fn nowhere(&self) -> Place {
        let list = crate::session::LineList::State(u16::MAX);
        Place { scope: Scope::Frame(self.top()), list, index: 0 }
    }

    fn field_wrong(&mut self, field: &'p hir::FormField) -> Option<Place> {
        self.session.else_count = self.session.else_count.saturating_add(1);
        if let Some(place) = self.take_else(false) {
            return Some(place);
        }
        self.say_field_wrong(field);
        self.ask_field();
        Some(self.nowhere())
    }

    fn say_field_wrong(&mut self, field: &'p hir::FormField) {
        let label = self.renderer(Scope::Frame(self.top())).map(|renderer| renderer.text_of(field.label));
        self.say_standard(Standard::FieldWrong, &[("{field}", &label.unwrap_or_default())]);
    }

    // A whole form.

    /// A form that came back whole, in the customer's words alone. `id`: what it was sent as; one that does not belong to the
    /// current question is an old one.
    pub fn form_done(&mut self, name: &str, answers: &[(SmolStr, SmolStr)], id: Option<&ReplyId>) -> Option<Place> {
        if id.is_some_and(|id| !self.is_current(id)) {
            return self.earlier_message();
        }
        self.form_filled(name, answers, false)
    }

    /// `asked`: field by field, so that files among the answers are real ones, which we wrote down ourselves.
    fn form_filled(&mut self, name: &str, answers: &[(SmolStr, SmolStr)], asked: bool) -> Option<Place> {
        let Some((reaction, into, form)) = self.open_form().filter(|(_, _, form)| form.name == name) else {
            return self.earlier_message();
        };
        let record = self.program.shop.records.get(usize::from(form.record.0))?;
        let mut values = Vec::with_capacity(record.fields.len());
        let mut understood = FormProgress::default();
        let mut wrong = None;
        for declared in &record.fields {
            let Some(field) = form.fields.iter().find(|field| field.name == declared.name) else {
                values.push(Value::None);
                continue;
            };
            let answer = answers.iter().find(|(known, _)| *known == field.name).map_or("", |(_, text)| text.as_str());
            let file = media_kind(&field.ty).filter(|_| asked).and_then(|kind| file_of(kind, answer));
            let value = file.or_else(|| self.read_words(&field.ty, answer));
            if value.is_some() || field.optional && answer.trim().is_empty() {
                understood.fields.push((field.name.clone(), answer.into()));
                values.push(value.unwrap_or_default());
            } else {
                wrong = wrong.or(Some(field));
            }
        }
        // What was understood is kept, and only the rest is asked.
        if let Some(field) = wrong {
            self.session.form = Some(understood);
            return self.field_wrong(field);
        }
        let level = self.levels().find(|level| level.kind == LevelKind::State)?;
        self.session.form = None;
        if let Some(into) = into {
            self.set(Scope::Frame(level.frame), into, Value::Record(values.into()));
        }
        self.understood(Value::Text(name.into()));
        Some(self.take(level, reaction))
    }
}

fn media_kind(ty: &Type) -> Option<MediaType> {
    if *ty == Type::Image {
        Some(MediaType::Image)
    } else if *ty == Type::Video {
        Some(MediaType::Video)
    } else if *ty == Type::Document {
        Some(MediaType::Document)
    } else if *ty == Type::Voice {
        Some(MediaType::Audio)
    } else {
        None
    }
}

/// The file of an answer as `form_given` wrote it down: where it lies, and its type.
fn file_of(kind: MediaType, answer: &str) -> Option<Value> {
    let (source, mime) = answer.split_once(' ')?;
    Some(Value::Media(Arc::new(Media { kind, source: source.into(), mime: mime.into(), caption: SmolStr::default() })))
}
