//! Words cut to what the channel takes. The vendor counts UTF-16 units or something close to it, so that is what is
//! counted here, and a cut never falls inside what a person sees as one letter.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// Units as the vendor counts them.
pub fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// At most `most` units; `…` stands for what is left out.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if units(text) <= most {
        return Cow::Borrowed(text);
    }
    let kept = text.get(..prefix(text, most.saturating_sub(1))).unwrap_or_default();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// One line of at most `most` units, never empty: a title.
pub fn title(text: &str, most: usize) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_empty() {
        return Cow::Borrowed("…");
    }
    if text.contains(['\n', '\r', '\t']) {
        let one: Vec<&str> = text.split_whitespace().collect();
        return Cow::Owned(cut(&one.join(" "), most).into_owned());
    }
    cut(text, most)
}

/// The text in pieces of at most `most` units, the last of at most `last`: cut between paragraphs, else lines, sentences,
/// words.
pub fn pieces(text: &str, most: usize, last: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while units(rest) > last {
        let (piece, more) = rest.split_at(break_of(rest, most, last));
        pieces.push(piece.trim_end());
        rest = more.trim_start();
    }
    pieces.push(rest);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Where the next piece of a text ends best; always makes progress. Something is left for the last piece, if possible
/// the last paragraph or sentence.
fn break_of(text: &str, most: usize, last: usize) -> usize {
    let all = units(text);
    let head = |limit: usize| text.get(..prefix(text, limit.min(most))).unwrap_or(text);
    let (near_end, near_middle) = (head(all - 1), head(all - (last / 2).max(1)));
    let marks = [("\n\n", near_end), ("\n", near_end), (". ", near_end), (" ", near_middle)];
    let good = marks.into_iter().find_map(|(mark, head)| {
        let blank = mark.trim().is_empty();
        let ends_here = blank && text.get(head.len()..).is_some_and(|rest| rest.starts_with(mark));
        let end = if ends_here { head.len() } else { head.rfind(mark)? + mark.trim_end().len() };
        (end > head.len() / 3).then_some(end)
    });
    good.unwrap_or(near_middle.len()).max(text.graphemes(true).next().map_or(1, str::len))
}

/// Bytes of the longest beginning with at most `most` units that ends between letters.
fn prefix(text: &str, most: usize) -> usize {
    let mut used = 0;
    let mut end = 0;
    for (at, letter) in text.grapheme_indices(true) {
        used += units(letter);
        if used > most {
            break;
        }
        end = at + letter.len();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{cut, pieces, title, units};

    #[test]
    fn words_are_cut_between_letters() {
        for (text, most, expected) in [
            ("Add to bag", 20, "Add to bag"),
            ("This row title is clearly too long", 24, "This row title is clear…"),
            ("two words", 5, "two…"),
            ("👨‍👩‍👧👨‍👩‍👧", 9, "👨‍👩‍👧…"),
            ("👨‍👩‍👧", 3, "…"),
            ("e\u{301}e\u{301}e\u{301}", 4, "e\u{301}…"),
        ] {
            let cut = cut(text, most);
            assert_eq!(cut, expected);
            assert!(units(&cut) <= most);
        }
        assert_eq!(title(" a\nb ", 20), "a b");
        assert_eq!(title("  ", 20), "…");
    }

    #[test]
    fn a_long_text_falls_apart_where_it_hurts_least() {
        let text = "One. Two three.\n\nFour five six seven eight nine";
        assert_eq!(pieces(text, 40, 40), ["One. Two three.", "Four five six seven eight nine"]);
        assert_eq!(pieces("aaaa bbbb cccc", 9, 9), ["aaaa bbbb", "cccc"]);
        assert_eq!(pieces("short", 9, 9), ["short"]);
        assert_eq!(pieces(&"x".repeat(25), 10, 10), ["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
        let long = "Wörter und 👨‍👩‍👧 ".repeat(900);
        let all = pieces(&long, 4096, 1024);
        assert!(all.iter().all(|piece| units(piece) <= 4096) && units(all.last().expect("a piece")) <= 1024);
        assert_eq!(all.concat().replace(' ', ""), long.replace(' ', ""));
    }
}
