//! What operators have said of real servers, for the next process of the same supervisor.

use healthcheck::Placement;
use serde::{Deserialize, Serialize};
use vrrp_director::{Handle, ServerName, Word};

use crate::steer::bequest::Bequest;

/// One real server's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    virtual_server: String,
    server: String,
    drained: bool,
    weight: Option<u32>,
}

/// What was said to an earlier process.
pub(super) fn read(bequest: &Bequest) -> Vec<(ServerName, Word)> {
    let kept: Vec<Kept> = bequest.read();
    let one = |kept: Kept| {
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
    kept.into_iter().map(one).collect()
}

/// Puts down what stands now.
pub(super) fn write(bequest: &Bequest, director: &Handle) {
    let said = director.words().into_iter();
    let kept = said.map(|(name, word)| Kept {
        virtual_server: name.virtual_server.to_string(),
        server: name.server.to_string(),
        drained: matches!(word.placement, Placement::Drained | Placement::Out),
        weight: word.weight,
    });
    bequest.write(kept.collect::<Vec<_>>());
}
