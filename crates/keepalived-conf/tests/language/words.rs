//! The table of words beside keepalived's own language, block by block, and what is made of words that it never had.

use std::collections::BTreeSet;

use keepalived_conf::{Block, Content, KnownTo, Support, keywords};

use super::text::{file, found, web};

/// The words of keepalived 2.4 in each block. What only this software has is not here.
const LANGUAGE: &[(Block, &str)] = &[
    (
        Block::Root,
        "include includer includem includew includeb includea instance net_namespace net_namespace_ipvs \
         namespace_with_ipsets use_pid_dir linkbeat_use_polling child_wait_time global_defs static_ipaddress static_routes \
         static_rules track_group garp_group linkbeat_interfaces interface_up_down_delays vrrp_script track_file \
         vrrp_track_file vrrp_track_process bfd_instance vrrp_sync_group vrrp_instance virtual_server_group \
         virtual_server SSL",
    ),
    (
        Block::GlobalDefs,
        "router_id notification_email notification_email_from smtp_server smtp_connect_timeout smtp_helo_name smtp_alert \
         smtp_alert_vrrp smtp_alert_checker no_email_faults no_checker_emails checker_log_all_failures process_names \
         process_name vrrp_process_name checker_process_name lvs_process_name bfd_process_name use_symlink_paths \
         default_interface dynamic_interfaces vrrp_version vrrp_strict vrrp_skip_check_adv_addr vrrp_garp_master_delay \
         vrrp_garp_master_repeat vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat vrrp_garp_lower_prio_delay \
         vrrp_garp_lower_prio_repeat vrrp_garp_interval vrrp_gna_interval vrrp_min_garp vrrp_garp_extra_if \
         vrrp_vmac_garp_intvl vrrp_down_timer_adverts vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert \
         vrrp_owner_ignore_adverts vrrp_check_unicast_src vrrp_mcast_group4 vrrp_mcast_group6 v3_checksum_as_v2 \
         vrrp_startup_delay vrrp_delay_after_boot log_unknown_vrids vrrp_notify_priority_changes vmac_prefix \
         vmac_addr_prefix disable_local_igmp iproute_usr_dir iproute_etc_dir vrrp_iptables vrrp_ipsets nftables \
         nftables_priority nftables_ifindex nftables_counters nftables_ipvs nftables_ipvs_priority \
         nftables_ipvs_start_fwmark lvs_sync_daemon lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop \
         rs_init_notifies vrrp_priority checker_priority bfd_priority vrrp_no_swap checker_no_swap bfd_no_swap \
         vrrp_rt_priority checker_rt_priority bfd_rt_priority vrrp_cpu_affinity checker_cpu_affinity bfd_cpu_affinity \
         vrrp_rlimit_rttime checker_rlimit_rttime bfd_rlimit_rttime vrrp_rlimit_rtime checker_rlimit_rtime \
         bfd_rlimit_rtime max_auto_priority min_auto_priority_delay vrrp_netlink_cmd_rcv_bufs \
         vrrp_netlink_monitor_rcv_bufs lvs_netlink_cmd_rcv_bufs lvs_netlink_monitor_rcv_bufs process_monitor_rcv_bufs \
         vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs_force lvs_netlink_cmd_rcv_bufs_force \
         lvs_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs_force vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier \
         umask random_seed script_user enable_script_security set_supplementary_groups startup_script shutdown_script \
         startup_script_timeout shutdown_script_timeout notify_fifo notify_fifo_script vrrp_notify_fifo \
         vrrp_notify_fifo_script lvs_notify_fifo lvs_notify_fifo_script fifo_write_vrrp_states_on_reload snmp_socket \
         enable_snmp_vrrp enable_snmp_keepalived enable_snmp_checker enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 \
         enable_traps snmp_vs_stats_update_interval snmp_rs_stats_update_interval enable_dbus dbus_service_name \
         dbus_no_interface_name json_version state_dump_file stats_dump_file json_dump_file data_use_instance \
         reload_check_config reload_time_file reload_repeat reload_file include_check config_save_dir \
         tmp_config_directory",
    ),
    (Block::TrackGroup, "group"),
    (
        Block::GarpGroup,
        "garp_interval gna_interval interface interfaces",
    ),
    (Block::LinkbeatInterfaces, "MII ETHTOOL IOCTL"),
    (
        Block::VrrpScript,
        "script interval timeout weight rise fall user init_fail",
    ),
    (Block::TrackFileDefinition, "file weight init_file"),
    (
        Block::TrackProcessDefinition,
        "process param_match weight quorum quorum_max delay fork_delay terminate_delay full_command",
    ),
    (
        Block::BfdInstance,
        "neighbor_ip neighbour_ip source_ip min_rx min_tx idle_tx multiplier passive ttl hoplimit max_hops multihop weight \
         vrrp checker",
    ),
    (
        Block::SyncGroup,
        "group track_interface track_script track_file track_process track_bfd notify_master notify_backup notify_fault \
         notify_stop notify smtp_alert notify_priority_changes sync_group_tracking_weight global_tracking",
    ),
    (
        Block::Instance,
        "state interface virtual_router_id priority advert_int version authentication auth_hmac virtual_ipaddress \
         virtual_ipaddress_excluded no_virtual_ipaddress virtual_routes virtual_rules preempt nopreempt preempt_delay \
         accept no_accept strict_mode skip_check_adv_addr native_ipv6 unicast_peer unicast_fault_no_peer unicast_src_ip \
         mcast_src_ip mcast_dst_ip track_src_ip unicast_ttl check_unicast_src old_unicast_checksum v3_checksum_as_v2 vrf \
         kernel_rx_buf_size use_vmac vmac_xmit_base use_vmac_addr use_ipvlan promote_secondaries dont_track_primary \
         track_interface track_script track_file track_process track_bfd linkbeat_use_polling garp_master_delay \
         garp_master_repeat garp_master_refresh garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat \
         lower_prio_no_advert higher_prio_send_advert down_timer_adverts garp_extra_if vmac_garp_intvl \
         owner_ignore_adverts timer_expired_backup thread_timer_expired debug notify_master notify_backup notify_fault \
         notify_stop notify notify_deleted notify_master_rx_lower_pri notify_priority_changes smtp_alert \
         lvs_sync_daemon_interface",
    ),
    (Block::Authentication, "auth_type auth_pass"),
    (Block::AuthHmac, "key active_key time_window anti_replay mode"),
    (Block::UnicastPeer, "min_ttl max_ttl"),
    (
        Block::AddressLine,
        "brd broadcast dev use_vmac scope label peer home -nodad mngtmpaddr noprefixroute autojoin no_track preferred_lft \
         track_group",
    ),
    (Block::TrackLine, "weight reverse noreverse"),
    (
        Block::RouteLine,
        "inet inet6 unicast local broadcast multicast throw unreachable prohibit blackhole default any all to default6 src \
         via gw dev oif table metric priority preference scope protocol tos dsfield from as onlink nexthop weight or mtu \
         advmss rtt rttvar reordering cwnd ssthresh rto_min congctl lock hoplimit window initcwnd initrwnd quickack \
         fastopen_no_cookie features ecn realms encap expires pref ttl-propagate add prepend append vrf no_track \
         track_group",
    ),
    (
        Block::RuleLine,
        "inet inet6 not from to table lookup preference order priority tos dsfield fwmark realms suppress_prefixlength \
         sup_pl suppress_ifgroup sup_group dev iif oif tunnel-id uidrange l3mdev protocol ipproto sport dport no_track \
         track_group type goto nop blackhole prohibit unreachable",
    ),
    (Block::VirtualServerGroup, "fwmark"),
    (
        Block::VirtualServer,
        "lb_algo lvs_sched lb_kind lvs_method delay_loop protocol persistence_timeout persistence_granularity \
         persistence_engine sorry_server sorry_server_inhibit sorry_server_lvs_method quorum hysteresis quorum_up \
         quorum_down alpha omega inhibit_on_failure ha_suspend retry delay_before_retry warmup connect_timeout virtualhost \
         weight ip_family ops hashed flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback smtp_alert snmp_name \
         real_server",
    ),
    (
        Block::RealServer,
        "weight inhibit_on_failure lvs_method uthreshold lthreshold notify_up notify_down alpha retry delay_before_retry \
         warmup connect_timeout delay_loop virtualhost smtp_alert snmp_name TCP_CHECK HTTP_GET SSL_GET SMTP_CHECK \
         DNS_CHECK MISC_CHECK PING_CHECK UDP_CHECK BFD_CHECK FILE_CHECK",
    ),
    (Block::TcpCheck, ""),
    (Block::PingCheck, ""),
    (
        Block::HttpGet,
        "url virtualhost http_protocol enable_sni sni_name fast_recovery tls_compliant nb_get_retry",
    ),
    (
        Block::Url,
        "path digest status_code virtualhost regex regex_no_match regex_options regex_min_offset regex_max_offset \
         regex_stack tls_compliant",
    ),
    (Block::SmtpCheck, "helo_name host"),
    (Block::SmtpHost, ""),
    (Block::DnsCheck, "type name"),
    (
        Block::MiscCheck,
        "misc_path misc_timeout misc_dynamic user retry delay_before_retry warmup delay_loop alpha log_all_failures",
    ),
    (
        Block::UdpCheck,
        "payload require_reply min_reply_length max_reply_length",
    ),
    (Block::BfdCheck, "name alpha"),
    (Block::FileCheck, "track_file weight"),
    (Block::Ssl, "password ca certificate key"),
];

/// Every check that opens a connection or sends packets has these beside its own.
const CHECKER: &str = "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark retry delay_before_retry \
                       warmup delay_loop alpha log_all_failures";

fn language(block: Block) -> BTreeSet<&'static str> {
    let own = LANGUAGE.iter().find(|(listed, _)| *listed == block);
    let connects = matches!(
        block,
        Block::TcpCheck
            | Block::HttpGet
            | Block::SmtpCheck
            | Block::SmtpHost
            | Block::DnsCheck
            | Block::PingCheck
            | Block::UdpCheck
    );
    let more = if connects { CHECKER } else { "" };
    own.map_or("", |(_, words)| words)
        .split_whitespace()
        .chain(more.split_whitespace())
        .collect()
}

#[test]
fn each_block_has_exactly_the_words_of_the_language() {
    for block in Block::ALL {
        let rows = keywords().iter().filter(|keyword| keyword.block == *block);
        let table: BTreeSet<_> = rows
            .filter(|keyword| keyword.known_to != KnownTo::Own && *block != Block::RouterAdvertisements)
            .map(|keyword| keyword.name)
            .collect();
        let expected = language(*block);
        let missing: Vec<_> = expected.difference(&table).collect();
        let surplus: Vec<_> = table.difference(&expected).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{block:?}: the table lacks {missing:?} and has {surplus:?}"
        );
    }
}

/// Tried with keepalived 2.2.7 of Debian 12, which calls each of these unknown, and no other word of these blocks.
#[test]
fn what_2_2_7_does_not_know_is_marked() {
    let newer = |block: Block| -> BTreeSet<_> {
        let rows = keywords().iter().filter(|k| k.block == block);
        rows.filter(|k| k.known_to == KnownTo::Newer)
            .map(|k| k.name)
            .collect()
    };
    let words = |text: &'static str| text.split_whitespace().collect::<BTreeSet<_>>();
    assert_eq!(
        newer(Block::GlobalDefs),
        words(
            "set_supplementary_groups snmp_vs_stats_update_interval snmp_rs_stats_update_interval dbus_no_interface_name \
             json_version state_dump_file stats_dump_file json_dump_file use_symlink_paths vrrp_owner_ignore_adverts \
             v3_checksum_as_v2 vrrp_delay_after_boot iproute_usr_dir iproute_etc_dir vrrp_ipsets"
        )
    );
    assert_eq!(
        newer(Block::Instance),
        words(
            "auth_hmac no_virtual_ipaddress v3_checksum_as_v2 owner_ignore_adverts timer_expired_backup \
             thread_timer_expired"
        )
    );
    assert_eq!(newer(Block::BfdInstance), words("multihop"));
    assert_eq!(newer(Block::HttpGet), words("sni_name tls_compliant"));
    assert_eq!(newer(Block::Url), words("tls_compliant"));
}

/// By hand from the language: word, block, arguments, range, default.
#[test]
fn arguments_ranges_and_defaults_are_keepalived_s() {
    const ROWS: &[(&str, Block, &str, &str, &str)] = &[
        (
            "priority",
            Block::Instance,
            "1..255",
            "",
            "100; 255 if the state is MASTER",
        ),
        ("virtual_router_id", Block::Instance, "1..255", "", ""),
        ("preempt", Block::Instance, "", "", "on"),
        ("nopreempt", Block::Instance, "", "", "off"),
        ("preempt_delay", Block::Instance, "0..1000", "with decimals", "0"),
        (
            "down_timer_adverts",
            Block::Instance,
            "1..100",
            "",
            "as vrrp_down_timer_adverts",
        ),
        ("vrrp_down_timer_adverts", Block::GlobalDefs, "1..100", "", "3"),
        ("vrrp_strict", Block::GlobalDefs, "[BOOL]", "", "off"),
        ("vrrp_mcast_group4", Block::GlobalDefs, "IPv4", "", "224.0.0.18"),
        ("fall", Block::VrrpScript, "1..", "", "1"),
        (
            "weight",
            Block::TrackFileDefinition,
            "-254..254 [reverse]",
            "",
            "1",
        ),
        ("multiplier", Block::BfdInstance, "1..255", "", "5"),
        ("max_reply_length", Block::UdpCheck, "0..65535", "", "255"),
    ];
    for (name, block, arguments, range, default) in ROWS {
        let keyword = keywords().iter().find(|k| k.name == *name && k.block == *block);
        let keyword = keyword.unwrap_or_else(|| panic!("no {name} in {block:?}"));
        assert_eq!(
            (keyword.arguments, keyword.range, keyword.default),
            (*arguments, *range, *default),
            "{name}"
        );
    }
}

/// A number has a unit, and a time too: SECONDS and its like say it, or the text beside the arguments does.
#[test]
fn a_setting_with_a_number_has_a_default() {
    let silent: Vec<_> = keywords()
        .iter()
        .filter(|k| k.block.content() == Content::Keywords && k.opens.is_none() && k.default.is_empty())
        .filter(|k| ["SECONDS", "MILLISECONDS", "MICROSECONDS", "BYTES"].contains(&k.arguments))
        .map(|k| k.name)
        .collect();
    // Without a pace a group of interfaces is left out, and a limit of a script is none of the word's own.
    assert_eq!(silent, Vec::<&str>::new());
}

#[test]
fn what_is_refused_or_partial_says_why_in_a_phrase() {
    for keyword in keywords() {
        if let Support::Partial(why) | Support::Ignored(why) | Support::Refused(why) = keyword.support {
            assert!(
                why.len() > 8 && !why.ends_with('.'),
                "{}: {why:?} follows a colon",
                keyword.name
            );
        }
    }
}

#[test]
fn words_of_the_web_are_told_what_they_were() {
    let help = |parsed: &keepalived_conf::Parsed| found(parsed, "unknown-keyword").help.to_string();
    let global = |line: &str| help(&file(&format!("global_defs {{\n{line}\n}}\n")));
    assert!(global("lvs_id LVS_1").contains("write router_id"));
    assert!(global("lvs_sync_daemon_interface eth1").contains("lvs_sync_daemon IF INSTANCE"));
    assert!(global("state_file_location /x").contains("state_dump_file"));
    assert!(help(&web("ip_family inet")).contains("the addresses tell the family"));
    let checks = "virtual_server 192.0.2.1 80 {\nprotocol TCP\nreal_server 192.0.2.2 80 {\nTCP_CHECK {\nnb_get_retry 3\n}\n}\n}\n";
    assert!(help(&file(checks)).contains("write retry"));
    assert!(
        help(&file(
            "virtual_server 192.0.2.1 80 {\nnat_mask 255.255.255.0\n}\n"
        ))
        .contains("no successor")
    );
}
