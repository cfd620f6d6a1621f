//! The example files of the project.

use keepalived_conf::{Command, Host, MemoryFiles, Parsed, Path, Version, parse_for, render};

use super::text::{barred, codes, found, only, place};

fn example(name: &str, id: &str) -> Parsed {
    let path = format!("{}/../../examples/{name}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let host = Host {
        config_id: Some(id.to_owned()),
        ..Host::default()
    };
    parse_for(&host, &MemoryFiles::new([(name, bytes)]), name)
}

#[test]
fn the_pair_runs_as_it_is() {
    let first = example("lb01.conf", "lb01");
    let second = example("lb02.conf", "lb02");
    for (parsed, interface, priority, prefix, label) in [
        (&first, "eth1", 150, "192.168.190.23/24", "eth1:1"),
        (&second, "eth2", 100, "192.168.190.23/32", "eth2:1"),
    ] {
        assert!(
            codes(parsed).iter().all(|code| *code == "no-effect"),
            "{:?}",
            codes(parsed)
        );
        assert!(barred(parsed).is_empty() && !parsed.is_fatal());
        let instance = only(parsed);
        assert_eq!(instance.interface.as_ref().unwrap().value, interface);
        assert_eq!(
            (
                instance.virtual_router_id.value,
                instance.priority.value,
                instance.advert_int_cs.value
            ),
            (55, priority, 100)
        );
        assert_eq!(instance.version.value, Version::V2);
        assert_eq!(
            instance.authentication.as_ref().unwrap().value.padded(),
            *b"123456\0\0"
        );
        let address = &instance.addresses[0];
        assert_eq!(address.prefix.value.to_string(), prefix);
        assert_eq!(address.dev.as_ref().unwrap().value, interface);
        assert_eq!(address.label.as_ref().unwrap().value, label);
    }
    assert_eq!(first.config.global.router_id.as_ref().unwrap().value, "lb01");
}

#[test]
fn the_port_check_is_an_open_question() {
    let parsed = example("port-check.conf", "lb01");
    assert_eq!(codes(&parsed), Vec::<&str>::new());
    let script = &parsed.config.scripts[0];
    assert_eq!(
        script.command.value,
        Command::CanOpen {
            path: "/dev/tcp/127.0.0.1/8088".to_owned()
        }
    );
    assert_eq!(only(&parsed).track_scripts[0].weight.value.value, -2);
}

/// Everything that is wrong with it is said, and how keepalived reads it; nothing is started.
#[test]
fn the_pasted_line_is_explained() {
    let parsed = example("pasted.conf", "lb01");
    for code in [
        "typographic-quote",
        "unexpected-open-brace",
        "stranded-keyword",
        "missing-close-brace",
        "settings-on-one-line",
        "surplus-words",
        "instance-incomplete",
    ] {
        let text = render(found(&parsed, code), &parsed.sources, false);
        assert!(text.starts_with("pasted.conf:1:"), "{text}");
    }
    assert!(parsed.config.instances.is_empty());
    assert_eq!(place(&parsed, "typographic-quote"), "1:72");
}

#[test]
fn the_director_with_its_mistakes_is_read_as_keepalived_reads_it() {
    let parsed = example("director.conf", "lb01");
    assert_eq!(parsed.config.missing, []);
    let [server] = &parsed.config.virtual_servers[..] else {
        panic!("{:?}", codes(&parsed))
    };
    assert_eq!(
        (server.name.as_str(), server.servers.len()),
        ("TCP 172.25.44.22:80", 2)
    );
    assert!(barred(&parsed).is_empty() && codes(&parsed).contains(&"strict-not-served"));
    assert_eq!(
        codes(&parsed)
            .iter()
            .filter(|code| **code == "missing-close-brace")
            .count(),
        2
    );
    assert!(codes(&parsed).contains(&"strict-auth") && codes(&parsed).contains(&"unknown-keyword"));
}

#[test]
fn the_director_runs_as_it_is() {
    let parsed = example("lvs-director.conf", "lb01");
    assert_eq!(codes(&parsed), Vec::<&str>::new());
    assert!(!parsed.is_fatal() && parsed.config.virtual_servers.len() == 1);
}

#[test]
fn one_file_serves_two_nodes() {
    let parsed = example("two-sites.conf", "lb02");
    assert_eq!(codes(&parsed), ["advert-int-rounded"; 0]);
    let [web4, web6] = parsed.config.instances.as_slice() else {
        panic!()
    };
    assert_eq!(web4.priority.value, 100);
    let Path::Unicast { peers, source, .. } = &web4.path else {
        panic!()
    };
    assert_eq!(peers[0].address.to_string(), "192.0.2.11");
    assert_eq!(source.unwrap().value.to_string(), "192.0.2.12");
    assert_eq!(web4.authentication.as_ref().unwrap().value.bytes(), b"s3cret");
    assert_eq!(web4.excluded.len(), 1);
    assert!(!web6.preempt.value);
    assert_eq!((web6.version.value, web6.advert_int_cs.value), (Version::V3, 50));
}

#[test]
fn a_finding_is_drawn_with_its_line() {
    let parsed = super::text::web("unicast_peers {\n192.0.2.9\n}");
    let text = render(found(&parsed, "unknown-keyword"), &parsed.sources, false);
    assert!(
        text.starts_with("k.conf:7:1: error[unknown-keyword]: unknown word \"unicast_peers\""),
        "{text}"
    );
    assert!(
        text.contains("7 | unicast_peers {") && text.contains("did you mean unicast_peer?"),
        "{text}"
    );
    let json = serde_json::to_value(found(&parsed, "unknown-keyword")).unwrap();
    assert_eq!(json["severity"], "error");
    assert_eq!(json["keepalived"], "reports");
}
