//! A process that the kernel gives no more memory to.

use crate::LabError;
use nix::unistd::Pid;
use std::path::{Path, PathBuf};

/// A group of processes, of either version of control groups; gone when dropped.
#[derive(Debug)]
pub struct Starved {
    path: PathBuf,
    limit: &'static str,
    events: &'static str,
}

impl Starved {
    /// A group without anybody in it, below our own.
    ///
    /// # Errors
    /// Where there is no controller of memory, or we may make no group.
    pub fn group(name: &str) -> Result<Self, LabError> {
        let own = read(Path::new("/proc/self/cgroup"))?;
        let below = |controllers: &str| own.lines().find_map(|line| line.split_once(controllers));
        // What it is called for may be a number in a namespace of processes, which others have had before, and a group stays
        // where its last process was still dying.
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let unique = format!("vrrp-lab-{name}-{}", now.as_nanos());
        let place = |root: &str, own: &str| Path::new(root).join(own.trim_start_matches('/')).join(&unique);
        let group = if let Some((_, own)) = below(":memory:") {
            Self {
                path: place("/sys/fs/cgroup/memory", own),
                limit: "memory.limit_in_bytes",
                events: "memory.oom_control",
            }
        } else {
            let (_, own) =
                below("0::").ok_or_else(|| LabError::Other("there are no control groups".to_owned()))?;
            Self {
                path: place("/sys/fs/cgroup", own),
                limit: "memory.max",
                events: "memory.events",
            }
        };
        std::fs::create_dir(&group.path).map_err(LabError::io(group.path.display().to_string()))?;
        group.put(group.limit, "4096")?;
        Ok(group)
    }

    /// Nothing more for this process, from its next page on.
    ///
    /// # Errors
    /// When it has ended.
    pub fn take(&self, process: Pid) -> Result<(), LabError> {
        self.put("cgroup.procs", &process.to_string())
    }

    /// How often the kernel has killed in it for want of memory.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn kills(&self) -> Result<u64, LabError> {
        let text = read(&self.path.join(self.events))?;
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        Ok(count.and_then(|count| count.trim().parse().ok()).unwrap_or(0))
    }

    fn put(&self, name: &str, value: &str) -> Result<(), LabError> {
        let path = self.path.join(name);
        std::fs::write(&path, value).map_err(LabError::io(path.display().to_string()))
    }
}

fn read(path: &Path) -> Result<String, LabError> {
    std::fs::read_to_string(path).map_err(LabError::io(path.display().to_string()))
}

impl Drop for Starved {
    fn drop(&mut self) {
        let _busy = std::fs::remove_dir(&self.path);
    }
}
