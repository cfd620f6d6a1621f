//! Running a step: a heading, its output kept in a log and passed on line by line, skips collected on the way.

use crate::summary::{Skip, Step, Summary, Verdict, telling};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Runs steps in order and remembers how they ended.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) root: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) path: OsString,
    /// Where tests record what they prove.
    pub(crate) proofs: PathBuf,
    /// Show only how steps end, and of those that failed why: what CI keeps of a run is short.
    pub(crate) brief: bool,
    pub(crate) summary: Summary,
}

/// A command that says nothing for so long is told of, with its last line: a test may hang.
const SILENCE: Duration = Duration::from_secs(120);

impl Runner {
    /// Print the heading and run `body`; what it returns decides.
    pub(crate) fn step(
        &mut self,
        name: &'static str,
        body: impl FnOnce(&Self, &mut Vec<Skip>) -> Result<(), Verdict>,
    ) -> bool {
        println!("\n== {name} ==");
        let start = Instant::now();
        let mut skips = Vec::new();
        let verdict = body(self, &mut skips).err().unwrap_or(Verdict::Passed);
        let took = start.elapsed();
        match &verdict {
            Verdict::Passed => println!("-- {name}: passed in {:.1} s", took.as_secs_f64()),
            Verdict::Failed(why) => println!("-- {name}: FAILED in {:.1} s: {why}", took.as_secs_f64()),
            Verdict::Skipped(why) => println!("SKIP {name}: {why}"),
        }
        let passed = !matches!(verdict, Verdict::Failed(_));
        self.summary.steps.push(Step {
            name,
            took,
            verdict,
            skips,
        });
        passed
    }

    /// A step that is one command and must succeed.
    pub(crate) fn command_step(&mut self, name: &'static str, program: &str, arguments: &[&str]) -> bool {
        self.step(name, |runner, skips| {
            let mut command = runner.command(program);
            command.args(arguments);
            runner.must_succeed(name, command, skips)
        })
    }

    /// A command in the project's root that finds the fetched programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("PATH", &self.path)
            .env("VRRP_SKIP_LOG", self.skip_log())
            .env(vrrp_conformance::FOLDER, &self.proofs)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn must_succeed(
        &self,
        name: &str,
        command: Command,
        skips: &mut Vec<Skip>,
    ) -> Result<(), Verdict> {
        let status = self.pass_on(name, command, skips).map_err(Verdict::Failed)?;
        if status.success() {
            return Ok(());
        }
        Err(Verdict::Failed(format!(
            "{status}; its output: {}",
            self.log(name).display()
        )))
    }

    /// Where tests whose output somebody swallows leave their skips.
    fn skip_log(&self) -> PathBuf {
        self.logs.join("skips")
    }

    /// The skips that were left in the file, each once; the next step finds it empty.
    fn left_in_the_file(&self, skips: &mut Vec<Skip>) {
        let text = std::fs::read_to_string(self.skip_log()).unwrap_or_default();
        skips.extend(text.lines().filter_map(Skip::parse));
        skips.sort();
        skips.dedup();
        // Absent is as good as empty.
        let _ = std::fs::remove_file(self.skip_log());
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// The telling lines of a step's last log; a step may have kept two.
    pub(crate) fn show_again(&self, name: &str) {
        for log in [format!("{name}-build"), name.to_owned()].map(|name| self.log(&name)) {
            let Ok(text) = std::fs::read_to_string(&log) else {
                continue;
            };
            println!("\n== again, of {} ==", log.display());
            for line in telling(&text) {
                println!("   {line}");
            }
        }
    }

    /// Show both streams as they come unless it is to be brief, keep them, and collect what they say about skips.
    fn pass_on(&self, name: &str, mut command: Command, skips: &mut Vec<Skip>) -> Result<ExitStatus, String> {
        let said = |e: std::io::Error| format!("{}: {e}", self.log(name).display());
        println!("   {}", words(&command));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| {
                format!(
                    "{} could not be started: {e}",
                    command.get_program().to_string_lossy()
                )
            })?;
        let (sender, lines) = mpsc::channel::<String>();
        let streams: [Option<Box<dyn std::io::Read + Send>>; 2] = [
            child
                .stdout
                .take()
                .map(|s| Box::new(s) as Box<dyn std::io::Read + Send>),
            child
                .stderr
                .take()
                .map(|s| Box::new(s) as Box<dyn std::io::Read + Send>),
        ];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                let mut line = Vec::new();
                while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                    let _ = sender.send(String::from_utf8_lossy(&line).trim_end().to_owned());
                    line.clear();
                }
            });
        }
        drop(sender);
        let mut log = File::create(self.log(name)).map_err(said)?;
        let mut last = String::new();
        loop {
            match lines.recv_timeout(SILENCE) {
                Ok(line) => {
                    writeln!(log, "{line}").map_err(said)?;
                    skips.extend(Skip::parse(&line));
                    if !self.brief {
                        println!("   {line}");
                    }
                    last = line;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    println!("   {} s without a word; the last: {last}", SILENCE.as_secs());
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        self.left_in_the_file(skips);
        child.wait().map_err(|e| format!("waiting failed: {e}"))
    }
}

/// The command as one would type it, without the environment.
fn words(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    let arguments = command.get_args().map(|a| a.to_string_lossy().into_owned());
    std::iter::once(name)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}
