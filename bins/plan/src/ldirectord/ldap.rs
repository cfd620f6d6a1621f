//! LDAP (RFC 4511): a bind, and a look at one entry.

use keepalived_conf::Sourced;

use crate::question::{Hear, Turn};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const BOOLEAN: u8 = 0x01;
/// Operations, by their tags.
const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
/// A password as it is, in a bind request.
const SIMPLE: u8 = 0x80;
/// `(NAME=*)`, in a search request.
const PRESENT: u8 = 0x87;

/// Who logs in, the entry that must be there, and what must be found in it.
pub(super) fn turns(
    login: Option<(String, String)>,
    base: Option<&Sourced<String>>,
    pattern: Option<&Sourced<String>>,
) -> Vec<Turn> {
    let (name, password) = login.unwrap_or_default();
    let version = element(INTEGER, &[3]);
    let bind = [
        version,
        element(OCTETS, name.as_bytes()),
        element(SIMPLE, password.as_bytes()),
    ]
    .concat();
    let mut turns = vec![
        Turn::Say(message(1, &element(BIND_REQUEST, &bind))),
        // resultCode success, behind the length of the response.
        Turn::Hear(Hear::Ldap {
            tag: BIND_RESPONSE,
            pattern: r"(?s-u)\A\x61(?:[\x00-\x7f]|[\x81-\x84].{1,4})\x0a\x01\x00".to_owned(),
        }),
    ];
    if let Some(base) = base {
        turns.push(Turn::Say(message(2, &search(&base.value))));
        let pattern = pattern.map_or_else(String::new, |pattern| pattern.value.clone());
        turns.push(Turn::Hear(Hear::Ldap {
            tag: SEARCH_ENTRY,
            pattern,
        }));
    }
    turns.push(Turn::Say(message(3, &element(UNBIND_REQUEST, &[]))));
    turns
}

/// One entry, whatever it is, with all of its attributes.
fn search(base: &str) -> Vec<u8> {
    let number = |tag, number: u8| element(tag, &[number]);
    let parts = [
        element(OCTETS, base.as_bytes()),
        // baseObject; aliases are not followed; no limits of size and time but ours.
        number(ENUMERATED, 0),
        number(ENUMERATED, 0),
        number(INTEGER, 1),
        number(INTEGER, 0),
        number(BOOLEAN, 0),
        element(PRESENT, b"objectClass"),
        element(SEQUENCE, &[]),
    ];
    element(SEARCH_REQUEST, &parts.concat())
}

fn message(id: u8, operation: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[element(INTEGER, &[id]), operation.to_vec()].concat())
}

/// Tag, length, contents. Texts of a file are far below the four octets that a length may have.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut octets = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => octets.push(short),
        _ => {
            octets.push(0x84);
            octets.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
    octets.extend_from_slice(contents);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Net::LDAP sends it for ldirectord, octet by octet.
    #[test]
    fn an_anonymous_bind_is_the_known_one() {
        let Some(Turn::Say(bind)) = turns(None, None, None).into_iter().next() else {
            panic!("the first turn says something");
        };
        assert_eq!(bind, b"0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00");
    }

    #[test]
    fn a_long_name_has_a_long_length() {
        assert_eq!(element(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[7; 128])[..6], [4, 0x84, 0, 0, 0, 128]);
    }
}
