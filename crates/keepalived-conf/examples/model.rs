//! Prints what files mean as JSON: `cargo run -p keepalived-conf --example model FILE…`

use keepalived_conf::{DiskFiles, Host, parse_for};

fn main() -> Result<(), serde_json::Error> {
    let host = Host {
        config_id: std::env::var("CONFIG_ID").ok(),
        environment: std::env::vars().collect(),
    };
    for path in std::env::args().skip(1) {
        println!(
            "{}",
            serde_json::to_string_pretty(&parse_for(&host, &DiskFiles, &path).config)?
        );
    }
    Ok(())
}
