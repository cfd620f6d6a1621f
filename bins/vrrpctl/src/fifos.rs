//! Named pipes in `vrrpctl status`.

use vrrp_control::{Fifo, FifoScript};

use crate::overview::{bare_table, lay_out};
use crate::words;

/// One line for each.
pub(crate) fn table(fifos: &[Fifo]) -> String {
    let mut table = bare_table(&["FIFO", "READ", "LINES", "SCRIPT"]);
    for fifo in fifos {
        let reader = if fifo.has_reader { "now" } else { "by nobody" };
        let lost = match fifo.lines_lost {
            0 => String::new(),
            lost => format!(", {lost} lost"),
        };
        table.add_row([
            words::clean(&fifo.path),
            reader.to_owned(),
            format!("{} read, {} wait{lost}", fifo.lines_read, fifo.lines_waiting),
            fifo.script.as_ref().map_or_else(|| "-".to_owned(), script),
        ]);
    }
    lay_out(&mut table)
}

fn script(script: &FifoScript) -> String {
    let state = if script.running_since_unix_ms.is_some() {
        "runs"
    } else if script.not_started.is_some() {
        "cannot be started"
    } else if script.starts == 0 {
        "waits for the pipe"
    } else {
        "starts again soon"
    };
    let times = match script.starts {
        0 | 1 => String::new(),
        times => format!(", started {times} times"),
    };
    format!("{state}{times}: {}", words::clean(&script.command))
}

/// What an operator should look at.
pub(crate) fn problems(fifo: &Fifo) -> Vec<String> {
    let path = words::clean(&fifo.path);
    let mut lines = Vec::new();
    if let Some(problem) = &fifo.problem {
        lines.push(format!("{}: {}", fifo.keyword, words::clean(problem)));
    }
    if fifo.lines_lost > 0 {
        lines.push(format!(
            "{} {path}: {} lines were lost: more had waited for a reader than are kept",
            fifo.keyword, fifo.lines_lost
        ));
    }
    if let Some(why) = fifo
        .script
        .as_ref()
        .filter(|script| script.running_since_unix_ms.is_none())
        .and_then(|script| script.not_started.as_ref())
    {
        let why = words::clean(why);
        lines.push(format!(
            "the script that reads {} {path} cannot be started: {why}; it is tried again",
            fifo.keyword
        ));
    } else if let Some(script) = &fifo.script
        && let Some(end) = script.last_end.as_ref().filter(|end| *end != "exit 0")
    {
        let output = words::clean(script.last_output.trim());
        let said = if output.is_empty() {
            String::new()
        } else {
            format!(": {output}")
        };
        lines.push(format!(
            "the script that reads {} {path} has ended: {}{said}",
            fifo.keyword,
            words::clean(end)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fifo() -> Fifo {
        Fifo {
            keyword: "vrrp_notify_fifo".to_owned(),
            path: "/run/k.fifo".to_owned(),
            has_reader: true,
            lines_waiting: 2,
            lines_read: 7,
            lines_lost: 0,
            problem: None,
            script: None,
        }
    }

    #[test]
    fn a_pipe_is_one_line_and_nothing_to_look_at() {
        let text = table(&[fifo()]);
        for part in ["/run/k.fifo", "now", "7 read, 2 wait"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("lost"), "{text}");
        assert!(problems(&fifo()).is_empty());
    }

    #[test]
    fn lost_lines_and_a_script_that_ended_are_to_look_at() {
        let script = FifoScript {
            command: "/etc/read.sh".to_owned(),
            running_since_unix_ms: None,
            starts: 3,
            last_end: Some("exit 2".to_owned()),
            not_started: None,
            last_output: "no such file\n".to_owned(),
        };
        let fifo = Fifo {
            lines_lost: 5,
            has_reader: false,
            problem: Some("/run/k.fifo is a file, not a pipe".to_owned()),
            script: Some(script),
            ..fifo()
        };
        let text = table(std::slice::from_ref(&fifo));
        for part in [
            "by nobody",
            ", 5 lost",
            "starts again soon, started 3 times: /etc/read.sh",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(
            problems(&fifo),
            [
                "vrrp_notify_fifo: /run/k.fifo is a file, not a pipe",
                "vrrp_notify_fifo /run/k.fifo: 5 lines were lost: more had waited for a reader than are kept",
                "the script that reads vrrp_notify_fifo /run/k.fifo has ended: exit 2: no such file",
            ]
        );
    }

    #[test]
    fn a_script_that_never_ran_has_not_ended() {
        let script = FifoScript {
            command: "/etc/read.sh".to_owned(),
            running_since_unix_ms: None,
            starts: 0,
            last_end: None,
            not_started: Some("'/etc/read.sh' does not exist".to_owned()),
            last_output: String::new(),
        };
        let fifo = Fifo {
            script: Some(script),
            ..fifo()
        };
        let text = table(std::slice::from_ref(&fifo));
        assert!(text.contains("cannot be started: /etc/read.sh"), "{text}");
        let said = problems(&fifo).concat();
        let cannot = "cannot be started: '/etc/read.sh' does not exist; it is tried again";
        assert!(said.ends_with(cannot) && !said.contains("has ended"), "{said}");
    }
}
