//! Hooks that loop, recurse, grow, throw, reach out or lie: each ends as an error within its budget, or is refused.

use std::fmt::Write;

use duka_dsl::{Diagnostic, FileId};

use crate::world::World;
use duka_engine::expression::{EvalError, Hooks};
use duka_engine::hir::{Hook, HookId};
use duka_engine::value::Value;

fn read(source: &str) -> (Hooks, Vec<Hook>, Vec<Diagnostic>) {
    Hooks::read(FileId(1), source, &|_| None, &[])
}

/// Runs `fn attack() { BODY }`, whatever the checks say of it.
fn attack(body: &str) -> Result<Value, String> {
    let source = format!("/// attack() -> number\nfn attack() {{ {body} }}\nfn again(n) {{ again(n + 1) }}\n");
    let (runner, hooks, findings) = read(&source);
    if hooks.is_empty() || findings.iter().any(|finding| finding.code.0 == 22) {
        let messages: Vec<String> = findings.into_iter().map(|finding| finding.message).collect();
        return Err(format!("refused: {}", messages.join("; ")));
    }
    let world = World::with(runner, hooks);
    match world.shop.runner.call(&world.shop, HookId(0), &[]) {
        Ok(value) => Ok(value),
        Err(EvalError::Hook { reason, .. }) => Err(reason),
        Err(other) => Err(other.to_string()),
    }
}

/// Each attack and, below it, how it ends. `UPDATE=1` writes what is found.
#[test]
fn no_attack_gets_out_or_goes_on() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expression/hostile.txt");
    let wanted = std::fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    let attacks: Vec<&str> = wanted.lines().filter(|line| !line.starts_with("  ")).collect();
    assert!(attacks.len() >= 40, "{} attacks", attacks.len());
    for body in attacks {
        let end = attack(body).map_or_else(|reason| reason, |value| format!("harmless: {value:?}"));
        writeln!(found, "{body}\n  {end}").unwrap();
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found).unwrap();
    } else {
        assert_eq!(found, wanted);
    }
}

#[test]
fn deep_recursion_through_deep_expressions_fits_the_stack() {
    let source = |depth: usize| {
        let deep = format!("{}deep(n + 1){}", "1 + (".repeat(depth), ")".repeat(depth));
        format!("/// deep(n: number) -> number\nfn deep(n) {{ if n > 0 {{ if n > 0 {{ {deep} }} }} }}\n")
    };
    let deepest = (1..30).rev().map(source).find(|source| read(source).2.is_empty()).unwrap();
    let (runner, hooks, _) = read(&deepest);
    let world = World::with(runner, hooks);
    let end = world.shop.runner.call(&world.shop, HookId(0), &[crate::world::number(1)]);
    assert!(matches!(end, Err(EvalError::Hook { .. })), "{end:?}");
}

#[test]
fn broken_sources_are_findings_and_no_panic() {
    let sources = [
        "fn",
        "fn a(",
        "fn a() {",
        "}",
        "\u{0}",
        "/// a() -> text",
        "/// a( -> text\nfn a() {}",
        "/// a(b: prodct) -> text\nfn a(b) { b }",
        "/// a(b) -> text\nfn a(b) {}",
        "let x = 1;",
        "import \"x\" as y;",
        "fn a() { import \"x\" as y; }",
        "export x;",
        "fn a() { fn b() {} }",
        "/// a(b: text) -> list of list of text\nfn a(b) { [[b]] }",
        "/// a() -> \nfn a() {}",
        "/// é(x: text) -> é\nfn e(x) {}",
    ];
    for source in sources {
        let _ = read(source);
    }
    let deep = format!("fn a() {{ {} }}", "(".repeat(3_000));
    assert_eq!(read(&deep).2.len(), 1);
    let blocks = format!("fn a() {{ {} {} }}", "if true { ".repeat(2_000), "}".repeat(2_000));
    assert_eq!(read(&blocks).2.len(), 1);
    let long = "// long\n".repeat(20_000);
    assert_eq!(read(&long).2.first().map(|finding| finding.code.0), Some(21));
    let many: String = (0..200).fold(String::new(), |mut all, at| {
        writeln!(all, "fn f{at}() {{ 1 }}").unwrap();
        all
    });
    assert_eq!(read(&many).2.first().map(|finding| finding.code.0), Some(22));
}

#[test]
fn what_is_wrong_with_a_hook_is_said_before_it_runs() {
    let source = r#"
/// a(items: list of text, height: number) -> number
fn a(items, height) {
    let sum = 0;
    for item in items { sum += hieght; }
    while sum < 10 { items.len(); }
    loop { }
    while sum > 0 { sum -= 1; }
    let t = timestamp();
    let r = rand();
    print("x");
    sze_of(items);
    [1, 2].map(|x| x + sum2)
}
fn b() { loop { if a([], 1) > 3 { break; } } }
/// c(n: number) -> number
fn c(n) { for i in 0..300 { for j in 0..300 { n += 1; } } n }
/// d(n: number) -> number
fn dd(n) { n }
/// e(n: number) -> number
fn e() { 1 }
/// f(n: lenght) -> number
fn f(n) { 1 }
let x = 5;
"#;
    let (_, hooks, findings) = read(source);
    let mut shown = String::new();
    for finding in &findings {
        let part = source.get(finding.span.range()).unwrap_or("?");
        writeln!(shown, "{} [{part}] {}", finding.code, finding.message).unwrap();
    }
    let names: Vec<&str> = hooks.iter().map(|hook| hook.name.as_str()).collect();
    assert_eq!(names, ["a", "c", "f"]);
    let wanted = r"D901 [d] There is a signature for `d`, but no function.
D901 [e] The signature of `e` names 1 values, its function 0.
D901 [lenght] There is no type called `lenght`.
D902 [let] Hooks are functions; nothing stands outside them.
D901 [hieght] Hook `a`: unknown variable `hieght`.
D904 [while] This loop may never end: nothing in it stops it.
D904 [loop] This loop may never end: nothing in it stops it.
D906 [timestamp] Hook `a` reads the clock or chance (`timestamp`).
D906 [rand] Hook `a` reads the clock or chance (`rand`).
D901 [print] Hook `a`: unknown function `print`.
D901 [sze_of] Hook `a`: unknown function `sze_of`.
D901 [sum2] Unknown variable `sum2`: a function within a function reads its own parameters only.
D905 [c] Hook `c` may exceed its budget: about 541203 operations on lists of 1000 items; 25000 are allowed.
";
    assert_eq!(shown, wanted);
}
