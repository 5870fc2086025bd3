//! One event in, one new session out.
