//! HM-10: who signs and who has to; the way from nothing to `enforce`, and from one key to another.

use vrrp_conformance::proves;
use vrrp_core::wire::Reject;
use vrrp_core::{AuthHmac, HmacKey, HmacMode, Settings, Version};

use crate::golden::{primary, settings};
use crate::node::{Node, at};

const A: &str = "v3-ip4-node-a";
const B: &str = "v3-ip4-node-b";
const NOW: u64 = 1_795_230_725;

fn node(name: &str, change: impl FnOnce(&mut AuthHmac)) -> Node {
    let mut settings = settings(name);
    change(settings.auth_hmac.as_mut().unwrap());
    Node::new(settings, primary(name))
}

fn without(name: &str) -> Node {
    let mut settings = settings(name);
    settings.auth_hmac = None;
    Node::new(settings, primary(name))
}

/// What becomes of an advertisement from one to the other.
fn heard(sender: &mut Node, receiver: &mut Node) -> Result<(), Reject> {
    let octets = sender.sends(at(NOW), 200).unwrap();
    receiver.hear(at(NOW), primary(A), &octets).map(|_| ())
}

/// HM-10: the table of modes.
#[test]
fn hm_10_obeys_the_table_of_modes() {
    let modes = [HmacMode::Enforce, HmacMode::Permissive, HmacMode::ReceiveOnly];
    for mode in modes {
        let mut sender = node(A, |auth| auth.mode = mode);
        let signed = sender.sends(at(NOW), 200).unwrap().len() == 40;
        assert_eq!(signed, mode != HmacMode::ReceiveOnly);
        let mut receiver = node(B, |auth| auth.mode = mode);
        let unsigned = heard(&mut without(A), &mut receiver);
        let expected = match mode {
            HmacMode::Enforce => Err(Reject::HmacMissing),
            HmacMode::Permissive | HmacMode::ReceiveOnly => Ok(()),
        };
        assert_eq!(unsigned, expected);
        let counted = u64::from(expected.is_ok());
        assert_eq!(receiver.router.counters().hmac_missing, counted);
        // Verified in every mode, and a bad one discarded in every mode.
        let octets = node(A, |_| {}).sends(at(NOW), 200).unwrap();
        let mut bad = octets.clone();
        bad[39] ^= 1;
        let source = primary(A);
        assert_eq!(
            receiver.hear(at(NOW), source, &bad),
            Err(Reject::HmacMismatch),
            "{mode:?}"
        );
        receiver.hear(at(NOW), source, &octets).unwrap();
        // HM-10: cut to what keepalived takes for padding.
        assert_eq!(
            receiver.hear(at(NOW), source, &octets[..38]),
            Err(Reject::LengthSurplus)
        );
    }
    proves!("HM-10", Obeys);
}

/// Without the extension a signed advertisement is a wrong length.
#[test]
fn hm_10_refuses_a_trailer_without_the_extension() {
    assert_eq!(
        heard(&mut node(A, |_| {}), &mut without(B)),
        Err(Reject::LengthSurplus)
    );
    proves!("HM-10", Refuses);
}

/// The order of a rollout: at every step each believes the other.
#[test]
fn hm_10_obeys_a_rollout_loses_no_advertisement() {
    let stages: [Option<HmacMode>; 4] = [
        None,
        Some(HmacMode::ReceiveOnly),
        Some(HmacMode::Permissive),
        Some(HmacMode::Enforce),
    ];
    let at_stage = |name: &str, stage: Option<HmacMode>| match stage {
        None => without(name),
        Some(mode) => node(name, |auth| auth.mode = mode),
    };
    for pair in stages.windows(2) {
        for (one, other) in [(pair[0], pair[1]), (pair[1], pair[0]), (pair[1], pair[1])] {
            assert_eq!(
                heard(&mut at_stage(A, one), &mut at_stage(B, other)),
                Ok(()),
                "{one:?} to {other:?}"
            );
        }
    }
    // Skipping one does not work, and that is told.
    assert_eq!(
        heard(&mut at_stage(A, stages[2]), &mut at_stage(B, None)),
        Err(Reject::LengthSurplus)
    );
    proves!("HM-10", Obeys);
}

fn second() -> HmacKey {
    HmacKey::new(2, &[0x5a; 64]).unwrap()
}

fn change_keys(node: &mut Node, change: impl FnOnce(&mut AuthHmac)) {
    let mut settings: Settings = node.router.config().settings().clone();
    change(settings.auth_hmac.as_mut().unwrap());
    node.router
        .reconfigure(node.now, settings.build().unwrap())
        .unwrap();
}

/// A new key while running: added everywhere, made active, the old one taken away; every step heard.
#[test]
fn hm_11_obeys_a_key_is_changed_without_a_gap() {
    let (mut a, mut b) = (node(A, |_| {}), node(B, |_| {}));
    let mut rounds = 0;
    let mut both_hear = |a: &mut Node, b: &mut Node| {
        rounds += 1;
        let at = at(NOW + rounds);
        let from_a = a.sends(at, 200).unwrap();
        let from_b = b.sends(at, 100).unwrap();
        b.hear(at, primary(A), &from_a).unwrap();
        a.hear(at, primary(B), &from_b).unwrap();
        (from_a[13], from_b[13])
    };
    assert_eq!(both_hear(&mut a, &mut b), (1, 1));
    for step in [
        (|auth: &mut AuthHmac| auth.keys.push(second())) as fn(&mut AuthHmac),
        |auth| auth.active_key = 2,
        |auth| auth.keys.retain(|key| key.id() == 2),
    ] {
        change_keys(&mut a, step);
        both_hear(&mut a, &mut b);
        change_keys(&mut b, step);
        both_hear(&mut a, &mut b);
    }
    assert_eq!(both_hear(&mut a, &mut b), (2, 2));
    // The old one is worth nothing any more.
    let mut old = node(A, |_| {});
    let octets = old.sends(at(NOW + 20), 200).unwrap();
    assert_eq!(
        b.hear(at(NOW + 20), primary(A), &octets),
        Err(Reject::HmacUnknownKey)
    );
    proves!("HM-11", Obeys);
}

/// Version 2 keeps type 0 and zeros; type 1 is not believed, signed or not.
#[test]
fn hm_10_obeys_version_2_has_no_other_authentication() {
    let mut sender = Node::named("v2-ip4-node-a");
    assert_eq!(sender.router.config().version, Version::V2);
    let octets = sender.sends(at(NOW), 200).unwrap();
    assert_eq!(octets.len(), 16 + 8 + 28);
    assert_eq!(octets[4], 0);
    assert_eq!(octets[16..24], [0; 8]);
    proves!("HM-10", Obeys);
}
