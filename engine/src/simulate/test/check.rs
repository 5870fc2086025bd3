//! Names in a test file are ids: a mistyped one is a finding of `duka check`, not a red test.

use duka_dsl::Diagnostic;
use duka_dsl::Name;
use duka_dsl::ast::{Expr, TestFile, TestLine, TestLineKind};

use super::super::Simulator;
use super::Failure;
use crate::hir::{Flow, Shop, StepKind};
use crate::value::Value;

/// Findings about the names a test file uses: states, choices, templates, operations.
pub fn check_names(shop: &Shop, file: &TestFile) -> Vec<Diagnostic> {
    let Some(main) = shop.flows.first() else { return Vec::new() };
    let mut found = Vec::new();
    let flow = match &file.flow {
        Some(path) => match shop.flows.iter().find(|flow| flow.path == path.to_string().as_str()) {
            Some(flow) => flow,
            None => {
                let known = shop.flows.iter().map(|flow| flow.path.as_str());
                let message = format!("There is no flow called `{path}`.");
                found.push(Diagnostic::new(107, path.span, message).did_you_mean(&path.to_string(), known));
                return found;
            }
        },
        None => main,
    };
    let names = Names::of(shop, flow);
    for line in file.given.iter().chain(file.tests.iter().flat_map(|test| &test.lines)) {
        names.check(line, &mut found);
    }
    found
}

struct Names<'a> {
    states: Vec<&'a str>,
    choices: Vec<&'a str>,
    links: Vec<&'a str>,
    templates: Vec<&'a str>,
    operations: Vec<String>,
}

impl<'a> Names<'a> {
    /// The names of the tested flow and of everything it can lead to.
    fn of(shop: &'a Shop, flow: &'a Flow) -> Names<'a> {
        let mut names = Names {
            states: vec!["end"],
            choices: Vec::new(),
            links: Vec::new(),
            templates: Vec::new(),
            operations: shop.operations.iter().map(crate::hir::Operation::path).collect(),
        };
        names.operations.extend(shop.consents.iter().flat_map(|consent| {
            [format!("consent.{}.give", consent.name), format!("consent.{}.refuse", consent.name)]
        }));
        for flow in std::iter::once(flow).chain(&shop.flows) {
            for state in &flow.states {
                names.states.push(&state.name);
                let choices = state.reactions.iter().filter_map(|reaction| reaction.choice());
                names.choices.extend(choices.map(|choice| choice.as_str()));
                let links = state.steps.iter().chain(state.reactions.iter().flat_map(|reaction| &reaction.actions));
                names.links.extend(links.filter_map(|step| match &step.kind {
                    StepKind::Link { name, .. } => Some(name.as_str()),
                    StepKind::Say { .. }
                    | StepKind::Ask { .. }
                    | StepKind::Media { .. }
                    | StepKind::List { .. }
                    | StepKind::Footer { .. }
                    | StepKind::Show(_)
                    | StepKind::Alert { .. }
                    | StepKind::Call(_)
                    | StepKind::Consent { .. }
                    | StepKind::Set { .. }
                    | StepKind::Send { .. }
                    | StepKind::Jump { .. } => None,
                }));
            }
            for template in &flow.templates {
                names.templates.push(&template.name);
                names.choices.extend(template.buttons.iter().filter_map(|button| Some(button.choice()?.as_str())));
                names.links.extend(template.links.iter().map(|link| link.name.as_str()));
            }
        }
        names
    }

    fn check(&self, line: &TestLine, found: &mut Vec<Diagnostic>) {
        let unknown = |code: u16, what: &str, name: &Name, known: &[&str]| {
            let message = format!("There is no {what} called `{}`.", name.as_str());
            Diagnostic::new(code, name.span, message).did_you_mean(name.as_str(), known.iter().copied())
        };
        let operation = |name: &str, span| {
            let known = self.operations.iter().map(String::as_str);
            (!self.operations.iter().any(|known| known == name))
                .then(|| Diagnostic::new(109, span, format!("No contract has `{name}`.")).did_you_mean(name, known))
        };
        match &line.kind {
            TestLineKind::StartAt(name) | TestLineKind::State(name) if !self.states.contains(&name.as_str()) => {
                found.push(unknown(104, "state", name, &self.states));
            }
            TestLineKind::Tap(name) if !self.choices.contains(&name.as_str()) => {
                found.push(unknown(115, "choice", name, &self.choices));
            }
            TestLineKind::Choices(names) => {
                let wrong = names.iter().filter(|name| !self.choices.contains(&name.as_str()));
                found.extend(wrong.map(|name| unknown(115, "choice", name, &self.choices)));
            }
            TestLineKind::Link(name) if !self.links.contains(&name.as_str()) => {
                found.push(unknown(115, "link", name, &self.links));
            }
            TestLineKind::Template(name) if !self.templates.contains(&name.as_str()) => {
                found.push(unknown(106, "template", name, &self.templates));
            }
            TestLineKind::Called { operation: path, .. } | TestLineKind::NotCalled(path) => {
                found.extend(operation(&path.to_string(), path.span));
            }
            TestLineKind::GivenFails { operation: called, .. } | TestLineKind::GivenTakes { operation: called, .. } => {
                let name = called.source.split('(').next().unwrap_or("").trim();
                found.extend(operation(name, called.span));
            }
            TestLineKind::GivenShop(_)
            | TestLineKind::GivenIs { .. }
            | TestLineKind::StartAt(_)
            | TestLineKind::Customer(_)
            | TestLineKind::CustomerSends { .. }
            | TestLineKind::Tap(_)
            | TestLineKind::Pick(_)
            | TestLineKind::Fill(_)
            | TestLineKind::Event { .. }
            | TestLineKind::Wait(_)
            | TestLineKind::Redeliver
            | TestLineKind::Swap
            | TestLineKind::Shop(_)
            | TestLineKind::ShopExactly(_)
            | TestLineKind::ShopNothing
            | TestLineKind::Link(_)
            | TestLineKind::Template(_)
            | TestLineKind::State(_)
            | TestLineKind::Expect(_) => {}
        }
    }
}

/// `expect EXPR` in the scope of the flow the conversation is in.
pub fn expectation(simulator: &Simulator, line: &TestLine, expression: &Expr) -> Result<(), Failure> {
    let value = super::names::evaluate_in(simulator, expression);
    match value {
        Ok(Value::YesNo(true)) => Ok(()),
        Ok(value) => Err(Failure::new(line, format!("`{}` was to hold", expression.source)).nearest(found(&value))),
        Err(reason) => Err(Failure::new(line, format!("`{}` can not be read: {reason}", expression.source))),
    }
}

/// What stands where a yes was wanted.
fn found(value: &Value) -> String {
    match value {
        Value::YesNo(yes) => format!("it is {}", if *yes { "yes" } else { "no" }),
        Value::Number(number) => format!("it is {number}"),
        Value::Text(text) => format!("it is \"{text}\""),
        Value::None => "it is none".to_string(),
        Value::Money(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Moment(_)
        | Value::Duration(_)
        | Value::Media(_)
        | Value::List(_)
        | Value::Record(_) => "it is neither yes nor no".to_string(),
    }
}
