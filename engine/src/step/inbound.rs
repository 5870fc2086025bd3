//! What the customer did, and what it means here (language.md 2.4). Opt-out words come before everything else.

use smol_str::SmolStr;

use super::choices::MORE;
use super::machine::{Machine, Place, Scope};
use super::say::Attach;
use super::select::{Level, LevelKind};
use crate::card;
use crate::event::{Event, EventKind, FORM_UNAVAILABLE, Inbound, ReplyId};
use crate::hir::{ConsentId, EventName, Target, Trigger};
use crate::locale::Standard;
use crate::matching::{choice_number, contains_phrase, fold};
use crate::session::Resume;
use crate::trace::Note;
use crate::value::Value;

/// A session that nothing waits for lives this long after the customer's last message (ruling 13).
const SESSION_LIFE_MS: i64 = 24 * 3_600_000;

impl<'p> Machine<'p> {
    pub fn inbound(&mut self, inbound: &Inbound) {
        let safe = card::redacted(inbound);
        let inbound = safe.as_ref().unwrap_or(inbound);
        if let Inbound::Text(text) | Inbound::Product { text, .. } = inbound {
            self.opt_out(text);
        }
        self.end_if_run_out();
        self.session.last_inbound_ms = self.now_ms;
        self.session.failures = 0;
        if let Some(frame) = self.session.frames.last_mut() {
            frame.fired_quiet = 0;
        }
        if self.session.busy.is_some() {
            self.wait(EventKind::Inbound(inbound.clone()));
        } else {
            self.heard(inbound);
        }
    }

    /// Words like STOP withdraw every consent, whatever else they mean here.
    fn opt_out(&mut self, text: &str) {
        if !self.program.is_opt_out(text) {
            return;
        }
        self.note(Note::OptOut);
        for at in 0..self.program.shop.consents.len() {
            if let Ok(at) = u16::try_from(at) {
                self.consent(ConsentId(at), false);
            }
        }
        if self.program.shop.consents.is_empty() {
            self.record("opt_out", "");
        }
    }

    fn end_if_run_out(&mut self) {
        let session = &self.session;
        let old = self.now_ms.saturating_sub(session.last_inbound_ms) >= SESSION_LIFE_MS;
        let held = session.frames.is_empty() || session.busy.is_some() || session.handed_over;
        if old && !held && self.next_due().is_none() {
            self.note(Note::Expired);
            self.end();
        }
    }

    /// Keeps an event until the call under way has ended.
    pub fn wait(&mut self, kind: EventKind) {
        // What a command came to, the shop's system may tell as well.
        let is_told = |event: &Event| {
            let both = (&event.kind, &kind);
            matches!(both, (EventKind::Order { status, key, .. }, EventKind::Order { status: told, key: of, .. })
                if (status, key) == (told, of))
        };
        if self.session.waiting.iter().any(is_told) {
            return;
        }
        if self.session.waiting.len() >= self.limits.waiting {
            self.record("dropped", "too many events while a call was under way");
            return;
        }
        self.session.waiting.push(Event { at_ms: self.now_ms, kind });
    }

    pub fn unless_busy(&mut self, kind: &EventKind) {
        if self.session.busy.is_some() { self.wait(kind.clone()) } else { self.heard_event(kind) }
    }

    /// Takes what has waited, as far as no new call is under way.
    pub fn drain(&mut self) {
        while self.session.busy.is_none() && !self.session.waiting.is_empty() {
            self.drop_guests();
            let Some(at) = self.session.waiting.iter().position(|event| !self.is_held(&event.kind)) else { return };
            let event = self.session.waiting.remove(at);
            self.microsteps = 0;
            match &event.kind {
                EventKind::Inbound(inbound) => self.heard(inbound),
                kind => self.heard_event(kind),
            }
        }
    }

    /// An act of the customer, now that the conversation is free.
    fn heard(&mut self, inbound: &Inbound) {
        if self.session.handed_over {
            self.note(Note::HandedOver);
            return;
        }
        self.session.event.clear();
        let began_anew = self.session.frames.is_empty();
        if began_anew {
            self.session.epoch = self.session.epoch.wrapping_add(1);
            self.push_frame(crate::hir::FlowId(0));
        }
        if std::mem::take(&mut self.session.lost) {
            let next = self.lost();
            self.run(next);
            return;
        }
        if card::was_in(inbound) {
            let next = self.card_number();
            self.run(next);
            return;
        }
        let next = match inbound {
            Inbound::Text(text) => {
                self.session.event.push(("text".into(), Value::Text(text.clone())));
                self.text(text)
            }
            Inbound::Tap(id) => self.tap(id),
            Inbound::TemplateTap { template, button } => self.template_tap(template, button),
            Inbound::Media(_) | Inbound::Location { .. } | Inbound::Contact { .. } => {
                self.form_given(inbound).or_else(|| self.given_answer(inbound))
            }
            Inbound::Form { form, fields, id } => self.form_done(form, fields, id.as_ref()),
            Inbound::Cart { items } => {
                let items = items.iter().map(|item| {
                    Value::Record([Value::Text(item.sku.clone()), Value::Number(item.quantity.into())].into())
                });
                let items = Value::List(items.collect());
                self.shop_event(&EventName::CartSent, vec![("items".into(), items)])
            }
            Inbound::Product { sku, text } => self.product_asked(sku, text),
            Inbound::Other { .. } => self.not_understood(),
        };
        self.run(next);
    }

    /// A card number was written: says that it was not kept, and asks again.
    fn card_number(&mut self) -> Option<Place> {
        self.note(Note::CardNumber);
        self.say_standard(Standard::CardNumber, &[]);
        if self.is_entered(self.top()) { self.again() } else { self.enter_start() }
    }

    /// The place of the conversation is gone since the flow was changed.
    fn lost(&mut self) -> Option<Place> {
        self.say_standard(Standard::Lost, &[]);
        match self.nearest(|trigger| matches!(trigger, Trigger::Lost)) {
            Some((level, at)) => Some(self.take(level, at)),
            None => self.enter_start(),
        }
    }

    fn shop_event(&mut self, name: &EventName, fields: Vec<(SmolStr, Value)>) -> Option<Place> {
        self.session.event = fields;
        let found = self.first(|trigger| matches!(trigger, Trigger::On { event } if event == name));
        match found {
            Some((level, at)) => {
                self.session.else_count = 0;
                Some(self.take(level, at))
            }
            None => self.not_understood(),
        }
    }

    /// A question about a product. Where nobody listens for those, its words are still words.
    fn product_asked(&mut self, sku: &SmolStr, text: &SmolStr) -> Option<Place> {
        let fields = vec![
            ("item".into(), Value::Text(sku.clone())),
            ("sku".into(), Value::Text(sku.clone())),
            ("text".into(), Value::Text(text.clone())),
        ];
        let listens = |trigger: &Trigger| matches!(trigger, Trigger::On { event: EventName::ProductAsked });
        if text.trim().is_empty() || self.first(listens).is_some() {
            return self.shop_event(&EventName::ProductAsked, fields);
        }
        self.text(text)
    }

    // Texts, in the order of language.md 2.4.

    fn text(&mut self, text: &str) -> Option<Place> {
        let folded = fold(text);
        self.learn_language(&folded);
        self.reserved_word(&folded)
            .or_else(|| self.chosen_by_title(text, &folded))
            .or_else(|| self.heard_here(text, &folded))
            .or_else(|| self.form_text(text, &folded))
            .map_or_else(|| self.answered_or_heard(text, &folded), Some)
    }

    /// A customer who has chosen no language and says a word that only one of the shop's has is spoken to in that one.
    fn learn_language(&mut self, folded: &str) {
        if !self.session.language.is_empty() {
            return;
        }
        let tag = self.program.index.language_of(folded).and_then(|at| self.program.shop.languages.get(at));
        if let Some(tag) = tag {
            self.speak(tag.clone());
        }
    }

    fn reserved_word(&mut self, folded: &str) -> Option<Place> {
        let levels: Vec<_> = self.levels().collect();
        levels.into_iter().find_map(|level| self.hears(level, folded, Hearing::Reserved))
    }

    fn heard_here(&mut self, text: &str, folded: &str) -> Option<Place> {
        let here = self.levels().find(|level| level.kind == LevelKind::State)?;
        let input = Inbound::Text(text.into());
        // Where any text is an answer, a word is only heard when it is the whole message.
        let whole = matches!(self.answer(&input), super::answer::Answer::Fits { .. });
        self.hears(here, folded, if whole { Hearing::Whole } else { Hearing::Contained })
    }

    fn answered_or_heard(&mut self, text: &str, folded: &str) -> Option<Place> {
        let input = Inbound::Text(text.into());
        let answer = self.answer(&input);
        if let super::answer::Answer::Fits { .. } = answer {
            return self.take_answer(answer);
        }
        let outer: Vec<_> = self.levels().filter(|level| level.kind != LevelKind::State).collect();
        let heard = outer.into_iter().find_map(|level| self.hears(level, folded, Hearing::Contained));
        heard.or_else(|| self.take_answer(answer))
    }

    /// The first `hears` of a level that fits.
    pub fn hears(&mut self, level: Level, folded: &str, hearing: Hearing) -> Option<Place> {
        if folded.is_empty() {
            return None;
        }
        let (flow, _) = self.flow_of(Scope::Frame(level.frame));
        let known = self.program.index.flow(flow)?;
        let language = self.language;
        let at = self.first_in(level, |trigger| {
            let Trigger::Hears { words } = trigger else { return false };
            let Some(words) = known.words.get(words.index()) else { return false };
            let own = words.phrases.get(language).filter(|_| language > 0).into_iter().flatten();
            let mut phrases = own.chain(words.phrases.first().into_iter().flatten());
            match hearing {
                Hearing::Reserved => words.reserved && phrases.any(|phrase| phrase == folded),
                Hearing::Whole => phrases.any(|phrase| phrase == folded),
                Hearing::Contained => phrases.any(|phrase| contains_phrase(folded, phrase)),
            }
        })?;
        self.session.else_count = 0;
        Some(self.take(level, at))
    }

    /// A visible title, or its number where no answer takes the text.
    fn chosen_by_title(&mut self, text: &str, folded: &str) -> Option<Place> {
        if !self.is_entered(self.top()) || folded.is_empty() {
            return None;
        }
        let number = choice_number(folded);
        let offers = self.offers();
        let titled = offers.iter().position(|offer| fold(&offer.title) == folded);
        let at = match (titled, number) {
            (Some(at), _) => at,
            (None, Some(number)) => {
                let input = Inbound::Text(text.into());
                if !matches!(self.answer(&input), super::answer::Answer::None) {
                    return None;
                }
                number.checked_sub(1).filter(|at| *at < offers.len())?
            }
            (None, None) => return None,
        };
        let offer = offers.into_iter().nth(at)?;
        match offer.reaction {
            Some(reaction) => self.choose(reaction, &offer.name, offer.item),
            None => self.next_page(),
        }
    }

    /// Takes a choice of the current state.
    pub fn choose(&mut self, reaction: usize, name: &SmolStr, item: Option<(SmolStr, Value)>) -> Option<Place> {
        let level = self.levels().find(|level| level.kind == LevelKind::State)?;
        let chosen = self.reactions(level).get(reaction)?;
        let answer = item.as_ref().map_or_else(|| name.clone(), |(key, _)| key.clone());
        if let (Trigger::Pick { into, .. }, Some((_, value))) = (&chosen.trigger, item) {
            self.set(Scope::Frame(level.frame), *into, value);
        }
        self.understood(Value::Text(answer));
        Some(self.take(level, reaction))
    }

    /// What the state was answered with is kept for `answers.STATE`.
    pub fn understood(&mut self, answer: Value) {
        self.session.else_count = 0;
        let Some(frame) = self.frame() else { return };
        if let Some(slot) = self.program.index.state(frame.flow, frame.state).answer {
            self.set(Scope::Frame(self.top()), Target::Slot(slot), answer);
        }
    }

    fn next_page(&mut self) -> Option<Place> {
        self.session.else_count = 0;
        let frame = self.session.frames.last_mut()?;
        frame.page = frame.page.wrapping_add(1);
        // The same question from what is known: no query is run for turning a page.
        self.ask_from_known();
        None
    }

    // Taps.

    fn tap(&mut self, id: &ReplyId) -> Option<Place> {
        if let Some(template) = id.state.strip_prefix(super::send::TEMPLATE) {
            return self.template_tap(template, &id.choice);
        }
        if !self.is_current(id) {
            return self.stale_tap(id);
        }
        if id.choice == MORE {
            return self.next_page();
        }
        if let Some(option) = id.item.as_ref().filter(|_| self.is_form_choice(&id.choice)) {
            return self.form_option(option);
        }
        match self.tapped(id) {
            Some((reaction, item)) => self.choose(reaction, &id.choice, item),
            None => self.earlier_message(),
        }
    }

    /// Whether an id belongs to the question that waits now.
    pub fn is_current(&self, id: &ReplyId) -> bool {
        let top = self.top();
        let (_, flow) = self.flow_of(Scope::Frame(top));
        self.is_entered(top)
            && id.epoch == self.session.epoch
            && flow.is_some_and(|flow| flow.path == id.flow)
            && self.state_in(top).is_some_and(|state| state.name == id.state || state.was.contains(&id.state))
    }

    /// The reaction to a tap, when it is still offered.
    fn tapped(&mut self, id: &ReplyId) -> Option<(usize, Option<(SmolStr, Value)>)> {
        let level = self.levels().find(|level| level.kind == LevelKind::State)?;
        let reactions = self.reactions(level);
        let at = reactions.iter().position(|reaction| reaction.choice() == Some(&id.choice))?;
        let reaction = reactions.get(at)?;
        if !self.is_enabled(level, at, reaction) {
            return None;
        }
        match (&reaction.trigger, &id.item) {
            (Trigger::Pick { list, .. }, Some(key)) => {
                let item = self.item_of(Scope::Frame(level.frame), list, key)?;
                Some((at, Some((key.clone(), item))))
            }
            (Trigger::Pick { .. }, None) => None,
            (_, _) => Some((at, None)),
        }
    }

    // What nothing fits.

    pub fn not_understood(&mut self) -> Option<Place> {
        if !self.is_entered(self.top()) {
            return self.enter_start();
        }
        self.note(Note::NotUnderstood);
        self.session.else_count = self.session.else_count.saturating_add(1);
        if let Some(place) = self.take_else(true) {
            return Some(place);
        }
        self.say_standard(Standard::NotUnderstood, &[]);
        self.again()
    }

    /// The nearest `else`: the one for so many times in a row, else (when wanted) the plain one.
    pub fn take_else(&mut self, plain: bool) -> Option<Place> {
        let count = self.session.else_count;
        let level = self.nearest_level(|trigger| matches!(trigger, Trigger::Else { .. }))?;
        let times_of = |trigger: &Trigger| if let Trigger::Else { times, .. } = trigger { *times } else { None };
        let counts = self.reactions(level).iter().filter_map(|reaction| times_of(&reaction.trigger));
        let most = counts.max().unwrap_or_default();
        // At the highest number the count begins anew.
        let counted = self.first_in(level, |trigger| times_of(trigger) == Some(count.min(most)));
        let is_plain = |trigger: &Trigger| matches!(trigger, Trigger::Else { times: None, .. });
        let at = match counted {
            Some(at) => {
                if count >= most {
                    self.session.else_count = 0;
                }
                at
            }
            None if plain => self.first_in(level, is_plain)?,
            None => return None,
        };
        let place = self.take(level, at);
        if let Some(Trigger::Else { text: Some(text), .. }) = self.reactions(level).get(at).map(|found| &found.trigger)
        {
            self.say(place.scope, *text, false);
        }
        Some(place)
    }

    pub fn earlier_message(&mut self) -> Option<Place> {
        self.note(Note::StaleTap);
        if !self.is_entered(self.top()) {
            return self.enter_start();
        }
        self.say_standard(Standard::EarlierMessage, &[]);
        self.again()
    }

    // Other events.

    /// An event that is not the customer's, now that the conversation is free.
    pub fn heard_event(&mut self, kind: &EventKind) {
        let (name, fields) = match kind {
            EventKind::Payment { status, order, payment, .. } => (
                EventName::Payment(status.clone()),
                vec![("order".into(), order.clone()), ("payment".into(), payment.clone())],
            ),
            EventKind::Order { status, order, .. } => {
                (EventName::Order(status.clone()), vec![("order".into(), order.clone())])
            }
            EventKind::HandoffClosed { note } => {
                (EventName::HandoffClosed, vec![("note".into(), Value::Text(note.clone()))])
            }
            EventKind::MessageFailed { reason, .. } if reason == FORM_UNAVAILABLE => {
                let next = self.form_unavailable();
                self.run(next);
                return;
            }
            EventKind::MessageFailed { effect, reason } => {
                if let Some(next) = self.failed_send(*effect) {
                    self.run(Some(next));
                    return;
                }
                (EventName::MessageFailed, vec![("reason".into(), Value::Text(reason.clone()))])
            }
            EventKind::Inbound(_) | EventKind::Result { .. } | EventKind::Wake | EventKind::HandoffOpened => return,
        };
        if self.is_held(kind) {
            self.wait(kind.clone());
            return;
        }
        if self.session.handed_over {
            self.note(Note::HandedOver);
            return;
        }
        if self.session.frames.is_empty() {
            self.push_frame(crate::hir::FlowId(0));
        }
        let about = self.news_of(kind).map(|(_, key)| key);
        let mut levels = self.levels();
        let found = levels.find_map(|level| {
            let listens = about.as_ref().is_none_or(|key| self.is_about(level, key));
            let wanted = |trigger: &Trigger| matches!(trigger, Trigger::On { event } if *event == name);
            listens.then(|| self.first_in(level, wanted))?.map(|at| (level, at))
        });
        let next = match found {
            Some((level, at)) => {
                self.session.event = fields;
                Some(self.take(level, at))
            }
            None if name == EventName::HandoffClosed => self.again(),
            None => {
                if let EventKind::MessageFailed { reason, .. } = kind {
                    self.record("not_delivered", reason.as_str());
                }
                None
            }
        };
        self.run(next);
        self.drop_guests();
    }

    /// The `else` of a `send` whose message did not arrive, while the conversation is still in that state.
    fn failed_send(&mut self, effect: crate::effect::EffectId) -> Option<Place> {
        let sent = self.session.sent.filter(|sent| sent.effect == effect)?;
        self.session.sent = None;
        let frame = self.frame().filter(|frame| frame.flow == sent.flow && frame.state == sent.state)?;
        if matches!(frame.resume, Resume::End) {
            return None;
        }
        let place = Place::at(sent.at);
        let crate::hir::StepKind::Send { on_error: Some(dest), .. } = &self.lines(place).get(place.index)?.kind else {
            return None;
        };
        self.trace_error(place);
        self.go(place, dest)
    }

    pub fn begin_at(&mut self, flow: crate::hir::FlowId, state: crate::hir::StateId, values: Vec<Value>) {
        self.session.frames.clear();
        self.session.epoch = self.session.epoch.wrapping_add(1);
        self.push_frame(flow);
        if let Some(frame) = self.session.frames.last_mut() {
            for (slot, value) in frame.values.iter_mut().zip(values) {
                if value != Value::None {
                    *slot = value;
                }
            }
        }
        let next = self.enter(state);
        self.run(next);
    }

    /// Asks again from what is known, without running anything.
    pub fn ask_from_known(&mut self) {
        self.prompted = false;
        let place = Place { scope: Scope::Frame(self.top()), list: crate::session::LineList::Entry, index: 0 };
        self.ask_once_more(place);
        self.flush(Attach::Always);
    }
}

/// How a phrase must stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// The whole message, and a word that always works.
    Reserved,
    Whole,
    Contained,
}
