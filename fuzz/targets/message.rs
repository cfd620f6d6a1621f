//! Any octets as a VRRP message whose checksum is mended, so that the checks behind it are reached (PRJ-RX-08).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::message(bytes));
