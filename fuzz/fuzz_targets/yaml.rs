//! Any text as a flow in the YAML form.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| duka_tests::survive::yaml(text));
