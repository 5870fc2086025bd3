//! How a file is kept: tests, long states, names, canonical form (D914-D917).

use std::collections::BTreeSet;

use duka_dsl::Diagnostic;

use super::context::Context;
use crate::compile::{Mend, Uncanonical};
use crate::hir::{Flow, Shop};

/// Lines of a state that still fit one look.
const LONG_STATE: usize = 20;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    for flow in context.flows() {
        for state in flow.states.iter().filter(|state| state.line_count > LONG_STATE) {
            let message = format!("`{}` has {} lines.", state.name, state.line_count);
            found.push(
                Diagnostic::new(915, state.name_span, message).help("Split it: a state that says, and one that asks."),
            );
        }
        numbered_names(flow, found);
    }
    uncanonical(context, found);
}

/// Names that differ only by a number: `ask`, `ask2`.
fn numbered_names(flow: &Flow, found: &mut Vec<Diagnostic>) {
    let stem =
        |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches('_').to_string();
    let mut seen = BTreeSet::new();
    for state in &flow.states {
        let base = stem(&state.name);
        let numbered = base.len() < state.name.len();
        if !seen.insert(base.clone()) && numbered {
            let message = format!("The names of `{base}` and `{}` differ only by a number.", state.name);
            found.push(Diagnostic::new(916, state.name_span, message).help("Say what it is for."));
        }
    }
}

/// States that no test has entered, by what the tests of a shop visited.
pub fn untested(shop: &Shop, visited: &BTreeSet<(String, String)>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for flow in shop.flows.iter().filter(|flow| !flow.standard) {
        for state in &flow.states {
            if !visited.contains(&(flow.path.to_string(), state.name.to_string())) {
                let message = format!("`{}` has no test.", state.name);
                found.push(Diagnostic::new(914, state.name_span, message).help("`duka explore --write` writes one."));
            }
        }
    }
    found
}

/// A file that the formatter would change.
fn uncanonical(context: &Context, found: &mut Vec<Diagnostic>) {
    for Uncanonical { span, mend } in context.uncanonical {
        let index = usize::from(span.file.0);
        let Some(file) = context.source.files.get(index).filter(|_| context.is_checked(index)) else { continue };
        let diagnostic = Diagnostic::new(917, *span, "This file is not in canonical form.");
        let here = match mend {
            Mend::Write(line) => format!("Write the line as `{line}`."),
            Mend::AddEmptyLine => "An empty line belongs here.".to_string(),
            Mend::TakeEmptyLineOut => "Take this empty line out.".to_string(),
            Mend::TakeOut => "Nothing belongs here: take it out.".to_string(),
            Mend::EndWithLf => "End the line with LF alone, not with CR LF.".to_string(),
            Mend::EndLastLine => "End the last line with a line break.".to_string(),
        };
        let help = format!("{here} `duka fmt` writes the whole file so.");
        found.push(diagnostic.help(help).cause(format!("D917 {}", file.path)));
    }
}
