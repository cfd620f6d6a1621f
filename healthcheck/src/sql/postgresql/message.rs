//! Messages of PostgreSQL: a letter, four octets of length, and the rest; and what stands in some of them.

use super::super::{MESSAGE_BYTES_MAX, told};

const HEAD_BYTES: usize = 5;

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'h> {
    pub(super) kind: u8,
    /// All of it; of one that is too long nothing.
    pub(super) body: &'h [u8],
    /// Octets with its head; 0 for one that is too long.
    pub(super) used: usize,
    /// As announced, with the length itself.
    pub(super) length: usize,
}

/// The first message, when it is there.
///
/// # Errors
/// A length that none has.
pub(super) fn first(heard: &[u8]) -> Result<Option<Message<'_>>, String> {
    let [kind, l0, l1, l2, l3, rest @ ..] = heard else {
        return Ok(None);
    };
    let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let Some(inside) = length.checked_sub(4) else {
        return Err(no_message(heard));
    };
    let (body, used) = if inside > MESSAGE_BYTES_MAX {
        (<&[u8]>::default(), 0)
    } else {
        match rest.get(..inside) {
            Some(body) => (body, HEAD_BYTES + inside),
            None => return Ok(None),
        }
    };
    Ok(Some(Message {
        kind: *kind,
        body,
        used,
        length,
    }))
}

pub(super) fn no_message(heard: &[u8]) -> String {
    // A server that cannot even begin says why in the way of before version 7.4: E, and a text.
    match heard {
        [b'E', text @ ..]
            if text
                .iter()
                .take(4)
                .all(|octet| octet.is_ascii_graphic() || *octet == b' ') =>
        {
            format!("it takes nobody in: {}", text_of(text))
        }
        _ => format!("it says '{}', which is no message of PostgreSQL", told(heard)),
    }
}

/// A message of ours. What is put in here is far below the greatest length.
pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut octets = vec![kind];
    octets.extend(length(body));
    octets.extend_from_slice(body);
    octets
}

/// The first message of a connection, which has no letter.
pub(super) fn startup(texts: &[(&str, &str)]) -> Vec<u8> {
    const VERSION_3: u32 = 3 << 16;
    let mut body = VERSION_3.to_be_bytes().to_vec();
    for (name, value) in texts {
        for text in [name, value] {
            body.extend_from_slice(text.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    [length(&body).as_slice(), &body].concat()
}

fn length(body: &[u8]) -> [u8; 4] {
    u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes()
}

/// One field of an error.
fn field(body: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut fields = body.split(|octet| *octet == 0);
    fields.find_map(|field| field.strip_prefix(&[wanted]))
}

/// Of an error: `28P01`.
pub(super) fn code(body: &[u8]) -> Option<&[u8]> {
    field(body, b'C')
}

/// What an error says: `FATAL 28P01: password authentication failed`.
pub(super) fn error(body: &[u8]) -> String {
    let severity = field(body, b'S').map_or_else(|| "error".to_owned(), told);
    let code = code(body).map_or_else(String::new, |code| format!(" {}", told(code)));
    let words = field(body, b'M').map_or_else(|| "no reason is given".to_owned(), told);
    format!("{severity}{code}: {words}")
}

/// Up to an octet of 0.
pub(super) fn text_of(octets: &[u8]) -> String {
    told(octets.split(|octet| *octet == 0).next().unwrap_or_default())
}
