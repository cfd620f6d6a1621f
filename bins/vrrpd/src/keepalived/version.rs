//! What `keepalived -v` says, in the shape that exporters and playbooks read.

/// The version whose command line, configuration and files these are.
const OF: &str = "2.2.7";

/// On standard error, as keepalived's.
pub(super) fn text() -> String {
    let own = env!("CARGO_PKG_VERSION");
    format!(
        "Keepalived v{OF} (vrrpd {own})\n\n\
         This is vrrpd {own} in keepalived's place: it takes the command line and the configuration of keepalived {OF}.\n\n\
         configure options: --enable-json\n\n\
         Config options:  {}\n",
        options().join(" ")
    )
}

/// keepalived's names for what is in this build.
fn options() -> Vec<&'static str> {
    vec!["NFTABLES", "REGEX", "VRRP", "VRRP_AUTH", "VRRP_VMAC", "JSON"]
}
