//! Checks files of the disk, one line for each finding: `cargo run -p keepalived-conf --example check FILE…`

use keepalived_conf::{DiskFiles, Host, line, parse_for};

fn main() {
    let host = Host {
        config_id: std::env::var("CONFIG_ID").ok(),
        environment: std::env::vars().collect(),
    };
    for path in std::env::args().skip(1) {
        let parsed = parse_for(&host, &DiskFiles, &path);
        for found in &parsed.diagnostics {
            println!(
                "{} (keepalived: {:?})",
                line(found, &parsed.sources),
                found.keepalived
            );
        }
        for instance in &parsed.config.instances {
            let barred: Vec<_> = instance
                .missing
                .iter()
                .map(|missing| missing.allow_word.as_str())
                .collect();
            println!("{path}: instance {} barred by {barred:?}", instance.name);
        }
    }
}
