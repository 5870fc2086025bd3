//! Versions of Duka on one store. While machines are brought to a newer one, two are side by side (F109), and the older may meet
//! what it cannot read.

use std::fmt;

/// Major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

impl Version {
    /// Of this build.
    pub const OWN: Version = Version([
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
        number(env!("CARGO_PKG_VERSION_PATCH")),
    ]);

    /// What [`fmt::Display`] wrote.
    pub fn read(text: &[u8]) -> Option<Version> {
        let mut parts = std::str::from_utf8(text).ok()?.split('.').map(|part| part.parse().ok());
        let version = Version([parts.next()??, parts.next()??, parts.next()??]);
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version([major, minor, patch]) = self;
        write!(out, "{major}.{minor}.{patch}")
    }
}

const fn number(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_number_by_number() {
        assert_eq!(Version::OWN.to_string(), env!("CARGO_PKG_VERSION"));
        let read = |text: &str| Version::read(text.as_bytes());
        assert_eq!(read("1.20.3"), Some(Version([1, 20, 3])));
        assert!(read("1.10.0") > read("1.9.9"));
        for odd in ["", "1.2", "1.2.3.4", "1.2.x", "1..3"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
