//! `duka texts`: what a translator has to do, files to do it in, and the lock that notes when a text has changed since.

use std::io::Write;
use std::path::{Path, PathBuf};

use duka_engine::compile::{Compiled, compile};
use duka_engine::hir::Flow;
use duka_engine::lints::{self, OpenText, Why, language_name};
use duka_engine::source::FileKind;
use serde_json::{Value as Json, json};

use crate::arguments::{Listing, Texts, TextsCommand};
use crate::failure::{Failure, Outcome};
use crate::load::{self, Shop};
use crate::report::count;
use crate::terminal::{self, paint};

const LOCK: &str = "texts.lock";
/// Letters of a text that are shown beside its key.
const SHOWN: usize = 60;

pub fn run(arguments: &Texts) -> Result<Outcome, Failure> {
    match &arguments.command {
        TextsCommand::List { path, lang, check, format } => {
            let open = Open::shop(path)?;
            let languages = match lang {
                Some(tag) => vec![known_tag(tag)?],
                None => open.languages(),
            };
            let left = list(&open, &languages, *format)?;
            Ok(Outcome::of(!check || left == 0))
        }
        TextsCommand::New { lang, path } => new(&Open::shop(path)?, lang),
        TextsCommand::Lock { path } => lock(&Open::shop(path)?),
    }
}

/// A shop whose texts can be looked at, whatever else is wrong with it.
struct Open {
    shop: Shop,
    compiled: Compiled,
}

impl Open {
    fn shop(path: &Path) -> Result<Open, Failure> {
        let shop = load::shop(path)?;
        let compiled = compile(&shop.source);
        // A text with letters that can not be read would be handed on without them.
        if compiled.shop().is_none() || !shop.findings.is_empty() {
            return Err(Failure::usage_with_help(
                format!("{} can not be read, so its texts are not known yet", shop.title()),
                format!("See why with `duka check {}`.", path.display()),
            ));
        }
        Ok(Open { shop, compiled })
    }

    fn lock(&self) -> &str {
        let mut files = self.shop.own_files().map(|(_, file)| file);
        files.find(|file| file.kind == FileKind::TextsLock).map_or("", |file| &file.text)
    }

    /// The languages of the shop beside the first.
    fn languages(&self) -> Vec<&str> {
        let all = self.compiled.shop().map_or(&[][..], |shop| &shop.languages);
        all.iter().skip(1).map(|tag| tag.as_str()).collect()
    }

    fn open(&self, language: &str) -> Vec<OpenText> {
        self.compiled.shop().map(|shop| lints::open_texts(shop, language, self.lock())).unwrap_or_default()
    }

    /// The texts file of a flow in a language, and what it holds; where it would be, if there is none.
    fn texts_file(&self, flow: &Flow, language: &str) -> (PathBuf, String) {
        for (id, file) in self.shop.own_files().filter(|(_, file)| file.kind == FileKind::Texts) {
            let (texts, _) = duka_dsl::texts::read(id, &file.text);
            let is_this = texts.language.is_some_and(|known| known.as_str() == language)
                && texts.flow.is_some_and(|known| known.to_string() == flow.path);
            if is_this {
                return (self.shop.path_of(id), file.text.clone());
            }
        }
        let written =
            self.compiled.files.iter().find(|(_, file)| file.name.as_ref().is_some_and(|it| it.as_str() == flow.path));
        let beside = written.and_then(|(id, _)| self.shop.path_of(*id).parent().map(Path::to_path_buf));
        let folder = beside.unwrap_or_else(|| self.shop.folder.clone());
        (folder.join(format!("{}.{language}.duka", flow.path)), String::new())
    }
}

/// How many texts are left.
fn list(open: &Open, languages: &[&str], format: Listing) -> Result<usize, Failure> {
    let mut out = anstream::stdout();
    let all: Vec<(&str, Vec<OpenText>)> = languages.iter().map(|language| (*language, open.open(language))).collect();
    let left = all.iter().map(|(_, texts)| texts.len()).sum();
    match format {
        Listing::Text => print(&mut out, open, &all)?,
        Listing::Json => {
            let rows = all.iter().flat_map(|(language, texts)| texts.iter().map(move |text| row(language, text)));
            let rows: Vec<Json> = rows.collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&rows).unwrap_or_default())?;
        }
    }
    Ok(left)
}

fn row(language: &str, text: &OpenText) -> Json {
    json!({ "language": language, "flow": text.flow, "key": text.key, "why": word(text.why), "text": text.source })
}

fn word(why: Why) -> &'static str {
    match why {
        Why::Missing => "missing",
        Why::Behind => "changed",
    }
}

fn print(out: &mut impl Write, open: &Open, all: &[(&str, Vec<OpenText>)]) -> Result<(), Failure> {
    if all.is_empty() {
        writeln!(out, "{} speaks one language. `duka texts new sw` begins another.", open.shop.title())?;
    }
    for (language, texts) in all {
        let (name, behind) = (language_name(language), texts.iter().filter(|text| text.why == Why::Behind).count());
        let verdict = match (texts.len() - behind, behind) {
            (0, 0) => paint(terminal::GOOD, "everything is translated"),
            (missing, 0) => paint(terminal::WARN, format!("{} without a translation", count(missing, "text"))),
            (0, behind) => paint(terminal::WARN, format!("{} changed after the translation", count(behind, "text"))),
            (missing, behind) => paint(
                terminal::WARN,
                format!("{} without a translation, {behind} changed after it", count(missing, "text")),
            ),
        };
        writeln!(out, "{} ({language}): {verdict}", paint(terminal::STRONG, name))?;
        for text in texts {
            let why = word(text.why);
            let words: String = text.source.chars().take(SHOWN).collect();
            let more = if words.len() < text.source.len() { "…" } else { "" };
            writeln!(out, "  {why}  {}.{}  {}", text.flow, text.key, paint(terminal::FAINT, format!("{words}{more}")))?;
        }
    }
    Ok(())
}

fn new(open: &Open, language: &str) -> Result<Outcome, Failure> {
    let language = known_tag(language)?;
    let Some(shop) = open.compiled.shop() else { return Ok(Outcome::Fine) };
    if shop.languages.first().is_some_and(|first| first == language) {
        return Err(Failure::usage_with_help(
            format!("the flow is written in {} already", language_name(language)),
            "Name the language that it shall be translated to: `duka texts new sw`.",
        ));
    }
    let mut out = anstream::stdout();
    let mut written = false;
    for flow in shop.flows.iter().filter(|flow| !flow.standard) {
        let (path, known) = open.texts_file(flow, language);
        let Some(text) = lints::to_fill_in(shop, flow, language, &known) else { continue };
        std::fs::write(&path, text).map_err(|error| Failure::writing(&path, error))?;
        writeln!(out, "{} has what is left to translate.", paint(terminal::STRONG, path.display()))?;
        written = true;
    }
    if !written {
        writeln!(out, "Everything is in {} already, or in its file to be filled in.", language_name(language))?;
    }
    if !shop.languages.iter().any(|known| known == language) {
        writeln!(
            out,
            "Now add `{language}` to `languages` in shop.yaml and in the flow, so that customers can read it."
        )?;
    }
    Ok(Outcome::Fine)
}

fn lock(open: &Open) -> Result<Outcome, Failure> {
    let Some(shop) = open.compiled.shop() else { return Ok(Outcome::Fine) };
    let accepted: usize = open
        .languages()
        .into_iter()
        .map(|language| open.open(language).iter().filter(|text| text.why == Why::Behind).count())
        .sum();
    let text = lints::texts_lock(shop);
    let path = open.shop.folder.join(LOCK);
    std::fs::write(&path, &text).map_err(|error| Failure::writing(&path, error))?;
    let mut out = anstream::stdout();
    writeln!(out, "{} notes {}.", paint(terminal::STRONG, path.display()), count(text.lines().count(), "translation"))?;
    if accepted > 0 {
        writeln!(out, "{} that had changed since the translation now count as translated.", count(accepted, "text"))?;
    }
    Ok(Outcome::Fine)
}

/// A language by its tag; the tag is named to who wrote out the language.
fn known_tag(tag: &str) -> Result<&str, Failure> {
    const SPELLED: [&str; 17] =
        ["en", "sw", "ar", "fr", "pt", "es", "hi", "ur", "am", "so", "zu", "xh", "af", "yo", "ig", "ha", "id"];
    let is_tag = tag.split('-').enumerate().all(|(index, part)| {
        let fits = if index == 0 { (2..=3).contains(&part.len()) } else { (2..=8).contains(&part.len()) };
        fits && part.bytes().all(|byte| byte.is_ascii_alphanumeric() && (index > 0 || byte.is_ascii_lowercase()))
    });
    if is_tag {
        return Ok(tag);
    }
    let meant = SPELLED.into_iter().find(|known| language_name(known).eq_ignore_ascii_case(tag));
    let help = meant.map_or_else(
        || "Languages have short names: `sw` for Swahili, `ar` for Arabic.".to_string(),
        |meant| format!("{} is `{meant}`.", language_name(meant)),
    );
    Err(Failure::usage_with_help(format!("`{tag}` is not the short name of a language"), help))
}
