//! What a waiting state offers: buttons, rows, items of lists, forms. The same list serves the message and the meaning of
//! a typed title or number.

use smol_str::{SmolStr, ToSmolStr};

use super::machine::{Machine, Place, Scope};
use crate::event::ReplyId;
use crate::expression::{Env, evaluate};
use crate::hir::{EventName, Reaction, StepKind, TextId, Trigger};
use crate::limits::whatsapp;
use crate::locale::{Standard, standard};
use crate::outbound::{Choice, Choices, Section};
use crate::render::Renderer;
use crate::session::LineList;
use crate::types::Type;
use crate::value::Value;

/// The name of the row that shows the next page. No choice of a flow can have it.
pub(super) const MORE: &str = "+more";

/// Something the customer can choose now.
pub(super) struct Offer {
    /// By position among the state's reactions; `None` for the row that shows more.
    pub reaction: Option<usize>,
    pub name: SmolStr,
    pub title: String,
    note: String,
    /// The item of a list, with its key.
    pub item: Option<(SmolStr, Value)>,
    section: Option<TextId>,
    is_button: bool,
}

impl<'p> Machine<'p> {
    /// The choices of the state in the innermost frame.
    pub fn choices(&mut self) -> Choices {
        let Some(state) = self.state_in(self.top()) else { return Choices::None };
        for reaction in &state.reactions {
            match &reaction.trigger {
                Trigger::Fill { form, .. } => return self.form_choices(*form),
                Trigger::Answer { into, .. } if self.is_location(*into) => return Choices::Location,
                Trigger::Button { .. }
                | Trigger::Row { .. }
                | Trigger::Pick { .. }
                | Trigger::Answer { .. }
                | Trigger::Hears { .. }
                | Trigger::On { .. }
                | Trigger::After { .. }
                | Trigger::Quiet { .. }
                | Trigger::Else { .. }
                | Trigger::Failed
                | Trigger::Lost => {}
            }
        }
        let offers = self.offers();
        if offers.is_empty() {
            let number =
                |reaction: &Reaction| matches!(reaction.trigger, Trigger::Answer { into, .. } if self.is_number(into));
            if state.reactions.iter().any(number) { Choices::Contact } else { Choices::None }
        } else if offers.iter().all(|offer| offer.is_button) {
            Choices::Buttons(offers.into_iter().map(|offer| self.choice(offer)).collect())
        } else {
            self.list(offers)
        }
    }

    fn list(&self, offers: Vec<Offer>) -> Choices {
        let scope = Scope::Frame(self.top());
        let steps = self.state_in(self.top()).map_or(&[][..], |state| &state.steps);
        let opener = steps.iter().find_map(|step| match step.kind {
            StepKind::List { label, cards } => Some((label, cards)),
            _ => None,
        });
        let (label, cards) = (opener.map(|(label, _)| label), opener.is_some_and(|(_, cards)| cards));
        let written = |text: TextId| self.renderer(scope).map(|renderer| renderer.text_of(text));
        let label =
            label.and_then(written).unwrap_or_else(|| standard(self.languages()[0], Standard::List).to_string());
        if let Some(pictures) = if cards { self.pictures(&offers) } else { None } {
            let rows = offers.into_iter().map(|offer| self.choice(offer)).collect();
            return Choices::Cards { label, rows, pictures, from_catalogue: self.shows_products() };
        }
        let mut sections: Vec<Section> = Vec::new();
        let mut current = None;
        for offer in offers {
            if sections.is_empty() || offer.section != current {
                current = offer.section;
                let title = offer.section.and_then(written).unwrap_or_default();
                sections.push(Section { title, rows: Vec::new() });
            }
            let row = self.choice(offer);
            if let Some(section) = sections.last_mut() {
                section.rows.push(row);
            }
        }
        if self.shows_products() { Choices::Products { label, sections } } else { Choices::List { label, sections } }
    }

    /// The picture of each row. `None`: one has none.
    fn pictures(&self, offers: &[Offer]) -> Option<Vec<SmolStr>> {
        let state = self.state_in(self.top())?;
        let picture = |offer: &Offer| {
            let Trigger::Pick { list, .. } = &state.reactions.get(offer.reaction?)?.trigger else { return None };
            let Type::List(item) = &list.ty else { return None };
            let (_, value) = offer.item.as_ref()?;
            self.picture_of(item, value).map(|photo| photo.source.clone())
        };
        offers.iter().map(picture).collect()
    }

    /// Whether all that the state offers are products, which the channel shows from the shop's catalogue. A cart comes
    /// back, so somebody must listen for one.
    fn shows_products(&self) -> bool {
        if !self.has_catalogue() {
            return false;
        }
        let Some(product) = self.program.shop.known_records.product else { return false };
        let Some(state) = self.state_in(self.top()) else { return false };
        let products = Type::List(Box::new(Type::Record(product)));
        let picks_product = |reaction: &Reaction| {
            let picks = matches!(&reaction.trigger, Trigger::Pick { list, .. } if list.ty == products);
            picks || reaction.choice().is_none()
        };
        let hears_cart = |trigger: &Trigger| matches!(trigger, Trigger::On { event: EventName::CartSent });
        state.reactions.iter().all(picks_product) && self.nearest_level(hears_cart).is_some()
    }

    fn choice(&self, offer: Offer) -> Choice {
        Choice { id: self.reply_id(offer.name, offer.item.map(|(key, _)| key)), title: offer.title, note: offer.note }
    }

    /// The wire id of a choice of the current state.
    pub fn reply_id(&self, choice: SmolStr, item: Option<SmolStr>) -> ReplyId {
        let (_, flow) = self.flow_of(Scope::Frame(self.top()));
        let state = self.state_in(self.top()).map(|state| state.name.clone()).unwrap_or_default();
        let flow = flow.map(|flow| flow.path.clone()).unwrap_or_default();
        self.reply_id_in(flow, state, choice, item)
    }

    pub fn reply_id_in(&self, flow: SmolStr, state: SmolStr, choice: SmolStr, item: Option<SmolStr>) -> ReplyId {
        let [a, b, c, d, ..] = self.program.revision.0;
        ReplyId { flow, state, choice, item, revision: u32::from_be_bytes([a, b, c, d]), epoch: self.session.epoch }
    }

    /// Buttons, rows and items whose guards hold, in order; a long list shows one page.
    pub fn offers(&mut self) -> Vec<Offer> {
        let top = self.top();
        let scope = Scope::Frame(top);
        let Some(state) = self.state_in(top) else { return Vec::new() };
        let mut open: Vec<usize> = Vec::with_capacity(state.reactions.len());
        for (at, reaction) in state.reactions.iter().enumerate() {
            if reaction.choice().is_some() && self.is_open(scope, at, reaction) {
                open.push(at);
            }
        }
        let Some(renderer) = self.renderer(scope) else { return Vec::new() };
        let picked: Vec<&Reaction> = open.iter().filter_map(|at| state.reactions.get(*at)).collect();
        let window = self.page(&renderer.env, &picked);
        let mut offers = Vec::with_capacity(open.len());
        let mut seen = 0;
        for at in open {
            let Some(reaction) = state.reactions.get(at) else { continue };
            offer(&renderer, at, reaction, &window, &mut seen, &mut offers);
        }
        if window.more {
            let title = standard(self.languages()[0], Standard::More).to_string();
            offers.push(Offer {
                reaction: None,
                name: MORE.into(),
                title,
                note: String::new(),
                item: None,
                section: offers.last().and_then(|offer| offer.section),
                is_button: false,
            });
        }
        offers
    }

    fn is_open(&mut self, scope: Scope, at: usize, reaction: &Reaction) -> bool {
        let Some(guard) = &reaction.guard else { return true };
        let list = LineList::State(u16::try_from(at).unwrap_or(u16::MAX));
        self.holds(Place { scope, list, index: 0 }, guard)
    }

    /// Which items of long lists are shown: those of the frame's page, so that all rows together fit one list.
    fn page(&self, env: &Env<'_>, open: &[&Reaction]) -> Window {
        let mut items = 0;
        let mut fixed = 0;
        for reaction in open {
            if let Trigger::Pick { list, .. } = &reaction.trigger {
                if let Ok(Value::List(list)) = evaluate(list, env).as_deref() {
                    items += list.len();
                }
            } else {
                fixed += 1;
            }
        }
        let rows = if self.shows_products() { whatsapp::PRODUCTS } else { self.limits.rows };
        if items + fixed <= rows || items == 0 {
            return Window { from: 0, to: items, more: false };
        }
        let each = self.limits.rows.saturating_sub(fixed + 1).max(1);
        let pages = items.div_ceil(each);
        let page = usize::from(self.frame().map_or(0, |frame| frame.page)) % pages;
        let from = page * each;
        Window { from, to: (from + each).min(items), more: true }
    }
}

/// A part of the items of all lists of a state, counted together.
struct Window {
    from: usize,
    to: usize,
    more: bool,
}

fn offer(
    renderer: &Renderer<'_>,
    at: usize,
    reaction: &Reaction,
    window: &Window,
    seen: &mut usize,
    offers: &mut Vec<Offer>,
) {
    let plain = |name: &SmolStr, title: TextId, note: Option<TextId>, is_button: bool| Offer {
        reaction: Some(at),
        name: name.clone(),
        title: renderer.text_of(title),
        note: note.map(|note| renderer.text_of(note)).unwrap_or_default(),
        item: None,
        section: reaction.section,
        is_button,
    };
    match &reaction.trigger {
        Trigger::Button { name, title } => offers.push(plain(name, *title, None, true)),
        Trigger::Row { name, title, note } => offers.push(plain(name, *title, *note, false)),
        Trigger::Pick { name, into, list, title, note } => {
            let Ok(value) = evaluate(list, &renderer.env) else { return };
            let Value::List(items) = value.as_ref() else { return };
            let key = KeyField::of(renderer, &list.ty);
            for (index, item) in items.iter().enumerate() {
                let here = *seen;
                *seen += 1;
                if !(window.from..window.to).contains(&here) {
                    continue;
                }
                let env = Env { item: Some((*into, item)), ..renderer.env };
                let of_item = Renderer { program: renderer.program, env, language: renderer.language };
                offers.push(Offer {
                    reaction: Some(at),
                    name: name.clone(),
                    title: of_item.text_of(*title),
                    note: note.map(|note| of_item.text_of(note)).unwrap_or_default(),
                    item: Some((key.key(index, item), item.clone())),
                    section: reaction.section,
                    is_button: false,
                });
            }
        }
        Trigger::Answer { .. }
        | Trigger::Fill { .. }
        | Trigger::Hears { .. }
        | Trigger::On { .. }
        | Trigger::After { .. }
        | Trigger::Quiet { .. }
        | Trigger::Else { .. }
        | Trigger::Failed
        | Trigger::Lost => {}
    }
}

/// Where the items of a list keep their key.
pub(super) struct KeyField(Option<usize>);

impl KeyField {
    fn of(renderer: &Renderer<'_>, list: &Type) -> KeyField {
        let Type::List(item) = list else { return KeyField(None) };
        KeyField::of_record(renderer.program, item)
    }

    pub fn of_record(program: &crate::program::Program, ty: &Type) -> KeyField {
        const KEYS: [&str; 6] = ["sku", "id", "number", "code", "key", "url"];
        let Type::Record(id) = ty else { return KeyField(None) };
        let record = program.shop.records.get(usize::from(id.0));
        let field = record.and_then(|record| KEYS.iter().find_map(|key| record.field(key)));
        KeyField(field.map(|(at, _)| usize::from(at)))
    }

    /// The key of an item, else its position.
    pub fn key(&self, index: usize, item: &Value) -> SmolStr {
        self.written(item).unwrap_or_else(|| index.to_smolstr())
    }

    pub fn written(&self, item: &Value) -> Option<SmolStr> {
        let field = if let Value::Record(fields) = item { fields.get(self.0?)? } else { item };
        match field {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(number.normalize().to_smolstr()),
            Value::None
            | Value::YesNo(_)
            | Value::Money(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Moment(_)
            | Value::Duration(_)
            | Value::Media(_)
            | Value::List(_)
            | Value::Record(_) => None,
        }
    }

    /// The item of a list with this key.
    pub fn find(&self, items: &[Value], wanted: &str) -> Option<Value> {
        items.iter().enumerate().find(|(index, item)| self.key(*index, item) == wanted).map(|(_, item)| item.clone())
    }
}
