//! Any text as a recording: read or refused with its line, never a panic, and what was read is written the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::recording(bytes));
