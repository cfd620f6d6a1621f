//! Any line on the control socket: an answer or a reason, never a panic, and what is understood reads the same twice.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::control(bytes));
