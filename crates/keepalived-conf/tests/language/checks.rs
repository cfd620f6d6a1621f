//! `vrrp_check`, which is not keepalived's: what is written is what is asked, or what tracks it does not start.

use std::net::IpAddr;
use std::time::Duration;

use keepalived_conf::{
    Asked, Checker, Command, Facts, HttpVersion, Nibbles, Parsed, Question, Severity, Verdict, effective,
    judge,
};

use super::text::{barred, codes, file, found, only};

fn tracked(checker: &str) -> Parsed {
    file(&format!(
        "vrrp_check web {{\ninterval 0.5\nfall 2\n{checker}\n}}\nvrrp_instance lan {{\ninterface eth0\nvirtual_router_id 51\n\
         virtual_ipaddress {{\n192.0.2.1\n}}\ntrack_script {{\nweb weight -30\n}}\n}}\n"
    ))
}

fn checker(parsed: &Parsed) -> &Checker {
    match &parsed.config.scripts[0].command.value {
        Command::Ask(checker) => checker,
        other => panic!("{other:?}; {:?}", codes(parsed)),
    }
}

#[test]
fn a_check_has_the_timing_of_a_script_and_one_question() {
    let parsed = tracked("TCP_CHECK {\nconnect_port 6379\n}");
    let script = &parsed.config.scripts[0];
    assert_eq!(script.interval.value, Duration::from_millis(500));
    assert_eq!(
        script.timeout.value,
        Duration::from_millis(500),
        "as the interval"
    );
    assert_eq!((script.fall.value, script.rise.value), (2, 1));
    let checker = checker(&parsed);
    assert_eq!(checker.ip.value, IpAddr::from([127, 0, 0, 1]));
    assert_eq!(checker.port.value, 6379);
    assert_eq!(checker.question, Question::Tcp);
    assert_eq!(only(&parsed).track_scripts[0].weight.value.value, -30);
    assert_eq!(barred(&parsed), [""; 0]);
}

#[test]
fn every_word_about_the_connection_is_read() {
    let parsed = tracked(
        "TCP_CHECK {\nconnect_ip 2001:db8::7\nconnect_port 80\nbindto 2001:db8::1\nbind_port 1024\nbind_if eth1\n\
         fwmark 7\nconnect_timeout 0.25\n}",
    );
    let checker = checker(&parsed);
    assert_eq!(checker.ip.value, "2001:db8::7".parse::<IpAddr>().unwrap());
    let source: IpAddr = "2001:db8::1".parse().unwrap();
    assert_eq!(checker.source.value, (Some(source), 1024));
    assert_eq!(checker.interface.as_ref().unwrap().value, "eth1");
    assert_eq!(checker.mark.value, 7);
    assert_eq!(checker.connect_timeout.value, Duration::from_millis(250));
}

#[test]
fn pages_are_asked_for_as_keepalived_writes_them() {
    let parsed = tracked(
        "SSL_GET {\nvirtualhost www.example.org\nhttp_protocol 1.1\nurl {\npath /health\nstatus_code 200 204 300-302\n}\n\
         url {\npath /sum\ndigest 0123456789ABCDEF0123456789abcdef\nregex_no_match\nregex \"[Ee]rror\"\n}\n}",
    );
    let checker = checker(&parsed);
    assert_eq!(checker.port.value, 443);
    let Question::Http(http) = &checker.question else {
        panic!("{:?}", checker.question)
    };
    assert!(
        http.tls && http.verify.value,
        "a certificate is looked at unless told otherwise"
    );
    assert_eq!(http.version.value, HttpVersion::V1_1);
    assert_eq!(http.server_name, None, "each page has its own: its virtualhost");
    assert_eq!(http.host.as_ref().unwrap().value, "www.example.org");
    let [health, sum] = http.urls.as_slice() else {
        panic!("{:?}", http.urls)
    };
    assert_eq!(health.statuses.value, [(200, 200), (204, 204), (300, 302)]);
    assert_eq!(
        sum.statuses.value,
        [(100, 599)],
        "a digest alone asks for no status"
    );
    assert_eq!(
        sum.digest.as_ref().unwrap().value,
        "0123456789abcdef0123456789abcdef"
    );
    assert!(sum.regex_no_match && sum.regex.as_ref().unwrap().value == "[Ee]rror");
}

#[test]
fn datagrams_and_strings_are_octets() {
    let parsed =
        tracked("UDP_CHECK {\nconnect_port 9\npayload 0a1F\nrequire_reply 3x\nmin_reply_length 4\n}");
    let Question::Udp {
        payload,
        reply,
        reply_min,
        reply_max,
    } = &checker(&parsed).question
    else {
        panic!("{:?}", codes(&parsed))
    };
    assert_eq!(payload.as_ref().unwrap().value, [0x0a, 0x1f]);
    let three_and_any = Nibbles {
        mask: 0xf0,
        value: 0x30,
    };
    assert_eq!(reply.as_ref().unwrap().value, [three_and_any]);
    assert_eq!((reply_min.value, reply_max.value), (4, 255));

    let parsed = tracked("SEND_EXPECT {\nconnect_port 6379\nsend \"PING\\r\\n\"\nexpect \"+PONG\"\n}");
    let Question::SendExpect { send, expect } = &checker(&parsed).question else {
        panic!("{:?}", codes(&parsed))
    };
    assert_eq!(send.as_ref().unwrap().value, b"PING\r\n");
    assert_eq!(expect.value, b"+PONG");
}

#[test]
fn mail_names_and_echoes_have_their_usual_ports() {
    let parsed = tracked("SMTP_CHECK {\nhelo_name lb01.example.org\n}");
    assert_eq!(checker(&parsed).port.value, 25);
    let parsed = tracked("DNS_CHECK {\ntype aaaa\nname example.org\n}");
    assert_eq!(checker(&parsed).port.value, 53);
    let Question::Dns { record, name } = &checker(&parsed).question else {
        panic!("{:?}", codes(&parsed))
    };
    assert_eq!(
        (record.value.as_str(), name.value.as_str()),
        ("AAAA", "example.org")
    );
    let parsed = tracked("PING_CHECK {\nconnect_ip 192.0.2.254\n}");
    assert_eq!(checker(&parsed).question, Question::Ping);
}

/// A check that asks something else than was meant lets a dead service keep the address.
#[test]
fn whatever_is_wrong_in_it_bars_what_tracks_it() {
    for wrong in [
        "",
        "TCP_CHECK {\n}",
        "TCP_CHECK {\nconnect_port 0\n}",
        "TCP_CHECK {\nconnect_port 80x\n}",
        "TCP_CHECK {\nconnect_port 80\nconnect_ip 300.1.1.1\n}",
        "TCP_CHECK {\nconnect_port 80\ncolour red\n}",
        "TCP_CHECK {\nconnect_port 80\nretry 3\n}",
        "TCP_CHECK {\nconnect_port 80\n}\nTCP_CHECK {\nconnect_port 81\n}",
        "HTTP_GET {\n}",
        "HTTP_GET {\nurl {\nstatus_code 200\n}\n}",
        "HTTP_GET {\nurl {\npath health\n}\n}",
        "HTTP_GET {\nurl {\npath /\nstatus_code 99\n}\n}",
        "HTTP_GET {\nurl {\npath /\nstatus_code 300-200\n}\n}",
        "HTTP_GET {\nurl {\npath /\ndigest abc\n}\n}",
        "HTTP_GET {\nhttp_protocol 3\nurl {\npath /\n}\n}",
        "HTTP_GET {\nurl {\npath /\nregex_min_offset 2\n}\n}",
        "DNS_CHECK {\ntype WKS\n}",
        "UDP_CHECK {\nconnect_port 9\npayload 0x1\n}",
        "UDP_CHECK {\nconnect_port 9\npayload 0a1\n}",
        "SEND_EXPECT {\nconnect_port 9\nsend \"x\"\n}",
        "SEND_EXPECT {\nconnect_port 9\nexpect \"\\q\"\n}",
        "fall none\nTCP_CHECK {\nconnect_port 80\n}",
    ] {
        let parsed = tracked(wrong);
        assert_eq!(barred(&parsed), ["vrrp_check"], "{wrong:?}: {:?}", codes(&parsed));
    }
}

/// keepalived 2.2.7: "Unknown keyword 'vrrp_check'", exit code 5 of its `-t`.
#[test]
fn that_keepalived_does_not_know_it_is_said() {
    let parsed = tracked("TCP_CHECK {\nconnect_port 80\n}");
    assert_eq!(codes(&parsed), ["own-word"]);
    assert_eq!(found(&parsed, "own-word").severity, Severity::Note);
    let judged = judge(&parsed, &Facts::assume(&Asked::of(&parsed)));
    assert_eq!((judged.verdict, judged.exit), (Verdict::Warns, 5));
}

#[test]
fn it_shares_its_names_with_scripts() {
    let parsed =
        file("vrrp_script a {\nscript /bin/true\n}\nvrrp_check a {\nTCP_CHECK {\nconnect_port 80\n}\n}\n");
    assert_eq!(parsed.config.scripts.len(), 1);
    assert!(codes(&parsed).contains(&"duplicate-block"));
}

#[test]
fn what_is_in_force_is_shown_with_its_place() {
    let parsed = tracked("HTTP_GET {\nconnect_port 8080\nurl {\npath /health\n}\n}");
    let shown = effective(&parsed);
    let section = &shown.scripts[0];
    assert_eq!(section.block, "vrrp_check");
    let one = |keyword| section.one(keyword).unwrap();
    assert_eq!(one("checker").shown(), "HTTP_GET");
    assert!(
        one("connect_port").came.to_string().ends_with(":5"),
        "{}",
        one("connect_port").came
    );
    assert_eq!(one("connect_ip").came.to_string(), "default");
    assert_eq!(one("connect_timeout").came.to_string(), "by timeout");
    let json = serde_json::to_string(&shown).unwrap();
    assert!(
        json.contains(r#""url":[{"value":{"path":"/health","status_code":"200-299"}"#),
        "{json}"
    );
}
