//! Who is told: mail, webhooks, named pipes.

use vrrp_control::{Fifo, NoticeTarget};

use super::{Each, Facts, Family, Value};

fn each_target(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&NoticeTarget) -> Value) {
    for target in facts.status.iter().flat_map(|status| &status.notice_targets) {
        each(&[&target.target], of(target));
    }
}

fn each_fifo(facts: &Facts<'_>, each: Each<'_>, of: impl Fn(&Fifo) -> Value) {
    for fifo in facts.status.iter().flat_map(|status| &status.fifos) {
        each(&[&fifo.path], of(fifo));
    }
}

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "vrrpd_notices_sent",
        &["target"],
        "Mails, or calls of a webhook, that have arrived.",
        |facts, each| each_target(facts, each, |target| target.arrived.into()),
    ),
    Family::counter(
        "vrrpd_notices_failed",
        &["target"],
        "Those that were refused, given up or dropped.",
        |facts, each| each_target(facts, each, |target| target.failed.into()),
    ),
    Family::gauge(
        "vrrpd_notices_waiting",
        &["target"],
        "Those that wait to be sent, or to be tried again.",
        |facts, each| each_target(facts, each, |target| target.waiting.into()),
    ),
    Family::gauge(
        "vrrpd_fifo_readers",
        &["path"],
        "1 while somebody reads the named pipe.",
        |facts, each| each_fifo(facts, each, |fifo| fifo.has_reader.into()),
    ),
    Family::gauge(
        "vrrpd_fifo_backlog_lines",
        &["path"],
        "Lines that are not known to be read: in the pipe, or kept for a reader.",
        |facts, each| each_fifo(facts, each, |fifo| fifo.lines_waiting.into()),
    ),
    Family::counter(
        "vrrpd_fifo_read_lines",
        &["path"],
        "Lines that were read.",
        |facts, each| each_fifo(facts, each, |fifo| fifo.lines_read.into()),
    ),
    Family::counter(
        "vrrpd_fifo_lost_lines",
        &["path"],
        "Lines that fell out because too many waited.",
        |facts, each| each_fifo(facts, each, |fifo| fifo.lines_lost.into()),
    ),
];
