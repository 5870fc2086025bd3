//! Wrong arguments, missing files, odd bytes: one clear message and exit code 2, never a panic.

use std::process::{Command, Stdio};

use crate::support::{Folder, Run, copy, duka, duka_in, root};

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
fn a_file_that_is_not_utf8_is_written_by_no_command() {
    let folder = Folder::new();
    copy("examples/boutique", folder.path());
    // The é of an old editor, and beside it what each command would mend or write.
    let latin = |text: String| {
        text.into_bytes().into_iter().flat_map(|byte| if byte == b'!' { vec![0xe9] } else { vec![byte] })
    };
    for (file, is_flow) in [("boutique.duka", true), ("boutique.sw.duka", false)] {
        let sound = folder.read(file);
        let bytes: Vec<u8> = latin(sound.replace("\n\n", "\n\n\n\n").replacen("ask: ", "ask:   ", 1)).collect();
        folder.write(file, &bytes);
        let help = "save it with the encoding UTF-8";
        let run = folder.duka(&["fmt", file]);
        refused(&run, &format!("`{file}` is not written in UTF-8, so it is left as it is"));
        assert!(run.err.contains(help), "{}", run.err);
        assert_eq!(folder.duka(&["fmt"]).code, Some(0), "the others are formatted");
        let checked = folder.duka(&["check", "--fix", "--all"]);
        assert!(checked.code == Some(1) && checked.out.contains("D027"), "{checked:?}");
        for command in [&["texts", "new", "sw"][..], &["texts", "list"], &["texts", "lock"]] {
            refused(&folder.duka(command), "can not be read, so its texts are not known yet");
        }
        if is_flow {
            let converted = folder.duka(&["convert", file]);
            assert!(converted.code == Some(1) && converted.out.contains("D027"), "{converted:?}");
        }
        assert_eq!(std::fs::read(folder.path().join(file)).expect("it is there"), bytes, "{file} is as it was");
        folder.write(file, sound);
    }
}

#[test]
fn what_would_only_look_empty_is_not_asked_for() {
    for command in [&["conversations", "list"][..], &["conversations", "show", "0"], &["audit"]] {
        refused(&duka(&[command, &["--limit", "0"]].concat()), "0 is not in 1..");
    }
    refused(&duka(&["costs", "--from", "2026-12", "--to", "2026-01"]), "2026-12 is after 2026-01");
}

#[test]
fn a_drawing_and_the_other_form_are_written_over_no_file_of_the_shop() {
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    let (flow, profile) = (folder.read("empty.duka"), folder.read("shop.yaml"));
    for output in ["empty.duka", "shop.yaml", "empty.test.duka"] {
        refused(
            &folder.duka(&["convert", "empty.duka", "-o", output]),
            &format!("`{output}` is the name of another kind"),
        );
        let drawn = folder.duka(&["draw", "--format", "svg", "-o", output]);
        refused(&drawn, &format!("`{output}` is the name of a file of the shop"));
    }
    assert_eq!((folder.read("empty.duka"), folder.read("shop.yaml")), (flow.clone(), profile));
    assert_eq!(folder.duka(&["convert", "empty.duka", "-o", "other.duka.yaml"]).code, Some(0));
    assert_eq!(folder.duka(&["convert", "other.duka.yaml", "-o", "empty.duka"]).code, Some(0));
    assert_eq!(folder.read("empty.duka"), flow);
    folder.write("empty.duka", flow.replacen("start ", "start no_", 1));
    std::fs::remove_file(folder.path().join("other.duka.yaml")).expect("it was written");
    let drawn = folder.duka(&["draw"]);
    assert!(
        drawn.code == Some(0) && drawn.err.contains("this shop has errors, and what is wrong is not drawn"),
        "{drawn:?}"
    );
}

#[test]
fn a_chat_in_a_language_that_the_shop_does_not_speak_is_not_begun() {
    let run = duka(&["chat", "examples/boutique", "--lang", "xx"]);
    refused(&run, "the shop does not speak `xx`");
    assert!(run.err.contains("It speaks en, sw, ar."), "{}", run.err);
}

#[test]
fn a_chat_is_kept_in_a_file_of_tests_and_in_no_other() {
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    let profile = folder.read("shop.yaml");
    let other = "`shop.yaml` is not the name of a file of tests";
    refused(&folder.duka(&["test", "--record", "shop.yaml"]), other);
    refused(&folder.duka(&["test", "--record", "no/such/chat.test.duka"]), "there is no file or folder `no/such`");
    folder.write("latin.test.duka", b"# caf\xe9\n");
    let chat =
        "hi\n/record shop.yaml\n/record latin.test.duka\n/record no/such/chat.test.duka\n/record chat.test.duka\n";
    let run = duka_in(folder.path(), &["chat"], chat);
    assert_eq!(run.code, Some(0), "{run:?}");
    for told in [other, "`latin.test.duka` can not be read", "`no/such/chat.test.duka` can not be written"] {
        assert!(run.out.contains(told), "{told} in {run:?}");
    }
    assert!(run.out.contains("Kept as a test in chat.test.duka."), "the chat goes on: {run:?}");
    assert_eq!(folder.read("shop.yaml"), profile);
    assert_eq!(std::fs::read(folder.path().join("latin.test.duka")).expect("it is there"), b"# caf\xe9\n");
    assert!(folder.read("chat.test.duka").contains("customer: hi"), "it is a test");
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let folder = Folder::new();
    copy("examples/empty", folder.path());
    folder.duka(&["keys", "new", "ann"]);
    let commands = [
        &["--help"][..],
        &["check", "--format", "json"],
        &["test"],
        &["chat"],
        &["draw"],
        &["schema", "shop"],
        &["completions", "bash"],
        &["explain", "list"],
        &["keys", "list"],
        &["keys", "flows"],
        &["backup", "duka.db", "copy.db"],
        &["restore", "copy.db", "restored.db"],
        &["doctor"],
        &["dev-graph", "--listen", "127.0.0.1:0"],
    ];
    for arguments in commands {
        let mut child = Command::new(env!("CARGO_BIN_EXE_duka"));
        child.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).stderr(Stdio::piped());
        let (out, gone) = std::io::pipe().map(|(read, write)| (write, read)).expect("a pipe");
        drop(gone);
        let output = child.stdout(out).spawn().and_then(std::process::Child::wait_with_output).expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("inside Duka itself") && !said.contains("panicked"), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    }
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
