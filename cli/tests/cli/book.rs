//! The pages of the book as a reader follows them, from top to bottom: what a page says is printed is printed. Plays the
//! `console` blocks; a page has a folder of its own, with the examples in it.
//!
//! A block is `$ command` and the lines that it prints; `…` alone on its line leaves some out. In a chat, what the customer
//! writes (`customer: …`) and lines that begin with `/` are typed. Between blocks, comments do what the text asks of the reader:
//! `<!-- write PATH -->` takes the next block as a file, `<!-- change PATH: OLD => NEW -->` exchanges words in one (`\n`
//! begins a line), and `<!-- stands in PATH -->` says that the next block is a part of one.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Folder, copy, root};

/// A command and what it prints, as a page has them.
struct Shown<'a> {
    command: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(block: &[&'a str]) -> Vec<Shown<'a>> {
        let mut all: Vec<Shown<'a>> = Vec::new();
        for line in block {
            match (line.strip_prefix("$ "), all.last_mut()) {
                (Some(command), _) => all.push(Shown { command, lines: Vec::new() }),
                (None, Some(shown)) => shown.lines.push(line),
                (None, None) => panic!("a block begins with `$ `: {line}"),
            }
        }
        all
    }

    fn is_chat(&self) -> bool {
        self.command.starts_with("duka chat")
    }

    fn is_typed(&self, line: &str) -> bool {
        self.is_chat() && (line.starts_with("customer: ") || line.starts_with('/'))
    }

    /// What the reader types after the command.
    fn input(&self) -> String {
        let typed = self.lines.iter().filter(|line| self.is_typed(line));
        typed.fold(String::new(), |all, line| all + line.strip_prefix("customer: ").unwrap_or(line) + "\n")
    }

    /// The first line that was not printed where the page has it.
    fn missing(&self, printed: &str) -> Option<&'a str> {
        let mut printed = printed.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut is_next = false;
        let wanted = self.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        for wanted in wanted.filter(|line| !(self.is_chat() && line.starts_with('/'))) {
            if wanted == "…" {
                is_next = false;
                continue;
            }
            let found = if is_next { printed.next() == Some(wanted) } else { printed.any(|line| line == wanted) };
            if !found {
                return Some(wanted);
            }
            is_next = true;
        }
        None
    }
}

/// A reader with a page, a folder and the command.
struct Reader {
    folder: Folder,
    path: String,
}

impl Reader {
    fn new() -> Reader {
        let folder = Folder::new();
        std::fs::create_dir(folder.path().join("examples")).expect("a folder can be made");
        copy("examples", &folder.path().join("examples"));
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_duka"));
        let mut places = vec![binary.parent().expect("it is in a folder").to_path_buf()];
        places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(places).expect("a path").to_string_lossy().into_owned();
        Reader { folder, path }
    }

    fn run(&self, shown: &Shown<'_>) -> Result<(), String> {
        let input = self.folder.path().join("typed");
        std::fs::write(&input, shown.input()).expect("a file can be written");
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{}", shown.command)])
            .current_dir(self.folder.path())
            .env("PATH", &self.path)
            .env_remove("CLICOLOR_FORCE")
            .stdin(std::fs::File::open(&input).expect("it was written"))
            .output()
            .expect("a shell runs it");
        let printed = String::from_utf8_lossy(&output.stdout);
        let could_run = matches!(output.status.code(), Some(0 | 1));
        let is_told = output.status.success() || !shown.lines.is_empty();
        match shown.missing(&printed) {
            Some(line) => Err(format!("`{}` does not print\n{line}\nbut\n{printed}", shown.command)),
            None if could_run && is_told => Ok(()),
            None => Err(format!("`{}` ends with {}:\n{printed}", shown.command, output.status)),
        }
    }

    /// Does what a comment says; `block` is the one below it.
    fn obey(&self, comment: &str, block: &str) -> Result<(), String> {
        if let Some(path) = comment.strip_prefix("write ") {
            self.folder.write(path, block);
        } else if let Some(path) = comment.strip_prefix("stands in ") {
            let text = self.folder.read(path);
            if !text.contains(block) {
                return Err(format!("this does not stand in {path}:\n{block}"));
            }
        } else if let Some((path, (old, new))) =
            comment.strip_prefix("change ").and_then(|rest| rest.split_once(": ")).and_then(|(path, words)| {
                let (old, new) = words.split_once(" => ")?;
                Some((path, (old.replace("\\n", "\n"), new.replace("\\n", "\n"))))
            })
        {
            let text = self.folder.read(path);
            if text.matches(old.as_str()).count() != 1 {
                return Err(format!("`{old}` does not stand once in {path}"));
            }
            self.folder.write(path, text.replace(&old, &new));
        }
        Ok(())
    }

    fn follow(&self, page: &str) -> Result<usize, String> {
        let mut played = 0;
        let mut lines = page.lines();
        let mut comment = None;
        while let Some(line) = lines.next() {
            if let Some(said) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
                if said.starts_with("change ") {
                    self.obey(said, "")?;
                } else {
                    comment = Some(said);
                }
            } else if let Some(language) = line.strip_prefix("```") {
                let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
                if let Some(said) = comment.take() {
                    self.obey(said, &(block.join("\n") + "\n"))?;
                }
                if language == "console" {
                    for shown in Shown::of(&block) {
                        self.run(&shown)?;
                        played += 1;
                    }
                }
            }
        }
        Ok(played)
    }
}

/// Every page below `docs` but those of rules, which are tested with their rules.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with("rules") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_the_book_says_is_printed_is_printed() {
    let mut played = 0;
    let mut offences = Vec::new();
    for path in pages() {
        let page = std::fs::read_to_string(&path).expect("a page");
        if page.contains("\n```console") {
            match Reader::new().follow(&page) {
                Ok(commands) => played += commands,
                Err(offence) => offences.push(format!("{}: {offence}", path.display())),
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n\n"));
    assert!(played > 20, "the book shows commands: {played}");
}
