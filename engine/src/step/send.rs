//! Templates: the same words as an approved template and as a message, and what forbids them.

use std::sync::Arc;

use duka_dsl::ast::Category;
use smol_str::{SmolStr, format_smolstr};

use super::machine::{Machine, Place, Scope};
use super::say::Attach;
use crate::effect::EffectKind;
use crate::hir::{Dest, Expr, ExprKind, Flow, Segment, Shop, Template, TemplateId, TextId, TextPiece, Trigger};
use crate::limits::Channel;
use crate::outbound::{Choice, Choices, Message, Outbound, TemplateButton, TemplateMessage};
use crate::render::Renderer;
use crate::session::Sent;
use crate::value::{MediaType, Value};

/// In a choice's state, before the name of the template it belongs to. No state can have it.
pub(super) const TEMPLATE: &str = "template.";

impl<'p> Machine<'p> {
    pub fn send(&mut self, place: Place, id: TemplateId, on_error: Option<&'p Dest>) -> Option<Place> {
        self.flush(Attach::ToPrompt);
        let (flow_id, flow) = self.flow_of(place.scope);
        let Some(template) = flow.and_then(|flow| flow.templates.get(id.index())) else { return Some(place.next()) };
        if let Some(reason) = self.forbids(template) {
            return self.not_sent(place, template, reason, on_error);
        }
        let Some(message) = self.template_message(place.scope, template) else { return Some(place.next()) };
        let effect = self.effect(EffectKind::Send(Outbound::Template(message)));
        match place.scope {
            Scope::Frame(at) if on_error.is_some() => {
                let state = self.session.frames.get(at).map(|frame| frame.state).unwrap_or_default();
                self.session.sent = Some(Sent { effect, flow: flow_id, state, at: place.cursor() });
            }
            Scope::Frame(_) => {}
            Scope::Follower(at) => {
                if let Some(follower) = self.session.followers.get_mut(at) {
                    follower.sent = Some(effect);
                }
            }
        }
        Some(place.next())
    }

    /// Why a template can not be sent: marketing needs the consent it is about, and a channel without templates an open
    /// window.
    fn forbids(&self, template: &Template) -> Option<&'static str> {
        let given = |consent: crate::hir::ConsentId| {
            self.session.consents.get(consent.index()).is_some_and(|consent| consent.given)
        };
        if template.category == Category::Marketing && !template.about.is_some_and(given) {
            return Some("no consent");
        }
        let channel = Channel::named(&self.session.channel).filter(|channel| channel.template.is_none());
        let window_ms = channel.and_then(Channel::window_ms)?;
        let silence_ms = self.now_ms.saturating_sub(self.session.last_inbound_ms);
        (silence_ms >= window_ms).then_some("the window is closed")
    }

    fn not_sent(
        &mut self,
        place: Place,
        template: &Template,
        reason: &str,
        on_error: Option<&'p Dest>,
    ) -> Option<Place> {
        match on_error {
            Some(dest) => {
                self.trace_error(place);
                self.go(place, dest)
            }
            None => {
                self.record("not_sent", format!("{}: {reason}", template.name));
                Some(place.next())
            }
        }
    }

    fn template_message(&self, scope: Scope, template: &'p Template) -> Option<TemplateMessage> {
        let renderer = self.renderer(scope)?;
        let flow = renderer.env.flow;
        let mut body = String::with_capacity(160);
        let language = renderer.text(template.body, &mut body);
        let language = self.program.shop.languages.get(language).cloned().unwrap_or_default();
        let image = template.image.as_ref().and_then(|source| self.media_of(scope, MediaType::Image, source));
        let mut buttons = Vec::new();
        let mut live = Vec::new();
        for button in &template.buttons {
            let Trigger::Button { name, title } = &button.trigger else { continue };
            let title = renderer.text_of(*title);
            let state = format_smolstr!("{TEMPLATE}{}", template.name);
            let id = self.reply_id_in(flow.path.clone(), state, name.clone(), None);
            live.push(Choice { id, title: title.clone(), note: String::new() });
            buttons.push(TemplateButton { name: name.clone(), title, url: None, fixed: 0 });
        }
        let mut choices = if live.is_empty() { Choices::None } else { Choices::Buttons(live) };
        for link in &template.links {
            let title = renderer.text_of(link.title);
            let mut url = String::new();
            renderer.segments(&link.url, &mut url);
            if choices == Choices::None {
                choices = Choices::Link { name: link.name.clone(), title: title.clone(), url: url.clone() };
            }
            let literal = |segment: &Segment| match segment {
                Segment::Literal(text) => Some(text.len()),
                Segment::Value { .. } | Segment::Phrase { .. } | Segment::Parameter => None,
            };
            let fixed = link.url.iter().map_while(literal).sum();
            buttons.push(TemplateButton { name: link.name.clone(), title, url: Some(url), fixed });
        }
        let key = flow.texts.get(template.body.index()).map(|entry| entry.key.clone()).unwrap_or_default();
        let footer = template.footer.map(|footer| renderer.text_of(footer)).unwrap_or_default();
        let header = image.map(Arc::new);
        Some(TemplateMessage {
            name: template.name.clone(),
            category: template.category,
            about: template
                .about
                .and_then(|about| self.program.shop.consents.get(about.index()))
                .map(|it| it.name.clone()),
            language: language.clone(),
            values: values(&renderer, template.body),
            buttons,
            session: Message { header, text: body, footer, choices, key, language, answers: None },
            subject: self.subject(scope),
        })
    }

    /// The order that the template is about.
    fn subject(&self, scope: Scope) -> Value {
        let (flow, _) = self.flow_of(scope);
        let orders = self.program.index.flow(flow).map_or(&[][..], |flow| &flow.orders);
        let mut kept = orders.iter().filter_map(|slot| self.value_at(scope, crate::hir::Target::Slot(*slot)));
        kept.rfind(|value| **value != Value::None).cloned().unwrap_or_default()
    }
}

/// The live values of a text, by how they are written in the first language, each once.
fn values(renderer: &Renderer<'_>, text: TextId) -> Vec<(SmolStr, String)> {
    let mut found: Vec<(SmolStr, String)> = Vec::new();
    let entry = renderer.env.flow.texts.get(text.index());
    let block = entry.and_then(|entry| entry.languages.first()).and_then(Option::as_ref);
    for piece in block.map_or(&[][..], |block| &block.pieces) {
        let segments = match piece {
            TextPiece::Line(segments) => segments,
            TextPiece::Each { line, .. } => line,
        };
        for segment in segments {
            let name = match segment {
                Segment::Value { value, .. } => written(renderer.env.shop, renderer.env.flow, value),
                Segment::Phrase { phrase, .. } => {
                    renderer.env.flow.phrases.get(phrase.index()).map(|phrase| phrase.name.clone()).unwrap_or_default()
                }
                Segment::Literal(_) | Segment::Parameter => continue,
            };
            if found.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let mut value = String::new();
            renderer.segments(std::slice::from_ref(segment), &mut value);
            found.push((name, value));
        }
    }
    found
}

/// A path as its author wrote it: `order.number`.
pub(crate) fn written(shop: &Shop, of: &Flow, expr: &Expr) -> SmolStr {
    let slot = |flow: &Flow, at: usize| flow.slots.get(at).map(|slot| slot.name.clone());
    match &expr.kind {
        ExprKind::Slot(id) => slot(of, id.index()).unwrap_or_default(),
        ExprKind::Customer(id) => shop.customer_slots.get(id.index()).map(|slot| slot.name.clone()).unwrap_or_default(),
        ExprKind::Rule(id) => of.rules.get(id.index()).map(|rule| rule.name.clone()).unwrap_or_default(),
        ExprKind::Ambient(ambient) => SmolStr::new(match ambient {
            crate::hir::Ambient::Cart => "cart",
            crate::hir::Ambient::Customer => "customer",
            crate::hir::Ambient::Shop => "shop",
            crate::hir::Ambient::Now => "now",
            crate::hir::Ambient::Language => "language",
            crate::hir::Ambient::Channel => "channel",
        }),
        ExprKind::Event(name) => format_smolstr!("event.{name}"),
        ExprKind::Field(inner, at) => {
            let record = if let crate::types::Type::Record(id) = &inner.ty { Some(usize::from(id.0)) } else { None };
            let record = record.and_then(|at| shop.records.get(at));
            let field = record.and_then(|record| record.fields.get(usize::from(*at))).map(|field| field.name.clone());
            format_smolstr!("{}.{}", written(shop, of, inner), field.unwrap_or_default())
        }
        ExprKind::Property(inner, property) => format_smolstr!(
            "{}.{}",
            written(shop, of, inner),
            match property {
                crate::hir::Property::IsSet => "is_set",
                crate::hir::Property::IsEmpty => "is_empty",
                crate::hir::Property::Count => "count",
            }
        ),
        ExprKind::Constant(_)
        | ExprKind::Experiment(_)
        | ExprKind::Consent(..)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Compare(..)
        | ExprKind::Arithmetic(..)
        | ExprKind::In(..)
        | ExprKind::Hook { .. }
        | ExprKind::Script { .. } => SmolStr::new("value"),
    }
}
