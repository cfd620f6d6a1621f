//! `global_defs`: the daemon itself, its scripts, what it tells others, and virtual servers.

use super::{Block, Section, word};

const SNMP: &str = "there is no SNMP agent; ask vrrpctl";
const DBUS: &str = "there is no D-Bus service; ask vrrpctl";
const BUFFERS: &str = "sockets are sized by the daemon";
const DUMPS: &str = "dumps go where --dump-dir says, under their usual names";
const CHILD: &str = "there is no such child process";
const RELOAD: &str = "a reload happens on request only, and a file is always checked first";

pub(super) const SECTIONS: &[Section] = &[(
    &[Block::GlobalDefs],
    &[
        word(
            "lvs_sync_daemon",
            "IF [inst VI] [id N] [maxlen N] [port N] [ttl N] [group IP]",
            "Kernel connection synchronisation.",
        )
        .range("id 0..255, maxlen 1..65507, ttl 1..255")
        .lenient(),
        word(
            "lvs_timeouts",
            "[tcp S] [tcpfin S] [udp S]",
            "Kernel connection timeouts.",
        )
        .range("seconds, at most 31 days")
        .default("the kernel's"),
        word("lvs_flush", "", "Flushes all virtual servers at start."),
        word("lvs_flush_on_stop", "[VS]", "Flushes virtual servers at stop.")
            .default("off"),
        word("lvs_flush_onstop", "[VS]", "Other spelling of lvs_flush_on_stop.")
            .default("off"),
        word(
            "rs_init_notifies",
            "",
            "`notify_up` and a line to the named pipes also for a real server that is in from the start.",
        ),
        word("vrrp_priority", "-20..19", "Nice value of the daemon.")
            .default("0")
            .lenient(),
        word(
            "checker_priority",
            "-20..19",
            "Nice value of the checker process.",
        )
        .default("0")
        .lenient()
        .ignored(CHILD),
        word("bfd_priority", "-20..19", "Nice value of the BFD process.")
            .default("0")
            .lenient()
            .ignored(CHILD),
        word("vrrp_no_swap", "", "Locks the daemon into memory."),
        word("checker_no_swap", "", "Locks the checker process into memory.").ignored(CHILD),
        word("bfd_no_swap", "", "Locks the BFD process into memory.").ignored(CHILD),
        word("vrrp_rt_priority", "1..99", "Real-time priority of the daemon.")
            .default("off")
            .lenient(),
        word(
            "checker_rt_priority",
            "1..99",
            "Real-time priority of the checker process.",
        )
        .default("off")
        .lenient()
        .ignored(CHILD),
        word(
            "bfd_rt_priority",
            "1..99",
            "Real-time priority of the BFD process.",
        )
        .default("off")
        .lenient()
        .ignored(CHILD),
        word("vrrp_cpu_affinity", "N …", "Processors the daemon may use.")
            .default("all")
            .lenient()
            .ignored("all processors may be used"),
        word(
            "checker_cpu_affinity",
            "N …",
            "Processors of the checker process.",
        )
        .default("all")
        .lenient()
        .ignored(CHILD),
        word("bfd_cpu_affinity", "N …", "Processors of the BFD process.")
            .default("all")
            .lenient()
            .ignored(CHILD),
        word(
            "vrrp_rlimit_rttime",
            "MICROSECONDS",
            "Limit of real-time use without a pause.",
        )
        .range("microseconds")
        .default("10000")
        .ignored("no limit is set"),
        word(
            "vrrp_rlimit_rtime",
            "MICROSECONDS",
            "Old name of vrrp_rlimit_rttime.",
        )
        .range("microseconds")
        .default("10000")
        .ignored("no limit is set"),
        word(
            "checker_rlimit_rttime",
            "MICROSECONDS",
            "The same for the checker process.",
        )
        .range("microseconds")
        .default("10000")
        .ignored(CHILD),
        word(
            "checker_rlimit_rtime",
            "MICROSECONDS",
            "Old name of checker_rlimit_rttime.",
        )
        .range("microseconds")
        .default("10000")
        .ignored(CHILD),
        word(
            "bfd_rlimit_rttime",
            "MICROSECONDS",
            "The same for the BFD process.",
        )
        .range("microseconds")
        .default("10000")
        .ignored(CHILD),
        word(
            "bfd_rlimit_rtime",
            "MICROSECONDS",
            "Old name of bfd_rlimit_rttime.",
        )
        .range("microseconds")
        .default("10000")
        .ignored(CHILD),
        word(
            "max_auto_priority",
            "[-1..99]",
            "Raises the real-time priority when timers are late.",
        )
        .default("0, which is off; without a number the highest")
        .ignored("the priority stays as it is set"),
        word(
            "min_auto_priority_delay",
            "MICROSECONDS",
            "How late a timer must be for that.",
        )
        .range("1..10000000")
        .default("1000000")
        .lenient()
        .ignored("the priority stays as it is set"),
        word("vrrp_netlink_cmd_rcv_bufs", "BYTES", "Netlink command buffer.")
            .range("bytes")
            .default("the kernel's")
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
        .range("bytes")
        .default("the kernel's")
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
        .range("bytes")
        .default("the kernel's")
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
        .range("bytes")
        .default("the kernel's")
        .lenient()
        .ignored(BUFFERS),
        word(
            "lvs_netlink_monitor_rcv_bufs_force",
            "[BOOL]",
            "Goes beyond the system's limit there.",
        )
        .ignored(BUFFERS),
        word("process_monitor_rcv_bufs", "BYTES", "Process event buffer.")
            .range("bytes")
            .default("the kernel's")
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
        .default("the kernel's")
        .lenient()
        .ignored(BUFFERS),
        word("vrrp_rx_bufs_multiplier", "N", "Multiplier for that.")
            .default("3")
            .lenient()
            .ignored(BUFFERS),
        word("umask", "MODE", "Mask of file modes.")
            .range("octal, or letters as of chmod")
            .default("0177")
            .ignored("no file is written"),
        word("random_seed", "N", "Seed for tests.")
            .default("the clock")
            .ignored("nothing is random"),
        word("script_user", "USER [GROUP]", "User that scripts run as.")
            .default("keepalived_script if there is such a user, else the daemon's")
            .lenient(),
        word(
            "enable_script_security",
            "",
            "Refuses root scripts that others may write.",
        ),
        word(
            "drop_unusable_scripts",
            "[BOOL]",
            "A vrrp_script that cannot be run is not tracked, and a MISC_CHECK not made, as with keepalived; else it is a fault with a reason.",
        )
        .own(),
        word(
            "set_supplementary_groups",
            "[BOOL]",
            "Gives scripts the user's further groups.",
        )
        .newer()
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
            .range("seconds")
            .default("10")
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
            .range("seconds")
            .default("10")
            .lenient()
            .ignored("the script is not run"),
        word(
            "notify_fifo",
            "PATH [USER [GROUP]]",
            "Pipe for events of all kinds.",
        )
        .lenient(),
        word(
            "notify_fifo_script",
            "COMMAND [USER [GROUP]]",
            "Program that reads it.",
        )
        .lenient(),
        word(
            "vrrp_notify_fifo",
            "PATH [USER [GROUP]]",
            "Pipe for events of instances.",
        )
        .lenient(),
        word(
            "vrrp_notify_fifo_script",
            "COMMAND [USER [GROUP]]",
            "Program that reads it.",
        )
        .lenient(),
        word(
            "lvs_notify_fifo",
            "PATH [USER [GROUP]]",
            "Pipe for events of virtual servers.",
        )
        .lenient(),
        word(
            "lvs_notify_fifo_script",
            "COMMAND [USER [GROUP]]",
            "Program that reads it.",
        )
        .lenient(),
        word(
            "fifo_write_vrrp_states_on_reload",
            "",
            "Writes every state to the pipe after a reload.",
        ),
        word("snmp_socket", "ADDRESS", "Socket of the SNMP agent.")
            .default("unix:/var/agentx/master")
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
        .range("0.001..30")
        .default("5")
        .newer()
        .ignored(SNMP),
        word(
            "snmp_rs_stats_update_interval",
            "SECONDS",
            "Age of real server figures.",
        )
        .range("0.001..30")
        .default("as snmp_vs_stats_update_interval")
        .newer()
        .ignored(SNMP),
        word("enable_dbus", "", "D-Bus interface.").ignored(DBUS),
        word("dbus_service_name", "NAME", "Its bus name.")
            .default("org.keepalived.Vrrp1")
            .lenient()
            .ignored(DBUS),
        word(
            "dbus_no_interface_name",
            "NAME",
            "Path of instances without an interface.",
        )
        .default("none")
        .newer()
        .ignored(DBUS),
        word("json_version", "1|2", "Layout of the JSON dump.")
            .default("1")
            .newer(),
        word("state_dump_file", "PATH", "Where the state is dumped.")
            .default("a file in the temporary folder")
            .newer()
            .ignored(DUMPS),
        word("stats_dump_file", "PATH", "Where the counters are dumped.")
            .default("a file in the temporary folder")
            .newer()
            .ignored(DUMPS),
        word("json_dump_file", "PATH", "Where the JSON dump goes.")
            .default("a file in the temporary folder")
            .newer()
            .ignored(DUMPS),
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
        .default("off; without a file the log is lost")
        .ignored(RELOAD),
        word(
            "reload_time_file",
            "PATH",
            "File with the time of the next reload.",
        )
        .range("in the file: HH:MM:SS, or YY-MM-DD or YYYY-MM-DD in front; Z for UTC")
        .lenient()
        .ignored(RELOAD),
        word("reload_repeat", "", "Keeps that file.").ignored(RELOAD),
        word("reload_file", "[PATH]", "File that marks a reload in progress.")
            .default("off; without a path keepalived.reload beside the pid file")
            .ignored(RELOAD),
        word("include_check", "[WORD …]", "How strict include is by default.")
            .range("[+-]readable, match, wildcard_match, brace_match")
            .ignored("an included file that cannot be read is always reported"),
        word(
            "config_save_dir",
            "PATH",
            "Where copies of the configuration are kept.",
        )
        .default("off")
        .ignored("no copy is kept"),
        word(
            "tmp_config_directory",
            "PATH",
            "Where the expanded configuration is kept.",
        )
        .default("kept in memory")
        .lenient()
        .ignored("no copy is kept"),
    ],
)];
