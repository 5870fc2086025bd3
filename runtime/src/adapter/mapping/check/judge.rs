//! What a mapping promises against what its contract needs.

use duka_dsl::yaml::tree::Node;
use duka_dsl::{Diagnostic, Span};
use duka_engine::hir::{Operation as Promise, OperationKind, Shop};
use duka_engine::types::{RecordId, Type};

use super::place;
use crate::adapter::mapping::{
    As, By, HOLD, ITEM, Mapping, Operation, Over, Page, Proof, Request, Rule, Search, Step, Template, Webhook,
};
use crate::adapter::parcels::{self, TRACK};
use crate::adapter::rest::{SHOP, names, usual};

/// What an order is asked for with of which only the number came.
pub(super) const ONE: &str = "orders.one";

/// What flows compare and systems are asked by.
const NO_WORDS: [&str; 4] = ["status", "sku", "number", "id"];

/// Refusals that every operation may have besides those of its contract.
const GENERAL: [&str; 4] = ["temporary", "rate_limited", "auth", REFUSED];

/// The one of them that a check may have.
const REFUSED: &str = "refused";

pub(super) struct Judge<'a> {
    pub shop: &'a Shop,
    pub mapping: &'a Mapping,
    pub root: &'a Node,
    pub findings: &'a mut Vec<Diagnostic>,
}

impl Judge<'_> {
    /// Judges one contract's operations; `asked` are those that the flows use.
    pub fn all(&mut self, contract: &str, asked: &[&Promise]) {
        for promise in asked {
            let path = promise.path();
            if !self.mapping.operations.contains_key(&path) {
                let message = format!("The flows use `{path}`, and this mapping does not say how to ask for it.");
                let help = format!("Add `{path}:` with its `request` below `operations`.");
                self.tell(25, &["operations"], message, &help);
            }
        }
        let shop = self.shop;
        for (path, operation) in &self.mapping.operations {
            let Some(promise) = shop.operations.iter().find(|promise| promise.path() == *path) else {
                let span = place(self.root, &["operations", path]);
                let known: Vec<String> = shop.operations.iter().map(Promise::path).collect();
                let message = format!("No contract has an operation `{path}`.");
                let finding = Diagnostic::new(24, span, message).did_you_mean(path, known.iter().map(String::as_str));
                self.findings.push(finding);
                continue;
            };
            if promise.contract == contract {
                self.operation(path, operation, promise);
            }
        }
        self.words();
        if let Some(webhook) = &self.mapping.webhook {
            self.webhook(contract, webhook);
        }
        if self.mapping.poll.is_some() && !self.mapping.operations.contains_key(TRACK) {
            let help = format!("Add `{TRACK}:` with its `request` below `operations`.");
            self.tell(25, &["poll"], format!("`poll` asks `{TRACK}`, and this mapping does not say how."), &help);
        }
    }

    /// Only what the mapping itself says can be said in another language, and only what customers read.
    fn words(&mut self) {
        for (field, languages) in &self.mapping.words {
            let named = self.shop.records.iter().flat_map(|record| &record.fields).filter(|it| it.name == *field);
            if NO_WORDS.contains(&field.as_str()) || named.into_iter().any(|it| it.ty != Type::Text) {
                let help = "Write them for what customers read, such as `status_text`.";
                self.tell(25, &["words", field], format!("Nobody reads `{field}`: it has no languages."), help);
            }
            let said = self.mapping.said(field);
            for (language, words) in languages {
                for word in words.keys().filter(|word| !said.contains(word.as_str())) {
                    let message = format!("No `{field}` of this mapping says `{word}`.");
                    let finding = Diagnostic::new(24, self.at(&["words", field, language, word]), message);
                    self.findings.push(finding.did_you_mean(word, said.iter().copied()));
                }
            }
        }
    }

    /// Judges one operation alone.
    pub fn one(&mut self, path: &str, promise: &Promise) {
        if let Some(operation) = self.mapping.operations.get(path) {
            self.operation(path, operation, promise);
        }
    }

    /// What comes by itself must be an order that the contracts know, and move to a status that they know.
    fn webhook(&mut self, contract: &str, webhook: &Webhook) {
        self.proof(&webhook.proof);
        self.parcels(webhook);
        if webhook.orders.is_empty() {
            if webhook.changes.is_empty() && webhook.parcels.is_empty() {
                let help =
                    "Add `orders:` with what an order that moved looks like, `parcels:`, or `changes:` for products.";
                self.tell(25, &["webhook"], "This `webhook` says nothing of what comes.".to_string(), help);
            }
            return;
        }
        let Some(order) = self.shop.known_records.order else {
            let message = "This shop's contracts have no `order`, so nothing can be told of one.".to_string();
            return self.tell(25, &["webhook"], message, "Take `webhook` out, or write `orders:` below `adapters:`.");
        };
        self.record(order, None, &mut Vec::new());
        let statuses = self.shop.statuses.iter().find(|statuses| statuses.contract == contract);
        let Some(statuses) = statuses else { return };
        let known: Vec<&str> =
            statuses.ranks.iter().map(|(name, _)| name).chain(&statuses.terminal).map(|name| name.as_str()).collect();
        for told in webhook.orders.iter().filter(|told| told.order.is_none()) {
            let asks = self.mapping.operations.contains_key(ONE);
            if told.number.is_none() || !asks {
                let message =
                    "Without `order`, the order's `number` has to be in the body, and is asked for.".to_string();
                self.tell(25, &["webhook", "orders"], message, &format!("Write `number: $.…`, and map `{ONE}`."));
            }
        }
        for told in &webhook.orders {
            if let Some(status) = told.status.as_deref().filter(|status| !known.contains(status)) {
                let message = format!("No order of the contract is ever `{status}`.");
                self.tell(25, &["webhook", "orders"], message, &format!("There are: {}.", known.join(", ")));
            }
        }
    }

    /// What is signed is there to be signed, and a time counts only where it is.
    fn proof(&mut self, proof: &Proof) {
        let Some(signature) = proof.signature() else { return };
        for (name, over, header) in [("time", Over::Time, &signature.time), ("id", Over::Id, &signature.id)] {
            let is_signed = signature.signed.0.contains(&over);
            if is_signed != header.is_some() {
                let (message, help) = if is_signed {
                    let message = format!("`signed` has `{{{name}}}`, and nothing says which header it is in.");
                    (message, format!("Write `{name}:` with the header's name."))
                } else {
                    let message =
                        format!("`{name}` proves nothing here: whoever sends a body once more can write another.");
                    (message, format!("Write it into `signed`, such as `\"{{{name}}}.{{body}}\"`, or take it out."))
                };
                self.tell(25, &["webhook", "proof"], message, &help);
            }
        }
    }

    /// A parcel is believed from a signed body alone; otherwise its carrier is asked.
    fn parcels(&mut self, webhook: &Webhook) {
        let keys = ["webhook", "parcels"];
        for seen in &webhook.parcels {
            let ways = [seen.parcel.is_some(), seen.track.is_some(), seen.ignore];
            if ways.iter().filter(|way| **way).count() != 1 {
                let help = "Write `parcel:` where the parcel is in the body, or `track:` where its number is.";
                self.tell(
                    25,
                    &keys,
                    "News of a parcel need one of `parcel`, `track`, `ignore: true`.".to_string(),
                    help,
                );
            }
            if seen.parcel.is_some() && matches!(webhook.proof, Proof::Header(_)) {
                let message = "These bodies are not signed: whoever learns the secret could move parcels.".to_string();
                self.tell(
                    25,
                    &keys,
                    message,
                    "Write `track:` with the parcel's number, and `parcels.track` to ask for it.",
                );
            }
            if seen.track.is_some() && !self.mapping.operations.contains_key(TRACK) {
                let help = format!("Add `{TRACK}:` with its `request` below `operations`.");
                self.tell(25, &["operations"], format!("`track` needs `{TRACK}`."), &help);
            }
        }
        let parcel = parcels::record(self.shop).filter(|_| webhook.parcels.iter().any(|seen| seen.parcel.is_some()));
        if let Some(parcel) = parcel {
            self.record(parcel, None, &mut Vec::new());
        }
    }

    fn operation(&mut self, path: &str, operation: &Operation, promise: &Promise) {
        let mut made: Vec<&str> = Vec::new();
        for step in &operation.steps {
            self.step(path, step, promise, &made);
            made.extend(step.name.as_deref());
        }
        if let Some(already) = &operation.already {
            self.request(&["operations", path, "already"], &already.request, promise, &[]);
        }
        self.request(&["operations", path, "request"], &operation.request, promise, &made);
        for join in &operation.join {
            let known: Vec<&str> = made.iter().copied().chain([ITEM]).collect();
            self.request(&["operations", path, "join"], &join.request, promise, &known);
        }
        if promise.kind == OperationKind::Command && !operation.join.is_empty() {
            let message = format!("`{path}` does something, and `join` is for what is asked.");
            self.tell(25, &["operations", path, "join"], message, "Give `steps` instead, which come before.");
        }
        if let Some(search) = &operation.search {
            self.search(path, search, promise);
        }
        if let Some(after) = &operation.after {
            for step in &after.steps {
                self.step(path, step, promise, &made);
            }
            self.request(&["operations", path, "after", "undo"], &after.undo, promise, &made);
            if promise.kind == OperationKind::Query {
                let message = format!("`{path}` only asks, so there is nothing to undo.");
                self.tell(25, &["operations", path, "after"], message, "Take `after` out; it is for commands.");
            }
        }
        self.find(path, operation, promise);
        for fail in &operation.fails {
            if !promise.fails.iter().any(|known| *known == fail.code) && !GENERAL.contains(&fail.code.as_str()) {
                let known: Vec<&str> = promise.fails.iter().map(|code| code.as_str()).chain(GENERAL).collect();
                let message = format!("`{}` is none of the refusals of `{path}`.", fail.code);
                self.tell(25, &["operations", path, "fails"], message, &format!("There are: {}.", known.join(", ")));
            }
        }
        self.page(&["operations", path, "page"], operation.page.as_ref());
        let command_parts = operation.idempotency.is_some() || operation.find_by_reference.is_some();
        if promise.kind == OperationKind::Query && command_parts {
            let message = format!("`{path}` only asks, so it needs neither `idempotency` nor `find_by_reference`.");
            self.tell(25, &["operations", path], message, "Take them out; they are for commands.");
        }
        if operation.reserves.is_some() && path != HOLD {
            let message = format!("`reserves` says what `{HOLD}` does, and `{path}` holds nothing.");
            self.tell(25, &["operations", path, "reserves"], message, "Take it out here.");
        }
        match &promise.gives {
            Some(Type::Record(id)) => self.record(*id, Some((path, operation)), &mut Vec::new()),
            Some(Type::List(item)) => match item.as_ref() {
                Type::Record(id) => self.record(*id, Some((path, operation)), &mut Vec::new()),
                _ => self.no_record(path),
            },
            Some(_) => self.no_record(path),
            None => {}
        }
    }

    /// What was done is not done again because it was not seen.
    fn find(&mut self, path: &str, operation: &Operation, promise: &Promise) {
        let Some(find) = &operation.find_by_reference else { return };
        let keys = ["operations", path, "find_by_reference"];
        self.request(&keys, &find.request, promise, &[]);
        self.page(&[&keys[..], &["page"]].concat(), find.page.as_ref());
        if operation.after.is_some() {
            let message = format!("What `{path}` is found to have done would stay without the look of `after`.");
            let help = "Take `find_by_reference` out, and say how your system knows a repetition: `idempotency`.";
            self.tell(25, &keys, message, help);
        }
        if find.may_miss() {
            let message = format!(
                "What `{path}` has done is looked for in a list, which may go on behind this answer: it would be done twice."
            );
            let help = "Write how the list goes on, such as `page: { by: number, query: page }`, or `page: { by: link }` where it always comes whole; or ask for `{key}` in the request.";
            self.tell(25, &[&keys[..], &["only"]].concat(), message, help);
        }
    }

    fn page(&mut self, keys: &[&str], page: Option<&Page>) {
        if page.is_some_and(|page| page.by == By::Cursor && page.next.is_none()) {
            let help = "Add a line such as `next: $.next_cursor`.";
            self.tell(25, keys, "Pages by cursor need `next`.".to_string(), help);
        }
    }

    fn search(&mut self, path: &str, search: &Search, promise: &Promise) {
        let keys = ["operations", path, "search"];
        if let Some(index) = &search.index {
            for request in [&index.request].into_iter().chain(&index.meanwhile) {
                self.request(&keys, request, promise, &[]);
            }
        }
        let is_text = promise.takes.len() == 1 && promise.takes.first().is_some_and(|it| it.ty == Type::Text);
        if !is_text || !matches!(promise.gives, Some(Type::List(_))) {
            let message = format!("`{path}` takes no text to search for, or gives no list.");
            self.tell(25, &keys, message, "Take `search` out here.");
        }
        if search.words.is_empty() {
            let help = "Write `words: [$.title]`, with every text that a thing can be found by.";
            self.tell(25, &keys, "`search` needs `words`.".to_string(), help);
        }
    }

    fn no_record(&mut self, path: &str) {
        let message = format!("`{path}` gives a single value; a mapping gives records and lists of them.");
        self.tell(
            25,
            &["operations", path],
            message,
            "Declare a record with that one field in a contract of your own.",
        );
    }

    /// Every field that is needed has a rule that can make it.
    fn record(&mut self, id: RecordId, own: Option<(&str, &Operation)>, seen: &mut Vec<RecordId>) {
        let Some(record) = self.shop.records.get(usize::from(id.0)) else { return };
        if seen.contains(&id) {
            return;
        }
        seen.push(id);
        let name = record.name.as_str();
        let shared = self.mapping.records.get(name);
        let mut missing = Vec::new();
        for slot in &record.fields {
            let field = slot.name.as_str();
            let special = own.and_then(|(path, operation)| Some((path, operation.fields.get(field)?)));
            let (keys, rule) = match (special, shared.and_then(|fields| fields.get(field))) {
                (Some((path, rule)), _) => (vec!["operations", path, "fields", field], &rule.0),
                (None, Some(rule)) => (vec!["records", name, field], &rule.0),
                (None, None) if slot.optional => continue,
                (None, None) => {
                    missing.push(format!("`{field}`"));
                    continue;
                }
            };
            self.rule(&keys, rule, &slot.ty);
            match &slot.ty {
                Type::Record(inner) => self.record(*inner, None, seen),
                Type::List(item) => {
                    if let Type::Record(inner) = item.as_ref() {
                        self.record(*inner, None, seen);
                    }
                }
                _ => {}
            }
        }
        if !missing.is_empty() {
            let message = format!("The mapping does not say where a {name}'s {} comes from.", missing.join(", "));
            let help = format!("Add them to `{name}` below `records`, each with its path or a `default`.");
            self.tell(25, &["records", name], message, &help);
        }
        let strange = |fields: &std::collections::BTreeMap<String, _>| -> Vec<String> {
            fields.keys().filter(|field| record.field(field).is_none()).cloned().collect()
        };
        let mut unknown: Vec<(Vec<&str>, String)> =
            shared.map(strange).unwrap_or_default().into_iter().map(|field| (vec!["records", name], field)).collect();
        if let Some((path, operation)) = own {
            let fields = strange(&operation.fields).into_iter();
            unknown.extend(fields.map(|field| (vec!["operations", path, "fields"], field)));
        }
        for (mut keys, field) in unknown {
            keys.push(&field);
            let known = record.fields.iter().map(|slot| slot.name.as_str());
            let message = format!("A {name} has no `{field}`.");
            let finding = Diagnostic::new(24, self.at(&keys), message).did_you_mean(&field, known);
            self.findings.push(finding);
        }
    }

    fn rule(&mut self, keys: &[&str], rule: &Rule, ty: &Type) {
        let to = rule.to.unwrap_or_else(|| usual(ty));
        let is_money = matches!(to, As::MoneyDecimal | As::MoneyMinor | As::MoneyRounded);
        if *ty == Type::Money && rule.path.is_some() && rule.to.is_none() {
            let help = "Write `as: money(decimal)` for `2500.50`, or `as: money(minor)` for `250050`.";
            self.tell(25, keys, "Say how this amount is written.".to_string(), help);
        }
        if *ty == Type::Money && rule.default.is_some() {
            let message = "An amount has no default: a price that is missing is not known.".to_string();
            self.tell(25, keys, message, "Take the `default` out, or leave the operation to fail.");
        }
        let mismatched = is_money != (*ty == Type::Money) || (to == As::Bool) != (*ty == Type::YesNo);
        if mismatched && !(to == As::Enum && *ty == Type::YesNo) {
            self.tell(25, keys, "This conversion does not make what the contract wants.".to_string(), "");
        }
        // A carrier's new word is kept for a person; the parcel stays where it was.
        let told = keys.get(1) == Some(&"parcel");
        if to == As::Enum && (rule.map.is_empty() || rule.otherwise.is_none() && rule.default.is_none() && !told) {
            let help = "Write `map: { their_word: our_word }`, and `else: our_word` for the words that come one day.";
            self.tell(25, keys, "`as: enum` needs `map` and `else`.".to_string(), help);
        }
        if let Type::Enum(members) = ty {
            let words = rule.map.values().chain(&rule.otherwise);
            let strange: Vec<&String> = words.filter(|word| !members.iter().any(|it| it == word.as_str())).collect();
            if let Some(word) = strange.first() {
                let message = format!("`{word}` is none of {}.", members.join(", "));
                self.tell(25, keys, message, "Write the contract's words on the right side of `map`.");
            }
        }
        let is_owed = matches!(keys.last(), Some(&"price" | &"total"));
        if rule.free && (*ty != Type::Money || is_owed) {
            let message =
                "Only a fee can be nothing where it is missing: a price that is missing is not known.".to_string();
            self.tell(25, keys, message, "Take `free` out.");
        }
        if rule.path.is_none() && rule.default.is_none() {
            self.tell(25, keys, "This field has neither a path nor a default.".to_string(), "Write `path: $.…`.");
        }
        if *ty != Type::Money && (rule.plus.is_some() || rule.per.is_some()) {
            self.tell(25, keys, "Only an amount is added to, or divided.".to_string(), "Take `plus` and `per` out.");
        }
        if let Some(other) = &rule.or {
            self.rule(keys, other, ty);
        }
        if rule.when.is_some() && rule.default.is_none() && rule.or.is_none() {
            self.tell(25, keys, "`when` needs a `default` for all other cases.".to_string(), "Write `default: …`.");
        }
    }

    /// A step knows the answers of those before it, and the item that it goes through.
    fn step(&mut self, path: &str, step: &Step, promise: &Promise, made: &[&str]) {
        let keys = ["operations", path, "steps"];
        let known: Vec<&str> = made.iter().copied().chain(step.each.as_ref().map(|_| ITEM)).collect();
        self.request(&keys, &step.request, promise, &known);
        let codes = step.checks.iter().map(|check| check.code.as_str());
        for code in codes.filter(|code| *code != REFUSED && !promise.fails.iter().any(|known| known == code)) {
            let known: Vec<&str> = promise.fails.iter().map(|code| code.as_str()).chain([REFUSED]).collect();
            let message = format!("`{code}` is none of the refusals of `{path}`.");
            self.tell(25, &keys, message, &format!("There are: {}.", known.join(", ")));
        }
    }

    /// `made`: what earlier steps have given names to.
    fn request(&mut self, keys: &[&str], request: &Request, promise: &Promise, made: &[&str]) {
        if let Some(name) = request.auth.as_ref().filter(|name| !self.mapping.keys.contains_key(*name)) {
            let help = "Write it below `keys`, as `auth` is written.";
            self.tell(25, keys, format!("There is no key `{name}`."), help);
        }
        let context = &self.mapping.context;
        let templates = [&request.path].into_iter().chain(request.query.values()).chain(request.headers.values());
        let templates = templates.chain(context.query.values()).chain(context.headers.values());
        let mut places: Vec<(Vec<String>, bool)> =
            templates.flat_map(Template::places).map(|parts| (parts.to_vec(), false)).collect();
        places.extend(request.sent_places());
        if request.graphql.is_some() && request.body.is_some() {
            let message = "A question of GraphQL is the whole body.".to_string();
            self.tell(25, keys, message, "Take `body` out; values go into `variables`.");
        }
        let names = names(self.shop, promise);
        for (parts, in_each) in places {
            let Some(first) = parts.first() else { continue };
            let rest = parts.get(1..).unwrap_or(&[]);
            let known = SHOP.contains(&first.as_str()) && self.leads(&Type::Text, rest)
                || matches!(first.as_str(), "key" | "conversation" | "found")
                || made.contains(&first.as_str());
            if known || (in_each && first == ITEM) {
                continue;
            }
            let argument = names.iter().find(|(name, _)| name == first).and_then(|(_, at)| promise.takes.get(*at));
            let fine = argument.is_some_and(|parameter| self.leads(&parameter.ty, rest));
            if !fine {
                let known: Vec<String> = names.iter().map(|(name, _)| format!("`{{{name}}}`")).collect();
                let message = format!("There is no `{{{}}}` to fill in for `{}`.", parts.join("."), promise.path());
                let help = format!(
                    "There are: {} `{{conversation}}`, `{{key}}`, `{{currency}}`, `{{country}}`, `{{language}}`; and a record's fields, as in `{{product.sku}}`.",
                    known.join(", ")
                );
                self.tell(25, keys, message, &help);
            }
        }
    }

    /// Whether a place of several parts leads to something.
    fn leads(&self, ty: &Type, parts: &[String]) -> bool {
        match (ty, parts) {
            (_, []) => true,
            (Type::Text, [part, rest @ ..]) => {
                matches!(part.as_str(), "head" | "tail" | "lower" | "upper" | "short") && self.leads(ty, rest)
            }
            (Type::Money, [part]) => matches!(part.as_str(), "amount" | "minor" | "currency"),
            (Type::Record(id), [part, rest @ ..]) => {
                let record = self.shop.records.get(usize::from(id.0));
                record.and_then(|record| record.field(part)).is_some_and(|(_, field)| self.leads(&field.ty, rest))
            }
            (_, _) => false,
        }
    }

    fn at(&self, keys: &[&str]) -> Span {
        place(self.root, keys)
    }

    fn tell(&mut self, code: u16, keys: &[&str], message: String, help: &str) {
        let finding = Diagnostic::new(code, self.at(keys), message);
        let finding = if help.is_empty() { finding } else { finding.help(help) };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}
