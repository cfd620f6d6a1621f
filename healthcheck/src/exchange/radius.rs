//! Access-Request of RADIUS (RFC 2865) by UDP: does this user get in?

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use md5::{Digest as _, Md5};

use crate::endpoint::{Dialer, Endpoint};
use crate::lack::noted;
use crate::probe::{Outcome, Probe, limit, within};

const ACCESS_REQUEST: u8 = 1;
const ACCESS_ACCEPT: u8 = 2;
const ACCESS_REJECT: u8 = 3;
const ACCESS_CHALLENGE: u8 = 11;
const USER_NAME: u8 = 1;
const USER_PASSWORD: u8 = 2;
const HEAD_BYTES: usize = 20;
/// RFC 2865 3.
const PACKET_BYTES_MAX: usize = 4096;
/// RFC 2865 5.2.
const PASSWORD_BYTES_MAX: usize = 128;

/// Who asks to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct RadiusSpec {
    /// The server.
    pub endpoint: Endpoint,
    /// For all of it.
    pub timeout: Duration,
    /// User-Name.
    pub user: String,
    /// User-Password.
    pub password: String,
    /// What both sides know.
    pub secret: String,
}

/// Without password and secret.
impl std::fmt::Debug for RadiusSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RadiusSpec")
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Asks at every run, and passes when the user is let in by an answer that proves to know the secret.
#[derive(Debug)]
pub struct RadiusProbe {
    spec: RadiusSpec,
    dialer: Dialer,
}

impl RadiusProbe {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// A user name of more than 253 octets, a password of more than 128.
    pub fn new(spec: RadiusSpec) -> Result<Self, String> {
        if spec.user.len() > 253 || spec.password.len() > PASSWORD_BYTES_MAX {
            return Err("RADIUS takes a user name of 253 octets at most, and a password of 128".to_owned());
        }
        let dialer = Dialer::new(spec.endpoint.clone());
        Ok(Self { spec, dialer })
    }

    async fn ask(&self) -> Result<String, String> {
        let random = RandomState::new();
        let mut authenticator = [0_u8; 16];
        let words = (0_u8..).map(|word| random.hash_one(word).to_be_bytes());
        let octets = words.take(2).flatten();
        authenticator
            .iter_mut()
            .zip(octets)
            .for_each(|(to, from)| *to = from);
        let [id, ..] = random.hash_one("id").to_be_bytes();
        let request = request(&self.spec, id, &authenticator);
        let (socket, address) = self.dialer.udp().await?;
        let told = |error: std::io::Error| format!("{address}: {}", noted(error));
        socket.send(&request).await.map_err(told)?;
        let mut heard = [0_u8; PACKET_BYTES_MAX];
        loop {
            let count = socket.recv(&mut heard).await.map_err(told)?;
            let answer = heard.get(..count).unwrap_or_default();
            // Silently, as RFC 2865 3 has it: what is forged or late is no answer.
            if let Some(code) = answered(answer, id, &authenticator, &self.spec.secret) {
                return match code {
                    ACCESS_ACCEPT => Ok(format!("{address} lets the user in")),
                    ACCESS_REJECT => Err(format!("{address} does not let the user in (Access-Reject)")),
                    ACCESS_CHALLENGE => Err(format!("{address} wants more of the user (Access-Challenge)")),
                    other => Err(format!("{address} answers with code {other}")),
                };
            }
        }
    }
}

impl Probe for RadiusProbe {
    fn name(&self) -> String {
        format!("RADIUS Access-Request to {}", self.dialer.endpoint())
    }

    fn limit(&self) -> Duration {
        limit(self.spec.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        within(self.spec.timeout, "no answer that knows the secret", self.ask()).boxed()
    }
}

fn request(spec: &RadiusSpec, id: u8, authenticator: &[u8; 16]) -> Vec<u8> {
    let mut attributes = Vec::new();
    attribute(&mut attributes, USER_NAME, spec.user.as_bytes());
    let hidden = hide(spec.password.as_bytes(), spec.secret.as_bytes(), authenticator);
    attribute(&mut attributes, USER_PASSWORD, &hidden);
    let length = u16::try_from(HEAD_BYTES + attributes.len()).unwrap_or(u16::MAX);
    let mut packet = vec![ACCESS_REQUEST, id];
    packet.extend(length.to_be_bytes());
    packet.extend(authenticator);
    packet.extend(attributes);
    packet
}

fn attribute(to: &mut Vec<u8>, kind: u8, value: &[u8]) {
    let length = u8::try_from(value.len() + 2).unwrap_or(u8::MAX);
    to.extend([kind, length]);
    to.extend_from_slice(value);
}

/// RFC 2865 5.2: sixteen octets at a time, each with the digest of secret and what came before.
fn hide(password: &[u8], secret: &[u8], authenticator: &[u8; 16]) -> Vec<u8> {
    let mut padded = password.to_vec();
    padded.resize(password.len().max(1).next_multiple_of(16), 0);
    let mut hidden: Vec<u8> = Vec::new();
    for part in padded.chunks(16) {
        let before = hidden.len().checked_sub(16).and_then(|from| hidden.get(from..));
        let digest = Md5::new()
            .chain_update(secret)
            .chain_update(before.unwrap_or(authenticator))
            .finalize();
        let octets: Vec<u8> = part.iter().zip(digest).map(|(clear, key)| clear ^ key).collect();
        hidden.extend(octets);
    }
    hidden
}

/// The code of an answer to this request by somebody who knows the secret.
fn answered(answer: &[u8], id: u8, authenticator: &[u8; 16], secret: &str) -> Option<u8> {
    let [code, of, high, low, rest @ ..] = answer else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let attributes = answer.get(HEAD_BYTES..length)?;
    let digest = Md5::new()
        .chain_update([*code, *of, *high, *low])
        .chain_update(authenticator)
        .chain_update(attributes)
        .chain_update(secret)
        .finalize();
    (*of == id && rest.get(..16)? == digest.as_slice()).then_some(*code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2865 7.1: user nemo, password arctangent, secret xyzzy5461.
    #[test]
    fn the_example_of_the_rfc() {
        let hex = |text: &str| crate::hex::hex(text).unwrap();
        let authenticator: [u8; 16] = hex("0f403f9473978057bd83d5cb98f4227a").try_into().unwrap();
        let spec = RadiusSpec {
            endpoint: Endpoint::new("192.168.1.16", 1812),
            timeout: Duration::from_secs(1),
            user: "nemo".to_owned(),
            password: "arctangent".to_owned(),
            secret: "xyzzy5461".to_owned(),
        };
        let packet = request(&spec, 0, &authenticator);
        assert_eq!(packet.get(20..26).unwrap(), hex("01066e656d6f"));
        assert_eq!(
            packet.get(26..44).unwrap(),
            hex("02120dbe708d93d413ce3196e43f782a0aee")
        );
        let accept = hex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103");
        assert_eq!(
            answered(&accept, 0, &authenticator, "xyzzy5461"),
            Some(ACCESS_ACCEPT)
        );
        assert_eq!(answered(&accept, 0, &authenticator, "xyzzy5462"), None);
        assert_eq!(answered(&accept, 1, &authenticator, "xyzzy5461"), None);
        assert_eq!(answered(&accept[..30], 0, &authenticator, "xyzzy5461"), None);
    }
}
