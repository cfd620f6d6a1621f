//! Virtual routers from the command line, without a configuration file; every event as a line of JSON on the standard
//! output, and `ready` first. SIGTERM is a planned stop, a second one ends it at once, SIGUSR1 prints the status.
//!
//! ```text
//! cargo run --example router -- INTERFACE[,…] VRID[-LAST] PRIORITY INTERVAL_CS ADDRESS[/PREFIX]…
//! ```
//!
//! With a range of VRIDs each router gets its own addresses: the given ones plus its distance from the first, and on each
//! further interface 256 more. `VRRP_JOURNAL` names a directory for what a crash would leave behind. With `VRRP_NO_ACCEPT` the
//! addresses are held and not served (needs the feature `accept`); with `VRRP_ADVERTISE` hosts are told that this is their
//! router (IPv6).
//! With `VRRP_VIRTUAL_MAC` set to anything every router gets a device with its virtual MAC.

use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::thread;

use tokio::signal::unix::{SignalKind, signal};
use vrrp_net::{Driver, HeldAddress, Options, Service, VirtualMac};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let services = services(&arguments)?;
    let options = Options {
        journal: std::env::var_os("VRRP_JOURNAL").map(Into::into),
        ..Options::default()
    };
    let driver = Driver::open(services, options)?;
    let handle = driver.handle();
    let mut events = handle.events();
    let router = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        runtime.block_on(driver.run())?;
        Ok::<(), Box<dyn Error + Send + Sync>>(())
    });

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut tell = signal(SignalKind::user_defined1())?;
        say("ready");
        let mut stopping = None;
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => say(&serde_json::to_string(&event)?),
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(missed)) => say(&format!("missed {missed}")),
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => break,
                },
                _ = terminate.recv() => match stopping {
                    None => {
                        let handle = handle.clone();
                        stopping = Some(tokio::spawn(async move { handle.stop().await }));
                    }
                    Some(_) => handle.stop_now()?,
                },
                _ = tell.recv() => say(&serde_json::to_string(&handle.status().await?)?),
            }
        }
        Ok::<(), Box<dyn Error>>(())
    })?;
    let result = router.join().map_err(|_| "the router's thread panicked")?;
    result.map_err(|error| error.to_string().into())
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: nothing to be said.
    let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn services(arguments: &[String]) -> Result<Vec<Service>, Box<dyn Error>> {
    let [interfaces, vrids, priority, interval, addresses @ ..] = arguments else {
        return Err("router INTERFACE[,…] VRID[-LAST] PRIORITY INTERVAL_CS ADDRESS[/PREFIX]…".into());
    };
    let (first, last) = vrids.split_once('-').unwrap_or((vrids, vrids));
    let (first, last): (u8, u8) = (first.parse()?, last.parse()?);
    let is_ipv6 = addresses.first().is_some_and(|address| address.contains(':'));
    let mut services = Vec::new();
    for (interface, number) in interfaces.split(',').zip(0_u32..) {
        for vrid in first..=last {
            let name = format!("{interface}-{vrid}");
            let mut service = if is_ipv6 {
                Service::new_ipv6(&name, interface, vrid)?
            } else {
                Service::new(&name, interface, vrid)?
            };
            service = service
                .priority(priority.parse()?)?
                .interval_centiseconds(interval.parse()?)?;
            service.router_advertisements = std::env::var_os("VRRP_ADVERTISE").map(|_| Default::default());
            service.settings.accept = std::env::var_os("VRRP_NO_ACCEPT").is_none();
            if std::env::var_os("VRRP_VIRTUAL_MAC").is_some() {
                service = service.virtual_mac(VirtualMac::default());
            }
            for address in addresses {
                let mut held: HeldAddress = address.parse()?;
                held.address = plus(held.address, number * 256 + u32::from(vrid - first));
                service = service.held_address(held);
            }
            services.push(service);
        }
    }
    Ok(services)
}

fn plus(address: IpAddr, distance: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address).wrapping_add(distance)).into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address).wrapping_add(distance.into())).into(),
    }
}
