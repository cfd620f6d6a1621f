//! `track_file` and `vrrp_track_process`: what was seen of keepalived 2.2.7 with `-d`.

use std::time::Duration;

use keepalived_conf::{ParamMatch, Parsed, Track, VrrpInstance};

use super::text::{codes, file, found, place};

const FILES: &str = "\
track_file d1 {
file /run/d1
}
vrrp_track_file d5 {
file \"/run/d 5\"
weight -5 reverse
init_file 3 overwrite
}
track_file d0 {
file /run/d0
weight 0
}
vrrp_track_process p0 {
process nginx
}
vrrp_track_process p5 {
process /usr/sbin/x -a \"b c\"
param_match initial
weight 5 reverse
quorum 2
quorum_max 5
delay 1.5
terminate_delay 3
}
";

fn instance(name: &str, vrid: u8, lines: &str) -> String {
    format!(
        "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {vrid}\nvirtual_ipaddress {{ 192.0.2.{vrid} }}\n{lines}\n}}\n"
    )
}

fn tracking(lines: &str) -> Parsed {
    file(&format!("{FILES}{}", instance("A", 1, lines)))
}

fn of<'a>(parsed: &'a Parsed, name: &str) -> &'a VrrpInstance {
    let mut all = parsed.config.instances.iter();
    all.find(|instance| instance.name == name).unwrap()
}

/// Name, weight, reverse.
fn list(tracks: &[Track]) -> Vec<(&str, i16, bool)> {
    let one = |track: &'_ Track| (track.weight.value.value, track.weight.value.reverse);
    tracks
        .iter()
        .map(|track| (track.name.as_str(), one(track).0, one(track).1))
        .collect()
}

#[test]
fn definitions_have_their_defaults() {
    let parsed = tracking("");
    assert_eq!(codes(&parsed), Vec::<&str>::new());
    let [one, five, zero] = &parsed.config.track_files[..] else {
        panic!("three files");
    };
    assert_eq!(
        (
            one.file.value.as_str(),
            one.weight.value.value,
            one.init.is_none()
        ),
        ("/run/d1", 1, true)
    );
    assert_eq!(five.file.value, "/run/d 5");
    assert_eq!((five.weight.value.value, five.weight.value.reverse), (-5, true));
    let init = five.init.unwrap().value;
    assert_eq!((init.value, init.overwrite), (3, true));
    assert_eq!(zero.weight.value.value, 0);
    let [plain, whole] = &parsed.config.track_processes[..] else {
        panic!("two processes");
    };
    assert_eq!(plain.process.value, ["nginx"]);
    assert_eq!((plain.weight.value.value, plain.quorum.value), (0, 1));
    assert_eq!(
        (plain.quorum_max.is_none(), plain.fork_delay.value),
        (true, Duration::ZERO)
    );
    assert_eq!(whole.process.value, ["/usr/sbin/x", "-a", "b c"]);
    assert_eq!(whole.param_match.unwrap().value, ParamMatch::Initial);
    assert_eq!((whole.quorum.value, whole.quorum_max.unwrap().value), (2, 5));
    assert_eq!(whole.fork_delay.value, Duration::from_millis(1500));
    assert_eq!(whole.terminate_delay.value, Duration::from_secs(3));
}

/// keepalived takes the first of two without a word.
#[test]
fn the_first_of_two_definitions_counts() {
    let parsed = file(&format!(
        "{FILES}track_file d1 {{\nfile /other\n}}\nvrrp_track_process p0 {{\nprocess x\n}}\n"
    ));
    assert_eq!(codes(&parsed), ["duplicate-block", "duplicate-block"]);
    assert_eq!(parsed.config.track_files[0].file.value, "/run/d1");
    assert_eq!(parsed.config.track_processes[0].process.value, ["nginx"]);
}

#[test]
fn a_line_takes_from_its_definition_what_it_leaves_out() {
    let parsed = tracking(
        "track_file {\nd1\nd5 weight 9\nd0 weight 3 reverse\n}\ntrack_process {\np0 weight -254\np5 weight 4 noreverse\n}",
    );
    assert_eq!(codes(&parsed), Vec::<&str>::new());
    let instance = of(&parsed, "A");
    assert_eq!(
        list(&instance.track_files),
        [("d1", 1, false), ("d5", 9, true), ("d0", 3, true)]
    );
    assert_eq!(
        list(&instance.track_processes),
        [("p0", -254, false), ("p5", 4, false)]
    );
}

/// Lines that keepalived leaves out, each with a word of it.
#[test]
fn lines_that_do_not_count() {
    for (line, code) in [
        ("nope", "unknown-track"),
        ("below", "unknown-track"),
        ("d1\nd1 weight 7", "tracked-twice"),
        ("d5 reverse", "unknown-option"),
        ("d5 noreverse", "unknown-option"),
        ("d5 weight", "missing-argument"),
        ("d5 weight 3 twice", "unknown-option"),
    ] {
        let parsed = file(&format!(
            "{FILES}{}track_file below {{\nfile /run/below\n}}\n",
            instance("A", 1, &format!("track_file {{\n{line}\n}}"))
        ));
        assert_eq!(codes(&parsed), [code], "{line}");
        let expected = if line.starts_with("d1") { 1 } else { 0 };
        assert_eq!(of(&parsed, "A").track_files.len(), expected, "{line}");
    }
}

/// `number '255' outside range [-254, 254]`: the weight is that of the definition.
#[test]
fn a_weight_out_of_range_is_left_out() {
    let parsed = tracking("track_file {\nd5 weight 255\n}\ntrack_process {\np5 weight x\n}");
    assert_eq!(codes(&parsed), ["bad-number", "bad-number"]);
    assert_eq!(list(&of(&parsed, "A").track_files), [("d5", -5, true)]);
    // What is no number is 0.
    assert_eq!(list(&of(&parsed, "A").track_processes), [("p5", 0, true)]);
}

/// `ignoring weight from tracked file d1 due to address_owner. specify weight 0`.
#[test]
fn an_owner_has_gates_only() {
    let parsed = tracking("priority 255\ntrack_file {\nd1\nd5\nd0\n}\ntrack_process {\np0\np5\n}");
    let instance = of(&parsed, "A");
    assert_eq!(list(&instance.track_files), [("d1", 0, false), ("d0", 0, false)]);
    assert_eq!(
        list(&instance.track_processes),
        [("p0", 0, false), ("p5", 5, true)]
    );
    assert_eq!(codes(&parsed), ["weight-without-effect", "weight-without-effect"]);
}

/// `ignoring weight from tracked file d1 due to SYNC group. specify weight 0`; processes keep theirs.
#[test]
fn a_member_of_a_group_has_gates_only() {
    let group = "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}\n";
    let lines = "track_file {\nd1\nd5\nd0\n}\ntrack_process {\np5\n}";
    let both = format!("{}{}", instance("A", 1, lines), instance("B", 2, ""));
    let parsed = file(&format!("{FILES}{group}{both}"));
    assert_eq!(
        list(&of(&parsed, "A").track_files),
        [("d1", 0, false), ("d0", 0, false)]
    );
    assert_eq!(list(&of(&parsed, "A").track_processes), [("p5", 5, true)]);
    assert_eq!(codes(&parsed), ["weight-without-effect", "weight-without-effect"]);
}

/// `(A) track_file d1 is configured on VRRP instance and sync group. Remove vrrp instance config`.
#[test]
fn what_the_group_tracks_counts_before_what_a_member_does() {
    let group = "vrrp_sync_group G {\ngroup {\nA\nB\n}\nsync_group_tracking_weight\ntrack_file {\nd1\nd5 weight 3\nnope\nd1\n}\ntrack_process {\np5\n}\n}\n";
    let lines = "track_file {\nd0\nd5\n}\ntrack_process {\np5 weight 7\n}";
    let both = format!("{}{}", instance("A", 1, lines), instance("B", 2, ""));
    let parsed = file(&format!("{FILES}{group}{both}"));
    assert_eq!(
        list(&of(&parsed, "A").track_files),
        [("d0", 0, false), ("d1", 1, false), ("d5", 3, true)]
    );
    assert_eq!(
        list(&of(&parsed, "B").track_files),
        [("d1", 1, false), ("d5", 3, true)]
    );
    assert_eq!(list(&of(&parsed, "A").track_processes), [("p5", 5, true)]);
    let mut codes = codes(&parsed);
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["tracked-twice", "tracked-twice", "tracked-twice", "unknown-track"]
    );
}

/// A definition that is lost by a mistake bars whoever tracks it: keepalived would run it unchecked.
#[test]
fn a_misspelt_file_bars() {
    let text = format!(
        "track_file f {{\nfil /run/f\n}}\n{}",
        instance("A", 1, "track_file {\nf\n}")
    );
    let parsed = file(&text);
    assert_eq!(of(&parsed, "A").missing.len(), 1);
    assert_eq!(
        found(&parsed, "incomplete-block").keepalived,
        keepalived_conf::Keepalived::Reports
    );
    assert_eq!(place(&parsed, "incomplete-block"), "1:1");
}
