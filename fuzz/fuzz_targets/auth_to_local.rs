#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_oracles::auth_to_local::check(input));
