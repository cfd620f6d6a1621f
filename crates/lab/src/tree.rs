//! What a daemon costs together with everything it starts.

use crate::sys::{process_cpu_ns, tick_ns};
use std::collections::BTreeMap;
use std::path::Path;

/// Processor time and memory of a process and its descendants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Time on a processor so far, in nanoseconds: of what lives, exactly, and of every child that ended and was waited for,
    /// in the kernel's ticks.
    pub cpu_ns: u64,
    /// Resident memory of what lives, in KiB.
    pub rss_kib: u64,
    /// Processes that live.
    pub processes: usize,
}

/// What `/proc/PID/stat` tells (proc_pid_stat(5)).
struct Stat {
    parent: u32,
    /// `cutime` and `cstime`.
    waited_ticks: u64,
}

impl Tree {
    /// The process and all its descendants, now.
    pub fn of(root: u32) -> Self {
        let all = processes();
        let mut sum = Self::default();
        let mut todo = vec![root];
        while let Some(process) = todo.pop() {
            let Some(stat) = all.get(&process) else { continue };
            sum.cpu_ns += process_cpu_ns(process.cast_signed()) + stat.waited_ticks * tick_ns();
            sum.rss_kib += rss_kib(process);
            sum.processes += 1;
            todo.extend(
                all.iter()
                    .filter(|(_, s)| s.parent == process)
                    .map(|(&child, _)| child),
            );
        }
        sum
    }
}

fn processes() -> BTreeMap<u32, Stat> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            Some((process, stat(&entry.path())?))
        })
        .collect()
}

/// The name in brackets may hold blanks and brackets: the fields are counted behind it.
fn stat(process: &Path) -> Option<Stat> {
    let text = std::fs::read_to_string(process.join("stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        waited_ticks: number(13)? + number(14)?,
    })
}

fn rss_kib(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use std::io::Read as _;
    use std::process::{Command, Stdio};

    /// The shell itself does nothing: the time is that of a child that has ended.
    #[test]
    fn what_a_child_cost_counts_when_it_is_gone() {
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let mut shell = Command::new("sh")
            .args(["-c", &format!("sh -c '{busy}'; echo done; read line")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh");
        let mut said = [0; 5];
        shell
            .stdout
            .take()
            .expect("a pipe")
            .read_exact(&mut said)
            .expect("its word");
        let tree = Tree::of(shell.id());
        drop(shell.stdin.take());
        shell.wait().expect("it ran");
        assert_eq!(tree.processes, 1);
        assert!(tree.cpu_ns >= 20_000_000, "{tree:?}");
        assert!(tree.rss_kib > 0);
    }

    #[test]
    fn a_child_that_lives_counts() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 60 & echo up; read line; kill $!"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh");
        let mut said = [0; 3];
        shell
            .stdout
            .take()
            .expect("a pipe")
            .read_exact(&mut said)
            .expect("its word");
        let tree = Tree::of(shell.id());
        drop(shell.stdin.take());
        shell.wait().expect("it ran");
        assert_eq!(tree.processes, 2);
    }
}
