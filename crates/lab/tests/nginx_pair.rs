//! The pair of `examples/nginx-pair`, as it stands there: two load balancers, two web servers, a client.

use std::time::Duration;

use vrrp_lab::balanced::Street;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::http::{Browser, Style};
use vrrp_lab::program::find;
use vrrp_lab::skip::skip;
use vrrp_lab::{LabError, private};

type Outcome = Result<(), LabError>;

#[test]
fn the_address_follows_nginx_and_stays_where_no_node_is_better() {
    let name = "the_address_follows_nginx_and_stays_where_no_node_is_better";
    for program in [Daemon::Vrrpd.program(), find("nginx"), find("nsenter")] {
        if let Err(missing) = program {
            skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, the_example);
}

fn pages(street: &Street, seconds: u64) -> Result<(u32, u32), LabError> {
    let browser = Browser::start(street.client.node(), street.address(), Style::Fresh)?;
    std::thread::sleep(Duration::from_secs(seconds));
    let requests = browser.finish();
    Ok((requests.asked, requests.failed))
}

fn the_example() -> Outcome {
    let mut street = Street::start()?;
    street.serves(0)?;
    street.finds(0, "up")?;
    let (asked, failed) = pages(&street, 1)?;
    assert!(asked > 20 && failed == 0, "{failed} of {asked} pages failed");

    street.balancers[0].kill_nginx()?;
    street.serves(1)?;
    let (asked, failed) = pages(&street, 1)?;
    assert!(
        asked > 20 && failed == 0,
        "{failed} of {asked} pages failed by lb02"
    );

    street.balancers[0].start_nginx()?;
    street.serves(0)?;

    // One web server dies: nginx takes the other one, and the address has no reason to move.
    let stays = |street: &Street| street.balancers[0].has_it() && !street.balancers[1].has_it();
    street.webs[0].cable.unplug()?;
    std::thread::sleep(Duration::from_secs(4));
    assert!(stays(&street), "moved because of a web server");
    // Both: neither load balancer is better than the other.
    street.webs[1].cable.unplug()?;
    street.finds(0, "down")?;
    street.finds(1, "down")?;
    std::thread::sleep(Duration::from_secs(4));
    assert!(stays(&street), "moved where nobody is better");
    street.webs[0].cable.plug()?;
    street.webs[1].cable.plug()?;
    street.finds(0, "up")
}
