//! A group of processes that the kernel gives no more memory to.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use nix::unistd::Pid;

/// Of either version of control groups; gone when dropped.
pub(crate) struct MemoryGroup {
    path: PathBuf,
    version_2: bool,
}

impl MemoryGroup {
    /// `None`, and said why, where there can be none.
    pub(crate) fn make() -> Option<Self> {
        Self::try_make().map_err(skip).ok()
    }

    fn try_make() -> Result<Self, String> {
        let own = std::fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let of = |controllers: &str| {
            own.lines()
                .find_map(|line| line.split_once(controllers))
                .map(|(_, path)| path)
        };
        let name = format!("vrrpd-test-{}", std::process::id());
        let first = of(":memory:").map(|own| (Path::new("/sys/fs/cgroup/memory").join(&own[1..]), false));
        let second = of("0::").map(|own| (Path::new("/sys/fs/cgroup").join(&own[1..]), true));
        let (parent, version_2) = first.or(second).ok_or("there are no control groups")?;
        let path = parent.join(name);
        std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let group = Self { path, version_2 };
        let limit = group.path.join(group.limit());
        if limit.exists() {
            Ok(group)
        } else {
            Err(format!("{} is not there: no memory controller", limit.display()))
        }
    }

    const fn limit(&self) -> &'static str {
        if self.version_2 {
            "memory.max"
        } else {
            "memory.limit_in_bytes"
        }
    }

    fn put(&self, name: &str, value: &str) {
        let path = self.path.join(name);
        let file = std::fs::OpenOptions::new().write(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(value.as_bytes()));
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Nothing more for this process, from its next page on.
    pub(crate) fn starve(&self, process: Pid) {
        self.put(self.limit(), "4096");
        self.put("cgroup.procs", &process.to_string());
    }

    /// How often the kernel has killed for it.
    pub(crate) fn kills(&self) -> u64 {
        let name = if self.version_2 {
            "memory.events"
        } else {
            "memory.oom_control"
        };
        let text = std::fs::read_to_string(self.path.join(name)).unwrap();
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let _busy = std::fs::remove_dir(&self.path);
    }
}

fn skip(why: String) {
    let line = format!("SKIP router_without_memory: {why}");
    eprintln!("{line}");
    if let Some(log) = std::env::var_os("VRRP_SKIP_LOG") {
        let log = std::fs::OpenOptions::new().append(true).create(true).open(log);
        let _told = log.and_then(|mut log| writeln!(log, "{line}"));
    }
}
