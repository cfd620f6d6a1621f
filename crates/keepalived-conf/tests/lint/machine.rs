//! What the machine adds: scripts' texts, sysctls, nginx.

use keepalived_conf::lint::{self, Machine};
use keepalived_conf::{Diagnostic, MemoryFiles, line, parse};

use super::text::{only, tracked, web};

/// The tutorial's script for nginx, in short.
const STOPS: &str =
    "#!/bin/bash\nA=`ps -C nginx --no-header | wc -l`\nif [ $A -eq 0 ]; then\n    killall keepalived\nfi\n";

fn found(text: &str, files: &[(&str, &str)]) -> Vec<Diagnostic> {
    let mut all = vec![("k.conf", text)];
    all.extend_from_slice(files);
    let files = MemoryFiles::new(all);
    let parsed = parse(&files, "k.conf");
    lint::file(&parsed, &Machine::read(&parsed.config, &files))
}

fn has(code: &str, found: &[Diagnostic]) -> bool {
    found.iter().any(|found| found.code == code)
}

#[test]
fn a_script_that_stops_keepalived() {
    let text = tracked("", "");
    let one = only("stops-keepalived", &found(&text, &[("/etc/chk", STOPS)]));
    assert!(one.message.contains("line 4"), "{}", one.message);
    assert!(one.help.contains("track_process"), "{}", one.help);
    let comment = STOPS.replace("killall", "# killall");
    assert!(!has("stops-keepalived", &found(&text, &[("/etc/chk", &comment)])));
    assert!(!has("stops-keepalived", &found(&text, &[])), "nobody read it");
    // The shell stands before the script.
    let shell = "vrrp_script chk {\nscript \"/bin/bash /etc/chk\"\ninterval 2\n}\n".to_owned()
        + &web("track_script {\nchk\n}");
    only("stops-keepalived", &found(&shell, &[("/etc/chk", STOPS)]));
}

#[test]
fn a_service_that_cannot_listen() {
    let nginx = |listen: &str| format!("server {{\n    listen {listen};\n}}\n");
    let rules = |listen: &str, sysctl: &str| {
        let conf = nginx(listen);
        let files = [
            ("/etc/nginx/conf.d/web.conf", conf.as_str()),
            ("/proc/sys/net/ipv4/ip_nonlocal_bind", sysctl),
        ];
        found(&web(""), &files)
    };
    let one = only("nonlocal-bind", &rules("192.0.2.1:80 default_server", "0\n"));
    assert!(
        one.message.contains("/etc/nginx/conf.d/web.conf:2"),
        "{}",
        one.message
    );
    for (listen, sysctl) in [
        ("192.0.2.1:80", "1\n"),
        ("80", "0\n"),
        ("0.0.0.0:80", "0\n"),
        ("192.0.2.2:80", "0\n"),
        ("[::]:80", "0\n"),
    ] {
        assert!(!has("nonlocal-bind", &rules(listen, sysctl)), "{listen} {sysctl}");
    }
    let conf = nginx("192.0.2.1:80");
    assert!(
        !has(
            "nonlocal-bind",
            &found(&web(""), &[("/etc/nginx/nginx.conf", &conf)])
        ),
        "the sysctl is not known"
    );
}

#[test]
fn the_sysctl_of_ipv6_is_its_own() {
    let text = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\nfe80::1\n2001:db8::1\n}\n}\n";
    let files = |four, six| {
        [
            (
                "/etc/nginx/nginx.conf",
                "http {\nserver { listen [2001:db8::1]:80; }\n}\n",
            ),
            ("/proc/sys/net/ipv4/ip_nonlocal_bind", four),
            ("/proc/sys/net/ipv6/ip_nonlocal_bind", six),
        ]
    };
    let one = only("nonlocal-bind", &found(text, &files("1", "0")));
    assert!(one.help.contains("net.ipv6.ip_nonlocal_bind=1"), "{}", one.help);
    assert!(!has("nonlocal-bind", &found(text, &files("0", "1"))));
}

#[test]
fn findings_are_drawn_as_others_are() {
    let files = MemoryFiles::new([("k.conf", tracked("weight -2", ""))]);
    let parsed = parse(&files, "k.conf");
    let all = lint::file(&parsed, &Machine::default());
    assert!(line(&all[0], &parsed.sources).starts_with("k.conf:6:8: note[weight-window]: "));
}
