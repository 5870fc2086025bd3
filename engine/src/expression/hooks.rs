//! `hooks.rhai`: the developer's functions, read with their signatures, run under a budget.
//!
//! A hook sees copies of the values it is given and gives one value back. It has no files, network, clock, random
//! numbers, modules, output or `eval`, and it ends within its budget, whatever it does.

mod check;
mod fields;
mod signature;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use duka_dsl::config::shop::Rounding;
use duka_dsl::{Diagnostic, FileId, Span};
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, OptimizationLevel, Scope};
use smol_str::SmolStr;

use super::convert::{from_rhai, register_money, to_rhai};
use super::env::EvalError;
use super::read;
use crate::hir::{Expr, Hook, HookId, Shop};
use crate::types::{Record, Type};
use crate::value::Value;

/// Bytes of `hooks.rhai`.
pub const MAX_SOURCE: usize = 64 * 1024;
/// Operations of one call, as Rhai counts them.
pub const MAX_OPERATIONS: u64 = 25_000;
const MAX_FUNCTIONS: usize = 100;
const MAX_CALL_LEVELS: usize = 12;
const MAX_EXPRESSION_DEPTH: usize = 24;
const MAX_VARIABLES: usize = 64;
const MAX_STRING: usize = 4_096;
const MAX_ITEMS: usize = 1_000;
const MAX_FIELDS: usize = 200;

/// The engine that reads the expressions of a shop and runs its hooks. Made once per shop; cheap to clone.
#[derive(Clone)]
pub struct Hooks {
    inner: Arc<Inner>,
}

struct Inner {
    /// Reads expressions; has no functions.
    reader: Engine,
    /// Runs hooks and scripts.
    runner: Engine,
    functions: AST,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> =
            self.inner.functions.iter_functions().map(|function| function.name.to_string()).collect();
        f.debug_tuple("Hooks").field(&names).finish()
    }
}

impl Default for Hooks {
    /// Without any hook.
    fn default() -> Hooks {
        Hooks {
            inner: Arc::new(Inner {
                reader: read::engine(),
                runner: runner(Rounding::default()),
                functions: AST::empty(),
            }),
        }
    }
}

/// An engine with Rhai's functions on texts, numbers, lists and records, and limits on everything.
fn runner(rounding: Rounding) -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(ArithmeticPackage::new().as_shared_module());
    engine.register_global_module(BasicStringPackage::new().as_shared_module());
    engine.register_global_module(BasicIteratorPackage::new().as_shared_module());
    engine.register_global_module(BasicFnPackage::new().as_shared_module());
    engine.register_global_module(LogicPackage::new().as_shared_module());
    engine.register_global_module(BasicMathPackage::new().as_shared_module());
    engine.register_global_module(BasicArrayPackage::new().as_shared_module());
    engine.register_global_module(BasicMapPackage::new().as_shared_module());
    engine.register_global_module(MoreStringPackage::new().as_shared_module());
    register_money(&mut engine, rounding);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_operations(MAX_OPERATIONS);
    engine.set_max_call_levels(MAX_CALL_LEVELS);
    engine.set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH);
    engine.set_max_functions(MAX_FUNCTIONS);
    engine.set_max_variables(MAX_VARIABLES);
    engine.set_max_string_size(MAX_STRING);
    engine.set_max_array_size(MAX_ITEMS);
    engine.set_max_map_size(MAX_FIELDS);
    engine.set_fail_on_invalid_map_property(true);
    engine.disable_symbol("eval");
    engine
}

impl Hooks {
    /// Reads `hooks.rhai`. `type_named` knows the shop's types by name (records, forms; not the built-in ones).
    /// The order of the functions is their [`HookId`]; `records` have the fields that hooks may ask for.
    pub fn read(
        file: FileId,
        text: &str,
        type_named: &dyn Fn(&str) -> Option<Type>,
        records: &[Record],
    ) -> (Hooks, Vec<Hook>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        if text.len() > MAX_SOURCE {
            let message = format!("The hooks have {} KiB; up to {} fit.", text.len() / 1024, MAX_SOURCE / 1024);
            diagnostics.push(Diagnostic::new(21, Span::new(file, 0, 0), message));
            return (Hooks::default(), Vec::new(), diagnostics);
        }
        let source = signature::Source::new(file, text);
        let runner = runner(Rounding::default());
        let functions = match compile(&runner, &source) {
            Ok(functions) => functions,
            Err(finding) => {
                diagnostics.push(*finding);
                let hooks = signature::read(&source, None, type_named, &mut diagnostics);
                return (Hooks::default(), hooks, diagnostics);
            }
        };
        let hooks = signature::read(&source, Some(&functions), type_named, &mut diagnostics);
        check::check(&source, &functions, (&hooks, records), &mut diagnostics);
        (Hooks { inner: Arc::new(Inner { reader: read::engine(), runner, functions }) }, hooks, diagnostics)
    }

    /// The same, with amounts rounded in this way.
    #[must_use]
    pub fn rounding(self, rounding: Rounding) -> Hooks {
        if rounding == Rounding::default() {
            return self;
        }
        let functions = self.inner.functions.clone();
        Hooks { inner: Arc::new(Inner { reader: read::engine(), runner: runner(rounding), functions }) }
    }

    pub(super) fn reader(&self) -> &Engine {
        &self.inner.reader
    }

    /// Calls a hook.
    ///
    /// # Errors
    /// [`EvalError::Hook`] when it throws, uses up its budget, or gives a value of another type than it declares.
    pub fn call(&self, shop: &Shop, id: HookId, arguments: &[Value]) -> Result<Value, EvalError> {
        let hook = shop.hooks.get(id.index()).ok_or(EvalError::WrongType)?;
        let inputs: Vec<Dynamic> = arguments
            .iter()
            .zip(&hook.takes)
            .map(|(value, (_, takes))| to_rhai(value, &takes.ty, &shop.records))
            .collect();
        let options = CallFnOptions::new().eval_ast(false);
        let functions = &self.inner.functions;
        let failed = |reason: String| EvalError::Hook { hook: hook.name.clone(), reason };
        let name = hook.name.as_str();
        let runner = &self.inner.runner;
        let given =
            contained(|| runner.call_fn_with_options::<Dynamic>(options, &mut Scope::new(), functions, name, inputs));
        let given = given.map_err(failed)?;
        from_rhai(&given, &hook.gives, &shop.records).map_err(failed)
    }
}

fn compile(engine: &Engine, source: &signature::Source<'_>) -> Result<AST, Box<Diagnostic>> {
    engine.compile(source.text).map_err(|error| {
        let place = source.word_at(error.position());
        let message = format!("The hooks can not be read here: {}.", sentence(&error.err_type().to_string()));
        Box::new(Diagnostic::new(22, place, message))
    })
}

/// Functions without comments and without spaces that mean nothing; as they are, if they can not be read.
pub fn without_comments(functions: &str) -> String {
    runner(Rounding::default()).compact_script(functions).unwrap_or_else(|_| functions.to_string())
}

/// Rhai's words without its position and full stop.
fn sentence(text: &str) -> String {
    text.trim().trim_end_matches('.').to_string()
}

/// What Rhai gives, or why it gives nothing, in a few words. Some of its functions panic where they have no answer (the
/// tangent of a right angle); that is then the failure of the script, and its line takes the error branch. The engine
/// keeps nothing from one run to the next, so a run that was cut short leaves nothing half done.
fn contained(run: impl FnOnce() -> Result<Dynamic, Box<EvalAltResult>>) -> Result<Dynamic, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(given) => given.map_err(|error| reason(&error)),
        Err(_) => Err("a function it calls has no answer".to_string()),
    }
}

/// Why a hook failed, in a few words.
fn reason(error: &EvalAltResult) -> String {
    match error.unwrap_inner() {
        EvalAltResult::ErrorTooManyOperations(_) => format!("it took more than {MAX_OPERATIONS} operations"),
        EvalAltResult::ErrorStackOverflow(_) => format!("it called itself more than {MAX_CALL_LEVELS} times"),
        EvalAltResult::ErrorDataTooLarge(what, _) => format!("{what} grew too large"),
        EvalAltResult::ErrorTooManyVariables(_) => format!("it holds more than {MAX_VARIABLES} values"),
        EvalAltResult::ErrorRuntime(thrown, _) => {
            let thrown: String = thrown.to_string().chars().take(200).collect();
            format!("it failed with \"{thrown}\"")
        }
        other => {
            let text: String = other.to_string().chars().take(200).collect();
            let text = text.lines().next().unwrap_or("");
            sentence(text.split_once(" (line ").map_or(text, |(before, _)| before))
        }
    }
}

/// An expression that is not lowered, compiled once.
pub struct Script {
    pub source: String,
    tree: AST,
    gives: Type,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Script").field(&self.source).finish()
    }
}

impl Script {
    /// `None` when Rhai can not read it.
    pub(super) fn new(hooks: &Hooks, source: String, gives: Type) -> Option<Script> {
        let tree = hooks.inner.runner.compile_expression(&source).ok()?;
        Some(Script { source, tree, gives })
    }

    /// The value, with the inputs under their names.
    ///
    /// # Errors
    /// [`EvalError::Script`] when Rhai refuses, for example an index behind the end of a list.
    pub(super) fn run(&self, shop: &Shop, inputs: &[(SmolStr, Expr)], values: &[Value]) -> Result<Value, EvalError> {
        let mut scope = Scope::new();
        for ((name, input), value) in inputs.iter().zip(values) {
            let is_receiver = name == "it";
            let given = match value {
                // Rounding is for decimals; positions and lengths are integers.
                Value::Number(number) if is_receiver => Dynamic::from_decimal(*number),
                value => to_rhai(value, &input.ty, &shop.records),
            };
            scope.push_dynamic(name.as_str(), given);
        }
        let runner = &shop.runner.inner.runner;
        let given = contained(|| runner.eval_ast_with_scope::<Dynamic>(&mut scope, &self.tree));
        let given = given.map_err(EvalError::Script)?;
        from_rhai(&given, &self.gives, &shop.records).map_err(EvalError::Script)
    }
}
