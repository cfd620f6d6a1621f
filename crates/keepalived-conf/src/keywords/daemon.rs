//! `global_defs`: the daemon itself, its scripts, what it tells others, and virtual servers.

use super::{Block, Section, word};

const SNMP: &str = "there is no SNMP agent; ask vrrpctl";
const DBUS: &str = "there is no D-Bus service; ask vrrpctl";
const LVS: &str = "only virtual servers use it";
const BUFFERS: &str = "sockets are sized by the daemon";
const DUMPS: &str = "nothing is dumped to files; ask vrrpctl";
const CHILD: &str = "there is no such child process";
const FIFO: &str = "there is no event pipe yet; notify scripts run";
const RELOAD: &str = "a reload happens on request only, and a file is always checked first";

pub(super) const SECTIONS: &[Section] = &[(
    &[Block::GlobalDefs],
    &[
        word(
            "lvs_sync_daemon",
            "IF [inst VI] [id N] [maxlen N] [port N] [ttl N] [group IP]",
            "Kernel connection synchronisation.",
        )
        .lenient()
        .ignored(LVS),
        word("lvs_sync_daemon_interface", "IF", "Old name of lvs_sync_daemon.").ignored(LVS),
        word(
            "lvs_timeouts",
            "[tcp S] [tcpfin S] [udp S]",
            "Kernel connection timeouts.",
        )
        .ignored(LVS),
        word("lvs_flush", "", "Flushes all virtual servers at start.").ignored(LVS),
        word("lvs_flush_on_stop", "[VS]", "Flushes virtual servers at stop.").ignored(LVS),
        word("lvs_flush_onstop", "[VS]", "Other spelling of lvs_flush_on_stop.").ignored(LVS),
        word(
            "rs_init_notifies",
            "",
            "Notices for the first state of real servers.",
        )
        .ignored(LVS),
        word("vrrp_priority", "-20..19", "Nice value of the daemon.").lenient(),
        word(
            "checker_priority",
            "-20..19",
            "Nice value of the checker process.",
        )
        .lenient()
        .ignored(CHILD),
        word("bfd_priority", "-20..19", "Nice value of the BFD process.")
            .lenient()
            .ignored(CHILD),
        word("vrrp_no_swap", "", "Locks the daemon into memory."),
        word("checker_no_swap", "", "Locks the checker process into memory.").ignored(CHILD),
        word("bfd_no_swap", "", "Locks the BFD process into memory.").ignored(CHILD),
        word("vrrp_rt_priority", "1..99", "Real-time priority of the daemon.").lenient(),
        word(
            "checker_rt_priority",
            "1..99",
            "Real-time priority of the checker process.",
        )
        .lenient()
        .ignored(CHILD),
        word(
            "bfd_rt_priority",
            "1..99",
            "Real-time priority of the BFD process.",
        )
        .lenient()
        .ignored(CHILD),
        word("vrrp_cpu_affinity", "N …", "Processors the daemon may use.")
            .lenient()
            .ignored("all processors may be used"),
        word(
            "checker_cpu_affinity",
            "N …",
            "Processors of the checker process.",
        )
        .lenient()
        .ignored(CHILD),
        word("bfd_cpu_affinity", "N …", "Processors of the BFD process.")
            .lenient()
            .ignored(CHILD),
        word(
            "vrrp_rlimit_rttime",
            "MICROSECONDS",
            "Limit of real-time use without a pause.",
        )
        .ignored("no limit is set"),
        word(
            "vrrp_rlimit_rtime",
            "MICROSECONDS",
            "Old name of vrrp_rlimit_rttime.",
        )
        .ignored("no limit is set"),
        word(
            "checker_rlimit_rttime",
            "MICROSECONDS",
            "The same for the checker process.",
        )
        .ignored(CHILD),
        word(
            "checker_rlimit_rtime",
            "MICROSECONDS",
            "Old name of checker_rlimit_rttime.",
        )
        .ignored(CHILD),
        word(
            "bfd_rlimit_rttime",
            "MICROSECONDS",
            "The same for the BFD process.",
        )
        .ignored(CHILD),
        word(
            "bfd_rlimit_rtime",
            "MICROSECONDS",
            "Old name of bfd_rlimit_rttime.",
        )
        .ignored(CHILD),
        word(
            "max_auto_priority",
            "[-1..99]",
            "Raises the real-time priority when timers are late.",
        )
        .ignored("the priority stays as it is set"),
        word(
            "min_auto_priority_delay",
            "MICROSECONDS",
            "How late a timer must be for that.",
        )
        .lenient()
        .ignored("the priority stays as it is set"),
        word("vrrp_netlink_cmd_rcv_bufs", "BYTES", "Netlink command buffer.")
            .lenient()
            .ignored(BUFFERS),
        word(
            "vrrp_netlink_cmd_rcv_bufs_force",
            "[BOOL]",
            "Goes beyond the system's limit there.",
        )
        .ignored(BUFFERS),
        word(
            "vrrp_netlink_monitor_rcv_bufs",
            "BYTES",
            "Netlink monitor buffer.",
        )
        .lenient()
        .ignored(BUFFERS),
        word(
            "vrrp_netlink_monitor_rcv_bufs_force",
            "[BOOL]",
            "Goes beyond the system's limit there.",
        )
        .ignored(BUFFERS),
        word(
            "lvs_netlink_cmd_rcv_bufs",
            "BYTES",
            "Netlink command buffer of the checker.",
        )
        .lenient()
        .ignored(BUFFERS),
        word(
            "lvs_netlink_cmd_rcv_bufs_force",
            "[BOOL]",
            "Goes beyond the system's limit there.",
        )
        .ignored(BUFFERS),
        word(
            "lvs_netlink_monitor_rcv_bufs",
            "BYTES",
            "Netlink monitor buffer of the checker.",
        )
        .lenient()
        .ignored(BUFFERS),
        word(
            "lvs_netlink_monitor_rcv_bufs_force",
            "[BOOL]",
            "Goes beyond the system's limit there.",
        )
        .ignored(BUFFERS),
        word("process_monitor_rcv_bufs", "BYTES", "Process event buffer.")
            .lenient()
            .ignored(BUFFERS),
        word(
            "process_monitor_rcv_bufs_force",
            "[BOOL]",
            "Goes beyond the system's limit there.",
        )
        .ignored(BUFFERS),
        word(
            "vrrp_rx_bufs_policy",
            "MTU|ADVERT|BYTES",
            "How receive buffers are sized.",
        )
        .lenient()
        .ignored(BUFFERS),
        word("vrrp_rx_bufs_multiplier", "N", "Multiplier for that.")
            .lenient()
            .ignored(BUFFERS),
        word("umask", "MODE", "Mask of file modes.").ignored("no file is written"),
        word("random_seed", "N", "Seed for tests.").ignored("nothing is random"),
        word("script_user", "USER [GROUP]", "User that scripts run as.").lenient(),
        word(
            "enable_script_security",
            "",
            "Refuses root scripts that others may write.",
        ),
        word(
            "set_supplementary_groups",
            "[BOOL]",
            "Gives scripts the user's further groups.",
        )
        .ignored("scripts have the groups of their user"),
        word(
            "startup_script",
            "COMMAND [USER [GROUP]]",
            "Runs before anything else.",
        )
        .lenient()
        .daemon()
        .refused("what it prepares would be missing"),
        word("startup_script_timeout", "1..1000", "Limit for it.")
            .lenient()
            .ignored("the script itself is refused"),
        word(
            "shutdown_script",
            "COMMAND [USER [GROUP]]",
            "Runs after everything else.",
        )
        .lenient()
        .ignored("only runs once the addresses are gone"),
        word("shutdown_script_timeout", "1..1000", "Limit for it.")
            .lenient()
            .ignored("the script is not run"),
        word(
            "notify_fifo",
            "PATH [USER [GROUP]]",
            "Pipe for events of all kinds.",
        )
        .lenient()
        .ignored(FIFO),
        word(
            "notify_fifo_script",
            "COMMAND [USER [GROUP]]",
            "Program that reads it.",
        )
        .lenient()
        .ignored(FIFO),
        word(
            "vrrp_notify_fifo",
            "PATH [USER [GROUP]]",
            "Pipe for events of instances.",
        )
        .lenient()
        .ignored(FIFO),
        word(
            "vrrp_notify_fifo_script",
            "COMMAND [USER [GROUP]]",
            "Program that reads it.",
        )
        .lenient()
        .ignored(FIFO),
        word(
            "lvs_notify_fifo",
            "PATH [USER [GROUP]]",
            "Pipe for events of virtual servers.",
        )
        .lenient()
        .ignored(FIFO),
        word(
            "lvs_notify_fifo_script",
            "COMMAND [USER [GROUP]]",
            "Program that reads it.",
        )
        .lenient()
        .ignored(FIFO),
        word(
            "fifo_write_vrrp_states_on_reload",
            "",
            "Writes every state to the pipe after a reload.",
        )
        .ignored(FIFO),
        word("snmp_socket", "ADDRESS", "Socket of the SNMP agent.")
            .lenient()
            .ignored(SNMP),
        word("enable_snmp_vrrp", "", "keepalived's own VRRP MIB.").ignored(SNMP),
        word("enable_snmp_keepalived", "", "Old name of enable_snmp_vrrp.").ignored(SNMP),
        word("enable_snmp_checker", "", "keepalived's own checker MIB.").ignored(SNMP),
        word("enable_snmp_rfc", "", "The MIBs of the RFCs.").ignored(SNMP),
        word("enable_snmp_rfcv2", "", "The MIB of RFC 2787.").ignored(SNMP),
        word("enable_snmp_rfcv3", "", "The MIB of RFC 6527.").ignored(SNMP),
        word("enable_traps", "", "SNMP traps.").ignored(SNMP),
        word(
            "snmp_vs_stats_update_interval",
            "SECONDS",
            "Age of virtual server figures.",
        )
        .ignored(SNMP),
        word(
            "snmp_rs_stats_update_interval",
            "SECONDS",
            "Age of real server figures.",
        )
        .ignored(SNMP),
        word("enable_dbus", "", "D-Bus interface.").ignored(DBUS),
        word("dbus_service_name", "NAME", "Its bus name.")
            .lenient()
            .ignored(DBUS),
        word(
            "dbus_no_interface_name",
            "NAME",
            "Path of instances without an interface.",
        )
        .ignored(DBUS),
        word("json_version", "1|2", "Layout of the JSON dump.").ignored(DUMPS),
        word("state_dump_file", "PATH", "Where the state is dumped.").ignored(DUMPS),
        word("stats_dump_file", "PATH", "Where the counters are dumped.").ignored(DUMPS),
        word("json_dump_file", "PATH", "Where the JSON dump goes.").ignored(DUMPS),
        word(
            "data_use_instance",
            "[BOOL]",
            "Puts the instance into the names of dumps.",
        )
        .ignored(DUMPS),
        word(
            "reload_check_config",
            "[LOGFILE]",
            "Tests a file before a reload.",
        )
        .ignored(RELOAD),
        word(
            "reload_time_file",
            "PATH",
            "File with the time of the next reload.",
        )
        .lenient()
        .ignored(RELOAD),
        word("reload_repeat", "", "Keeps that file.").ignored(RELOAD),
        word("reload_file", "[PATH]", "File that marks a reload in progress.").ignored(RELOAD),
        word("include_check", "[WORD …]", "How strict include is by default.")
            .ignored("an included file that cannot be read is always reported"),
        word(
            "config_save_dir",
            "PATH",
            "Where copies of the configuration are kept.",
        )
        .ignored("no copy is kept"),
        word(
            "tmp_config_directory",
            "PATH",
            "Where the expanded configuration is kept.",
        )
        .lenient()
        .ignored("no copy is kept"),
    ],
)];
