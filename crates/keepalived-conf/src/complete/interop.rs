//! `v2_interop`: ours, for the time in which a group goes from version 2 to version 3 (RFC 9568 section 8.4).

use super::instance::About;
use crate::diagnostic::Diagnostic;
use crate::model::{Family, Sourced, Version};
use crate::read::Draft;

/// Whether both versions are spoken; never without a word about it (V3-8.4.1-01).
pub(super) fn v2_interop(
    draft: &Draft,
    version: Version,
    family: Family,
    advert_int_cs: u16,
    out: &mut About<'_>,
) -> Sourced<bool> {
    let Some(asked) = draft.switches.v2_interop.filter(|asked| asked.value) else {
        return draft.switches.v2_interop.unwrap_or(Sourced::default(false));
    };
    let span = asked.span().unwrap_or(draft.span);
    if family == Family::Ipv6 || version == Version::V2 {
        let found = Diagnostic::error("v2-interop", span, "v2_interop is for version 3 in IPv4")
            .effect("this instance speaks one version")
            .help(match family {
                Family::Ipv4 => "write version 3; other nodes of version 2 hear the copies",
                Family::Ipv6 => "remove it: there is no version 2 in IPv6",
            });
        out.push(found);
        return Sourced::implied(false, "version 3 in IPv4 alone can be beside version 2");
    }
    out.push(
        Diagnostic::warning(
            "v2-interop",
            span,
            "v2_interop is for the time of an upgrade only",
        )
        .effect("every advert is sent twice, in version 3 and in version 2, and both are heard")
        .help("remove it from one node after the other as soon as none of them needs version 2"),
    );
    if advert_int_cs < 100 || !advert_int_cs.is_multiple_of(100) {
        let seconds = (advert_int_cs / 100).max(1);
        let text = format!(
            "advert_int {}.{:02} with v2_interop: version 2 knows whole seconds",
            advert_int_cs / 100,
            advert_int_cs % 100
        );
        out.push(
            Diagnostic::warning("v2-interop-interval", span, text)
                .effect(format!(
                    "the copies say {seconds} s; a node of version 2 discards them unless it has advert_int {seconds}, \
                     and must not have the greater priority"
                ))
                .help("write advert_int 1 on every node until the upgrade is over"),
        );
    }
    asked
}
