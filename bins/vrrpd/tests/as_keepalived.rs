//! vrrpd under keepalived's name: what people have written around keepalived goes on as it is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use node::{Folder, file, folder, instance, is_root, text};

/// A link of that name, and nothing else.
fn link(folder: &Path) -> PathBuf {
    let link = folder.join("keepalived");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vrrpd"), &link).unwrap();
    link
}

struct Called {
    code: i32,
    out: String,
    err: String,
}

fn called(output: &Output) -> Called {
    Called {
        code: output.status.code().expect("ended by itself"),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

fn keepalived(folder: &Folder, words: &[&str]) -> Called {
    let mut command = Command::new(link(folder));
    called(&command.args(words).current_dir(&**folder).output().unwrap())
}

#[test]
fn the_version_is_in_keepalived_s_shape_and_on_its_stream() {
    let answer = keepalived(&folder(), &["-v"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, ""));
    let first = answer.err.lines().next().unwrap();
    assert_eq!(
        first,
        format!("Keepalived v2.2.7 (vrrpd {})", env!("CARGO_PKG_VERSION"))
    );
    assert!(answer.err.contains("\nConfig options:  "), "{}", answer.err);
    // The exporter looks for it before it sends the signal.
    assert!(answer.err.contains("--enable-json"), "{}", answer.err);
    let number = keepalived(&folder(), &["--signum=JSON"]);
    assert_eq!(number.code, 0, "{}", number.err);
    assert!(
        number.out.trim().parse::<u32>().is_ok_and(|number| number > 31),
        "{}",
        number.out
    );
}

/// Codes of keepalived 2.2.7 for the same: 0, 6 for scripts without enable_script_security, 4 where nothing can run.
#[test]
fn the_test_of_a_file_ends_with_keepalived_s_codes_and_writes_where_it_is_asked_to() {
    let good = "global_defs {\n    enable_script_security\n}\n".to_owned()
        + &instance("VI_1", 51, "192.0.2.100/24", "").replace("eth1", "lo");
    let folder = folder();
    let file = file(&folder, &good).display().to_string();
    let program = link(&folder);
    let run = |words: &[&str]| {
        let mut command = Command::new(&program);
        called(&command.args(words).current_dir(&*folder).output().unwrap())
    };
    let answer = run(&["-t", "-f", &file]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("would run VI_1"), "{}", answer.err);
    for words in [["-tout", "-f"], ["--config-test=out", "--use-file"]] {
        let words = [&words[..], &[file.as_str()]].concat();
        let answer = run(&words);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{words:?}");
        let out = folder.join("out");
        let written = std::fs::read_to_string(&out).unwrap();
        assert!(written.contains("would run VI_1"), "{words:?}: {written}");
        std::fs::remove_file(out).unwrap();
    }
    // A missing file of an include is forgiven, unless -e asks for it.
    std::fs::write(folder.join("more.conf"), format!("include absent.conf\n{good}")).unwrap();
    assert_eq!(run(&["-t", "-f", "more.conf"]).code, 0);
    let answer = run(&["-te", "-f", "more.conf"]);
    assert_eq!(answer.code, 0, "-te means a file called e");
    let answer = run(&["-e", "-t", "-f", "more.conf"]);
    assert_eq!(answer.code, 4);
    assert!(answer.err.contains("absent.conf"), "{}", answer.err);
}

/// Of a file that is vrrpd's alone it could never go away.
#[test]
fn that_keepalived_does_not_know_a_word_is_said_where_keepalived_may_read_the_file() {
    let folder = folder();
    let text = instance("VI_1", 51, "192.0.2.100/24", "    notify_before_stop /bin/true");
    let text = "global_defs {\n    enable_script_security\n    script_user root\n}\n".to_owned()
        + &text.replace("eth1", "lo");
    let own = file(&folder, &text);
    let shared = folder.join("keepalived.conf");
    std::fs::copy(&own, &shared).unwrap();
    let (vrrpd, keepalived) = (Path::new(env!("CARGO_BIN_EXE_vrrpd")), link(&folder));
    for (program, file, said) in [
        (vrrpd, &own, false),
        (vrrpd, &shared, true),
        (&keepalived, &own, true),
        (&keepalived, &shared, true),
    ] {
        let output = Command::new(program).arg("-t").arg("-f").arg(file).output();
        let answer = called(&output.unwrap());
        let note = "notify_before_stop is a word of vrrpd";
        assert_eq!(
            answer.err.contains(note),
            said,
            "{program:?} {file:?}: {}",
            answer.err
        );
    }
}

#[test]
fn what_cannot_be_carried_out_is_refused_with_the_reason() {
    for (words, code, part) in [
        (&["-V"][..], 1, "two nodes would answer"),
        (&["--supervised"], 1, "give -n with it"),
        (&["--nonsense"], 1, "--nonsense"),
        (&["-S", "9"], 1, "local0 to local7"),
        (&["-u", "8888"], 1, "0777"),
        (&["-n", "-T"], 1, "first option"),
        // keepalived, too, looks at the file while its caller waits.
        (&["-f", "absent.conf", "-G"], 6, "absent.conf"),
        (&["-P", "-C", "-n", "-l", "-f", "absent.conf"], 6, "absent.conf"),
        (&["-C", "-n", "-l", "-f", "absent.conf"], 6, "absent.conf"),
    ] {
        let answer = keepalived(&folder(), words);
        assert_eq!(answer.code, code, "{words:?}: {}", answer.err);
        assert!(answer.err.contains(part), "{words:?}: {}", answer.err);
    }
}

/// A namespace with processes and mounts of its own: what goes to the background there ends with it.
fn alone(script: &str, folder: &Folder) -> Option<String> {
    let mut command = Command::new("unshare");
    command.arg(if is_root() { "-nmpf" } else { "-Urnmpf" });
    command.args(["--mount-proc", "--kill-child", "sh", "-c"]);
    let mut trial = Command::new("unshare");
    trial.arg(if is_root() { "-nmpf" } else { "-Urnmpf" });
    let tried = trial.args(["--mount-proc", "ip", "link"]).output();
    if !tried.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "SKIP keepalived_in_the_background: unshare with processes and mounts of its own is refused, or ip is absent"
        );
        return None;
    }
    let network = "exec 2>&1; set -u; mount -t tmpfs t /run; ip link set lo up; ip link add eth1 type veth peer name far; \
                   ip link set far up; ip link set eth1 up; ip address add 192.0.2.1/24 dev eth1\n\
                   until_gone() { i=0; while [ -e \"$1\" ] && [ $i -lt 400 ]; do sleep 0.05; i=$((i+1)); done; }\n";
    let output = command
        .arg(format!("{network}{script}"))
        .current_dir(&**folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    Some(said)
}

fn with_program() -> Folder {
    let folder = folder();
    link(&folder);
    file(&folder, &instance("VI_1", 51, "192.0.2.100/24", ""));
    folder
}

#[test]
fn it_goes_to_the_background_and_is_found_by_keepalived_s_name() {
    let script = r#"
./keepalived -G -f test.conf -p a.pid; echo "started $?"
pid=$(cat a.pid)
echo "vrrp.pid is the same: $(cmp -s a.pid /run/vrrp.pid && echo yes)"
echo "comm $(cat /proc/$pid/comm), first word $(tr '\0' '\n' < /proc/$pid/cmdline | head -n 1)"
echo "folder $(readlink /proc/$pid/cwd), streams $(readlink /proc/$pid/fd/0 /proc/$pid/fd/1 /proc/$pid/fd/2 | sort -u)"
echo "session $(( $(cut -d ' ' -f 6 /proc/$pid/stat) != $(cut -d ' ' -f 6 /proc/$$/stat) ))"
if command -v killall > /dev/null; then killall -0 keepalived && echo "killall yes"; else echo "killall yes"; fi
if command -v pidof > /dev/null; then echo "pidof $(pidof keepalived | tr ' ' '\n' | grep -cx $pid)"; else echo "pidof 1"; fi
./keepalived -G -f test.conf -p b.pid; echo "second $?"
./keepalived -G --no-control -f test.conf -p a.pid; echo "third $?"
kill -HUP $pid && kill -0 $pid && echo "reloaded"
kill $pid; until_gone a.pid; ls a.pid /run/vrrp.pid 2>/dev/null; echo "gone"
"#;
    let Some(said) = alone(script, &with_program()) else {
        return;
    };
    for line in [
        "started 0",
        "vrrp.pid is the same: yes",
        "comm keepalived, first word ./keepalived",
        "folder /, streams /dev/null",
        "session 1",
        "killall yes",
        "pidof 1",
        "second 3",
        "third 3",
        "reloaded",
        "gone",
    ] {
        assert!(said.lines().any(|one| one == line), "no {line:?} in:\n{said}");
    }
    assert!(said.contains("/run/vrrpd/control.sock is in use"), "{said}");
    assert!(said.contains("a.pid names process"), "{said}");
    assert!(
        said.trim_end().ends_with("gone") && !said.contains("/run/vrrp.pid\ngone"),
        "{said}"
    );
}

#[test]
fn what_it_cannot_begin_with_is_told_to_the_caller() {
    let folder = with_program();
    // A service of the driver that cannot be opened: known after the file has been read.
    let script = "./keepalived -G -f test.conf -p /proc/no/a.pid; echo \"ended $?\"; ls /run/vrrp.pid";
    let Some(said) = alone(&format!("{script}; true"), &folder) else {
        return;
    };
    assert!(said.contains("ended 1"), "{said}");
    assert!(
        said.contains("keepalived: cannot write the process id to /proc/no/a.pid"),
        "{said}"
    );
    assert!(said.contains("cannot access '/run/vrrp.pid'"), "{said}");
}

/// syslog(3): daemon is 3 and local3 is 19; informational is 6, so that lines begin with 30 and 158.
#[test]
fn the_log_goes_to_syslog_by_its_facility_and_to_a_file() {
    for (words, priority) in [("", 30), ("-S local3", 158)] {
        let folder = with_program();
        std::fs::create_dir(folder.join("dev")).unwrap();
        std::fs::write(folder.join("dev/null"), "").unwrap();
        let syslog = UnixDatagram::bind(folder.join("dev/log")).unwrap();
        syslog.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let script = format!(
            "mount --bind /dev/null dev/null && mount --rbind dev /dev\n\
             ./keepalived -D -x {words} -f test.conf -g own.log\n\
             pid=$(cat /run/keepalived.pid); kill $pid; until_gone /run/keepalived.pid\n\
             ./keepalived -D -x -d {words} -f test.conf\n\
             pid=$(cat /run/keepalived.pid); kill $pid; until_gone /run/keepalived.pid\n"
        );
        // Few datagrams wait for a reader.
        let (over, is_over) = std::sync::mpsc::channel::<()>();
        let reader = std::thread::spawn(move || {
            let mut lines = Vec::new();
            let mut octets = [0; 4096];
            loop {
                match syslog.recv(&mut octets) {
                    Ok(count) => lines.push(text(&octets[..count])),
                    Err(_) if is_over.try_recv() == Err(TryRecvError::Disconnected) => return lines,
                    Err(_) => {}
                }
            }
        });
        let ran = alone(&script, &folder);
        drop(over);
        let lines = reader.join().unwrap();
        if ran.is_none() {
            return;
        }
        let said = lines.join("\n");
        assert!(said.contains("-x is not carried out"), "{said}");
        let of_dump = lines.iter().find(|line| line.contains("virtual_router_id = 51"));
        let of_dump = of_dump.unwrap_or_else(|| panic!("no dump in:\n{said}"));
        assert!(of_dump.starts_with(&format!("<{priority}>")), "{of_dump}");
        assert!(of_dump.contains(" Keepalived_vrrp["), "{of_dump}");
        let file = std::fs::read_to_string(folder.join("own_vrrp.log")).unwrap();
        assert!(
            file.contains("-x is not carried out") && file.contains("VI_1"),
            "{file}"
        );
        assert!(
            !file.contains("virtual_router_id = 51"),
            "-d was not given there: {file}"
        );
    }
}

#[test]
fn umask_and_core_dumps_are_the_process_s() {
    let script = r#"
./keepalived -G -u 0177 -m -f test.conf; echo "started $?"
pid=$(cat /run/keepalived.pid)
grep Umask /proc/$pid/status | tr '\t' ' '
echo "core $(grep 'core file size' /proc/$pid/limits | tr -s ' ' | cut -d ' ' -f 5)"
kill $pid; until_gone /run/keepalived.pid
"#;
    let Some(said) = alone(script, &with_program()) else {
        return;
    };
    assert!(said.contains("started 0\nUmask: 0177\n"), "{said}");
    let limit = std::fs::read_to_string("/proc/self/limits").unwrap();
    let hard = limit.lines().find(|line| line.starts_with("Max core")).unwrap();
    // Who is no root may not raise it above what the caller's caller allows.
    if hard.contains("unlimited") || is_root() {
        assert!(said.contains("core unlimited"), "{said}");
    }
}
