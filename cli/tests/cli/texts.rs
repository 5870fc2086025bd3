//! `duka texts`: what is left to translate, a file to fill in, and the lock that notices changed texts.

use crate::support::{Folder, copy};

fn boutique() -> Folder {
    let folder = Folder::new();
    copy("examples/boutique", folder.path());
    folder
}

/// The flow with other words on its first button, and without one Swahili text.
fn changed(folder: &Folder) {
    let flow = folder.read("boutique.duka").replace("  button add: Add to bag", "  button add: Put it in my bag");
    folder.write("boutique.duka", flow.replace("  ask: How many would you like?", "  ask: How many of them?"));
    let swahili = folder.read("boutique.sw.duka");
    let kept: Vec<&str> = swahili.lines().filter(|line| !line.starts_with("search.ask:")).collect();
    folder.write("boutique.sw.duka", kept.join("\n") + "\n");
}

#[test]
fn what_is_missing_and_what_has_changed_is_listed_by_language() {
    let folder = boutique();
    assert_eq!(folder.duka(&["texts", "lock"]).code, Some(0));
    changed(&folder);
    let run = folder.duka(&["texts", "list"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for expected in [
        "Swahili (sw): 1 text without a translation, 1 changed after it",
        "missing  boutique.search.ask  Type what you want",
        "changed  boutique.quantity.ask  How many of them?",
        "Arabic (ar): 1 text changed after the translation",
    ] {
        assert!(run.out.contains(expected), "{expected} is missing in:\n{}", run.out);
    }
    assert!(!folder.duka(&["texts", "list", "--lang", "ar"]).out.contains("Swahili"));

    let strict = folder.duka(&["texts", "list", "--check", "--lang", "sw", "--format", "json"]);
    assert_eq!(strict.code, Some(1), "{strict:?}");
    let rows: serde_json::Value = serde_json::from_str(&strict.out).expect("JSON");
    let expected = serde_json::json!([
        { "language": "sw", "flow": "boutique", "key": "quantity.ask", "why": "changed", "text": "How many of them?" },
        { "language": "sw", "flow": "boutique", "key": "search.ask", "why": "missing",
          "text": "Type what you want, for example: blue dress size 12" },
    ]);
    let sorted = |rows: &serde_json::Value| {
        let mut rows: Vec<String> = rows.as_array().expect("a list").iter().map(ToString::to_string).collect();
        rows.sort();
        rows
    };
    assert_eq!(sorted(&rows), sorted(&expected));
    folder.write("boutique.sw.duka", format!("{}search.ask: Andika\n", folder.read("boutique.sw.duka")));
    folder.duka(&["texts", "lock"]);
    let fine = folder.duka(&["texts", "list", "--check", "--format", "json"]);
    assert_eq!((fine.code, fine.out.as_str()), (Some(0), "[]\n"));
}

#[test]
fn the_lock_turns_a_changed_text_into_a_finding_until_it_is_locked_again() {
    let folder = boutique();
    assert!(!folder.duka(&["check"]).out.contains("D802"));
    folder.duka(&["texts", "lock"]);
    let lock = folder.read("texts.lock");
    assert!(lock.lines().any(|line| line.starts_with("boutique quantity.ask sw ")), "{lock}");
    changed(&folder);
    assert!(folder.duka(&["check"]).out.contains("warning[D802]"));
    let run = folder.duka(&["texts", "lock"]);
    assert!(run.out.contains("2 texts that had changed since the translation now count as translated"), "{}", run.out);
    assert!(!folder.duka(&["check"]).out.contains("D802"));
}

#[test]
fn a_new_language_is_a_file_to_fill_in() {
    let folder = boutique();
    let run = folder.duka(&["texts", "new", "pt"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("add `pt` to `languages`"), "{}", run.out);
    let file = folder.read("boutique.pt.duka");
    for expected in [
        "texts pt for boutique\n",
        "# words menu: menu, start, hi, hello\n",
        "# phrase items(count)\n#   one: ",
        "# welcome.shop: Shop\n",
        "#   each line in cart.lines: • {line.quantity} × {line.name}: {line.total}\n",
    ] {
        assert!(file.contains(expected), "{expected} is missing in:\n{file}");
    }
    // Asked again, it changes nothing; filled in, it is a translation without findings.
    folder.duka(&["texts", "new", "pt"]);
    assert_eq!(folder.read("boutique.pt.duka"), file);
    let (head, rest) = file.split_once("# words").expect("there are words");
    folder.write(
        "boutique.pt.duka",
        format!("{head}{}", format!("# words{rest}").replace("\n# ", "\n").replacen("# ", "", 1)),
    );
    folder.write(
        "boutique.duka",
        folder.read("boutique.duka").replace("languages en, sw, ar", "languages en, sw, ar, pt"),
    );
    folder
        .write("shop.yaml", folder.read("shop.yaml").replace("languages: [en, sw, ar]", "languages: [en, sw, ar, pt]"));
    let check = folder.duka(&["check", "--deny", "warnings", "--all"]);
    assert_eq!(check.code, Some(0), "{}", check.out);
    assert!(folder.duka(&["texts", "list", "--lang", "pt"]).out.contains("everything is translated"));
}

#[test]
fn what_became_untranslated_is_added_to_the_file_there_is() {
    let folder = boutique();
    changed(&folder);
    folder.duka(&["texts", "new", "sw"]);
    let file = folder.read("boutique.sw.duka");
    assert!(file.starts_with("duka 1\ntexts sw for boutique\n"), "{file}");
    assert!(file.ends_with("# search.ask: Type what you want, for example: blue dress size 12\n"), "{file}");
}

#[test]
fn what_is_no_language_is_refused() {
    let folder = boutique();
    for (language, message) in
        [("swahili", "Swahili is `sw`"), ("Sw!", "short names"), ("en", "written in English already")]
    {
        let run = folder.duka(&["texts", "new", language]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
        assert!(run.err.contains(message), "{}", run.err);
    }
    assert!(!folder.path().join("boutique.swahili.duka").exists());
}
