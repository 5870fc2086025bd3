//! Any text as a guard and a value.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| duka_tests::survive::expression(text));
