//! Messages: sending lines become drafts, lines below join the draft above, and drafts become effects in order.

use std::sync::Arc;

use smol_str::SmolStr;

use super::machine::{Machine, Place, Scope};
use crate::effect::EffectKind;
use crate::hir::{Segment, StepKind, TextId};
use crate::locale::{Standard, standard};
use crate::outbound::{Choices, Message, Outbound};
use crate::value::{Media, MediaType};

/// A message that is not sent yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub message: Message,
    /// It is the question of its state.
    pub asks: bool,
}

/// Which draft takes the choices of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attach {
    /// The question, else the last message.
    Always,
    /// The question, if it is among the drafts.
    ToPrompt,
    /// None: the state is being left.
    Never,
}

impl<'p> Machine<'p> {
    /// Runs a line that sends or joins what is sent; any other line is passed over.
    pub fn sending_line(&mut self, place: Place, line: &'p StepKind) {
        if matches!(place.scope, Scope::Follower(_)) {
            return;
        }
        match line {
            StepKind::Say { text, guard, quotes } => {
                if self.guarded(place, guard.as_ref()) {
                    self.say(place.scope, *text, false);
                    if let Some(draft) = self.drafts.last_mut().filter(|_| *quotes) {
                        draft.message.answers = Some(SmolStr::default());
                    }
                }
            }
            StepKind::Ask { text, guard } => {
                if self.guarded(place, guard.as_ref()) {
                    self.say(place.scope, *text, true);
                }
            }
            StepKind::Media { kind, guard, source } => {
                if self.guarded(place, guard.as_ref()) {
                    self.media(place.scope, media_type(*kind), source);
                }
            }
            StepKind::Link { name, guard, title, url } => {
                if self.guarded(place, guard.as_ref()) {
                    self.link(place.scope, name, *title, url);
                }
            }
            StepKind::Show(shown) => self.show(place.scope, shown),
            StepKind::Footer { text } => {
                let footer = self.renderer(place.scope).map(|renderer| renderer.text_of(*text));
                if let (Some(draft), Some(footer)) = (self.drafts.last_mut(), footer) {
                    draft.message.footer = footer;
                }
            }
            // The label of a list is read where the choices are put together.
            StepKind::List { .. }
            | StepKind::Alert { .. }
            | StepKind::Call(_)
            | StepKind::Consent { .. }
            | StepKind::Set { .. }
            | StepKind::Send { .. }
            | StepKind::Jump { .. } => {}
        }
    }

    /// A text of the flow; an empty one is not sent.
    pub fn say(&mut self, scope: Scope, text: TextId, asks: bool) {
        let Some(renderer) = self.renderer(scope) else { return };
        let mut words = String::with_capacity(128);
        let language = renderer.text(text, &mut words);
        let key = renderer.env.flow.texts.get(text.index()).map(|entry| entry.key.clone()).unwrap_or_default();
        let language = self.program.shop.languages.get(language).cloned().unwrap_or_default();
        // A picture right above becomes the header.
        let header_above = self.drafts.last_mut().filter(|draft| draft.takes_words());
        if let Some(draft) = header_above {
            draft.message.text = words;
            draft.message.key = key;
            draft.message.language = language;
            draft.asks = asks;
        } else if !words.is_empty() {
            let message = Message { text: words, key, language, ..Message::default() };
            self.drafts.push(Draft { message, asks });
        }
    }

    /// A text that the engine brings along; `fill` replaces what stands in braces.
    pub fn say_standard(&mut self, text: Standard, fill: &[(&str, &str)]) {
        let mut words = standard(self.languages()[0], text).to_string();
        for (name, value) in fill {
            words = words.replace(name, value);
        }
        self.say_words(words, "standard");
    }

    pub fn say_words(&mut self, words: String, key: &str) {
        let language = self.program.shop.languages.get(self.language).cloned().unwrap_or_default();
        let message = Message { text: words, key: SmolStr::new(key), language, ..Message::default() };
        self.drafts.push(Draft { message, asks: false });
    }

    fn media(&mut self, scope: Scope, kind: MediaType, source: &[Segment]) {
        let Some(media) = self.media_of(scope, kind, source) else { return };
        let language = self.program.shop.languages.get(self.language).cloned().unwrap_or_default();
        let message = Message { header: Some(Arc::new(media)), language, ..Message::default() };
        self.drafts.push(Draft { message, asks: false });
    }

    pub fn media_of(&self, scope: Scope, kind: MediaType, source: &[Segment]) -> Option<Media> {
        let mut address = String::new();
        self.renderer(scope)?.segments(source, &mut address);
        let address = address.trim();
        let empty = SmolStr::default();
        (!address.is_empty()).then(|| Media { kind, source: address.into(), mime: empty.clone(), caption: empty })
    }

    fn link(&mut self, scope: Scope, name: &SmolStr, title: TextId, url: &[Segment]) {
        let Some(renderer) = self.renderer(scope) else { return };
        let title = renderer.text_of(title);
        let mut address = String::new();
        renderer.segments(url, &mut address);
        let above = self.drafts.last_mut().map(|draft| &mut draft.message.choices);
        if let Some(Choices::Order { pay: pay @ None, .. }) = above {
            *pay = Some((name.clone(), title, address));
            return;
        }
        let link = Choices::Link { name: name.clone(), title: title.clone(), url: address };
        match self.drafts.last_mut().filter(|draft| draft.message.choices == Choices::None) {
            Some(draft) => draft.message.choices = link,
            None => {
                let message = Message { text: title, choices: link, key: name.clone(), ..Message::default() };
                self.drafts.push(Draft { message, asks: false });
            }
        }
    }

    /// Sends the drafts.
    pub fn flush(&mut self, attach: Attach) {
        let asks = self.drafts.iter().any(|draft| draft.asks);
        let wanted = match attach {
            Attach::Always => !self.prompted,
            Attach::ToPrompt => asks && !self.prompted,
            Attach::Never => false,
        };
        let mut field = None;
        if wanted {
            let choices = self.choices();
            if matches!(choices, Choices::Form { .. }) && !self.shows_form() {
                field = Some(());
            } else if choices != Choices::None {
                self.attach(choices);
            }
            self.prompted = asks || !self.drafts.is_empty();
        }
        for draft in std::mem::take(&mut self.drafts) {
            self.effect(EffectKind::Send(Outbound::Message(draft.message)));
        }
        if field.is_some() {
            self.ask_form();
        }
    }

    fn attach(&mut self, choices: Choices) {
        let asking = self.drafts.iter().rposition(|draft| draft.asks);
        let takes = |draft: &Draft| !matches!(draft.message.choices, Choices::Place { .. } | Choices::Emoji);
        let last = self.drafts.iter().rposition(takes);
        let Some((at, draft)) = asking.or(last).and_then(|at| Some((at, self.drafts.get_mut(at)?))) else { return };
        let language = draft.message.language.clone();
        match std::mem::replace(&mut draft.message.choices, choices) {
            Choices::None => {}
            // A message has one kind of choice: a link beside buttons is written out, and what is shown goes ahead.
            Choices::Link { title, url, .. } => draft.message.text.push_str(&format!("\n{title}: {url}")),
            shown => {
                let message =
                    Message { text: shown.words().to_string(), choices: shown, language, ..Message::default() };
                self.drafts.insert(at, Draft { message, asks: false });
            }
        }
    }
}

impl Draft {
    fn takes_words(&self) -> bool {
        let joins = |media: &Arc<Media>| !matches!(media.kind, MediaType::Audio | MediaType::Sticker);
        self.message.text.is_empty() && self.message.header.as_ref().is_some_and(joins)
    }
}

fn media_type(kind: duka_dsl::ast::MediaKind) -> MediaType {
    use duka_dsl::ast::MediaKind;
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Video => MediaType::Video,
        MediaKind::Audio => MediaType::Audio,
        MediaKind::Document => MediaType::Document,
    }
}
