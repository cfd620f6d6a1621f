//! What the fuzz targets do with any bytes. Plain functions, so that every corpus is replayed by `cargo test` without a
//! fuzzer; the targets under `targets/` hand them to libFuzzer.

mod conf;
mod control;
mod decode;
mod ldirectord;
mod machine;
mod message;
mod netlink;
mod recording;
mod world;

pub use conf::conf;
pub use control::control;
pub use decode::decode;
pub use ldirectord::ldirectord;
pub use machine::machine;
pub use message::message;
pub use netlink::netlink;
pub use recording::recording;
pub use world::world;
