//! How both sides of a case are configured, and what the protocol needs then, reckoned by hand.

use super::{Speaker, VRID};
use crate::conf::{Config, Instance};
use crate::frr::Router;
use crate::pair::{ADDRESS, ADDRESS_6};
use std::time::Duration;

/// Who uses the virtual hardware address. FRR always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vmac {
    /// Nobody else.
    Nobody,
    /// keepalived, while vrrpd uses the card's own.
    Keepalived,
    /// vrrpd, while keepalived uses the card's own.
    Vrrpd,
    /// Both.
    Both,
}

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Mode {
    /// In test names and in the output.
    pub name: &'static str,
    /// 2 or 3.
    pub version: u8,
    /// Advertisement interval.
    pub interval_ms: u32,
    /// The virtual address.
    pub address: &'static str,
    /// Simple password of RFC 2338.
    pub password: bool,
    /// Unicast between the two.
    pub unicast: bool,
    /// vrrpd speaks both versions (`v2_interop`), the other one `version` alone.
    pub bridge: bool,
    /// Virtual hardware address.
    pub vmac: Vmac,
    /// Skew_Time of the priorities 150 and 100 in microseconds, rounded down: (256 - P) / 256 of the interval in version 3
    /// (RFC 9568 6.1), of a second in version 2 (RFC 3768 6.1).
    pub skew_us: [u64; 2],
}

/// The priorities of `lb01` and `lb02`, as the tutorials have them.
pub(super) const PRIORITIES: [u8; 2] = [150, 100];

/// Version 2 at 1 s: 106/256 s and 156/256 s.
const SKEW_2: [u64; 2] = [414_062, 609_375];

/// Version 3 at 100 ms: a tenth of that.
const SKEW_3: [u64; 2] = [41_406, 60_937];

const fn version_3(name: &'static str) -> Mode {
    Mode {
        name,
        version: 3,
        interval_ms: 100,
        address: ADDRESS,
        password: false,
        unicast: false,
        bridge: false,
        vmac: Vmac::Nobody,
        skew_us: SKEW_3,
    }
}

const fn version_2(name: &'static str) -> Mode {
    Mode {
        version: 2,
        interval_ms: 1000,
        skew_us: SKEW_2,
        ..version_3(name)
    }
}

/// Every configuration that is tried.
pub const MODES: [Mode; 12] = [
    version_2("v2"),
    Mode {
        password: true,
        ..version_2("v2_pass")
    },
    version_3("v3"),
    Mode {
        address: ADDRESS_6,
        ..version_3("v3_ipv6")
    },
    Mode {
        unicast: true,
        ..version_3("v3_unicast")
    },
    Mode {
        unicast: true,
        address: ADDRESS_6,
        ..version_3("v3_ipv6_unicast")
    },
    Mode {
        vmac: Vmac::Keepalived,
        ..version_3("v3_peers_vmac")
    },
    Mode {
        bridge: true,
        ..version_2("both_beside_v2")
    },
    // At 1 s, as an upgrade has it: whole seconds of skew are those of version 2.
    Mode {
        bridge: true,
        interval_ms: 1000,
        skew_us: SKEW_2,
        ..version_3("both_beside_v3")
    },
    Mode {
        vmac: Vmac::Both,
        ..version_3("v3_vmac")
    },
    Mode {
        vmac: Vmac::Both,
        address: ADDRESS_6,
        ..version_3("v3_ipv6_vmac")
    },
    Mode {
        vmac: Vmac::Vrrpd,
        ..version_3("v3_our_vmac")
    },
];

impl Mode {
    /// The row of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MODES.iter().find(|mode| mode.name == name)
    }

    /// Whether this implementation can be configured so.
    pub fn suits(&self, speaker: Speaker) -> bool {
        match speaker {
            Speaker::Frr => {
                let own_only = matches!(self.vmac, Vmac::Nobody | Vmac::Vrrpd);
                !self.password && !self.unicast && own_only
            }
            Speaker::Keepalived | Speaker::Vrrpd => true,
        }
    }

    /// The interval.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms.into())
    }

    /// Skew_Time of `lb01` (0) or `lb02` (1) while it has its own priority.
    pub fn skew(&self, side: usize) -> Duration {
        Duration::from_micros(self.skew_us[side])
    }

    /// Active_Down_Interval of `lb01` (0) or `lb02` (1): three intervals and the skew.
    pub fn active_down(&self, side: usize) -> Duration {
        self.interval() * 3 + self.skew(side)
    }

    /// Whether this is IPv6.
    pub fn is_six(&self) -> bool {
        self.address.contains(':')
    }

    /// keepalived.conf of one side.
    pub(crate) fn conf(&self, side: usize, speaker: Speaker, priority: u8) -> String {
        let length = if self.is_six() { 64 } else { 24 };
        let address = format!("{}/{length}", self.address);
        let interface = format!("eth{}", side + 1);
        let mut instance = Instance::new(&interface, VRID, priority, self.interval_ms, &address);
        instance.version = self.version;
        if self.is_six() {
            // RFC 9568 5.2.9: the first address is the link-local one of the virtual router.
            instance.addresses.insert(0, "fe80::55/64".to_owned());
        }
        instance.password = self.password.then(|| "secret".to_owned());
        if self.unicast {
            let network = if self.is_six() { "2001:db8::" } else { "192.0.2." };
            let [own, peer] = [side + 1, 2 - side].map(|host| format!("{network}{host}"));
            instance.unicast = Some((own, vec![peer]));
        }
        let uses_vmac = match self.vmac {
            Vmac::Nobody => false,
            Vmac::Keepalived => speaker == Speaker::Keepalived,
            Vmac::Vrrpd => speaker == Speaker::Vrrpd,
            Vmac::Both => true,
        };
        if uses_vmac {
            instance.extra.push("use_vmac".to_owned());
        }
        if self.bridge && speaker == Speaker::Vrrpd {
            instance.version = 3;
            instance.extra.push("v2_interop".to_owned());
        }
        Config::of(instance).text()
    }

    /// The same for FRR.
    pub(crate) fn router(&self, side: usize, priority: u8) -> Router {
        // Lower and higher than any address that the lab's cards make for themselves, as the IPv4 addresses are.
        let link_local = ["fe80::1", "fe80::ffff:ffff:2"][side];
        Router {
            version: self.version,
            vrid: VRID,
            priority,
            interval_ms: self.interval_ms,
            address: self.address,
            link_local: self.is_six().then_some(link_local),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MODES, PRIORITIES};
    use crate::theory;

    /// Two reckonings, one by hand and one by the formula, have to agree.
    #[test]
    fn the_table_agrees_with_the_rfcs() {
        for mode in &MODES {
            for side in [0, 1] {
                let by_formula = theory::skew(mode.version, PRIORITIES[side], mode.interval());
                assert_eq!(mode.skew_us[side], by_formula.as_micros() as u64, "{}", mode.name);
            }
        }
    }
}
