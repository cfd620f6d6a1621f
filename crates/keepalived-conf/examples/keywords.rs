//! Prints the keyword table as JSON: `cargo run -p keepalived-conf --example keywords`

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(keepalived_conf::keywords())?);
    Ok(())
}
