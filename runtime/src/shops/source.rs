//! One shop from its folder: read, compiled, its fixture and its numbers. Keeps no standard files: every shop has those.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use duka_dsl::FileId;
use duka_engine::compile::compile;
use duka_engine::program::Program;
use duka_engine::simulate::test;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::Trouble;
use super::live::Live;
use super::load;

/// A shop that can be served.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name of its folder: how operators call it.
    pub slug: SmolStr,
    pub folder: PathBuf,
    pub program: Arc<Program>,
    /// The first fixture: what the demo backend holds.
    pub fixture: Json,
    pub live: Live,
    /// The files the program is made of.
    pub files: Arc<[SourceFile]>,
    /// Over all bytes of the folder: equal means that there is nothing to do.
    pub fingerprint: [u8; 32],
}

/// The shops of a folder, by name: itself if it holds `shop.yaml`, else the folders in it that do.
///
/// # Errors
/// The folder can not be read, or there is no shop in it.
pub fn find(folder: &Path) -> Result<Vec<(SmolStr, PathBuf)>, load::Error> {
    let name = |path: &Path| path.file_name().map(|name| SmolStr::new(name.to_string_lossy())).unwrap_or_default();
    if folder.join("shop.yaml").is_file() {
        let whole = folder.canonicalize().map_err(|error| load::Error::reading(folder, error))?;
        return Ok(vec![(name(&whole), folder.to_path_buf())]);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| load::Error::reading(folder, error))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| load::Error::reading(folder, error))?.path();
        if path.join("shop.yaml").is_file() {
            found.push((name(&path), path));
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(load::Error::no_shop(folder));
    }
    Ok(found)
}

/// Reads and compiles one shop; `known` is what it was, and is handed back if no byte has changed.
///
/// # Errors
/// Its files, its settings, its secrets, or errors in its flows.
pub fn read(
    slug: &SmolStr,
    folder: &Path,
    variables: &[(String, String)],
    known: Option<&Source>,
) -> Result<Source, Trouble> {
    let mut shop = load::own_files_only(folder)?;
    let fingerprint = fingerprint(&shop.source.files);
    let profile = shop.source.files.iter().position(|file| file.kind == FileKind::Shop);
    let live = match profile.and_then(|at| Some((at, shop.source.files.get(at)?))) {
        Some((at, file)) => {
            shop.settings_are_sound()?;
            let (settings, _) = duka_dsl::config::shop::read(FileId(u16::try_from(at).unwrap_or(u16::MAX)), &file.text);
            Live::of(&settings, &folder.join(&file.path), &file.text, variables)?
        }
        None => Live::default(),
    };
    if let Some(known) = known.filter(|known| known.fingerprint == fingerprint) {
        // Secrets in files and in the environment change without a byte of the shop.
        return Ok(Source { live, ..known.clone() });
    }
    load::add_standard(&mut shop.source);
    let Some(program) = compile(&shop.source).program else { return Err(Trouble::Broken(Box::new(shop))) };
    let fixture = test::fixtures(&shop.source).into_values().next().unwrap_or_default();
    let own = shop.source.files.drain(..shop.source.standard_from);
    let files = own.filter(|file| is_compiled(file.kind)).collect();
    Ok(Source { slug: slug.clone(), folder: folder.to_path_buf(), program, fixture, live, files, fingerprint })
}

/// Compiles files that were kept, with the standard files of this binary.
pub fn compile_kept(files: &[SourceFile]) -> Option<Arc<Program>> {
    let mut source = ShopSource { files: files.to_vec(), standard_from: 0 };
    load::add_standard(&mut source);
    compile(&source).program
}

fn is_compiled(kind: FileKind) -> bool {
    match kind {
        FileKind::Lines | FileKind::Yaml | FileKind::Shop | FileKind::Texts | FileKind::Hooks | FileKind::Contract => {
            true
        }
        FileKind::Tests | FileKind::Fixture | FileKind::TextsLock => false,
    }
}

fn fingerprint(files: &[SourceFile]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for file in files {
        for part in [&file.path, &file.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}
