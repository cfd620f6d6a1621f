//! What a server says first, and the answer to it (protocol version 10, handshake response 4.1).

use super::packet::Cut;
use super::scramble::{NONCE_BYTES, Nonce, Plugin};
use crate::sql::SqlSpec;
use crate::sql::told;

const LONG_PASSWORD: u32 = 1;
const LONG_FLAG: u32 = 1 << 2;
const WITH_DATABASE: u32 = 1 << 3;
const PROTOCOL_41: u32 = 1 << 9;
const TLS: u32 = 1 << 11;
const TRANSACTIONS: u32 = 1 << 13;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN_AUTH: u32 = 1 << 19;
/// utf8mb4.
const CHARACTER_SET: u8 = 45;
/// Of a packet that we would take.
const PACKET_BYTES_MAX: u32 = 1 << 24;

/// What it can do, and what the password is mixed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Greeting {
    capabilities: u32,
    pub(super) nonce: Nonce,
    /// The server's default; a user may have another one.
    pub(super) plugin: Plugin,
}

/// # Errors
/// It is none, or of a protocol that is too old.
pub(super) fn greeting(payload: &[u8]) -> Result<Greeting, String> {
    let mut cut = Cut(payload);
    match cut.octet() {
        Some(10) => {}
        _ => return Err(no_greeting(payload)),
    }
    let cut_short = || "its greeting is cut short".to_owned();
    let _version = cut.text();
    let _thread = cut.take(4).ok_or_else(cut_short)?;
    let mut nonce = cut.take(8).ok_or_else(cut_short)?.to_vec();
    let _filler = cut.octet();
    let mut capabilities = u32::from(cut.number().ok_or_else(cut_short)?);
    // One of before 4.1 ends here.
    let more = (|| {
        cut.take(3)?;
        capabilities |= u32::from(cut.number()?) << 16;
        cut.take(11)?;
        nonce.extend_from_slice(cut.take(NONCE_BYTES - 8)?);
        cut.octet();
        Some(())
    })();
    let needed = PROTOCOL_41 | SECURE_CONNECTION;
    if more.is_none() || capabilities & needed != needed {
        return Err("it speaks the protocol of before version 4.1, which is not spoken here".to_owned());
    }
    let named = cut.text();
    Ok(Greeting {
        capabilities,
        nonce: nonce.try_into().map_err(|_| cut_short())?,
        plugin: Plugin::named(named).unwrap_or(Plugin::Native),
    })
}

pub(super) fn no_greeting(heard: &[u8]) -> String {
    format!("it says '{}', which is no greeting of MySQL", told(heard))
}

impl Greeting {
    pub(super) const fn offers_tls(&self) -> bool {
        self.capabilities & TLS != 0
    }
}

/// What the answer begins with; alone it asks for TLS.
pub(super) fn request_for_tls(greeting: &Greeting, spec: &SqlSpec) -> Vec<u8> {
    head(capabilities(greeting, spec) | TLS)
}

/// The answer: who we are, and the proof.
pub(super) fn response(greeting: &Greeting, spec: &SqlSpec, over_tls: bool) -> Vec<u8> {
    let capabilities = capabilities(greeting, spec);
    let mut payload = head(capabilities | if over_tls { TLS } else { 0 });
    payload.extend(spec.login.as_bytes());
    payload.push(0);
    let proof = greeting.plugin.prove(spec.password.as_bytes(), &greeting.nonce);
    payload.push(u8::try_from(proof.len()).unwrap_or(u8::MAX));
    payload.extend(proof);
    if let Some(database) = spec
        .database
        .as_ref()
        .filter(|_| capabilities & WITH_DATABASE != 0)
    {
        payload.extend(database.as_bytes());
        payload.push(0);
    }
    if capabilities & PLUGIN_AUTH != 0 {
        payload.extend(greeting.plugin.name().as_bytes());
        payload.push(0);
    }
    payload
}

/// Of ours those that the server has too.
const fn capabilities(greeting: &Greeting, spec: &SqlSpec) -> u32 {
    let ours = LONG_PASSWORD | LONG_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH;
    let database = if spec.database.is_some() { WITH_DATABASE } else { 0 };
    (ours | database) & greeting.capabilities
}

fn head(capabilities: u32) -> Vec<u8> {
    let mut payload = capabilities.to_le_bytes().to_vec();
    payload.extend(PACKET_BYTES_MAX.to_le_bytes());
    payload.push(CHARACTER_SET);
    payload.extend([0; 23]);
    payload
}
