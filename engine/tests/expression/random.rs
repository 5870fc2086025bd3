//! Random conditions over random states: the lowered tree gives what Rhai gives. Random bytes are read without a panic.

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, Scope, Token};
use rust_decimal::Decimal;

use crate::world::{CART, PRODUCT, World, expr, money, number, product, text};
use duka_engine::expression::{holds, lower_guard, lower_operation, lower_value};
use duka_engine::hir::ExprKind;
use duka_engine::types::{Record, Type};
use duka_engine::value::Value;

/// Numbers that look random and are the same every time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

// ---------------------------------------------------------------- random conditions

fn number_text(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 || dice.below(3) == 0 {
        let leaf =
            ["quantity", "item.stock", "most_per_item", "cart.lines.count", "visits", "0", "1", "2", "2.5", "10"];
        return dice.one(&leaf).to_string();
    }
    let op = dice.one(&["+", "-", "*", "/", "%"]);
    let (a, b) = (number_text(dice, depth - 1), number_text(dice, depth - 1));
    if dice.below(2) == 0 { format!("({a} {op} {b})") } else { format!("{a} {op} {b}") }
}

fn money_text(dice: &mut Dice, depth: usize) -> String {
    match dice.below(if depth == 0 { 3 } else { 6 }) {
        0 => "item.price".to_string(),
        1 => "cart.total".to_string(),
        2 => "free_delivery_over".to_string(),
        3 => format!("{} + {}", money_text(dice, depth - 1), money_text(dice, depth - 1)),
        4 => format!("({} - {})", money_text(dice, depth - 1), money_text(dice, depth - 1)),
        _ => format!("item.price * {}", dice.one(&["quantity", "2", "1.5"])),
    }
}

fn condition(dice: &mut Dice, depth: usize) -> String {
    if depth > 0 {
        let (a, b) = (condition(dice, depth - 1), condition(dice, depth - 1));
        match dice.below(8) {
            0 | 1 => return format!("{a} {} {b}", dice.one(&["and", "&&"])),
            2 | 3 => return format!("{a} {} {b}", dice.one(&["or", "||"])),
            4 => return format!("({a}) or ({b})"),
            5 => return format!("not ({a})"),
            _ => {}
        }
    }
    let compare = dice.one(&["==", "!=", "<", "<=", ">", ">=", "is", "is not"]);
    let equal = dice.one(&["==", "!=", "is", "is not"]);
    match dice.below(9) {
        0..=2 => format!("{} {compare} {}", number_text(dice, 2), number_text(dice, 1)),
        3 | 4 => format!("{} {compare} {}", money_text(dice, 1), money_text(dice, 1)),
        5 => format!("{} {equal} {}", dice.one(&["size", "query", "item.name"]), dice.one(&["\"m\"", "'s'", "query"])),
        6 => format!("{} {} item.sizes", dice.one(&["size", "\"l\"", "query"]), dice.one(&["in", "not in"])),
        7 => dice
            .one(&["consent.offers.given", "consent.offers.asked", "gift", "not gift", "item.note.is_set"])
            .to_string(),
        _ => dice
            .one(&["cart.lines.is_empty", "experiment.greeting == \"warm\"", "answers.return_reason != \"size\""])
            .to_string(),
    }
}

/// Enumerated places only take their own words.
fn is_sound(world: &World, source: &str) -> bool {
    lower_guard(&world.shop.runner, &expr(source), world).1.is_empty()
}

fn state(dice: &mut Dice) -> World {
    let mut world = World::new("");
    let small = |dice: &mut Dice| i64::try_from(dice.below(5)).unwrap();
    world.values[0] = product("D-1", small(dice) * 100_000, small(dice));
    world.values[1] = if dice.below(3) == 0 { Value::Number(Decimal::new(25, 1)) } else { number(small(dice)) };
    world.values[2] = text(dice.one(&["m", "blue", "s"]));
    world.values[4] = text(dice.one(&["s", "m", "l"]));
    world.values[5] = text(dice.one(&["size", "faulty"]));
    world.values[6] = Value::YesNo(dice.below(2) == 0);
    world.customer_values[0] = number(small(dice));
    world.consents[0].given = dice.below(2) == 0;
    if let Value::Record(fields) = &world.cart {
        let lines = if dice.below(2) == 0 { Value::List([].into()) } else { fields[0].clone() };
        world.cart = Value::Record([lines, money(small(dice) * 100_000)].into());
    }
    world
}

// ---------------------------------------------------------------- the same in Rhai

fn reference() -> Engine {
    let mut engine = Engine::new();
    #[expect(deprecated, reason = "Rhai marks this interface as volatile, not as deprecated")]
    engine.on_parse_token(|token, _, _| match &token {
        Token::Identifier(word) if word.as_str() == "and" => Token::And,
        Token::Identifier(word) if word.as_str() == "or" => Token::Or,
        Token::Identifier(word) if word.as_str() == "not" => Token::Bang,
        Token::Reserved(word) if word.as_str() == "is" => Token::EqualsTo,
        Token::IntegerConstant(number) => {
            Token::DecimalConstant(Box::new((Decimal::from(*number), number.to_string().into())))
        }
        _ => token,
    });
    engine.register_get("is_empty", |list: &mut Array| list.is_empty());
    engine.register_get("count", |list: &mut Array| Decimal::from(list.len()));
    engine.register_get("is_set", |_: &mut ImmutableString| true);
    engine.register_get("is_set", |(): &mut ()| false);
    engine
}

fn in_rhai(value: &Value, ty: &Type, records: &[Record]) -> Dynamic {
    match (value, ty) {
        (Value::Number(number), _) => Dynamic::from_decimal(*number),
        (Value::List(items), Type::List(of)) => {
            Dynamic::from_array(items.iter().map(|item| in_rhai(item, of, records)).collect())
        }
        (Value::Record(fields), Type::Record(id)) => {
            let declared = &records[usize::from(id.0)].fields;
            let fields = declared.iter().zip(fields.iter());
            fields
                .map(|(field, value)| (field.name.as_str().into(), in_rhai(value, &field.ty, records)))
                .collect::<Map>()
                .into()
        }
        (value, _) => plain(value),
    }
}

/// Amounts are their minor units: in these conditions they are whole whatever is done to them.
fn plain(value: &Value) -> Dynamic {
    match value {
        Value::YesNo(yes) => (*yes).into(),
        Value::Money(money) => Dynamic::from_decimal(money.minor.into()),
        Value::Text(text) => text.as_str().into(),
        Value::Date(days) => i64::from(*days).into(),
        Value::Duration(ms) => (*ms).into(),
        _ => Dynamic::UNIT,
    }
}

fn scope(world: &World) -> Scope<'static> {
    let mut scope = Scope::new();
    let records = &world.shop.records;
    for (slot, value) in world.flow.slots.iter().zip(&world.values) {
        scope.push_dynamic(slot.name.to_string(), in_rhai(value, &slot.ty, records));
    }
    for rule in &world.flow.rules {
        scope.push_dynamic(rule.name.to_string(), in_rhai(&rule.value, &rule.ty, records));
    }
    scope.push_dynamic("visits", in_rhai(&world.customer_values[0], &Type::Number, records));
    scope.push_dynamic("cart", in_rhai(&world.cart, &Type::Record(CART), records));
    let consent = world.consents[0];
    let offers: Map = [("given".into(), consent.given.into()), ("asked".into(), consent.asked.into())].into();
    scope.push("consent", Map::from([("offers".into(), offers.into())]));
    scope.push("experiment", Map::from([("greeting".into(), "warm".into())]));
    let reason = in_rhai(&world.values[5], &Type::Text, records);
    scope.push("answers", Map::from([("return_reason".into(), reason)]));
    scope
}

#[test]
fn a_lowered_condition_gives_what_rhai_gives() {
    let engine = reference();
    let mut dice = Dice::new(7);
    let mut compared = 0;
    let mut failed = 0;
    let world = state(&mut dice);
    let states: Vec<World> = (0..20).map(|_| state(&mut dice)).collect();
    for _ in 0..1_500 {
        let source = condition(&mut dice, 3);
        if source.len() > 900 || !is_sound(&world, &source) {
            continue;
        }
        let plain = source.replace("is not", "!=").replace("not in", "!in").replace('\'', "\"");
        let tree = engine.compile_expression(&plain).unwrap_or_else(|error| panic!("{plain}: {error}"));
        let (lowered, _) = lower_guard(&world.shop.runner, &expr(&source), &world);
        assert!(!matches!(lowered.kind, ExprKind::Script { .. }), "{source} is lowered");
        for world in &states {
            let wanted = engine.eval_ast_with_scope::<bool>(&mut scope(world), &tree);
            let found = holds(&lowered, &world.env());
            match (&wanted, &found) {
                (Ok(wanted), Ok(found)) => assert_eq!(found, wanted, "{source}\n{:?}", world.values),
                (Err(_), Err(_)) => failed += 1,
                _ => panic!("{source}: Rhai gives {wanted:?}, the tree {found:?}\n{:?}", world.values),
            }
            compared += 1;
        }
    }
    assert!(compared > 10_000, "only {compared} compared");
    assert!(failed > 50 && failed < compared / 2, "{failed} of {compared} failed");
    assert_eq!(PRODUCT.0, 0);
}

// ---------------------------------------------------------------- random bytes

#[test]
fn random_bytes_are_read_without_a_panic() {
    let pieces = [
        "item",
        "cart",
        "quantity",
        "consent",
        "event",
        "answers",
        "not",
        "and",
        "or",
        "is",
        "in",
        "if",
        "this",
        "Fn",
        "x",
        ".",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "`",
        "\\",
        "+",
        "-",
        "*",
        "/",
        "%",
        "<",
        ">",
        "=",
        "!",
        "&",
        "|",
        "?",
        ":",
        ";",
        ",",
        "#",
        "$",
        "@",
        "^",
        "~",
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        "0",
        "1",
        "99999999999999999999",
        "0x",
        "1e9",
        "1.5",
        ".5",
        "é",
        "字",
        "\u{202e}",
        "\0",
        "${",
        "=>",
        "..",
        "::",
        "//",
        "/*",
        "r#\"",
        "fn",
        "let",
        "return",
        "import",
    ];
    let world = World::new("");
    let mut dice = Dice::new(3);
    for _ in 0..20_000 {
        let length = 1 + dice.below(14);
        let source: String = (0..length).map(|_| dice.one(&pieces)).collect();
        let source = expr(&source);
        let hooks = &world.shop.runner;
        let (tree, _) = lower_value(hooks, &source, &world);
        let _ = duka_engine::expression::evaluate(&tree, &world.env());
        let _ = lower_guard(hooks, &source, &world);
        let _ = lower_operation(hooks, &source, &world);
    }
}

#[test]
fn random_hooks_are_read_and_run_without_a_panic() {
    let pieces = [
        "fn a() {",
        "}",
        "/// a() -> number\n",
        "/// a(x: text) -> list of money\n",
        "fn a(x) {",
        "let y = ",
        "x",
        "y",
        "a(1)",
        ";",
        "for i in 0..9 {",
        "while true {",
        "loop {",
        "if x {",
        "else {",
        "switch x {",
        "_ =>",
        "1",
        "1.5",
        "\"t\"",
        "`${x}`",
        "[x, 1]",
        "#{ a: 1 }",
        ".a",
        "[0]",
        "+",
        "*",
        "==",
        "&&",
        "return",
        "break",
        "throw x;",
        "try {",
        "catch (e) {",
        "|z| z",
        "(",
        ")",
        ",",
        "\n",
        " ",
        "?.b",
        "??",
        "..",
        "this",
        "const C = 1;",
        "private fn b() { 1 }",
        "é",
        "\0",
        "/*",
        "\\",
        "'c'",
        "let",
        "in",
    ];
    let mut dice = Dice::new(11);
    for _ in 0..400 {
        let length = 3 + dice.below(12);
        let source: String = (0..length).map(|_| format!("{} ", dice.one(&pieces))).collect();
        let source = if dice.below(2) == 0 { format!("/// a() -> number\nfn a() {{ {source} }}") } else { source };
        let (runner, hooks, _) = duka_engine::expression::Hooks::read(duka_dsl::FileId(1), &source, &|_| None, &[]);
        let count = hooks.len();
        let world = World::with(runner, hooks);
        for at in 0..count {
            let id = duka_engine::hir::HookId(u16::try_from(at).unwrap());
            let _ = world.shop.runner.call(&world.shop, id, &[text("x"), number(1)]);
        }
    }
}

#[test]
fn deep_and_long_expressions_are_refused_not_followed() {
    let world = World::new("");
    let deep = [
        "(".repeat(400),
        "[".repeat(400),
        "not ".repeat(240) + "gift",
        "-".repeat(900) + "1",
        "!".repeat(900) + "gift",
        "a.".repeat(450) + "b",
        "a[".repeat(300),
        "f(".repeat(300),
        "1+".repeat(450) + "1",
        "1-(".repeat(300),
        "gift and ".repeat(110) + "gift",
        "1**".repeat(300) + "1",
        "x".repeat(5_000),
        "a.b().".repeat(150),
        "[[1],".repeat(150),
        "not (".repeat(16) + "gift" + &")".repeat(16),
    ];
    for source in deep {
        let source = expr(&source);
        let (tree, _) = lower_guard(&world.shop.runner, &source, &world);
        let _ = holds(&tree, &world.env());
    }
}

#[test]
fn quotes_made_plain_do_not_move_findings_out_of_the_expression() {
    let world = World::new("");
    let mut source = expr("size == \"m\" and itme.stock > 0");
    source.span.end += 4;
    let (_, findings) = lower_guard(&world.shop.runner, &source, &world);
    assert_eq!(findings.iter().map(|finding| finding.span).collect::<Vec<_>>(), [source.span]);
}
