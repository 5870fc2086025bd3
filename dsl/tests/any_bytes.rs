//! Any bytes as a YAML file: findings whose places can be shown, never a panic, always in time.

use std::time::{Duration, Instant};

use duka_dsl::config::{contract, fixture, shop};
use duka_dsl::{Diagnostic, FileId, Span, ownership, yaml};

/// A small generator whose seed is told when something fails (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap_or(0)
    }
}

const BOUTIQUE: &str = include_str!("fixtures/boutique.duka.yaml");
const EVERY_LINE: &str = include_str!("fixtures/every_line.duka.yaml");

/// What upsets readers of YAML.
const PIECES: &[&str] = &[
    "*",
    "&a ",
    "*a",
    "!x ",
    "<<: ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "|",
    ">",
    "|-",
    "- ",
    "-",
    ":",
    ": ",
    "# ",
    " #",
    "\t",
    "\n",
    "\n  ",
    "\r\n",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "é",
    "٣",
    "\\",
    "\\u12",
    "\\x",
    "\0",
    "---\n",
    "...\n",
    "%YAML 9.9\n",
    "? ",
    ",",
    "`",
    "@",
    "%",
    "{item.",
    "then:",
    "- ask:",
    "  ",
    "0",
    "~",
    "yes",
];

fn mutated(source: &str, dice: &mut Dice) -> String {
    let mut text: Vec<char> = source.chars().collect();
    let start = dice.roll(text.len());
    text.drain(..start);
    text.truncate(1 + dice.roll(3_000));
    for _ in 0..1 + dice.roll(6) {
        let at = dice.roll(text.len());
        match dice.roll(4) {
            0 if !text.is_empty() => {
                let end = (at + 1 + dice.roll(20)).min(text.len());
                text.drain(at..end);
            }
            1 => {
                let end = (at + 1 + dice.roll(60)).min(text.len());
                let copy: Vec<char> = text[at..end].to_vec();
                text.splice(at..at, copy);
            }
            _ => {
                let piece = PIECES[dice.roll(PIECES.len())];
                text.splice(at..at, piece.chars());
            }
        }
    }
    text.into_iter().collect()
}

fn noise(dice: &mut Dice) -> String {
    let length = dice.roll(400);
    (0..length)
        .map(|_| match dice.roll(3) {
            0 => PIECES[dice.roll(PIECES.len())].to_string(),
            1 => char::from(u8::try_from(dice.roll(128)).unwrap_or(b'a')).to_string(),
            _ => char::from_u32(u32::try_from(dice.roll(0x3000)).unwrap_or(65)).unwrap_or('a').to_string(),
        })
        .collect()
}

fn show(text: &str, spans: impl IntoIterator<Item = Span>, seed: u64) {
    for span in spans {
        assert!(text.get(span.range()).is_some(), "seed {seed}: {span:?} is no place of {text:?}");
    }
}

fn places(findings: &[Diagnostic]) -> Vec<Span> {
    let mut spans = Vec::new();
    for finding in findings {
        spans.push(finding.span);
        spans.extend(finding.labels.iter().map(|label| label.span));
        spans.extend(finding.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span)));
    }
    spans
}

fn read_all(text: &str, seed: u64) {
    let (document, findings) = yaml::read(FileId(0), text);
    show(text, places(&findings), seed);
    show(text, document.lines.iter().flat_map(|line| [line.span, line.keyword]), seed);
    let (_, more) = ownership::own(&document);
    show(text, places(&more), seed);
    if let Some(printed) = yaml::print(&document)
        && findings.is_empty()
        && more.is_empty()
    {
        let (again, _) = yaml::read(FileId(0), &printed);
        assert_eq!(again, document, "seed {seed}: {text:?} became {printed:?}");
    }
    show(text, places(&shop::read(FileId(0), text).1), seed);
    show(text, places(&contract::read(FileId(0), text).1), seed);
    let (fixture, findings) = fixture::read(FileId(0), text);
    show(text, places(&findings), seed);
    fixture.iter().for_each(|node| {
        fixture::json(node);
    });
}

#[test]
fn mutated_files_are_read_without_a_panic() {
    for seed in 1..=1_500_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let source = if seed % 2 == 0 { BOUTIQUE } else { EVERY_LINE };
        let text = mutated(source, &mut dice);
        read_all(&text, seed);
    }
}

#[test]
fn noise_is_read_without_a_panic() {
    for seed in 1..=1_500_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
        let text = noise(&mut dice);
        read_all(&text, seed);
    }
}

/// Files of the largest size that are as costly as they can be made.
#[test]
fn costly_files_are_refused_in_time() {
    let size = yaml::MAX_FILE_BYTES;
    let fill = |piece: &str| piece.repeat(size / piece.len());
    let laughs = (0..12).fold("a0: &a0 [x, x]\n".to_string(), |text, level| {
        let next = level + 1;
        format!("{text}a{next}: &a{next} [*a{level}, *a{level}, *a{level}, *a{level}, *a{level}, *a{level}]\n")
    });
    let cases = [
        laughs,
        fill("["),
        fill("- "),
        fill("{a: "),
        fill("[],"),
        fill("[a,"),
        fill("- *a\n"),
        fill("- \"\n"),
        fill("a: b: c\n"),
        fill("\t"),
        fill("\ta\n"),
        fill("#\n"),
        fill("a: 1\n"),
        fill("? a\n"),
        fill("- }\n"),
        fill("é"),
        fill("\"\\u0041"),
        format!("states:\n  s:\n{}", "    - a\n".repeat(size / 8 - 4)),
        format!("states:\n  s:\n    - ask: \"{}\"\n", "{a".repeat(size / 2 - 20)),
        format!("states:\n  s:\n    - ask: \"{}\"\n", "\\\"{a}".repeat(size / 5 - 20)),
        format!("states:\n  s:\n    - ask:\n{}", "        - \"{a}\"\n".repeat(size / 16 - 4)),
        format!("states:\n  s:\n    - ask: |-\n{}", "        x {a}\n".repeat(size / 14 - 4)),
        format!("states:\n  s:\n    - ask: >-\n{}", "        x {a}\n".repeat(size / 14 - 4)),
        format!("states:\n  s:\n    - do: \"{}\"\n", "(".repeat(size - 40)),
    ];
    for text in cases {
        let shown: String = text.chars().take(40).collect();
        assert!(text.len() <= size, "{shown}");
        let start = Instant::now();
        let (document, findings) = yaml::read(FileId(0), &text);
        let took = start.elapsed();
        let limit = if cfg!(debug_assertions) { Duration::from_secs(5) } else { Duration::from_millis(250) };
        println!("{took:?} {} lines {} findings {shown:?}", document.lines.len(), findings.len());
        assert!(took < limit, "{shown:?} took {took:?}");
        assert!(findings.len() <= 600, "{shown:?} has {} findings", findings.len());
        show(&text, places(&findings), 0);
    }
    let (document, findings) = yaml::read(FileId(0), &"a".repeat(size + 1));
    assert!(document.lines.is_empty());
    assert_eq!(findings.iter().map(|found| found.code.0).collect::<Vec<_>>(), [21]);
}
