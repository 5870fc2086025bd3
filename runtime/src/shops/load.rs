//! Reads a shop's folder, or one flow with what belongs to it, into a [`ShopSource`], for the commands and for the server. Opens only Duka's own files,
//! follows no links out of the folder, and refuses by name what is too large. Judges nothing else.

use std::path::{Path, PathBuf};

use duka_dsl::span::LineIndex;
use duka_dsl::{Diagnostic, FileId, Span};
use duka_engine::rules::{self, Level};
use duka_engine::source::{FileKind, ShopSource, SourceFile};

/// The largest file that somebody writes.
const FILE_BYTES: u64 = duka_dsl::lines::MAX_FILE_BYTES as u64;
/// Fixtures and the registry of templates are data.
const FIXTURE_BYTES: u64 = 4 * 1024 * 1024;
/// The most files of one shop.
const FILES: usize = 1_000;
/// How deep folders are searched.
const DEPTH: usize = 5;
/// How deep other shops are looked for, to name them.
const DEPTH_BELOW: usize = 1;
/// How many of them are named.
const SHOWN: usize = 4;

/// Why a folder could not be read as a shop. What is wrong in a flow is a diagnostic, not this.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no file or folder `{}`", .0.display())]
    Missing(PathBuf),
    #[error("`{}` can not be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// Nothing can be said about a shop whose settings can not be read.
    #[error("`{path}`, line {line}: {message}")]
    Settings { path: String, line: usize, message: String, help: Option<String> },
    #[error("{message}")]
    Refused { message: String, help: String },
}

impl Error {
    /// An error of opening or reading `path`.
    pub fn reading(path: &Path, source: std::io::Error) -> Error {
        match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing(path.to_path_buf()),
            _ => Error::Unreadable { path: path.to_path_buf(), source },
        }
    }

    /// `below`: the shops in folders of it.
    fn no_shop(folder: &Path, below: &[String]) -> Error {
        let missing = format!("there is no shop in `{}`: no `shop.yaml` and no `*.duka` file", folder.display());
        let Some(first) = below.first() else {
            return match disguised(folder) {
                Some(name) => Error::refused(missing, format!("There is `{name}`: take the `.txt` away.")),
                None => Error::refused(missing, "Start one with `duka new my-shop`."),
            };
        };
        let shown = below.iter().take(SHOWN).map(|shop| format!("`{shop}`")).collect::<Vec<_>>().join(", ");
        let more = if below.len() > SHOWN { ", …" } else { "" };
        Error::refused(missing, format!("Below it are {shown}{more}: name one, such as `{first}`."))
    }

    pub(super) fn no_folder(folder: &Path) -> Error {
        Error::refused(
            format!("there is no folder `{}`", folder.display()),
            "Make it and put each shop's folder in it, or write `shops = \"PATH\"` in duka.toml.",
        )
    }

    /// A folder that nobody could serve, whatever flows it has.
    pub(super) fn no_profile(folder: &Path) -> Error {
        Error::refused(
            format!("there is no shop in `{}`: no `shop.yaml` in it, nor in a folder of it", folder.display()),
            "Start one with `duka new my-shop`: `shop.yaml` says its name, country and currency.",
        )
    }

    fn refused(message: impl Into<String>, help: impl Into<String>) -> Error {
        Error::Refused { message: message.into(), help: help.into() }
    }

    /// The next thing to try, as a sentence.
    pub fn help(&self) -> Option<&str> {
        match self {
            Error::Missing(_) => Some("Name a shop's folder, or one `.duka` file."),
            Error::Unreadable { .. } => None,
            Error::Settings { help, .. } => help.as_deref(),
            Error::Refused { help, .. } => Some(help),
        }
    }
}

/// A shop as it lies on disk.
#[derive(Clone, Debug)]
pub struct Shop {
    /// As the user named it: a folder, or one flow file.
    pub path: PathBuf,
    /// The folder that the files' paths are relative to.
    pub folder: PathBuf,
    pub source: ShopSource,
    /// What is wrong with the bytes of a file.
    pub findings: Vec<Diagnostic>,
}

impl Shop {
    /// Where a file lies, as seen from where the user stands.
    pub fn path_of(&self, file: FileId) -> PathBuf {
        let index = usize::from(file.0);
        match self.source.files.get(index) {
            Some(found) if index >= self.source.standard_from => PathBuf::from(&found.path),
            Some(found) => self.folder.join(&found.path),
            None => self.folder.clone(),
        }
    }

    /// The same as text, with `/`; without a leading `./`.
    pub fn name_of(&self, file: FileId) -> String {
        let path = self.path_of(file).to_string_lossy().replace('\\', "/");
        path.strip_prefix("./").map_or(path.clone(), str::to_string)
    }

    pub fn text_of(&self, file: FileId) -> &str {
        self.source.files.get(usize::from(file.0)).map_or("", |file| &file.text)
    }

    /// Whether each letter of a file could be read. Written anew, one that is not would lose those letters.
    pub fn is_whole(&self, file: FileId) -> bool {
        self.findings.iter().all(|finding| finding.span.file != file)
    }

    /// The merchant's own files, without the standard ones.
    pub fn own_files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        let own = self.source.files.iter().take(self.source.standard_from);
        own.enumerate().map(|(index, file)| (FileId(u16::try_from(index).unwrap_or(u16::MAX)), file))
    }

    /// `shop.yaml`, where there is one.
    pub fn settings(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.own_files().filter(|(_, file)| file.kind == FileKind::Shop)
    }

    /// Refuses a `shop.yaml` with errors: everything else would be judged by the wrong currency, languages and rules.
    pub fn settings_are_sound(&self) -> Result<(), Error> {
        for (id, file) in self.settings() {
            let (_, findings) = duka_dsl::config::shop::read(id, &file.text);
            let is_error = |finding: &&Diagnostic| rules::level(finding.code).is_none_or(|level| level == Level::Error);
            if let Some(first) = findings.iter().find(is_error) {
                let (line, _) = LineIndex::new(&file.text).line_column(&file.text, first.span.start as usize);
                return Err(Error::Settings {
                    path: self.name_of(id),
                    line,
                    message: first.message.clone(),
                    help: first.help.clone(),
                });
            }
        }
        Ok(())
    }

    /// What people call the shop: the path they typed.
    pub fn title(&self) -> String {
        let path = self.path.to_string_lossy().replace('\\', "/");
        let trimmed = path.trim_end_matches('/');
        if trimmed.is_empty() || trimmed == "." { "this shop".to_string() } else { trimmed.to_string() }
    }
}

/// Reads the shop in the folder `path`; or the one flow, texts, tests or YAML file `path`, with the shop profile, contracts,
/// hooks, fixtures, texts and tests that lie beside it.
pub fn shop(path: &Path) -> Result<Shop, Error> {
    let shop = with_any_settings(path)?;
    shop.settings_are_sound()?;
    Ok(shop)
}

/// The same, whatever `shop.yaml` says: for who tells what is wrong with it.
pub fn with_any_settings(path: &Path) -> Result<Shop, Error> {
    let mut shop = own_files(path, keep_what_judges)?;
    if !shop.own_files().any(|(_, file)| matches!(file.kind, FileKind::Lines | FileKind::Yaml)) {
        let message = format!("there is no flow in `{}`: no `*.duka` file that says what happens", shop.title());
        return Err(Error::refused(
            message,
            match disguised(&shop.folder) {
                Some(name) => format!("There is `{name}`: take the `.txt` away."),
                None => "Start one with `duka new my-shop`, or put the flow beside `shop.yaml`.".into(),
            },
        ));
    }
    add_standard(&mut shop.source);
    Ok(shop)
}

/// Puts the standard flows and contracts of this binary behind a shop's own files.
pub fn add_standard(source: &mut ShopSource) {
    source.standard_from = source.files.len();
    for (path, text) in duka_flows::CONTRACTS.iter().chain(duka_flows::STD) {
        if let Some(kind) = FileKind::of(path, text) {
            source.files.push(SourceFile { path: (*path).to_string(), text: (*text).to_string(), kind });
        }
    }
}

/// The same without the standard flows, for commands that only look at the words of files.
pub fn own_files_only(path: &Path) -> Result<Shop, Error> {
    own_files(path, |found, only| found.retain(|path| belongs_to(path, only)))
}

/// The files of a shop, whatever they say.
pub(super) fn paths(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    find(folder, "", 0, &mut paths)?;
    Ok(paths.iter().map(|path| folder.join(path)).collect())
}

/// `keep` takes out of all files what the one that was named does not need.
fn own_files(path: &Path, keep: fn(&mut Vec<String>, &str)) -> Result<Shop, Error> {
    let metadata = std::fs::metadata(path).map_err(|error| Error::reading(path, error))?;
    let (folder, only) = if metadata.is_dir() {
        (path.to_path_buf(), None)
    } else {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        (path.parent().map(Path::to_path_buf).unwrap_or_default(), Some(name))
    };
    let mut paths = Vec::new();
    let searched = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    find(searched, "", 0, &mut paths)?;
    if let Some(only) = &only {
        if !paths.contains(only) {
            return Err(Error::refused(
                format!("`{}` is not a file of Duka", path.display()),
                "Flows end in `.duka` or `.duka.yaml`, conversation tests in `.test.duka`.",
            ));
        }
        keep(&mut paths, only);
    }
    if only.is_none() && paths.iter().all(|path| path.contains('/')) {
        return Err(Error::no_shop(path, &below(searched)));
    }
    let mut shop = Shop { path: path.to_path_buf(), folder, source: ShopSource::default(), findings: Vec::new() };
    for found in paths {
        read(&mut shop, &found)?;
    }
    if shop.source.files.is_empty() {
        return Err(Error::no_shop(path, &[]));
    }
    shop.source.standard_from = shop.source.files.len();
    Ok(shop)
}

/// Whether `path` is needed to read the one file `only`: everything but other flows, and the texts and tests of other flows.
fn belongs_to(path: &str, only: &str) -> bool {
    if path == only {
        return true;
    }
    let is_flow_text = path.ends_with(".duka") || path.ends_with(".duka.yaml");
    let stem = only.split('.').next().unwrap_or(only);
    let is_own_text = path.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'))
        && path.ends_with(".duka")
        && path != format!("{stem}.duka");
    !is_flow_text || is_own_text
}

/// Tests and texts mean nothing without their flow: the one with the beginning of their name, else all of the folder. Of
/// tests, only the file that was named is kept.
fn keep_what_judges(found: &mut Vec<String>, only: &str) {
    const TESTS: &str = ".test.duka";
    let stem = only.split('.').next().unwrap_or(only);
    let flows = [format!("{stem}.duka"), format!("{stem}.duka.yaml")];
    let is_flow = flows.iter().any(|flow| flow == only);
    let flow = if is_flow {
        Some(only)
    } else {
        flows.iter().map(String::as_str).find(|flow| found.iter().any(|it| it == flow))
    };
    if let Some(flow) = flow {
        found.retain(|path| belongs_to(path, flow) || path == only);
    }
    if only.ends_with(TESTS) {
        found.retain(|path| path == only || !path.ends_with(TESTS));
    }
}

/// A flow that an editor has called a text.
fn disguised(folder: &Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let names = std::fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.min_by_key(|name| !name.ends_with(".duka.txt")).filter(|name| name.ends_with(".duka.txt"))
}

/// The folders with a profile below a folder that has none.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !is_folder || name.starts_with('.') || name == "target" || name == "node_modules" {
                continue;
            }
            if entry.path().join("shop.yaml").is_file() {
                let shown = entry.path().to_string_lossy().replace('\\', "/");
                found.push(shown.strip_prefix("./").map_or(shown.clone(), str::to_string));
            } else if depth < DEPTH_BELOW {
                open.push((entry.path(), depth + 1));
            }
        }
    }
    found.sort();
    found
}

/// Collects the files that may be Duka's, sorted, relative to the shop's folder.
fn find(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::reading(folder, error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::reading(folder, error))?;
        let kind = entry.file_type().map_err(|error| Error::reading(&entry.path(), error))?;
        if let Some(name) = entry.file_name().to_str() {
            names.push((name.to_string(), kind));
        }
    }
    names.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, kind) in names {
        let relative = format!("{prefix}{name}");
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        if kind.is_dir() && depth < DEPTH {
            // A folder with a profile of its own is another shop.
            if !folder.join(&name).join("shop.yaml").is_file() {
                find(&folder.join(&name), &format!("{relative}/"), depth + 1, found)?;
            }
        } else if !kind.is_dir() && FileKind::of(&relative, "").is_some() {
            found.push(relative);
        }
        if found.len() > FILES {
            return Err(Error::refused(
                format!("`{}` holds more than {FILES} files of Duka", folder.display()),
                "Name the folder of one shop.",
            ));
        }
    }
    Ok(())
}

fn read(shop: &mut Shop, relative: &str) -> Result<(), Error> {
    let path = shop.folder.join(relative);
    let metadata = std::fs::metadata(&path).map_err(|error| Error::reading(&path, error))?;
    if !metadata.is_file() {
        return Ok(());
    }
    let is_data =
        relative.contains("fixtures/") || relative.ends_with("templates.lock") || relative.ends_with("forms.lock");
    let limit = if is_data { FIXTURE_BYTES } else { FILE_BYTES };
    if metadata.len() > limit {
        return Err(Error::refused(
            format!(
                "`{}` has {} KiB; Duka reads files up to {} KiB",
                path.display(),
                metadata.len() / 1024,
                limit / 1024
            ),
            "Move a part of it into a flow of its own, and `use` that.",
        ));
    }
    let bytes = std::fs::read(&path).map_err(|error| Error::reading(&path, error))?;
    let file = FileId(u16::try_from(shop.source.files.len()).unwrap_or(u16::MAX));
    let text = match decode(bytes) {
        Ok(text) => text,
        Err((text, at)) => {
            shop.findings.push(not_utf8(file, at));
            text
        }
    };
    if let Some(kind) = FileKind::of(relative, &text) {
        shop.source.files.push(SourceFile { path: relative.to_string(), text, kind });
    }
    Ok(())
}

/// UTF-8, or the UTF-16 that some editors write. Otherwise the readable rest, and where the first unreadable byte is.
fn decode(bytes: Vec<u8>) -> Result<String, (String, usize)> {
    if let [first @ (0xff | 0xfe), second @ (0xff | 0xfe), rest @ ..] = bytes.as_slice()
        && first != second
    {
        let read = if *first == 0xff { u16::from_le_bytes } else { u16::from_be_bytes };
        let units = rest
            .chunks_exact(2)
            .map(|pair| read([pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)]));
        return Ok(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (String::from_utf8_lossy(error.as_bytes()).into_owned(), at)
    })
}

fn not_utf8(file: FileId, at: usize) -> Diagnostic {
    Diagnostic::new(
        27,
        Span::new(file, at, at + char::REPLACEMENT_CHARACTER.len_utf8()),
        "This letter is not written in UTF-8, so Duka can not tell which one it is.",
    )
    .help("Open the file in the program that wrote it and save it with the encoding UTF-8.")
}

#[cfg(test)]
mod tests {
    use super::{belongs_to, decode, keep_what_judges};

    #[test]
    fn a_single_flow_brings_its_own_texts_and_tests_only() {
        let beside =
            ["a.duka", "a.sw.duka", "a.test.duka", "a.duka.yaml", "b.duka", "b.test.duka", "shop.yaml", "hooks.rhai"];
        let kept: Vec<&str> = beside.into_iter().filter(|path| belongs_to(path, "a.duka")).collect();
        assert_eq!(kept, ["a.duka", "a.sw.duka", "a.test.duka", "shop.yaml", "hooks.rhai"]);
        let kept: Vec<&str> = beside.into_iter().filter(|path| belongs_to(path, "a.duka.yaml")).collect();
        assert_eq!(kept, ["a.sw.duka", "a.test.duka", "a.duka.yaml", "shop.yaml", "hooks.rhai"]);
    }

    #[test]
    fn tests_and_texts_bring_their_flow() {
        let kept = |only: &str| {
            let beside = ["a.duka", "a.sw.duka", "a.test.duka", "b.duka", "more.test.duka", "shop.yaml"];
            let mut found: Vec<String> = beside.map(str::to_string).to_vec();
            keep_what_judges(&mut found, only);
            found.join(" ")
        };
        assert_eq!(kept("a.test.duka"), "a.duka a.sw.duka a.test.duka shop.yaml");
        assert_eq!(kept("a.sw.duka"), "a.duka a.sw.duka a.test.duka shop.yaml");
        assert_eq!(kept("more.test.duka"), "a.duka a.sw.duka b.duka more.test.duka shop.yaml");
        assert_eq!(kept("b.duka"), "b.duka shop.yaml");
    }

    #[test]
    fn utf16_is_read_and_other_bytes_are_pointed_at() {
        assert_eq!(decode(vec![0xff, 0xfe, b'd', 0, b'u', 0]), Ok("du".to_string()));
        assert_eq!(decode(vec![0xfe, 0xff, 0, b'd']), Ok("d".to_string()));
        assert_eq!(decode(b"caf\xe9 1".to_vec()), Err(("caf\u{fffd} 1".to_string(), 3)));
    }
}
