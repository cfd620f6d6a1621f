//! Of an Active router.

use vrrp_control::{Instance, Status};

use super::Reason;
use super::sums::{failing, is_resigned, reason, sum};
use crate::steered::handing_over;
use crate::words::{presence, span};

/// Sentence, reasons, and what would change it.
pub(super) fn explain(instance: &Instance, status: &Status) -> (String, Vec<Reason>, Vec<String>) {
    let owner = instance.leaves.as_ref().is_some_and(|leaves| leaves.is_owner);
    let held = span(instance.state_for_ms);
    let sentence = if owner {
        format!(
            "is Active for {held}: it owns the addresses (priority 255), and nobody ranks above the owner"
        )
    } else {
        format!(
            "is Active for {held}, because {}: priority {}",
            instance.why,
            sum(&instance.priority)
        )
    };
    let mut because = Vec::new();
    if instance.heard.is_empty() {
        because.push(
            Reason::new("no other router was ever heard: nobody would take over")
                .cure("look whether another node runs, and whether protocol 112 reaches this one"),
        );
    }
    let own = instance.priority.effective;
    for other in &instance.heard {
        let rank = match other.priority {
            0 => "said goodbye".to_owned(),
            higher if higher > own => format!("had priority {higher}, which is higher"),
            same if same == own => format!("had the same priority {same}"),
            lower => format!("had priority {lower}, which is lower"),
        };
        let what = format!("{} {rank}; last heard", other.address);
        because.push(Reason::new(format!("{what} {} ago", span(other.last_ago_ms))));
    }
    because.extend(handing_over(&status.daemon, instance).map(Reason::new));
    if is_resigned(&instance.priority) {
        because.push(
            Reason::new(
                "an operator asked it to hand over; it competes with priority 1, and nobody has taken over",
            )
            .cure("end the switchover, or start another node"),
        );
    }
    because.extend(failing(&instance.priority).map(|one| reason(one, status)));
    for address in &instance.addresses {
        let (word, wrong) = presence(address);
        if wrong {
            because.push(
                Reason::new(format!(
                    "{}/{} is {word} in the kernel",
                    address.address, address.prefix
                ))
                .cure("vrrpctl events --instance shows who has deleted it, or why it cannot be made"),
            );
        }
    }
    let mut then = Vec::new();
    if !owner {
        then.push(format!(
            "it yields to a router that sends a higher priority than {own}, or {own} from a higher address"
        ));
    }
    if let Some(next) = &instance.next {
        then.push(format!("next: {} in {}", next.what, span(next.in_ms)));
    }
    (sentence, because, then)
}
