//! The one table of the lint's codes. `docs/lint.md` has a paragraph for each; codes are stable, wording is not.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

/// One rule of the lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its stable name, as in [`Diagnostic::code`].
    pub code: &'static str,
    /// [`Severity::Warning`]: probably not meant so. [`Severity::Note`]: good to know.
    pub severity: Severity,
    /// What it finds, in a line.
    pub about: &'static str,
}

impl Rule {
    /// keepalived says nothing to any of these: findings of the lint are our own.
    pub(super) fn at(self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.severity, self.code, span, message).silent()
    }
}

macro_rules! rules {
    ($($name:ident: $severity:ident $code:literal, $about:literal;)*) => {
        $(pub(super) const $name: Rule = Rule {
            code: $code,
            severity: Severity::$severity,
            about: $about,
        };)*

        /// Every rule of the lint, those for one file first.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    // Weights.
    WEIGHT_WINDOW: Note "weight-window", "a weight that moves the addresses only if the other node's priority is very near";
    WEIGHT_CUT: Warning "weight-cut", "weights that lift the priority above 254, where it is cut";
    WEIGHT_FLOOR: Note "weight-floor", "weights that take the priority below 1, where it is cut";
    WEIGHTS_MIXED: Note "weights-mixed", "positive and negative weights in one instance";
    WEIGHT_NOPREEMPT: Warning "weight-nopreempt", "a weight beside nopreempt";
    // Elections.
    TIGHT_TIMER: Warning "tight-timer", "a node that is held up for an instant loses its addresses";
    SLOW_TAKEOVER: Note "slow-takeover", "more than 10 s until another node takes over";
    GROUP_PRIORITIES: Warning "group-priorities", "members of a sync group with different priorities";
    GROUP_PREEMPT: Warning "group-preempt", "nopreempt in some members of a sync group only";
    LINK_NOT_TRACKED: Note "link-not-tracked", "dont_track_primary: a pulled cable moves nothing";
    // Scripts.
    UNUSED_SCRIPT: Warning "unused-script", "a vrrp_script that nothing tracks";
    UNUSED_TRACK: Warning "unused-track", "a tracked file, process or BFD session that nothing tracks";
    UNUSED_TRACK_GROUP: Warning "unused-track-group", "a track_group that no static entry names";
    STOPS_KEEPALIVED: Warning "stops-keepalived", "a script that stops or restarts keepalived";
    ASKS_FOR_KEEPALIVED: Warning "asks-for-keepalived", "a script that asks whether keepalived runs";
    PROCESS_CHECK: Note "process-check", "a script that only asks whether a process runs";
    RELATIVE_SCRIPT: Note "relative-script", "a command without an absolute path";
    SCRIPT_USER: Note "script-user-unset", "nobody says as whom scripts run";
    UNTIMED_SCRIPT: Note "untimed-script", "a script without interval and timeout";
    FAST_SCRIPT: Note "fast-script", "a script that is started several times a second";
    SLOW_CHECK: Note "slow-check", "a failure that counts only after 30 s or more";
    TIMEOUT_ABOVE_INTERVAL: Note "timeout-above-interval", "a run that may last longer than its interval";
    PUSH_TTL_BELOW_INTERVAL: Note "push-ttl-below-interval", "a PUSH whose words count for less than an interval";
    PING_TOO_LONG: Warning "ping-too-long", "a ping that cannot end before its timeout";
    DEV_TCP: Note "dev-tcp", "a check by /dev/tcp, which for keepalived needs bash";
    // Announcements.
    NO_SECOND_BURST: Note "no-second-burst", "addresses are announced once only";
    SLOW_ANNOUNCEMENTS: Warning "slow-announcements", "announcing all addresses takes more than 10 s";
    NO_REPAIR: Warning "no-repair", "nobody corrects the neighbours after two nodes were active";
    YIELDS_UNSAID: Note "yields-unsaid", "a node that gives way does not say so";
    CHALLENGE_UNTOLD: Note "challenge-untold", "notify_master is not run again after a rival";
    // Addresses and identity.
    DEV_NOT_TRACKED: Warning "dev-not-tracked", "an address on an interface whose link moves nothing";
    LABEL_OF_OTHER: Note "label-of-other", "a label that names another interface";
    DETECTION_ON: Note "detection-on", "duplicate address detection of an address that moves";
    SOURCE_IS_VIRTUAL: Warning "source-is-virtual", "adverts are to come from an address that moves";
    ROUTER_ID_AGAIN: Note "router-id-again", "one virtual_router_id on several interfaces";
    UNICAST_CLASH: Warning "unicast-clash", "two unicast instances that cannot be told apart";
    SAMPLE_IDENTITY: Note "sample-identity", "number and password of the sample that everybody copies";
    // Peers and secrets.
    PEER_IS_SELF: Warning "peer-is-self", "the node is its own peer";
    PEER_IS_VIRTUAL: Warning "peer-is-virtual", "a peer that is an address which moves";
    UNICAST_UNCHECKED: Note "unicast-unchecked", "adverts of anybody are heard";
    PASS_IN_CLEAR: Note "pass-in-clear", "the password stands in every packet";
    // Surroundings.
    NONLOCAL_BIND: Warning "nonlocal-bind", "a service cannot listen on an address that is not here yet";
    MAIL_NEVER_SENT: Note "mail-never-sent", "mail is set up, and nothing sends any";
    SAMPLE_MAIL: Note "sample-mail", "mail goes to the addresses of the sample";
    // Virtual servers.
    VIRTUAL_NOT_HELD: Warning "virtual-not-held", "a virtual server whose address no instance holds";
    UNUSED_SERVER_GROUP: Warning "unused-server-group", "a virtual_server_group that no virtual_server names";
    SERVER_UNCHECKED: Note "server-unchecked", "a real server without any check";
    PORT_KEPT: Warning "port-kept", "a port that DR and TUN do not change to";
    MASK_WITH_HOLES: Warning "mask-with-holes", "a persistence_granularity that is no mask";
    SSL_GET_VERIFIES: Warning "ssl-get-verifies", "SSL_GET looks at certificates, which keepalived does not";
    SSL_GET: Note "ssl-get-unverified", "SSL_GET believes every certificate";
    // Several nodes.
    ONLY_ON_ONE: Warning "only-on-one-node", "an instance that no other node has";
    ROUTER_ID_DIFFERS: Warning "router-id-differs", "nodes with different virtual_router_id";
    ROUTER_ID_CROSSES: Warning "router-id-crosses", "one virtual_router_id for different things";
    FAMILY_DIFFERS: Warning "family-differs", "IPv4 on one node, IPv6 on the other";
    VERSION_DIFFERS: Warning "version-differs", "nodes with different versions";
    INTERVAL_DIFFERS: Warning "interval-differs", "nodes with different intervals in version 2";
    INTERVAL_LEARNED: Note "interval-learned", "nodes with different intervals in version 3";
    AUTH_DIFFERS: Warning "auth-differs", "nodes with different passwords, or a password on one only";
    HMAC_DIFFERS: Warning "hmac-differs", "signed adverts that the other node cannot verify";
    PATH_DIFFERS: Warning "path-differs", "unicast on one node, multicast on the other";
    MULTICAST_GROUP_DIFFERS: Warning "multicast-group-differs", "nodes with different multicast groups";
    PEER_NOT_NAMED: Warning "peer-not-named", "a node that another one does not send to";
    PEERS_ALIKE: Warning "peers-alike", "the same single peer on both nodes";
    SOURCE_ALIKE: Warning "source-alike", "the same source address on both nodes";
    ADDRESSES_DIFFER: Warning "addresses-differ", "nodes with different addresses";
    EXCLUDED_DIFFER: Warning "excluded-differ", "nodes with different excluded addresses";
    LENGTH_DIFFERS: Note "length-differs", "an address with different prefix lengths";
    VMAC_DIFFERS: Warning "vmac-differs", "a virtual MAC on one node only";
    GROUPS_DIFFER: Warning "groups-differ", "a sync group on one node only";
    BOTH_MASTER: Warning "both-master", "state MASTER on both nodes";
    BOTH_OWNER: Warning "both-owner", "priority 255 on both nodes";
    EQUAL_PRIORITY: Warning "equal-priority", "the same priority on both nodes";
    NOPREEMPT_ON_LOWER: Warning "nopreempt-on-lower", "nopreempt only where it changes nothing";
    WEIGHT_TOO_SMALL: Warning "weight-too-small", "a failure that moves nothing";
    WEIGHT_OVERTURNS: Warning "weight-overturns", "weights that turn the order of the priorities round";
    CHECKS_DIFFER: Note "checks-differ", "a check on one node only";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_once() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(
                RULES.iter().skip(at + 1).all(|other| other.code != rule.code),
                "{} twice",
                rule.code
            );
            assert!(matches!(rule.severity, Severity::Warning | Severity::Note));
            assert!(!rule.about.is_empty());
        }
    }

    #[test]
    fn every_code_has_its_place_in_the_manual() {
        let manual = include_str!("../../../../docs/lint.md");
        for rule in RULES {
            let heading = format!("### `{}` ({})\n", rule.code, rule.severity.word());
            let paragraph = manual.split(&heading).nth(1).map(|rest| rest.split("\n#").next());
            let text = paragraph.flatten().unwrap_or_default().trim();
            assert!(
                text.len() > 100,
                "docs/lint.md has no paragraph under {heading:?}"
            );
        }
    }

    #[test]
    fn the_manual_has_no_other_codes() {
        for heading in include_str!("../../../../docs/lint.md").lines() {
            if let Some(rest) = heading.strip_prefix("### `") {
                let code = rest.split('`').next().unwrap();
                assert!(RULES.iter().any(|rule| rule.code == code), "no rule {code}");
            }
        }
    }
}
