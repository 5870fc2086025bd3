//! The files that went either way, for looking at and nothing else. Whole, or the part that is asked for: a player goes to a
//! place in a film or a voice note by asking for the bytes from there on.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::answers::Refused;
use super::door::alone;
use super::house::House;

pub async fn show(
    State(house): State<Arc<House>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let file = house.graph.with(|graph| graph.file(&id));
    let (mime, bytes) = file.ok_or_else(|| Refused::absent("file"))?;
    let shown = mime.starts_with("image/") || mime.starts_with("audio/") || mime.starts_with("video/");
    let kind = if shown { mime } else { "application/octet-stream".to_string() };
    let how = if shown { "inline" } else { "attachment" };
    let told = alone([(CONTENT_TYPE, kind.as_str()), (CONTENT_DISPOSITION, how), (ACCEPT_RANGES, "bytes")]);
    let asked = headers.get(RANGE).and_then(|asked| asked.to_str().ok()).and_then(Asked::read);
    let Some(asked) = asked else { return Ok((told, bytes).into_response()) };
    let whole = bytes.len();
    Ok(match asked.within(whole) {
        Some(part) => {
            let place = format!("bytes {}-{}/{whole}", part.start(), part.end());
            (StatusCode::PARTIAL_CONTENT, told, [(CONTENT_RANGE, place)], bytes.slice(part)).into_response()
        }
        None => (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, format!("bytes */{whole}"))]).into_response(),
    })
}

/// One part of a file. Several at once are asked for by no player: they get the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    From(usize),
    Between(usize, usize),
    Last(usize),
}

impl Asked {
    /// `bytes=0-499`, `bytes=500-`, `bytes=-500`. `None`: not readable, which the standard has us pass over (RFC 9110, 14.2).
    fn read(header: &str) -> Option<Asked> {
        let (first, last) = header.strip_prefix("bytes=")?.trim().split_once('-')?;
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Some(Asked::Between(first, last)),
            (Ok(first), Err(_)) if last.is_empty() => Some(Asked::From(first)),
            (Err(_), Ok(last)) if first.is_empty() => Some(Asked::Last(last)),
            _ => None,
        }
    }

    /// The bytes of it. `None`: a file of that size has none of them.
    fn within(self, whole: usize) -> Option<RangeInclusive<usize>> {
        let end = whole.checked_sub(1)?;
        let part = match self {
            Asked::From(first) => first..=end,
            Asked::Between(first, last) => first..=last.min(end),
            Asked::Last(count) => whole.saturating_sub(count)..=end,
        };
        (part.start() <= part.end()).then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_as_the_standard_writes_it() {
        let part = |header: &str| Asked::read(header).map(|asked| asked.within(1_000));
        assert_eq!(part("bytes=0-0"), Some(Some(0..=0)));
        assert_eq!(part("bytes=500-"), Some(Some(500..=999)));
        assert_eq!(part("bytes=-200"), Some(Some(800..=999)));
        assert_eq!(part("bytes=-2000"), Some(Some(0..=999)));
        assert_eq!(part("bytes=900-5000"), Some(Some(900..=999)));
        for none in ["bytes=1000-", "bytes=1000-1001", "bytes=-0"] {
            assert_eq!(part(none), Some(None), "{none}");
        }
        for unread in ["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b", ""] {
            assert_eq!(part(unread), None, "{unread}");
        }
        assert_eq!(Asked::From(0).within(0), None);
    }
}
