//! What is wrong with a hook before it runs: names that are not there, loops without an end, the clock, cost.

use std::collections::BTreeSet;

use duka_dsl::Diagnostic;
use rhai::{AST, ASTNode, Expr, FlowControl, FnCallExpr, Position, ScriptFuncDef, Stmt};

use super::MAX_OPERATIONS;
use super::fields;
use super::signature::Source;
use crate::hir::Hook;
use crate::types::Record;

/// Turns of a loop over a list, when the cost of a hook is estimated.
const LIST_TURNS: u64 = 1_000;

/// Functions that would read the clock or chance, in Rhai or elsewhere (D906).
const IMPURE: [&str; 12] =
    ["timestamp", "sleep", "elapsed", "now", "time", "today", "date", "rand", "random", "rand_int", "uuid", "shuffle"];

/// Functions that a hook can call: those of Rhai's packages for texts, numbers, lists and records.
const KNOWN: [&str; 94] = [
    "..",
    "..=",
    "abs",
    "all",
    "append",
    "bits",
    "ceiling",
    "chars",
    "chop",
    "clear",
    "contains",
    "crop",
    "dedup",
    "drain",
    "end",
    "ends_with",
    "exp",
    "extract",
    "fill_with",
    "filter",
    "find",
    "find_map",
    "floor",
    "for_each",
    "fraction",
    "get",
    "index_of",
    "insert",
    "int",
    "is_empty",
    "is_even",
    "is_exclusive",
    "is_inclusive",
    "is_odd",
    "is_zero",
    "keys",
    "len",
    "ln",
    "log",
    "make_lower",
    "make_upper",
    "map",
    "max",
    "min",
    "mixin",
    "order",
    "order_by",
    "order_desc",
    "pad",
    "parse_decimal",
    "parse_int",
    "pop",
    "push",
    "range",
    "reduce",
    "reduce_rev",
    "remove",
    "replace",
    "retain",
    "reverse",
    "round",
    "round_down",
    "round_half_down",
    "round_half_up",
    "round_up",
    "set",
    "shift",
    "sign",
    "some",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "split",
    "split_rev",
    "sqrt",
    "start",
    "starts_with",
    "sub_string",
    "to_binary",
    "to_chars",
    "to_decimal",
    "to_hex",
    "to_int",
    "to_json",
    "to_lower",
    "to_octal",
    "to_string",
    "to_upper",
    "trim",
    "truncate",
    "type_of",
    "values",
    "zip",
];

pub(super) fn check(
    source: &Source<'_>,
    functions: &AST,
    (hooks, records): (&[Hook], &[Record]),
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some(statement) = functions.statements().iter().find(|statement| !statement.is_noop()) {
        let finding = Diagnostic::new(
            902,
            source.word_at(statement.position()),
            "Hooks are functions; nothing stands outside them.",
        );
        diagnostics.push(finding.help("Put it into a function."));
    }
    let mut definitions: Vec<&ScriptFuncDef> = functions.iter_fn_def().map(|definition| &**definition).collect();
    definitions.sort_by(|a, b| (&a.name, a.params.len()).cmp(&(&b.name, b.params.len())));
    let names: Vec<&str> = definitions.iter().map(|definition| definition.name.as_str()).collect();
    let mut findings = Vec::new();
    for definition in &definitions {
        let body = alone(functions, definition);
        let mut known: BTreeSet<String> = definition.params.iter().map(ToString::to_string).collect();
        walk_function(&body, &mut |path| {
            if let Some(ASTNode::Stmt(statement)) = path.last() {
                declared(statement, &mut known);
            }
        });
        let hook = definition.name.as_str();
        let mut reading = Reading { source, hook, known: &known, functions: &names, findings: &mut findings };
        walk_function(&body, &mut |path| reading.node(path));
        let is_this =
            |hook: &&Hook| hook.name == definition.name.as_str() && hook.takes.len() == definition.params.len();
        if let Some(declared) = hooks.iter().find(is_this) {
            cost(source, hook, &body, &mut findings);
            fields::check(source, (declared, definition), &body, records, &mut findings);
        }
    }
    findings.sort_by_key(|finding| finding.span);
    diagnostics.append(&mut findings);
}

/// One function alone.
fn alone(functions: &AST, definition: &ScriptFuncDef) -> AST {
    let mut one = functions.clone();
    one.clear_statements();
    one.retain_functions(|_, _, name, count| definition.name == name && definition.params.len() == count);
    one
}

pub(super) fn walk_function(one: &AST, on_node: &mut dyn FnMut(&[ASTNode<'_>])) {
    one.walk(&mut |path: &[ASTNode<'_>]| {
        on_node(path);
        true
    });
}

fn walk(body: &[Stmt], on_node: &mut dyn FnMut(&[ASTNode<'_>])) {
    for statement in body {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            on_node(path);
            true
        });
    }
}

/// The names that a statement brings.
fn declared(statement: &Stmt, names: &mut BTreeSet<String>) {
    match statement {
        Stmt::Var(variable, ..) => {
            names.insert(variable.0.name.to_string());
        }
        Stmt::For(parts, _) => {
            names.insert(parts.0.name.to_string());
            if let Some(counter) = &parts.1 {
                names.insert(counter.name.to_string());
            }
        }
        Stmt::TryCatch(parts, _) => {
            if let Expr::Variable(variable, ..) = &parts.expr {
                names.insert(variable.1.to_string());
            }
        }
        _ => {}
    }
}

struct Reading<'a> {
    source: &'a Source<'a>,
    hook: &'a str,
    known: &'a BTreeSet<String>,
    functions: &'a [&'a str],
    findings: &'a mut Vec<Diagnostic>,
}

impl Reading<'_> {
    fn node(&mut self, path: &[ASTNode<'_>]) {
        match path.last() {
            Some(ASTNode::Expr(Expr::Variable(variable, _, position))) => self.variable(&variable.1, *position),
            Some(ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))) => {
                self.call(call, *position);
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) => self.call(call, *position),
            Some(ASTNode::Stmt(Stmt::While(parts, position) | Stmt::Do(parts, _, position))) => {
                self.endless(parts, *position);
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &str, position: Position) {
        if self.known.contains(name) {
            return;
        }
        let message = if self.hook.starts_with("anon$") {
            format!("Unknown variable `{name}`: a function within a function reads its own parameters only.")
        } else {
            format!("Hook `{}`: unknown variable `{name}`.", self.hook)
        };
        let finding = Diagnostic::new(901, self.source.word_at(position), message);
        self.findings.push(finding.did_you_mean(name, self.known.iter().map(String::as_str)));
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        if call.op_token.is_some() || self.functions.contains(&name) || self.known.contains(name) {
            return;
        }
        let place = self.source.word_at(position);
        if IMPURE.contains(&name) {
            let message = format!("Hook `{}` reads the clock or chance (`{name}`).", self.hook);
            let help = "Take it as a parameter, for example `now: moment`, so that the same conversation always goes the same way.";
            self.findings.push(Diagnostic::new(906, place, message).help(help));
        } else if !KNOWN.contains(&name) {
            let known = self.functions.iter().copied().chain(KNOWN.into_iter().filter(|name| name.len() > 2));
            let message = format!("Hook `{}`: unknown function `{name}`.", self.hook);
            self.findings.push(Diagnostic::new(901, place, message).did_you_mean(name, known));
        }
    }

    /// A loop without a way out, whose condition reads nothing that the loop changes (D904).
    fn endless(&mut self, parts: &FlowControl, position: Position) {
        let mut read = BTreeSet::new();
        let mut changed = false;
        collect_reads(&parts.expr, &mut read);
        walk(parts.body.statements(), &mut |path| {
            changed |= match path.last() {
                Some(ASTNode::Stmt(Stmt::BreakLoop(_, flags, _))) => flags.contains(rhai::ASTFlags::BREAK),
                Some(ASTNode::Stmt(Stmt::Return(..))) => true,
                Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => touches(&assignment.1.lhs, &read),
                Some(ASTNode::Expr(Expr::Dot(chain, ..))) => touches(&chain.lhs, &read),
                _ => false,
            };
        });
        if !changed {
            let place = self.source.word_at(position);
            let finding = Diagnostic::new(904, place, "This loop may never end: nothing in it stops it.");
            self.findings.push(finding.help("Write `for` over a list or a range, or leave it with `break`."));
        }
    }
}

fn collect_reads(expr: &Expr, names: &mut BTreeSet<String>) {
    expr.walk(&mut Vec::new(), &mut |path| {
        if let Some(ASTNode::Expr(Expr::Variable(variable, ..))) = path.last() {
            names.insert(variable.1.to_string());
        }
        true
    });
}

/// Whether what is assigned, or called upon, begins with one of the names.
fn touches(expr: &Expr, names: &BTreeSet<String>) -> bool {
    match expr {
        Expr::Variable(variable, ..) => names.contains(variable.1.as_str()),
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => touches(&chain.lhs, names),
        _ => false,
    }
}

/// A hook that may use up its budget on long lists (D905).
fn cost(source: &Source<'_>, hook: &str, body: &AST, findings: &mut Vec<Diagnostic>) {
    let mut estimate = 0_u64;
    walk_function(body, &mut |path| {
        let around = path.iter().take(path.len().saturating_sub(1));
        let turns = around.fold(1_u64, |turns, node| match node {
            ASTNode::Stmt(Stmt::For(parts, _)) => turns.saturating_mul(turns_of(&parts.2.expr)),
            _ => turns,
        });
        estimate = estimate.saturating_add(turns);
    });
    if estimate > MAX_OPERATIONS {
        let message = format!(
            "Hook `{hook}` may exceed its budget: about {estimate} operations on lists of {LIST_TURNS} items; {MAX_OPERATIONS} are allowed."
        );
        let finding = Diagnostic::new(905, source.function(hook), message);
        findings.push(finding.help("Let the shop's own systems work it out, or go over shorter lists."));
    }
}

/// How often a `for` turns: a range of numbers as written, anything else like a long list.
fn turns_of(over: &Expr) -> u64 {
    let Expr::FnCall(call, _) = over else { return LIST_TURNS };
    match (call.name.as_str(), call.args.as_slice()) {
        (".." | "..=" | "range", [Expr::IntegerConstant(from, _), Expr::IntegerConstant(to, _)]) => {
            u64::try_from(to.saturating_sub(*from)).unwrap_or(0)
        }
        _ => LIST_TURNS,
    }
}
