//! A shop as it lies on disk, handed in as text: the engine opens no files.

/// One file of a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the shop's folder, with `/`; standard files begin with `std/`. Its position in
    /// [`ShopSource::files`] is its [`duka_dsl::FileId`].
    pub path: String,
    pub text: String,
    pub kind: FileKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `*.duka`
    Lines,
    /// `*.duka.yaml`
    Yaml,
    /// `shop.yaml`
    Shop,
    /// `*.LANG.duka`, first line `texts LANG for FLOW`
    Texts,
    /// `*.test.duka`
    Tests,
    /// `hooks.rhai`
    Hooks,
    /// `*.contract.yaml`
    Contract,
    /// `*.rest.yaml`: how the shop's own system is asked; the runtime reads it
    Mapping,
    /// `fixtures/*.yaml`
    Fixture,
    /// `texts.lock`: what each translation was made from
    TextsLock,
    /// `templates.lock`: what WhatsApp holds of the shop's templates
    TemplatesLock,
    /// `forms.lock`: which of the shop's forms are published at WhatsApp; the runtime reads it
    FormsLock,
}

/// The files of a shop, standard flows and built-in contracts included (those with `standard`).
#[derive(Clone, Debug, Default)]
pub struct ShopSource {
    pub files: Vec<SourceFile>,
    /// How many of the last files are the standard library's.
    pub standard_from: usize,
}

impl FileKind {
    /// What a file is, by its name; for `*.duka` also by its first words. `None`: not one of ours.
    pub fn of(path: &str, text: &str) -> Option<FileKind> {
        let name = path.rsplit('/').next().unwrap_or(path);
        // The first word of the file, or of the line below `duka 1`.
        let is_texts = || {
            let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
            let mut words = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            let first = |line: &str| line.split_whitespace().next().unwrap_or("").to_string();
            let found = words.next().map(first).filter(|word| word != "duka").or_else(|| words.next().map(first));
            found.is_some_and(|word| word == "texts")
        };
        if name == "shop.yaml" {
            Some(FileKind::Shop)
        } else if name == "texts.lock" {
            Some(FileKind::TextsLock)
        } else if name == "templates.lock" {
            Some(FileKind::TemplatesLock)
        } else if name == "forms.lock" {
            Some(FileKind::FormsLock)
        } else if name == "hooks.rhai" {
            Some(FileKind::Hooks)
        } else if name.ends_with(".contract.yaml") {
            Some(FileKind::Contract)
        } else if name.ends_with(".rest.yaml") {
            Some(FileKind::Mapping)
        } else if name.ends_with(".duka.yaml") {
            Some(FileKind::Yaml)
        } else if name.ends_with(".test.duka") {
            Some(FileKind::Tests)
        } else if name.ends_with(".duka") {
            Some(if is_texts() { FileKind::Texts } else { FileKind::Lines })
        } else if path.contains("fixtures/") && name.ends_with(".yaml") {
            Some(FileKind::Fixture)
        } else {
            None
        }
    }
}
