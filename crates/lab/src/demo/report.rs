//! The numbers beside the protocol's own.

use super::cast::Cast;
use crate::daemon::Daemon;
use crate::http::Requests;
use crate::picture::Story;
use crate::probe::Replies;
use crate::{Stamp, theory};
use std::fmt::Write as _;
use std::time::Duration;

/// The virtual router of the example files: version 2, one second, lb02 with priority 100.
const VRID: u8 = 55;
const INTERVAL: Duration = Duration::from_secs(1);
const PRIORITY_OF_LB02: u8 = 100;

/// One thing that happened.
#[derive(Debug)]
pub(super) struct Chapter {
    what: &'static str,
    measured_ms: f64,
    theory_ms: f64,
    because: String,
}

/// Everything that is printed at the end.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) story: Story,
    pub(super) chapters: Vec<Chapter>,
    pub(super) own_stall: Duration,
    pub(super) fresh: Requests,
    pub(super) kept: Requests,
}

/// The longest silence that ended between two moments.
fn outage_ms(replies: &Replies, from: Stamp, to: Stamp) -> f64 {
    let within = Replies {
        replies: replies.replies.iter().filter(|r| r.at < to).copied().collect(),
        ..replies.clone()
    };
    within
        .longest_silence(from)
        .map_or(f64::NAN, |s| s.length().as_secs_f64() * 1e3)
}

impl Chapter {
    pub(super) fn power_cut(cast: &Cast, replies: &Replies, cut: Stamp, until: Stamp) -> Self {
        let down_ms = theory::active_down(2, PRIORITY_OF_LB02, INTERVAL).as_secs_f64() * 1e3;
        let last_answer = replies
            .last_of(cast.lb01.node.number(), until)
            .map_or(cut, |r| r.at);
        let adverts = cast.watch.adverts(&cast.lb01.node, VRID, Stamp(0));
        let last_advert = adverts
            .iter()
            .rev()
            .find(|s| s.at < until)
            .map_or(last_answer, |s| s.at);
        let before_ms = last_answer.ms_since(last_advert);
        Self {
            what: "power cut",
            measured_ms: outage_ms(replies, cut, until),
            theory_ms: down_ms - before_ms,
            because: format!(
                "3 x 1 s + (256-{PRIORITY_OF_LB02})/256 s = {down_ms:.3} ms, begun by lb01's last advertisement, \
                 {before_ms:.3} ms before"
            ),
        }
    }

    pub(super) fn returned(replies: &Replies, back: Stamp, until: Stamp) -> Self {
        Self {
            what: "return",
            measured_ms: outage_ms(replies, back, until),
            theory_ms: 0.0,
            because: "lb02 answers until lb01 announces the address".to_owned(),
        }
    }

    pub(super) fn planned_stop(cast: &Cast, replies: &Replies, stop: Stamp, until: Stamp) -> Self {
        let (theory_ms, because) = match cast.daemon {
            Daemon::Vrrpd => (0.0, "lb01 answers until lb02 has spoken".to_owned()),
            Daemon::Keepalived => {
                let skew_ms = theory::skew(2, PRIORITY_OF_LB02, INTERVAL).as_secs_f64() * 1e3;
                (
                    skew_ms,
                    "the address goes at once, lb02 waits its skew".to_owned(),
                )
            }
        };
        Self {
            what: "planned stop",
            measured_ms: outage_ms(replies, stop, until),
            theory_ms,
            because,
        }
    }
}

impl Report {
    pub(super) fn table(&self) -> String {
        let mut text = String::from("  outage seen by the client   measured        theory\n");
        for c in &self.chapters {
            let _ = writeln!(
                text,
                "  {:<24} {:>9.3} ms  {:>9.3} ms",
                c.what, c.measured_ms, c.theory_ms
            );
            let _ = writeln!(text, "                           {}", c.because);
        }
        let stall_ms = self.own_stall.as_secs_f64() * 1e3;
        let _ = writeln!(
            text,
            "  {:<24} {stall_ms:>9.3} ms                  the client's own longest pause",
            "(client)"
        );
        let _ = writeln!(
            text,
            "\n  web pages within 50 ms: {} of {} over new connections, {} of {} over a kept one",
            self.fresh.asked - self.fresh.failed,
            self.fresh.asked,
            self.kept.asked - self.kept.failed,
            self.kept.asked
        );
        text
    }
}
