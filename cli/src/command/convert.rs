//! `duka convert`: a flow in its other written form, comments included. Nothing is lost on the way there and back.

use std::io::Write;
use std::path::Path;

use duka_dsl::{FileId, lines, ownership, print, yaml};
use duka_engine::source::FileKind;

use crate::arguments::Convert;
use crate::failure::{Failure, Outcome};
use crate::findings;
use crate::load;
use crate::playable;

pub fn run(arguments: &Convert) -> Result<Outcome, Failure> {
    let path = &arguments.path;
    if path.is_dir() {
        return Err(Failure::usage_with_help(
            format!("`{}` is a folder", path.display()),
            "Name one flow: `duka convert my-shop/boutique.duka`.",
        ));
    }
    let shop = load::own_files_only(path)?;
    let named = shop.own_files().find(|(id, _)| shop.path_of(*id) == *path);
    let converted = named.and_then(|(_, file)| match file.kind {
        FileKind::Lines => {
            let (document, found) = lines::read(FileId(0), &file.text);
            Some((yaml::print(&document), found, ownership::own(&document).1))
        }
        FileKind::Yaml => {
            let (document, found) = yaml::read(FileId(0), &file.text);
            Some((Some(print::print(&document)), found, ownership::own(&document).1))
        }
        FileKind::Shop
        | FileKind::Texts
        | FileKind::Tests
        | FileKind::Hooks
        | FileKind::Contract
        | FileKind::Mapping
        | FileKind::Fixture
        | FileKind::TextsLock
        | FileKind::TemplatesLock
        | FileKind::FormsLock => None,
    });
    let Some((text, found, owned)) = converted else {
        return Err(Failure::usage_with_help(
            format!("`{}` has one form only", path.display()),
            "Flows have two: `*.duka` and `*.duka.yaml`.",
        ));
    };
    // Word-processor characters and indentation are mended by writing the file anew; a line that can not be read is not.
    const MENDED: [u16; 3] = [8, 13, 917];
    let whole = named.is_some_and(|(id, _)| shop.is_whole(id));
    let unreadable = !whole || found.iter().chain(&owned).any(|found| !MENDED.contains(&found.code.0));
    let Some(text) = text.filter(|_| !unreadable) else {
        let mut report = findings::check(load::shop(path)?, None);
        report.findings.retain(|finding| finding.level.stops());
        playable::print(&report)?;
        return Ok(Outcome::Findings);
    };
    if let Some(output) = &arguments.output {
        may_hold_the_other_form(output, named.is_some_and(|(_, file)| file.kind == FileKind::Yaml), &text)?;
    }
    match &arguments.output {
        Some(output) => std::fs::write(output, text).map_err(|error| Failure::writing(output, error))?,
        None => std::io::stdout().write_all(text.as_bytes())?,
    }
    Ok(Outcome::Fine)
}

/// A flow's name says in which form it is written.
fn may_hold_the_other_form(output: &Path, was_yaml: bool, text: &str) -> Result<(), Failure> {
    let (form, ending) = if was_yaml { (FileKind::Lines, ".duka") } else { (FileKind::Yaml, ".duka.yaml") };
    match FileKind::of(&output.to_string_lossy(), text) {
        Some(kind) if kind != form => Err(Failure::usage_with_help(
            format!("`{}` is the name of another kind of file", output.display()),
            format!("Files of the form that is written end in `{ending}`."),
        )),
        Some(_) | None => Ok(()),
    }
}
