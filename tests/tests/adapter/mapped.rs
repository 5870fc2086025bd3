//! A shop of the given currency with one mapping, and its calls as a test writes them: JSON in, words out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duka_dsl::Diagnostic;
use duka_engine::compile::compile;
use duka_engine::contract::{decode, encode};
use duka_engine::event::Outcome;
use duka_engine::hir::Operation;
use duka_engine::program::Program;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use duka_engine::value::Value;
use duka_runtime::adapter::mapping::{Found, read};
use duka_runtime::adapter::rest::{Backend, Call, Rest};
use duka_runtime::config::Keyring;
use duka_runtime::egress::{Egress, Policy};
use duka_runtime::host::calls::Fate;
use duka_tests::shops::counter;
use serde_json::Value as Json;

pub const KEY: &str = "7-1-2-0";

pub struct Mapped {
    program: Arc<Program>,
    backends: Vec<Backend>,
    rest: Rest,
    conversation: String,
    /// How long a call may take.
    within_ms: u64,
}

/// A shop whose adapters are of a kind that comes with Duka.
pub fn known(currency: &str, adapters: &str) -> (Arc<Program>, Vec<Found>, Vec<Diagnostic>) {
    beside(counter(), currency, adapters)
}

/// The same beside files of its own.
fn beside(mut source: ShopSource, currency: &str, adapters: &str) -> (Arc<Program>, Vec<Found>, Vec<Diagnostic>) {
    let profile = source.files.iter_mut().find(|file| file.path == "shop.yaml").expect("a profile");
    // Of these currencies the first letters are the country.
    let country = currency.get(..2).unwrap_or("KE");
    profile.text = profile.text.replace("currency: KES", &format!("currency: {currency}"));
    profile.text = profile.text.replace("languages: [en]", "languages: [en, sw]");
    profile.text = profile.text.replace("country: KE", &format!("country: {country}"));
    profile.text =
        profile.text.replace("adapters:\n", "").replace("  catalog: demo\n  orders: demo\n  payments: demo\n", "");
    profile.text.push_str(&format!("adapters: {adapters}\n"));
    let program = compile(&source).program.expect("the shop compiles");
    let (found, findings) = read(&source, &program.shop);
    (program, found, findings)
}

/// A shop with one mapping for a contract.
pub fn shop(currency: &str, contract: &str, mapping: &str) -> (Arc<Program>, Vec<Found>, Vec<Diagnostic>) {
    judged(counter(), currency, contract, mapping)
}

/// The same of any shop.
pub fn judged(
    mut source: ShopSource,
    currency: &str,
    contract: &str,
    mapping: &str,
) -> (Arc<Program>, Vec<Found>, Vec<Diagnostic>) {
    let profile = source.files.iter_mut().find(|file| file.path == "shop.yaml").expect("a profile");
    profile.text = profile.text.replace("currency: KES", &format!("currency: {currency}"));
    profile.text = profile.text.replace("languages: [en]", "languages: [en, sw, pt-BR]");
    if !profile.text.contains(&format!("{contract}: rest")) {
        profile.text = profile.text.replace("adapters:\n", "");
        profile.text = profile.text.replace("  catalog: demo\n  orders: demo\n  payments: demo\n", "");
        profile.text.push_str(&format!("adapters: {{ {contract}: rest }}\n"));
    }
    let path = format!("{contract}.rest.yaml");
    source.files.insert(0, SourceFile { path, text: mapping.to_string(), kind: FileKind::Mapping });
    source.standard_from += 1;
    let program = compile(&source).program.expect("the shop compiles");
    let (found, findings) = read(&source, &program.shop);
    (program, found, findings)
}

impl Mapped {
    pub fn new(currency: &str, contract: &str, mapping: &str) -> Mapped {
        Mapped::of(shop(currency, contract, mapping), &[])
    }

    /// A shop whose adapters are of a kind that comes with Duka.
    pub fn known(currency: &str, adapters: &str, secrets: &[(String, String)]) -> Mapped {
        Mapped::of(known(currency, adapters), secrets)
    }

    /// A shop whose catalogue and orders are asked for by one mapping of its own.
    pub fn own(currency: &str, mapping: &str, secrets: &[(String, String)]) -> Mapped {
        let mut source = counter();
        let path = "own.rest.yaml".to_string();
        source.files.insert(0, SourceFile { path, text: mapping.to_string(), kind: FileKind::Mapping });
        source.standard_from += 1;
        let own = "{ kind: rest, mapping: own.rest.yaml }";
        Mapped::of(beside(source, currency, &format!("{{ catalog: {own}, orders: {own} }}")), secrets)
    }

    /// A mapping whose last lines are these; its secrets are there.
    pub fn known_by(mapping: &str, operation: &str) -> Mapped {
        let secrets = ["ID", "SECRET"].map(|name| (name.to_string(), "sesame".to_string()));
        Mapped::of(shop("KES", "catalog", &format!("{mapping}{operation}")), &secrets)
    }

    fn of(
        (program, found, findings): (Arc<Program>, Vec<Found>, Vec<Diagnostic>),
        secrets: &[(String, String)],
    ) -> Mapped {
        assert_eq!(findings.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
        assert!(!found.is_empty(), "a mapping");
        let keyring = Keyring::strict(&secrets.to_vec());
        let open = |it: Found| Backend::open(it.contract, it.mapping, Path::new(""), &keyring).expect("its secrets");
        let backends = found.into_iter().map(open).collect();
        let rest = Rest::new(Egress::new(Policy { development: true, ..Policy::default() }).expect("a client"));
        Mapped { program, backends, rest, conversation: "7-1".to_string(), within_ms: 5_000 }
    }

    /// The same for another customer.
    pub fn of_conversation(mut self, conversation: &str) -> Mapped {
        self.conversation = conversation.to_string();
        self
    }

    /// The same of a system that takes its time.
    pub fn within_ms(mut self, within_ms: u64) -> Mapped {
        self.within_ms = within_ms;
        self
    }

    pub fn backend(&self, name: &str) -> &Backend {
        let contract = name.split('.').next().unwrap_or(name);
        self.backends.iter().find(|backend| backend.contract == contract).expect("a backend")
    }

    pub fn backends(&self) -> Vec<Backend> {
        self.backends.clone()
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn promise(&self, name: &str) -> &Operation {
        self.program.shop.operations.iter().find(|it| it.path() == name).expect("an operation")
    }

    fn arguments(&self, name: &str, arguments: &str) -> Vec<Value> {
        let arguments: Vec<Json> = serde_json::from_str(arguments).expect("a list of arguments");
        let takes = self.promise(name).takes.iter().enumerate();
        takes
            .map(|(at, parameter)| match arguments.get(at) {
                None | Some(Json::Null) => Value::None,
                Some(json) => decode(&self.program.shop, &parameter.ty, json).expect("an argument of its type"),
            })
            .collect()
    }

    fn call<'a>(&'a self, name: &str, arguments: &'a [Value], left_ms: u64) -> Call<'a> {
        Call {
            shop: &self.program.shop,
            promise: self.promise(name),
            arguments,
            key: KEY,
            conversation: &self.conversation,
            language: "",
            left: Duration::from_millis(left_ms),
        }
    }

    /// Asks; of what is given, the values at the pointers.
    pub async fn ask(&self, name: &str, arguments: &str, left_ms: u64, show: &[&str]) -> String {
        let arguments = self.arguments(name, arguments);
        let heard = self.rest.ask(self.backend(name), self.call(name, &arguments, left_ms)).await;
        self.told(name, &heard.outcome, show)
    }

    /// Asks; what is given as the contract's JSON, or what came of it in words.
    pub async fn value(&self, name: &str, arguments: &Json) -> Result<Json, String> {
        let arguments = self.arguments(name, &arguments.to_string());
        let heard = self.rest.ask(self.backend(name), self.call(name, &arguments, self.within_ms)).await;
        match (&heard.outcome, &self.promise(name).gives) {
            (Outcome::Given(value), Some(ty)) => Ok(encode(&self.program.shop, ty, value)),
            (outcome, _) => Err(self.told(name, outcome, &[])),
        }
    }

    /// What the server does before it searches.
    pub fn keep_names(&self, name: &str) {
        self.rest.keep_names(self.backend(name), &self.program, self.promise(name), "");
    }

    pub async fn look_up(&self, name: &str, arguments: &str, show: &[&str]) -> String {
        let arguments = self.arguments(name, arguments);
        match self.rest.look_up(self.backend(name), self.call(name, &arguments, self.within_ms)).await {
            Fate::Done(outcome) => format!("done: {}", self.told(name, &outcome, show)),
            Fate::NotDone | Fate::Absent { .. } => "not done".to_string(),
            Fate::CannotTell => "cannot tell".to_string(),
        }
    }

    fn told(&self, name: &str, outcome: &Outcome, show: &[&str]) -> String {
        match outcome {
            Outcome::Given(value) => {
                let json = match &self.promise(name).gives {
                    Some(ty) => encode(&self.program.shop, ty, value),
                    None => Json::Null,
                };
                let at = |pointer: &&str| json.pointer(pointer).map_or("-".to_string(), |met| met.to_string());
                show.iter().map(at).collect::<Vec<_>>().join(" ")
            }
            Outcome::Refused { code } => format!("refused: {code}"),
            Outcome::Failed { reason } => format!("failed: {reason}"),
            Outcome::TimedOut => "timed out".to_string(),
            Outcome::Unknown => "unknown".to_string(),
        }
    }
}
