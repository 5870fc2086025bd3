//! A shop with a few of everything, its names, and a state to evaluate in.

use std::sync::Arc;

use duka_dsl::{FileId, Span, ast};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use duka_engine::expression::{Env, Hooks, Names, Resolved};
use duka_engine::hir::{
    Ambient, ConsentId, CustomerSlotId, Experiment, ExperimentId, ExprKind, Flow, FlowId, Hook, HookId, KnownRecords,
    Profile, Rule, RuleId, Shop, Slot, SlotId, SlotKind, StateId,
};
use duka_engine::session::ConsentState;
use duka_engine::types::{Field, Record, RecordId, RecordOrigin, Type};
use duka_engine::value::{Currency, Money, Value};

pub const PRODUCT: RecordId = RecordId(0);
pub const LINE: RecordId = RecordId(1);
pub const CART: RecordId = RecordId(2);
pub const ZONE: RecordId = RecordId(3);

pub struct World {
    pub shop: Shop,
    pub flow: Flow,
    pub values: Vec<Value>,
    pub customer_values: Vec<Value>,
    pub consents: Vec<ConsentState>,
    pub cart: Value,
    pub event: Vec<(SmolStr, Value)>,
}

pub fn span() -> Span {
    Span::new(FileId(0), 0, 0)
}

pub fn expr(source: &str) -> ast::Expr {
    ast::Expr { source: source.into(), span: Span::new(FileId(0), 100, 100 + source.len()) }
}

pub fn number(number: i64) -> Value {
    Value::Number(Decimal::from(number))
}

pub fn money(minor: i64) -> Value {
    Value::Money(Money { minor, currency: Currency(*b"KES") })
}

pub fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn list(of: Type) -> Type {
    Type::List(Box::new(of))
}

fn record(name: &str, fields: Vec<(&str, Type, bool)>) -> Record {
    let fields = fields.into_iter().map(|(name, ty, optional)| Field { name: name.into(), ty, optional, span: None });
    Record { name: name.into(), fields: fields.collect(), origin: RecordOrigin::Contract }
}

fn slot(name: &str, ty: Type, optional: bool) -> Slot {
    let kind = SlotKind::Remembered;
    Slot { name: name.into(), ty, kind, optional, default: None, keep: None, purpose: None, span: span() }
}

fn words(words: &[&str]) -> Vec<SmolStr> {
    words.iter().map(|word| SmolStr::new(*word)).collect()
}

pub fn records() -> Vec<Record> {
    vec![
        record(
            "product",
            vec![
                ("sku", Type::Text, false),
                ("name", Type::Text, false),
                ("price", Type::Money, false),
                ("stock", Type::Number, false),
                ("sizes", list(Type::Text), false),
                ("note", Type::Text, true),
            ],
        ),
        record(
            "cart_line",
            vec![("name", Type::Text, false), ("quantity", Type::Number, false), ("total", Type::Money, false)],
        ),
        record("cart", vec![("lines", list(Type::Record(LINE)), false), ("total", Type::Money, false)]),
        record("delivery_zone", vec![("name", Type::Text, false), ("fee", Type::Money, false)]),
    ]
}

/// Slots: 0 item, 1 quantity, 2 query, 3 zone (empty), 4 size, 5 answers.return_reason, 6 sent, 7 lines.
fn slots() -> Vec<Slot> {
    let answer = Slot {
        kind: SlotKind::Answer(StateId(0)),
        ..slot("return_reason", Type::Enum(words(&["size", "faulty"])), false)
    };
    vec![
        slot("item", Type::Record(PRODUCT), false),
        slot("quantity", Type::Number, false),
        slot("query", Type::Text, false),
        slot("zone", Type::Record(ZONE), true),
        slot("size", Type::Enum(words(&["s", "m", "l"])), false),
        answer,
        slot("gift", Type::YesNo, false),
        slot("due", Type::Date, false),
        slot("default", Type::Number, false),
    ]
}

fn rules() -> Vec<Rule> {
    let rule = |name: &str, value: Value, ty: Type| Rule { name: name.into(), value, ty, span: span() };
    let dirhams = Value::Money(Money { minor: 10_000, currency: Currency(*b"AED") });
    vec![
        rule("free_delivery_over", money(500_000), Type::Money),
        rule("most_per_item", number(10), Type::Number),
        rule("pay_within", Value::Duration(1_800_000), Type::Duration),
        rule("imported", dirhams, Type::Money),
    ]
}

impl World {
    pub fn new(hooks: &str) -> World {
        let records = records();
        let (runner, hooks, findings) = Hooks::read(
            FileId(1),
            hooks,
            &|name| {
                let at = records.iter().position(|record| record.name == name)?;
                Some(Type::Record(RecordId(u16::try_from(at).unwrap())))
            },
            &records,
        );
        assert_eq!(findings, [], "the hooks of the test are fine");
        World::with(runner, hooks)
    }

    pub fn with(runner: Hooks, hooks: Vec<Hook>) -> World {
        let profile = Profile {
            name: "Zuri".into(),
            country: None,
            currency: Currency(*b"KES"),
            timezone: "Africa/Nairobi".into(),
            towns: Vec::new(),
            has_catalogue: false,
            pays_in_chat: false,
            quiet_hours: None,
            facts: Default::default(),
            rounding: Default::default(),
        };
        let shop = Shop {
            profile,
            flows: Vec::new(),
            languages: Vec::new(),
            records: records(),
            known_records: KnownRecords::default(),
            operations: Vec::new(),
            statuses: Vec::new(),
            consents: Vec::new(),
            customer_slots: vec![slot("visits", Type::Number, false)],
            hooks,
            runner,
        };
        let line = |name: &str, quantity: i64, total: i64| {
            Value::Record(Arc::from([text(name), number(quantity), money(total)]))
        };
        World {
            shop,
            flow: flow(),
            values: vec![
                product("D-101", 250_000, 3),
                number(2),
                text("blue dress"),
                Value::None,
                text("m"),
                text("size"),
                Value::YesNo(true),
                Value::Date(20_000),
                number(7),
            ],
            customer_values: vec![number(4)],
            consents: vec![ConsentState { asked: true, given: false }],
            cart: Value::Record(Arc::from([Value::List(Arc::from([line("Dress", 2, 500_000)])), money(500_000)])),
            event: vec![("note".into(), text("call me"))],
        }
    }

    pub fn env(&self) -> Env<'_> {
        Env {
            shop: &self.shop,
            flow: &self.flow,
            flow_id: FlowId(0),
            values: &self.values,
            customer_values: &self.customer_values,
            consents: &self.consents,
            arms: &[(FlowId(0), 0, 1)],
            customer_key: "c-1",
            cart: &self.cart,
            customer: &Value::None,
            shop_value: &Value::None,
            event: &self.event,
            now_ms: 1_000_000,
            language: "en",
            channel: "whatsapp",
            item: None,
        }
    }
}

pub fn product(sku: &str, price: i64, stock: i64) -> Value {
    let sizes = Value::List(Arc::from([text("s"), text("m")]));
    Value::Record(Arc::from([text(sku), text("Blue dress"), money(price), number(stock), sizes, Value::None]))
}

fn flow() -> Flow {
    Flow {
        path: "boutique".into(),
        span: span(),
        start: StateId(0),
        takes: Vec::new(),
        gives: None,
        uses: Vec::new(),
        rules: rules(),
        slots: slots(),
        words: Vec::new(),
        phrases: Vec::new(),
        forms: Vec::new(),
        experiments: vec![Experiment { name: "greeting".into(), arms: words(&["plain", "warm"]), span: span() }],
        texts: Vec::new(),
        anywhere: Vec::new(),
        anywhere_span: None,
        groups: Vec::new(),
        states: Vec::new(),
        follows: Vec::new(),
        templates: Vec::new(),
        standard: false,
    }
}

impl Names for World {
    fn resolve(&self, name: &str) -> Option<Resolved> {
        let slots = self.flow.slots.iter().enumerate().filter(|(_, slot)| slot.kind == SlotKind::Remembered);
        if let Some((at, slot)) = slots.clone().find(|(_, slot)| slot.name == name) {
            let kind = ExprKind::Slot(SlotId(u16::try_from(at).unwrap()));
            return Some(Resolved { kind, ty: slot.ty.clone(), optional: slot.optional });
        }
        if let Some(at) = self.flow.rules.iter().position(|rule| rule.name == name) {
            let kind = ExprKind::Rule(RuleId(u16::try_from(at).unwrap()));
            return Some(Resolved { kind, ty: self.flow.rules.get(at)?.ty.clone(), optional: false });
        }
        let (kind, ty) = match name {
            "cart" => (ExprKind::Ambient(Ambient::Cart), Type::Record(CART)),
            "now" => (ExprKind::Ambient(Ambient::Now), Type::Moment),
            "visits" => (ExprKind::Customer(CustomerSlotId(0)), Type::Number),
            _ => return None,
        };
        Some(Resolved { kind, ty, optional: false })
    }

    fn known(&self) -> Vec<&str> {
        let slots =
            self.flow.slots.iter().filter(|slot| slot.kind == SlotKind::Remembered).map(|slot| slot.name.as_str());
        slots.chain(self.flow.rules.iter().map(|rule| rule.name.as_str())).chain(["cart", "now", "visits"]).collect()
    }

    fn answer(&self, state: &str) -> Option<Resolved> {
        let at = 5;
        let slot = self.flow.slots.get(at).filter(|slot| slot.name == state)?;
        Some(Resolved { kind: ExprKind::Slot(SlotId(5)), ty: slot.ty.clone(), optional: false })
    }

    fn answers(&self) -> Vec<&str> {
        vec!["return_reason"]
    }

    fn event_field(&self, field: &str) -> Option<Resolved> {
        let kind = ExprKind::Event(field.into());
        (field == "note").then_some(Resolved { kind, ty: Type::Text, optional: false })
    }

    fn event_fields(&self) -> Vec<&str> {
        vec!["note"]
    }

    fn consent(&self, name: &str) -> Option<ConsentId> {
        (name == "offers").then_some(ConsentId(0))
    }

    fn consents(&self) -> Vec<&str> {
        vec!["offers"]
    }

    fn experiment(&self, name: &str) -> Option<(ExperimentId, &[SmolStr])> {
        let experiment = self.flow.experiments.first().filter(|experiment| experiment.name == name)?;
        Some((ExperimentId(0), &experiment.arms))
    }

    fn experiments(&self) -> Vec<&str> {
        vec!["greeting"]
    }

    fn record(&self, id: RecordId) -> &Record {
        self.shop.records.get(usize::from(id.0)).unwrap()
    }

    fn hook(&self, name: &str) -> Option<(HookId, &Hook)> {
        let at = self.shop.hooks.iter().position(|hook| hook.name == name)?;
        Some((HookId(u16::try_from(at).unwrap()), self.shop.hooks.get(at)?))
    }

    fn hook_names(&self) -> Vec<&str> {
        self.shop.hooks.iter().map(|hook| hook.name.as_str()).collect()
    }

    fn contract(&self, name: &str) -> bool {
        ["catalog", "orders", "cart"].contains(&name)
    }

    fn rule(&self, rule: RuleId) -> Option<&Value> {
        self.flow.rules.get(rule.index()).map(|rule| &rule.value)
    }

    fn currency(&self) -> Option<Currency> {
        Some(self.shop.profile.currency)
    }
}
