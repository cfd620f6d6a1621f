//! The example programs as processes: what can be stopped, killed and replaced.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{LIMIT, Node, wait_for};

/// A running example.
pub(crate) struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

/// Where cargo has put an example.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().with_file_name("examples").join(name);
    assert!(
        path.exists(),
        "{} is missing; `cargo build -p vrrp-net --examples` makes it",
        path.display()
    );
    path
}

impl Program {
    /// Starts it in the node's namespace; its standard output is collected by lines.
    pub(crate) fn start(node: &Node, mut command: Command) -> Self {
        let mut child = node.run(move || {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        });
        let lines = Arc::new(Mutex::new(Vec::new()));
        let out = BufReader::new(child.stdout.take().unwrap());
        let kept = lines.clone();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        Self { child, lines }
    }

    /// `router` with these words; waits until its sockets are open.
    pub(crate) fn router(node: &Node, words: &str) -> Self {
        let mut command = Command::new(example("router"));
        command.args(words.split_whitespace());
        let program = Self::start(node, command);
        program.wait_line("ready");
        program
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) fn wait_line(&self, part: &str) -> String {
        wait_for(&format!("a line with {part}"), LIMIT, || {
            self.lines().into_iter().find(|line| line.contains(part))
        })
    }

    /// How many lines contain it.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(part)).count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// SIGSTOP, and waits until the kernel says that it is stopped.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
        wait_for("a stopped process", LIMIT, || (self.state() == 'T').then_some(()));
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn state(&self) -> char {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        text.rsplit(") ").next().unwrap().chars().next().unwrap()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let status = wait_for("the program to end", LIMIT, || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
