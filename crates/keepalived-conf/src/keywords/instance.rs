//! `vrrp_instance` and the blocks in it.

use super::{Block, Section, word};

const TRACKED: &str = "BFD is not built: the instance would run where it must not";

pub(super) const SECTIONS: &[Section] = &[
    (
        &[Block::Instance],
        &[
            word(
                "state",
                "MASTER|BACKUP",
                "Which node is meant to be active; the priority decides.",
            )
            .range("capital letters")
            .default("BACKUP"),
            word("interface", "IF", "Where adverts go and addresses land.").instance(),
            word("virtual_router_id", "1..255", "Number of the virtual router.").instance(),
            word("priority", "1..255", "The higher one wins; 255 is the owner.")
                .default("100; 255 if the state is MASTER"),
            word("advert_int", "0.01..255", "Seconds between adverts.")
                .range("version 2: whole seconds; version 3: hundredths, at most 40.95")
                .default("1")
                .instance(),
            word("version", "2|3", "Protocol version.")
                .default("as vrrp_version")
                .instance(),
            word(
                "authentication",
                "{ auth_type, auth_pass }",
                "Password of version 2.",
            )
            .opens(Block::Authentication)
            .lenient()
            .instance(),
            word("auth_hmac", "{ key, active_key, … }", "Signed advertisements.")
                .newer()
                .opens(Block::AuthHmac)
                .lenient()
                .instance(),
            word(
                "router_advertisements",
                "{ interval, prefix, … }",
                "Tells hosts in IPv6 that it is their router; not of keepalived.",
            )
            .own()
            .opens(Block::RouterAdvertisements)
            .lenient()
            .instance(),
            word("virtual_ipaddress", "{ IP[/LEN] … }", "The advertised addresses.")
                .opens(Block::VirtualIpaddress)
                .lenient()
                .instance(),
            word(
                "virtual_ipaddress_excluded",
                "{ IP[/LEN] … }",
                "Addresses that move along and are not advertised.",
            )
            .opens(Block::VirtualIpaddress)
            .lenient()
            .instance(),
            word(
                "no_virtual_ipaddress",
                "",
                "Allows an instance without addresses.",
            )
            .newer(),
            word(
                "virtual_routes",
                "{ ROUTE … }",
                "Routes that move with the instance.",
            )
            .opens(Block::VirtualRoutes)
            .lenient()
            .instance(),
            word(
                "virtual_rules",
                "{ RULE … }",
                "Routing rules that move with the instance.",
            )
            .opens(Block::VirtualRules)
            .lenient()
            .instance(),
            word("preempt", "", "A higher priority takes over; the default.").default("on"),
            word("nopreempt", "", "Who is active stays active."),
            word(
                "preempt_delay",
                "0..1000",
                "Seconds to wait before taking over from a lower one.",
            )
            .range("with decimals")
            .default("0"),
            word("accept", "", "The addresses answer; the default.").default("on; off in strict mode"),
            word("no_accept", "", "The addresses do not answer.").instance(),
            word("strict_mode", "[BOOL]", "The protocol's rules enforced.")
                .default("as vrrp_strict")
                .instance(),
            word(
                "skip_check_adv_addr",
                "[BOOL]",
                "Compares address lists only when the sender is new.",
            )
            .range("whatever is written turns it on")
            .default("as vrrp_skip_check_adv_addr")
            .partial("lists are always compared, told once a minute, and decide nothing"),
            word("native_ipv6", "", "Forces IPv6.").ignored("the addresses tell the family"),
            word(
                "unicast_peer",
                "{ IP [min_ttl N] [max_ttl N] … }",
                "Peers instead of multicast.",
            )
            .opens(Block::UnicastPeer)
            .lenient()
            .instance(),
            word(
                "unicast_fault_no_peer",
                "",
                "Barred without a peer, instead of multicast.",
            )
            .instance(),
            word("unicast_src_ip", "IP", "Source address of unicast.")
                .default("first address of the interface")
                .instance(),
            word("mcast_src_ip", "IP", "Source address of multicast.")
                .default("first address of the interface"),
            word("mcast_dst_ip", "IP", "Multicast group.")
                .default("as vrrp_mcast_group4 or vrrp_mcast_group6")
                .instance(),
            word("track_src_ip", "", "Barred while the source address is absent."),
            word("unicast_ttl", "0..255", "TTL of unicast adverts.").default("255; the kernel's for IPv6"),
            word(
                "check_unicast_src",
                "[BOOL]",
                "Accepts unicast adverts only from listed peers.",
            )
            .default("as vrrp_check_unicast_src"),
            word(
                "old_unicast_checksum",
                "[never]",
                "Checksum of releases up to 1.3.6.",
            )
            .default("found out by listening"),
            word(
                "v3_checksum_as_v2",
                "[BOOL]",
                "Version 3 over IPv4 without a pseudo-header in the checksum.",
            )
            .default("as in global_defs")
            .newer(),
            word("vrf", "NAME", "Routing domain of unicast without an interface.")
                .instance()
                .refused("adverts would leave by another routing table"),
            word("kernel_rx_buf_size", "BYTES", "Receive buffer.")
                .default("as vrrp_rx_bufs_policy")
                .lenient()
                .ignored("sockets are sized by the daemon"),
            word(
                "use_vmac",
                "[[name] IF] [MAC] [netlink_notify_msg] [group N]",
                "The virtual MAC address of the protocol.",
            )
            .range("MAC: 6 octets, or 5 with the VRID behind them; not multicast")
            .default("off; the name is vrrp.VRID")
            .partial("group and netlink_notify_msg have no effect; the device is up while Active only"),
            word("vmac_xmit_base", "", "Sends adverts from the parent interface."),
            word(
                "use_vmac_addr",
                "",
                "Virtual MACs for addresses on other interfaces too.",
            ),
            word(
                "use_ipvlan",
                "[[name] IF] [IP] [bridge|private|vepa] [group N]",
                "An ipvlan interface for the addresses.",
            )
            .default("off")
            .instance()
            .refused("ipvlan interfaces are not built yet"),
            word(
                "promote_secondaries",
                "",
                "Keeps secondary addresses when the primary goes.",
            )
            .ignored("addresses of ours are put back when the kernel drops them"),
            word(
                "dont_track_primary",
                "",
                "The link of the interface does not bar the instance.",
            ),
            word(
                "track_interface",
                "{ IF [weight N [reverse]] … }",
                "Further interfaces that must be up.",
            )
            .opens(Block::TrackList)
            .lenient()
            .instance(),
            word(
                "track_script",
                "{ NAME [weight N [reverse]] … }",
                "Scripts that must succeed.",
            )
            .opens(Block::TrackList)
            .lenient()
            .instance(),
            word(
                "track_file",
                "{ NAME [weight N [reverse]] … }",
                "Files whose number counts.",
            )
            .opens(Block::TrackList)
            .lenient()
            .instance(),
            word(
                "track_process",
                "{ NAME [weight N [reverse]] … }",
                "Processes that must run.",
            )
            .opens(Block::TrackList)
            .lenient()
            .instance(),
            word(
                "track_bfd",
                "{ NAME [weight N [reverse]] … }",
                "BFD sessions that must be up.",
            )
            .opens(Block::TrackList)
            .lenient()
            .instance()
            .refused(TRACKED),
            word("linkbeat_use_polling", "", "Polls the link.")
                .ignored("the kernel reports link changes without polling"),
            word(
                "garp_master_delay",
                "SECONDS",
                "Time from taking over to the second announcement.",
            )
            .range("whole seconds; 0 is no second burst")
            .default("as vrrp_garp_master_delay"),
            word("garp_master_repeat", "N", "Announcements per address in a burst.")
                .range("0 is read as 1")
                .default("as vrrp_garp_master_repeat"),
            word(
                "garp_master_refresh",
                "SECONDS",
                "Period of announcements while active; 0 is none.",
            )
            .range("whole seconds; 0 is none")
            .default("as vrrp_garp_master_refresh"),
            word(
                "garp_master_refresh_repeat",
                "N",
                "Announcements per address in a periodic burst.",
            )
            .range("0 is read as 1")
            .default("as vrrp_garp_master_refresh_repeat"),
            word(
                "garp_lower_prio_delay",
                "SECONDS",
                "Time to the second burst after a lower rival.",
            )
            .range("whole seconds")
            .default("as vrrp_garp_lower_prio_delay"),
            word(
                "garp_lower_prio_repeat",
                "N",
                "Announcements per address after a lower rival.",
            )
            .range("0 is none")
            .default("as vrrp_garp_lower_prio_repeat"),
            word(
                "lower_prio_no_advert",
                "[BOOL]",
                "Does not answer a lower rival at once.",
            )
            .default("as vrrp_lower_prio_no_advert"),
            word(
                "higher_prio_send_advert",
                "[BOOL]",
                "Sends one more advert before yielding to a higher rival.",
            )
            .default("as vrrp_higher_prio_send_advert"),
            word(
                "v2_interop",
                "[BOOL]",
                "Not of keepalived: speaks version 2 beside version 3 while a group is upgraded.",
            )
            .default("off")
            .own(),
            word(
                "down_timer_adverts",
                "1..100",
                "Missed adverts before a take-over.",
            )
            .default("as vrrp_down_timer_adverts"),
            word(
                "garp_extra_if",
                "[all] 0..86400",
                "Announces addresses on other interfaces periodically.",
            )
            .range("seconds, 0 is none; on devices with the virtual MAC only, unless all")
            .default("as vrrp_garp_extra_if")
            .lenient(),
            word("vmac_garp_intvl", "[all] 0..86400", "Old name of garp_extra_if.")
                .deprecated("garp_extra_if")
                .range("seconds, 0 is none; on devices with the virtual MAC only, unless all")
                .default("as vrrp_garp_extra_if")
                .lenient(),
            word(
                "owner_ignore_adverts",
                "[BOOL]",
                "At priority 255 drops all adverts.",
            )
            .default("as vrrp_owner_ignore_adverts; on at priority 255")
            .newer(),
            word(
                "timer_expired_backup",
                "[1..254]",
                "Yields after a stall of this process.",
            )
            .default("off; without a number the highest priority of the others")
            .newer()
            .partial("the own priority stands for the number: a second sooner or later at most"),
            word(
                "thread_timer_expired",
                "[1..254]",
                "Old name of timer_expired_backup.",
            )
            .default("as timer_expired_backup")
            .newer()
            .partial("the own priority stands for the number: a second sooner or later at most"),
            word("debug", "0..4", "Unused.").ignored("keepalived ignores it too"),
            word(
                "notify_master",
                "COMMAND [USER [GROUP]]",
                "Runs when the instance becomes active.",
            ),
            word(
                "notify_backup",
                "COMMAND [USER [GROUP]]",
                "Runs when the instance becomes backup.",
            ),
            word(
                "notify_fault",
                "COMMAND [USER [GROUP]]",
                "Runs when the instance is barred.",
            ),
            word(
                "notify_stop",
                "COMMAND [USER [GROUP]]",
                "Runs when the daemon stops.",
            ),
            word(
                "notify",
                "COMMAND [USER [GROUP]]",
                "Runs at every change, told which.",
            ),
            word(
                "notify_deleted",
                "[COMMAND [USER [GROUP]]]",
                "Runs when a reload removes the instance.",
            )
            .default("notify_fault runs"),
            word(
                "notify_master_rx_lower_pri",
                "COMMAND [USER [GROUP]]",
                "Runs when an active node hears a lower rival.",
            ),
            word(
                "notify_priority_changes",
                "[BOOL]",
                "Tells the event pipe about priority changes.",
            )
            .default("as the group's, else as vrrp_notify_priority_changes"),
            word(
                "notify_before_stop",
                "COMMAND [USER [GROUP]]",
                "Runs at a planned stop while the instance is active, before its addresses are handed over.",
            )
            .lenient()
            .own(),
            word("smtp_alert", "[BOOL]", "Mail on changes.")
                .default("as smtp_alert of global_defs, else off"),
            word(
                "lvs_sync_daemon_interface",
                "IF",
                "Deprecated place of lvs_sync_daemon.",
            )
            .deprecated("lvs_sync_daemon in global_defs"),
        ],
    ),
    (
        &[Block::Authentication],
        &[
            word("auth_type", "PASS|AH", "Kind of authentication.")
                .instance()
                .partial("AH, which was withdrawn from the protocol, is not built"),
            word("auth_pass", "STRING", "The password; 8 bytes count.")
                .range("1 to 8 bytes; more are cut off")
                .instance(),
        ],
    ),
    (
        &[Block::RouterAdvertisements],
        &[
            word("interval", "4..1800", "Most seconds between two; 600.")
                .range("seconds")
                .default("600")
                .instance(),
            word(
                "lifetime",
                "0..9000",
                "Seconds that hosts use the router by one; three intervals.",
            )
            .range("seconds")
            .default("three intervals")
            .instance(),
            word("hop_limit", "0..255", "Hop limit that hosts shall use; 64.")
                .default("64")
                .instance(),
            word("mtu", "1280..65535", "Largest packet on the link.").instance(),
            word("managed", "", "Addresses come from DHCPv6.").instance(),
            word("other_config", "", "Other things come from DHCPv6.").instance(),
            word(
                "prefix",
                "PREFIX [valid TIME] [preferred TIME] [off_link] [no_autonomous]",
                "A prefix of this link.",
            )
            .range("TIME: seconds, or infinity")
            .instance(),
        ],
    ),
    (
        &[Block::AuthHmac],
        &[
            word(
                "key",
                "ID KEY",
                "A key of 32 to 64 octets: hex:DIGITS, file:PATH or text.",
            )
            .range("ID 1..255")
            .instance(),
            word("active_key", "ID", "The key to sign with.").instance(),
            word("time_window", "1..300", "Seconds that clocks may differ.")
                .range("seconds")
                .default("three adverts, at least 5")
                .instance(),
            word("anti_replay", "time|monotonic", "How repeats are told.")
                .default("time")
                .instance(),
            word(
                "mode",
                "enforce|permissive|receive-only",
                "What unsigned advertisements are worth.",
            )
            .default("enforce")
            .instance(),
        ],
    ),
];
