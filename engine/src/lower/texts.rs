//! What customers read: one entry per text, cut at its live values, in every language and channel it is written for.

use std::collections::BTreeMap;
use std::sync::Arc;

use duka_dsl::ast::{self, Segment as Ast, TextPiece as AstPiece, TextsEntry, TextsFile};
use duka_dsl::{Diagnostic, Span};
use smol_str::SmolStr;

use crate::hir::{FlowId, LanguageId, Segment, TextBlock, TextEntry, TextId, TextPiece};
use crate::types::Type;

use super::Input;
use super::body::Body;
use super::declare::{Declared, id};
use super::names::{UNKNOWN_NAME, path_text, unknown};
use super::places::Wanted;
use super::scope::Place;

/// A text without its live values, for what is no message.
pub(super) fn plain(text: &ast::Text) -> SmolStr {
    let mut plain = String::new();
    for segment in &text.segments {
        match segment {
            Ast::Literal(literal) => plain.push_str(literal),
            Ast::Value { path, .. } => plain.push_str(&format!("{{{path}}}")),
            Ast::Phrase { name, argument, .. } => plain.push_str(&format!("{{{}({argument})}}", name.value)),
        }
    }
    plain.into()
}

/// The texts files of a shop, by flow.
pub(super) struct Translations<'a> {
    languages: usize,
    /// By flow: the language it is written in, if the shop speaks it.
    written_in: Vec<Option<LanguageId>>,
    /// By flow: its texts files with their languages.
    files: Vec<Vec<(LanguageId, &'a TextsFile)>>,
    /// By flow and key, what is written for it.
    entries: Vec<BTreeMap<SmolStr, Vec<(LanguageId, &'a TextsEntry)>>>,
}

impl<'a> Translations<'a> {
    pub fn new(input: &Input<'a>, findings: &mut Vec<Diagnostic>) -> Translations<'a> {
        let language = |code: &str| input.languages.iter().position(|known| known == code);
        let written_in = input.flows.iter().map(|flow| {
            let code = flow.ast.languages.first().map(|name| name.as_str());
            let default = if flow.standard { language("en") } else { Some(0) };
            code.map_or(default, language).map(|index| LanguageId(id(index)))
        });
        let mut translations = Translations {
            languages: input.languages.len().max(1),
            written_in: written_in.collect(),
            files: vec![Vec::new(); input.flows.len()],
            entries: vec![BTreeMap::new(); input.flows.len()],
        };
        for (_, file) in &input.texts {
            translations.add(input, file, findings);
        }
        translations
    }

    fn add(&mut self, input: &Input<'a>, file: &'a TextsFile, findings: &mut Vec<Diagnostic>) {
        let (Some(language), Some(path)) = (&file.language, &file.flow) else { return };
        let flow_path = path_text(&path.segments);
        let named = |wanted: &str| input.flows.iter().position(|flow| *flow.path == *wanted);
        let Some(flow) = named(&flow_path).or_else(|| named(&format!("std.{flow_path}"))) else {
            if !input.known_flows.contains(&flow_path) {
                let known = input.known_flows.iter().map(SmolStr::as_str);
                findings.push(super::dest::no_flow(&flow_path, path, known));
            }
            return;
        };
        let Some(index) = input.languages.iter().position(|known| *known == language.value) else {
            if !input.flows.get(flow).is_some_and(|flow| flow.standard) {
                let known = input.languages.iter().map(SmolStr::as_str);
                let help = format!("Add `{}` to the `languages` line of the flow.", language.value);
                let mut finding = unknown(UNKNOWN_NAME, "language", language, known, &help);
                finding.message = format!("The shop does not speak `{}`: it is not in `languages`.", language.value);
                findings.push(finding);
            }
            return;
        };
        let language = LanguageId(id(index));
        if let Some(files) = self.files.get_mut(flow) {
            files.push((language, file));
        }
        let Some(entries) = self.entries.get_mut(flow) else { return };
        for entry in &file.entries {
            entries.entry(path_text(&entry.key.segments)).or_default().push((language, entry));
        }
    }

    fn written_in(&self, flow: FlowId) -> Option<LanguageId> {
        self.written_in.get(flow.index()).copied().flatten()
    }

    fn files(&self, flow: FlowId) -> &[(LanguageId, &'a TextsFile)] {
        self.files.get(flow.index()).map_or(&[], Vec::as_slice)
    }

    fn entries(&self, flow: FlowId, key: &str) -> Vec<(LanguageId, &'a TextsEntry)> {
        self.entries.get(flow.index()).and_then(|entries| entries.get(key)).cloned().unwrap_or_default()
    }

    /// By language, the phrases of a set of words.
    pub fn words(&self, flow: FlowId, words: &ast::WordSet) -> Vec<Vec<SmolStr>> {
        let mut phrases = vec![Vec::new(); self.languages];
        let mut add = |language: LanguageId, set: &ast::WordSet| {
            if let Some(phrases) = phrases.get_mut(language.index()) {
                phrases.extend(set.phrases.iter().map(|phrase| phrase.value.clone()));
            }
        };
        add(self.written_in(flow).unwrap_or_default(), words);
        for (language, file) in self.files(flow) {
            file.words.iter().filter(|set| set.name == words.name).for_each(|set| add(*language, set));
        }
        phrases
    }

    /// By language, the phrase as it is written there; the first language falls back to the flow's own.
    pub fn phrases<'p>(&'p self, flow: FlowId, phrase: &'p ast::Phrase) -> Vec<Option<&'p ast::Phrase>> {
        let mut written = vec![None; self.languages];
        for (language, file) in self.files(flow) {
            let found = file.phrases.iter().find(|found| found.name == phrase.name);
            if let (Some(place), Some(found)) = (written.get_mut(language.index()), found) {
                *place = Some(found);
            }
        }
        if let Some(place) = self.written_in(flow).and_then(|language| written.get_mut(language.index())) {
            *place = Some(phrase);
        }
        if let Some(first) = written.first_mut() {
            first.get_or_insert(phrase);
        }
        written
    }

    /// Texts of texts files that the flow does not have; of one state that is gone, the first.
    pub fn unknown_keys(&self, declared: &Declared<'_>, keys: &BTreeMap<SmolStr, TextId>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for (key, entries) in self.entries.get(declared.id.index()).into_iter().flatten() {
            if keys.contains_key(key) {
                continue;
            }
            let owner = key.split('.').next().unwrap_or(key);
            let is_block = matches!(owner, "anywhere" | "group" | "follow" | "template" | "form" | "consent");
            let is_state = declared.states.contains_key(owner);
            for (_, entry) in entries {
                let known = keys.keys().map(SmolStr::as_str);
                let found = if is_block || is_state {
                    let message = format!("There is no text called `{key}` in the flow.");
                    Diagnostic::new(UNKNOWN_NAME, entry.key.span, message).did_you_mean(key, known)
                } else {
                    let message = format!("There is no state called `{owner}` in the flow, and so no text `{key}`.");
                    let span = entry.key.segments.first().map_or(entry.key.span, |name| name.span);
                    let found = Diagnostic::new(UNKNOWN_NAME, span, message);
                    found.did_you_mean(owner, declared.states.keys().copied()).cause(format!("texts of {owner}"))
                };
                let help = match &found.help {
                    Some(meant) => format!("{meant} If the line was taken out of the flow, take this one out as well."),
                    None => "Take it out if the line was taken out of the flow. A key is the state and the line: `welcome.ask`."
                        .to_string(),
                };
                findings.push(found.help(help));
            }
        }
        findings
    }
}

impl<'a> Body<'a> {
    /// A text of one line.
    pub fn line(&mut self, key: String, text: &ast::Text, place: &Place) -> TextId {
        let pieces = vec![TextPiece::Line(self.segments(text, place, None))];
        self.entry(key, TextBlock { pieces, span: Some(text.span) }, place)
    }

    /// A text of one or more lines.
    pub fn text(&mut self, key: String, text: &ast::TextBlock, place: &Place) -> TextId {
        let block = self.block(text, place);
        self.entry(key, block, place)
    }

    /// Adds the entry with its translations, which stand in the same place as the text itself.
    fn entry(&mut self, key: String, source: TextBlock, place: &Place) -> TextId {
        let key = self.free_key(key);
        let flow = self.declared.id;
        let written_in = self.translations.written_in(flow);
        let mut languages: Vec<Option<TextBlock>> = vec![None; self.translations.languages];
        let mut variants = Vec::new();
        for (language, entry) in self.translations.entries(flow, &key) {
            let block = self.block(&entry.text, place);
            match &entry.channel {
                Some(channel) => variants.push((channel.value.clone(), language, block)),
                None if Some(language) == written_in => self.findings.push(
                    Diagnostic::new(101, entry.span, format!("`{key}` is written twice in this language."))
                        .label(source.span.unwrap_or(entry.span), "first written here")
                        .help("Change the words in the flow itself, and delete this line."),
                ),
                None => {
                    if let Some(place) = languages.get_mut(language.index()) {
                        *place = Some(block);
                    }
                }
            }
        }
        let span = source.span.unwrap_or_default();
        // What a flow says in the first language is not copied.
        let elsewhere = written_in.filter(|language| language.index() > 0);
        if let Some(place) = elsewhere.and_then(|language| languages.get_mut(language.index())) {
            *place = Some(source.clone());
        }
        if let Some(first) = languages.first_mut() {
            first.get_or_insert(source);
        }
        let text = TextId(id(self.texts.len()));
        self.keys.insert(key.clone(), text);
        self.texts.push(TextEntry { key, span, languages, variants });
        text
    }

    /// The key, or the key with a number where the flow has it already.
    fn free_key(&mut self, key: String) -> SmolStr {
        let key = SmolStr::from(key);
        if !self.keys.contains_key(&key) {
            return key;
        }
        // The numbers of a key rise, so that the search begins where the last one ended.
        let mut number = self.numbered.get(&key).copied().unwrap_or(1);
        let free = loop {
            number += 1;
            let free = SmolStr::from(format!("{key}_{number}"));
            if !self.keys.contains_key(&free) {
                break free;
            }
        };
        self.numbered.insert(key, number);
        free
    }

    fn block(&mut self, text: &ast::TextBlock, place: &Place) -> TextBlock {
        let mut pieces = Vec::with_capacity(text.pieces.len());
        let mut span: Option<Span> = None;
        for piece in &text.pieces {
            let (lowered, here) = match piece {
                AstPiece::Line(text) => (TextPiece::Line(self.segments(text, place, None)), text.span),
                AstPiece::Each { item, list, text } => {
                    let list = self.value(list, place);
                    let ty = self.item_type(&list, "each");
                    let slot = self.place_for_each(&item.value, ty, item.span);
                    let line = self.segments(text, &place.with(&item.value, slot), None);
                    (TextPiece::Each { item: slot, list, line }, text.span)
                }
            };
            pieces.push(lowered);
            span = Some(span.map_or(here, |span| span.to(here)));
        }
        TextBlock { pieces, span }
    }

    /// A text cut at its live values. `parameter` is the name that stands for a phrase's own value.
    pub fn segments(&mut self, text: &ast::Text, place: &Place, parameter: Option<&str>) -> Vec<Segment> {
        self.cut(text, place, parameter, false)
    }

    /// A text whose live values may be pictures and files.
    pub fn media(&mut self, text: &ast::Text, place: &Place) -> Vec<Segment> {
        self.cut(text, place, None, true)
    }

    fn cut(&mut self, text: &ast::Text, place: &Place, parameter: Option<&str>, media: bool) -> Vec<Segment> {
        let mut segments = Vec::with_capacity(text.segments.len());
        for segment in &text.segments {
            if self.is_hopeless() {
                break;
            }
            segments.push(match segment {
                Ast::Literal(literal) => Segment::Literal(Arc::from(literal.as_str())),
                Ast::Value { path, .. } if is_parameter(path, parameter) => Segment::Parameter,
                Ast::Value { path, as_url, span } => {
                    let value = self.path(path, place);
                    self.printable(&value.ty, path, *span, media);
                    Segment::Value { value, as_url: *as_url }
                }
                Ast::Phrase { name, argument, .. } => self.phrase_of(name, argument, place),
            });
        }
        segments
    }

    fn phrase_of(&mut self, name: &duka_dsl::Name, argument: &ast::Path, place: &Place) -> Segment {
        let help = format!("Write `phrase {}(count)` with `one:` and `other:`.", name.value);
        let wanted = Wanted { code: UNKNOWN_NAME, noun: "phrase", says: None, help };
        let found = self.find(&self.declared.phrases, name, wanted);
        self.used.borrow_mut().phrases.extend(found);
        let argument = self.path(argument, place);
        self.counted(&argument, name);
        found.map_or(Segment::Literal(Arc::from("")), |phrase| Segment::Phrase { phrase, argument })
    }

    fn counted(&mut self, argument: &crate::hir::Expr, phrase: &duka_dsl::Name) {
        if !matches!(argument.ty, Type::Number | Type::Unknown) {
            let given = self.describe(&argument.ty);
            let message = format!("`{}` needs a number to count, and this is {given}.", phrase.value);
            self.findings
                .push(Diagnostic::new(406, argument.span, message).help("Hand over a number, such as `.count`."));
        }
    }

    /// D408: lists and records can not be printed as they are.
    fn printable(&mut self, ty: &Type, path: &ast::Path, span: Span, media: bool) {
        let (what, help) = match ty {
            Type::List(_) => ("a list".to_string(), format!("Print it with `each one in {path}: {{one…}}`.")),
            Type::Record(id) => {
                let fields = self.shop.records.get(id.0 as usize).map(|record| record.fields.as_slice());
                let first = fields.and_then(|fields| fields.first()).map_or("name", |field| field.name.as_str());
                (self.describe(ty), format!("Print one of its fields, for example `{{{path}.{first}}}`."))
            }
            Type::Image | Type::Video | Type::Document | Type::Voice if !media => {
                (self.describe(ty), format!("Send it on a line of its own: `image: {{{path}}}`."))
            }
            Type::None => ("none".to_string(), "Print something that has a value.".to_string()),
            Type::Text
            | Type::Number
            | Type::YesNo
            | Type::Money
            | Type::Date
            | Type::Time
            | Type::Moment
            | Type::Duration
            | Type::Phone
            | Type::Email
            | Type::Language
            | Type::Town
            | Type::Image
            | Type::Video
            | Type::Document
            | Type::Voice
            | Type::Enum(_)
            | Type::Unknown => return,
        };
        let message = format!("`{{{path}}}` is {what}; a text can not show it as it is.");
        self.findings.push(Diagnostic::new(408, span, message).help(help));
    }
}

fn is_parameter(path: &ast::Path, parameter: Option<&str>) -> bool {
    match path.segments.as_slice() {
        [only] => Some(only.as_str()) == parameter,
        _ => false,
    }
}
