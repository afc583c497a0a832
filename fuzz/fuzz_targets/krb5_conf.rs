#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_oracles::krb5_conf::check(input));
