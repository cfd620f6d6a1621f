//! ldirectord.cf of any bytes: nothing panics, every finding can be shown, and what is balanced is what the kernel takes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::ldirectord(bytes));
