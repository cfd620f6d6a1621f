//! Definitions that nothing names.

use super::text::{trips, web};

#[test]
fn what_nothing_tracks() {
    for (definition, list) in [
        ("track_file t {\nfile /f\n}", "track_file"),
        ("vrrp_track_file t {\nfile /f\n}", "track_file"),
        ("vrrp_track_process t {\nprocess x\n}", "track_process"),
        ("bfd_instance t {\nneighbor_ip 192.0.2.9\n}", "track_bfd"),
    ] {
        let text = |inside: &str| format!("{definition}\n{}", web(inside));
        let list = format!("{list} {{\nt\n}}");
        trips("unused-track", &text(""), "1:1", &text(&list));
        let other = list.replacen("\nt", "\nu", 1);
        trips("unused-track", &text(&other), "1:1", &text(&list));
        let members = "group {\nA\nB\n}\n";
        let group = format!(
            "{definition}\nvrrp_sync_group G {{\n{members}{list}\n}}\n{}",
            web("")
        );
        trips("unused-track", &text(""), "1:1", &group);
    }
}

#[test]
fn checks_of_servers_track_too() {
    let server = |check: &str| {
        format!("virtual_server 192.0.2.1 80 {{\nreal_server 192.0.2.2 80 {{\n{check}\n}}\n}}\n")
    };
    let file = "track_file t {\nfile /f\n}\n";
    let session = "bfd_instance t {\nneighbor_ip 192.0.2.9\n}\n";
    for (definition, check) in [
        (file, "FILE_CHECK {\ntrack_file t\n}"),
        (session, "BFD_CHECK {\nname t\n}"),
    ] {
        let named = format!("{definition}{}", server(check));
        let other = format!("{definition}{}", server(&check.replace(" t\n", " u\n")));
        trips("unused-track", &other, "1:1", &named);
    }
}

#[test]
fn a_track_group_that_no_entry_carries() {
    let text = |entry: &str| {
        format!(
            "track_group up {{\ngroup {{\nA\n}}\n}}\nstatic_ipaddress {{\n{entry}\n}}\n{}",
            web("")
        )
    };
    let clean = text("198.51.100.9/24 dev eth1 track_group up");
    trips(
        "unused-track-group",
        &text("198.51.100.9/24 dev eth1"),
        "1:1",
        &clean,
    );
}
