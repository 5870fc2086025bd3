//! What a merchant is told about an expression: the marked part, the sentence, the advice.

use duka_dsl::{Diagnostic, ast};

use crate::world::{World, expr};
use duka_engine::expression::{OperationCall, lower_guard, lower_operation, lower_path, lower_value};

const HOOKS: &str = "/// size_for(item: product, height: number) -> text\nfn size_for(item, height) { \"m\" }\n";

fn shown(source: &str, findings: &[Diagnostic]) -> String {
    let mut shown = String::new();
    for finding in findings {
        let range = finding.span.range();
        let part = source.get(range.start.saturating_sub(100)..range.end.saturating_sub(100)).unwrap_or("?");
        shown.push_str(&format!("{} [{part}] {}", finding.code, finding.message));
        if let Some(help) = &finding.help {
            shown.push_str(&format!(" | {help}"));
        }
        if let Some(fix) = &finding.fix {
            shown.push_str(&format!(" | fix: {}", fix.title));
        }
        shown.push('\n');
    }
    shown
}

/// Each case is an expression and, indented below it, its findings. `UPDATE=1` writes what is found.
fn check(file: &str, read: impl Fn(&World, &ast::Expr) -> Vec<Diagnostic>) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expression").join(file);
    let wanted = std::fs::read_to_string(&path).unwrap();
    let world = World::new(HOOKS);
    let mut found = String::new();
    for source in wanted.lines().filter(|line| !line.starts_with("  ")) {
        let findings = read(&world, &expr(source));
        found.push_str(&format!("{source}\n  {}\n", shown(source, &findings).trim_end().replace('\n', "\n  ")));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found).unwrap();
    } else {
        assert_eq!(found, wanted, "{}", path.display());
    }
}

#[test]
fn a_sound_condition_has_no_finding() {
    let sound = [
        "item.stock > 0",
        "cart.count > 0 and not gift",
        "not (item.stock > 0)",
        "zone.is_set and zone.fee > free_delivery_over",
        "cart.lines.is_empty or cart.is_empty",
        "consent.offers.asked",
        "not consent.offers.given",
        "experiment.greeting == \"warm\"",
        "experiment.greeting is 'warm'",
        "size is not \"s\"",
        "size in [\"s\", \"m\"]",
        "size not in item.sizes",
        "answers.return_reason == \"faulty\"",
        "event.note != \"\"",
        "cart.total + item.price * quantity >= free_delivery_over",
        "cart.total / 2 > item.price",
        "now + pay_within > now",
        "gift == yes",
        "zone == none",
        "query.to_lower().contains(\"dress\")",
        "item.sizes[0] == \"s\"",
        "query.len() > 3",
        "size_for(item, 160) == \"m\"",
        "default > 5 and visits >= 3",
        "-quantity < 1.5",
        "item.sizes.count > 1",
    ];
    let world = World::new(HOOKS);
    for source in sound {
        let (_, findings) = lower_guard(&world.shop.runner, &expr(source), &world);
        assert_eq!(shown(source, &findings), "", "{source}");
    }
}

#[test]
fn a_wrong_condition_has_one_finding_that_says_what_to_do() {
    check("conditions.txt", |world, source| lower_guard(&world.shop.runner, source, world).1);
}

#[test]
fn a_value_in_a_text_must_be_known() {
    let world = World::new(HOOKS);
    let path = |text: &str| {
        let mut at = 100;
        let segments = text.split('.').map(|part| {
            let start = at;
            at += part.len() + 1;
            duka_dsl::Name::new(part.into(), duka_dsl::Span::new(duka_dsl::FileId(0), start, start + part.len()))
        });
        let segments: Vec<_> = segments.collect();
        ast::Path { segments, span: duka_dsl::Span::new(duka_dsl::FileId(0), 100, 100 + text.len()) }
    };
    let (expr, findings) = lower_path(&path("cart.count"), &world);
    assert_eq!((expr.ty, findings), (duka_engine::types::Type::Number, Vec::new()));
    let findings = lower_path(&path("item.prise"), &world).1;
    let message = "D108 [prise] A product has no `prise`. | Did you mean `price`? It has: sku, name, price, stock, sizes, note. | fix: write `price`\n";
    assert_eq!(shown("item.prise", &findings), message);
}

#[test]
fn an_operation_is_a_contract_and_what_it_takes() {
    let world = World::new(HOOKS);
    let (call, findings) = lower_operation(&world.shop.runner, &expr("catalog.product(item.sku)"), &world);
    assert_eq!(findings, []);
    let Some(OperationCall::Contract { contract, operation, arguments, .. }) = call else { panic!("an operation") };
    assert_eq!((contract.as_str(), operation.as_str(), arguments.len()), ("catalog", "product", 1));
    let (call, findings) = lower_operation(&world.shop.runner, &expr("consent.offers.refuse()"), &world);
    assert_eq!(findings, []);
    assert!(matches!(call, Some(OperationCall::Consent { given: false, .. })));
}

#[test]
fn values_and_operations_have_findings_too() {
    check("operations.txt", |world, source| lower_operation(&world.shop.runner, source, world).1);
    check("values.txt", |world, source| lower_value(&world.shop.runner, source, world).1);
}
