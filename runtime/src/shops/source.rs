//! One shop from its folder: read, compiled, its fixture and its numbers. Keeps no standard files: every shop has those.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duka_dsl::config::shop::{ShopFile, Zone};
use duka_engine::compile::compile;
use duka_engine::lints;
use duka_engine::program::Program;
use duka_engine::simulate::test;
use duka_engine::source::{FileKind, ShopSource, SourceFile};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::Trouble;
use super::live::Live;
use super::load;
use crate::adapter::bag;
use crate::adapter::mapping;
use crate::adapter::rest::Backend;
use crate::channel::whatsapp::flows::json::Shape;
use crate::channel::whatsapp::flows::published::{Forms, PUBLISHED, Published};
use crate::config::{Adapters, Keyring, Mistake};
use crate::ops;
use crate::payments::till;

/// Deeply nested files must not overflow the stack before the parsers' own bounds refuse them.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// The id of the first form that is stood in for.
const FIRST_FORM: u64 = 1_230_000_000_001;

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
    /// The forms that are published at WhatsApp.
    pub forms: Arc<[Published]>,
    /// The shop's own systems.
    pub backends: Vec<Backend>,
    /// Customers' bags are kept by Duka.
    pub keeps_bags: bool,
    /// What the demo answers of what is no backend's; `None`: all.
    pub by_demo: Option<Arc<BTreeSet<SmolStr>>>,
    /// How the shop is paid.
    pub till: Option<till::Said>,
    /// The files the program is made of.
    pub files: Arc<[SourceFile]>,
    /// Over all bytes of the folder: equal means that there is nothing to do.
    pub fingerprint: [u8; 32],
}

/// What a shop is read with besides its folder.
#[derive(Clone, Copy, Debug)]
pub struct Outside<'a> {
    /// Where secrets may be.
    pub secrets: &'a Keyring,
    /// Where shops' own systems may be.
    pub adapters: &'a Adapters,
    /// All that is outside is stood in for: no secret is read, and nothing of a real account is known.
    pub stood_in: bool,
}

/// The shops of a folder, by name: itself if it holds `shop.yaml`, else the folders in it that do.
///
/// # Errors
/// The folder can not be read, or there is no shop in it.
pub fn find(folder: &Path) -> Result<Vec<(SmolStr, PathBuf)>, load::Error> {
    if folder.join("shop.yaml").is_file() {
        return Ok(vec![(slug_of(folder), folder.to_path_buf())]);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => load::Error::no_folder(folder),
        _ => load::Error::reading(folder, error),
    })?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| load::Error::reading(folder, error))?.path();
        if path.join("shop.yaml").is_file() {
            found.push((slug_of(&path), path));
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(load::Error::no_profile(folder));
    }
    Ok(found)
}

/// Reads and compiles one shop; `known` is what it was, and is handed back if no byte has changed.
///
/// # Errors
/// Its files, its settings, its secrets, or errors in its flows.
pub fn read(slug: &SmolStr, folder: &Path, outside: Outside<'_>, known: Option<&Source>) -> Result<Source, Trouble> {
    let mut shop = load::own_files_only(folder)?;
    let fingerprint = fingerprint(&shop.source.files);
    let (live, till) = live(slug, &shop, outside)?;
    let before = known.map_or(&[][..], |known| &known.backends);
    if let Some(known) = known.filter(|known| known.fingerprint == fingerprint) {
        // Secrets in files and in the environment change without a byte of the shop.
        let Some(backends) = backends(&shop, &known.program, outside, before)? else {
            return Err(Trouble::Broken(Box::new(shop)));
        };
        if let Err(mistake) = confirmed(slug, folder, &backends, till.as_ref(), outside) {
            return Err(Trouble::NotAllowed { shop: Box::new(shop), mistake });
        }
        return Ok(Source { live, backends, till, ..known.clone() });
    }
    let locked = forms(&shop)?;
    load::add_standard(&mut shop.source);
    let Some(program) = compile(&shop.source).program else { return Err(Trouble::Broken(Box::new(shop))) };
    let forms = if outside.stood_in { all_forms(&program) } else { locked };
    let Some(backends) = backends(&shop, &program, outside, before)? else {
        return Err(Trouble::Broken(Box::new(shop)));
    };
    if let Err(mistake) = confirmed(slug, folder, &backends, till.as_ref(), outside) {
        return Err(Trouble::NotAllowed { shop: Box::new(shop), mistake });
    }
    let fixture = fixture(&shop);
    let keeps_bags = bag::is_kept(&shop.source);
    let by_demo = by_demo(&shop, outside);
    let own = shop.source.files.drain(..shop.source.standard_from);
    let files = own.filter(|file| is_compiled(file.kind)).collect();
    let (slug, folder) = (slug.clone(), folder.to_path_buf());
    Ok(Source { slug, folder, program, fixture, live, forms, backends, keeps_bags, by_demo, till, files, fingerprint })
}

/// Reads all of them, on as many threads as there are processors.
pub(super) fn read_all(
    folders: &[(SmolStr, PathBuf)],
    outside: Outside<'_>,
    known: &BTreeMap<SmolStr, Source>,
) -> Vec<(SmolStr, Result<Source, Trouble>)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = folders.len().div_ceil(threads).max(1);
    let part = |part: &[(SmolStr, PathBuf)]| -> Vec<(SmolStr, Result<Source, Trouble>)> {
        part.iter().map(|(slug, folder)| (slug.clone(), read(slug, folder, outside, known.get(slug)))).collect()
    };
    std::thread::scope(|scope| {
        let begin = |shops| {
            (shops, std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || part(shops)))
        };
        let begun: Vec<_> = folders.chunks(share).map(begin).collect();
        let end = |(shops, thread): (&[(SmolStr, PathBuf)], std::io::Result<std::thread::ScopedJoinHandle<'_, _>>)| {
            let panicked = || shops.iter().map(|(slug, _)| (slug.clone(), Err(Trouble::panicked()))).collect();
            thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(panicked)
        };
        begun.into_iter().flat_map(end).collect()
    })
}

/// Compiles on a stack that is as deep as the parsers' own bounds need.
pub(super) fn compile_deep(source: &ShopSource) -> Option<Arc<Program>> {
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || compile(source).program);
        thread.ok()?.join().ok()?
    })
}

/// A shop whose folder is broken, with the program that was published last.
pub(super) fn kept(
    slug: &str,
    shop: &load::Shop,
    program: Arc<Program>,
    files: Arc<[SourceFile]>,
    outside: Outside<'_>,
) -> Result<Source, Trouble> {
    // The mappings as they were published: those of the folder may be what is broken.
    let published =
        load::Shop { source: ShopSource { files: files.to_vec(), standard_from: files.len() }, ..shop.clone() };
    let (live, till) = live(slug, shop, outside)?;
    Ok(Source {
        backends: backends(&published, &program, outside, &[])?.unwrap_or_default(),
        keeps_bags: bag::is_kept(&published.source),
        by_demo: by_demo(&published, outside),
        slug: slug.into(),
        folder: shop.folder.clone(),
        fixture: fixture(shop),
        live,
        till,
        forms: if outside.stood_in { all_forms(&program) } else { forms(shop)? },
        program,
        files,
        // Of no folder: it is read again.
        fingerprint: [0; 32],
    })
}

/// The name of a shop's folder.
pub(super) fn slug_of(folder: &Path) -> SmolStr {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    whole.file_name().map(|name| SmolStr::new(name.to_string_lossy())).unwrap_or_default()
}

fn profile(shop: &load::Shop) -> Option<ShopFile> {
    let (id, file) = shop.settings().next()?;
    Some(duka_dsl::config::shop::read(id, &file.text).0)
}

fn by_demo(shop: &load::Shop, outside: Outside<'_>) -> Option<Arc<BTreeSet<SmolStr>>> {
    let profile = profile(shop).filter(|_| !outside.stood_in)?;
    lints::by_demo(&profile).map(Arc::new)
}

/// What the demo holds. Where the shop delivers, and what for, is what `shop.yaml` says of it.
fn fixture(shop: &load::Shop) -> Json {
    let mut fixture = test::fixtures(&shop.source).into_values().next().unwrap_or_default();
    let zones = profile(shop).map(|profile| profile.delivery).unwrap_or_default();
    if zones.is_empty() {
        return fixture;
    }
    let known = |id: &str| {
        let zones = fixture.get("zones").and_then(Json::as_array).into_iter().flatten();
        zones.filter_map(Json::as_object).find(|zone| zone.get("id").is_some_and(|it| it == id)).cloned()
    };
    let zone = |zone: &Zone| {
        let id = zone.id.as_str();
        let mut fields = known(id).unwrap_or_default();
        fields.insert("id".into(), id.into());
        fields.insert("name".into(), zone.name.as_ref().map_or(id, |name| name.value.as_str()).into());
        fields.insert("towns".into(), zone.towns.iter().map(|town| town.value.as_str()).collect());
        fields.extend(zone.fee.as_ref().map(|fee| ("fee".to_string(), fee.value.as_str().into())));
        Json::Object(fields)
    };
    let zones: Json = zones.iter().map(zone).collect();
    match fixture.as_object_mut() {
        Some(fields) => drop(fields.insert("zones".into(), zones)),
        None => fixture = json!({ "zones": zones }),
    }
    fixture
}

fn live(slug: &str, shop: &load::Shop, outside: Outside<'_>) -> Result<(Live, Option<till::Said>), Trouble> {
    let profile = shop.own_files().find(|(_, file)| file.kind == FileKind::Shop);
    let Some((id, file)) = profile else { return Ok((Live::default(), None)) };
    shop.settings_are_sound()?;
    let (settings, _) = duka_dsl::config::shop::read(id, &file.text);
    if outside.stood_in {
        return Ok((Live::stood_in(slug, &settings), Some(till::Said::stood_in(&settings))));
    }
    let path = shop.folder.join(&file.path);
    let till = till::Said::of(&settings, &path, &file.text, outside.secrets)?;
    Ok((Live::of(&settings, &path, &file.text, outside.secrets)?, till))
}

/// What `forms.lock` says.
fn forms(shop: &load::Shop) -> Result<Arc<[Published]>, Trouble> {
    let Some((_, file)) = shop.own_files().find(|(_, file)| file.kind == FileKind::FormsLock) else {
        return Ok([].into());
    };
    let read = Forms::read(&file.text).map_err(|why| Mistake {
        place: shop.folder.join(&file.path).display().to_string(),
        line: None,
        message: format!("this is no list of published forms: {why}"),
        help: Some(
            "Write it anew with `duka forms pull`, or take it away: forms are asked field by field then.".into(),
        ),
    })?;
    Ok(read.forms.into())
}

/// Every form that can be shown, as if it had been published.
fn all_forms(program: &Program) -> Arc<[Published]> {
    let shapes = ops::forms::wanted(&program.shop, false).into_iter().filter_map(|wanted| wanted.shape.ok());
    let published = |(shape, number): (Shape, u64)| Published {
        name: shape.name().into(),
        id: smol_str::format_smolstr!("{number}"),
        status: PUBLISHED.into(),
        since: SmolStr::default(),
        shape,
    };
    shapes.zip(FIRST_FORM..).map(published).collect()
}

/// `None`: a mapping is wrong, as `duka check` shows. Where all is stood in for, the demo answers instead.
fn backends(
    shop: &load::Shop,
    program: &Program,
    outside: Outside<'_>,
    before: &[Backend],
) -> Result<Option<Vec<Backend>>, Trouble> {
    let (found, findings) = mapping::read(&shop.source, &program.shop);
    if !findings.is_empty() {
        return Ok(None);
    }
    if outside.stood_in {
        return Ok(Some(Vec::new()));
    }
    let open = |found: mapping::Found| {
        let backend = Backend::open(found.contract, found.mapping, &shop.folder.join(found.path), outside.secrets)?;
        Ok::<_, Mistake>(backend.after(before))
    };
    Ok(Some(found.into_iter().map(open).collect::<Result<_, _>>()?))
}

/// Refuses a shop whose systems are where the operator does not want them to be asked.
fn confirmed(
    slug: &str,
    folder: &Path,
    backends: &[Backend],
    till: Option<&till::Said>,
    outside: Outside<'_>,
) -> Result<(), Mistake> {
    let Some(allowed) = outside.adapters.of(slug) else { return Ok(()) };
    let host = |backend: &Backend| Some((backend.contract.to_string(), backend.beyond(&allowed)?.to_string()));
    let paid = till.and_then(|till| Some(("payments".to_string(), till.beyond(&allowed)?)));
    let Some((contract, host)) = backends.iter().find_map(host).or(paid) else { return Ok(()) };
    Err(Mistake {
        place: folder.join("shop.yaml").display().to_string(),
        line: None,
        message: format!("`{contract}` is answered by `{host}`, which is none of the hosts that this server may ask"),
        help: Some(format!(
            "Its operator adds it to `hosts` below `[adapters]` or `[adapters.shops.{slug}]` in duka.toml."
        )),
    })
}

fn is_compiled(kind: FileKind) -> bool {
    match kind {
        FileKind::Lines
        | FileKind::Yaml
        | FileKind::Shop
        | FileKind::Texts
        | FileKind::Hooks
        | FileKind::Contract
        | FileKind::Mapping => true,
        FileKind::Tests | FileKind::Fixture | FileKind::TextsLock | FileKind::TemplatesLock | FileKind::FormsLock => {
            false
        }
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
