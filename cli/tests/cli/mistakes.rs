//! What merchants get wrong in the boutique: each mistake is one finding, at its place, that says what to write instead.

use crate::support::{Folder, copy};

/// The file, what stands there, what is written instead, the finding, its place, and a part of its help.
type Mistake = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const MISTAKES: [Mistake; 27] = [
    (
        "boutique.duka",
        "Shop -> categories",
        "Shop > categories",
        "error[D202]",
        "boutique.duka:79:21",
        "Write the arrow as `-> categories`",
    ),
    (
        "boutique.duka",
        "Shop -> categories",
        "Shop => categories",
        "error[D202]",
        "boutique.duka:79:21",
        "Write the arrow as `-> categories`",
    ),
    (
        "boutique.duka",
        "Shop -> categories",
        "Shop -> categoris",
        "error[D104]",
        "boutique.duka:79:24",
        "Did you mean `categories`?",
    ),
    (
        "boutique.duka",
        "state checkout",
        "State checkout",
        "error[D003]",
        "boutique.duka:217:1",
        "Did you mean `state`?",
    ),
    ("boutique.duka", "state checkout", "stat checkout", "error[D003]", "boutique.duka:217:1", "Did you mean `state`?"),
    ("boutique.duka", "\nwords\n", "\nwrods\n", "error[D003]", "boutique.duka:36:1", "Did you mean `words`?"),
    (
        "boutique.duka",
        "button pay: Pay",
        "buton pay: Pay",
        "error[D003]",
        "boutique.duka:254:3",
        "Did you mean `button`?",
    ),
    (
        "boutique.duka",
        "button pay: Pay",
        "button pay now: Pay",
        "error[D014]",
        "boutique.duka:254:10",
        "Write `pay_now`.",
    ),
    ("boutique.duka", "{order.total}", "{order.totl}", "error[D108]", "boutique.duka:248:21", "Did you mean `total`?"),
    ("boutique.duka", "{order.total}", "{order.total", "error[D010]", "boutique.duka:248:14", "Add `}`"),
    ("boutique.duka", "quiet 23 hours", "quiet 23", "error[D407]", "boutique.duka:68:9", "`23 hours`"),
    ("boutique.duka", "quiet 23 hours", "quiet 23h", "error[D022]", "boutique.duka:68:9", "write `23 hours`"),
    (
        "boutique.duka",
        "ask: Where should we",
        "ask Where should we",
        "error[D005]",
        "boutique.duka:227:3",
        "Write `ask: Where should we deliver?`.",
    ),
    ("shop.yaml", "currency: KES", "currency: TZS", "warning[D116]", "shop.yaml:4:11", "Say the same in both"),
    (
        "shop.yaml",
        "timezone: Africa/Nairobi",
        "timezone: Nairobi",
        "error[D025]",
        "shop.yaml:6:11",
        "Write `Africa/Nairobi`.",
    ),
    (
        "shop.yaml",
        "timezone: Africa/Nairobi",
        "timezone: Africa/Nairoby",
        "error[D025]",
        "shop.yaml:6:11",
        "Did you mean `Africa/Nairobi`?",
    ),
    (
        "shop.yaml",
        "timezone: Africa/Nairobi",
        "timezone: EAT",
        "error[D025]",
        "shop.yaml:6:11",
        "by continent and city, such as `Africa/Nairobi`",
    ),
    ("shop.yaml", "currency: KES", "currency: KSH", "error[D025]", "shop.yaml:4:11", "Kenya's is `KES`"),
    ("shop.yaml", "country: KE", "country: KX", "error[D025]", "shop.yaml:3:10", "Kenya is `KE`"),
    (
        "shop.yaml",
        "\"KES 300\"",
        "300",
        "error[D025]",
        "shop.yaml:33:76",
        "Write the currency and the amount: `\"KES 300\"`.",
    ),
    ("shop.yaml", "\"KES 300\"", "\"USD 3\"", "error[D025]", "shop.yaml:33:76", "Write the currency and the amount"),
    ("shop.yaml", "  catalog: demo", "  catalogue: demo", "error[D108]", "shop.yaml:28:3", "Did you mean `catalog`?"),
    ("shop.yaml", "[en, sw, ar]", "[en, swahili]", "warning[D116]", "shop.yaml:5:17", "Say the same in both"),
    (
        "shop.yaml",
        "\nretention:",
        "\npayments: { provider: strype }\nretention:",
        "error[D719]",
        "shop.yaml:36:23",
        "Did you mean `stripe`?",
    ),
    (
        "shop.yaml",
        "\nretention:",
        "\npayments: { provider: demo, unwanted: keep }\nretention:",
        "error[D720]",
        "shop.yaml:36:39",
        "Write `give_back`, or `person`",
    ),
    (
        "boutique.sw.duka",
        "{item.name} imeisha",
        "{item.jina} imeisha",
        "error[D108]",
        "boutique.sw.duka:71:21",
        "It has: ",
    ),
    ("boutique.sw.duka", "{item.name} imeisha", "Imeisha", "error[D803]", "boutique.sw.duka:71:15", "Put it back."),
];

fn boutique() -> Folder {
    let folder = Folder::new();
    copy("examples/boutique", folder.path());
    // Its two notes are no news.
    folder.write("shop.yaml", folder.read("shop.yaml") + "\nrules:\n  D217: off\n  D620: off\n");
    folder
}

#[test]
fn a_mistake_is_one_finding_that_says_what_to_write() {
    let mut wrong = Vec::new();
    for (file, right, mistake, finding, place, help) in MISTAKES {
        let folder = boutique();
        let text = folder.read(file);
        assert!(text.contains(right), "`{right}` is gone from {file}");
        folder.write(file, text.replacen(right, mistake, 1));
        let out = folder.duka(&["check", "--all"]).out;
        let findings = out.lines().filter(|line| line.contains("[D")).count();
        if findings != 1 || ![finding, place, help].iter().all(|expected| out.contains(expected)) {
            wrong.push(format!("`{mistake}` should be {finding} at {place}, \"{help}\":\n{out}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn settings_that_can_not_be_read_say_how_they_are_written() {
    for (right, mistake, message, help) in [
        ("country: KE", "country: Kenya", "a code of two capital letters", "Kenya is `KE`"),
        ("\"21:00 to 08:00\"", "\"9pm to 8am\"", "`quiet_hours` should be two times", "clock of 24 hours"),
        ("monday:", "mondy:", "`hours` has no `mondy`", "Did you mean `monday`?"),
        ("languages: [en, sw, ar]", "languages: []", "`languages` should be one language at least", "[en]"),
        ("name: Zuri Boutique", "name: \"\"", "`name` should be a text", ""),
        ("country: KE", ": KE", "There is no name before this `:`", "may have: name"),
        ("[whatsapp, messenger]", "[watsapp]", "`channels` should be one of", "Did you mean `whatsapp`?"),
    ] {
        let folder = boutique();
        folder.write("shop.yaml", folder.read("shop.yaml").replacen(right, mistake, 1));
        let run = folder.duka(&["check"]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
        assert!(run.err.contains(message) && run.err.contains(help), "{}", run.err);
    }
}

#[test]
fn a_test_that_names_what_is_not_there_says_the_nearest() {
    for (right, mistake, help) in [
        ("state: end", "state: ende", "There is no state called `ende`. Did you mean `end`?"),
        ("  tap checkout", "  press checkout", "A line of a test starts with a word such as"),
        ("fixtures/zuri.yaml", "fixtures/zurri.yaml", "Did you mean `fixtures/zuri.yaml`?"),
        ("template: receipt", "template: reciept", "Did you mean `receipt`?"),
    ] {
        let folder = boutique();
        folder.write("boutique.test.duka", folder.read("boutique.test.duka").replacen(right, mistake, 1));
        let run = folder.duka(&["test"]);
        assert!(run.code == Some(1) && run.out.contains(help), "`{mistake}` should say {help}:\n{}", run.out);
    }
}
