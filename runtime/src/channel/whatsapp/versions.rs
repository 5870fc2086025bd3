//! The versions of the Graph API and how long each lives: dated vendor facts, in this place only. Asks nobody.

/// The day on which these were checked, in the vendor's changelog
/// (<https://developers.facebook.com/docs/graph-api/changelog>).
pub const CHECKED: &str = "2026-08-01";

/// Version and the last day that it is served, newest first; empty: not announced.
const VERSIONS: [(&str, &str); 10] = [
    ("v26.0", ""),
    ("v25.0", "2028-07-29"),
    ("v24.0", "2028-02-18"),
    ("v23.0", "2027-10-08"),
    ("v22.0", "2027-05-20"),
    ("v21.0", "2027-01-21"),
    ("v20.0", "2026-09-24"),
    ("v19.0", "2026-05-21"),
    ("v18.0", "2026-01-26"),
    ("v17.0", "2025-09-12"),
];

/// How long a version is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Until that day, `2028-07-29`.
    Until(&'static str),
    /// Its end is not announced.
    Open,
    /// Older than all that are listed.
    Gone,
    /// Newer than this binary.
    Unknown,
}

/// What is known of a version such as `v25.0`.
pub fn life(version: &str) -> Life {
    match VERSIONS.iter().find(|(known, _)| *known == version) {
        Some((_, "")) => Life::Open,
        Some((_, until)) => Life::Until(until),
        None => {
            let number = |version: &str| version.trim_start_matches('v').split('.').next()?.parse::<u32>().ok();
            let oldest = VERSIONS.last().and_then(|(oldest, _)| number(oldest));
            if number(version) < oldest { Life::Gone } else { Life::Unknown }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Life, life};

    #[test]
    fn versions_have_an_end_that_is_known_or_not() {
        assert_eq!(life("v25.0"), Life::Until("2028-07-29"));
        assert_eq!(life("v26.0"), Life::Open);
        assert_eq!(life("v3.2"), Life::Gone);
        assert_eq!(life("v99.0"), Life::Unknown);
    }
}
