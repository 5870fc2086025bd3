//! Messages that Meta must approve, with their buttons and samples.

use duka_dsl::ast;
use duka_dsl::diagnostic::nearest;

use crate::hir::{Reaction, StepKind, Template, TemplateLink, TextId};

use super::body::Body;
use super::names::{UNKNOWN_NAME, unknown};
use super::scope::Place;

impl<'a> Body<'a> {
    pub fn template(&mut self, template: &ast::Template) -> Template {
        let place = Place::default();
        let owner = format!("template.{}", template.name.value);
        self.choices_twice(&template.buttons, &template.links);
        let about = template.about.as_ref().and_then(|name| self.consent_named(name));
        let image = template.image.as_ref().map(|text| self.media(text, &place));
        let empty = ast::Text { segments: Vec::new(), span: template.name.span };
        let body: TextId = self.line(format!("{owner}.body"), template.body.as_ref().unwrap_or(&empty), &place);
        let footer = template.footer.as_ref().map(|text| self.line(format!("{owner}.footer"), text, &place));
        let samples = template.samples.iter().map(|(path, text)| {
            let name = super::names::path_text(&path.segments);
            (name, super::texts::plain(text), path.span)
        });
        let samples = samples.collect();
        let buttons: Vec<Reaction> = self.reactions(&owner, &template.buttons, &place);
        let mut lines = place.clone();
        let links = self.steps(&owner, &template.links, &mut lines);
        let links = links.into_iter().filter_map(|step| {
            let StepKind::Link { name, title, url, .. } = step.kind else { return None };
            Some(TemplateLink { name, title, url, span: step.span })
        });
        let links = links.collect();
        let (name, category, span) = (template.name.value.clone(), template.category, template.span);
        Template { name, category, about, image, body, footer, samples, buttons, links, span }
    }

    fn consent_named(&mut self, name: &duka_dsl::Name) -> Option<crate::hir::ConsentId> {
        let consents: Vec<&str> = self.shop.consent_ids.keys().map(|known| known.as_str()).collect();
        if let Some(found) = self.shop.consent_ids.get(&name.value) {
            return Some(*found);
        }
        if !self.declared.may_be_declared(name.as_str()) {
            let help = format!("Write `consent {}: …` with what customers agree to.", name.value);
            self.findings.push(unknown(UNKNOWN_NAME, "consent", name, consents.iter().copied(), &help));
        }
        nearest(&name.value, consents).and_then(|meant| self.shop.consent_ids.get(meant).copied())
    }
}
