//! Every input that a fuzzer found worth keeping, and a few hundred made up from a fixed seed, through every target.

use std::path::Path;

use vrrp_sim::Random;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 9] = [
    ("conf", vrrp_fuzz::conf),
    ("control", vrrp_fuzz::control),
    ("decode", vrrp_fuzz::decode),
    ("ldirectord", vrrp_fuzz::ldirectord),
    ("machine", vrrp_fuzz::machine),
    ("message", vrrp_fuzz::message),
    ("netlink", vrrp_fuzz::netlink),
    ("recording", vrrp_fuzz::recording),
    ("world", vrrp_fuzz::world),
];

#[test]
fn every_kept_input_passes_its_target() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let inputs = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut replayed = 0;
        for input in inputs {
            let path = input.unwrap().path();
            println!("{}", path.display());
            target(&std::fs::read(&path).unwrap());
            replayed += 1;
        }
        assert!(replayed >= 4, "{name}: {replayed} inputs");
    }
}

#[test]
fn made_up_inputs_pass_every_target() {
    for (name, target) in TARGETS {
        let mut random = Random::new(9568);
        for number in 0..200 {
            let octets = (0..random.below(200))
                .map(|_| u8::try_from(random.below(256)).unwrap())
                .collect::<Vec<_>>();
            println!("{name} {number}");
            target(&octets);
        }
    }
}
