//! What the daemon may do, as the kernel has it.

use std::path::Path;

use healthcheck::RunAs;
use vrrp_plan::{Plan, What};

use super::files::Files;
use super::finding::{About, Finding};

/// Nothing works without these: numbers of linux/capability.h, and what for.
const ALWAYS: [Wanted; 2] = [
    (12, "CAP_NET_ADMIN", "adding and removing addresses"),
    (13, "CAP_NET_RAW", "raw sockets of protocol 112"),
];
/// Where a script runs as somebody else.
const SCRIPTS: [Wanted; 3] = [
    (7, "CAP_SETUID", "running scripts as other users"),
    (6, "CAP_SETGID", "running scripts as other groups"),
    (5, "CAP_KILL", "ending scripts of other users"),
];
const PIPES: [Wanted; 1] = [(0, "CAP_CHOWN", "giving named pipes to other users")];
const REALTIME: [Wanted; 1] = [(23, "CAP_SYS_NICE", "vrrp_rt_priority, vrrp_priority")];

type Wanted = (u32, &'static str, &'static str);
/// A user and a group, by name or number.
type Named = (String, Option<String>);

/// What the configuration asks for beyond addresses and sockets.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Whom scripts run as.
    scripts: Vec<Named>,
    /// Whom named pipes are given to.
    pipes: Vec<Named>,
    realtime: bool,
}

/// Of the files as they are now; none, where one cannot be used.
pub(super) fn needs(files: &Files) -> Option<Needs> {
    Some(of_plan(&files.plan().ok()?))
}

fn of_plan(plan: &Plan) -> Needs {
    let hooks = plan.instances.iter().map(|one| &one.hooks);
    let hooks = hooks.chain(plan.groups.iter().map(|one| &one.hooks));
    let hooks = hooks.flat_map(|hooks| hooks.named().map(|(_, command)| command));
    let checks = plan.checks.iter().filter_map(|check| match &check.what {
        What::Run(command) => Some(command),
        What::Ask(_) | What::Hear(_) => None,
    });
    let fifos = &plan.node.fifos;
    let readers = fifos
        .iter()
        .filter_map(|fifo| Some(&fifo.script.as_ref()?.command));
    let all = hooks.chain(checks).chain(readers);
    Needs {
        scripts: all.filter_map(|command| command.user.clone()).collect(),
        pipes: fifos.iter().filter_map(|fifo| fifo.user.clone()).collect(),
        realtime: plan.node.realtime_priority.is_some() || plan.node.nice.is_some_and(|nice| nice < 0),
    }
}

impl Needs {
    /// Of a process with these ids.
    fn wanted(&self, own: Option<(u32, u32)>) -> Vec<Wanted> {
        // Who cannot be looked up is somebody else.
        let is_other = |(user, group): &Named| {
            let known = RunAs::lookup(user, group.as_deref()).ok();
            known.map(|known| (known.uid, known.gid)) != own || own.is_none()
        };
        let mut wanted = Vec::new();
        if self.scripts.iter().any(is_other) {
            wanted.extend(SCRIPTS);
        }
        if self.pipes.iter().any(is_other) {
            wanted.extend(PIPES);
        }
        if self.realtime {
            wanted.extend(REALTIME);
        }
        wanted
    }
}

/// Of the running daemon: the thread that routes needs the first two, the others the rest.
pub(super) fn of_daemon(pid: u32, proc: &Path, needs: Option<&Needs>) -> Finding {
    let about = About::all("capabilities");
    let folder = proc.join(pid.to_string());
    let Some(sets) = threads(&folder) else {
        return about.unchecked(
            format!(
                "the threads of process {pid} cannot be looked at: it is in another PID namespace, or is gone"
            ),
            "ask where the daemon runs, as its user or root",
        );
    };
    let lacking = |wanted: &[Wanted]| -> String {
        let missing = wanted
            .iter()
            .filter(|(bit, ..)| !sets.iter().any(|set| set & (1 << bit) != 0));
        let each = missing.map(|(_, name, what)| format!("{name} (for {what})"));
        each.collect::<Vec<_>>().join(", ")
    };
    let missing = lacking(&ALWAYS);
    if !missing.is_empty() {
        return about.fault(
            format!("process {pid} lacks {missing}"),
            "it cannot take addresses over, or cannot hear and speak",
            "start it as root, or with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in its systemd unit",
        );
    }
    let Some(needs) = needs else {
        return about.unchecked(
            format!("process {pid} has CAP_NET_ADMIN and CAP_NET_RAW; its file cannot be used as it is now, and what else it needs is not known"),
            "vrrpctl check FILE",
        );
    };
    let missing = lacking(&needs.wanted(ids(&folder)));
    if missing.is_empty() {
        return about.ok(format!("process {pid} has all that its configuration needs"));
    }
    about.warning(
        format!("process {pid} lacks {missing}, which its configuration asks for"),
        "what needs them does not work; nothing else does not",
        "add it to AmbientCapabilities= and CapabilityBoundingSet= of its unit, or start it as root",
    )
}

/// The effective user and group of a process.
fn ids(folder: &Path) -> Option<(u32, u32)> {
    let status = std::fs::read_to_string(folder.join("status")).ok()?;
    let of = |word: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(word))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some((of("Uid:")?, of("Gid:")?))
}

/// Of whoever asks, where there is no daemon yet.
pub(super) fn of_caller(proc: &Path) -> Finding {
    let about = About::all("capabilities");
    let own = std::fs::read_to_string(proc.join("self/status"));
    let set = own.ok().as_deref().and_then(effective);
    let has = |bit: u32| set.is_some_and(|set| set & (1 << bit) != 0);
    if has(12) && has(13) {
        return about.ok("this user has CAP_NET_ADMIN and CAP_NET_RAW: vrrpd can be started as this user");
    }
    about.unchecked(
        "this user has not both CAP_NET_ADMIN and CAP_NET_RAW; as whom vrrpd will run is not known",
        "run vrrpctl doctor as the user of vrrpd; a unit of systemd gives them with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW",
    )
}

/// The effective sets of all threads; none where it is not a process that can be seen.
fn threads(folder: &Path) -> Option<Vec<u64>> {
    let tasks = std::fs::read_dir(folder.join("task")).ok()?;
    let sets = tasks.filter_map(|task| {
        let status = std::fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        effective(&status)
    });
    let sets: Vec<u64> = sets.collect();
    (!sets.is_empty()).then_some(sets)
}

fn effective(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    fn process(sets: &[&str]) -> tempfile::TempDir {
        let proc = tempfile::tempdir().unwrap();
        for (number, set) in sets.iter().enumerate() {
            let task = proc.path().join(format!("7/task/{number}"));
            std::fs::create_dir_all(&task).unwrap();
            std::fs::write(task.join("status"), format!("Name:\tvrrpd\nCapEff:\t{set}\n")).unwrap();
        }
        proc
    }

    /// Bits 12 and 13 are 0x3000; 0, 5, 6, 7 and 23 are 0x8000e1.
    #[test]
    fn what_no_thread_has_is_lacking() {
        let needs = Needs {
            scripts: vec![("0".to_owned(), None)],
            pipes: vec![("0".to_owned(), None)],
            realtime: true,
        };
        let level = |sets: &[&str]| {
            let found = of_daemon(7, process(sets).path(), Some(&needs));
            (found.level, found.found)
        };
        assert_eq!(level(&["0000000000003000", "00000000008000e1"]).0, Level::Ok);
        let (warning, text) = level(&["0000000000003000"]);
        assert_eq!(warning, Level::Warning);
        assert!(text.contains("CAP_SETUID (for running scripts"), "{text}");
        let (fault, text) = level(&["0000000000001000"]);
        assert_eq!(fault, Level::Fault);
        assert!(
            text.contains("lacks CAP_NET_RAW") && !text.contains("CAP_NET_ADMIN ("),
            "{text}"
        );
        assert_eq!(of_daemon(8, process(&[]).path(), None).level, Level::Unchecked);
    }

    fn of_one(file: &Path) -> Files {
        Files {
            keepalived: Some(file.to_str().unwrap().to_owned()),
            ldirectord: None,
        }
    }

    /// What the shipped unit gives: NET_ADMIN, NET_RAW, SYS_NICE.
    #[test]
    fn only_what_the_configuration_asks_for_is_demanded() {
        let proc = process(&["0000000000803000"]);
        std::fs::write(
            proc.path().join("7/status"),
            "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
        )
        .unwrap();
        let file = |text: &str| {
            let file = proc.path().join("k.conf");
            std::fs::write(&file, text).unwrap();
            let needs = needs(&of_one(&file));
            of_daemon(7, proc.path(), needs.as_ref())
        };
        let instance =
            "vrrp_instance V {\n interface lo\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.9\n }\n";
        let plain = file(&format!(
            "global_defs {{\n vrrp_rt_priority 5\n}}\n{instance}}}\n"
        ));
        assert_eq!(plain.level, Level::Ok, "{plain:?}");
        let own = file(&format!("{instance} notify \"/bin/true\" root root\n}}\n"));
        assert_eq!(own.level, Level::Ok, "{own:?}");
        let other = file(&format!("{instance} notify \"/bin/true\" 65534\n}}\n"));
        assert!(
            other.level == Level::Warning && other.found.contains("CAP_SETUID"),
            "{other:?}"
        );
        let pipe = "global_defs {\n vrrp_notify_fifo /tmp/p 65534\n}\n";
        let pipe = file(&format!("{pipe}{instance}}}\n"));
        assert!(
            pipe.found.contains("CAP_CHOWN") && !pipe.found.contains("CAP_SETUID"),
            "{pipe:?}"
        );
        let missing = needs(&of_one(&proc.path().join("none.conf")));
        assert_eq!(
            of_daemon(7, proc.path(), missing.as_ref()).level,
            Level::Unchecked
        );
    }
}
