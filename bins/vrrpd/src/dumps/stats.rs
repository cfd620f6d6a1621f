//! `keepalived.stats`, as keepalived 2.4.3 writes it.

use std::fmt::Write;

use vrrp_core::Counters;
use vrrp_core::wire::Reject;

use super::seen::Seen;

/// All instances.
pub(super) fn text(seen: &Seen) -> String {
    let mut out = String::new();
    for one in seen.instances() {
        instance(&mut out, &one.planned.name, &one.service.counters);
    }
    out
}

fn instance(out: &mut String, name: &str, counters: &Counters) {
    let rejected = |reason| counters.rejected.get(reason);
    let sections: [(&str, &[(&str, u64)]); 7] = [
        (
            "Advertisements",
            &[
                ("Received", counters.advertisement_rcvd),
                ("Sent", counters.advertisement_sent),
            ],
        ),
        ("Became master", &[("", counters.master_transitions)]),
        ("Released master", &[("", counters.yielded)]),
        (
            "Packet Errors",
            &[
                ("Length", counters.packet_length_errors()),
                ("TTL", counters.ip_ttl_errors()),
                ("Invalid Type", counters.invalid_type_pkts_rcvd()),
                ("Advertisement Interval", counters.interval_errors()),
                ("Address List", counters.address_list_errors()),
            ],
        ),
        (
            "Authentication Errors",
            &[
                ("Invalid Type", rejected(Reject::AuthTypeUnknown)),
                ("Type Mismatch", rejected(Reject::AuthTypeMismatch)),
                ("Failure", rejected(Reject::AuthFailed)),
            ],
        ),
        (
            "Authentication Extension Errors",
            &[
                ("Missing", rejected(Reject::HmacMissing)),
                ("Malformed", rejected(Reject::HmacMalformed)),
                ("Unknown Key", rejected(Reject::HmacUnknownKey)),
                ("Invalid HMAC", rejected(Reject::HmacMismatch)),
                ("Stale", rejected(Reject::HmacStale)),
                ("Replay", rejected(Reject::HmacReplay)),
            ],
        ),
        (
            "Priority Zero",
            &[
                ("Received", counters.priority_zero_pkts_rcvd),
                ("Sent", counters.priority_zero_pkts_sent),
            ],
        ),
    ];
    // Into a string, which takes everything.
    let _ = writeln!(out, "VRRP Instance: {name}");
    for (title, counts) in sections {
        if let [("", count)] = counts {
            let _ = writeln!(out, "  {title}: {count}");
            continue;
        }
        let _ = writeln!(out, "  {title}:");
        for (word, count) in counts {
            let _ = writeln!(out, "    {word}: {count}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Typed from what keepalived 2.4.3 writes of an instance that has sent five advertisements.
    #[test]
    fn the_lines_are_those_of_keepalived() {
        let counters = Counters {
            master_transitions: 1,
            advertisement_sent: 5,
            ..Counters::default()
        };
        let mut out = String::new();
        instance(&mut out, "VI_1", &counters);
        let expected = "VRRP Instance: VI_1\n  Advertisements:\n    Received: 0\n    Sent: 5\n  Became master: 1\n  \
                        Released master: 0\n  Packet Errors:\n    Length: 0\n    TTL: 0\n    Invalid Type: 0\n    \
                        Advertisement Interval: 0\n    Address List: 0\n  Authentication Errors:\n    Invalid Type: 0\n    \
                        Type Mismatch: 0\n    Failure: 0\n  Authentication Extension Errors:\n    Missing: 0\n    \
                        Malformed: 0\n    Unknown Key: 0\n    Invalid HMAC: 0\n    Stale: 0\n    Replay: 0\n  \
                        Priority Zero:\n    Received: 0\n    Sent: 0\n";
        assert_eq!(out, expected);
    }
}
