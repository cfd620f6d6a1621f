//! What keepalived 2.2.7 says to files of users, class by class, and what we say there.
//!
//! In a pattern `*` stands for anything, and `%` for a name that our finding gives too.

use Where::{Block, File, Line, Lost, Named};

/// Where our finding is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// On the line that keepalived names.
    Line,
    /// In the block at the top in which that line stands: keepalived speaks where the block ends.
    Block,
    /// On the line, unless it stands in a block that is not known: what is in it is told with its brace.
    Lost,
    /// Where the name of the message stands.
    Named,
    /// Anywhere in the file.
    File,
}

/// A class of messages.
pub(crate) struct Class {
    /// The text, without `(Line N)` in front.
    pub(crate) pattern: &'static str,
    /// What we say, one of these codes; or why the message names no fault.
    pub(crate) ours: Result<(Where, &'static [&'static str]), &'static str>,
    /// The same, said once for the whole file.
    pub(crate) or_once: &'static [&'static str],
}

impl Class {
    const fn or_once(self, codes: &'static [&'static str]) -> Self {
        Self {
            or_once: codes,
            ..self
        }
    }
}

const fn said(pattern: &'static str, place: Where, codes: &'static [&'static str]) -> Class {
    Class {
        pattern,
        ours: Ok((place, codes)),
        or_once: &[],
    }
}

const fn no_fault(pattern: &'static str, why: &'static str) -> Class {
    Class {
        pattern,
        ours: Err(why),
        or_once: &[],
    }
}

/// The first pattern that fits is the class of a message.
pub(crate) const CLASSES: &[Class] = &[
    // The language.
    said(
        "Unknown keyword '}'",
        File,
        &[
            "unexpected-open-brace",
            "extra-close-brace",
            "missing-open-brace",
            "missing-close-brace",
            "stranded-keyword",
        ],
    ),
    said("Unknown keyword ' '", File, &["special-blank"]),
    said(
        "Unknown keyword '*'",
        Lost,
        &[
            "unknown-keyword",
            "stranded-keyword",
            "special-blank",
            "unexpected-open-brace",
        ],
    ),
    said("Unexpected '{' - ignoring", Lost, &["unexpected-open-brace"]),
    said("Extra '}' found", Line, &["extra-close-brace"]),
    said(
        "*** Configuration line starting `*` is missing a parameter after keyword `*` at word position *",
        Line,
        &["missing-argument"],
    ),
    said("Config files missing '*'.", Line, &["include-absent"]),
    said(
        "invalid number '*'",
        Line,
        &["bad-number", "bad-value", "number-with-junk", "bad-address"],
    ),
    said("number '*' outside range [*]", Line, &["bad-number", "bad-value"]),
    said(
        "\"*\" for routes is deprecated. Please use \"*\"",
        Line,
        &["deprecated"],
    ),
    // global_defs.
    no_fault(
        "Invalid smtp server *",
        "the machine has no name server; no file is at fault",
    ),
    said(
        "Warning - empty notification_email block",
        Block,
        &["empty-block"],
    ),
    said("routerid name missing - ignoring", Line, &["missing-argument"]),
    said("vrrp_garp_interval '*' is invalid", Line, &["bad-number"]),
    said("vrrp_gna_interval '*' is invalid", Line, &["bad-number"]),
    said(
        "*_script_timeout '*' must be in [*] - ignoring",
        Line,
        &["bad-value"],
    ),
    said("Invalid startup script", Line, &["bad-value"]),
    said("Invalid shutdown script", Line, &["bad-value"]),
    said("Invalid child_wait_time *", Line, &["bad-value"]),
    said(
        "* process real-time priority * greater than maximum * - setting to maximum",
        Line,
        &["bad-value", "bad-number"],
    ),
    said(
        "* process real-time priority '*' invalid",
        Line,
        &["bad-value", "bad-number"],
    ),
    said(
        "iptables not supported, using nftables instead. *",
        Line,
        &["deprecated"],
    ),
    no_fault(
        "cp: cannot create regular file *",
        "a program that copies the configuration says it, not keepalived",
    ),
    said("Error setting global script uid/gid", Line, &["user-absent"]),
    // Instances.
    said(
        "(%) A unicast keyword has been specified without any unicast peers.*",
        Named,
        &["unicast-without-peer"],
    ),
    said(
        "(*) Ignoring track_interface % since own interface",
        Named,
        &["track-own-interface"],
    ),
    said(
        "(%) Initial state master is incompatible with AH authentication - clearing",
        Named,
        &["ah-and-master"],
    ),
    said("(%) No VIP specified; at least one is *", Named, &["no-address"]),
    said(
        "(%) State MASTER must match being address owner",
        Named,
        &["strict-state"],
    ),
    said(
        "(%) Strict mode does not support authentication. Ignoring.",
        Named,
        &["strict-auth"],
    ),
    said("(%) Unknown interface!", Named, &["instance-incomplete"]),
    said(
        "(%) VRRP version 3 does not support authentication. Ignoring.",
        Named,
        &["auth-version-3"],
    ),
    said(
        "(%) Warning - nopreempt will not work with initial state MASTER - clearing",
        Named,
        &["nopreempt-master"],
    ),
    said(
        "(%) Warning - preempt delay will not work with initial state MASTER - clearing",
        Named,
        &["preempt-delay"],
    ),
    said(
        "(*) ignoring tracked * % with weight* due to address_owner",
        Named,
        &["weight-of-owner", "weight-without-effect"],
    ),
    said(
        "(%) promote_secondaries is automatically set for vmacs - ignoring",
        Named,
        &["promote-secondaries"],
    ),
    said(
        "(%) the virtual router id must be set",
        Named,
        &["instance-incomplete"],
    ),
    said(
        "(*) track_interface % is configured on VRRP instance and sync group. *",
        Named,
        &["tracked-twice"],
    ),
    said(
        "(*) Cannot specify native_ipv6 with IPv4 addresses",
        Line,
        &["native-ipv6"],
    ),
    said(
        "(*) Priority not valid! must be between 1 & 255. Using default 100",
        Line,
        &["bad-number"],
    ),
    said(
        "(*): VRID '*' not valid - must be between 1 & 255",
        Line,
        &["bad-number"],
    ),
    said(
        "(*) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.",
        Line,
        &["deprecated"],
    ),
    said("Please use global lvs_sync_daemon", Line, &["deprecated"]),
    said(
        "(*) lvs_sync_daemon_interface has already been specified as * - ignoring",
        Line,
        &["set-again"],
    ),
    said(
        "(*) track file * not found, ignoring...",
        Line,
        &["unknown-track"],
    ),
    said(
        "(*) track script % not found, ignoring...",
        Named,
        &[
            "unknown-script",
            "script-without-command",
            "unknown-option",
            "user-absent",
        ],
    )
    .or_once(&["user-absent"]),
    said(
        "(*) unknown track script option * - ignoring",
        Line,
        &["unknown-option"],
    ),
    said(
        "(*) unicast with use_vmac requires vmac_xmit_base - setting",
        Block,
        &["unicast-vmac"],
    ),
    said(
        "(*) unknown state '*', defaulting to BACKUP",
        Line,
        &["bad-state"],
    ),
    said(
        "(*): address family must match VRRP instance [*] - ignoring",
        Line,
        &["address-family"],
    ),
    said(
        "(*): garp_master_*repeat must be greater than 0, setting to 1",
        Line,
        &["zero-count"],
    ),
    said(
        "Configuration error: VRRP instance[*] malformed src address[*]. Skipping...",
        Line,
        &["bad-address"],
    ),
    said(
        "Configuration error: VRRP instance[*] malformed unicast peer address[*]. Skipping...",
        Line,
        &["bad-address"],
    ),
    said(
        "Interface name '*' too long - ignoring",
        Line,
        &["interface-name"],
    ),
    said(
        "Invalid address prefix len * for address * - using *",
        Line,
        &["bad-prefix", "bad-address"],
    ),
    said(
        "VRRP parsed invalid IP * skipping IP...",
        Line,
        &["bad-address", "bad-line"],
    ),
    said("Truncating auth_pass to 8 characters", Line, &["auth-pass-cut"]),
    said(
        "WARNING - interface * for vrrp_instance * doesn't exist",
        Line,
        &["interface-name", "interface-absent"],
    ),
    said("vrrp instance * already defined", Line, &["duplicate-block"]),
    said(
        "* and % both use VRID * with IPv* on interface *",
        Named,
        &["router-clash"],
    ),
    no_fault(
        "Non-existent interface specified in configuration",
        "a sum of messages that name the line",
    ),
    // Routes and rules.
    said("Invalid rule to address *", Line, &["bad-line"]),
    said(
        "Rule has no preference specified - setting to *. This is probably not what you want.",
        Line,
        &["rule-without-preference"],
    ),
    said(
        "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol",
        Line,
        &["untracked-route"],
    ),
    said(
        "Warning - cannot track route * with no interface specified, not tracking",
        Line,
        &["untracked-route"],
    ),
    // Groups.
    said(
        "Sync group % has only 1 virtual router(s) - this probably isn't what you want",
        Named,
        &["small-group"],
    ),
    said(
        "Sync group % has no virtual router(s). removing",
        Named,
        &["empty-group"],
    ),
    said(
        "Sync group %, no matching virtual router found in group declaration - removing",
        Named,
        &["small-group"],
    ),
    said(
        "Virtual router % specified in sync group * doesn't exist - ignoring",
        Named,
        &["unknown-member"],
    ),
    // Scripts, files, sessions, and other definitions.
    said(
        "No script set for vrrp_script % - removing",
        Named,
        &["script-without-command"],
    ),
    said(
        "No file set for track_file % - ignoring",
        Named,
        &["incomplete-block"],
    ),
    said(
        "Configuration error: BFD instance % has no neighbor address set, disabling instance",
        Named,
        &["incomplete-block"],
    ),
    said(
        "Disabling track script % since not found/accessible",
        Named,
        &["script-absent", "user-absent", "unknown-option"],
    )
    .or_once(&["user-absent", "bad-command"]),
    said(
        "Unable to set default user for vrrp script % - removing",
        Named,
        &["user-absent"],
    )
    .or_once(&["user-absent"]),
    said("Unable to set default user * for script", File, &["user-absent"]),
    said("Unable to set uid/gid for script '*'", File, &["user-absent"]),
    said(
        "Failed to set uid/gid for misc checker script '*' - removing",
        File,
        &["user-absent"],
    ),
    said(
        "SECURITY VIOLATION - * are being executed but script_security not enabled.",
        File,
        &["script-security"],
    ),
    said(
        "WARNING - interface % specified for garp_group doesn't exist",
        Named,
        &["interface-absent"],
    ),
    said(
        "garp_group already specified for * - ignoring",
        Block,
        &["pacing-twice"],
    ),
    said(
        "unknown interface * specified for up/down delay",
        Line,
        &["interface-absent"],
    ),
    said("SSL context already specified - replacing", Line, &["set-again"]),
    said("SSL password already specified - replacing", Line, &["set-again"]),
    // Virtual servers.
    said(
        "No script path has been specified for MISC_CHECKER - skipping",
        Block,
        &["checker"],
    ),
    said(
        "PARSER : unknown [*] routing method for virtual server.",
        Line,
        &["bad-value"],
    ),
    said(
        "Quorum 0 must be in [1, 4294967295]. Setting to 1.",
        Line,
        &["bad-value"],
    ),
    said(
        "nb_get_retry is deprecated - please use 'retry'",
        Line,
        &["deprecated"],
    ),
    said("persistence_timeout invalid", Line, &["bad-value"]),
    said(
        "Virtual server *: no protocol set - defaulting to UDP",
        File,
        &["virtual-server"],
    ),
    said(
        "Virtual server * has no real servers - ignoring",
        File,
        &["virtual-server"],
    ),
    said(
        "Virtual server *: no forwarding method set, setting default NAT",
        File,
        &["virtual-server", "bad-value"],
    ),
    said(
        "Virtual server *: no scheduler set, setting default '*'",
        File,
        &["virtual-server"],
    ),
    said(
        "WARNING - fwmark virtual server *, real server * has port specified - port will be ignored",
        File,
        &["real-server"],
    ),
    said(
        "WARNING - virtual server * and real server * ports don't match - resetting",
        File,
        &["real-server"],
    ),
    said(
        "Warning - quorum * for * exceeds total weight of real servers *, reducing quorum to *",
        File,
        &["quorum"],
    ),
    said(
        "Warning: Virtual server *: protocol specified for fwmark - protocol will be ignored",
        File,
        &["virtual-server"],
    ),
    said(
        "virtual server * and real server * ports don't match",
        File,
        &["real-server"],
    ),
];
