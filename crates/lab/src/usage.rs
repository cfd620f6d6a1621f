//! What a program costs.

use std::path::Path;

/// CPU time and memory of a process group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time on a processor so far, in nanoseconds, of the threads that live.
    pub cpu_ns: u64,
    /// Proportional set size, in KiB.
    pub pss_kib: u64,
    /// Processes counted.
    pub processes: usize,
}

impl Usage {
    /// Sum over every process whose group is `group`.
    pub fn of_group(group: u32) -> Self {
        let mut sum = Self::default();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            if process_group(&entry.path()) == Some(group) {
                sum.cpu_ns += cpu_ns(&entry.path());
                sum.pss_kib += pss_kib(&entry.path());
                sum.processes += 1;
            }
        }
        sum
    }
}

/// Field 5 of `stat`, counted behind the name, which may hold blanks.
fn process_group(process: &Path) -> Option<u32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(2)?.parse().ok()
}

/// `schedstat` counts nanoseconds where `stat` counts ticks of 10 ms.
fn cpu_ns(process: &Path) -> u64 {
    let threads = std::fs::read_dir(process.join("task"))
        .into_iter()
        .flatten()
        .flatten();
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum()
}

fn pss_kib(process: &Path) -> u64 {
    let text = std::fs::read_to_string(process.join("smaps_rollup")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Usage;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    #[test]
    fn a_busy_process_costs_time_and_memory() {
        let mut child = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .process_group(0)
            .spawn()
            .expect("sh");
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let usage = loop {
            let usage = Usage::of_group(child.id());
            if usage.cpu_ns > 20_000_000 || std::time::Instant::now() > limit {
                break usage;
            }
        };
        child.kill().and_then(|()| child.wait()).expect("it ran");
        assert!(usage.cpu_ns > 20_000_000, "{usage:?}");
        assert_eq!(usage.processes, 1);
        assert!(usage.pss_kib > 0);
    }
}
