//! The line form: what a file says, and what is said about a file that is not right.

use duka_dsl::ast::{FlowFile, Line, LineKind};
use duka_dsl::{Diagnostic, FileId, edit, lines, ownership, print, tests_file, texts};

const BOUTIQUE: &str = include_str!("fixtures/boutique.duka");

fn flow(source: &str) -> (FlowFile, Vec<Diagnostic>) {
    let (document, mut diagnostics) = lines::read(FileId(0), source);
    let (flow, more) = ownership::own(&document);
    diagnostics.extend(more);
    (flow, diagnostics)
}

#[test]
fn the_boutique_has_nothing_to_report() {
    let (flow, diagnostics) = flow(BOUTIQUE);
    assert_eq!(diagnostics, []);
    assert_eq!((flow.states.len(), flow.templates.len(), flow.groups.len()), (37, 5, 6));
}

#[test]
fn indentation_decides_nothing() {
    let flat: String = BOUTIQUE.lines().map(|line| format!("{}\n", line.trim())).collect();
    let (mut drawn, _) = flow(BOUTIQUE);
    let (mut flat, diagnostics) = flow(&flat);
    assert_eq!(diagnostics, []);
    drawn.anywhere_span = None;
    flat.anywhere_span = None;
    assert_eq!(drawn, flat);
}

#[test]
fn the_boutique_is_written_canonically() {
    let (document, _) = lines::read(FileId(0), BOUTIQUE);
    similar_lines(&print::print(&document), BOUTIQUE);
}

#[test]
fn what_is_printed_reads_as_the_same_lines() {
    for source in generated() {
        let (document, _) = lines::read(FileId(0), &source);
        let printed = print::print(&document);
        let (again, _) = lines::read(FileId(0), &printed);
        assert_eq!(print::print(&again), printed, "formatting twice changes: {source:?}");
        // Only the order of whole blocks may differ.
        let (mut before, mut after) = (document.lines, again.lines);
        if before.iter().map(|line| &line.kind).ne(after.iter().map(|line| &line.kind)) {
            before.sort_by_cached_key(|line| print::print_line(&line.kind));
            after.sort_by_cached_key(|line| print::print_line(&line.kind));
            let kinds = |lines: &[Line]| lines.iter().map(|line| line.kind.clone()).collect::<Vec<_>>();
            assert_eq!(kinds(&before), kinds(&after), "printing changes: {source:?}\n{printed}");
        } else {
            assert_eq!(before, after, "printing changes: {source:?}\n{printed}");
            assert_eq!(document.trailing, again.trailing);
        }
    }
}

#[test]
fn any_text_is_read_without_a_panic_and_every_line_is_kept() {
    for source in generated() {
        let (document, diagnostics) = lines::read(FileId(0), &source);
        let (_, more) = ownership::own(&document);
        for span in
            document.lines.iter().map(|line| line.span).chain(diagnostics.iter().chain(&more).map(|found| found.span))
        {
            assert!(source.get(span.range()).is_some(), "{span:?} of {source:?}");
        }
        let said = source.split(['\n', '\r']).filter(|line| {
            let line = line.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
            !line.is_empty() && !line.starts_with('#')
        });
        assert_eq!(document.lines.len(), said.count(), "{source:?}");
        let broken = document.lines.iter().filter(|line| matches!(line.kind, LineKind::Broken(_))).count();
        assert!(diagnostics.len() >= broken.min(499), "{source:?}");
    }
}

/// Files made of pieces of the language, whole and torn, from a fixed seed.
fn generated() -> impl Iterator<Item = String> {
    const PIECES: &[&str] = &[
        "say",
        "ask",
        "button",
        "row",
        "pick",
        "answer",
        "fill",
        "state",
        "group",
        "rules",
        "remember",
        "words",
        "form",
        "phrase",
        "template",
        "follow",
        "anywhere",
        "field",
        "each",
        "call",
        "do",
        "set",
        "send",
        "if",
        "else",
        "quiet",
        "after",
        "hears",
        "on",
        "link",
        "image",
        "list",
        "section",
        "consent",
        "experiment",
        "customer",
        "duka 1",
        "flow",
        "use",
        "takes",
        "optional",
        "keep",
        "for",
        "from",
        "to",
        "in",
        "into",
        "with",
        "within",
        "was",
        "about",
        "marketing",
        "one",
        "other",
        "name",
        "bag",
        "item.price",
        "std.menu",
        "Check Out",
        "1",
        "10",
        "KES 5,000",
        "30 minutes",
        "yes",
        "\"x\"",
        "(",
        ")",
        "[",
        "{",
        "}",
        "{item.price}",
        "{items(cart.count)}",
        "{query as url}",
        ":",
        "=",
        ",",
        "|",
        " | ",
        "->",
        "<->",
        "→",
        "↔",
        "\\",
        "\\{",
        "\\->",
        "#",
        "# duka: allow D701 because x",
        "\n",
        "\n  ",
        "\r\n",
        "\t",
        " ",
        "  ",
        "\u{a0}",
        "“",
        "”",
        "'",
        "\u{202e}",
        "\u{feff}",
        "مرحبا",
        "😀",
        ".",
        "-",
        ">",
        "<",
    ];
    const SHAPES: &[&str] = &[
        "button a: ",
        "row a: ",
        "say: ",
        "ask b if c > 1: ",
        "| ",
        "rules\n",
        "remember\n",
        "words\n",
        "state a\n",
        "x = ",
        "x: ",
        "x: text = ",
        "template a utility\n",
        "body: ",
        "link a: b -> ",
        "else: ",
        "phrase a(b)\n",
        "one: ",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |bound: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % bound as u64).unwrap_or(0)
    };
    let lines: Vec<&str> = BOUTIQUE.lines().collect();
    (0..6_000).map(move |_| {
        let mut source = String::new();
        for _ in 0..1 + next(6) {
            match next(4) {
                0 => source.push_str(lines[next(lines.len())]),
                1 => source.push_str(SHAPES[next(SHAPES.len())]),
                _ => {}
            }
            for _ in 0..next(7) {
                source.push_str(PIECES[next(PIECES.len())]);
                if next(3) > 0 {
                    source.push(' ');
                }
            }
            source.push('\n');
        }
        source
    })
}

/// Equal, or a panic with the first line that is not.
fn similar_lines(got: &str, want: &str) {
    for (index, (got, want)) in got.lines().zip(want.lines()).enumerate() {
        assert_eq!(got, want, "line {}", index + 1);
    }
    assert_eq!(got.len(), want.len());
}

#[test]
fn the_tests_and_texts_of_the_boutique_are_read() {
    let source = include_str!("fixtures/boutique.test.duka");
    let (suite, diagnostics) = tests_file::read(FileId(0), source);
    assert_eq!(diagnostics, []);
    assert_eq!((suite.tests.len(), suite.given.len()), (8, 1));
    assert_eq!(suite.tests.iter().map(|test| test.lines.len()).sum::<usize>(), 60);
    assert_eq!(tests_file::format(source), source);

    let source = include_str!("fixtures/boutique.sw.duka");
    let (texts, diagnostics) = texts::read(FileId(0), source);
    assert_eq!(diagnostics, []);
    assert_eq!((texts.entries.len(), texts.words.len(), texts.phrases.len()), (5, 1, 1));
    assert_eq!(texts::format(source), source);
}

/// Each flow of the file, marked with `|`, is followed by what is said about it. `UPDATE=1` writes the file anew.
#[test]
fn broken_lines_are_explained_in_the_words_of_their_keyword() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/broken.txt");
    let kept = std::fs::read_to_string(path).expect("the fixture is in the tree");
    let mut rendered = String::new();
    for case in kept.split("\n\n") {
        let marked: Vec<&str> = case.lines().filter_map(|line| line.strip_prefix("| ")).collect();
        let head = if marked.first().is_some_and(|line| line.starts_with("duka")) { "" } else { "duka 1\n" };
        let source = format!("{head}{}", marked.join("\n"));
        for line in &marked {
            rendered.push_str(&format!("| {line}\n"));
        }
        for found in flow(&source).1 {
            rendered.push_str(&format!("{} [{}] {}\n", found.code, &source[found.span.range()], found.message));
            if let Some(help) = &found.help {
                rendered.push_str(&format!("     {help}\n"));
            }
            if let Some(fix) = &found.fix {
                let edited = edit::apply(&source, &fix.edits);
                let mended = edited.lines().find(|line| !source.lines().any(|old| old == *line)).unwrap_or("(nothing)");
                rendered.push_str(&format!("     {}: {}\n", fix.title, mended.trim()));
            }
        }
        rendered.push('\n');
    }
    let rendered = format!("{}\n", rendered.trim_end());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &rendered).expect("the fixture can be written");
        return;
    }
    similar_lines(&rendered, &kept);
}

#[test]
fn marks_line_ends_and_spaces_of_other_machines_change_nothing() {
    let (plain, _) = lines::read(FileId(0), BOUTIQUE);
    let windows = format!("\u{feff}{}", BOUTIQUE.replace('\n', " \t\r\n"));
    let (document, diagnostics) = lines::read(FileId(0), &windows);
    assert_eq!(diagnostics, []);
    assert_eq!(document, plain);
}

#[test]
fn signs_of_word_processors_read_as_plain_ones() {
    let typed = "duka 1\nstate a\n\u{a0}\u{a0}if customer.city == “Nairobi” → b\n\tbutton\u{a0}pay: “Pay” now → c\n  row x: y ↔ std.z\n";
    let plain =
        "duka 1\nstate a\n  if customer.city == \"Nairobi\" -> b\n  button pay: “Pay” now -> c\n  row x: y <-> std.z\n";
    let (document, diagnostics) = lines::read(FileId(0), typed);
    assert_eq!(diagnostics.iter().map(|found| found.code.to_string()).collect::<Vec<_>>(), ["D013", "D013", "D013"]);
    assert_eq!(print::print(&document).replace("\n\n", "\n"), plain);
    let mut fixed = typed.to_string();
    for found in diagnostics.iter().rev() {
        fixed = edit::apply(&fixed, &found.fix.as_ref().expect("it can be fixed").edits);
    }
    assert_eq!(lines::read(FileId(0), &fixed).1, []);
}

#[test]
fn waivers_cover_what_they_stand_above() {
    let source = "\
# duka: allow D501 because the shop is small
duka 1

# duka: allow D701, D702 because the poster says so too
state a
  # duka: allow D602
  ask:
    | Hello
  # duka: allowing is another thing
  button b: B
    set x = 1
    -> a
state c
  -> end
";
    let (flow, _) = flow(source);
    let covered: Vec<String> = flow
        .waivers
        .iter()
        .map(|waiver| {
            let text = source.get(waiver.covers.range()).unwrap_or("everything");
            let (first, last) = (text.lines().next().unwrap_or_default(), text.lines().last().unwrap_or_default());
            format!("{} ({}) {} … {}", waiver.code, waiver.reason, first.trim(), last.trim())
        })
        .collect();
    assert_eq!(
        covered,
        [
            "D501 (the shop is small) everything … everything",
            "D701 (the poster says so too) state a … -> a",
            "D702 (the poster says so too) state a … -> a",
            "D602 () ask: … | Hello",
        ]
    );
}

#[test]
fn states_belong_to_the_group_above_them_until_group_none() {
    let (flow, diagnostics) = flow(
        "duka 1\nstate a\n-> b\ngroup g\nquiet 1 day -> a\nstate b\n-> a\nfollow order\nfailed\nalert: x\n| y\nstate c\n-> a\ngroup none\nstate d\n-> a\n",
    );
    assert_eq!(diagnostics, []);
    assert_eq!(flow.states.iter().map(|state| state.group).collect::<Vec<_>>(), [None, Some(0), Some(0), None]);
}

#[test]
fn escapes_stand_only_where_they_are_needed() {
    let source = "\
duka 1

state a
  say: A \\{brace}, a \\\\{name}, an -> arrow, a | bar, C:\\dir and \\\\- too
  row b: A \\-> B \\| C <\\-> \\→ {x} | note \\| here -> a
  link c: See \\-> -> https://shop.example/{sku as url}
";
    let (document, diagnostics) = lines::read(FileId(0), source);
    assert_eq!(diagnostics, []);
    assert_eq!(print::print(&document), source);
}

#[test]
fn lines_of_texts_and_tests_that_can_not_be_read_are_explained() {
    let texts = "texts sw\nwelcome.ask Karibu\nwelcome.shop: Nunua {item\nwords track oda\n| more\n";
    let tests = "tests for shop\ncustomer: hi\ntest a\n  custmer: hi\n  wait 26\n  shop Welcome\n  given x fails with\n  tap Pay Now\n";
    let found = texts::read(FileId(0), texts).1.into_iter().map(|found| (texts, found));
    let found = found.chain(tests_file::read(FileId(0), tests).1.into_iter().map(|found| (tests, found)));
    let rendered: Vec<String> = found
        .map(|(source, found)| format!("{} [{}] {}", found.code, &source[found.span.range()], found.message))
        .collect();
    assert_eq!(
        rendered,
        [
            "D022 [texts sw] This line is not written the way Duka reads it.",
            "D005 [welcome.ask Karibu] This line needs a colon before the words the customer reads.",
            "D010 [{item] The `{` is never closed.",
            "D005 [words track oda] This line needs a colon before the words the customer reads.",
            "D004 [customer: hi] This line stands before the first test.",
            "D003 [custmer] This line starts with \"custmer\", which a test does not know.",
            "D407 [26] `26` needs a unit.",
            "D005 [shop Welcome] `shop` needs a colon.",
            "D022 [fails with] This `given` line is not written the way Duka reads it.",
            "D014 [Pay Now] A name must be lower-case letters, digits and `_`: `Pay Now`.",
        ]
    );
}

#[test]
fn a_file_that_is_not_a_flow_costs_a_bounded_number_of_findings() {
    for unit in ["x\n", "|\n", "button a\n", "say: {\n"] {
        let source = format!("duka 1\nstate a\n  ask: hi\n{}", unit.repeat(20_000));
        let (document, diagnostics) = lines::read(FileId(0), &source);
        assert!(diagnostics.len() <= 501, "{unit:?}: {}", diagnostics.len());
        assert!(document.lines.len() <= 1_010, "{unit:?}: {}", document.lines.len());
        let printed = print::print(&document);
        assert_eq!(print::print(&lines::read(FileId(0), &printed).0), printed, "{unit:?}");
    }
    let (_, diagnostics) = lines::read(FileId(0), &format!("say: {}", "{a}".repeat(20_000)));
    assert_eq!(diagnostics[0].message, "This line has 58 KiB; that is too long to read.");
}
