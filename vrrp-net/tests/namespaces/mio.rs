//! The echo server of the examples: a loop without an async runtime learns of changes, hands over, and ends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use vrrp_core::{Report, StateName};
use vrrp_net::{Failover, Happening, Options};

use crate::adverts::service;
use crate::lab::{LIMIT, Node, Program, block_on, example, isolated, switch, wait_for};

const ADDRESS: &str = "192.0.2.10";

fn start(node: &Node, priority: u8) -> Program {
    let mut command = Command::new(example("mio_echo"));
    let words = format!("7 eth1 51 {priority} {ADDRESS}/24");
    command.args(words.split_whitespace());
    let program = Program::start(node, command);
    program.wait_line("listens");
    program
}

/// What comes back of a line sent to the address.
fn echoed(line: &str) -> std::io::Result<String> {
    let to: SocketAddr = format!("{ADDRESS}:7").parse().unwrap();
    let limit = Duration::from_millis(500);
    let mut stream = TcpStream::connect_timeout(&to, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(line.as_bytes())?;
    let mut back = vec![0; line.len()];
    stream.read_exact(&mut back)?;
    Ok(String::from_utf8(back).unwrap())
}

#[test]
fn a_mio_program_serves_hands_over_and_ends() {
    isolated("mio::a_mio_program_serves_hands_over_and_ends", || {
        switch();
        let (one, two, host) = (Node::new(1), Node::new(2), Node::new(3));
        let first = start(&one, 150);
        one.wait_has(ADDRESS, true);
        first.wait_line("Active");
        let second = start(&two, 100);
        second.wait_line("Backup");
        let ask = |line: &'static str| host.run(move || echoed(line));
        assert_eq!(ask("one").unwrap(), "one");
        first.stop();
        assert!(!one.has(ADDRESS), "ended with the address");
        second.wait_line("Active");
        wait_for("an answer from the other node", LIMIT, || ask("two").ok());
        second.stop();
        assert!(!two.has(ADDRESS));
    });
}

/// However late a program asks: the thread of the routers does not wait for it.
#[test]
fn who_asks_first_learns_everything_since_the_start() {
    isolated("mio::who_asks_first_learns_everything_since_the_start", || {
        switch();
        let node = Node::new(1);
        let service = service(51).address(ADDRESS).unwrap();
        let mut failover = node.run(move || Failover::start(vec![service], Options::default()).unwrap());
        // Told by now, whoever was there to hear it.
        wait_for("Active", LIMIT, || {
            let status = block_on(failover.handle().status()).unwrap();
            (status.services[0].state == StateName::Active).then_some(())
        });
        node.wait_has(ADDRESS, true);
        let mut first = failover.events();
        let mut states = Vec::new();
        wait_for("both changes", LIMIT, || {
            while let Ok(event) = first.try_recv() {
                if let Happening::Core(Report::Transition(change)) = event.what {
                    states.push(change.to);
                }
            }
            (states.len() >= 2).then_some(())
        });
        assert_eq!(states, [StateName::Backup, StateName::Active]);
        let old = failover.events().try_recv().map(|event| event.what);
        assert!(
            !matches!(old, Ok(Happening::Core(Report::Transition(_)))),
            "{old:?}"
        );
    });
}
