//! Seeded chance, and damage to texts as people, editors and chat programs do it. The same seed gives the same text.

/// A small generator of numbers (xorshift64*), so that a seed means the same everywhere and for ever.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    #[expect(clippy::should_implement_trait, reason = "a source of numbers, never at its end")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or(0)
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> Option<&'a T> {
        from.get(self.below(from.len())).copied()
    }
}

/// Pieces that mean something somewhere in a flow, and some that never should.
const PIECES: [&str; 40] = [
    "->",
    "<->",
    " -> end",
    "{",
    "}",
    "{item.price}",
    "\\",
    "|",
    "  | ",
    ":",
    " if ",
    " else ",
    "\"",
    "'",
    "#",
    "\t",
    "\r\n",
    "\n",
    "\n\n",
    "state x",
    "group none",
    "anywhere",
    "each x in y: ",
    "button a: b",
    "quiet 26 hours",
    "within 5 seconds",
    " from 1 to ",
    "none",
    "\u{feff}",
    "\u{202e}",
    "\u{a0}",
    "→",
    "“”",
    "😀",
    "٣",
    "99999999999999999999",
    "&a *a",
    "!!x",
    "- ",
    "((((((((((",
];

/// `text` with one to eight injuries.
pub fn damaged(text: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(8) {
        let at = random.below(letters.len());
        match random.below(7) {
            0 => {
                letters.splice(at..at, random.pick(&PIECES).unwrap_or("").chars());
            }
            1 => {
                letters.drain(at..(at + 1 + random.below(30)).min(letters.len()));
            }
            2 => letters.truncate(at),
            3 => {
                let end = (at + 1 + random.below(200)).min(letters.len());
                let copy = letters.get(at..end).unwrap_or(&[]).to_vec();
                let to = random.below(letters.len());
                letters.splice(to..to, copy);
            }
            4 => {
                if let Some(letter) = letters.get_mut(at) {
                    *letter = char::from_u32(u32::try_from(random.below(0x500)).unwrap_or(0)).unwrap_or('?');
                }
            }
            5 => letters = lines_shuffled(&letters, random),
            _ => letters.retain(|letter| *letter != ' ' || random.below(50) > 0),
        }
    }
    letters.into_iter().collect()
}

fn lines_shuffled(letters: &[char], random: &mut Random) -> Vec<char> {
    let mut lines: Vec<&[char]> = letters.split(|letter| *letter == '\n').collect();
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    lines.swap(a, b);
    lines.join(&'\n')
}
