//! The journal of a running router, and what others do to its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use vrrp_conformance::proves;

use crate::lab::{Capture, LIMIT, Node, Program, example, isolated, switch, wait_for};

const LIST: &str = "held-addresses.json";

/// A place for the folder of a journal.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    fn wait_list(&self) {
        let list = self.folder().join(LIST);
        wait_for("the list", LIMIT, || list.exists().then_some(()));
    }
}

fn router(node: &Node, journal: &Path, words: &str) -> Program {
    let mut command = Command::new(example("router"));
    command
        .args(words.split_whitespace())
        .env("VRRP_JOURNAL", journal);
    let program = Program::start(node, command);
    program.wait_line("ready");
    program
}

/// PRJ-ADDR-02, V3-6.4.3-01: whatever the journal has to wait for, advertisements do not.
#[test]
fn prj_addr_02_a_pipe_in_the_folder_stops_no_advertisement() {
    isolated(
        "journal::prj_addr_02_a_pipe_in_the_folder_stops_no_advertisement",
        || {
            switch();
            let (node, place) = (Node::new(1), Place::new());
            fs::create_dir(place.folder()).unwrap();
            // Opening it for writing waits for a reader.
            let new = place.folder().join("held-addresses.new");
            mkfifo(&new, Mode::S_IRWXU).unwrap();
            let wire = Capture::on(&node.port());
            let program = router(&node, &place.folder(), "eth1 51 100 10 192.0.2.254/24");
            program.wait_line(r#""to":"Active""#);
            wait_for("ten advertisements", LIMIT, || {
                (wire.count(1, 51) >= 10).then_some(())
            });
            place.wait_list();
            program.stop();
            proves!("PRJ-ADDR-02", Obeys);
        },
    );
}

/// PRJ-ADDR-02: a journal whose folder was deleted is there again before the crash that needs it.
#[test]
fn prj_addr_02_a_deleted_folder_is_made_again() {
    isolated("journal::prj_addr_02_a_deleted_folder_is_made_again", || {
        switch();
        let (node, place) = (Node::new(1), Place::new());
        let program = router(
            &node,
            &place.folder(),
            "eth1 51 100 10 192.0.2.254/24 192.0.2.253",
        );
        program.wait_line(r#""to":"Active""#);
        node.wait_has("192.0.2.253", true);
        place.wait_list();
        fs::remove_dir_all(place.folder()).unwrap();
        place.wait_list();
        program.kill();
        let program = router(&node, &place.folder(), "eth1 51 100 1000 192.0.2.253");
        program.wait_line(r#""LeftoverRemoved":{"address":"192.0.2.254","interface":"eth1"}"#);
        node.wait_has("192.0.2.254", false);
        program.stop();
        proves!("PRJ-ADDR-02", Obeys);
    });
}

/// A place that cannot be one costs the journal, and not the router.
#[test]
fn a_file_in_place_of_the_folder_keeps_nobody_from_starting() {
    isolated(
        "journal::a_file_in_place_of_the_folder_keeps_nobody_from_starting",
        || {
            switch();
            let (node, place) = (Node::new(1), Place::new());
            fs::write(place.folder(), "precious").unwrap();
            let program = router(&node, &place.folder(), "eth1 51 100 10 192.0.2.254/24");
            program.wait_line(r#""to":"Active""#);
            node.wait_has("192.0.2.254", true);
            program.stop();
            assert_eq!(fs::read_to_string(place.folder()).unwrap(), "precious");
        },
    );
}
