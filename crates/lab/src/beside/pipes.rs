//! What is written into a named pipe.

use super::bench::{Bench, HIGHER, sleep_until};
use super::{Case, Expected, conf_with};
use crate::{LabError, Stamp, wait};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "the_same_bytes_in_the_fifo",
        run: life,
        expected: Expected::Same(&[
            "INSTANCE \"VI_1\" BACKUP 150",
            "INSTANCE \"VI_1\" MASTER 150",
            "INSTANCE \"VI_1\" MASTER_PRIORITY 130",
            "INSTANCE \"VI_1\" MASTER_PRIORITY 150",
            "INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 150",
            "INSTANCE \"VI_1\" BACKUP 150",
            "INSTANCE \"VI_1\" BACKUP_PRIORITY 140",
            "INSTANCE \"VI_1\" MASTER 140",
            "INSTANCE \"VI_1\" STOP 140",
            "",
        ]),
    },
    Case {
        name: "the_same_bytes_of_a_group",
        run: group,
        expected: Expected::Same(&[
            "GROUP \"G\" BACKUP 0",
            "INSTANCE \"VI_1\" BACKUP 150",
            "INSTANCE \"VI_2\" BACKUP 150",
            "INSTANCE \"VI_1\" MASTER 150",
            "INSTANCE \"VI_2\" MASTER 150",
            "GROUP \"G\" MASTER 0",
            "INSTANCE \"VI_1\" BACKUP 150",
            "INSTANCE \"VI_2\" BACKUP 150",
            "GROUP \"G\" BACKUP 0",
            "INSTANCE \"VI_1\" MASTER 150",
            "INSTANCE \"VI_2\" MASTER 150",
            "GROUP \"G\" MASTER 0",
            "INSTANCE \"VI_1\" STOP 150",
            "INSTANCE \"VI_2\" STOP 150",
            "GROUP \"G\" STOP 0",
            "",
        ]),
    },
    Case {
        name: "a_reload_and_lines_that_nobody_has_read",
        run: reload,
        expected: Expected::Other {
            keepalived: &["INSTANCE \"VI_1\" STOP 150", ""],
            vrrpd: &[
                "INSTANCE \"VI_1\" BACKUP 150",
                "INSTANCE \"VI_1\" MASTER 150",
                "INSTANCE \"VI_1\" STOP 150",
                "",
            ],
        },
    },
];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A pipe that was there before the daemon, and somebody who reads all of it.
struct Pipe {
    path: PathBuf,
    keeper: File,
    reader: File,
}

impl Pipe {
    fn made(bench: &Bench) -> Result<Self, LabError> {
        let path = bench.file("fifo");
        let made = Command::new("mkfifo").args(["-m", "600"]).arg(&path).status();
        if !made.is_ok_and(|status| status.success()) {
            return Err(LabError::Other("mkfifo fails".to_owned()));
        }
        Self::open(path)
    }

    fn open(path: PathBuf) -> Result<Self, LabError> {
        let opened = |error| LabError::Other(format!("{}: {error}", path.display()));
        // Both ways: nothing waits for anybody else.
        let mut both = OpenOptions::new();
        let keeper = both.read(true).write(true).open(&path).map_err(opened)?;
        let reader = File::open(&path).map_err(opened)?;
        Ok(Self { path, keeper, reader })
    }

    /// Every line up to the end of the daemon, and nothing behind the last line feed.
    fn lines(mut self) -> Result<Vec<String>, LabError> {
        drop(self.keeper);
        let mut text = String::new();
        let read = self.reader.read_to_string(&mut text);
        read.map_err(|error| LabError::Other(error.to_string()))?;
        Ok(text.split('\n').map(str::to_owned).collect())
    }
}

fn life(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let pipe = Pipe::made(bench)?;
    let load = bench.file("load");
    let write =
        |value: &str| std::fs::write(&load, value).map_err(|error| LabError::Other(error.to_string()));
    write("0\n")?;
    let globals = format!(
        "vrrp_notify_fifo {}\nvrrp_notify_priority_changes\n}}\ntrack_file load {{\nfile {}\nweight -1",
        pipe.path.display(),
        load.display()
    );
    let started = bench.start(&conf_with(&globals, "0.2", "track_file {\nload\n}"))?;
    bench.promoted(started)?;
    for value in ["20\n", "0\n"] {
        write(value)?;
        sleep_until(Stamp::now() + ms(400));
    }
    bench.rival(50, 20, HIGHER)?;
    sleep_until(Stamp::now() + ms(300));
    let end = Stamp::now() + ms(1200);
    bench.rival_until(Stamp::now() + ms(300), 200, 20)?;
    write("10\n")?;
    bench.rival_until(end, 200, 20)?;
    bench.promoted(Stamp::now())?;
    bench.stop()?;
    pipe.lines()
}

/// Which of two members is MASTER first is the choice of the timers, with both daemons: they are told by name here.
fn group(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let pipe = Pipe::made(bench)?;
    let globals = format!(
        "vrrp_notify_fifo {}\n}}\nvrrp_sync_group G {{\ngroup {{\nVI_1\nVI_2\n}}",
        pipe.path.display()
    );
    let second = "}\nvrrp_instance VI_2 {\nstate BACKUP\ninterface eth1\nvirtual_router_id 52\npriority 150\nversion 3\n\
                  advert_int 0.2\nvirtual_ipaddress {\n192.0.2.101/24\n}";
    let first = "priority 150\nvirtual_ipaddress {\n192.0.2.100/24\n}";
    let started = bench.start(&conf_with(&globals, "0.2", &format!("{first}\n{second}")))?;
    bench.promoted(started)?;
    bench.promoted_as(52, started)?;
    sleep_until(Stamp::now() + ms(300));
    bench.rival_until(Stamp::now() + ms(800), 200, 20)?;
    let silent = Stamp::now();
    bench.promoted(silent)?;
    bench.promoted_as(52, silent)?;
    sleep_until(Stamp::now() + ms(300));
    bench.stop()?;
    let mut lines = pipe.lines()?;
    for pair in lines.chunk_by_mut(|one, other| one.contains(" MASTER ") && other.contains(" MASTER ")) {
        pair.sort_by_key(|line| (line.starts_with("GROUP"), line.clone()));
    }
    Ok(lines)
}

/// Nobody reads before the reload, and somebody after it.
fn reload(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let path = bench.file("fifo");
    let config = conf_with(&format!("vrrp_notify_fifo {}", path.display()), "0.2", "");
    let started = bench.start(&config)?;
    bench.promoted(started)?;
    sleep_until(Stamp::now() + ms(500));
    let reloaded = bench.reload(&config)?;
    sleep_until(reloaded + ms(1500));
    let there = || path.exists().then_some(());
    let _late = wait::until("the pipe", Duration::from_secs(5), there);
    let pipe = Pipe::open(path.clone())?;
    sleep_until(Stamp::now() + ms(700));
    bench.stop()?;
    pipe.lines()
}
