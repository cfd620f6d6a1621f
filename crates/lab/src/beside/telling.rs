//! What scripts are told.

use super::bench::{Bench, HIGHER, script, sleep_until};
use super::mailbox::{self, Mailbox};
use super::{Case, Expected, conf, conf_with};
use crate::{LabError, Stamp, wait};
use std::path::Path;
use std::time::Duration;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "notify_gets_four_arguments",
        run: life,
        expected: Expected::Same(&[
            "INSTANCE VI_1 BACKUP 150",
            "INSTANCE VI_1 MASTER 150",
            "INSTANCE VI_1 STOP 150",
        ]),
    },
    Case {
        name: "a_removed_instance_tells_fault",
        run: removed,
        expected: Expected::Same(&["INSTANCE VI_2 FAULT 150"]),
    },
    Case {
        name: "a_removed_instance_tells_deleted",
        run: deleted,
        expected: Expected::Same(&["INSTANCE VI_2 DELETED 150", "own"]),
    },
    Case {
        name: "mail_has_keepaliveds_subjects",
        run: mail,
        expected: Expected::Same(&[
            "To: ops@example.com, root@example.com",
            "[lab] VRRP Instance VI_1 - Entering BACKUP state",
            "=> VRRP Instance is no longer owning VRRP VIPs <=",
            "[lab] VRRP Instance VI_1 - Entering MASTER state",
            "=> VRRP Instance is now owning VRRP VIPs <=",
            "[lab] VRRP Instance VI_2 - Deleted",
            "=> VRRP Deleted at reload <=",
            "[lab] VRRP Instance VI_1 - Entering FAULT state",
            "=> VRRP Instance is no longer owning VRRP VIPs <=",
        ]),
    },
    Case {
        name: "a_stop_is_told_by_mail",
        run: farewell,
        expected: Expected::Other {
            keepalived: &[],
            vrrpd: &["[lab] VRRP Instance VI_1 - Stopping", "=> VRRP stopping <="],
        },
    },
    Case {
        name: "a_lower_rival_is_told",
        run: lower,
        expected: Expected::Same(&["lower"]),
    },
];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

pub(super) fn until_lines(path: &Path, count: usize) -> Vec<String> {
    let enough = || (lines(path).len() >= count).then_some(());
    let _late = wait::until("the scripts", Duration::from_secs(10), enough);
    lines(path)
}

/// A script that writes its arguments down, or `word` where it gets none.
pub(super) fn notify(bench: &Bench, name: &str, word: &str) -> Result<String, LabError> {
    let told = bench.file("told");
    let body = format!(
        "if [ $# = 0 ]; then echo {word}; else echo \"$*\"; fi >> {}",
        told.display()
    );
    script(bench, name, &body)
}

fn life(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let all = notify(bench, "all", "none")?;
    let started = bench.start(&conf("0.1", &format!("notify {all}")))?;
    bench.promoted(started)?;
    let told = bench.file("told");
    until_lines(&told, 2);
    bench.stop()?;
    Ok(until_lines(&told, 3))
}

/// Two instances, of which a reload leaves one.
fn loses(bench: &mut Bench, more: &str) -> Result<Vec<String>, LabError> {
    let all = notify(bench, "all", "none")?;
    let second = format!(
        "vrrp_instance VI_2 {{\nstate BACKUP\ninterface eth1\nvirtual_router_id 52\npriority 150\nversion 3\nadvert_int 0.1\n\
         virtual_ipaddress {{\n192.0.2.101/24\n}}\nnotify {all}\n{more}\n}}\n"
    );
    let one = conf("0.1", "");
    let started = bench.start(&format!("{one}{second}"))?;
    bench.promoted_as(52, started)?;
    let told = bench.file("told");
    until_lines(&told, 2);
    let reloaded = bench.reload(&one)?;
    until_lines(&told, 3);
    // Whatever else it has to say.
    sleep_until(reloaded + ms(2500));
    let mut rest: Vec<String> = lines(&told).into_iter().skip(2).collect();
    rest.sort();
    Ok(rest)
}

fn removed(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    loses(bench, "")
}

fn deleted(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let own = notify(bench, "own", "own")?;
    loses(bench, &format!("notify_deleted {own}"))
}

fn lower(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let lower = notify(bench, "lower", "lower")?;
    let started = bench.start(&conf("0.4", &format!("notify_master_rx_lower_pri {lower}")))?;
    let from = bench.promoted(started)?;
    sleep_until(from + ms(1000));
    bench.rival(50, 40, HIGHER)?;
    let told = bench.file("told");
    until_lines(&told, 1);
    sleep_until(Stamp::now() + ms(500));
    Ok(lines(&told))
}

/// An instance that is told of by mail, and a second one of which only its end is.
fn mailed(second: &str) -> String {
    let globals = format!(
        "notification_email {{\nops@example.com root@example.com\n}}\nnotification_email_from lab@example.com\n\
         smtp_server 127.0.0.1 {}\nsmtp_connect_timeout 5\nsmtp_helo_name lab",
        mailbox::PORT
    );
    conf_with(&globals, "0.1", "smtp_alert") + second
}

fn mail(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let mailbox = Mailbox::open(bench.cable.node())?;
    let second = "vrrp_instance VI_2 {\nstate BACKUP\ninterface eth1\nvirtual_router_id 52\npriority 150\nversion 3\n\
                  advert_int 0.1\nvirtual_ipaddress {\n192.0.2.101/24\n}\nnotify_deleted\nsmtp_alert\n}\n";
    let started = bench.start(&mailed(second))?;
    bench.promoted_as(52, started)?;
    mailbox.until(4);
    bench.reload(&mailed(""))?;
    mailbox.until(5);
    bench.cable.unplug()?;
    mailbox.until(6);
    // Of two instances at the same time each one's mails have their order.
    let all = mailbox.mails();
    let last = |part: &str| all.iter().rfind(|mail| mail.subject.contains(part)).cloned();
    let parts = [
        "VI_1 - Entering BACKUP",
        "VI_1 - Entering MASTER",
        "VI_2 - Deleted",
        "VI_1 - Entering FAULT",
    ];
    let seen: Vec<_> = parts.iter().filter_map(|part| last(part)).collect();
    let to = seen.first().map(|mail| mail.to.clone());
    let texts = seen.into_iter().flat_map(|mail| [mail.subject, mail.body]);
    Ok(to.into_iter().chain(texts).collect())
}

/// What is told after SIGTERM.
fn farewell(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let mailbox = Mailbox::open(bench.cable.node())?;
    let started = bench.start(&mailed(""))?;
    bench.promoted(started)?;
    mailbox.until(2);
    bench.stop()?;
    sleep_until(Stamp::now() + ms(500));
    let rest = mailbox.mails().into_iter().skip(2);
    Ok(rest.flat_map(|mail| [mail.subject, mail.body]).collect())
}
