//! Any octets as what the kernel says of links and addresses, and as what a host says by ARP.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vrrp_fuzz::netlink(bytes));
