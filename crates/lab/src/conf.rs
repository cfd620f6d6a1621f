//! Configuration files for both daemons: they read the same language, so they get the same text.

use crate::private::root_owns_the_root;
use std::fmt::Write as _;

/// One `vrrp_instance`.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Where it speaks.
    pub interface: String,
    /// Virtual router id.
    pub vrid: u8,
    /// 1 to 254.
    pub priority: u8,
    /// 2 or 3.
    pub version: u8,
    /// Whole seconds for version 2, multiples of 10 for version 3.
    pub interval_ms: u32,
    /// A returning better router waits until the other one fails.
    pub nopreempt: bool,
    /// Password of version 2, up to eight characters.
    pub password: Option<String>,
    /// Own address and peers, for unicast.
    pub unicast: Option<(String, Vec<String>)>,
    /// `ADDRESS[/LENGTH] …` as in the file.
    pub addresses: Vec<String>,
    /// Names of scripts, each with the words behind it, as in `chk weight -60`.
    pub track_scripts: Vec<String>,
    /// Further lines, word for word.
    pub extra: Vec<String>,
}

/// One `vrrp_script`.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// The command.
    pub command: String,
    /// Seconds between two runs.
    pub interval_s: u32,
    /// Added to the priority; 0 puts the instance into FAULT.
    pub weight: i32,
    /// Runs that must fail in a row.
    pub fall: u32,
    /// Runs that must succeed in a row.
    pub rise: u32,
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Lines of `global_defs`.
    pub globals: Vec<String>,
    /// Checks.
    pub scripts: Vec<Script>,
    /// Further blocks in front of the virtual routers, word for word.
    pub blocks: Vec<String>,
    /// Virtual routers.
    pub instances: Vec<Instance>,
}

impl Instance {
    /// A version 3 router with one address and the usual defaults.
    pub fn new(interface: &str, vrid: u8, priority: u8, interval_ms: u32, address: &str) -> Self {
        Self {
            name: format!("VI_{vrid}"),
            interface: interface.to_owned(),
            vrid,
            priority,
            version: 3,
            interval_ms,
            nopreempt: false,
            password: None,
            unicast: None,
            addresses: vec![address.to_owned()],
            track_scripts: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn write(&self, text: &mut String) {
        let mut line = |words: &str| {
            let _ = writeln!(text, "{words}");
        };
        line(&format!("vrrp_instance {} {{", self.name));
        line("    state BACKUP");
        line(&format!("    interface {}", self.interface));
        line(&format!("    virtual_router_id {}", self.vrid));
        line(&format!("    priority {}", self.priority));
        line(&format!("    version {}", self.version));
        line(&format!("    advert_int {}", seconds(self.interval_ms)));
        if self.nopreempt {
            line("    nopreempt");
        }
        if let Some(password) = &self.password {
            line(&format!(
                "    authentication {{\n        auth_type PASS\n        auth_pass {password}\n    }}"
            ));
        }
        if let Some((own, peers)) = &self.unicast {
            line(&format!("    unicast_src_ip {own}"));
            line(&block("unicast_peer", peers));
        }
        line(&block("virtual_ipaddress", &self.addresses));
        if !self.track_scripts.is_empty() {
            line(&block("track_script", &self.track_scripts));
        }
        for extra in &self.extra {
            line(&format!("    {extra}"));
        }
        line("}");
    }
}

impl Script {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "vrrp_script {} {{", self.name);
        let _ = writeln!(text, "    script \"{}\"", self.command);
        let _ = writeln!(
            text,
            "    interval {}\n    timeout {}",
            self.interval_s, self.interval_s
        );
        let _ = writeln!(
            text,
            "    weight {}\n    fall {}\n    rise {}\n}}",
            self.weight, self.fall, self.rise
        );
    }
}

impl Config {
    /// A file with one router.
    pub fn of(instance: Instance) -> Self {
        Self {
            instances: vec![instance],
            ..Self::default()
        }
    }

    /// The file's text.
    pub fn text(&self) -> String {
        // Both run scripts as root here: one mapped user is all that an ordinary user's namespace has.
        let mut text = String::from("global_defs {\n    router_id lab\n    script_user root\n");
        if root_owns_the_root() {
            text.push_str("    enable_script_security\n");
        }
        for line in &self.globals {
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("}\n");
        for script in &self.scripts {
            script.write(&mut text);
        }
        for block in &self.blocks {
            text.push_str(block);
        }
        for instance in &self.instances {
            instance.write(&mut text);
        }
        text
    }
}

fn block(word: &str, lines: &[String]) -> String {
    let mut text = format!("    {word} {{\n");
    for line in lines {
        let _ = writeln!(text, "        {line}");
    }
    text.push_str("    }");
    text
}

/// `1`, `0.1`, `0.01`.
fn seconds(ms: u32) -> String {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Config, Instance, seconds};

    #[test]
    fn intervals_are_written_in_seconds() {
        assert_eq!([1000, 100, 10, 2550].map(seconds), ["1", "0.1", "0.01", "2.55"]);
    }

    #[test]
    fn braces_balance() {
        let mut instance = Instance::new("eth1", 55, 150, 1000, "192.0.2.100/24");
        instance.password = Some("secret".to_owned());
        instance.unicast = Some(("192.0.2.1".to_owned(), vec!["192.0.2.2".to_owned()]));
        let text = Config::of(instance).text();
        assert_eq!(text.matches('{').count(), text.matches('}').count(), "{text}");
        assert!(text.contains("advert_int 1\n"), "{text}");
    }
}
