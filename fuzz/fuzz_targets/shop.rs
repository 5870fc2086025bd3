//! Any text as a flow, compiled and checked.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| duka_tests::survive::shop("fuzz.duka", text));
