//! Names of months, currencies, languages and of yes and no, where the general way does not serve. Data only: a new
//! language is one more arm in each table.

/// How a language writes a currency.
#[derive(Clone, Copy)]
pub(super) enum SymbolPlace {
    Before(&'static str),
    After(&'static str),
    /// The ISO code in front, as in `KES 5,000`.
    Unknown,
}

pub(super) fn symbol(language: &str, code: &str) -> SymbolPlace {
    let after = match (language, code) {
        ("ar", "AED") => "د.إ",
        ("ar", "SAR") => "ر.س",
        ("ar", "EGP") => "ج.م",
        ("ar", "KWD") => "د.ك",
        ("ar", "QAR") => "ر.ق",
        ("ar", "BHD") => "د.ب",
        ("ar", "OMR") => "ر.ع",
        ("ar", "JOD") => "د.أ",
        ("ar", "MAD") => "د.م",
        ("ar", "TND") => "د.ت",
        ("ar", "USD") => "دولار",
        ("ar", "EUR") | ("fr", "EUR") => "€",
        ("fr", "XOF") => "XOF",
        ("fr", "XAF") => "XAF",
        ("fr", "MAD") => "MAD",
        ("hi", "INR") => return SymbolPlace::Before("₹"),
        _ => return SymbolPlace::Unknown,
    };
    SymbolPlace::After(after)
}

/// The name of a month, 1 to 12.
pub(super) fn month(language: &str, month: u32) -> Option<&'static str> {
    let names: [&str; 12] = match language {
        "en" => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        "sw" => [
            "Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba",
            "Novemba", "Desemba",
        ],
        "ar" => [
            "يناير",
            "فبراير",
            "مارس",
            "أبريل",
            "مايو",
            "يونيو",
            "يوليو",
            "أغسطس",
            "سبتمبر",
            "أكتوبر",
            "نوفمبر",
            "ديسمبر",
        ],
        "hi" => ["जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"],
        "fr" => [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        _ => return None,
    };
    names.get(usize::try_from(month).ok()?.checked_sub(1)?).copied()
}

/// The month a customer means by a name or the beginning of one (at least three letters), 1 to 12. `name` is folded.
pub(crate) fn month_named(language: &str, name: &str, fold: impl Fn(&str) -> String) -> Option<u32> {
    let wanted = name.trim_end_matches('.');
    if wanted.chars().count() < 3 {
        return None;
    }
    (1..=12).find(|number| month(language, *number).is_some_and(|known| fold(known).starts_with(wanted)))
}

/// What a language calls itself, and its tag.
pub(crate) const LANGUAGES: [(&str, &str); 14] = [
    ("en", "English"),
    ("sw", "Kiswahili"),
    ("ar", "العربية"),
    ("hi", "हिन्दी"),
    ("fr", "Français"),
    ("pt", "Português"),
    ("es", "Español"),
    ("am", "አማርኛ"),
    ("ha", "Hausa"),
    ("yo", "Yorùbá"),
    ("zu", "isiZulu"),
    ("ur", "اردو"),
    ("bn", "বাংলা"),
    ("id", "Bahasa Indonesia"),
];

/// The words for yes and for no, already folded.
pub(crate) fn yes_no(language: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match language {
        "sw" => (&["ndiyo", "ndio", "sawa"], &["hapana", "la"]),
        "ar" => (&["نعم", "اي", "ايوه", "موافق"], &["لا", "كلا"]),
        "hi" => (&["हाँ", "हां", "जी", "haan", "ha"], &["नहीं", "नही", "nahi"]),
        "fr" => (&["oui", "ok", "d accord"], &["non"]),
        _ => (&["yes", "y", "yeah", "yep", "ok", "okay", "sure"], &["no", "n", "nope", "no thanks"]),
    }
}
