//! The files of what is examined: a keepalived.conf, an ldirectord.cf, or both.

use std::fmt;
use std::path::Path;

use keepalived_conf::{DiskFiles, Severity, parse_for};
use ldirectord_conf::MachineNames;
use vrrp_control::Daemon;
use vrrp_plan::ldirectord::{Settings, lower};
use vrrp_plan::{Plan, Unusable};

use crate::check::host;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) keepalived: Option<String>,
    pub(super) ldirectord: Option<String>,
}

impl Files {
    /// Those of a running one. A daemon that does not tell them apart has but the first.
    pub(super) fn of_daemon(daemon: &Daemon) -> Self {
        let path = |file: &String| path_of(file, daemon.pid);
        let both = (&daemon.keepalived_conf, &daemon.ldirectord_cf);
        let keepalived = match both {
            (None, None) => Some(&daemon.config_file),
            (first, _) => first.as_ref(),
        };
        Self {
            keepalived: keepalived.map(path),
            ldirectord: daemon.ldirectord_cf.as_ref().map(path),
        }
    }

    pub(super) fn is_any(&self) -> bool {
        self.keepalived.is_some() || self.ldirectord.is_some()
    }

    /// What they ask for together, as vrrpd reads them; why not, where one cannot be used or both ask for nothing.
    pub(super) fn plan(&self) -> Result<Plan, String> {
        let mut plan = self
            .keepalived
            .as_deref()
            .map_or_else(|| Ok(Plan::default()), keepalived)?;
        if let Some(file) = &self.ldirectord {
            let parsed = ldirectord_conf::parse(&DiskFiles, &MachineNames::read(), file);
            let mut found = parsed.diagnostics.iter();
            if let Some(fatal) = found.find(|one| one.severity == Severity::Fatal) {
                return Err(fatal.message.clone());
            }
            let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
            lowered.join(&mut plan.balance);
        }
        if plan.asks_for_nothing() {
            return Err(format!(
                "{self}: no vrrp_instance and no virtual server of it can be started; see vrrpctl check"
            ));
        }
        Ok(plan)
    }
}

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = [&self.keepalived, &self.ldirectord]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        f.write_str(&all.join(" and "))
    }
}

fn keepalived(file: &str) -> Result<Plan, String> {
    let parsed = parse_for(&host::node(None), &DiskFiles, file);
    if let Some(fatal) = vrrp_plan::fatal(&parsed) {
        return Err(match fatal {
            Unusable::NoFile(text) | Unusable::CannotRun(text) => text,
        });
    }
    let nothing = std::iter::empty::<&str>().collect();
    let host = vrrp_plan::host(&parsed.config);
    Ok(vrrp_plan::lower(&parsed.config, &parsed.sources, &nothing, &host).plan)
}

/// A relative name is one in the folder of the daemon.
fn path_of(file: &str, pid: u32) -> String {
    if Path::new(file).is_absolute() {
        return file.to_owned();
    }
    format!("/proc/{pid}/cwd/{file}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of the daemon of the example answer, with these fields changed.
    fn of(fields: &[(&str, Option<&str>)]) -> (Option<String>, Option<String>) {
        let answer: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/answer.json")).unwrap();
        let mut daemon = answer["answer"]["status"]["daemon"].clone();
        for (name, value) in fields {
            daemon[name] = serde_json::json!(value);
        }
        daemon["pid"] = 7.into();
        let files = Files::of_daemon(&serde_json::from_value(daemon).unwrap());
        (files.keepalived, files.ldirectord)
    }

    #[test]
    fn the_two_files_of_a_daemon_are_told_apart() {
        let some = |file: &str| Some(file.to_owned());
        let older = [("config_file", Some("/k.conf")), ("keepalived_conf", None)];
        assert_eq!(of(&older), (some("/k.conf"), None));
        let both = [
            ("config_file", Some("/k.conf and /l.cf")),
            ("keepalived_conf", Some("/k.conf")),
            ("ldirectord_cf", Some("/l.cf")),
        ];
        assert_eq!(of(&both), (some("/k.conf"), some("/l.cf")));
        let second = [
            ("config_file", Some("/l.cf")),
            ("keepalived_conf", None),
            ("ldirectord_cf", Some("/l.cf")),
        ];
        assert_eq!(of(&second), (None, some("/l.cf")));
    }

    #[test]
    fn a_relative_file_of_the_daemon_is_one_in_its_folder() {
        assert_eq!(path_of("/etc/vrrpd/vrrpd.conf", 7), "/etc/vrrpd/vrrpd.conf");
        assert_eq!(path_of("vrrpd.conf", 7), "/proc/7/cwd/vrrpd.conf");
    }

    #[test]
    fn both_files_are_read_together() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path.to_str().unwrap().to_owned())
        };
        let server = |ip: &str| {
            format!(
                "virtual_server {ip} 80 {{\nlb_algo rr\nlb_kind DR\nprotocol TCP\nreal_server 192.0.2.10 80 {{\n}}\n}}\n"
            )
        };
        let files = Files {
            keepalived: file("k.conf", &server("192.0.2.1")),
            ldirectord: file("l.cf", "virtual=192.0.2.2:80\n\treal=192.0.2.10:80 gate\n"),
        };
        let names = |files: &Files| -> Vec<String> {
            let servers = files.plan().unwrap().balance.servers;
            servers.iter().map(|one| one.name.clone()).collect()
        };
        assert_eq!(names(&files), ["TCP 192.0.2.1:80", "TCP 192.0.2.2:80"]);
        let second = Files {
            keepalived: None,
            ..files.clone()
        };
        assert_eq!(names(&second), ["TCP 192.0.2.2:80"]);
        let gone = Files {
            ldirectord: Some("/nonexistent/l.cf".to_owned()),
            ..files
        };
        assert!(
            gone.plan()
                .unwrap_err()
                .starts_with("/nonexistent/l.cf cannot be read")
        );
        let empty = Files {
            keepalived: file("e.conf", ""),
            ldirectord: None,
        };
        assert!(empty.plan().unwrap_err().contains("no virtual server"));
    }
}
