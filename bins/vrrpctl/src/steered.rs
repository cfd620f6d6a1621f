//! What the status says of an operator's doings: they are easily forgotten.

use vrrp_control::{AskedBy, Daemon, Instance, State, Status};

use crate::words;

/// As the daemon calls its script.
const BEFORE_STOP: &str = "notify_before_stop";

/// How long ago somebody asked for it.
fn ago(daemon: &Daemon, asked: AskedBy) -> String {
    lasting(daemon, asked, asked.at_unix_ms)
}

/// How long it has lasted, by the clock of the daemon, and who asked for it.
fn lasting(daemon: &Daemon, asked: AskedBy, since_unix_ms: u64) -> String {
    let now = daemon.started_unix_ms.saturating_add(daemon.uptime_ms);
    let by = match asked.uid {
        u32::MAX => String::new(),
        uid => format!(", by user {uid}"),
    };
    format!("for {}{by}", words::span(now.saturating_sub(since_unix_ms)))
}

/// Above everything else.
pub(crate) fn maintenance(daemon: &Daemon) -> Option<String> {
    let maintenance = daemon.maintenance.as_ref()?;
    Some(format!(
        "MAINTENANCE {}: this node takes over only where no other router is alive; `vrrpctl maintenance off` ends it",
        ago(daemon, maintenance.asked)
    ))
}

/// Of one instance, while it is being handed over.
pub(crate) fn handing_over(daemon: &Daemon, instance: &Instance) -> Option<String> {
    let since = ago(daemon, instance.handing_over?);
    let doing = match (instance.state, instance.hook_running.as_deref()) {
        (State::Active, Some(BEFORE_STOP)) => {
            "notify_before_stop runs, and it is Active until that has ended"
        }
        (State::Active, _) => "it is Active until what runs before that has ended",
        (State::Backup | State::Initialize, _) => "the successor is waited for",
    };
    Some(format!(
        "being handed over {since}: {doing}; `vrrpctl switchover {} --undo` ends it",
        words::clean(&instance.name)
    ))
}

/// Of one instance, where it was handed over.
pub(crate) fn handed_over(daemon: &Daemon, instance: &Instance) -> Option<String> {
    let handed = instance.handed_over?;
    let since = handed.asked.map_or_else(String::new, |asked| {
        let since_unix_ms = handed.since_unix_ms.unwrap_or(asked.at_unix_ms);
        format!(" {}", lasting(daemon, asked, since_unix_ms))
    });
    let end = if daemon.maintenance.is_some() {
        "with the maintenance".to_owned()
    } else {
        format!(
            "by `vrrpctl switchover {} --undo`, or when its successor is lost",
            words::clean(&instance.name)
        )
    };
    Some(format!("competes with priority 1{since}; that ends {end}"))
}

/// Of one instance, where its base priority was moved.
pub(crate) fn moved(daemon: &Daemon, instance: &Instance) -> Option<String> {
    let mut moves = instance.priority.moves.iter();
    let moved = moves.find(|one| one.name == "operator")?;
    let by = moved
        .uid
        .map_or_else(String::new, |uid| format!(" by user {uid}"));
    let end = moved.ends_in_ms.map_or_else(
        || format!(", until `vrrpctl priority {} off`", words::clean(&instance.name)),
        |left| format!(", for another {}", words::span(left)),
    );
    // In maintenance it is 1 whatever was said; the daemon says 0 then.
    Some(if daemon.maintenance.is_some() && moved.adds == 0 {
        format!("base priority moved{by}{end}; that counts when the maintenance is over")
    } else {
        format!("base priority moved {:+}{by}{end}", moved.adds)
    })
}

/// A recording that an operator has begun: it is easily forgotten, and easily taken for one that goes on.
pub(crate) fn recording(status: &Status) -> Option<String> {
    let (daemon, one) = (&status.daemon, status.recording.as_ref()?);
    let asked = one.asked?;
    let file = words::clean(&one.path);
    match (&one.problem, one.running) {
        (None, true) => Some(format!(
            "recording to {file} {}, {} of {} KiB; `vrrpctl record stop` ends it",
            ago(daemon, asked),
            one.octets >> 10,
            one.octets_max >> 10
        )),
        (Some(problem), _) => Some(format!(
            "the recording to {file} ended by itself: {}",
            words::clean(problem)
        )),
        (None, false) => None,
    }
}

/// What an operator should look at.
pub(crate) fn problems(daemon: &Daemon, instances: &[Instance]) -> Vec<String> {
    let mut lines = Vec::new();
    let kept = daemon.maintenance.as_ref().and_then(|one| one.problem.as_ref());
    lines.extend(kept.map(|problem| {
        format!(
            "the maintenance ends with the daemon, it could not be put down: {}",
            words::clean(problem)
        )
    }));
    for instance in instances {
        let name = words::clean(&instance.name);
        // Of all at once the first line tells.
        let handed = handed_over(daemon, instance).filter(|_| daemon.maintenance.is_none());
        let handing = handing_over(daemon, instance);
        let all = handing.into_iter().chain(handed).chain(moved(daemon, instance));
        lines.extend(all.map(|line| format!("{name}: {line}")));
    }
    lines
}
