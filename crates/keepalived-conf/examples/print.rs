//! Prints files as they are understood: includes, conditions and parameters resolved, comments gone.
//! `cargo run -p keepalived-conf --example print FILE…`

use std::io::Write;

use keepalived_conf::{DiskFiles, Host, parse_for, print};

fn main() -> std::io::Result<()> {
    let host = Host {
        config_id: std::env::var("CONFIG_ID").ok(),
        environment: std::env::vars().collect(),
    };
    for path in std::env::args().skip(1) {
        std::io::stdout().write_all(&print(&parse_for(&host, &DiskFiles, &path).tree))?;
    }
    Ok(())
}
