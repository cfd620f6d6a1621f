//! What a text of keepalived's language asks for, for the tests beside.

use vrrp_plan::balance::Balance;

pub(super) fn balance(text: &str) -> Balance {
    let files = keepalived_conf::MemoryFiles::new([("k.conf", text)]);
    let parsed = keepalived_conf::parse(&files, "k.conf");
    let nothing = std::iter::empty::<&str>().collect();
    let host = vrrp_plan::Host::default();
    vrrp_plan::lower(&parsed.config, &parsed.sources, &nothing, &host)
        .plan
        .balance
}
