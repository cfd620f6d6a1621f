//! `keepalived.data`: what of keepalived's state dump has a meaning here, in its words and its order. No password stands in it.

use vrrp_control::Health;
use vrrp_core::{Authentication, Family, Path};
use vrrp_plan::{Tracked, What};

use super::seen::{One, Seen};
use super::text::{Text, enabled, seconds, time};

/// All sections.
pub(super) fn text(seen: &Seen) -> String {
    let mut out = Text::default();
    globals(&mut out, seen);
    out.title("VRRP Topology");
    for one in seen.instances() {
        instance(&mut out, one);
    }
    groups(&mut out, seen);
    scripts(&mut out, seen);
    files(&mut out, seen);
    processes(&mut out, seen);
    out.0
}

fn globals(out: &mut Text, seen: &Seen) {
    let node = &seen.plan.node;
    out.title("Global definitions");
    let namespace = seen.status.daemon.net_namespace.as_deref();
    out.global("Network namespace", namespace.unwrap_or("(default)"));
    out.global("Router ID", &node.router_id);
    out.global(
        "Dynamic interfaces",
        if node.dynamic_interfaces { "true" } else { "false" },
    );
    for (word, gap) in [("ARP", node.arp_gap), ("NA", node.neighbor_gap)] {
        out.global(
            &format!("Gratuitous {word} interval"),
            &format!("{:.6}", gap.as_secs_f64()),
        );
    }
    out.global("VRRP don't swap", if node.no_swap { "true" } else { "false" });
    let realtime = seen.status.daemon.realtime_priority.unwrap_or(0);
    out.global("VRRP realtime priority", &realtime.to_string());
    out.0 += &format!(" json_version {}\n", node.json_version);
}

fn instance(out: &mut Text, one: One<'_>) {
    out.global("VRRP Instance", &one.planned.name);
    out.line("VRRP Version", &one.told.protocol_version.to_string());
    if let Some(group) = &one.service.group {
        out.line("Sync group", group);
    }
    if one.settings().family == Family::Ipv6 {
        out.plain("Using Native IPv6");
    }
    out.line("State", &one.told.keepalived_state.to_string());
    if let Some((address, priority)) = one.master() {
        out.line("Master router", &address.to_string());
        out.line("Master priority", &priority.to_string());
        let interval = one.master_interval_cs();
        out.line(
            "Master advert int",
            &format!("{}.{:02} sec", interval / 100, interval % 100),
        );
    }
    out.line("Wantstate", if one.is_master() { "MASTER" } else { "BACKUP" });
    out.line("Last transition", &time(one.service.since));
    out.line(
        "Master down timer",
        &format!(
            "{} usecs",
            u64::from(one.service.leaves.master_down_interval_cs) * 10_000
        ),
    );
    link(out, one);
    announcements(out, one);
    election(out, one);
    addresses(out, one);
    tracks(out, one);
    let mail = if one.planned.hooks.mail { "yes" } else { "no" };
    out.line("Using smtp notification", mail);
    let deleted = if one.planned.hooks.tells_deleted {
        "Deleted"
    } else {
        "Fault"
    };
    out.line("Notify deleted", deleted);
    let changes = if one.planned.hooks.priority_changes {
        "true"
    } else {
        "false"
    };
    out.line("Notify priority changes", changes);
}

fn link(out: &mut Text, one: One<'_>) {
    let below = one.service.interface.as_deref().unwrap_or("");
    match &one.service.virtual_mac {
        Some(own) => {
            out.plain(&format!(
                "Use VMAC, i/f name {}, is_up = {}, xmit_base = false",
                own.device, own.up
            ));
            out.line("Interface", &format!("{}, vmac on {below}", own.device));
        }
        None => out.line("Interface", below),
    }
    if !one.planned.service.track_primary {
        out.plain("VRRP interface tracking disabled");
    }
    if let Some(source) = one.service.link.primary {
        let configured = if one.planned.service.source.is_some() {
            " (from configuration)"
        } else {
            ""
        };
        out.line("Using src_ip", &format!("{source}{configured}"));
    }
    if let Path::Multicast { group } = one.settings().path {
        out.plain(&format!("Multicast address {group}"));
    }
}

fn announcements(out: &mut Text, one: One<'_>) {
    let of = &one.settings().announcements;
    let later = if of.later_rounds == 0 {
        0
    } else {
        of.later_after_nanos
    };
    for (word, value) in [
        ("delay", seconds(later)),
        ("repeat", of.at_once.to_string()),
        ("refresh", seconds(of.refresh_every_nanos)),
        ("refresh repeat", of.refresh_repeat.to_string()),
        ("lower priority delay", seconds(of.rival_again_nanos)),
        ("lower priority repeat", of.rival_repeat.to_string()),
    ] {
        out.line(&format!("Gratuitous ARP {word}"), &value);
    }
}

fn election(out: &mut Text, one: One<'_>) {
    let settings = one.settings();
    out.line("Down timer adverts", &settings.down_adverts.to_string());
    for (word, on) in [
        ("lower", settings.answer_lower),
        ("higher", settings.advert_before_yield),
    ] {
        out.line(
            &format!("Send advert after receive {word} priority advert"),
            if on { "true" } else { "false" },
        );
    }
    out.line("Virtual Router ID", &settings.vrid.get().to_string());
    out.line("Priority", &one.service.base_priority.to_string());
    out.line("Effective priority", &one.service.priority.to_string());
    let adds: i32 = one.service.contributions.iter().map(|one| one.adds).sum();
    out.line(
        "Total priority",
        &(i32::from(one.service.base_priority) + adds).to_string(),
    );
    let interval_ms = settings.interval.nanos() / 1_000_000;
    let interval = match one.told.protocol_version {
        2 => format!("{} sec", interval_ms / 1000),
        _ => format!("{interval_ms} milli-sec"),
    };
    out.line("Advert interval", &interval);
    out.line("Accept", enabled(settings.accept));
    out.line("Preempt", enabled(settings.preempt));
    if settings.preempt_delay_nanos > 0 {
        out.line(
            "Preempt delay",
            &format!("{} secs", seconds(settings.preempt_delay_nanos)),
        );
    }
    out.line("Promote_secondaries", "disabled");
    if settings.authentication != Authentication::None {
        out.line("Authentication type", "SIMPLE_PASSWORD");
    }
}

fn addresses(out: &mut Text, one: One<'_>) {
    let own = one.addresses(true);
    out.list(&format!("Virtual IP ({}):", own.len()), &own);
    out.list("Virtual IP Excluded :", &one.addresses(false));
    if let Path::Unicast { peers, .. } = &one.settings().path {
        out.line("Unicast TTL", &one.planned.service.unicast_hop_limit.to_string());
        let peers: Vec<String> = peers.iter().map(|peer| peer.address.to_string()).collect();
        out.list("Unicast Peer :", &peers);
    }
    for (heading, kind) in [("Virtual Routes :", "route"), ("Virtual Rules :", "rule")] {
        let entries = one.told.routing.iter().filter(|entry| entry.kind == kind);
        let entries: Vec<String> = entries.map(|entry| entry.entry.clone()).collect();
        out.list(heading, &entries);
    }
}

/// One list for each kind of what is tracked.
fn tracks(out: &mut Text, one: One<'_>) {
    type Of = fn(&Tracked) -> Option<&String>;
    let kinds: [(&str, &str, Of); 4] = [
        ("Tracked interfaces :", "", |object| match object {
            Tracked::Interface(name) => Some(name),
            _ => None,
        }),
        ("Tracked scripts :", "", |object| match object {
            Tracked::Check(name) => Some(name),
            _ => None,
        }),
        ("Tracked files :", ",", |object| match object {
            Tracked::File(name) => Some(name),
            _ => None,
        }),
        ("Tracked processes :", ",", |object| match object {
            Tracked::Process(name) => Some(name),
            _ => None,
        }),
    ];
    for (heading, comma, of) in kinds {
        let trackers = one.planned.tracked.iter().zip(&one.settings().trackers);
        let lines = trackers.filter_map(|(object, tracker)| {
            let (weight, reverse) = weight(tracker.weight);
            Some(format!("{}{comma} weight {weight}{reverse}", of(object)?))
        });
        out.list(heading, &lines.collect::<Vec<_>>());
    }
}

const fn weight(weight: vrrp_core::Weight) -> (i16, &'static str) {
    let (value, reverse) = match weight {
        vrrp_core::Weight::Gate { reverse } => (0, reverse),
        vrrp_core::Weight::Adjust { value, reverse } => (value, reverse),
    };
    (value, if reverse { " reverse" } else { "" })
}

fn groups(out: &mut Text, seen: &Seen) {
    if seen.status.groups.is_empty() {
        return;
    }
    out.title("VRRP Sync groups");
    for group in &seen.status.groups {
        out.global(
            "VRRP Sync Group",
            &format!("{}, {}", group.name, group.keepalived_state),
        );
        out.list("VRRP member instances :", &group.members);
    }
}

/// Which instances follow an object, with the weight that it has for each.
fn tracking(seen: &Seen, object: &Tracked) -> Vec<String> {
    let mut lines = Vec::new();
    for instance in &seen.plan.instances {
        for id in instance.following(object) {
            let trackers = &instance.service.settings.trackers;
            if let Some(tracker) = trackers.get(usize::from(id.0)) {
                let (value, reverse) = weight(tracker.weight);
                lines.push(format!("{}, weight {value}{reverse}", instance.name));
            }
        }
    }
    lines
}

fn scripts(out: &mut Text, seen: &Seen) {
    let scripts = seen
        .plan
        .checks
        .iter()
        .filter(|check| matches!(check.what, What::Run(_)));
    for (number, check) in scripts.enumerate() {
        if number == 0 {
            out.title("VRRP Scripts");
        }
        out.global("VRRP Script", &check.name);
        out.line("Command", &seen.command(&check.name).unwrap_or_default());
        out.line("Interval", &format!("{} sec", check.interval.as_secs()));
        out.line("Timeout", &format!("{} sec", check.timeout.as_secs()));
        out.line("Rise", &check.rise.to_string());
        out.line("Fall", &check.fall.to_string());
        let told = seen.status.checks.iter().find(|told| told.name == check.name);
        let status = match told.map_or(Health::Unknown, |told| told.health) {
            Health::Up => "GOOD",
            Health::Down => "BAD",
            Health::Unknown => "INIT",
        };
        out.line("Status", status);
        out.list(
            "Tracking instances :",
            &tracking(seen, &Tracked::Check(check.name.clone())),
        );
        let runs = told.is_some_and(|told| told.next_in_ms.is_none());
        out.line("State", if runs { "running" } else { "idle" });
    }
}

fn files(out: &mut Text, seen: &Seen) {
    for (number, file) in seen.plan.files.iter().enumerate() {
        if number == 0 {
            out.title("VRRP Track files");
        }
        out.global("Track file", &file.name);
        out.line("File", &file.path.display().to_string());
        let told = seen.status.files.iter().find(|told| told.name == file.name);
        out.line("Status", &told.map_or(0, |told| told.value).to_string());
        out.list(
            "Tracking instances :",
            &tracking(seen, &Tracked::File(file.name.clone())),
        );
    }
}

fn processes(out: &mut Text, seen: &Seen) {
    for (number, track) in seen.plan.processes.iter().enumerate() {
        if number == 0 {
            out.title("VRRP Track processes");
        }
        out.global("VRRP Track process", &track.name);
        out.line("Process", &track.process.join(" "));
        out.line("Min processes", &track.at_least.to_string());
        if let Some(most) = track.at_most {
            out.line("Max processes", &most.to_string());
        }
        let told = seen.status.processes.iter().find(|told| told.name == track.name);
        let count = told.map_or(0, |told| told.count);
        out.line("Current processes", &count.to_string());
        let enough = count >= track.at_least && track.at_most.is_none_or(|most| count <= most);
        out.line("Have quorum", if enough { "true" } else { "false" });
        for (word, delay) in [
            ("Terminate delay", track.terminate_delay),
            ("Fork delay", track.fork_delay),
        ] {
            out.line(word, &format!("{:.6}s", delay.as_secs_f64()));
        }
        out.list(
            "Tracking instances :",
            &tracking(seen, &Tracked::Process(track.name.clone())),
        );
    }
}
