//! A rule as an application asks for it.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::route::prefix_words;

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuleAction {
    /// Looks into this table (`table`).
    Table(u32),
    /// Looks into the table of the interface's routing domain (`l3mdev`).
    RoutingDomain,
    /// Goes on with the rule of this preference (`goto`).
    Goto(u32),
    /// Nothing.
    Nop,
    /// Drops.
    Blackhole,
    /// Answers "unreachable".
    Unreachable,
    /// Answers "prohibited".
    Prohibit,
}

/// A routing rule that is there while a service is Active, or always (keepalived `virtual_rules`, `static_rules`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// Of IPv6.
    pub ipv6: bool,
    /// Its place among the rules, the lowest first. Give every rule one: two of the same preference are not in an order.
    pub preference: u32,
    /// What it does.
    pub action: RuleAction,
    /// Matches what it would not otherwise (`not`).
    pub invert: bool,
    /// Source.
    pub from: Option<(IpAddr, u8)>,
    /// Destination.
    pub to: Option<(IpAddr, u8)>,
    /// Interface that a packet came in by (`iif`, `dev`); `lo` for what this node sends itself.
    pub incoming: Option<String>,
    /// Interface that a socket is bound to (`oif`).
    pub outgoing: Option<String>,
    /// Type of service.
    pub tos: u8,
    /// Mark, and the mask of the bits that count.
    pub mark: Option<(u32, u32)>,
    /// Realms, source in the upper 16 bits (IPv4).
    pub realms: Option<u32>,
    /// Routes with a prefix of this length or shorter do not count (`suppress_prefixlength`).
    pub suppress_prefix: Option<u32>,
    /// Routes by an interface of this group do not count (`suppress_ifgroup`).
    pub suppress_group: Option<u32>,
    /// Tunnel key (`tunnel-id`).
    pub tunnel: Option<u64>,
    /// First and last user id.
    pub users: Option<(u32, u32)>,
    /// IP protocol (`ipproto`).
    pub ip_protocol: Option<u8>,
    /// First and last source port.
    pub source_ports: Option<(u16, u16)>,
    /// First and last destination port.
    pub destination_ports: Option<(u16, u16)>,
    /// Who made it (`protocol`); `None`: [`Options::route_tag`](crate::Options::route_tag).
    pub protocol: Option<u8>,
    /// Losing it to others is repaired, but never counted against the router (`no_track`).
    pub no_track: bool,
}

impl Rule {
    /// A rule of IPv4 that matches everything.
    ///
    /// # Examples
    /// ```
    /// use vrrp_net::{Rule, RuleAction};
    ///
    /// let mut rule = Rule::new(100, RuleAction::Table(7));
    /// rule.from = Some(("192.0.2.10".parse()?, 32));
    /// assert_eq!(rule.to_string(), "from 192.0.2.10/32 table 7 priority 100");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub const fn new(preference: u32, action: RuleAction) -> Self {
        Self {
            ipv6: false,
            preference,
            action,
            invert: false,
            from: None,
            to: None,
            incoming: None,
            outgoing: None,
            tos: 0,
            mark: None,
            realms: None,
            suppress_prefix: None,
            suppress_group: None,
            tunnel: None,
            users: None,
            ip_protocol: None,
            source_ports: None,
            destination_ports: None,
            protocol: None,
            no_track: false,
        }
    }

    /// What the kernel would refuse in the moment of the take-over; `None`: nothing that is known beforehand.
    pub(crate) fn fault(&self) -> Option<String> {
        for (address, prefix) in self.from.iter().chain(&self.to) {
            if address.is_ipv6() != self.ipv6 {
                return Some(format!("{address} is of another family"));
            }
            if *prefix > if self.ipv6 { 128 } else { 32 } {
                return Some(format!("a prefix length of {prefix}"));
            }
        }
        match self.action {
            RuleAction::Table(0) => Some("table 0".to_owned()),
            RuleAction::Goto(target) if target <= self.preference => {
                Some(format!("goto {target}, which does not lie behind it"))
            }
            _ => None,
        }
    }
}

/// As it would be written behind `ip rule add`; what is rare is left out.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ipv6 && self.from.is_none() && self.to.is_none() {
            f.write_str("inet6 ")?;
        }
        if self.invert {
            f.write_str("not ")?;
        }
        match self.from {
            Some((from, prefix)) => write!(f, "from {}", prefix_words(from, prefix))?,
            None => f.write_str("from all")?,
        }
        if let Some((to, prefix)) = self.to {
            write!(f, " to {}", prefix_words(to, prefix))?;
        }
        if let Some(device) = &self.incoming {
            write!(f, " iif {device}")?;
        }
        if let Some(device) = &self.outgoing {
            write!(f, " oif {device}")?;
        }
        if let Some((mark, mask)) = self.mark {
            write!(f, " fwmark {mark:#x}")?;
            if mask != u32::MAX {
                write!(f, "/{mask:#x}")?;
            }
        }
        match self.action {
            RuleAction::Table(table) => write!(f, " table {table}")?,
            RuleAction::RoutingDomain => f.write_str(" l3mdev")?,
            RuleAction::Goto(target) => write!(f, " goto {target}")?,
            RuleAction::Nop => f.write_str(" nop")?,
            RuleAction::Blackhole => f.write_str(" blackhole")?,
            RuleAction::Unreachable => f.write_str(" unreachable")?,
            RuleAction::Prohibit => f.write_str(" prohibit")?,
        }
        write!(f, " priority {}", self.preference)
    }
}
