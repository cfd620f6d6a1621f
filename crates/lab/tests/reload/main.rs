//! Reloads of a running vrrpd, as the wire, the kernel and `vrrpctl plan` see them.

mod bench;
mod moves;
mod pace;
mod quiet;
mod refused;
mod renames;
mod restarts;
mod storm;
