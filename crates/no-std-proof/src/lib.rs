//! The proof that vrrp-core needs no std: this library has a panic handler of its own. As soon as anything below it
//! links std, there are two, and the build fails with E0152 (duplicate lang item `panic_impl`).
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod sys;

use alloc::vec;
use core::net::{IpAddr, Ipv4Addr};
use vrrp_core::{Action, Family, Input, Instant, InterfaceId, Link, Profile, Settings, VirtualRouter, Vrid};

/// One router from its start to its first advertisement: the length of the advertisement in octets, 0 where one of
/// the steps did not happen.
fn first_advertisement(buffer: &mut [u8]) -> usize {
    build().and_then(|router| advertise(router, buffer)).unwrap_or(0)
}

fn build() -> Option<VirtualRouter> {
    let vrid = Vrid::new(51)?;
    let mut settings = Settings::new(Profile::Default, Family::Ipv4, vrid, InterfaceId(1));
    settings.addresses = vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 100))];
    settings.build().ok().map(VirtualRouter::new)
}

fn advertise(mut router: VirtualRouter, buffer: &mut [u8]) -> Option<usize> {
    let start = Instant::from_nanos(0);
    let primary = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    router.handle(start, Input::Link(Link { up: true, primary }));
    router.handle(start, Input::Start);
    let due = router.deadline()?.at;
    let actions = router.handle(due, Input::Tick);
    let draft = actions.iter().find_map(|action| match action {
        Action::Send(draft) => Some(*draft),
        _ => None,
    })?;
    let sealed = router.seal(draft, None);
    let destination = sealed.destinations().next()?;
    sealed.encode(destination, buffer)
}
