//! Two nodes that were active at a time: who says so afterwards, and to whom.

use super::codes::{CHALLENGE_UNTOLD, YIELDS_UNSAID};
use crate::diagnostic::Findings;
use crate::model::{Config, VrrpInstance};

/// True of every file that leaves the defaults alone.
pub(super) fn yields(config: &Config, out: &mut Findings) {
    let silent = |one: &&VrrpInstance| {
        // Strict mode leaves no choice, and an owner does not yield.
        let free = !one.strict.value && !one.is_owner();
        free && !one.higher_prio_send_advert.value && one.announcements.refresh.value.is_zero()
    };
    if let Some(one) = config.instances.iter().find(silent) {
        let found = YIELDS_UNSAID
            .at(one.span, format!("{} gives way to a better node without a word", one.name))
            .effect("after two nodes were active at a time the better one may not know of it, and neighbours keep the address of the one that gave way, as with keepalived")
            .help("vrrp_higher_prio_send_advert in global_defs of every node, or vrrp_garp_master_refresh 60")
            .about(&one.name);
        out.push(found);
    }
}

pub(super) fn file(config: &Config, out: &mut Findings) {
    let unaware = config.instances.iter().find_map(|one| {
        let notify = &one.notify;
        let told = notify.master.as_ref().filter(|_| notify.rx_lower_pri.is_none())?;
        Some((one, told.span()?))
    });
    if let Some((one, span)) = unaware {
        let found = CHALLENGE_UNTOLD
            .at(span, format!("notify_master of {} is not run again after a rival", one.name))
            .effect("what the rival's own notify_master has changed, as at a cloud's API, stays so, as with keepalived")
            .help("where the script changes anything outside this node: notify_master_rx_lower_pri with the same command")
            .about(&one.name);
        out.push(found);
    }
}
