//! Any conversation with the boutique.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| duka_tests::survive::conversation(bytes));
