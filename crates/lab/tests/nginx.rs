//! The address follows nginx and not only the machine: a check without a script, and everything that befalls nginx.

use std::time::Duration;

use vrrp_lab::daemon::Daemon;
use vrrp_lab::http::{Browser, Style};
use vrrp_lab::nginx::{Misfortune, Nginx};
use vrrp_lab::pair::{Options, Pair, VRID};
use vrrp_lab::program::find;
use vrrp_lab::skip::skip;
use vrrp_lab::{LabError, Stamp, private};

type Outcome = Result<(), LabError>;

fn inside(name: &str, body: fn() -> Outcome) {
    for program in [Daemon::Vrrpd.program(), find("nginx")] {
        if let Err(missing) = program {
            skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, body);
}

/// A page is asked for every 300 ms; what the track line says of its weight.
fn pair(weight: &str) -> Result<(Pair, [Nginx; 2]), LabError> {
    let mut options = Options::new(Daemon::Vrrpd, 100);
    options.own_service = true;
    let mut pair = Pair::new(&options)?;
    for member in [&mut pair.better, &mut pair.other] {
        let check = "vrrp_check page {\n    interval 0.3\n    HTTP_GET {\n        connect_timeout 0.2\n        url {\n\
                     \x20           path /\n            status_code 200\n        }\n    }\n}\n";
        member.config.blocks.push(check.to_owned());
        for instance in &mut member.config.instances {
            instance.track_scripts.push(format!("page{weight}"));
        }
    }
    let services = [Nginx::start(&pair.better.node)?, Nginx::start(&pair.other.node)?];
    pair.settle()?;
    Ok((pair, services))
}

fn everything_befalls(weight: &str) -> Outcome {
    let (pair, [mut nginx, _other]) = pair(weight)?;
    for misfortune in Misfortune::ALL {
        let noticed = misfortune.befall(&pair, &mut nginx)?;
        println!("{weight:>12} {misfortune:?}: {noticed:?}");
    }
    Ok(())
}

#[test]
fn a_check_that_bars_moves_the_address_whatever_befalls_nginx() {
    inside(
        "a_check_that_bars_moves_the_address_whatever_befalls_nginx",
        || everything_befalls(""),
    );
}

#[test]
fn a_check_that_weighs_moves_the_address_whatever_befalls_nginx() {
    inside(
        "a_check_that_weighs_moves_the_address_whatever_befalls_nginx",
        || everything_befalls(" weight -60"),
    );
}

#[test]
fn a_reload_of_nginx_moves_nothing() {
    inside("a_reload_of_nginx_moves_nothing", || {
        let (pair, [nginx, _other]) = pair("")?;
        let since = Stamp::now();
        let fresh = Browser::start(pair.client.node(), pair.address(), Style::Fresh)?;
        for _ in 0..10 {
            nginx.turn(vrrp_lab::nginx::Page::Well)?;
            // Longer than a check takes: each meets a reload at another moment.
            std::thread::sleep(Duration::from_millis(170));
        }
        let seen = pair.watch.adverts(&pair.other.node, VRID, since);
        assert!(seen.is_empty(), "the other node spoke: {seen:?}");
        let pages = fresh.finish();
        assert!(pages.asked > 50, "{pages:?}");
        println!("10 reloads: {pages:?}");
        Ok(())
    });
}
