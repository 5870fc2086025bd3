//! Any text as a flow in the line form.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| duka_tests::survive::lines(text));
