//! Any bytes as a stored session.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| duka_tests::survive::session(bytes));
