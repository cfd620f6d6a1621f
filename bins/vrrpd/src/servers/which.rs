//! Which server an operator means.

use std::net::IpAddr;

use vrrp_ipvs::ServiceKey;
use vrrp_plan::balance::{Balance, RealServer, VirtualServer};

/// So much of an unknown name is said back.
const NAME_CHARS_MAX: usize = 100;

/// Whether a virtual server is called so: by its name (`TCP 192.0.2.1:80`, `FWM 5`, `group web TCP`), that of one of its
/// services, or address and port alone.
pub(super) fn is_called(one: &VirtualServer, name: &str) -> bool {
    if one.name == name {
        return true;
    }
    one.services.iter().any(|service| {
        let called = service.key.to_string();
        let bare = match service.key {
            ServiceKey::Address { address, port, .. } => {
                std::net::SocketAddr::new(address, port).to_string() == name || name.parse() == Ok(address)
            }
            ServiceKey::Mark { mark, .. } => name == mark.to_string(),
        };
        bare || called == name
    })
}

/// Whether a real server is called so: by its name, or its address alone.
pub(super) fn is_server(server: &RealServer, name: &str) -> bool {
    let address = name.parse::<IpAddr>().ok();
    server.name == name || address == Some(server.destination.key.address)
}

/// Whether a virtual server is called so, or has a real server that is.
pub(super) fn is_meant(one: &VirtualServer, name: &str) -> bool {
    is_called(one, name) || one.servers.iter().any(|server| is_server(server, name))
}

/// What somebody has typed, as it is said back on one line of a terminal.
fn short(text: &str) -> String {
    let shown = text.chars().take(NAME_CHARS_MAX);
    shown.map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Nothing is called so, in words.
pub(super) fn unknown(balance: &Balance, name: &str) -> String {
    let name = short(name);
    let names: Vec<&str> = balance.servers.iter().map(|one| one.name.as_str()).collect();
    if names.is_empty() {
        return "no virtual server is balanced here".to_owned();
    }
    format!(
        "no virtual server and no real server {name} is balanced here; {}",
        known(&names)
    )
}

/// The real servers of that name, in the virtual server of that name or in all.
///
/// # Errors
/// There is none, in words.
pub(super) fn find<'a>(
    balance: &'a Balance,
    server: &str,
    of: Option<&str>,
) -> Result<Vec<(&'a VirtualServer, &'a RealServer)>, String> {
    let meant = |one: &&VirtualServer| of.is_none_or(|name| is_called(one, name));
    let among: Vec<&VirtualServer> = balance.servers.iter().map(AsRef::as_ref).filter(meant).collect();
    if among.is_empty() {
        let names: Vec<&str> = balance.servers.iter().map(|one| one.name.as_str()).collect();
        return Err(match of {
            Some(of) => format!(
                "no virtual server {} is balanced here; {}",
                short(of),
                known(&names)
            ),
            None => "no virtual server is balanced here".to_owned(),
        });
    }
    let found: Vec<_> = among
        .iter()
        .flat_map(|one| one.servers.iter().map(move |server| (*one, server)))
        .filter(|(_, one)| is_server(one, server))
        .collect();
    if found.is_empty() {
        let mut names: Vec<&str> = among
            .iter()
            .flat_map(|one| one.servers.iter().map(|server| server.name.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        return Err(format!(
            "no real server {} is there; {}",
            short(server),
            known(&names)
        ));
    }
    Ok(found)
}

fn known(names: &[&str]) -> String {
    const SHOWN: usize = 10;
    let first = names.get(..SHOWN.min(names.len())).unwrap_or_default().join(", ");
    let more = names.len().saturating_sub(SHOWN);
    if more > 0 {
        format!("known are {first} and {more} more")
    } else {
        format!("known are {first}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "virtual_server 192.0.2.1 80 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\nreal_server 192.0.2.10 80 {\n}\n\
                       real_server 192.0.2.11 80 {\n}\n}\nvirtual_server fwmark 5 {\nlb_algo rr\nlb_kind NAT\n\
                       real_server 192.0.2.10 8080 {\n}\n}\n";

    fn balance() -> Balance {
        super::super::sample::balance(TWO)
    }

    fn found(server: &str, of: Option<&str>) -> Result<Vec<String>, String> {
        let balance = balance();
        let found = find(&balance, server, of)?.into_iter();
        Ok(found
            .map(|(of, server)| format!("{} of {}", server.name, of.name))
            .collect())
    }

    #[test]
    fn a_server_is_found_by_its_address_or_its_whole_name() {
        let both = ["192.0.2.10:80 of TCP 192.0.2.1:80", "192.0.2.10:8080 of FWM 5"];
        assert_eq!(found("192.0.2.10", None).unwrap(), both);
        assert_eq!(found("192.0.2.10:8080", None).unwrap(), both[1..]);
        for of in ["FWM 5", "5"] {
            assert_eq!(found("192.0.2.10", Some(of)).unwrap(), both[1..], "{of}");
        }
        for of in ["TCP 192.0.2.1:80", "192.0.2.1:80", "192.0.2.1"] {
            assert_eq!(found("192.0.2.10", Some(of)).unwrap(), both[..1], "{of}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        assert_eq!(
            found("192.0.2.12", None).unwrap_err(),
            "no real server 192.0.2.12 is there; known are 192.0.2.10:80, 192.0.2.10:8080, 192.0.2.11:80"
        );
        assert_eq!(
            found("192.0.2.10", Some("UDP 192.0.2.1:80")).unwrap_err(),
            "no virtual server UDP 192.0.2.1:80 is balanced here; known are TCP 192.0.2.1:80, FWM 5"
        );
        assert!(found(&"x".repeat(1000), None).unwrap_err().len() < 300);
        for of in [None, Some("a\nb\u{1b}[2J")] {
            let said = found("x\ny\u{1b}[2J", of).unwrap_err();
            assert!(!said.contains(char::is_control), "{said:?}");
        }
        assert!(!unknown(&balance(), "x\ny").contains('\n'));
    }
}
