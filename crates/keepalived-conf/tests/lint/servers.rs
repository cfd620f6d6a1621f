//! Virtual servers.

use super::text::{found, trips, web};

const CHECK: &str = "TCP_CHECK {\n}";

/// A virtual server for this head, with these lines and one real server.
fn server(head: &str, lines: &str, real: &str) -> String {
    format!(
        "virtual_server {head} {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{lines}\nreal_server 10.0.0.2 80 {{\n{real}\n}}\n}}\n"
    )
}

fn group(lines: &str, rest: &str) -> String {
    format!("virtual_server_group G {{\n{lines}\n}}\n{rest}")
}

#[test]
fn an_address_that_nobody_holds() {
    let with = |head: &str| server(head, "", CHECK) + &web("");
    trips(
        "virtual-not-held",
        &with("192.0.2.2 80"),
        "1:1",
        &with("192.0.2.1 80"),
    );
    trips(
        "virtual-not-held",
        &with("192.0.2.2 80"),
        "1:1",
        &server("192.0.2.2 80", "", CHECK),
    );
    let excluded = server("192.0.2.2 80", "", CHECK) + &web("virtual_ipaddress_excluded {\n192.0.2.2\n}");
    trips("virtual-not-held", &with("192.0.2.2 80"), "1:1", &excluded);
    let fixed = with("192.0.2.2 80") + "static_ipaddress {\n192.0.2.2 dev eth0\n}\n";
    trips("virtual-not-held", &with("192.0.2.2 80"), "1:1", &fixed);
    let range = |lines: &str| group(lines, &(server("group G", "", CHECK) + &web("")));
    trips(
        "virtual-not-held",
        &range("192.0.2.1-2 80"),
        "2:1",
        &range("192.0.2.1 80"),
    );
}

#[test]
fn a_group_that_nothing_names() {
    let used = group("192.0.2.1 80", &server("group G", "", CHECK));
    let other = used.replace("virtual_server group G", "virtual_server 192.0.2.1 80");
    trips("unused-server-group", &other, "1:1", &used);
}

#[test]
fn a_real_server_without_a_check() {
    let with = |real: &str| server("192.0.2.1 80", "", real);
    let found = trips("server-unchecked", &with(""), "6:1", &with(CHECK));
    assert!(found.message.contains("10.0.0.2:80 of"), "{}", found.message);
}

#[test]
fn ports_that_are_kept() {
    let of = |method: &str, port: &str| {
        let text = group("192.0.2.1 80", &server("group G", "", CHECK)).replace("NAT", method);
        text.replace("10.0.0.2 80", &format!("10.0.0.2 {port}"))
    };
    trips("port-kept", &of("DR", "81"), "9:1", &of("DR", "80"));
    trips("port-kept", &of("DR", "81"), "9:1", &of("NAT", "81"));
    let own = |method: &str| of("DR", "81").replace("TCP_CHECK", &format!("lvs_method {method}\nTCP_CHECK"));
    trips("port-kept", &own("TUN"), "9:1", &own("NAT"));
    let sorry = |line: &str| server("192.0.2.1 80", line, CHECK).replace("NAT", "DR");
    trips(
        "port-kept",
        &sorry("sorry_server 10.0.0.9 81"),
        "5:1",
        &sorry("sorry_server 10.0.0.9"),
    );
}

#[test]
fn a_mask_with_holes() {
    let with = |mask: &str| server("192.0.2.1 80", &format!("persistence_granularity {mask}"), CHECK);
    trips("mask-with-holes", &with("24"), "5:25", &with("255.255.255.0"));
    trips(
        "mask-with-holes",
        &with("255.0.255.0"),
        "5:25",
        &with("255.255.255.255"),
    );
    trips("mask-with-holes", &with("0.0.0.0"), "5:25", &with("128.0.0.0"));
}

#[test]
fn certificates() {
    let text = |check: &str, lines: &str| {
        let check = format!("{check} {{\n{lines}\nurl {{\npath /\n}}\n}}");
        server("192.0.2.1 443", "", &check)
    };
    let off = "global_defs {\nssl_get_verify off\n}\n";
    trips(
        "ssl-get-verifies",
        &text("SSL_GET", ""),
        "7:1",
        &text("HTTP_GET", ""),
    );
    trips(
        "ssl-get-verifies",
        &text("SSL_GET", ""),
        "7:1",
        &text("SSL_GET", "verify on"),
    );
    trips(
        "ssl-get-unverified",
        &text("SSL_GET", "verify off"),
        "7:1",
        &text("SSL_GET", "verify on"),
    );
    trips(
        "ssl-get-unverified",
        &(off.to_owned() + &text("SSL_GET", "")),
        "10:1",
        &text("SSL_GET", ""),
    );
    let ours = "vrrp_check tls {\nSSL_GET {\nconnect_port 443\nurl {\npath /\n}\n}\n}\n";
    assert!(found(ours).iter().all(|found| !found.code.starts_with("ssl-get")));
}
