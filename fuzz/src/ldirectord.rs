//! ldirectord.cf of any bytes: nothing panics, every finding can be shown, and what is balanced is what the kernel takes.

use keepalived_conf::{MemoryFiles, render};
use ldirectord_conf::{FewNames, effective, parse};
use vrrp_plan::ldirectord::{Settings, lower};

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn ldirectord(bytes: &[u8]) {
    let parsed = parse(&MemoryFiles::new([("l", bytes)]), &FewNames, "l");
    for found in parsed.diagnostics.iter().take(20) {
        let _ = render(found, &parsed.sources, false);
    }
    let _ = effective(&parsed);
    let balance = lower(&parsed.config, &parsed.sources, Settings::default()).balance;
    for server in &balance.servers {
        assert!(!server.servers.is_empty() || server.sorry.is_some());
        let known = |name: &str| balance.check(name).is_some();
        let follows = server.servers.iter().flat_map(|real| &real.follows);
        assert!(follows.into_iter().all(|follows| known(&follows.check)));
        assert!(server.services.iter().all(|service| service.check().is_ok()));
    }
}
