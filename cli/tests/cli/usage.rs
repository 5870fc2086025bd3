//! Wrong arguments, missing files, odd bytes: one clear message and exit code 2, never a panic.

use std::process::{Command, Stdio};

use crate::support::{Folder, Run, copy, duka, root};

/// It could not be run: nothing on the output, and a message that is no panic.
fn refused(run: &Run, message: &str) {
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(run.out, "");
    assert!(run.err.contains(message), "{}", run.err);
    assert!(!run.err.contains("panicked"), "{}", run.err);
}

#[test]
fn without_arguments_the_help_is_shown() {
    refused(&duka(&[]), "Begin here:");
}

#[test]
fn help_and_version_are_fine() {
    let run = duka(&["--help"]);
    assert_eq!(run.code, Some(0));
    for command in [
        "new",
        "check",
        "fmt",
        "convert",
        "explain",
        "test",
        "explore",
        "texts",
        "draw",
        "chat",
        "schema",
        "completions",
        "dev-graph",
        "serve",
        "keys",
        "adapter",
        "backup",
        "restore",
        "doctor",
        "templates",
        "conversations",
        "replay",
        "diff",
        "quarantine",
        "sends",
        "orders",
        "costs",
        "audit",
        "erase",
    ] {
        assert!(run.out.contains(&format!("\n  {command} ")), "{command} is in the help");
        let help = duka(&[command, "--help"]);
        assert_eq!((help.code, help.err.as_str()), (Some(0), ""), "{command} --help");
        let uses = help.out.matches(&format!("duka {command}")).count();
        assert!(uses > 1, "{command} --help shows how it is used");
    }
    assert!(duka(&["--version"]).out.starts_with("duka 0."));
}

#[test]
fn an_example_in_a_help_is_one_line_however_narrow_the_terminal() {
    let narrow = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duka"));
        let output = command.args(arguments).env("COLUMNS", "40").output().expect("the command runs");
        String::from_utf8(output.stdout).expect("the help is UTF-8")
    };
    let help = narrow(&["dev-graph", "--help"]);
    let whole = "\n  duka dev-graph --callback http://127.0.0.1:8080/webhooks/whatsapp --app-secret env:APP_SECRET\n";
    assert!(help.contains(whole), "{help}");
    assert!(help.lines().any(|line| line.len() < 40 && line.ends_with("to")), "prose is wrapped: {help}");
    assert!(!help.contains('\u{a0}'), "what is copied runs");
    assert!(
        narrow(&["--help"]).contains("\n  duka dev my-shop          run it here, and be its customer in the browser\n")
    );
}

#[test]
fn an_unknown_command_names_the_nearest() {
    refused(&duka(&["chek"]), "check");
}

#[test]
fn a_missing_file_is_named() {
    for command in ["check", "fmt", "test", "explore", "draw", "chat", "convert"] {
        refused(&duka(&[command, "no/such/shop"]), "no/such/shop");
    }
}

#[test]
fn a_folder_without_a_shop_says_how_to_start_one() {
    let folder = Folder::new();
    folder.write("notes.txt", "hello");
    refused(&folder.duka(&["check"]), "duka new");
}

#[test]
fn a_folder_of_shops_names_them() {
    let folder = Folder::new();
    folder.write("shops/stall/shop.yaml", "name: Stall\n").write("shops/stall/stall.duka", "duka 1\nflow stall\n");
    folder.write("tests/fixtures/other.duka", "duka 1\nflow other\n");
    for command in [&["check"][..], &["texts", "new", "sw"]] {
        refused(&folder.duka(command), "Below it are `shops/stall`: name one");
    }
    assert!(!folder.path().join("tests/fixtures/other.sw.duka").exists());
}

#[test]
fn a_flow_that_an_editor_calls_a_text_is_named() {
    let folder = Folder::new();
    folder.write("shop.yaml", "name: Stall\ncountry: KE\ncurrency: KES\nlanguages: [en]\n");
    folder.write("stall.duka.txt", "duka 1\nflow stall\n");
    refused(&folder.duka(&["check"]), "There is `stall.duka.txt`: take the `.txt` away.");
}

#[test]
fn a_recording_that_is_not_there_is_no_conversation_of_a_server() {
    refused(&duka(&["replay", "nosuch.json"]), "there is no file `nosuch.json`");
}

#[test]
fn a_server_without_shops_says_what_to_make() {
    let folder = Folder::new();
    let run = folder.duka(&["serve"]);
    refused(&run, "there is no folder `shops`");
    assert!(!folder.path().join("duka.db").exists(), "no database is made for a start that can not be");
    assert!(run.err.contains("shops = \"PATH\"") && !run.err.contains("WARN"), "{}", run.err);
}

#[test]
fn a_start_that_is_refused_is_one_line_of_the_log_as_well() {
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    folder.write("wrong.toml", "listn = \"127.0.0.1:0\"\n").write("mine/duka.db", "this is no database");
    folder.write("damaged.toml", "shops = \".\"\ndatabase = \"mine/duka.db\"\nlisten = \"127.0.0.1:0\"\n");
    for (settings, reason, help) in [
        ("wrong.toml", "there is no setting `listn`", "Did you mean `listen`?"),
        ("damaged.toml", "`mine/duka.db` is damaged, or no database of Duka: file is not a database", "duka restore"),
        ("nosuch.toml", "the file can not be read", "--config duka.toml"),
    ] {
        let run = folder.duka(&["serve", "--config", settings]);
        refused(&run, &format!("duka: {}", if settings == "damaged.toml" { reason } else { "" }));
        let lines = run.err.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let lines: Vec<serde_json::Value> = lines.collect();
        let text = |name: &str| lines.last().and_then(|line| line[name].as_str()).unwrap_or_default().to_string();
        assert_eq!((text("level"), text("message")), ("ERROR".into(), "the server did not start".into()), "{run:?}");
        assert!(text("reason").contains(reason) && text("help").contains(help), "{run:?}");
    }
}

#[test]
fn a_server_tells_a_broken_shop_in_lines_of_its_log() {
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    folder.write("empty.duka", folder.read("empty.duka").replacen("start ", "start no_", 1));
    folder.write("duka.toml", "shops = \".\"\n");
    let run = folder.duka(&["serve"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    let lines = run.err.lines().filter(|line| line.starts_with('{'));
    let line = lines
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|line| line["code"] == "D103");
    let line = line.unwrap_or_else(|| panic!("no line of the finding: {}", run.err));
    assert!(line["file"].as_str().is_some_and(|file| file.ends_with("empty.duka")) && line["line"] == 6, "{line}");
    assert!(!run.err.contains("error[D103]"), "{}", run.err);
}

#[test]
fn a_shop_without_a_flow_is_no_shop_to_check() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("stall")).expect("a folder can be made");
    copy("examples/empty", &folder.path().join("stall"));
    std::fs::remove_file(folder.path().join("stall/empty.duka")).expect("the flow is there");
    for command in ["check", "test", "explore", "draw", "chat"] {
        refused(&folder.duka(&[command, "stall"]), "no flow in `stall`");
    }
}

#[test]
fn a_file_that_has_no_form_is_not_formatted() {
    let folder = Folder::new();
    folder.write("shop.yaml", "name: Stall\n").write("stall.duka", "duka 1\nflow stall\n");
    refused(&folder.duka(&["fmt", "shop.yaml"]), "`shop.yaml` can not be formatted");
}

#[test]
fn a_file_of_another_kind_is_refused_by_name() {
    let folder = Folder::new();
    folder.write("notes.txt", "hello");
    refused(&folder.duka(&["check", "notes.txt"]), "`notes.txt` is not a file of Duka");
}

#[test]
fn a_file_that_is_too_large_is_refused_by_name() {
    let folder = Folder::new();
    folder.write("big.duka", "# ".repeat(200 * 1024));
    refused(&folder.duka(&["check"]), "big.duka");
}

#[test]
fn a_new_shop_overwrites_nothing() {
    let folder = Folder::new();
    folder.write("mine/shop.yaml", "name: Mine\n");
    refused(&folder.duka(&["new", "mine", "--yes"]), "is there already");
    assert_eq!(folder.read("mine/shop.yaml"), "name: Mine\n");
}

#[test]
fn a_new_shop_needs_answers_where_nobody_can_be_asked() {
    refused(&Folder::new().duka(&["new", "mine"]), "--yes");
    refused(&Folder::new().duka(&["new", "mine", "--yes", "--country", "XX"]), "XX");
}

#[test]
fn colours_are_only_for_terminals() {
    let folder = Folder::new();
    folder.write("a.duka", "duka 1\nflow a\n  start nowhere\n");
    assert!(!folder.duka(&["check"]).out.contains('\u{1b}'));
    assert!(folder.duka(&["check", "--colour", "always"]).out.contains('\u{1b}'));
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let commands: [&[&str]; 7] = [
        &["completions", "bash"],
        &["check", "examples/boutique", "--format", "json"],
        &["test", "examples/empty"],
        &["explain", "list"],
        &["convert", "examples/boutique/boutique.duka"],
        &["draw", "examples/boutique"],
        &["texts", "list", "examples/boutique"],
    ];
    for arguments in commands {
        let mut child = Command::new(env!("CARGO_BIN_EXE_duka"))
            .args(arguments)
            .current_dir(root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the command ends");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{arguments:?}");
    }
}

#[test]
fn any_bytes_are_answered_without_a_panic() {
    let odd: [&[u8]; 7] =
        [b"", b"\xff\xfe\x00\xd8", b"\x00\x01\x02", b"caf\xe9", b"\r\r\r", "\u{feff}duka 1".as_bytes(), b"{{{{"];
    for bytes in odd {
        for name in ["a.duka", "a.duka.yaml", "shop.yaml", "a.test.duka", "hooks.rhai"] {
            let folder = Folder::new();
            folder.write("b.duka", "duka 1\n").write(name, bytes);
            let run = folder.duka(&["check"]);
            assert!(matches!(run.code, Some(0..=2)) && !run.err.contains("inside Duka"), "{name} {bytes:?}: {run:?}");
        }
    }
}
