//! Files of a given size that are as costly to read and check as they can be made: what a hostile or careless hand could
//! write. The same size always gives the same files.

mod products;

/// A file that is costly.
pub struct Costly {
    /// What is costly about it.
    pub what: &'static str,
    /// Its name in the shop, which says what kind of file it is.
    pub path: &'static str,
    pub text: String,
}

impl Costly {
    /// An otherwise plain shop with the file: names and texts.
    pub fn shop(&self) -> Vec<(String, String)> {
        let plain = [
            ("shop.yaml", crate::generate::SHOP),
            ("stall.duka", "duka 1\nflow stall\n  start a\n\nstate a\n  -> end\n"),
        ];
        let is_flow = self.path.starts_with("stall.duka");
        let others =
            plain.into_iter().filter(|(path, _)| *path != self.path && !(is_flow && path.starts_with("stall")));
        others
            .chain([(self.path, self.text.as_str())])
            .map(|(path, text)| (path.to_string(), text.to_string()))
            .collect()
    }
}

/// All of them, each of at most `size` bytes.
pub fn files(size: usize) -> Vec<Costly> {
    let mut files = lines(size);
    files.extend(states(size));
    files.extend(expressions(size));
    files.extend(yaml(size));
    files.extend(others(size));
    files.extend(products::files(size));
    files
}

const HEAD: &str = "duka 1\nflow stall\n  start a\n\n";

fn lines_of(what: &'static str, text: String) -> Costly {
    Costly { what, path: "stall.duka", text }
}

/// `head`, as many pieces as fit, and `tail`.
fn fill(size: usize, head: &str, piece: &dyn Fn(usize) -> String, tail: &str) -> String {
    let mut text = head.to_string();
    for index in 0.. {
        let next = piece(index);
        if text.len() + next.len() + tail.len() > size {
            break;
        }
        text.push_str(&next);
    }
    text + tail
}

fn repeat(size: usize, head: &str, piece: &str, tail: &str) -> String {
    fill(size, head, &|_| piece.to_string(), tail)
}

/// Text that is no flow, or hardly one.
fn lines(size: usize) -> Vec<Costly> {
    let state = format!("{HEAD}state a\n");
    vec![
        lines_of("one line", repeat(size, "", "a", "")),
        lines_of("lines without a letter", repeat(size, "", "\n", "")),
        lines_of("lines of one letter", repeat(size, "", "a\n", "")),
        lines_of("comments", repeat(size, "", "#\n", "")),
        lines_of("comments in a flow", repeat(size, HEAD, "#\n", "state a\n  -> end\n")),
        lines_of("lines of an unknown word", repeat(size, HEAD, "sya: x\n", "")),
        lines_of("arrows", repeat(size, "", "->\n", "")),
        lines_of("arrows on one line", repeat(size, &state, "-> ", "\n")),
        lines_of("text that goes on", repeat(size, &format!("{state}  ask:\n"), "|\n", "")),
        lines_of("braces", repeat(size, &format!("{state}  ask: "), "{", "\n")),
        lines_of("values in one text", repeat(size, &format!("{state}  ask: "), "{a}", "\n")),
        lines_of("values in a text of many lines", repeat(size, &format!("{state}  ask:\n"), "|{a}\n", "")),
        lines_of("backslashes", repeat(size, &format!("{state}  ask: "), "\\", "\n")),
        lines_of("ever deeper", fill(size, &state, &|at| format!("{}-> a\n", " ".repeat(at)), "")),
        lines_of("marks of direction", repeat(size, &format!("{state}  ask: "), "\u{202e}", "\n")),
        lines_of("marks on one letter", repeat(size, &format!("{state}  ask: a"), "\u{301}", "\n")),
        lines_of("one long name", repeat(size, &format!("{state}  -> "), "a", "\n")),
        lines_of("long path", repeat(size, &format!("{state}  ask: {{a"), ".a", "}\n")),
        lines_of("copies of the header", repeat(size, "", "duka 1\nflow a\nstart a\n", "")),
        lines_of("waivers", repeat(size, &state, "  # duka: allow D701 because x\n  -> a\n", "")),
    ]
}

/// Remembered values of a flow that has many.
const VALUES: usize = 100;

/// Flows that are read well and have too much of something.
fn states(size: usize) -> Vec<Costly> {
    let state = format!("{HEAD}state a\n");
    let ask = format!("{state}  ask: x\n");
    let chain = |index: usize| format!("state s{index}\n-> s{}\n", index + 1);
    let maze = |index: usize| {
        let far = |step: usize| (index * 7 + step * 13) % 997;
        format!(
            "state s{index}\n ask: x\n button a: a -> s{}\n button b: b -> s{}\n button c: c -> s{}\n quiet 20 hours -> s{}\n",
            far(1),
            far(2),
            far(3),
            far(4)
        )
    };
    let remembered: String = (0..VALUES).map(|index| format!("  v{index}: text\n")).collect();
    let remembering = format!("{HEAD}remember\n{remembered}\n");
    let optional = remembering.replace("text\n", "text optional\n");
    let setting = |index: usize| {
        format!("state s{index}\n ask: {{v{}}}\n answer v{} -> s{}\n", index % VALUES, index * 7 % VALUES, index + 1)
    };
    let testing = |index: usize| {
        format!(
            "state s{index}\n if v{}.is_set -> s{}\n ask: x\n button a: a -> s{}\n",
            index % VALUES,
            index * 7 % 997,
            index + 1
        )
    };
    vec![
        lines_of("states of nothing", fill(size, HEAD, &|index| format!("state s{index}\n"), "")),
        lines_of("one state again and again", repeat(size, HEAD, "state a\n", "")),
        lines_of("a long way", fill(size, &format!("{state}  -> s0\n"), &chain, "")),
        lines_of("a maze", fill(size, &format!("{state}  -> s0\n"), &maze, "")),
        lines_of("unknown places", fill(size, &ask, &|at| format!(" button b{at}: x -> place_{at}\n"), "")),
        lines_of(
            "places that are nearly there",
            fill(size, &ask, &|at| format!("state place_number_{at}\n -> plaice_number_{at}\n"), ""),
        ),
        lines_of(
            "values that are nearly there",
            fill(size, &remembering, &|at| format!("state s{at}\n ask: {{vv{at}}}\n"), ""),
        ),
        lines_of("buttons of one state", fill(size, &ask, &|at| format!(" button b{at}: b{at} -> a\n"), "")),
        lines_of(
            "rows of one state",
            fill(size, &format!("{ask} list: x\n"), &|at| format!(" row b{at}: b{at} -> a\n"), ""),
        ),
        lines_of("buttons of one name", repeat(size, &ask, " button b: b -> a\n", "")),
        lines_of("texts of one state", repeat(size, &state, " say: x\n", " -> end\n")),
        lines_of("ways out of one state", repeat(size, &state, " if yes -> a\n", " -> end\n")),
        lines_of("visits", repeat(size, &state, " <-> std.handoff\n", " -> end\n")),
        lines_of("calls", repeat(size, &state, " call x = catalog.featured()\n", " -> end\n")),
        lines_of(
            "unknown calls",
            fill(size, &state, &|at| format!(" call x{at} = shop{at}.find{at}(y)\n"), " -> end\n"),
        ),
        lines_of("timers", fill(size, &ask, &|at| format!(" after {} minutes -> a\n", at + 1), "")),
        lines_of("silences", fill(size, &ask, &|at| format!(" quiet {} hours -> a\n", at + 1), "")),
        lines_of(
            "values",
            fill(size, &format!("{HEAD}remember\n"), &|at| format!(" v{at}: text\n"), "state a\n -> end\n"),
        ),
        lines_of("rules", fill(size, &format!("{HEAD}rules\n"), &|at| format!(" r{at} = 1\n"), "state a\n -> end\n")),
        lines_of(
            "words",
            fill(size, &format!("{HEAD}words\n"), &|at| format!(" w{at}: word {at}\n"), "state a\n -> end\n"),
        ),
        lines_of(
            "words of one set",
            fill(
                size,
                &format!("{HEAD}words\n w: x"),
                &|at| format!(", w{at}"),
                "\nstate a\n -> end\nanywhere\n hears w -> a\n",
            ),
        ),
        lines_of(
            "words heard everywhere",
            fill(
                size,
                &format!("{ask}anywhere\n"),
                &|at| format!(" hears w{at} -> a\nwords\n w{at}: word {at}\nanywhere\n"),
                "",
            ),
        ),
        lines_of("uses", fill(size, HEAD, &|at| format!("use f{at}\n"), "state a\n -> end\n")),
        lines_of("groups", fill(size, HEAD, &|at| format!("group g{at}\nstate s{at}\n -> s{}\n", at + 1), "")),
        lines_of("phrases", fill(size, HEAD, &|at| format!("phrase p{at}(x)\n other: {{x}}\n"), "state a\n -> end\n")),
        lines_of("consents", fill(size, HEAD, &|at| format!("consent c{at}: x\n"), "state a\n -> end\n")),
        lines_of("experiments", fill(size, HEAD, &|at| format!("experiment e{at}: a, b\n"), "state a\n -> end\n")),
        lines_of(
            "templates",
            fill(size, HEAD, &|at| format!("template t{at} utility\n body: x\n"), "state a\n -> end\n"),
        ),
        lines_of(
            "forms",
            fill(
                size,
                HEAD,
                &|at| format!("form f{at}\n title: x\n field a text: x\n submit: x\n"),
                "state a\n -> end\n",
            ),
        ),
        lines_of("followed orders", repeat(size, HEAD, "follow order\n on order.paid\n", "state a\n -> end\n")),
        lines_of("values set on the way", fill(size, &format!("{remembering}state a\n -> s0\n"), &setting, "")),
        lines_of("values tested on the way", fill(size, &format!("{optional}state a\n -> s0\n"), &testing, "")),
    ]
}

/// Expressions that are deep, long or many.
fn expressions(size: usize) -> Vec<Costly> {
    let state = format!("{HEAD}remember\n  x: number = 1\n  t: text = a\n\nstate a\n");
    let guard = format!("{state}  if ");
    let tail = " -> a\n  ask: x\n";
    let guards = |piece: &'static str| fill(size, &state, &|_| format!(" if {piece} -> a\n"), " ask: x\n");
    vec![
        lines_of("brackets", repeat(size, &guard, "(", tail)),
        lines_of("negations", repeat(size, &guard, "not ", &format!("x{tail}"))),
        lines_of("a long sum", repeat(size, &guard, "x + ", &format!("1 > 0{tail}"))),
        lines_of("a long condition", repeat(size, &guard, "x > 1 and ", &format!("yes{tail}"))),
        lines_of("a long choice", repeat(size, &guard, "x > 1 or ", &format!("yes{tail}"))),
        lines_of("a long list", repeat(size, &format!("{guard}x in ["), "1, ", &format!("1]{tail}"))),
        lines_of("a long text", repeat(size, &format!("{guard}t == \""), "a", &format!("\"{tail}"))),
        lines_of("quotes", repeat(size, &guard, "\"", tail)),
        lines_of("guards", guards("x > 1 and (x < 5 or t == \"a\")")),
        lines_of(
            "guards that never hold",
            fill(size, &state, &|at| format!(" if x > {at} and x < {at} -> a\n"), " ask: x\n"),
        ),
        lines_of(
            "guards of choices",
            fill(size, &state, &|at| format!(" if x == {at} or x == {} or t == \"{at}\" -> a\n", at + 1), " ask: x\n"),
        ),
        lines_of("mistakes", guards("y > t")),
        lines_of("values that are set", repeat(size, &state, " set x = x + 1\n", " ask: x\n")),
    ]
}

/// The YAML form.
fn yaml(size: usize) -> Vec<Costly> {
    let of = |what, text| Costly { what, path: "stall.duka.yaml", text };
    let head = "duka: 1\nflow: stall\nstart: a\nstates:\n";
    let laughs = (0..12).fold("a0: &a0 [x, x]\n".to_string(), |text, level| {
        let next = level + 1;
        format!("{text}a{next}: &a{next} [*a{level}, *a{level}, *a{level}, *a{level}, *a{level}, *a{level}]\n")
    });
    vec![
        of("aliases of aliases", laughs),
        of("open lists", repeat(size, "", "[", "")),
        of("open items", repeat(size, "", "- ", "")),
        of("open records", repeat(size, "", "{a: ", "")),
        of("empty lists", repeat(size, "", "[],", "")),
        of("aliases", repeat(size, "", "- *a\n", "")),
        of("anchors", repeat(size, "", "- &a\n", "")),
        of("open quotes", repeat(size, "", "- \"\n", "")),
        of("one quoted text", repeat(size, "\"", "\\u0041", "\"")),
        of("one key again and again", repeat(size, "", "a: 1\n", "")),
        of("keys", fill(size, "", &|at| format!("k{at}: 1\n"), "")),
        of("question marks", repeat(size, "", "? a\n", "")),
        of("tabs", repeat(size, "", "\ta\n", "")),
        of("comments of YAML", repeat(size, "", "#\n", "")),
        of("documents", repeat(size, "", "---\n", "")),
        of("items that are no lines", repeat(size, &format!("{head}  a:\n"), "    - a\n", "")),
        of("lines of YAML", repeat(size, &format!("{head}  a:\n"), "    - say: \"x\"\n", "")),
        of("states of YAML", fill(size, head, &|at| format!("  s{at}:\n    - to: s{}\n", at + 1), "")),
        of("nested lines", fill(size, &format!("{head}  a:\n"), &|at| format!("{}- then:\n", "  ".repeat(at + 2)), "")),
        of("values in a text of YAML", repeat(size, &format!("{head}  a:\n    - ask: \""), "{a}", "\"\n")),
        of("a text of many lines", repeat(size, &format!("{head}  a:\n    - ask: |-\n"), "        x {a}\n", "")),
        of("brackets of YAML", repeat(size, &format!("{head}  a:\n    - do: \""), "(", "\"\n")),
    ]
}

/// The other files of a shop.
fn others(size: usize) -> Vec<Costly> {
    let of = |what, path, text| Costly { what, path, text };
    let nested = format!("fn f() {{ {}1{} }}", "(".repeat(size / 2 - 20), ")".repeat(size / 2 - 20));
    vec![
        of(
            "towns",
            "shop.yaml",
            fill(
                size,
                &format!("{}delivery:\n  - towns: [x", crate::generate::SHOP),
                &|at| format!(", t{at}"),
                "]\n    fee: KES 5\n",
            ),
        ),
        of("unknown settings", "shop.yaml", fill(size, crate::generate::SHOP, &|at| format!("k{at}: 1\n"), "")),
        of(
            "texts for nothing",
            "stall.sw.duka",
            fill(size, "texts sw for stall\n\n", &|at| format!("a.t{at}: x\n"), ""),
        ),
        of(
            "operations",
            "stall.contract.yaml",
            fill(size, "adapter: stall\nqueries:\n", &|at| format!("  o{at}: {{ takes: [text], gives: text }}\n"), ""),
        ),
        of(
            "tests",
            "stall.test.duka",
            fill(size, "tests for stall\n\n", &|at| format!("test t{at}\n  customer: hi\n  state: s{at}\n"), ""),
        ),
        of("functions", "hooks.rhai", fill(size, "", &|at| format!("fn f{at}(x) {{ x + 1 }}\n"), "")),
        of("a deep function", "hooks.rhai", nested),
        of("a long function", "hooks.rhai", repeat(size, "fn f(x) { ", "x += 1; ", "x }\n")),
    ]
}

#[cfg(test)]
mod tests {
    use super::files;

    #[test]
    fn files_have_the_size_asked_for() {
        for size in [16_384, 262_144] {
            for file in files(size) {
                assert!(file.text.len() <= size, "{} has {} bytes", file.what, file.text.len());
            }
        }
    }
}
