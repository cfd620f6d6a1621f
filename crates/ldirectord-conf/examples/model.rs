//! Prints what a file means, and what is wrong with it.

use keepalived_conf::{DiskFiles, Renderer};
use ldirectord_conf::{FewNames, parse};

fn main() {
    for path in std::env::args().skip(1) {
        let parsed = parse(&DiskFiles, &FewNames, &path);
        let mut renderer = Renderer::new(&parsed.sources, false);
        for found in &parsed.diagnostics {
            println!("{}", renderer.render(found));
        }
        println!("{:#?}", parsed.config);
    }
}
