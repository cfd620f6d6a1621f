//! Any octets as a packet with its IP header: nothing panics, whoever it is for (PRJ-RX-08).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::decode(bytes));
