//! Two balances of one node: keepalived.conf and ldirectord.cf beside each other.

use std::collections::{BTreeMap, BTreeSet};

use vrrp_ipvs::ServiceKey;

use super::Balance;

impl Balance {
    /// Takes the virtual servers of another file too. What is said of the node as a whole stays as this one has it, unless this
    /// one has no virtual servers. Answers with those that are left out, each with the reason: their names or services are taken.
    pub fn join(&mut self, other: Self) -> Vec<String> {
        let Self {
            servers,
            checks,
            timeouts,
            sync,
            flush_at_start,
            at_stop,
        } = other;
        if self.servers.is_empty() {
            self.at_stop = at_stop;
            self.flush_at_start |= flush_at_start;
            self.timeouts = self.timeouts.or(timeouts);
        }
        self.sync = self.sync.take().or(sync);
        let mut taken: BTreeMap<ServiceKey, String> = self.taken();
        let mut names: BTreeSet<String> = self.servers.iter().map(|one| one.name.clone()).collect();
        let known: BTreeSet<String> = self.checks.iter().map(|check| check.name.clone()).collect();
        let mut left_out = Vec::new();
        for one in servers {
            let mut keys = one.services.iter().map(|service| service.key);
            if let Some((key, place)) = keys.find_map(|key| Some((key, taken.get(&key)?))) {
                left_out.push(format!(
                    "{}: virtual server {} is left out: {key} is balanced by {place}; take it out of one of the two files",
                    one.place, one.name
                ));
            } else if names.contains(&one.name) {
                left_out.push(format!(
                    "{}: virtual server {} is left out: the other file has one of that name",
                    one.place, one.name
                ));
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
        let wanted = checks
            .into_iter()
            .filter(|check| followed.contains(check.name.as_str()) && !known.contains(&check.name));
        let wanted: Vec<_> = wanted.collect();
        self.checks.extend(wanted);
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

    use crate::balance::{AtStop, Place, VirtualServer};

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
            omega: false,
            ha_suspend: false,
            mail: false,
            begins_as_found: false,
        };
        Ok(Balance {
            servers: vec![server],
            at_stop: AtStop::Keep,
            ..Balance::default()
        })
    }

    #[test]
    fn what_the_first_file_balances_the_second_does_not() -> Result<(), NoName> {
        let mut first = of("A", 80, "k.conf:1")?;
        first.at_stop = AtStop::TakeOut;
        let left_out = first.join(of("B", 80, "l.cf:7")?);
        assert_eq!(
            left_out,
            [
                "l.cf:7: virtual server B is left out: TCP 192.0.2.1:80 is balanced by k.conf:1; take it out of one of the two files"
            ]
        );
        let left_out = first.join(of("A", 81, "l.cf:8")?);
        assert_eq!(
            left_out,
            ["l.cf:8: virtual server A is left out: the other file has one of that name"]
        );
        assert!(first.join(of("C", 82, "l.cf:9")?).is_empty());
        let names: Vec<&str> = first.servers.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((names, first.at_stop), (vec!["A", "C"], AtStop::TakeOut));
        Ok(())
    }

    #[test]
    fn alone_the_second_file_says_everything() -> Result<(), NoName> {
        let mut nothing = Balance::default();
        assert!(nothing.join(of("A", 80, "l.cf:1")?).is_empty());
        assert_eq!(nothing.at_stop, AtStop::Keep);
        Ok(())
    }
}
