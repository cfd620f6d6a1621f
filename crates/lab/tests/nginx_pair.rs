//! The pair of `examples/nginx-pair`, as it stands there: two load balancers, two web servers, a client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vrrp_lab::daemon::{Daemon, Running};
use vrrp_lab::http::{Browser, Style, Web};
use vrrp_lab::process::{Process, Spawn};
use vrrp_lab::program::find;
use vrrp_lab::skip::skip;
use vrrp_lab::topology::{Cable, Lab, Node, Switch};
use vrrp_lab::wait::until;
use vrrp_lab::{LabError, private};

type Outcome = Result<(), LabError>;

const ADDRESS: &str = "192.0.2.100";
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn the_address_follows_nginx_and_stays_where_no_node_is_better() {
    let name = "the_address_follows_nginx_and_stays_where_no_node_is_better";
    for program in [Daemon::Vrrpd.program(), find("nginx")] {
        if let Err(missing) = program {
            skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, the_example);
}

/// A load balancer: nginx and vrrpd by the example's files.
struct Balancer {
    node: Node,
    nginx: Process,
    daemon: Running,
    _cable: Cable,
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/nginx-pair")
        .join(name)
}

/// The example's paths are those of a package: each node has its own `/var/log`, `/var/lib` and `/run`.
fn nginx(node: &Node) -> Result<Process, LabError> {
    let master = if private::one_user_only() { "off" } else { "on" };
    let script = format!(
        "mount -t tmpfs t /var/log && mkdir /var/log/nginx && cp {} /var/log/nginx.conf && mount -t tmpfs t /var/lib && \
         mkdir /var/lib/nginx && mount -t tmpfs t /run && \
         exec {} -c /var/log/nginx.conf -g 'daemon off; user root root; master_process {master};'",
        example("nginx.conf").display(),
        find("nginx")?.display()
    );
    node.spawn(&Spawn::new("nginx", find("sh")?, ["-c", &script]))
}

fn balancer(lab: &Lab, switch: &Switch, name: &str, own: &str) -> Result<Balancer, LabError> {
    let node = lab.node(name)?;
    let cable = lab.connect(&node, switch, "eth0", &[own])?;
    let file = example(&format!("{name}.conf"));
    let config = std::fs::read_to_string(&file).map_err(LabError::io(file.display().to_string()))?;
    Ok(Balancer {
        nginx: nginx(&node)?,
        daemon: Daemon::Vrrpd.start(&node, &config, false)?,
        node,
        _cable: cable,
    })
}

fn web(lab: &Lab, switch: &Switch, name: &str, own: &str) -> Result<(Cable, Web), LabError> {
    let node = lab.node(name)?;
    let cable = lab.connect(&node, switch, "eth0", &[own])?;
    Ok((cable, Web::start(&node)?))
}

impl Balancer {
    fn has_it(&self) -> bool {
        self.node.holds(ADDRESS).unwrap_or(false)
    }

    fn takes_it(&self, rival: &Self) -> Outcome {
        let what = format!("{ADDRESS} on {} alone", self.node.name());
        let alone = || (self.has_it() && !rival.has_it()).then_some(());
        until(&what, LIMIT, alone).map_err(|error| {
            let logs = [self, rival].map(|one| format!("{}{}", one.nginx.log(), one.daemon.process.log()));
            LabError::Other(format!("{error}\n{}", logs.join("\n---\n")))
        })
    }

    /// What vrrpd last heard of its nginx.
    fn check(&self) -> Result<String, LabError> {
        let status = self.daemon.status()?;
        Ok(status["checks"][0]["health"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    fn finds(&self, health: &str) -> Outcome {
        let what = format!("the check of {} is {health}", self.node.name());
        until(&what, LIMIT, || (self.check().ok()? == health).then_some(()))
    }
}

fn pages(client: &Node, seconds: u64) -> Result<(u32, u32), LabError> {
    let address = ADDRESS
        .parse()
        .map_err(|_| LabError::Other("an address".to_owned()))?;
    let browser = Browser::start(client, address, Style::Fresh)?;
    std::thread::sleep(Duration::from_secs(seconds));
    let requests = browser.finish();
    Ok((requests.asked, requests.failed))
}

fn the_example() -> Outcome {
    let lab = Lab::new()?;
    let switch = lab.switch("lan")?;
    let (web01, web02) = (
        web(&lab, &switch, "web01", "192.0.2.21/24")?,
        web(&lab, &switch, "web02", "192.0.2.22/24")?,
    );
    let mut lb01 = balancer(&lab, &switch, "lb01", "192.0.2.11/24")?;
    let lb02 = balancer(&lab, &switch, "lb02", "192.0.2.12/24")?;
    let client = lab.node("client")?;
    let _cable = lab.connect(&client, &switch, "eth0", &["192.0.2.10/24"])?;
    lb01.takes_it(&lb02)?;
    lb01.finds("up")?;
    let (asked, failed) = pages(&client, 1)?;
    assert!(asked > 20 && failed == 0, "{failed} of {asked} pages failed");

    lb01.nginx.kill_hard()?;
    lb02.takes_it(&lb01)?;
    let (asked, failed) = pages(&client, 1)?;
    assert!(
        asked > 20 && failed == 0,
        "{failed} of {asked} pages failed by lb02"
    );

    lb01.nginx = nginx(&lb01.node)?;
    lb01.takes_it(&lb02)?;

    // One web server dies: nginx takes the other one, and the address has no reason to move.
    web01.0.unplug()?;
    std::thread::sleep(Duration::from_secs(4));
    assert!(lb01.has_it() && !lb02.has_it(), "moved because of a web server");
    // Both: neither load balancer is better than the other.
    web02.0.unplug()?;
    lb01.finds("down")?;
    lb02.finds("down")?;
    std::thread::sleep(Duration::from_secs(4));
    assert!(lb01.has_it() && !lb02.has_it(), "moved where nobody is better");
    web01.0.plug()?;
    web02.0.plug()?;
    lb01.finds("up")?;
    Ok(())
}
