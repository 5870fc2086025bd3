//! Fields that a hook asks its parameters for and that their records do not have (D108). Follows parameters, and the items of
//! their lists, as far as their types are known; judges nothing that the hook itself names or changes.

use std::collections::{BTreeMap, BTreeSet};

use duka_dsl::Diagnostic;
use rhai::{AST, ASTNode, Expr, Position, ScriptFuncDef, Stmt};

use super::check::walk_function;
use super::signature::Source;
use crate::expression::chain::{capital, suggest};
use crate::expression::fits::with_article;
use crate::hir::Hook;
use crate::types::{Record, Type};

/// Methods that leave a record as it is.
const LOOKS: [&str; 6] = ["contains", "get", "is_empty", "keys", "len", "values"];
/// Functions that put fields into a record.
const ADDS: [&str; 4] = ["fill_with", "insert", "mixin", "set"];

/// A field that is not there.
struct Missing<'a> {
    record: &'a Record,
    name: String,
    position: Position,
}

/// `definition` is the hook's function, `body` holds it alone.
pub(super) fn check(
    source: &Source<'_>,
    (hook, definition): (&Hook, &ScriptFuncDef),
    body: &AST,
    records: &[Record],
    findings: &mut Vec<Diagnostic>,
) {
    let own = own(definition, body);
    let takes = definition.params.iter().zip(&hook.takes).map(|(name, (_, takes))| (name.as_str(), &takes.ty));
    let mut known: BTreeMap<String, &Type> = BTreeMap::new();
    for (name, ty) in takes.filter(|(name, _)| !own.contains(*name)) {
        known.insert(name.to_string(), ty);
    }
    walk_function(body, &mut |path| match path.last() {
        Some(ASTNode::Stmt(Stmt::For(parts, _))) if !own.contains(parts.0.name.as_str()) => {
            if let Some(Type::List(item)) = type_of(&parts.2.expr, &known, records) {
                known.insert(parts.0.name.to_string(), item);
            }
        }
        Some(ASTNode::Expr(Expr::Dot(chain, ..))) => {
            let Some(ty) = variable(&chain.lhs).and_then(|name| known.get(name)) else { return };
            let Err(Missing { record, name, position }) = follow(ty, &chain.rhs, records) else { return };
            let fields: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
            let message = format!("{} has no `{name}`.", capital(&with_article(&record.name.replace('_', " "))));
            let finding = Diagnostic::new(108, source.word_at(position), message);
            findings.push(suggest(finding, &name, &fields, &format!("It has: {}.", fields.join(", "))));
        }
        _ => {}
    });
}

/// The names that the function gives, gives twice, or changes what is behind.
fn own(definition: &ScriptFuncDef, body: &AST) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = definition.params.iter().map(ToString::to_string).collect();
    let mut own = BTreeSet::new();
    walk_function(body, &mut |path| {
        let name = match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(variable, ..))) => Some(variable.0.name.to_string()),
            Some(ASTNode::Stmt(Stmt::Assignment(parts))) => root(&parts.1.lhs).map(str::to_string),
            Some(ASTNode::Stmt(Stmt::For(parts, _))) => {
                own.extend(parts.1.as_ref().map(|counter| counter.name.to_string()));
                let name = parts.0.name.to_string();
                (!seen.insert(name.clone())).then_some(name)
            }
            Some(ASTNode::Expr(Expr::Dot(chain, ..))) if !only_looks(&chain.rhs) => {
                root(&chain.lhs).map(str::to_string)
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)))
                if ADDS.contains(&call.name.as_str()) =>
            {
                call.args.first().and_then(root).map(str::to_string)
            }
            _ => None,
        };
        own.extend(name);
    });
    own
}

fn variable(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Variable(variable, ..) => Some(variable.1.as_str()),
        _ => None,
    }
}

/// The name that a chain begins with.
fn root(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => root(&chain.lhs),
        other => variable(other),
    }
}

fn only_looks(rest: &Expr) -> bool {
    match rest {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => only_looks(&chain.lhs) && only_looks(&chain.rhs),
        Expr::MethodCall(call, _) | Expr::FnCall(call, _) => LOOKS.contains(&call.name.as_str()),
        _ => true,
    }
}

/// Of a name, or of the fields behind it.
fn type_of<'a>(expr: &Expr, known: &BTreeMap<String, &'a Type>, records: &'a [Record]) -> Option<&'a Type> {
    match expr {
        Expr::Dot(chain, ..) => follow(known.get(variable(&chain.lhs)?)?, &chain.rhs, records).ok()?,
        other => known.get(variable(other)?).copied(),
    }
}

/// What lies behind these fields; `None`: that is not known.
fn follow<'a>(of: &'a Type, rest: &Expr, records: &'a [Record]) -> Result<Option<&'a Type>, Missing<'a>> {
    let part = match rest {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => &chain.lhs,
        other => other,
    };
    let (Expr::Property(property, position), Type::Record(id)) = (part, of) else { return Ok(None) };
    let Some(record) = records.get(id.0 as usize) else { return Ok(None) };
    let Some((_, field)) = record.field(&property.2) else {
        return Err(Missing { record, name: property.2.to_string(), position: *position });
    };
    match rest {
        Expr::Dot(chain, ..) => follow(&field.ty, &chain.rhs, records),
        // Something is taken out of it.
        Expr::Index(..) => Ok(None),
        _ => Ok(Some(&field.ty)),
    }
}
