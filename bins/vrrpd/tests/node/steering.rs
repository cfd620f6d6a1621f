//! What is asked of a daemon by whoever steers it, and two daemons with a cable between them.

use std::process::Child;
use std::time::Duration;

use vrrp_control::{Answer, Ask, Moved, Outcome, PriorityMoved, Problem, Shift, ask_within};

use super::{LIMIT, Node, instance};

/// Ends with the test.
pub(crate) struct Keeper(pub(crate) Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Node {
    pub(crate) fn ask(&self, ask: Ask) -> Answer {
        ask_within(&self.socket(), ask, LIMIT).unwrap_or_else(|error| panic!("{error}; log:\n{}", self.log()))
    }

    fn switch(&self, name: Option<&str>, undo: bool, drain: bool) -> Answer {
        let instance = name.map(str::to_owned);
        self.ask(Ask::Switchover {
            instance,
            undo,
            drain,
        })
    }

    pub(crate) fn switchover(&self, name: Option<&str>) -> Vec<Moved> {
        moved(self.switch(name, false, false))
    }

    pub(crate) fn drain(&self, name: Option<&str>) -> Vec<Moved> {
        moved(self.switch(name, false, true))
    }

    pub(crate) fn undo(&self, name: Option<&str>) -> Vec<Moved> {
        moved(self.switch(name, true, false))
    }

    pub(crate) fn no_switchover(&self, name: Option<&str>, undo: bool) -> Problem {
        problem(self.switch(name, undo, false))
    }

    pub(crate) fn priority(&self, name: &str, shift: Shift, for_ms: Option<u64>) -> PriorityMoved {
        match self.ask(priority(name, shift, for_ms)) {
            Answer::Priority(moved) => moved,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn priority(name: &str, shift: Shift, for_ms: Option<u64>) -> Ask {
    let instance = name.to_owned();
    Ask::Priority {
        instance,
        shift,
        for_ms,
    }
}

pub(crate) fn moved(answer: Answer) -> Vec<Moved> {
    match answer {
        Answer::Switchover(moved) => moved,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn problem(answer: Answer) -> Problem {
    match answer {
        Answer::Error(problem) => problem,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn outcomes(moved: &[Moved]) -> Vec<(&str, Outcome)> {
    let all = moved.iter();
    all.map(|one| (one.instance.as_str(), one.outcome)).collect()
}

/// Of this priority, on the usual address.
pub(crate) fn router(priority: u8) -> String {
    instance("VI_1", 51, "192.0.2.100/24", "").replace("priority 150", &format!("priority {priority}"))
}

/// A cable between two daemons that wait for their interfaces, and a process that keeps the first one's network.
pub(crate) fn pair(first: &str, second: &str) -> Option<(Node, Node, Keeper)> {
    pair_with(first, second, &[])
}

pub(crate) fn pair_with(first: &str, second: &str, arguments: &[&str]) -> Option<(Node, Node, Keeper)> {
    let one = Node::alone_with(first, arguments)?;
    one.until("it answers", |_| true);
    let two = one.beside_with(second, arguments);
    two.until("it answers", |_| true);
    let keeper = Keeper(one.keeper());
    plug(&one, &two);
    Some((one, two, keeper))
}

pub(crate) fn plug(one: &Node, two: &Node) {
    let far = two.pid().to_string();
    let cable = "ip link add eth1 type veth peer name eth1 netns";
    let words: Vec<&str> = cable.split(' ').chain([far.as_str()]).collect();
    one.inside(&words);
    for (node, address) in [(one, "192.0.2.1/24"), (two, "192.0.2.2/24")] {
        node.inside(&["ip", "address", "add", address, "dev", "eth1"]);
        node.inside(&["ip", "link", "set", "eth1", "up"]);
    }
}

/// The first one is Active with everything, and the second one hears it.
pub(crate) fn settled(one: &Node, two: &Node) {
    one.until("it is Active", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.keepalived_state.to_string() == "MASTER")
    });
    two.until("it hears the first", |status| {
        let mut all = status.instances.iter();
        all.all(|one| one.active.as_ref().is_some_and(|active| !active.own))
    });
}

pub(crate) fn has_address(node: &Node, address: &str) -> bool {
    node.inside(&["ip", "-o", "address"])
        .contains(&format!(" {address}/"))
}

/// So many advertisements of the first instance: time passes without a clock.
pub(crate) fn adverts_pass(node: &Node, count: u64) {
    let sent = |status: &vrrp_control::Status| status.instances[0].counters["advertisement-sent"];
    let before = sent(&node.status());
    node.until("advertisements", |status| sent(status) >= before + count);
}

/// It comes to be, within the usual limit.
pub(crate) fn until_log(node: &Node, part: &str) {
    let end = std::time::Instant::now() + LIMIT;
    while !node.log().contains(part) {
        assert!(std::time::Instant::now() < end, "never {part:?}:\n{}", node.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}
