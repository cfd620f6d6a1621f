//! The bytes choose routers and faults of a simulated world; its checks are the oracle.

use vrrp_sim::{group_world_of_bytes, world_of_bytes};

/// Before the bytes of a world of sync groups.
const GROUPS: u8 = 0xff;

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn world(bytes: &[u8]) {
    let chosen = match bytes {
        [GROUPS, bytes @ ..] => group_world_of_bytes(bytes),
        bytes => world_of_bytes(bytes),
    };
    let mut world = match chosen {
        Ok(world) => world,
        Err(refused) => unreachable!("the generator asks for what the core refuses: {refused}"),
    };
    if let Err(violation) = world.run() {
        panic!("{violation}\n{}", world.world.timeline());
    }
}
