//! The world around a simulated conversation: the demo backend behind the shop's contracts, stubs, and events.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::demo::{Answer, Argument, Demo};
use crate::contract::{decode, encode};
use crate::effect::CallRequest;
use crate::event::{EventKind, Outcome};
use crate::hir::{FlowId, OperationKind, Shop, SlotKind};
use crate::program::Program;
use crate::session::{ConsentState, Session, Snapshot};
use crate::types::{RecordId, Type};
use crate::value::Value;

/// The demo backend, seen through the contracts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct World {
    pub demo: Demo,
    /// Of one test.
    #[serde(skip)]
    pub stubs: Vec<Stub>,
    /// `remember` values of the fixture, by name.
    remember: serde_json::Map<String, Json>,
    consents: Vec<(String, ConsentState)>,
}

/// `given orders.hold(order) fails`
#[derive(Clone, Debug, PartialEq)]
pub struct Stub {
    /// `orders.hold`
    pub operation: SmolStr,
    pub kind: StubKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StubKind {
    Gives(Json),
    /// With the refusal's code, if one was named.
    Fails(Option<SmolStr>),
    /// Answers after so many milliseconds.
    Takes(i64),
}

impl World {
    pub fn new(program: &Program, fixture: &Json) -> World {
        let consents = fixture.get("consent").and_then(Json::as_object).into_iter().flatten();
        let flag = |json: &Json, name: &str| json.get(name).is_some_and(as_yes);
        let mut demo = Demo::new(fixture, program.shop.profile.currency);
        demo.suppose("shop", "name", json!(program.shop.profile.name));
        demo.suppose("shop", "is_open", Json::Bool(true));
        demo.suppose("customer", "first_name", json!("Amina"));
        World {
            demo,
            stubs: Vec::new(),
            remember: fixture.get("remember").and_then(Json::as_object).cloned().unwrap_or_default(),
            consents: consents
                .map(|(name, json)| {
                    let given = as_yes(json) || flag(json, "given");
                    (name.clone(), ConsentState { asked: given || flag(json, "asked"), given })
                })
                .collect(),
        }
    }

    /// Puts the fixture's customer, consents and bag into a new session.
    pub fn prepare(&self, program: &Program, session: &mut Session, now_ms: i64) {
        let shop = &program.shop;
        session.consents = vec![ConsentState::default(); shop.consents.len()];
        for (name, state) in &self.consents {
            if let Some(at) = shop.consents.iter().position(|consent| consent.name == name.as_str()) {
                session.consents[at] = *state;
            }
        }
        session.customer_values = shop
            .customer_slots
            .iter()
            .map(|slot| {
                let known = self.remember.get(slot.name.as_str()).and_then(|json| typed(shop, &slot.ty, json.clone()));
                known.or_else(|| slot.default.clone()).unwrap_or_default()
            })
            .collect();
        if let Some(language) = self.demo.customer().get("language").and_then(Json::as_str) {
            session.language = SmolStr::new(language);
        }
        self.snapshots(program, session, now_ms);
    }

    /// Sets a remembered value to begin with.
    pub fn remember(&mut self, name: &str, value: Json) {
        self.remember.insert(name.to_string(), value);
    }

    /// What a host does before a step: the ambient snapshots are put into the session.
    pub fn refresh(&self, program: &Program, session: &mut Session, now_ms: i64) {
        self.snapshots(program, session, now_ms);
    }

    fn snapshots(&self, program: &Program, session: &mut Session, now_ms: i64) {
        let shop = &program.shop;
        let snapshot = |record: Option<RecordId>, json: Json| {
            let value = record.and_then(|id| typed(shop, &Type::Record(id), json)).unwrap_or_default();
            Snapshot { value, read_at_ms: now_ms }
        };
        session.cart = snapshot(shop.known_records.cart, self.demo.cart());
        session.customer = snapshot(shop.known_records.customer, self.demo.customer());
        let said = snapshot(shop.known_records.shop, self.demo.shop());
        let record = shop.known_records.shop.and_then(|id| shop.records.get(usize::from(id.0)));
        let is_set = |at: usize| {
            record.and_then(|record| record.fields.get(at)).is_some_and(|field| self.demo.is_shop_set(&field.name))
        };
        session.shop = Snapshot { value: program.said_by_others(said.value, is_set), ..said };
    }

    /// Values to begin a flow with in the middle: the fixture's, else an example of the record, else the default.
    pub fn starting_values(&self, program: &Program, flow: FlowId) -> Vec<Value> {
        let shop = &program.shop;
        let slots = shop.flows.get(flow.index()).map(|flow| flow.slots.as_slice()).unwrap_or(&[]);
        let value = |slot: &crate::hir::Slot| {
            if let Some(json) = self.remember.get(slot.name.as_str()) {
                return typed(shop, &slot.ty, json.clone());
            }
            if slot.optional || slot.default.is_some() || slot.kind != SlotKind::Remembered {
                return slot.default.clone();
            }
            let Type::Record(id) = slot.ty else { return None };
            let record = shop.records.get(usize::from(id.0))?;
            typed(shop, &slot.ty, self.demo.example(&record.name)?)
        };
        slots.iter().map(|slot| value(slot).unwrap_or_default()).collect()
    }

    pub fn is_command(&self, program: &Program, request: &CallRequest) -> bool {
        let operation = program.shop.operations.get(request.operation.index());
        operation.is_some_and(|operation| operation.kind == OperationKind::Command)
    }

    /// Answers a call: how long it takes in milliseconds, and how it ends.
    pub fn call(&mut self, program: &Program, request: &CallRequest, now_ms: i64) -> (i64, Outcome) {
        let shop = &program.shop;
        let Some(operation) = shop.operations.get(request.operation.index()) else {
            return (0, Outcome::Failed { reason: "no such operation".into() });
        };
        let mut delay_ms = 0;
        for stub in self.stubs.iter().rev().filter(|stub| stub.operation == request.name) {
            match &stub.kind {
                StubKind::Takes(ms) => delay_ms = *ms,
                StubKind::Fails(Some(code)) => return (delay_ms, Outcome::Refused { code: code.clone() }),
                StubKind::Fails(None) => {
                    let refusal = operation.fails.first().cloned();
                    let outcome = match refusal {
                        Some(code) => Outcome::Refused { code },
                        None => Outcome::Failed { reason: "stubbed".into() },
                    };
                    return (delay_ms, outcome);
                }
                StubKind::Gives(json) => return (delay_ms, given(shop, operation.gives.as_ref(), json.clone())),
            }
        }
        let arguments: Vec<Argument> = operation
            .takes
            .iter()
            .zip(&request.arguments)
            .map(|(parameter, value)| Argument {
                ty: type_name(shop, &parameter.ty).to_string(),
                json: encode(shop, &parameter.ty, value),
            })
            .collect();
        self.demo.set_day(program.local(now_ms).0);
        let outcome = match self.demo.call(shop, &request.name, &arguments, now_ms) {
            Answer::Given(json) => given(shop, operation.gives.as_ref(), json),
            Answer::Refused(code) => Outcome::Refused { code },
            Answer::Failed(reason) => Outcome::Failed { reason: reason.into() },
        };
        (delay_ms, outcome)
    }

    /// A payment event for the latest order, as the payment provider would report it. Only money that came moves the order.
    pub fn payment_event(
        &mut self,
        program: &Program,
        status: &str,
        number: Option<&str>,
        now_ms: i64,
    ) -> Option<EventKind> {
        let number = number.map(ToString::to_string).or_else(|| self.demo.latest_order())?;
        let shop = &program.shop;
        if status == "paid" {
            self.demo.move_order(shop, &number, status, now_ms)?;
        }
        let (order, mut payment) = self.demo.tell_order(&number, now_ms)?;
        payment["status"] = Json::from(status);
        let order = shop.known_records.order.and_then(|id| typed(shop, &Type::Record(id), order)).unwrap_or_default();
        let payment =
            shop.known_records.payment.and_then(|id| typed(shop, &Type::Record(id), payment)).unwrap_or_default();
        Some(EventKind::Payment { status: status.into(), key: number.into(), order, payment })
    }

    /// An order event, with some of the order's fields changed.
    pub fn order_event(
        &mut self,
        program: &Program,
        status: &str,
        fields: &[(String, String)],
        now_ms: i64,
    ) -> Option<EventKind> {
        let named = fields.iter().find(|(name, _)| name == "number").map(|(_, value)| value.clone());
        let number = named.or_else(|| self.demo.latest_order())?;
        let shop = &program.shop;
        let (mut order, _) = self.demo.move_order(shop, &number, status, now_ms)?;
        for (name, value) in fields {
            order[name.as_str()] = json!(value);
        }
        let order = shop.known_records.order.and_then(|id| typed(shop, &Type::Record(id), order)).unwrap_or_default();
        Some(EventKind::Order { status: status.into(), key: number.into(), order })
    }
}

fn given(shop: &Shop, gives: Option<&Type>, json: Json) -> Outcome {
    let Some(ty) = gives else { return Outcome::Given(Value::None) };
    let mut json = json;
    complete(shop, ty, &mut json);
    match decode(shop, ty, &json) {
        Ok(value) => Outcome::Given(value),
        Err(error) => Outcome::Failed { reason: error.to_string().into() },
    }
}

/// A fixture's value as the type, missing fields filled in; `None` when it does not fit.
pub fn typed(shop: &Shop, ty: &Type, mut json: Json) -> Option<Value> {
    complete(shop, ty, &mut json);
    decode(shop, ty, &json).ok()
}

/// Fills what a fixture leaves out with the empty value of its type, and reads `yes` and `no` as written in YAML.
fn complete(shop: &Shop, ty: &Type, json: &mut Json) {
    match ty {
        Type::List(item) => json.as_array_mut().into_iter().flatten().for_each(|json| complete(shop, item, json)),
        Type::Record(id) => {
            let Some(record) = shop.records.get(usize::from(id.0)) else { return };
            if json.is_null() {
                *json = json!({});
            }
            let Json::Object(fields) = json else { return };
            for field in &record.fields {
                match fields.get_mut(field.name.as_str()) {
                    Some(value) if !value.is_null() => complete(shop, &field.ty, value),
                    Some(_) | None if field.optional => {}
                    Some(_) | None => {
                        fields.insert(field.name.to_string(), empty(shop, &field.ty));
                    }
                }
            }
        }
        Type::YesNo => {
            if let Some(text) = json.as_str() {
                *json = Json::Bool(matches!(text, "yes" | "true"));
            }
        }
        Type::Moment | Type::Duration => {
            if let Some(number) = json.as_str().and_then(|text| text.parse::<i64>().ok()) {
                *json = Json::from(number);
            }
        }
        Type::Text
        | Type::Number
        | Type::Money
        | Type::Date
        | Type::Time
        | Type::Phone
        | Type::Email
        | Type::Language
        | Type::Town
        | Type::Image
        | Type::Video
        | Type::Document
        | Type::Voice
        | Type::Enum(_)
        | Type::None
        | Type::Unknown => {}
    }
}

fn empty(shop: &Shop, ty: &Type) -> Json {
    match ty {
        Type::Text | Type::Phone | Type::Email | Type::Town => json!(""),
        Type::Language => json!("en"),
        Type::Number | Type::Moment | Type::Duration => json!(0),
        Type::YesNo => json!(false),
        Type::Money => json!(format!("{} 0", shop.profile.currency.code())),
        Type::Date => json!("2026-11-21"),
        Type::Time => json!("09:00"),
        Type::Image | Type::Video | Type::Document | Type::Voice => json!("https://demo.example/file"),
        Type::Enum(members) => json!(members.first()),
        Type::List(_) => json!([]),
        Type::Record(_) => {
            let mut json = json!({});
            complete(shop, ty, &mut json);
            json
        }
        Type::None | Type::Unknown => Json::Null,
    }
}

fn type_name<'a>(shop: &'a Shop, ty: &Type) -> &'a str {
    if let Type::Record(id) = ty {
        shop.records.get(usize::from(id.0)).map_or("", |record| record.name.as_str())
    } else if matches!(ty, Type::List(_)) {
        "list"
    } else if *ty == Type::Number {
        "number"
    } else if *ty == Type::Money {
        "money"
    } else {
        "text"
    }
}

fn as_yes(json: &Json) -> bool {
    json.as_bool().unwrap_or_else(|| matches!(json.as_str(), Some("yes" | "true")))
}
