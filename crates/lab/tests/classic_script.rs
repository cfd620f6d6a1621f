//! The script of the tutorials that stops keepalived where nginx cannot be started: it works where vrrpd goes by that name.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vrrp_lab::conf::{Config, Instance, Script};
use vrrp_lab::daemon::{Daemon, Running};
use vrrp_lab::process::{Process, Spawn};
use vrrp_lab::program::find;
use vrrp_lab::skip::skip;
use vrrp_lab::topology::{Lab, Node};
use vrrp_lab::wait::until;
use vrrp_lab::{LabError, private};

type Outcome = Result<(), LabError>;

const ADDRESS: &str = "192.0.2.100";
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_script_that_stops_keepalived_finds_us_by_that_name() {
    let name = "a_script_that_stops_keepalived_finds_us_by_that_name";
    let programs = ["nginx", "killall", "ps", "pkill", "pgrep", "bash"].map(find);
    for program in programs.into_iter().chain([Daemon::Vrrpd.program()]) {
        if let Err(missing) = program {
            skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, classic);
}

fn config(number: u8, priority: u8) -> Config {
    let mut instance = Instance::new("eth0", 55, priority, 100, &format!("{ADDRESS}/24"));
    instance.name = format!("lb0{number}");
    Config::of(instance)
}

fn write(path: &Path, text: &str, mode: u32) -> Outcome {
    let said = || LabError::io(path.display().to_string());
    std::fs::write(path, text).map_err(said())?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(said())
}

/// A node whose processes see each other and nobody else, as on a machine of its own.
struct Machine {
    node: Node,
    process: Process,
}

impl Machine {
    fn start(node: Node) -> Result<Self, LabError> {
        let folder = node.folder().to_owned();
        let at = |name: &str| folder.join(name);
        let nginx = format!(
            "user root root;\nmaster_process off;\npid {0}/classic.pid;\nerror_log {0}/classic.log;\nevents {{}}\nhttp {{\n    access_log off;\n\
             \x20   client_body_temp_path {0}/b;\n    proxy_temp_path {0}/p;\n    fastcgi_temp_path {0}/f;\n    uwsgi_temp_path {0}/u;\n\
             \x20   scgi_temp_path {0}/s;\n    server {{ listen 80; location / {{ return 200; }} }}\n}}\n",
            folder.display()
        );
        write(&at("classic.conf"), &nginx, 0o644)?;
        let wrapper = format!(
            "#!/bin/sh\n[ -e {0}/broken ] && exit 1\nexec {1} -p {0} -c {0}/classic.conf\n",
            folder.display(),
            find("nginx")?.display()
        );
        write(&at("wrapper"), &wrapper, 0o755)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/nginx_check.sh");
        let mut config = config(1, 150);
        config.scripts.push(Script {
            name: "chk_nginx".to_owned(),
            command: script.display().to_string(),
            interval_s: 4,
            weight: 0,
            fall: 1,
            rise: 1,
        });
        config.instances[0].track_scripts.push("chk_nginx".to_owned());
        // The script lies in a checkout that its owner may change.
        let text = config.text().replace("    enable_script_security\n", "");
        write(&at("keepalived.conf"), &text, 0o644)?;
        std::fs::copy(Daemon::Vrrpd.program()?, at("keepalived")).map_err(LabError::io("keepalived"))?;
        let command = format!(
            "mount -t tmpfs t /usr/local && mkdir -p /usr/local/nginx/sbin && cp {0}/wrapper /usr/local/nginx/sbin/nginx && \
             /usr/local/nginx/sbin/nginx && {{ {0}/keepalived -n -l -f {0}/keepalived.conf --control {0}/control.sock & wait $!; \
             echo $? > {0}/ended; sleep 600; }}",
            folder.display()
        );
        let words = [
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "bash",
            "-c",
            &command,
        ];
        let process = node.spawn(&Spawn::new("machine", find("unshare")?, words))?;
        Ok(Self { node, process })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.node.folder().join(name)
    }

    fn kill_nginx(&self) -> Outcome {
        let pattern = self.file("classic.conf").display().to_string();
        let pattern = format!("nginx.*{pattern}");
        let dying = private::run("pgrep", ["-f", &pattern])?;
        private::run("pkill", ["-KILL", "-f", &pattern])?;
        // Until it is gone the kernel takes connections for it, and it seems to be back already.
        let gone = || {
            dying
                .split_whitespace()
                .all(|id| !Path::new("/proc").join(id).exists())
        };
        until("the end of nginx", LIMIT, || gone().then_some(()))
    }

    fn serves(&self) -> bool {
        let connected = self.node.within(|| {
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], 80));
            std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
        });
        connected.unwrap_or(false)
    }

    fn holds(&self) -> bool {
        self.node.holds(ADDRESS).unwrap_or(false)
    }

    fn comes_to(&self, what: &str, other: &Running, condition: impl Fn() -> bool) -> Outcome {
        until(what, LIMIT, || condition().then_some(())).map_err(|error| {
            let logs = [self.process.log(), other.process.log()];
            LabError::Other(format!("{error}\n{}", logs.join("\n--- lb02:\n")))
        })
    }
}

fn classic() -> Outcome {
    // What is shared with the node's own mounts must not come back here.
    let lab = Lab::new()?;
    let switch = lab.switch("lan")?;
    let (one, two) = (lab.node("lb01")?, lab.node("lb02")?);
    let _cables = [
        lab.connect(&one, &switch, "eth0", &["192.0.2.1/24"])?,
        lab.connect(&two, &switch, "eth0", &["192.0.2.2/24"])?,
    ];
    let lb02 = Daemon::Vrrpd.start(&two, &config(2, 100).text(), false)?;
    let lb01 = Machine::start(one)?;
    lb01.comes_to("lb01 has the address and serves", &lb02, || {
        lb01.holds() && lb01.serves()
    })?;

    // nginx dies and can be started: the script starts it, and nothing moves.
    lb01.kill_nginx()?;
    lb01.comes_to("nginx is back", &lb02, || lb01.serves())?;
    assert!(
        lb01.holds() && !two.holds(ADDRESS)?,
        "moved, though nginx came back"
    );
    assert!(!lb01.file("ended").exists(), "{}", lb01.process.log());

    // It cannot be started any more: the script stops the daemon, which hands over.
    write(&lb01.file("broken"), "", 0o644)?;
    lb01.kill_nginx()?;
    lb01.comes_to("lb02 has the address", &lb02, || {
        two.holds(ADDRESS).unwrap_or(false) && !lb01.holds()
    })?;
    lb01.comes_to("the daemon has ended", &lb02, || lb01.file("ended").exists())?;
    let ended = std::fs::read_to_string(lb01.file("ended")).map_err(LabError::io("ended"))?;
    assert_eq!(ended.trim(), "0", "{}", lb01.process.log());
    Ok(())
}
