//! What each virtual router counts, by the names of RFC 8347 and ours behind them.

use super::{Family, Kind, Series};

const fn of(name: &'static str, counter: &'static str, help: &'static str) -> Family {
    Family {
        name,
        kind: Kind::Counter,
        seconds: false,
        labels: &["name"],
        help,
        series: Series::Counter(counter),
    }
}

pub(super) const FAMILIES: &[Family] = &[
    of(
        "vrrpd_instance_master_transitions",
        "master-transitions",
        "RFC 8347: times that it became Active.",
    ),
    of(
        "vrrpd_instance_advertisement_rcvd",
        "advertisement-rcvd",
        "RFC 8347: advertisements accepted.",
    ),
    of(
        "vrrpd_instance_advertisement_sent",
        "advertisement-sent",
        "RFC 8347: advertisements sent.",
    ),
    of(
        "vrrpd_instance_interval_errors",
        "interval-errors",
        "RFC 8347: advertisements with another interval; those of version 3 are accepted all the same.",
    ),
    of(
        "vrrpd_instance_priority_zero_pkts_rcvd",
        "priority-zero-pkts-rcvd",
        "RFC 8347: accepted with priority 0: the Active has stopped.",
    ),
    of(
        "vrrpd_instance_priority_zero_pkts_sent",
        "priority-zero-pkts-sent",
        "RFC 8347: sent with priority 0: this router has stopped.",
    ),
    of(
        "vrrpd_instance_invalid_type_pkts_rcvd",
        "invalid-type-pkts-rcvd",
        "RFC 8347: packets that are no advertisements.",
    ),
    of(
        "vrrpd_instance_address_list_errors",
        "address-list-errors",
        "RFC 8347: advertisements with other addresses; most are accepted all the same.",
    ),
    of(
        "vrrpd_instance_packet_length_errors",
        "packet-length-errors",
        "RFC 8347: packets that are too short or too long.",
    ),
    of(
        "vrrpd_instance_ip_ttl_errors",
        "ip-ttl-errors",
        "RFC 6527: packets whose TTL or Hop Limit is not 255.",
    ),
    of(
        "vrrpd_instance_yielded",
        "yielded",
        "Times that it went from Active to Backup.",
    ),
    of(
        "vrrpd_instance_send_errors",
        "send-errors",
        "Advertisements that did not leave.",
    ),
    of(
        "vrrpd_instance_announcement_rounds",
        "announcement-rounds",
        "Rounds of gratuitous ARP or unsolicited neighbour advertisements.",
    ),
    of(
        "vrrpd_instance_late_adverts",
        "late-adverts",
        "Advertisements that came more than half an interval late.",
    ),
    of(
        "vrrpd_instance_owner_conflicts",
        "owner-conflicts",
        "Advertisements that the owner of the addresses heard: another one believes to own them.",
    ),
    of(
        "vrrpd_instance_address_list_order",
        "address-list-order",
        "Advertisements with the same addresses in another order.",
    ),
    of(
        "vrrpd_instance_v2_rcvd",
        "v2-rcvd",
        "Advertisements of version 2 accepted.",
    ),
    of(
        "vrrpd_instance_v3_rcvd",
        "v3-rcvd",
        "Advertisements of version 3 accepted.",
    ),
    of(
        "vrrpd_instance_checksum_form_plain",
        "checksum-form-plain",
        "IPv4 advertisements of version 3 with the checksum of RFC 9568.",
    ),
    of(
        "vrrpd_instance_checksum_form_pseudo",
        "checksum-form-pseudo",
        "IPv4 advertisements of version 3 with a pseudo-header in their checksum.",
    ),
    of(
        "vrrpd_instance_triggered_suppressed",
        "triggered-suppressed",
        "Answers to weaker routers that were held back: one was sent a moment before.",
    ),
    of(
        "vrrpd_instance_bounces",
        "bounces",
        "Times that it took over, and yielded within one Active_Down_Interval.",
    ),
    of(
        "vrrpd_instance_hmac_missing",
        "hmac-missing",
        "Advertisements accepted unsigned though this router has keys.",
    ),
    of(
        "vrrpd_instance_hmac_clock",
        "hmac-clock",
        "Advertisements accepted though their sender's clock is far from ours.",
    ),
];
