//! A configuration of any bytes: nothing panics, every finding can be shown, and printing is a fixed point.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::conf(bytes));
