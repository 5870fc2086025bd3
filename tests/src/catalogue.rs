//! Names of a large catalogue, the same every time: in English, Arabic and Swahili. Holds no prices.

const COLOURS: [&str; 10] = ["Blue", "Red", "Green", "Black", "White", "Yellow", "Brown", "Purple", "Orange", "Grey"];
const STUFFS: [&str; 10] =
    ["cotton", "silk", "linen", "leather", "wool", "sisal", "denim", "velvet", "kitenge", "chiffon"];
const KINDS: [&str; 10] =
    ["dress", "sandals", "shirt", "trousers", "scarf", "handbag", "jacket", "blanket", "necklace", "bracelet"];

/// So many numbers and names.
pub fn catalogue(count: usize) -> Vec<(String, String)> {
    let own = [
        ("A-1", "فستان أزرق طويل"),
        ("A-2", "الحقيبة الجلدية"),
        ("W-1", "Kiatu cha ngozi"),
        ("C-1", "Crème brûlée candle"),
        ("K/7 %", "Kikoy beach robe"),
    ];
    let own = own.iter().map(|(sku, name)| ((*sku).to_string(), (*name).to_string()));
    let made = (0..).map(|at: usize| {
        let pick = |words: &[&'static str; 10], by: usize| words.get(at / by % 10).copied().unwrap_or("");
        let (colour, stuff, kind) = (pick(&COLOURS, 1), pick(&STUFFS, 10), pick(&KINDS, 100));
        (format!("P-{at}"), format!("{colour} {stuff} {kind}, style {}", at / 1_000))
    });
    own.chain(made).take(count).collect()
}
