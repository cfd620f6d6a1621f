//! The web server behind the address, and browsers in front of it.

mod browser;
mod server;

pub use browser::{Browser, Requests, Style};
pub use server::Web;
