//! `router_advertisements`, which is not keepalived's: what is written is what hosts are told, or the instance does not start.

use std::time::Duration;

use keepalived_conf::{Lifetime, Parsed, print};

use super::text::{barred, codes, file, found, only};

fn told(lines: &str) -> Parsed {
    file(&format!(
        "vrrp_instance lan {{\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {{\nfe80::1\n2001:db8::1\n}}\nrouter_advertisements {{\n{lines}\n}}\n}}\n"
    ))
}

#[test]
fn every_word_arrives() {
    let parsed = told(
        "interval 30\nlifetime 90\nhop_limit 32\nmtu 1400\nmanaged\nother_config\nprefix 2001:db8::/64 valid forever preferred 600 off_link\nprefix 2001:db8:1::/64 no_autonomous",
    );
    // keepalived does not know the block.
    assert_eq!(codes(&parsed), ["own-word"]);
    let told = only(&parsed).router_advertisements.as_ref().unwrap();
    let numbers = [told.interval_s, told.lifetime_s, told.mtu].map(|number| number.unwrap().value);
    assert_eq!(numbers, [30, 90, 1400]);
    assert_eq!(told.hop_limit.unwrap().value, 32);
    assert!(told.managed && told.other_config);
    let [first, second] = told.prefixes.as_slice() else {
        panic!()
    };
    assert_eq!(first.prefix.value.to_string(), "2001:db8::/64");
    assert_eq!(first.valid.unwrap().value, Lifetime::Forever);
    assert_eq!(
        first.preferred.unwrap().value,
        Lifetime::For(Duration::from_secs(600))
    );
    assert!(!first.on_link && first.autonomous && second.on_link && !second.autonomous);
    let again = file(std::str::from_utf8(&print(&parsed.tree)).unwrap());
    assert_eq!(
        only(&again)
            .router_advertisements
            .as_ref()
            .unwrap()
            .prefixes
            .len(),
        2
    );
}

/// An empty block is one with the defaults of RFC 4861; none is none.
#[test]
fn an_empty_block_asks_for_the_defaults() {
    let parsed = told("");
    assert_eq!(
        only(&parsed).router_advertisements,
        Some(keepalived_conf::RouterAdvertisements::default())
    );
}

#[test]
fn what_is_wrong_keeps_the_instance_from_starting() {
    for (line, code) in [
        ("interval 3", "bad-number"),
        ("interval 1801", "bad-number"),
        ("lifetime 9001", "bad-number"),
        ("mtu 1279", "bad-number"),
        ("hop_limit 256", "bad-number"),
        ("prefix 2001:db8::1/64", "bad-advertisement"),
        ("prefix 2001:db8::/129", "bad-advertisement"),
        ("prefix 192.0.2.0/24", "bad-advertisement"),
        ("prefix 2001:db8::/64 valid", "bad-advertisement"),
        ("prefix 2001:db8::/64 valid soon", "bad-number"),
        ("prefix 2001:db8::/64 2001:db8:1::/64", "bad-advertisement"),
    ] {
        let parsed = told(line);
        assert_eq!(barred(&parsed), ["router_advertisements"], "{line}");
        let _told = found(&parsed, code);
    }
    // As every misspelt word of a block that decides.
    assert_eq!(barred(&told("intervall 30")).len(), 1);
    assert_eq!(barred(&told("prefix")).len(), 1);
}
