//! Where the conversation goes: states, the reserved places, and other flows with what is handed over.

use duka_dsl::ast::{self, Target as AstTarget};
use duka_dsl::diagnostic::nearest;
use duka_dsl::{Diagnostic, Name};

use crate::expression::fits;
use crate::hir::{Dest, DestKind, FlowId, Target};
use crate::types::Type;

use super::body::Body;
use super::declare::Declared;
use super::names::path_text;
use super::places::Wanted;
use super::scope::Place;

impl<'a> Body<'a> {
    pub fn dest(&mut self, dest: &ast::Dest, place: &Place) -> Dest {
        let kind = match &dest.kind {
            ast::DestKind::Go(target) => self.target_of(target),
            ast::DestKind::Visit { flow, with, into } => self.visit(flow, with, into.as_ref(), place),
        };
        Dest { kind, span: dest.span }
    }

    pub fn dest_of(&mut self, dest: Option<&ast::Dest>, place: &Place) -> Option<Dest> {
        dest.map(|dest| self.dest(dest, place))
    }

    fn target_of(&mut self, target: &AstTarget) -> DestKind {
        match target {
            AstTarget::State(name) => self.state_of(name),
            AstTarget::Flow(path) => self.flow_of(path).map_or(DestKind::Broken, DestKind::Flow),
            AstTarget::End => DestKind::End,
            AstTarget::Again => DestKind::Again,
            AstTarget::Back => DestKind::Back,
            AstTarget::Return => DestKind::Return,
        }
    }

    /// D104: a state of this flow, or the name of a used flow.
    fn state_of(&mut self, name: &Name) -> DestKind {
        if let Some(state) = self.declared.states.get(name.as_str()) {
            return DestKind::State(*state);
        }
        if let Some(flow) = self.declared.uses.get(&name.value) {
            self.used.borrow_mut().flows.insert(*flow);
            return DestKind::Flow(*flow);
        }
        let help = format!("Write `state {}` with what happens there, or go to another state.", name.value);
        let wanted = Wanted { code: 104, noun: "state", says: None, help };
        self.find(&self.declared.states, name, wanted).map_or(DestKind::Broken, DestKind::State)
    }

    /// D107: a flow that this one uses.
    fn flow_of(&mut self, path: &ast::Path) -> Option<FlowId> {
        let text = path_text(&path.segments);
        if let Some(flow) = self.declared.uses.get(&text) {
            self.used.borrow_mut().flows.insert(*flow);
            return Some(*flow);
        }
        if self.declared.broken_uses.contains(&text) {
            return None;
        }
        let last = path.segments.last().map_or("", |name| name.as_str());
        if self.declared.may_be_declared(last) {
            return None;
        }
        let found = if self.shop.known_flows.contains(&text) {
            let message = format!("This goes to `{text}`, but nothing says `use {text}`.");
            Diagnostic::new(107, path.span, message)
                .help(format!("Write `use {text}` above the first block of the file."))
                .cause(format!("use {text}"))
        } else {
            let known = self.declared.uses.keys().chain(&self.shop.known_flows).map(|known| known.as_str());
            no_flow(&text, path, known)
        };
        self.findings.push(found);
        let meant = nearest(&text, self.declared.uses.keys().map(|known| known.as_str()))?;
        let flow = self.declared.uses.get(meant).copied()?;
        self.used.borrow_mut().flows.insert(flow);
        Some(flow)
    }

    fn visit(&mut self, flow: &ast::Path, with: &[Name], into: Option<&Name>, place: &Place) -> DestKind {
        let found = self.flow_of(flow);
        let handed: Vec<(Option<(Target, Type)>, &Name)> =
            with.iter().map(|name| (self.handed(name, place), name)).collect();
        let Some(found) = found else {
            if let Some(name) = into {
                self.target(name, &Type::Unknown, place);
            }
            return DestKind::Broken;
        };
        if let Some(callee) = self.all.get(found.index()) {
            self.fits_takes(callee, flow, &handed);
        }
        let into = into.map(|name| self.taken_back(found, flow, name, place));
        let with = handed.into_iter().filter_map(|(handed, _)| handed.map(|(target, _)| target)).collect();
        DestKind::Visit { flow: found, with, into }
    }

    /// What a name after `with` holds.
    fn handed(&mut self, name: &Name, place: &Place) -> Option<(Target, Type)> {
        if let Some(slot) = place.local(name.as_str()) {
            let ty = self.slots.borrow().get(slot.index()).map(|slot| slot.ty.clone())?;
            return Some((Target::Slot(slot), ty));
        }
        let help = "Hand over something that is remembered, or the result of a `call`.";
        self.remembered(name).or_else(|| self.unknown_value(name, help))
    }

    /// D406: what is handed over is what the flow takes.
    fn fits_takes(&mut self, callee: &Declared<'_>, path: &ast::Path, handed: &[(Option<(Target, Type)>, &Name)]) {
        let text = path_text(&path.segments);
        let takes = callee.takes.iter().filter_map(|slot| callee.slots.get(slot.index()));
        let takes: Vec<(&str, &Type)> = takes.map(|slot| (slot.name.as_str(), &slot.ty)).collect();
        if handed.len() != takes.len() {
            let wanted: Vec<&str> = takes.iter().map(|(name, _)| *name).collect();
            let (message, help) = if wanted.is_empty() {
                (
                    format!("`{text}` takes nothing, and here it is handed something."),
                    "Delete what follows `with`.".into(),
                )
            } else {
                let wanted = wanted.join(", ");
                let message = format!(
                    "`{text}` takes {wanted}; {} handed over here.",
                    super::names::count(handed.len(), "value is", "values are")
                );
                (message, format!("Write `<-> {text} with {wanted}`, with your names for them."))
            };
            self.findings.push(Diagnostic::new(406, path.span, message).help(help));
            return;
        }
        for ((given, name), (wanted_name, wanted)) in handed.iter().zip(takes) {
            let Some((_, given)) = given else { continue };
            if !fits(given, wanted) {
                let message = format!(
                    "`{text}` takes {} as `{wanted_name}`, and `{}` is {}.",
                    self.describe(wanted),
                    name.value,
                    self.describe(given)
                );
                self.findings.push(Diagnostic::new(406, name.span, message).help("Hand over a value of that type."));
            }
        }
    }

    fn taken_back(&mut self, flow: FlowId, path: &ast::Path, name: &Name, place: &Place) -> Target {
        let callee = self.all.get(flow.index());
        let given = callee.and_then(|callee| callee.slots.get(callee.gives()?.index()).map(|slot| slot.ty.clone()));
        if given.is_none() {
            let message = format!("`{}` gives nothing back.", path_text(&path.segments));
            let found = Diagnostic::new(406, name.span, message).help(format!("Delete `into {}`.", name.value));
            self.findings.push(found);
        }
        self.target(name, &given.unwrap_or(Type::Unknown), place)
    }
}

/// D107: no flow of that name.
pub(super) fn no_flow<'a>(text: &str, path: &ast::Path, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let message = if text.starts_with("std.") {
        format!("`{text}` is not in the standard flows.")
    } else {
        format!("There is no flow called `{text}`.")
    };
    let found = Diagnostic::new(107, path.span, message).did_you_mean(text, known).cause(format!("flow {text}"));
    if found.help.is_some() {
        return found;
    }
    found.help("Standard flows begin with `std.`; your own have the name after `flow` in their file.")
}
