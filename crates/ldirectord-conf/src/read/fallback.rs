//! `fallback = ADDRESS[:PORT] [gate|masq|ipip]`.

use keepalived_conf::Sourced;

use super::address::{address, port, written};
use super::real::forwarding;
use super::value::whole;
use super::{Defaults, Given, Reader};
use crate::line::{Directive, Kind};
use crate::model::{Fallback, Family, Forwarding, Protocol};

impl Reader<'_> {
    pub(super) fn fallback(
        &mut self,
        given: &Given<'_>,
        file: &Defaults<'_>,
        family: Family,
        protocol: Protocol,
    ) -> Option<Sourced<Fallback>> {
        let (wanted, other) = match family {
            Family::Ipv4 => ("fallback", "fallback6"),
            Family::Ipv6 => ("fallback6", "fallback"),
        };
        if let Some(wrong) = given.get(other) {
            self.fault(
                "family-mismatch",
                wrong.name_span,
                format!("{other} does not fit the family of this virtual server"),
                format!("write {wanted}"),
            );
        }
        self.either(given, file, wanted, |reader, directive| {
            let fallback = reader.read_fallback(directive, family, protocol)?;
            Some(Sourced::line(fallback, whole(&directive.words, directive.span)))
        })
    }

    pub(super) fn read_fallback(
        &mut self,
        directive: &Directive,
        family: Family,
        protocol: Protocol,
    ) -> Option<Fallback> {
        let name = &directive.name;
        let mut words = directive.words.iter().filter(|word| word.kind != Kind::Comma);
        let Some(target) = words.next() else {
            self.fault(
                "no-value",
                directive.name_span,
                format!("{name} has no address"),
                format!("write {name} = ADDRESS:PORT, or take it out"),
            );
            return None;
        };
        let found = written(&target.text)
            .ok_or_else(|| ("the brackets do not match".to_owned(), "write [ADDRESS]:PORT"))
            .and_then(|parts| {
                let (address, _) = address(parts.host, family, self.names)?;
                let number = parts
                    .port
                    .map_or(Ok(0), |text| port(text, protocol, self.names))?;
                Ok((address, number))
            });
        let (address, port) = match found {
            Ok(found) => found,
            Err((message, help)) => {
                self.fault("no-address", target.span, message, help);
                return None;
            }
        };
        let way = words.next();
        let forwarding = way.map_or(Some(Forwarding::Gate), |word| forwarding(&word.text));
        let stray = words.next();
        let (Some(forwarding), None) = (forwarding, stray) else {
            let word = stray.or(way).unwrap_or(target);
            self.fault(
                "no-forwarding",
                word.span,
                format!("'{}' has no meaning here", word.text),
                "write gate, masq or ipip behind the address, and nothing else",
            );
            return None;
        };
        Some(Fallback {
            address,
            port,
            forwarding,
        })
    }
}
