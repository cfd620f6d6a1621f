//! Two balances of one node: keepalived.conf and ldirectord.cf beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vrrp_ipvs::ServiceKey;

use super::{AtStop, Balance};

/// What of the other file is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Virtual servers, by name.
    pub servers: BTreeSet<String>,
    /// Each with the reason, in words.
    pub told: Vec<String>,
}

impl LeftOut {
    fn leave(&mut self, server: &str, why: String) {
        self.servers.insert(server.to_owned());
        self.told.push(why);
    }
}

impl Balance {
    /// Takes the virtual servers of another file too. What is said of the node as a whole stays as this one has it, unless this
    /// one has no virtual servers. Answers with what is left out: those whose names or services are taken, and what that
    /// file says of a stop.
    pub fn join(&mut self, other: Self) -> LeftOut {
        let Self {
            servers,
            checks,
            timeouts,
            sync,
            flush_at_start,
            at_stop,
        } = other;
        let mut left_out = LeftOut::default();
        if self.servers.is_empty() {
            self.at_stop = at_stop;
            self.flush_at_start |= flush_at_start;
            self.timeouts = self.timeouts.or(timeouts);
        } else if at_stop == AtStop::Keep
            && self.at_stop != AtStop::Keep
            && let Some(one) = servers.first()
        {
            let place = one.place.to_string();
            let file = place.rsplit_once(':').map_or(place.as_str(), |(file, _)| file);
            left_out.told.push(format!(
                "{file}: cleanstop = no is not carried out beside the virtual servers of keepalived.conf: at a stop those of both files are taken out; take the line out, and start vrrpd with -I where all of them are to stay"
            ));
        }
        self.sync = self.sync.take().or(sync);
        let mut taken: BTreeMap<ServiceKey, String> = self.taken();
        let mut names: BTreeSet<String> = self.servers.iter().map(|one| one.name.clone()).collect();
        let known: BTreeSet<String> = self.checks.iter().map(|check| check.name.clone()).collect();
        for one in servers {
            let mut keys = one.services.iter().map(|service| service.key);
            if let Some((key, place)) = keys.find_map(|key| Some((key, taken.get(&key)?))) {
                left_out.leave(&one.name, format!(
                    "{}: virtual server {} is left out: {key} is balanced by {place}; take it out of one of the two files",
                    one.place, one.name
                ));
            } else if names.contains(&one.name) {
                left_out.leave(
                    &one.name,
                    format!(
                        "{}: virtual server {} is left out: the other file has one of that name",
                        one.place, one.name
                    ),
                );
            } else {
                let place = one.place.to_string();
                taken.extend(one.services.iter().map(|service| (service.key, place.clone())));
                names.insert(one.name.clone());
                self.servers.push(one);
            }
        }
        let followed: BTreeSet<&str> = self
            .servers
            .iter()
            .flat_map(|one| &one.servers)
            .flat_map(|server| server.follows.iter().map(|follows| follows.check.as_str()))
            .collect();
        let wanted = Arc::unwrap_or_clone(checks)
            .into_iter()
            .filter(|check| followed.contains(check.name.as_str()) && !known.contains(&check.name));
        let wanted: Vec<_> = wanted.collect();
        Arc::make_mut(&mut self.checks).extend(wanted);
        left_out
    }

    fn taken(&self) -> BTreeMap<ServiceKey, String> {
        let each = self.servers.iter().flat_map(|one| {
            let place = one.place.to_string();
            one.services
                .iter()
                .map(move |service| (service.key, place.clone()))
        });
        each.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use vrrp_ipvs::{Name, NoName, Protocol, Service};

    use crate::balance::{Place, VirtualServer};

    use super::*;

    fn of(name: &str, port: u16, place: &str) -> Result<Balance, NoName> {
        let key = ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: IpAddr::from([192, 0, 2, 1]),
            port,
        };
        let server = VirtualServer {
            name: name.to_owned(),
            place: Place(place.to_owned()),
            group: None,
            services: vec![Service::new(key, Name::new("rr")?)],
            servers: Vec::new(),
            sorry: None,
            quorum: 1,
            hysteresis: 0,
            quorum_up: None,
            quorum_down: None,
            fallback_command: None,
            omega: false,
            ha_suspend: false,
            mail: false,
            begins_as_found: false,
            tells_first: false,
        };
        Ok(Balance {
            servers: vec![server.into()],
            ..Balance::default()
        })
    }

    #[test]
    fn what_the_second_says_of_a_stop_is_not_dropped_without_a_word() -> Result<(), NoName> {
        let keeps = |name, port, place| {
            let balance = of(name, port, place)?;
            let at_stop = AtStop::Keep;
            Ok(Balance { at_stop, ..balance })
        };
        let mut first = of("A", 80, "k.conf:1")?;
        let left_out = first.join(keeps("B", 81, "/etc/l.cf:7")?);
        assert_eq!((first.at_stop, left_out.servers.len()), (AtStop::TakeOut, 0));
        let [told] = &left_out.told[..] else {
            panic!("{left_out:?}")
        };
        assert!(
            told.starts_with("/etc/l.cf: cleanstop = no is not carried out"),
            "{told}"
        );
        let mut first = keeps("A", 80, "k.conf:1")?;
        assert_eq!(first.join(keeps("B", 81, "l.cf:7")?), LeftOut::default());
        Ok(())
    }

    #[test]
    fn what_the_first_file_balances_the_second_does_not() -> Result<(), NoName> {
        let mut first = of("A", 80, "k.conf:1")?;
        let left_out = first.join(of("B", 80, "l.cf:7")?);
        assert_eq!(left_out.servers, ["B".to_owned()].into());
        assert_eq!(
            left_out.told,
            [
                "l.cf:7: virtual server B is left out: TCP 192.0.2.1:80 is balanced by k.conf:1; take it out of one of the two files"
            ]
        );
        let left_out = first.join(of("A", 81, "l.cf:8")?);
        assert_eq!(
            left_out.told,
            ["l.cf:8: virtual server A is left out: the other file has one of that name"]
        );
        assert_eq!(first.join(of("C", 82, "l.cf:9")?), LeftOut::default());
        let names: Vec<&str> = first.servers.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((names, first.at_stop), (vec!["A", "C"], AtStop::TakeOut));
        Ok(())
    }

    #[test]
    fn alone_the_second_file_says_everything() -> Result<(), NoName> {
        let mut nothing = Balance::default();
        let mut second = of("A", 80, "l.cf:1")?;
        second.at_stop = AtStop::Keep;
        assert_eq!(nothing.join(second), LeftOut::default());
        assert_eq!(nothing.at_stop, AtStop::Keep);
        Ok(())
    }
}
