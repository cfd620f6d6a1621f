//! What operators have said of real servers, and what is to be put back in the kernel, for the next process of the same supervisor.

use healthcheck::Placement;
use serde::{Deserialize, Serialize};
use vrrp_director::{ServerName, Word};
use vrrp_ipvs::Timeouts;

use crate::steer::bequest::Bequest;

/// What one process leaves to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Left {
    pub(super) words: Vec<(ServerName, Word)>,
    /// Else the next one takes ours for those of the machine, and leaves them at its stop.
    pub(super) timeouts_before: Option<Timeouts>,
    /// Virtual servers whose fallback command was told `start`.
    pub(super) fallbacks: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    words: Vec<KeptWord>,
    fallbacks: Vec<String>,
    timeouts_before: Option<KeptTimeouts>,
}

/// One real server's.
#[derive(Debug, Serialize, Deserialize)]
struct KeptWord {
    virtual_server: String,
    server: String,
    drained: bool,
    weight: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptTimeouts {
    tcp_seconds: u32,
    tcp_fin_seconds: u32,
    udp_seconds: u32,
}

/// What an earlier process has left.
pub(super) fn read(bequest: &Bequest) -> Left {
    let kept: Kept = bequest.read();
    let one = |kept: KeptWord| {
        let name = ServerName {
            virtual_server: kept.virtual_server.into(),
            server: kept.server.into(),
        };
        let placement = if kept.drained {
            Placement::Drained
        } else {
            Placement::Judged
        };
        let weight = kept.weight;
        (name, Word { placement, weight })
    };
    Left {
        fallbacks: kept.fallbacks,
        words: kept.words.into_iter().map(one).collect(),
        timeouts_before: kept.timeouts_before.map(|kept| Timeouts {
            tcp_seconds: kept.tcp_seconds,
            tcp_fin_seconds: kept.tcp_fin_seconds,
            udp_seconds: kept.udp_seconds,
        }),
    }
}

/// Puts down what stands now.
pub(super) fn write(bequest: &Bequest, left: &Left) {
    let one = |(name, word): &(ServerName, Word)| KeptWord {
        virtual_server: name.virtual_server.to_string(),
        server: name.server.to_string(),
        drained: matches!(word.placement, Placement::Drained | Placement::Out),
        weight: word.weight,
    };
    bequest.write(Kept {
        fallbacks: left.fallbacks.clone(),
        words: left.words.iter().map(one).collect(),
        timeouts_before: left.timeouts_before.map(|before| KeptTimeouts {
            tcp_seconds: before.tcp_seconds,
            tcp_fin_seconds: before.tcp_fin_seconds,
            udp_seconds: before.udp_seconds,
        }),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_read_by_the_next_process_of_the_same_supervisor_alone() {
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("vrrpd.sock");
        let of = |supervisor| Bequest::of(Some(&control), Some(supervisor), ".servers");
        let word = |server: &str, placement, weight| {
            let name = ServerName {
                virtual_server: "TCP 192.0.2.1:80".into(),
                server: server.into(),
            };
            (name, Word { placement, weight })
        };
        let left = Left {
            words: vec![
                word("192.0.2.10:80", Placement::Drained, None),
                word("192.0.2.11:80", Placement::Judged, Some(7)),
            ],
            timeouts_before: Some(Timeouts {
                tcp_seconds: 900,
                tcp_fin_seconds: 120,
                udp_seconds: 300,
            }),
            fallbacks: vec!["TCP 192.0.2.1:80".to_owned()],
        };
        assert_eq!(read(&of("one")), Left::default());
        write(&of("one"), &left);
        assert_eq!(read(&of("one")), left);
        assert_eq!(read(&of("another")), Left::default(), "that is a new start");
        write(&of("one"), &Left::default());
        assert_eq!(read(&of("one")), Left::default());
    }
}
