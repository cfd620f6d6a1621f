//! ICMP echo (keepalived `PING_CHECK`).

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use surge_ping::{Client, Config, ICMP, IcmpPacket, PingIdentifier, PingSequence, SurgeError};

use crate::endpoint::{Dialer, Endpoint};
use crate::lack::{note, noted};
use crate::probe::{Outcome, Probe, limit, within};

/// Whom to ping and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PingSpec {
    /// An address (`fe80::1%eth0` with its interface) or a name; of a name the first address.
    pub host: String,
    /// For the look-up and the reply together.
    pub timeout: Duration,
    /// The address to come from.
    pub source: Option<IpAddr>,
    /// Only through this interface.
    pub interface: Option<String>,
    /// Octets of payload; 56.
    pub payload_bytes: u16,
}

impl PingSpec {
    /// With a payload of 56 octets, by the kernel's choice of address and interface.
    pub fn new(host: impl Into<String>, timeout: Duration) -> Self {
        Self {
            host: host.into(),
            timeout,
            source: None,
            interface: None,
            payload_bytes: 56,
        }
    }
}

/// Sends one echo request at every run; passes when the reply comes back. It needs `CAP_NET_RAW`, or a group that the
/// kernel lets ping (`net.ipv4.ping_group_range`), which it leaves as it is.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{PingProbe, PingSpec, Probe};
///
/// let probe = PingProbe::new(PingSpec::new("192.0.2.1", Duration::from_secs(1)));
/// assert_eq!(probe.name(), "ping 192.0.2.1");
/// ```
#[derive(Debug)]
pub struct PingProbe {
    spec: PingSpec,
    dialer: Dialer,
    /// Counts round, as the sequence number of ICMP does.
    runs: AtomicU16,
}

impl PingProbe {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(spec: PingSpec) -> Self {
        let mut endpoint = Endpoint::new(spec.host.clone(), 0);
        endpoint.source = spec.source;
        Self {
            dialer: Dialer::new(endpoint),
            runs: AtomicU16::new(1),
            spec,
        }
    }

    /// Another for each run: the late reply to one run is not the reply to the next.
    fn mark(&self) -> (PingIdentifier, PingSequence) {
        let ident = u16::try_from(RandomState::new().hash_one(0) & 0xffff).unwrap_or_default();
        let sequence = self.runs.fetch_add(1, Ordering::Relaxed);
        (PingIdentifier(ident), PingSequence(sequence))
    }

    async fn ping(&self) -> Result<String, String> {
        let addresses = self.dialer.addresses().await?;
        let whole = *addresses.first().ok_or("it has no address")?;
        let address = whole.ip();
        let kind = if address.is_ipv4() { ICMP::V4 } else { ICMP::V6 };
        let mut config = Config::builder().kind(kind);
        if let Some(source) = self.spec.source {
            config = config.bind(SocketAddr::new(source, 0));
        }
        if let Some(interface) = &self.spec.interface {
            config = config.interface(interface);
        }
        // A client, and its socket and task, for every run: nothing is left when the run is dropped.
        let client = Client::new(&config.build())
            .map_err(|error| format!("no socket to ping with: {}", noted(error)))?;
        let (ident, sequence) = self.mark();
        let mut pinger = client.pinger(address, ident).await;
        if let SocketAddr::V6(whole) = whole {
            pinger.scope_id(whole.scope_id());
        }
        pinger.timeout(self.spec.timeout);
        let payload = vec![0x56; usize::from(self.spec.payload_bytes)];
        match pinger.ping(sequence, &payload).await {
            Ok((packet, took)) if is_reply(&packet) => Ok(format!("{address} answers in {took:.1?}")),
            Ok((packet, _)) => Err(format!("{address}: {}", complaint(&packet))),
            Err(SurgeError::Timeout { .. }) => {
                Err(format!("no answer of {address} within {:?}", self.spec.timeout))
            }
            Err(error) => {
                if let SurgeError::IOError(error) = &error {
                    note(error);
                }
                Err(format!("{address}: {error}"))
            }
        }
    }
}

/// A router's complaint comes back the same way as a reply.
fn is_reply(packet: &IcmpPacket) -> bool {
    match packet {
        IcmpPacket::V4(packet) => packet.get_icmp_type().0 == 0,
        IcmpPacket::V6(packet) => packet.get_icmpv6_type().0 == 129,
    }
}

fn complaint(packet: &IcmpPacket) -> String {
    let (kind, code) = match packet {
        IcmpPacket::V4(packet) => (packet.get_icmp_type().0, packet.get_icmp_code().0),
        IcmpPacket::V6(packet) => (packet.get_icmpv6_type().0, packet.get_icmpv6_code().0),
    };
    format!("ICMP type {kind} code {code} came back instead of a reply")
}

impl Probe for PingProbe {
    fn name(&self) -> String {
        format!("ping {}", self.spec.host)
    }

    fn limit(&self) -> Duration {
        limit(self.spec.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        within(self.spec.timeout, "no answer", self.ping()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::{PingProbe, PingSpec};

    #[test]
    fn no_two_runs_are_taken_for_each_other() {
        let probe = PingProbe::new(PingSpec::new("192.0.2.1", Duration::from_secs(1)));
        let marks: Vec<_> = (0..100).map(|_| probe.mark()).collect();
        let idents: BTreeSet<u16> = marks.iter().map(|(ident, _)| ident.0).collect();
        let sequences: BTreeSet<u16> = marks.iter().map(|(_, sequence)| sequence.0).collect();
        assert_eq!(sequences.len(), 100);
        assert!(idents.len() > 50, "random: {idents:?}");
    }
}
