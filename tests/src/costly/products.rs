//! Costly files whose parts multiply: what is short when it is written and long when everything meets everything.

use super::{Costly, HEAD, fill, lines_of, repeat};

/// All of them.
pub(super) fn files(size: usize) -> Vec<Costly> {
    let mut files = of_flows(size);
    files.extend(of_one_block(size));
    files.extend(of_other_files(size));
    files
}

/// Bytes of a line that is as long as a line may be, or as a file of `size` bytes allows.
fn long_line(size: usize) -> usize {
    (size / 4).min(30 * 1024)
}

fn joined(size: usize, piece: &dyn Fn(usize) -> String) -> String {
    fill(long_line(size), "x", &|at| format!(", {}", piece(at)), "")
}

/// Something that holds for every state, in a flow of many states.
fn of_flows(size: usize) -> Vec<Costly> {
    let plain = |at: usize| format!("state s{at}\n ask: x\n");
    let rich = |at: usize| format!("state s{at}\n ask: x\n button b: x -> s{}\n quiet 20 hours -> s0\n", at + 1);
    let many = |count: usize, piece: &dyn Fn(usize) -> String| (0..count).map(piece).collect::<String>();
    let heard = many(200, &|at| format!(" hears w{at} -> s{at}\n"));
    let words = many(200, &|at| format!(" w{at}: word {at}\n"));
    let languages =
        many(600, &|at| format!(", {}{}", (b'a' + (at / 26) as u8) as char, (b'a' + (at % 26) as u8) as char));
    let reading = |at: usize| format!("state s{at}\n ask: {{answers.s{}}}\n answer x -> s{}\n", at / 2, at + 1);
    let section = format!(" section: {}\n", "{v}".repeat(long_line(size) / 3));
    let rows = many(150, &|at| format!(" row b{at}: b -> a\n"));
    let sections = |at: usize| format!("state s{at}\n ask: x\n list: x\n{section}{rows}");
    let experiments = many(500, &|at| format!("experiment e{at}: a, b\n"));
    let tried = |at: usize| format!("state s{at}\n if e{} is a -> s{}\n ask: x\n", at % 500, at * 7 % 997);
    vec![
        lines_of(
            "words that every state hears",
            fill(size, &format!("{HEAD}words\n{words}anywhere\n{heard}state a\n -> s0\n"), &plain, ""),
        ),
        lines_of(
            "words that a group hears",
            fill(size, &format!("{HEAD}words\n{words}group g\n{heard}state a\n -> s0\n"), &plain, ""),
        ),
        lines_of(
            "languages",
            fill(
                size,
                &format!("duka 1\nflow stall\n  start a\n  languages en{languages}\n\nstate a\n -> s0\n"),
                &plain,
                "",
            ),
        ),
        lines_of(
            "answers that are read elsewhere",
            fill(size, &format!("{HEAD}remember\n x: text\nstate a\n -> s0\n"), &reading, ""),
        ),
        lines_of(
            "sections over rows",
            fill(size, &format!("{HEAD}remember\n v: text = a\nstate a\n -> s0\n"), &sections, ""),
        ),
        lines_of("experiments on the way", fill(size, &format!("{HEAD}{experiments}state a\n -> s0\n"), &tried, "")),
        lines_of("arrows in texts", fill(size, HEAD, &|at| format!("state s{at}\n say: x -> y\n"), "")),
        lines_of(
            "names of before",
            fill(size, HEAD, &|at| format!("state s{at} was t{at}, u{at}\n"), "state a\n -> end\n"),
        ),
        lines_of("states that go on and on", fill(size, &format!("{HEAD}state a\n -> s0\n"), &rich, "")),
    ]
}

/// One line or block that has much of one thing.
fn of_one_block(size: usize) -> Vec<Costly> {
    let state = format!("{HEAD}state a\n");
    let names = joined(size, &|at| format!("n{at}"));
    let declared = format!("{HEAD}remember\n  x: number = 1\n  c: one of {names}\n\nstate a\n");
    let flags: String = (0..400).map(|at| format!("  f{at}: yes_no = no\n")).collect();
    let asked = |at: usize| {
        format!(" if (f{} or not f{}) and (f{} or f{}) -> a\n", at % 400, at * 7 % 400, at * 3 % 400, at * 11 % 400)
    };
    let phrases = format!("{HEAD}phrase p(n)\n  one: x\n  other: {{n}} xs\n\nremember\n  x: number = 1\n\n");
    vec![
        lines_of("members of a type", fill(size, &declared, &|at| format!(" if c == n{at} -> a\n"), " ask: x\n")),
        lines_of(
            "arms of an experiment",
            fill(
                size,
                &format!("{HEAD}experiment e: {names}\n\nstate a\n"),
                &|at| format!(" if e is n{at} -> a\n"),
                " -> end\n",
            ),
        ),
        lines_of(
            "names that are handed over",
            repeat(size, &format!("{state} ask: x\n"), &format!(" button b: b <-> std.tracking with {names}\n"), ""),
        ),
        lines_of(
            "flags that are asked for",
            fill(size, &format!("{HEAD}remember\n{flags}\nstate a\n"), &asked, " ask: x\n"),
        ),
        lines_of(
            "phrases in a text",
            fill(size, &phrases, &|at| format!("state s{at}\n ask: {}\n", "{p(x)}".repeat(100)), ""),
        ),
        lines_of(
            "fields of a form",
            fill(
                size,
                &format!("{HEAD}form f\n title: x\n submit: x\n"),
                &|at| format!(" field a{at} text: x\n"),
                "state a\n -> end\n",
            ),
        ),
        lines_of(
            "links of a template",
            fill(
                size,
                &format!("{HEAD}template t utility\n body: x\n"),
                &|at| format!(" link l{at}: x -> https://x.example\n"),
                "state a\n -> end\n",
            ),
        ),
        lines_of(
            "samples of a template",
            fill(
                size,
                &format!("{HEAD}template t utility\n body: x\n"),
                &|at| format!(" sample a{at} = x\n"),
                "state a\n -> end\n",
            ),
        ),
        lines_of(
            "lines of an item each",
            repeat(size, &format!("{state} say:\n"), " each x in cart.lines: {x.name}\n", " -> end\n"),
        ),
        lines_of("lines that end in a return", repeat(size, &state, "ask: x\r", "")),
        lines_of("zero bytes", repeat(size, &format!("{state}  ask: x"), "\0", "\n")),
    ]
}

/// `shop.yaml`, texts, tests, contracts and hooks.
fn of_other_files(size: usize) -> Vec<Costly> {
    let of = |what, path, text| Costly { what, path, text };
    let shop = crate::generate::SHOP;
    let zone = |at: usize| format!("  - towns: [t{at}]\n    fee: KES {at}\n");
    let operation = |at: usize| format!("  o{at}: {{ takes: [r{at}], gives: list of r{at} }}\n");
    let nest = |open: &str, inside: &str, close: &str| {
        let deep = (size - 40) / (open.len() + close.len());
        format!("fn f(x) {{ {}{inside}{} }}", open.repeat(deep), close.repeat(deep))
    };
    vec![
        of("zones", "shop.yaml", fill(size, &format!("{shop}delivery:\n"), &zone, "")),
        of(
            "languages of the shop",
            "shop.yaml",
            fill(size, &format!("{shop}languages: [en"), &|at| format!(", x{at}"), "]\n"),
        ),
        of(
            "texts of one line",
            "stall.sw.duka",
            fill(size, "texts sw for stall\n\n", &|at| format!("a.ask: x{at}\n"), ""),
        ),
        of(
            "lines of one test",
            "stall.test.duka",
            repeat(size, "tests for stall\n\ntest t\n", "  customer: hi\n  shop: x\n", ""),
        ),
        of(
            "things given to a test",
            "stall.test.duka",
            fill(size, "tests for stall\n\ntest t\n", &|at| format!("  given x{at} is {at}\n"), ""),
        ),
        of("records", "stall.contract.yaml", fill(size, "adapter: stall\nqueries:\n", &operation, "")),
        of("functions in functions", "hooks.rhai", nest("g(", "x", ")")),
        of("blocks in blocks", "hooks.rhai", nest("if x { ", "x", " }")),
        of("arrays in arrays", "hooks.rhai", nest("[", "", "]")),
        of("a long array", "hooks.rhai", repeat(size, "fn f(x) { [", "1,", "1] }\n")),
        of("parameters", "hooks.rhai", fill(size, "fn f(x", &|at| format!(", a{at}"), ") { x }\n")),
        of(
            "hooks that call each other",
            "hooks.rhai",
            fill(size, "", &|at| format!("fn f{at}(x) {{ f{}(x) }}\n", at + 1), ""),
        ),
        of("open comments", "hooks.rhai", repeat(size, "", "/*", "")),
    ]
}
