//! Sync groups. What keepalived 2.2.7 does with the same texts was seen by running it.

use keepalived_conf::{Parsed, Severity, VrrpInstance};

use super::text::{codes, file, found, place};

fn instance(name: &str, id: u8, inside: &str) -> String {
    format!(
        "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {id}\nvirtual_ipaddress {{ 192.0.2.{id} }}\n{inside}\n}}\n"
    )
}

const SCRIPTS: &str =
    "vrrp_script heavy {\nscript /bin/true\nweight 5\n}\nvrrp_script gate {\nscript /bin/true\n}\n";

fn group(name: &str, inside: &str) -> String {
    format!("vrrp_sync_group {name} {{\ngroup {{\nA\nB\n}}\n{inside}\n}}\n")
}

fn tracked(instance: &VrrpInstance) -> Vec<(&str, i16)> {
    let scripts = instance.track_scripts.iter().chain(&instance.track_interfaces);
    scripts
        .map(|track| (track.name.as_str(), track.weight.value.value))
        .collect()
}

fn of<'a>(parsed: &'a Parsed, name: &str) -> &'a VrrpInstance {
    let mut instances = parsed.config.instances.iter();
    instances.find(|instance| instance.name == name).unwrap()
}

/// What the group tracks, every member tracks, weights included; a line of its own counts before.
#[test]
fn what_a_group_tracks_its_members_track() {
    let text = format!(
        "{SCRIPTS}{}{}{}",
        group(
            "G",
            "track_script {\nheavy\ngate\n}\ntrack_interface {\neth0\neth7 weight 3\n}"
        ),
        instance("A", 1, "track_script {\ngate\n}"),
        instance("B", 2, "dont_track_primary")
    );
    let parsed = file(&text);
    assert_eq!(codes(&parsed), ["tracked-twice"], "A tracks eth0 anyway");
    assert_eq!(found(&parsed, "tracked-twice").instance.as_deref(), Some("A"));
    assert_eq!(
        tracked(of(&parsed, "A")),
        [("gate", 0), ("heavy", 5), ("eth7", 3)]
    );
    assert_eq!(
        tracked(of(&parsed, "B")),
        [("heavy", 5), ("gate", 0), ("eth0", 0), ("eth7", 3)]
    );
}

/// `ignoring tracked script heavy with weights due to SYNC group`.
#[test]
fn a_weight_that_only_one_member_has_does_not_count() {
    let inside = "track_script {\nheavy\ngate\n}\ntrack_interface {\neth7 weight -9\n}";
    let both = format!("{}{}", instance("A", 1, inside), instance("B", 2, ""));
    let parsed = file(&format!("{SCRIPTS}{}{both}", group("G", "")));
    // `ignoring eth7 tracked interface weight due to SYNC group`: it is tracked with weight 0.
    assert_eq!(tracked(of(&parsed, "A")), [("gate", 0), ("eth7", 0)]);
    assert_eq!(codes(&parsed), ["weight-in-group", "weight-in-group"]);
    assert_eq!(found(&parsed, "weight-in-group").severity, Severity::Warning);
    let parsed = file(&format!(
        "{SCRIPTS}{}{both}",
        group("G", "sync_group_tracking_weight")
    ));
    assert_eq!(
        tracked(of(&parsed, "A")),
        [("heavy", 5), ("gate", 0), ("eth7", -9)]
    );
    assert_eq!(codes(&parsed), Vec::<&str>::new());
}

/// `Virtual router A cannot exist in more than one sync group; ignoring G2`.
#[test]
fn an_instance_is_in_one_group() {
    let text = format!(
        "{}{}{}{}",
        group("G1", ""),
        group("G2", ""),
        instance("A", 1, ""),
        instance("B", 2, "")
    );
    let parsed = file(&text);
    let names: Vec<_> = parsed
        .config
        .sync_groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["G1"]);
    assert_eq!(codes(&parsed), ["member-of-two", "member-of-two", "small-group"]);
    assert_eq!(place(&parsed, "member-of-two"), "10:1");
}

/// A member that an error drops is no member; the others are still a group.
#[test]
fn a_script_that_does_not_exist_is_told_and_a_name_twice_counts_once() {
    let text = format!(
        "vrrp_sync_group G {{\ngroup {{\nA B A\n}}\ntrack_script {{\nno_such\n}}\n}}\n{}{}",
        instance("A", 1, ""),
        instance("B", 2, "")
    );
    let parsed = file(&text);
    assert_eq!(codes(&parsed), ["unknown-script"]);
    assert_eq!(place(&parsed, "unknown-script"), "6:1");
    assert_eq!(parsed.config.sync_groups[0].members.len(), 2);
}

fn barred(instance: &VrrpInstance) -> Vec<&str> {
    let missing = instance.missing.iter();
    missing.map(|missing| missing.allow_word.as_str()).collect()
}

/// What is not carried out bars every member, and nobody else.
#[test]
fn a_bfd_session_of_the_group_bars_its_members() {
    let text = format!(
        "{}{}{}{}",
        group("G", "track_bfd {\nf\n}"),
        instance("A", 1, ""),
        instance("B", 2, ""),
        instance("C", 3, "")
    );
    let parsed = file(&text);
    assert_eq!(barred(of(&parsed, "A")), ["track_bfd"]);
    assert_eq!(barred(of(&parsed, "B")), ["track_bfd"]);
    assert_eq!(barred(of(&parsed, "C")), Vec::<&str>::new());
}
