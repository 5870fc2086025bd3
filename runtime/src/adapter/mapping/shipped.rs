//! The mappings that come with Duka, with a shop's settings put in. Reads nothing from disk.

use std::collections::BTreeMap;

use duka_flows::ADAPTERS;

/// The kinds that there are.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    ADAPTERS.iter().map(|(kind, _)| *kind)
}

/// A mapping's text as it is shipped.
pub fn text(kind: &str) -> Option<&'static str> {
    ADAPTERS.iter().find(|(known, _)| *known == kind).map(|(_, text)| *text)
}

/// Puts settings in.
///
/// # Errors
/// The names of those that are missing.
pub fn settled(text: &str, settings: &BTreeMap<String, String>) -> Result<String, Vec<String>> {
    let (mut out, mut rest, mut missing) = (String::with_capacity(text.len()), text, Vec::new());
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some((marker, after)) = after.split_once('>') else {
            out.push('<');
            rest = after;
            continue;
        };
        let (name, default) = marker.split_once('=').map_or((marker, None), |(name, default)| (name, Some(default)));
        match settings.get(name).map(String::as_str).or(default) {
            // Within quotes of YAML.
            Some(value) => out.push_str(&value.trim_end_matches('/').replace('\\', "\\\\").replace('"', "\\\"")),
            None => missing.push(name.to_string()),
        }
        rest = after;
    }
    out.push_str(rest);
    missing.sort();
    missing.dedup();
    if missing.is_empty() { Ok(out) } else { Err(missing) }
}
