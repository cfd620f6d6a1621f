//! Rules of an instance that no single line shows.

use std::time::Duration;

use keepalived_conf::{InitialState, Path, Severity};

use super::text::{barred, codes, file, found, only, place, web};

#[test]
fn nopreempt_needs_state_backup() {
    let parsed = web("state MASTER\nnopreempt");
    assert!(only(&parsed).preempt.value);
    assert_eq!(found(&parsed, "nopreempt-master").severity, Severity::Error);
    assert!(!only(&web("state BACKUP\nnopreempt")).preempt.value);
    assert!(
        only(&web("nopreempt\npreempt")).preempt.value,
        "the last one counts"
    );
}

#[test]
fn preempt_delay_needs_state_backup_and_preempt() {
    assert_eq!(
        only(&web("preempt_delay 5")).preempt_delay.value,
        Duration::from_secs(5)
    );
    for lines in ["state MASTER\npreempt_delay 5", "nopreempt\npreempt_delay 5"] {
        let parsed = web(lines);
        assert_eq!(only(&parsed).preempt_delay.value, Duration::ZERO);
        assert!(codes(&parsed).contains(&"preempt-delay"), "{lines}");
    }
}

#[test]
fn state_is_upper_case_and_master_wins() {
    let parsed = web("state master");
    assert_eq!(only(&parsed).state.value, InitialState::Backup);
    assert_eq!(place(&parsed, "bad-state"), "7:7");
    assert_eq!(
        only(&web("state MASTER\nstate BACKUP\npriority 9")).state.value,
        InitialState::Master
    );
}

#[test]
fn a_password_is_cut_at_8_bytes() {
    let parsed = web("authentication {\nauth_type PASS\nauth_pass 1234567890\n}");
    let pass = only(&parsed).authentication.clone().unwrap().value;
    assert_eq!(pass.bytes(), b"12345678");
    assert_eq!(place(&parsed, "auth-pass-cut"), "9:11");
    let parsed = web("authentication {\nauth_type PASS\nauth_pass 123456\n}");
    assert_eq!(
        only(&parsed).authentication.clone().unwrap().value.padded(),
        *b"123456\0\0"
    );
}

#[test]
fn authentication_is_for_version_2() {
    let parsed = web("version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}");
    assert!(only(&parsed).authentication.is_none());
    assert!(codes(&parsed).contains(&"auth-version-3"));
    assert!(barred(&parsed).is_empty());
}

/// What keepalived runs without, a peer that has it would not hear.
#[test]
fn authentication_that_is_not_understood_bars() {
    assert_eq!(
        barred(&web("authentication {\nauth_type AH\nauth_pass x\n}")),
        ["auth_type"]
    );
    assert_eq!(
        barred(&web("authentication {\nauth_type pass\nauth_pass x\n}")),
        ["auth_type"]
    );
    let parsed = web("authentication {\nauth_type PASS\n}");
    assert!(only(&parsed).authentication.is_none() && barred(&parsed).is_empty());
    assert!(codes(&parsed).contains(&"auth-without-password"));
    assert!(codes(&web("authentication {\nauth_pass x\n}")).contains(&"auth-without-type"));
}

#[test]
fn unicast_has_peers_of_one_family() {
    let parsed = web(
        "unicast_src_ip 192.0.2.11\nunicast_peer {\n192.0.2.12 min_ttl 254 max_ttl 255\n192.0.2.13/24\n}\nunicast_ttl 64",
    );
    let Path::Unicast { peers, source, ttl } = &only(&parsed).path else {
        panic!()
    };
    assert_eq!(
        peers
            .iter()
            .map(|peer| peer.address.to_string())
            .collect::<Vec<_>>(),
        ["192.0.2.12", "192.0.2.13"]
    );
    assert_eq!(
        (peers[0].min_ttl.unwrap().value, peers[0].max_ttl.unwrap().value),
        (254, 255)
    );
    assert_eq!(source.unwrap().value.to_string(), "192.0.2.11");
    assert_eq!(ttl.unwrap().value, 64);
    let parsed = web("unicast_peer {\n192.0.2.12\n2001:db8::1\n}");
    assert_eq!(place(&parsed, "peer-family"), "9:1");
    assert_eq!(barred(&parsed), ["unicast_peer"], "a peer is lost");
    assert_eq!(
        barred(&web("unicast_peer {\n192.0.2.12 192.0.2.13\n}")),
        ["unicast_peer"],
        "two on a line"
    );
}

/// keepalived's trap: unicast without peers is multicast.
#[test]
fn unicast_without_peers_is_multicast_unless_told_otherwise() {
    let parsed = web("unicast_src_ip 192.0.2.11");
    assert!(matches!(only(&parsed).path, Path::Multicast { .. }));
    assert!(codes(&parsed).contains(&"unicast-without-peer"));
    let parsed = web("unicast_peer {\n}\nunicast_fault_no_peer");
    assert!(matches!(&only(&parsed).path, Path::Unicast { peers, .. } if peers.is_empty()));
}

#[test]
fn unicast_needs_no_interface() {
    let text = |line: &str| {
        format!(
            "vrrp_instance A {{\nvirtual_router_id 7\nvirtual_ipaddress {{ 192.0.2.1 dev eth0 }}\n{line}\nunicast_peer {{ 192.0.2.12 }}\n}}"
        )
    };
    let parsed = file(&text("unicast_src_ip 192.0.2.11"));
    assert!(only(&parsed).interface.is_none());
    assert!(file(&text("")).config.instances.is_empty());
}

/// Strict mode: no authentication, no delay, no answer to a lower rival, and the address does not answer.
#[test]
fn strict_mode() {
    let parsed = web(
        "strict_mode\nstate MASTER\npriority 200\npreempt_delay 5\nhigher_prio_send_advert\nauthentication {\nauth_type PASS\nauth_pass x\n}",
    );
    let web = only(&parsed);
    assert_eq!(web.state.value, InitialState::Backup, "MASTER exactly for 255");
    assert!(web.authentication.is_none() && !web.accept.value);
    assert_eq!(web.preempt_delay.value, Duration::ZERO);
    assert!(
        web.lower_prio_no_advert.value
            && !web.higher_prio_send_advert.value
            && web.owner_ignore_adverts.value
    );
    assert_eq!(
        (
            web.announcements.lower_prio_repeat.value,
            web.down_timer_adverts.value
        ),
        (0, 3)
    );
    assert_eq!(barred(&parsed), [""; 0]);
    let told = found(&parsed, "strict-not-served");
    assert!(
        told.message.contains("neither ping nor any service"),
        "{}",
        told.message
    );
}

/// Strict mode serves what it is told to in version 3, and never in version 2.
#[test]
fn strict_mode_and_accept() {
    for (lines, accept) in [
        ("strict_mode\nversion 3\naccept", true),
        ("strict_mode\nversion 3", false),
        ("strict_mode\nversion 2\naccept", false),
        ("strict_mode\nversion 3\nno_accept", false),
        ("no_accept", false),
        ("priority 255\nno_accept", false),
        ("accept", true),
        ("", true),
    ] {
        let parsed = web(lines);
        assert_eq!(only(&parsed).accept.value, accept, "{lines}");
        assert!(barred(&parsed).is_empty(), "{lines}");
        let told = codes(&parsed).contains(&"strict-not-served");
        assert_eq!(told, !accept && !lines.contains("no_accept"), "{lines}");
    }
}

/// The virtual MAC is the protocol's, and advertisements have it; without strict mode both are as written.
#[test]
fn strict_mode_and_the_virtual_mac() {
    for (line, mac, xmit_base, told) in [
        (
            "strict_mode\nuse_vmac vrrp.9 02:00:00:00:00:07\nvmac_xmit_base",
            false,
            false,
            2,
        ),
        ("strict_mode\nuse_vmac", false, false, 0),
        ("use_vmac vrrp.9 02:00:00:00:00:07\nvmac_xmit_base", true, true, 0),
    ] {
        let parsed = web(line);
        let vmac = &only(&parsed).vmac;
        assert_eq!(vmac.own.as_ref().unwrap().mac.is_some(), mac, "{line}");
        assert_eq!(vmac.xmit_base.value, xmit_base, "{line}");
        let codes = codes(&parsed);
        assert_eq!(
            codes.iter().filter(|code| **code == "strict-vmac").count(),
            told,
            "{line}"
        );
    }
}

/// The first IPv6 address is link-local: an error in strict mode, a hint otherwise; the instance runs in both.
#[test]
fn strict_mode_and_the_first_address() {
    let text = |line: &str| {
        format!(
            "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\n{line}\nvirtual_ipaddress {{\n2001:db8::1\nfe80::1\n}}\n}}"
        )
    };
    for (line, severity) in [("strict_mode", Severity::Error), ("", Severity::Warning)] {
        let parsed = file(&text(line));
        assert_eq!(only(&parsed).addresses.len(), 2);
        assert_eq!(found(&parsed, "first-not-link-local").severity, severity);
    }
}

/// `nftables` names the table; what `nft` could not read is no name.
#[test]
fn the_table_has_a_name() {
    let table = |text: &str| {
        let parsed = file(&format!("global_defs {{\n{text}\n}}"));
        parsed.config.global.nftables.map(|name| name.value)
    };
    assert_eq!(table("nftables edge"), Some("edge".to_owned()));
    assert_eq!(table("nftables"), None);
    for bad in ["9edge", "a*b", &"x".repeat(65)] {
        let parsed = file(&format!("global_defs {{\nnftables {bad}\n}}"));
        assert_eq!(parsed.config.global.nftables, None);
        assert!(codes(&parsed).contains(&"bad-table"), "{bad}");
    }
}

#[test]
fn strict_mode_of_an_owner_serves() {
    let parsed = web("strict_mode\npriority 255\nstate MASTER");
    assert!(only(&parsed).accept.value);
    assert!(barred(&parsed).is_empty());
}

#[test]
fn strict_mode_refuses_an_empty_list_and_warns_of_unicast() {
    let parsed = web("strict_mode\nunicast_peer { 192.0.2.9 }");
    assert_eq!(found(&parsed, "strict-unicast").severity, Severity::Warning);
    assert!(only(&parsed).strict.value, "2.2.7 runs it, and so do we");
    let parsed =
        file("global_defs {\nvrrp_strict\n}\nvrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n}");
    assert_eq!(parsed.config.dropped.len(), 1);
    assert!(codes(&parsed).contains(&"no-address"));
}

#[test]
fn version_3_needs_an_address_and_version_2_warns() {
    let text = |line: &str| format!("vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\n{line}\n}}");
    assert!(file(&text("version 3")).config.instances.is_empty());
    assert_eq!(file(&text("version 2")).config.instances.len(), 1);
    let parsed = file(&text("version 3\nno_virtual_ipaddress"));
    assert!(only(&parsed).no_virtual_ipaddress);
}

#[test]
fn a_second_block_of_a_name_is_left_out() {
    let one = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\n}\n";
    let two = one.replace("id 1", "id 2");
    let parsed = file(&(one.to_owned() + &two));
    assert_eq!(only(&parsed).virtual_router_id.value, 1);
    assert_eq!(place(&parsed, "duplicate-block"), "6:1");
    let parsed = file("vrrp_script s {\nscript /bin/a\n}\nvrrp_script s {\nscript /bin/b\n}\n");
    assert_eq!(parsed.config.scripts.len(), 1);
}

#[test]
fn a_name_is_one_word() {
    let parsed = file(
        "vrrp_instance A B {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\n}\n",
    );
    assert!(parsed.config.instances.is_empty());
    assert_eq!(place(&parsed, "block-name"), "1:1");
    assert!(
        file("vrrp_instance {\ninterface eth0\n}")
            .config
            .instances
            .is_empty()
    );
}

#[test]
fn a_number_on_an_interface_belongs_to_one_multicast_instance() {
    let instance = |name: &str, lines: &str| {
        format!("vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id 1\n{lines}\n}}\n")
    };
    let parsed = file(
        &(instance("A", "virtual_ipaddress { 192.0.2.1 }")
            + &instance("B", "virtual_ipaddress { 192.0.2.2 }")),
    );
    assert_eq!(only(&parsed).name, "A");
    assert_eq!(found(&parsed, "router-clash").instance.as_deref(), Some("B"));
    let other = [
        instance("B", "virtual_ipaddress { fe80::2 }"),
        instance("B", "virtual_ipaddress { 192.0.2.2 }\nunicast_peer { 192.0.2.9 }"),
        instance("B", "virtual_ipaddress { 192.0.2.2 }").replace("eth0", "eth1"),
    ];
    for second in other {
        let parsed = file(&(instance("A", "virtual_ipaddress { 192.0.2.1 }") + &second));
        assert_eq!(parsed.config.instances.len(), 2, "{second}");
    }
}

#[test]
fn a_name_that_no_interface_can_have_is_fatal() {
    let text = |name: &str| {
        format!(
            "vrrp_instance A {{\ninterface {name}\nvirtual_router_id 1\nvirtual_ipaddress {{ 192.0.2.1 }}\n}}"
        )
    };
    assert!(file(&text("@INTERFACE@")).is_refused());
    assert!(file(&text("eth0:1")).is_refused());
    let parsed = file(&text("a-name-of-more-than-15"));
    assert!(!parsed.is_refused() && parsed.config.instances.is_empty());
    assert!(!file(&text("br-lan.100")).is_fatal());
}

#[test]
fn members_of_a_group_are_kept_and_run() {
    let instance = |name: &str, id: u8| {
        format!(
            "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {id}\nvirtual_ipaddress {{ 192.0.2.{id} }}\n}}\n"
        )
    };
    let text = format!(
        "vrrp_sync_group G {{\ngroup {{\nA B\nX\n}}\nnotify /bin/g\n}}\n{}{}{}",
        instance("A", 1),
        instance("B", 2),
        instance("C", 3)
    );
    let parsed = file(&text);
    let group = &parsed.config.sync_groups[0];
    assert_eq!(
        group
            .members
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["A", "B"]
    );
    assert!(group.notify.any.is_some());
    assert_eq!(place(&parsed, "unknown-member"), "4:1");
    let barred: Vec<_> = parsed
        .config
        .instances
        .iter()
        .map(|i| {
            i.missing
                .iter()
                .map(|m| m.allow_word.as_str())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(barred, [Vec::<&str>::new(), vec![], vec![]]);
}
