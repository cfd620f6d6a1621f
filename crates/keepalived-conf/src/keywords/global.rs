//! `global_defs`: naming, mail, and defaults of instances.

use super::{Block, Section, word};

const NAMES: &str = "there are no child processes to name";
const FIREWALL: &str = "nf_tables is used in any case";
const MARKS: &str = "each address of a group is a service of its own, without marks";

pub(super) const SECTIONS: &[Section] = &[(
    &[Block::GlobalDefs],
    &[
        word("router_id", "STRING", "Name of this node in mails and dumps.")
            .default("the host name")
            .lenient(),
        word("notification_email", "{ ADDRESS … }", "Who gets mail.")
            .opens(Block::NotificationEmail)
            .lenient(),
        word("notification_email_from", "ADDRESS", "Sender of mail.")
            .default("USER@HOST of the daemon")
            .lenient(),
        word("smtp_server", "IP|NAME [PORT]", "Mail relay.").range("port 1..65535; 25 if not given"),
        word("smtp_connect_timeout", "SECONDS", "Limit for reaching the relay.")
            .range("0 is read as 1")
            .default("30"),
        word("smtp_helo_name", "[STRING]", "Name in the SMTP greeting.").default("the host name"),
        word("smtp_alert", "[BOOL]", "Mail on changes, default of all parts.")
            .default("off, and on for real servers"),
        word("smtp_alert_vrrp", "[BOOL]", "Mail on changes of instances.").default("as smtp_alert"),
        word("smtp_alert_checker", "[BOOL]", "Mail on changes of real servers.")
            .default("as smtp_alert"),
        word(
            "ssl_get_verify",
            "[BOOL]",
            "What SSL_GET of real servers does without a verify of its own: the certificate must be one that this machine trusts.",
        )
        .default("on; keepalived never looks")
        .own(),
        word("no_email_faults", "[BOOL]", "No mail on FAULT."),
        word(
            "smtp_tls",
            "none|optional|required|wrapped",
            "Protection of the talk with the mail relay.",
        )
        .default("none")
        .own(),
        word(
            "smtp_login",
            "USER file:PATH",
            "Login at the mail relay, with the password of a file.",
        )
        .default("none")
        .own(),
        word("no_checker_emails", "", "No mail on changes of real servers."),
        word(
            "checker_log_all_failures",
            "[BOOL]",
            "Logs each failed probe of real servers.",
        ),
        word("process_names", "", "Gives each process its own name.").ignored(NAMES),
        word("process_name", "NAME", "Name of the parent process.")
            .range("at most 15 bytes")
            .default("name of the program")
            .ignored(NAMES),
        word("vrrp_process_name", "NAME", "Name of the VRRP process.")
            .range("at most 15 bytes")
            .default("name of the program")
            .ignored(NAMES),
        word("checker_process_name", "NAME", "Name of the checker process.")
            .range("at most 15 bytes")
            .default("name of the program")
            .ignored(NAMES),
        word("lvs_process_name", "NAME", "Old name of checker_process_name.")
            .range("at most 15 bytes")
            .default("name of the program")
            .ignored(NAMES),
        word("bfd_process_name", "NAME", "Name of the BFD process.")
            .range("at most 15 bytes")
            .default("name of the program")
            .ignored(NAMES),
        word(
            "use_symlink_paths",
            "[BOOL]",
            "Keeps symbolic links in script paths.",
        )
        .newer()
        .ignored("paths are used as written"),
        word(
            "default_interface",
            "IF",
            "Interface of static entries that name none.",
        )
        .default("eth0")
        .lenient(),
        word(
            "dynamic_interfaces",
            "[allow_if_changes]",
            "Accepts interfaces that do not exist yet.",
        )
        .default("off"),
        word(
            "vrrp_version",
            "2|3",
            "Protocol version of instances that set none.",
        )
        .default("2; 3 for IPv6")
        .daemon(),
        word(
            "vrrp_strict",
            "[BOOL]",
            "The protocol's rules enforced, for instances that do not say.",
        )
        .daemon(),
        word(
            "vrrp_skip_check_adv_addr",
            "[BOOL]",
            "Compares address lists only when the sender is new.",
        )
        .partial("lists are always compared, told once a minute, and decide nothing"),
        word(
            "vrrp_garp_master_delay",
            "SECONDS",
            "Time from taking over to the second announcement.",
        )
        .range("whole seconds; 0 is no second burst")
        .default("5"),
        word(
            "vrrp_garp_master_repeat",
            "N",
            "Announcements per address in a burst.",
        )
        .range("0 is read as 1")
        .default("5"),
        word(
            "vrrp_garp_master_refresh",
            "SECONDS",
            "Period of announcements while active; 0 is none.",
        )
        .range("whole seconds; 0 is none")
        .default("0"),
        word(
            "vrrp_garp_master_refresh_repeat",
            "N",
            "Announcements per address in a periodic burst.",
        )
        .range("0 is read as 1")
        .default("1"),
        word(
            "vrrp_garp_lower_prio_delay",
            "SECONDS",
            "Time to the second burst after a lower rival.",
        )
        .range("whole seconds")
        .default("as vrrp_garp_master_delay"),
        word(
            "vrrp_garp_lower_prio_repeat",
            "N",
            "Announcements per address after a lower rival.",
        )
        .range("0 is none")
        .default("as vrrp_garp_master_repeat"),
        word(
            "vrrp_garp_interval",
            "SECONDS",
            "Least time between two gratuitous ARP on an interface.",
        )
        .range("seconds with decimals, from 0.000001")
        .default("no gap"),
        word(
            "vrrp_gna_interval",
            "SECONDS",
            "Least time between two unsolicited neighbour advertisements.",
        )
        .range("seconds with decimals, from 0.000001")
        .default("no gap"),
        word("vrrp_min_garp", "[BOOL]", "One announcement, no second burst."),
        word(
            "vrrp_garp_extra_if",
            "[all] 1..86400",
            "Announces addresses on other interfaces periodically.",
        )
        .range("seconds; on devices with the virtual MAC only, unless all")
        .default("off")
        .lenient(),
        word(
            "vrrp_vmac_garp_intvl",
            "[all] 1..86400",
            "Old name of vrrp_garp_extra_if.",
        )
        .deprecated("vrrp_garp_extra_if")
        .range("seconds; on devices with the virtual MAC only, unless all")
        .default("off")
        .lenient(),
        word(
            "vrrp_down_timer_adverts",
            "1..100",
            "Missed adverts before a take-over.",
        )
        .default("3"),
        word(
            "vrrp_lower_prio_no_advert",
            "[BOOL]",
            "Does not answer a lower rival at once.",
        ),
        word(
            "vrrp_higher_prio_send_advert",
            "[BOOL]",
            "Sends one more advert before yielding to a higher rival.",
        ),
        word(
            "vrrp_owner_ignore_adverts",
            "[BOOL]",
            "At priority 255 drops all adverts.",
        )
        .newer(),
        word(
            "vrrp_check_unicast_src",
            "[BOOL]",
            "Accepts unicast adverts only from listed peers.",
        ),
        word("vrrp_mcast_group4", "IPv4", "Multicast group of IPv4 instances.")
            .default("224.0.0.18")
            .daemon(),
        word("vrrp_mcast_group6", "IPv6", "Multicast group of IPv6 instances.")
            .default("ff02::12")
            .daemon(),
        word(
            "v3_checksum_as_v2",
            "[BOOL]",
            "Version 3 over IPv4 without a pseudo-header in the checksum.",
        )
        .newer(),
        word(
            "vrrp_startup_delay",
            "SECONDS",
            "Holds all instances back after the daemon's start.",
        )
        .range("seconds with decimals")
        .default("0"),
        word(
            "vrrp_delay_after_boot",
            "SECONDS",
            "Holds all instances back, counted from boot.",
        )
        .range("seconds with decimals; the longer of it and vrrp_startup_delay holds")
        .default("0")
        .newer(),
        word(
            "log_unknown_vrids",
            "",
            "Logs adverts of virtual routers that are not configured.",
        )
        .ignored("only logging"),
        word(
            "vrrp_notify_priority_changes",
            "[BOOL]",
            "Tells the event pipe about priority changes.",
        ),
        word(
            "vmac_prefix",
            "STRING",
            "Prefix of the names of virtual MAC interfaces.",
        )
        .default("vrrp"),
        word(
            "vmac_addr_prefix",
            "STRING",
            "The same for addresses on other interfaces.",
        )
        .default("as vmac_prefix"),
        word(
            "disable_local_igmp",
            "",
            "Keeps the kernel from reporting local groups.",
        )
        .ignored("no report is filtered"),
        word(
            "iproute_usr_dir",
            "PATH",
            "Where names of tables and scopes are read.",
        )
        .default("as built")
        .newer(),
        word(
            "iproute_etc_dir",
            "PATH",
            "Where names of tables and scopes are read.",
        )
        .default("as built")
        .newer(),
        word(
            "vrrp_iptables",
            "[IN [OUT]]",
            "Uses iptables for no_accept and virtual MACs.",
        )
        .default("off; without names INPUT and OUTPUT")
        .deprecated("nftables")
        .ignored(FIREWALL),
        word("vrrp_ipsets", "[NAME …]", "Set names to use with iptables.")
            .range("at most 6 names")
            .default("keepalived, keepalived6 and four made of these")
            .newer()
            .ignored(FIREWALL),
        word(
            "nftables",
            "[TABLE]",
            "Name of the nftables table for no_accept; vrrpd.",
        )
        .default("keepalived"),
        word("nftables_priority", "N", "Priority of the chains.")
            .default("-1")
            .ignored("it is -1, as by default"),
        word("nftables_ifindex", "", "Matches interfaces by number.").ignored("they are matched by name"),
        word("nftables_counters", "", "Adds counters to the rules.").ignored("the rules always count"),
        word(
            "nftables_ipvs",
            "[TABLE]",
            "Table that marks packets of virtual server groups.",
        )
        .default("keepalived_ipvs")
        .ignored(MARKS),
        word("nftables_ipvs_priority", "N", "Priority of its chains.")
            .default("-1")
            .ignored(MARKS),
        word("nftables_ipvs_start_fwmark", "1..", "First mark to use.")
            .default("1000")
            .ignored(MARKS),
    ],
)];
