//! Where a router signs and verifies, with its clock and its memory (PRJ-HMAC-01).

use crate::action::Draft;
use crate::input::Heard;
use crate::seal::Signature;
use crate::time::WallClock;
use crate::virtual_router::VirtualRouter;
use crate::wire::{ChecksumForm, Local, Received, Reject};

#[cfg(feature = "hmac")]
use crate::config::{AntiReplay, AuthHmac};
#[cfg(feature = "hmac")]
use crate::seal::Sealed;
#[cfg(feature = "hmac")]
use crate::wire::hmac::{Memory, Signer, authenticate, sign};

#[cfg(not(feature = "hmac"))]
impl VirtualRouter {
    pub(crate) fn judge_at(
        &mut self,
        _wall: Option<WallClock>,
        received: &Received<'_>,
    ) -> Result<Heard, Reject> {
        let local = Local {
            config: &self.config,
            primary: self.link.primary,
        };
        crate::wire::judge(received, Some(&local))
    }

    #[expect(clippy::unused_self, reason = "with the feature hmac it is used")]
    pub(crate) fn sign(&mut self, _: Draft, _: ChecksumForm, _wall: Option<WallClock>) -> Signature {
        Signature::default()
    }
}

#[cfg(feature = "hmac")]
impl VirtualRouter {
    pub(crate) fn judge_at(
        &mut self,
        wall: Option<WallClock>,
        received: &Received<'_>,
    ) -> Result<Heard, Reject> {
        let local = Local {
            config: &self.config,
            primary: self.link.primary,
        };
        let sequences = &mut self.sequences;
        crate::wire::judge_with(received, Some(&local), |trailer, warnings| {
            let Some(ours) = &local.config.auth_hmac else {
                return Ok(());
            };
            let memory = Some(Memory { wall, sequences });
            authenticate(received, trailer, ours, local.config.interval, memory, warnings)
        })
    }

    pub(crate) fn sign(&mut self, draft: Draft, form: ChecksumForm, wall: Option<WallClock>) -> Signature {
        let Some(ours) = self.config.auth_hmac.as_ref().filter(|ours| ours.signs()) else {
            return Signature::default();
        };
        let window = match ours.anti_replay {
            AntiReplay::Time => Some(u32::from(ours.window_seconds_at(self.config.interval))),
            AntiReplay::Monotonic => None,
        };
        let sequence = wall.map(|wall| self.sequences.next(wall, window));
        let trailer = sequence.and_then(|sequence| self.trailer(ours, draft, form, sequence));
        Signature {
            trailer,
            missing: trailer.is_none(),
        }
    }

    fn trailer(
        &self,
        ours: &AuthHmac,
        draft: Draft,
        form: ChecksumForm,
        sequence: u64,
    ) -> Option<crate::wire::Trailer> {
        let signer = Signer {
            source: self.link.primary?,
            version: draft.version.number(),
            vrid: self.config.vrid.get(),
        };
        let sealed = Sealed {
            config: &self.config,
            draft,
            source: self.link.primary,
            form,
            signature: Signature::default(),
        };
        let mut whole = None;
        let trailer = sign(ours.key(ours.active_key)?, signer, sequence, |add| {
            whole = sealed.advertisement().pieces(add);
        });
        whole.and(trailer)
    }
}
