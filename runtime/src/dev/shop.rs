//! A shop as it lies on disk: what the page says of it before and while it runs. Reads its own files, and writes them only
//! whole, within its folder, and not over what somebody else has changed meanwhile.

use std::io::Write;
use std::path::Path;

use duka_engine::hir;
use duka_engine::source::FileKind;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::checks::{Checks, Finding};
use crate::shops::{self, load};

/// As deep as the parsers' own bounds need.
const STACK_BYTES: usize = 64 * 1024 * 1024;
/// The largest file that is written.
const MOST_BYTES: usize = duka_dsl::lines::MAX_FILE_BYTES;

/// What the page knows of a shop.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct View {
    #[schemars(with = "String")]
    pub slug: SmolStr,
    pub name: String,
    pub language: String,
    pub languages: Vec<String>,
    pub currency: String,
    pub timezone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// The business numbers, as digits.
    pub numbers: Vec<String>,
    pub channels: Vec<&'static str>,
    /// Of the program that runs; empty: none does.
    pub revision: String,
    /// The files have errors that cannot run: an older version does.
    pub behind: bool,
    pub files: Vec<String>,
    pub findings: Vec<Finding>,
    #[serde(skip)]
    pub country: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Brand {
    /// `#0a7d4f`
    pub colour: String,
}

impl View {
    /// What is said of the shop is what the program that runs was made of.
    pub fn run_as(&mut self, program: &hir::Shop) {
        let profile = &program.profile;
        self.name = profile.name.to_string();
        self.language = program.languages.first().map_or_else(|| "en".into(), ToString::to_string);
        self.languages = program.languages.iter().map(ToString::to_string).collect();
        self.currency = profile.currency.code().to_string();
        self.timezone = profile.timezone.to_string();
        self.country = profile.country.as_ref().map(ToString::to_string).unwrap_or_default();
    }

    /// The same of a shop that is not where it lay.
    pub fn gone(self, folder: &Path) -> View {
        let what = if folder.is_dir() { folder.join("shop.yaml") } else { folder.to_path_buf() };
        let message = format!("`{}` is not there any more: the last good version goes on answering.", what.display());
        let help =
            "Put it back, and it is read again by itself; or end `duka dev`, and name the folder where it is now.";
        let findings = vec![Finding::plain("shop.yaml", 1, message, Some(help))];
        View { files: Vec::new(), findings, ..self }
    }
}

/// Does something on a stack that is as deep as hostile files need. `None`: it panicked.
pub async fn on_deep_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, done) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
        // Whoever asked may have gone.
        let _ = sender.send(work());
    });
    thread.ok()?;
    done.await.ok()
}

/// Every shop of the folder.
pub fn views(folder: &Path, checks: &dyn Checks) -> Vec<View> {
    let found = shops::find(folder).unwrap_or_default();
    found.into_iter().map(|(slug, folder)| view(slug, &folder, checks)).collect()
}

fn view(slug: SmolStr, folder: &Path, checks: &dyn Checks) -> View {
    let own = load::own_files_only(folder);
    let files = own.as_ref().map(|shop| shop.source.files.iter().map(|file| file.path.clone()).collect());
    let profile = own.as_ref().ok().and_then(|shop| {
        let (id, file) = shop.own_files().find(|(_, file)| file.kind == FileKind::Shop)?;
        Some(duka_dsl::config::shop::read(id, &file.text).0)
    });
    let profile = profile.unwrap_or_default();
    let word = |written: &Option<duka_dsl::span::Spanned<SmolStr>>| {
        written.as_ref().map(|written| written.value.to_string()).unwrap_or_default()
    };
    let languages: Vec<String> = profile.languages.iter().map(|language| language.value.to_string()).collect();
    let colour = profile.brand.as_ref().map(|brand| brand.value);
    let name = Some(word(&profile.name)).filter(|name| !name.is_empty()).unwrap_or_else(|| slug.to_string());
    View {
        name,
        language: languages.first().cloned().unwrap_or_else(|| "en".into()),
        languages,
        currency: word(&profile.currency),
        timezone: word(&profile.timezone),
        brand: colour.map(|[red, green, blue]| Brand { colour: format!("#{red:02x}{green:02x}{blue:02x}") }),
        numbers: Vec::new(),
        channels: vec!["whatsapp"],
        revision: String::new(),
        behind: false,
        files: files.unwrap_or_default(),
        findings: findings(folder, None, checks),
        country: word(&profile.country),
        slug,
    }
}

/// What is wrong with a shop; `instead`: as if a file said something else.
pub fn findings(folder: &Path, instead: Option<(&str, &str)>, checks: &dyn Checks) -> Vec<Finding> {
    let shop = load::shop(folder).map(|mut shop| {
        let own = shop.source.standard_from;
        if let Some((path, text)) = instead
            && let Some(file) = shop.source.files.iter_mut().take(own).find(|file| file.path == path)
        {
            file.text = text.to_string();
        }
        shop
    });
    match shop {
        Ok(shop) => checks.findings(shop),
        Err(load::Error::Settings { line, message, help, .. }) => {
            vec![Finding::plain("shop.yaml", line, message, help.as_deref())]
        }
        Err(error) => vec![Finding::plain("shop.yaml", 1, error.to_string(), error.help())],
    }
}

/// Why a file was not read or written.
#[derive(Debug)]
pub enum Wrong {
    /// The shop has no such file.
    Absent,
    /// Somebody else has changed it.
    Changed,
    /// It would be too large.
    Large,
    /// Its bytes are no UTF-8.
    NotText,
    Disk(std::io::Error),
}

/// The text of a file of the shop's own, and what it is known by.
///
/// # Errors
/// There is none of that name, or the disk.
pub fn read(folder: &Path, path: &str) -> Result<(String, String), Wrong> {
    let place = own(folder, path)?;
    let text = String::from_utf8(std::fs::read(place).map_err(Wrong::Disk)?).map_err(|_| Wrong::NotText)?;
    let sha = sha(&text);
    Ok((text, sha))
}

/// Writes a file of the shop's own, whole, if it is still what `before` says.
///
/// # Errors
/// There is none of that name, it was changed meanwhile, or the disk.
pub fn write(folder: &Path, path: &str, text: &str, before: &str) -> Result<String, Wrong> {
    if text.len() > MOST_BYTES {
        return Err(Wrong::Large);
    }
    let place = own(folder, path)?;
    let (_, now) = read(folder, path)?;
    if now != before {
        return Err(Wrong::Changed);
    }
    replace(&place, text).map_err(Wrong::Disk)?;
    Ok(sha(text))
}

/// A file that is one of the shop's as it is read, and no link to elsewhere.
fn own(folder: &Path, path: &str) -> Result<std::path::PathBuf, Wrong> {
    let shop = load::own_files_only(folder).map_err(|_| Wrong::Absent)?;
    if !shop.source.files.iter().any(|file| file.path == path) {
        return Err(Wrong::Absent);
    }
    let whole = folder.join(path).canonicalize().map_err(Wrong::Disk)?;
    let within = folder.canonicalize().map_err(Wrong::Disk)?;
    if whole.starts_with(within) { Ok(whole) } else { Err(Wrong::Absent) }
}

/// Puts a text in the place of a file at once: who reads meanwhile reads the one or the other.
pub fn replace(place: &Path, text: &str) -> std::io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("."));
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.duka-dev"));
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    if let Ok(known) = std::fs::metadata(place) {
        std::fs::set_permissions(&beside, known.permissions())?;
    }
    std::fs::rename(&beside, place)
}

fn sha(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
