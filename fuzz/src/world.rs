//! The bytes choose routers and faults of a simulated world; its checks are the oracle.

use vrrp_sim::world_of_bytes;

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn world(bytes: &[u8]) {
    let mut world = match world_of_bytes(bytes) {
        Ok(world) => world,
        Err(refused) => unreachable!("the generator asks for what the core refuses: {refused}"),
    };
    if let Err(violation) = world.run() {
        panic!("{violation}\n{}", world.world.timeline());
    }
}
