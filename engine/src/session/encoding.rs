//! Sessions as bytes: a version, then postcard. Older versions stay readable; a newer one is refused, never guessed at. What a
//! version has more than the one before stands at the end, so that an older session is read with its beginning behind it.

use super::{Revision, SESSION_VERSION, Session};

/// What version 2 has more than version 1, as it begins: an empty list.
const NEW_IN_2: [u8; 1] = [0];

/// Bytes that are no session of this or an older version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("an empty session")]
    Empty,
    /// Written by a newer program; a newer program must read it.
    #[error("a session of version {found}, newer than {SESSION_VERSION}")]
    Newer { found: u8 },
    #[error("a broken session of version {version}")]
    Broken { version: u8 },
}

impl Session {
    /// Appends the session's bytes.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.push(SESSION_VERSION);
        let whole = postcard::to_extend(self, std::mem::take(out));
        // Writing into memory fails only for a type that can not be written, and a session is none.
        *out = whole.unwrap_or_default();
    }

    /// The session as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.encode_into(&mut out);
        out
    }

    /// Reads what [`Session::encode`] of this or an earlier version wrote.
    ///
    /// # Errors
    /// Empty, newer, or broken bytes.
    pub fn decode(bytes: &[u8]) -> Result<Session, DecodeError> {
        let (version, rest) = bytes.split_first().ok_or(DecodeError::Empty)?;
        let broken = |_| DecodeError::Broken { version: *version };
        match *version {
            SESSION_VERSION => postcard::from_bytes(rest).map_err(broken),
            1 => postcard::from_bytes(&[rest, &NEW_IN_2].concat()).map_err(broken),
            found if found > SESSION_VERSION => Err(DecodeError::Newer { found }),
            version => Err(DecodeError::Broken { version }),
        }
    }

    /// The program that encoded bytes belong to, without reading the rest.
    pub fn revision_of(bytes: &[u8]) -> Option<Revision> {
        bytes.get(1..17)?.try_into().ok().map(Revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_their_version_and_program() {
        let session = Session { revision: Revision([7; 16]), turn: 3, language: "sw".into(), ..Session::default() };
        let bytes = session.encode();
        assert_eq!(Session::decode(&bytes), Ok(session));
        assert_eq!(Session::revision_of(&bytes), Some(Revision([7; 16])));
        assert_eq!(Session::decode(&[]), Err(DecodeError::Empty));
        assert_eq!(Session::decode(&[200, 1]), Err(DecodeError::Newer { found: 200 }));
        assert_eq!(Session::decode(&bytes[..20]), Err(DecodeError::Broken { version: SESSION_VERSION }));
    }

    #[test]
    fn a_session_of_version_1_is_read_as_if_what_is_new_had_not_happened() {
        let session = Session { turn: 3, language: "sw".into(), ..Session::default() };
        let mut older = session.encode();
        older.truncate(older.len() - NEW_IN_2.len());
        older[0] = 1;
        assert_eq!(Session::decode(&older), Ok(session));
        assert_eq!(Session::decode(&older[..9]), Err(DecodeError::Broken { version: 1 }));
    }
}
