//! PRJ-CK-01, PRJ-CK-03: `auto` follows what was accepted last, and tells when a group cannot agree.

use vrrp_conformance::proves;
use vrrp_core::wire::{ChecksumForm, verify};
use vrrp_core::{Draft, Family, Heard, Input, Ipv4Checksum, Version};

use crate::subject::{Subject, cs, default, ip, rfc};

fn sent_form(router: &mut Subject) -> Option<ChecksumForm> {
    let draft = Draft {
        priority: 100,
        version: Version::V3,
    };
    let mut octets = [0; 12];
    let sealed = router.router.seal(draft, None);
    let source = sealed.source().unwrap();
    sealed.encode(Family::Ipv4.group(), &mut octets).unwrap();
    verify(&octets, source, Family::Ipv4.group()).only()
}

fn hear(router: &mut Subject, source: &str, form: Option<ChecksumForm>) -> String {
    let heard = Heard {
        checksum: form,
        ..router.heard(ip(source), 200, cs(100))
    };
    router.does(Input::Heard(heard))
}

/// PRJ-CK-01: before any was heard the pseudo-header form, then the form of the last accepted advertisement.
#[test]
fn prj_ck_01_obeys_auto_follows_the_peer() {
    let mut router = Subject::backup(default(100, 100));
    assert_eq!(sent_form(&mut router), Some(ChecksumForm::Pseudo));
    hear(&mut router, "192.0.2.20", Some(ChecksumForm::Plain));
    assert_eq!(sent_form(&mut router), Some(ChecksumForm::Plain));
    hear(&mut router, "192.0.2.20", Some(ChecksumForm::Pseudo));
    assert_eq!(sent_form(&mut router), Some(ChecksumForm::Pseudo));
    proves!("PRJ-CK-01", Obeys);
}

/// PRJ-CK-01: a message right in both forms changes nothing.
#[test]
fn prj_ck_01_refuses_to_learn_from_a_message_right_in_both() {
    let mut router = Subject::backup(default(100, 100));
    hear(&mut router, "192.0.2.20", Some(ChecksumForm::Plain));
    hear(&mut router, "192.0.2.20", None);
    assert_eq!(sent_form(&mut router), Some(ChecksumForm::Plain));
    proves!("PRJ-CK-01", Refuses);
}

/// PRJ-CK-01: a configured form stays.
#[test]
fn prj_ck_01_refuses_to_follow_where_a_form_is_configured() {
    let mut strict = Subject::backup(rfc(100, 100));
    hear(&mut strict, "192.0.2.20", Some(ChecksumForm::Pseudo));
    assert_eq!(sent_form(&mut strict), Some(ChecksumForm::Plain));
    let mut settings = default(100, 100);
    settings.ipv4_checksum = Ipv4Checksum::PseudoHeader;
    let mut fixed = Subject::backup(settings);
    hear(&mut fixed, "192.0.2.20", Some(ChecksumForm::Plain));
    assert_eq!(sent_form(&mut fixed), Some(ChecksumForm::Pseudo));
    proves!("PRJ-CK-01", Refuses);
}

/// PRJ-CK-03: told once, when two routers use different forms; one that changes its own is no conflict.
#[test]
fn prj_ck_03_obeys_two_forms_are_told_once() {
    let mut router = Subject::backup(default(100, 100));
    assert_eq!(hear(&mut router, "192.0.2.20", Some(ChecksumForm::Plain)), "");
    assert_eq!(hear(&mut router, "192.0.2.20", Some(ChecksumForm::Pseudo)), "");
    assert_eq!(
        hear(&mut router, "192.0.2.21", Some(ChecksumForm::Plain)),
        "ChecksumFormsMixed { source: 192.0.2.21 }"
    );
    assert_eq!(hear(&mut router, "192.0.2.20", Some(ChecksumForm::Pseudo)), "");
    proves!("PRJ-CK-03", Obeys);
}
