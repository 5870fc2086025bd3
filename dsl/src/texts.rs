//! Reads a texts file: the words of a flow in another language, or for one channel. Does not know the flow.

use crate::ast::{Path, Phrase, Plural, Text, TextBlock, TextPiece, TextsEntry, TextsFile, WordSet};
use crate::diagnostic::Diagnostic;
use crate::layout;
use crate::line::grammar::Rule;
use crate::line::parts::{Parts, Place};
use crate::line::{first_word, plural, plural_form, read_as, word_set};
use crate::lines::{MAX_BROKEN, hidden, too_large};
use crate::span::{FileId, Name, Span, Spanned};

/// What a line of the file says.
enum Said {
    Duka(u32),
    Header(Name, Path),
    Entry { key: Path, channel: Option<Name>, text: Option<Text> },
    More(TextPiece),
    Words(WordSet),
    Phrase(Phrase),
    Form(Spanned<Plural>, Text),
}

/// What the next `|` line or plural form goes on with.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Entry,
    Phrase,
    /// Something that could not be read.
    Lost,
}

/// Reads `text` as a texts file. A line that can not be read is one diagnostic and is left out.
pub fn read(file: FileId, text: &str) -> (TextsFile, Vec<Diagnostic>) {
    let mut texts = TextsFile::default();
    let mut diagnostics = Vec::new();
    if let Some(finding) = too_large(file, text) {
        return (texts, vec![finding]);
    }
    let mut open = Open::Nothing;
    for layout in layout::lines(text) {
        if diagnostics.len() >= MAX_BROKEN {
            break;
        }
        let line = layout.text(text);
        let place = Place { file, offset: layout.text_start };
        diagnostics.extend(hidden(file, layout.text_start, line));
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        open = match line_of(open, place, line) {
            Ok(said) => keep(&mut texts, said, open, place.span(0, line.len()), &mut diagnostics),
            Err(finding) => {
                diagnostics.push(*finding);
                if first_word(line) == "phrase" || !line.starts_with('|') { Open::Lost } else { open }
            }
        };
    }
    if texts.language.is_none() && diagnostics.is_empty() {
        diagnostics.push(
            Diagnostic::new(22, Span::new(file, 0, 0), "This file does not say whose texts it holds.")
                .help("Begin it with a line such as `texts sw for my_shop`."),
        );
    }
    (texts, diagnostics)
}

/// Writes a texts file canonically: indentation and blank lines only.
pub fn format(text: &str) -> String {
    let mut in_phrase = false;
    crate::print::reindent(text, move |line| {
        let word = first_word(line);
        if line.starts_with('|') || word == "each" && !line[word.len()..].starts_with([':', '.']) {
            return (2, false);
        }
        if in_phrase && plural(word).is_some() {
            return (2, false);
        }
        in_phrase = word == "phrase";
        (0, false)
    })
}

fn keep(texts: &mut TextsFile, said: Said, open: Open, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Open {
    match said {
        Said::Duka(version) => {
            if version > crate::ownership::VERSION {
                let message = format!("`duka {version}` is newer than this program ({}).", crate::ownership::VERSION);
                diagnostics.push(Diagnostic::new(2, span, message).help("Update the program."));
            }
            Open::Nothing
        }
        Said::Header(language, flow) => {
            texts.language = Some(language);
            texts.flow = Some(flow);
            Open::Nothing
        }
        Said::Entry { key, channel, text } => {
            texts.entries.push(TextsEntry { key, channel, text: TextBlock::of(text), span });
            Open::Entry
        }
        Said::More(piece) => {
            match texts.entries.last_mut().filter(|_| open == Open::Entry) {
                Some(entry) => {
                    entry.text.pieces.push(piece);
                    entry.span = entry.span.to(span);
                }
                None if open == Open::Lost => {}
                None => diagnostics.push(
                    Diagnostic::new(7, span, "`|` continues nothing; the line above is not a text.")
                        .help("Put it under a key: `welcome.ask:`."),
                ),
            }
            open
        }
        Said::Words(words) => {
            texts.words.push(words);
            Open::Nothing
        }
        Said::Phrase(phrase) => {
            texts.phrases.push(phrase);
            Open::Phrase
        }
        Said::Form(form, text) => {
            if let Some(phrase) = texts.phrases.last_mut() {
                phrase.forms.push((form, text));
            }
            Open::Phrase
        }
    }
}

fn line_of(open: Open, place: Place, line: &str) -> Result<Said, Box<Diagnostic>> {
    let word = first_word(line);
    let sign = line[word.len()..].trim_start_matches(layout::is_space);
    // A key may be called `words` or `phrase`: then a colon or dot follows it.
    let keyword = if sign.starts_with([':', '.', '@']) { "" } else { word };
    let (rule, usage) = match keyword {
        "duka" => (Rule::duka_line, "duka 1"),
        "texts" => (Rule::texts_line, "texts sw for my_shop"),
        "words" => (Rule::words_entry, "words track: oda yangu, fuatilia"),
        "phrase" => (Rule::phrase_line, "phrase items(count)"),
        "each" => (Rule::each_line, "each line in cart.lines: {line.name}"),
        _ if line.starts_with('|') => (Rule::more_line, "| Asante {customer.first_name}"),
        _ if open == Open::Phrase && plural(word).is_some() => (Rule::plural_item, "one: kitu 1"),
        _ => (Rule::entry_line, "welcome.ask: Karibu!"),
    };
    read_as(rule, place, line, |parts| said(rule, parts))
        .map_err(|error| Box::new(crate::lines::broken_text(place, line, error.at, usage)))
}

fn said(rule: Rule, parts: &mut Parts<'_>) -> Option<Said> {
    Some(match rule {
        Rule::duka_line => Said::Duka(parts.word(Rule::version)?.value.parse().ok()?),
        Rule::texts_line => Said::Header(parts.word(Rule::language)?, parts.path()?),
        Rule::words_entry => Said::Words(word_set(parts)?),
        Rule::phrase_line => Said::Phrase(Phrase { name: parts.name()?, parameter: parts.name()?, forms: Vec::new() }),
        Rule::each_line => {
            Said::More(TextPiece::Each { item: parts.name()?, list: parts.expr()?, text: parts.text()? })
        }
        Rule::more_line => Said::More(TextPiece::Line(parts.any_text()?)),
        Rule::plural_item => {
            let (form, text) = plural_form(parts)?;
            Said::Form(form, text)
        }
        _ => Said::Entry { key: parts.path()?, channel: parts.name(), text: parts.text() },
    })
}
