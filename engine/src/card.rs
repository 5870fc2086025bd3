//! Card numbers that customers write although nobody asked: found in any spelling and taken out, together with all that
//! was written around them (name, expiry, security code). Does not know whether a card exists.

use std::borrow::Cow;

use smol_str::SmolStr;
use unicode_normalization::UnicodeNormalization as _;

use crate::event::Inbound;
use crate::locale::digit_value;

/// Stands where a text was that held a card number.
pub const PLACEHOLDER: &str = "[card number removed]";

const SHORTEST: usize = 13;
const LONGEST: usize = 19;
/// Characters between two digits that still belong together: a keycap between spaces has four, a dash in wide spaces five.
const WIDEST_GAP: usize = 6;
/// The longest international phone number (E.164), and the shortest that is taken for one.
const LONGEST_PHONE: usize = 15;
const SHORTEST_PHONE: usize = 7;
/// Digits beside a card number that was written digit by digit: its expiry and its code.
const BESIDE: usize = 8;

/// The text, or the placeholder if a card number is in it.
pub fn without(text: &str) -> Cow<'_, str> {
    if is_in(text) { Cow::Borrowed(PLACEHOLDER) } else { Cow::Borrowed(text) }
}

/// Whether a card number is in the text: digits of any script, with anything but letters between them, that begin and end as
/// issuers number cards (ISO/IEC 7812) and have the check digit.
pub fn is_in(text: &str) -> bool {
    if text.is_ascii() {
        return may_hold(text.bytes().filter(u8::is_ascii_digit).count())
            && runs(text.chars()).any(|run| run.has_card());
    }
    let letters: Vec<char> = text.nfkc().collect();
    let digits = letters.iter().filter(|letter| digit_of(**letter).is_some()).count();
    may_hold(digits) && runs(letters.into_iter()).any(|run| run.has_card())
}

fn may_hold(digits: usize) -> bool {
    digits >= SHORTEST
}

/// What the customer did with every text that held a card number replaced; `None` if none did.
pub fn redacted(inbound: &Inbound) -> Option<Inbound> {
    let hidden = || SmolStr::new_static(PLACEHOLDER);
    match inbound {
        Inbound::Text(text) => is_in(text).then(|| Inbound::Text(hidden())),
        Inbound::Product { sku, text } => is_in(text).then(|| Inbound::Product { sku: sku.clone(), text: hidden() }),
        Inbound::Media(media) => is_in(&media.caption).then(|| {
            let mut media = media.as_ref().clone();
            media.caption = hidden();
            Inbound::Media(media.into())
        }),
        Inbound::Form { form, fields, id } => fields.iter().any(|(_, text)| is_in(text)).then(|| {
            let safe = |text: &SmolStr| if is_in(text) { hidden() } else { text.clone() };
            let fields = fields.iter().map(|(name, text)| (name.clone(), safe(text))).collect();
            Inbound::Form { form: form.clone(), fields, id: id.clone() }
        }),
        Inbound::Location { latitude, longitude, name, address } => (is_in(name) || is_in(address)).then(|| {
            let (latitude, longitude) = (latitude.clone(), longitude.clone());
            Inbound::Location { latitude, longitude, name: hidden(), address: hidden() }
        }),
        Inbound::Contact { name, phone } => (is_in(name) || is_card(phone)).then(|| {
            let phone = if is_card(phone) { hidden() } else { phone.clone() };
            Inbound::Contact { name: hidden(), phone }
        }),
        Inbound::Tap(_) | Inbound::TemplateTap { .. } | Inbound::Cart { .. } | Inbound::Other { .. } => None,
    }
}

/// Whether what should be a phone number is a card number: no phone number is as long.
pub fn is_card(phone: &str) -> bool {
    phone.nfkc().filter(|letter| digit_of(*letter).is_some()).count() > LONGEST_PHONE && is_in(phone)
}

/// Whether a card number was taken out of it.
pub fn was_in(inbound: &Inbound) -> bool {
    match inbound {
        Inbound::Text(text) | Inbound::Product { text, .. } => text == PLACEHOLDER,
        Inbound::Media(media) => media.caption == PLACEHOLDER,
        Inbound::Form { fields, .. } => fields.iter().any(|(_, text)| text == PLACEHOLDER),
        Inbound::Location { name, .. } | Inbound::Contact { name, .. } => name == PLACEHOLDER,
        Inbound::Tap(_) | Inbound::TemplateTap { .. } | Inbound::Cart { .. } | Inbound::Other { .. } => false,
    }
}

/// The value of a digit, also of one in a circle that Unicode takes for a picture.
fn digit_of(letter: char) -> Option<u32> {
    // Where the ones of circled figures are.
    const ONES: [u32; 4] = [0x24f5, 0x2776, 0x2780, 0x278a];
    let code = u32::from(letter);
    let circled = || ONES.iter().find(|one| (**one..**one + 9).contains(&code)).map(|one| code - one + 1);
    let nought = || matches!(code, 0x24ff | 0x1f10b | 0x1f10c).then_some(0);
    digit_value(letter).or_else(circled).or_else(nought)
}

/// Digits that stand together, and where a group of them begins.
#[derive(Debug, Default)]
struct Run {
    digits: Vec<u8>,
    /// The digits that a plus stands before: where international phone numbers begin.
    pluses: Vec<usize>,
    /// The digits that only a slash stands before, as within an expiry.
    slashes: Vec<usize>,
    starts: Vec<usize>,
}

/// The runs that are long enough, one after the other.
fn runs(letters: impl Iterator<Item = char>) -> impl Iterator<Item = Run> {
    let mut letters = letters.fuse();
    let mut ended = false;
    std::iter::from_fn(move || {
        while !ended {
            let mut run = Run::default();
            let mut gap = WIDEST_GAP + 1;
            let mut before = ' ';
            loop {
                let Some(letter) = letters.next() else {
                    ended = true;
                    break;
                };
                if let Some(digit) = digit_of(letter).and_then(|digit| u8::try_from(digit).ok()) {
                    if gap > 0 {
                        run.starts.push(run.digits.len());
                    }
                    match before {
                        '+' => run.pluses.push(run.digits.len()),
                        '/' if gap == 1 => run.slashes.push(run.digits.len()),
                        _ => {}
                    }
                    run.digits.push(digit);
                    before = ' ';
                    gap = 0;
                } else {
                    gap += 1;
                    // NFKC leaves it as it is.
                    before = if letter == '\u{2044}' { '/' } else { letter };
                    // The stretching line of Arabic is a letter only to Unicode.
                    let parts = letter.is_alphanumeric() && letter != '\u{640}';
                    if (parts || gap > WIDEST_GAP) && !run.digits.is_empty() {
                        break;
                    }
                }
            }
            if may_hold(run.digits.len()) {
                return Some(run);
            }
        }
        None
    })
}

impl Run {
    fn has_card(&self) -> bool {
        (0..self.starts.len()).any(|group| {
            let Some(&start) = self.starts.get(group) else { return false };
            (SHORTEST..=LONGEST).any(|length| {
                let end = start + length;
                let found = self.digits.get(start..end).is_some_and(|digits| is_numbered(digits) && checks(digits));
                found && !self.is_of_phones(start, end) && self.stands_alone(group, start, end)
            })
        })
    }

    /// Whether those digits are within a phone number, or end in another one than they begin in.
    fn is_of_phones(&self, start: usize, end: usize) -> bool {
        self.pluses.iter().enumerate().any(|(at, &plus)| {
            let next = self.pluses.get(at + 1).copied().unwrap_or(self.digits.len());
            let is_phone = next - plus >= SHORTEST_PHONE;
            let within = plus <= start && end <= next.min(plus + LONGEST_PHONE);
            is_phone && (within || (start < plus && plus < end))
        })
    }

    /// Whether those digits are a number of their own, and not cut out of a longer one or of a row of small ones.
    fn stands_alone(&self, group: usize, start: usize, end: usize) -> bool {
        let is_end = end == self.digits.len() || self.starts.binary_search(&end).is_ok();
        if !is_end {
            // A card number with its expiry written against it.
            let next = self.starts.get(group + 1).copied().unwrap_or(self.digits.len());
            return (next > end && next - start > LONGEST) || self.has_more_against_it(start, end);
        }
        let inner: Vec<usize> =
            self.starts.iter().copied().filter(|at| (start..end).contains(at)).chain([end]).collect();
        let single = |pair: &[usize]| pair[1] - pair[0] == 1;
        let (all, any) = (inner.windows(2).all(single), inner.windows(2).any(single));
        match (start, self.digits.len() - end) {
            (0, 0) => true,
            // A row of small numbers has larger ones, too.
            (0, 1..=BESIDE) | (1..=BESIDE, 0) => all || !any,
            (_, _) => !any,
        }
    }

    /// Whether those digits, in groups as cards have them, have an expiry, a code or both written against them: 3, 4 or 7
    /// digits, or a month and a year after a slash.
    fn has_more_against_it(&self, start: usize, end: usize) -> bool {
        let next = self.starts.iter().copied().find(|at| *at > end).unwrap_or(self.digits.len());
        let inner: Vec<usize> =
            self.starts.iter().copied().filter(|at| (start..end).contains(at)).chain([end]).collect();
        let sizes: Vec<usize> = inner.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let is_shaped = matches!(sizes.as_slice(), [15 | 16] | [4, 4, 4, 4] | [4, 6, 5]);
        let more = next - end;
        is_shaped && (matches!(more, 3 | 4 | 7) || (more < 3 && self.slashes.contains(&next)))
    }
}

/// Whether a number of that beginning and length is one that cards have.
fn is_numbered(digits: &[u8]) -> bool {
    let first = |count: usize| digits.iter().take(count).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let length = digits.len();
    match (first(2), first(4)) {
        (40..=49, _) => matches!(length, 13 | 16 | 18 | 19),
        (50..=69 | 81 | 82, _) | (_, 3528..=3589 | 2200..=2204) => (16..=19).contains(&length),
        (34 | 37, _) => length == 15,
        (36 | 38 | 39, _) | (_, 3000..=3059) => matches!(length, 14 | 16),
        (_, 2221..=2720 | 9792) => length == 16,
        // Cards of mada alone, in Saudi Arabia.
        (_, 9682) => length == 16 && (968_201..=968_211).contains(&first(6)),
        (_, _) => false,
    }
}

/// The check digit of ISO/IEC 7812 (Luhn).
fn checks(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| u32::from(if at % 2 == 1 { doubled(*digit) } else { *digit }))
        .sum();
    sum.is_multiple_of(10)
}
