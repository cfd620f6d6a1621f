//! Any inputs in any order at any time: addresses follow the state, no step outgrows its list, no deadline is left behind.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::machine(bytes));
