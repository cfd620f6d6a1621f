//! Different implementations as one virtual router: whoever is better is Active, whoever fails is replaced, within what
//! the protocol allows, and tshark has nothing to say about what we send.
//!
//! The subject is vrrpd unless `VRRP_INTEROP_SUBJECT` names another one: with keepalived as the subject the same table
//! proves the lab. Each test's name says beside whom, with which configuration, and in which role.

use vrrp_conformance::proves;
use vrrp_lab::interop::facts::Facts;
use vrrp_lab::interop::{Case, Group, Mode, Speaker, Vmac, dissect, equals, life};
use vrrp_lab::private;
use vrrp_lab::skip::skip;

/// What misses a bound is measured once more, with everything made anew: a fault of the programs misses it again, a machine
/// that was busy elsewhere does not.
fn within_bounds(
    case: &Case,
    body: fn(&mut Group) -> Result<(), vrrp_lab::LabError>,
) -> Result<Group, vrrp_lab::LabError> {
    let mut group = Group::new(case)?;
    match body(&mut group) {
        Ok(()) => return Ok(group),
        Err(vrrp_lab::LabError::OutOfBounds(missed)) => println!("  measured again: {missed}"),
        Err(error) => return Err(error),
    }
    drop(group);
    let mut group = Group::new(case)?;
    body(&mut group)?;
    Ok(group)
}

/// Run a case in a namespace of its own. True inside, where it has passed for our daemon.
fn case(
    name: &str,
    peer: Speaker,
    mode: &str,
    subject_first: bool,
    body: fn(&mut Group) -> Result<(), vrrp_lab::LabError>,
) -> bool {
    let subject = Speaker::chosen("VRRP_INTEROP_SUBJECT", Speaker::Vrrpd).expect("a subject");
    let mode = Mode::named(mode).expect("a mode of the table");
    let missing = [subject.present(), peer.present(), dissect::version().map(drop)];
    if let Some(missing) = missing.iter().find_map(|program| program.as_ref().err()) {
        skip(name, &missing.to_string());
        return false;
    }
    let case = Case {
        subject,
        peer,
        mode,
        subject_first,
    };
    if let Err(reason) = case.fits() {
        println!("{name}: {reason}");
        return false;
    }
    let mut judged = false;
    private::test_beside(name, true, || {
        println!("{}", case.title()?);
        let group = within_bounds(&case, body)?;
        println!("  seen of {}: {}", peer.version()?, Facts::of(group.peer()));
        if subject == Speaker::Vrrpd {
            let uses_vmac = matches!(mode.vmac, Vmac::Vrrpd | Vmac::Both);
            let address = if uses_vmac {
                "the virtual hardware address"
            } else {
                "the card's own"
            };
            let facts = Facts::of(group.subject());
            println!("  seen of {}: {facts}", subject.version()?);
            assert_eq!(facts.senders.into_iter().collect::<Vec<_>>(), [address]);
            let adverts = dissect::dissect(group.subject())?;
            println!(
                "  {}: {adverts} advertisements of ours, no doubt",
                dissect::version()?
            );
        }
        judged = subject == Speaker::Vrrpd;
        Ok(())
    });
    judged
}

fn whole_life(group: &mut Group) -> Result<(), vrrp_lab::LabError> {
    for line in life(group)? {
        println!("{line}");
    }
    Ok(())
}

fn parts_meet(group: &mut Group) -> Result<(), vrrp_lab::LabError> {
    println!("{}", equals(group)?);
    Ok(())
}

macro_rules! matrix {
    ($($beside:ident $peer:ident { $($mode:ident: $($id:literal)+;)* })*) => { $(
        mod $beside { $( mod $mode {
            use crate::{Speaker, case, parts_meet, proves, whole_life};

            const PLACE: &str = concat!(stringify!($beside), "::", stringify!($mode), "::");

            #[test]
            fn as_the_better() {
                let name = format!("{PLACE}as_the_better");
                if case(&name, Speaker::$peer, stringify!($mode), true, whole_life) {
                    proves!("PRJ-STOP-01", "PRJ-STOP-02", $($id,)+ Obeys);
                }
            }

            #[test]
            fn as_the_other() {
                let name = format!("{PLACE}as_the_other");
                if case(&name, Speaker::$peer, stringify!($mode), false, whole_life) {
                    proves!("X-20", $($id,)+ Obeys);
                }
            }

            #[test]
            fn of_equal_priority_with_the_lower_address() {
                let name = format!("{PLACE}of_equal_priority_with_the_lower_address");
                if case(&name, Speaker::$peer, stringify!($mode), true, parts_meet) {
                    proves!($($id,)+ Obeys);
                }
            }

            #[test]
            fn of_equal_priority_with_the_higher_address() {
                let name = format!("{PLACE}of_equal_priority_with_the_higher_address");
                if case(&name, Speaker::$peer, stringify!($mode), false, parts_meet) {
                    proves!($($id,)+ Obeys);
                }
            }
        } )* }
    )* };
}

matrix! {
    beside_keepalived Keepalived {
        v2: "V2-6.4.2-01" "V2-6.4.3-01";
        v2_pass: "V2-7.1-07" "A-5.3.6.2-01";
        v3: "PRJ-CK-01" "DEV-01";
        v3_ipv6: "V3-6.4.2-06" "V3-6.4.3-08";
        v3_unicast: "X-14";
        v3_peers_vmac: "V3-6.4.2-06" "V3-6.4.3-08";
        v3_vmac: "V3-6.4.2-06" "V3-6.4.3-08";
        v3_ipv6_vmac: "V3-6.4.2-06" "V3-6.4.3-08";
        v3_ipv6_unicast: "X-14";
        both_beside_v2: "V3-8.4.2-03" "V3-8.4.2-04";
        both_beside_v3: "V3-8.4.2-03" "V3-8.4.2-05";
    }
    beside_frr Frr {
        v2: "V2-6.4.2-01" "V2-6.4.3-01";
        v3: "PRJ-CK-01" "DEV-01";
        v3_ipv6: "V3-6.4.2-06" "V3-6.4.3-08";
        v3_our_vmac: "V3-6.4.2-06" "V3-6.4.3-08";
        both_beside_v2: "V3-8.4.2-03" "V3-8.4.2-04";
    }
}
