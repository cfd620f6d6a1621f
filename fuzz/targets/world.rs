//! The bytes choose routers and faults of a simulated world; its checks are the oracle.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::world(bytes));
