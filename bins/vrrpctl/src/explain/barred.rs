//! Of a router that takes no part: what bars it, and what to do.

use vrrp_control::{Instance, Status};

use super::Reason;
use super::sums::reason;
use crate::words::span;

/// Sentence, reasons, and what would change it.
pub(super) fn explain(instance: &Instance, status: &Status) -> (String, Vec<Reason>, Vec<String>) {
    let bar = instance.barred.as_deref().unwrap_or(&instance.why);
    let sentence = if instance.holding && status.daemon.stopping {
        "takes no part because vrrpd is stopping as asked; its addresses still answer here until the successor does".to_owned()
    } else if instance.holding {
        format!("takes no part because {bar}; its addresses still answer here until the successor does")
    } else if status.daemon.stopping {
        "takes no part because vrrpd is stopping as asked".to_owned()
    } else {
        format!("takes no part because {bar}")
    };
    let mut because: Vec<Reason> = own(instance, bar).into_iter().collect();
    let gates = instance.priority.contributions.iter().filter(|one| one.bars);
    because.extend(gates.map(|one| reason(one, status)));
    because.extend(group(instance, status));
    let mut then = Vec::new();
    if let Some(next) = &instance.next {
        then.push(format!("next: {} in {}", next.what, span(next.in_ms)));
    }
    if !status.daemon.stopping {
        then.push(
            "it begins as Backup as soon as nothing bars it, and takes over if nobody better is heard"
                .to_owned(),
        );
    }
    (sentence, because, then)
}

/// The bar itself. That of a tracked object, or of a group, is told with its owner.
fn own(instance: &Instance, bar: &str) -> Option<Reason> {
    let interface = instance.interface.as_deref().unwrap_or("its interface");
    let cure = match instance.barred_code.as_deref()? {
        "link-down" => format!("ip link set {interface} up; look at its cable and at the name in the file"),
        "no-primary-address" => format!(
            "give {interface} an {} address to send from, another than the virtual ones",
            instance.family
        ),
        "no-virtual-address" => "write a virtual_ipaddress into the file, and reload".to_owned(),
        "send-failed" => {
            "look whether a packet filter on this node refuses protocol 112 (output); it tries again by itself".to_owned()
        }
        "hold-failed" => {
            "vrrpctl events --instance shows what the kernel said; it tries again by itself".to_owned()
        }
        "start-delay" => "wait: vrrp_startup_delay and vrrp_delay_after_boot say for how long".to_owned(),
        "tracked" | "group" | "group-stopped" | "not-started" => return None,
        _ => return Some(Reason::new(bar).since(instance.state_for_ms)),
    };
    Some(Reason::new(bar).since(instance.state_for_ms).cure(cure))
}

fn group(instance: &Instance, status: &Status) -> Option<Reason> {
    let barred = instance.barred_code.as_deref() == Some("group");
    let name = instance.group.as_ref().filter(|_| barred)?;
    let group = status.groups.iter().find(|group| group.name == *name)?;
    let at_fault = group.at_fault.join(", ");
    let reason = Reason::new(format!(
        "sync group {name} moves as one, and at fault is {at_fault}"
    ));
    Some(
        reason
            .since(instance.state_for_ms)
            .cure(format!("vrrpctl explain {at_fault}")),
    )
}
