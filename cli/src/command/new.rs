//! `duka new`: a shop to change into one's own, copied from an example. Overwrites nothing.

mod countries;
mod cuts;
mod shops;

use std::io::Write;
use std::path::Path;

use inquire::{InquireError, Select};

use crate::arguments::{Backend, Fulfilment, Kind, New};
use crate::failure::{Failure, Outcome};
use crate::terminal::{self, paint};
use countries::{COUNTRIES, Country};

/// What the questions have settled.
#[derive(Clone, Copy, Debug)]
pub struct Answers {
    pub kind: Kind,
    pub country: &'static Country,
    pub backend: Backend,
    pub fulfilment: Fulfilment,
}

pub fn run(arguments: &New) -> Result<Outcome, Failure> {
    let path = &arguments.path;
    let occupied = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || path.is_file() {
        return Err(Failure::usage_with_help(
            format!("`{}` is there already, and not empty", path.display()),
            "Name a folder that does not exist yet.",
        ));
    }
    let Some(folder) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(Failure::usage("the folder needs a name, for example `duka new my-shop`"));
    };
    let Some(answers) = answers(arguments)? else {
        writeln!(anstream::stdout(), "Nothing was made.")?;
        return Ok(Outcome::Fine);
    };
    for (file, text) in files(&answers, &title(folder)) {
        let target = path.join(file);
        let folder = target.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, error))?;
        std::fs::write(&target, text).map_err(|error| Failure::writing(&target, error))?;
    }
    say_what_now(path, &answers)?;
    Ok(Outcome::Fine)
}

fn say_what_now(path: &Path, answers: &Answers) -> std::io::Result<()> {
    let shown = path.display();
    let typed = typed(path);
    let mut out = anstream::stdout();
    writeln!(
        out,
        "{} is there: a {} in {}, prices in {}.\n\nNow:\n  duka dev {typed}      be its customer in the browser\n  duka chat {typed}     talk to it here\n  duka check {typed}    what could go wrong in it\n  duka test {typed}     play its tests\n\nThe words that customers read are after the colons in `{shown}/*.duka`.",
        paint(terminal::STRONG, &shown),
        kind_name(answers.kind),
        answers.country.name,
        answers.country.currency,
    )?;
    if answers.backend == Backend::Rest {
        writeln!(
            out,
            "A demo answers for your own system until you write how it is asked: `duka schema rest`, docs/adapters.md."
        )?;
    }
    Ok(())
}

/// A path as it is typed in a shell.
fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|letter| letter.is_alphanumeric() || "/\\._-:~".contains(letter));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// What was given, asked for, or the default. `None`: the user gave up.
fn answers(arguments: &New) -> Result<Option<Answers>, Failure> {
    let asks = terminal::is_interactive() && !arguments.yes;
    if !asks && !arguments.yes && arguments.kind.is_none() {
        return Err(Failure::usage_with_help(
            "there is no terminal to ask what the shop should be",
            "Say it with `--kind`, `--country`, `--backend`, `--fulfilment`; or take the defaults with `--yes`.",
        ));
    }
    match ask(arguments, asks) {
        Ok(answers) => Ok(Some(answers)),
        Err(Asking::GaveUp) => Ok(None),
        Err(Asking::Failed(failure)) => Err(failure),
    }
}

enum Asking {
    GaveUp,
    Failed(Failure),
}

fn ask(arguments: &New, asks: bool) -> Result<Answers, Asking> {
    let kinds = [
        (Kind::Boutique, "Clothes and other goods (variants, returns, a reminder of the saved bag)"),
        (Kind::Grocery, "Groceries (weights, substitutions, delivery times)"),
        (Kind::Restaurant, "A restaurant (menu of the day, extras, table or delivery)"),
        (Kind::Empty, "Nothing yet: a few lines to begin with"),
    ];
    let kind = choose(asks, arguments.kind, "What do you sell?", &kinds)?;
    let given = arguments.country.as_deref().map(country).transpose().map_err(Asking::Failed)?;
    let listed: Vec<(&'static Country, &str)> = COUNTRIES.iter().map(|country| (country, country.name)).collect();
    let country = choose(asks, given, "Where is the shop?", &listed)?;
    let backends = [
        (Backend::Demo, "In a file, for now: a catalogue to try things out"),
        (Backend::Rest, "In a system with an HTTP API"),
    ];
    let backend = choose(asks, arguments.backend, "Where are your products and orders?", &backends)?;
    let ways = [
        (Fulfilment::Both, "Delivered, or picked up"),
        (Fulfilment::Delivery, "Delivered"),
        (Fulfilment::Pickup, "Picked up in the shop"),
    ];
    let fulfilment = choose(asks, arguments.fulfilment, "How do customers get what they bought?", &ways)?;
    Ok(Answers { kind, country, backend, fulfilment })
}

/// What was given; else what the user picks; else the first.
fn choose<T: Copy>(asks: bool, given: Option<T>, question: &str, choices: &[(T, &str)]) -> Result<T, Asking> {
    if let Some(given) = given {
        return Ok(given);
    }
    let first = choices.first().map(|(value, _)| *value);
    if !asks {
        return first.ok_or(Asking::GaveUp);
    }
    let titles = choices.iter().map(|(_, title)| *title).collect();
    match Select::new(question, titles).raw_prompt() {
        Ok(picked) => choices.get(picked.index).map(|(value, _)| *value).ok_or(Asking::GaveUp),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Err(Asking::GaveUp),
        Err(error) => Err(Asking::Failed(Failure::usage(error.to_string()))),
    }
}

/// The country of a code or a name.
fn country(given: &str) -> Result<&'static Country, Failure> {
    let is_it =
        |country: &&Country| [country.code, country.name].iter().any(|known| known.eq_ignore_ascii_case(given.trim()));
    COUNTRIES.iter().find(is_it).ok_or_else(|| {
        let known: Vec<&str> = COUNTRIES.iter().map(|country| country.code).collect();
        Failure::usage_with_help(
            format!("`{given}` is not a country that Duka has settings for"),
            format!("Known are {}. Or take the nearest and change `shop.yaml`.", known.join(" ")),
        )
    })
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Boutique => "boutique",
        Kind::Grocery => "grocery",
        Kind::Restaurant => "restaurant",
        Kind::Empty => "new shop",
    }
}

/// `my-shop` as people write it: `My Shop`.
fn title(folder: &str) -> String {
    let words = folder.split(['-', '_', ' ']).filter(|word| !word.is_empty());
    let titled = words.map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    titled.collect::<Vec<_>>().join(" ")
}

/// The files of the new shop: the example's, with its name, country and ways of delivery exchanged.
fn files(answers: &Answers, title: &str) -> Vec<(String, String)> {
    let example = shops::example(answers.kind);
    let languages = languages(answers.country, example);
    let mut files = Vec::new();
    for (path, text) in example.files {
        let is_foreign = language_of(path).is_some_and(|language| !languages.contains(&language));
        if is_foreign || !cuts::keeps(answers.kind, answers.fulfilment, path) {
            continue;
        }
        let mut text = cuts::fulfilment(answers.kind, answers.fulfilment, text);
        text = text.replace(example.profile("name"), title);
        text = text.replace(example.profile("currency"), answers.country.currency);
        text = cuts::languages(&text, &languages);
        if *path == "shop.yaml" {
            text = profile(&text, answers, &languages);
        }
        files.push(((*path).to_string(), format!("{}\n", text.trim_end())));
    }
    files
}

/// The language of the texts that come first, and those of the country that the example has texts in.
fn languages(country: &Country, example: &shops::Example) -> Vec<&'static str> {
    let has_texts = |language: &&str| example.files.iter().any(|(path, _)| language_of(path) == Some(*language));
    let local = country.languages.iter().copied().filter(has_texts);
    std::iter::once("en").chain(local).collect()
}

/// `boutique.sw.duka` is in `sw`.
fn language_of(path: &str) -> Option<&str> {
    let (_, language) = path.strip_suffix(".duka")?.rsplit_once('.')?;
    (language != "test").then_some(language)
}

fn profile(text: &str, answers: &Answers, languages: &[&str]) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let key = line.split(':').next().unwrap_or("");
        match key {
            "country" => out.push_str(&format!("country: {}", answers.country.code)),
            "timezone" => out.push_str(&format!("timezone: {}", answers.country.timezone)),
            "languages" => out.push_str(&format!("languages: [{}]", languages.join(", "))),
            // The example's own: a shop that goes live is not to be reached there.
            "phone" | "address" | "website" | "privacy" => out.push_str(&format!("# {line}")),
            "adapters" if answers.backend == Backend::Rest => {
                out.push_str("# A demo answers until your own system does: then `catalog: rest`, with catalog.rest.yaml beside it.\n");
                out.push_str(line);
            }
            "delivery" => {
                out.push_str("# Where you deliver, and what it costs: put your own places here.\n");
                out.push_str(line);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{language_of, title};

    #[test]
    fn a_folder_becomes_a_name() {
        assert_eq!(title("mama-njeri_shop"), "Mama Njeri Shop");
    }

    #[test]
    fn texts_are_told_from_tests_and_flows() {
        assert_eq!(language_of("boutique.sw.duka"), Some("sw"));
        assert_eq!(language_of("boutique.test.duka"), None);
        assert_eq!(language_of("boutique.duka"), None);
    }
}
