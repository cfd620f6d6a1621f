//! The web server behind the address, and browsers in front of it.

mod asking;
mod browser;
mod loader;
mod server;

pub use asking::Loss;
pub use browser::{Browser, Requests, Style};
pub use loader::{Load, Loader, Page, Tally, outage_ms};
pub use server::Web;
