//! Every command that a configuration runs, and where it stands.

use crate::model::{Command, Config, Notify, Sourced, VrrpScript};
use crate::source::Span;

/// A command, for the rules that read it.
pub(super) struct Run<'a> {
    /// Never empty.
    pub(super) argv: &'a [String],
    /// What it is, for a reader: `script of chk`, `notify_master of VI_1`.
    pub(super) what: String,
    pub(super) span: Span,
    /// The check that it is; none if it tells of a change.
    pub(super) check: Option<&'a VrrpScript>,
    pub(super) instance: Option<&'a str>,
    /// Its own line or block says as whom it runs.
    pub(super) has_user: bool,
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Check scripts, then what is told of changes.
pub(super) fn all(config: &Config) -> Vec<Run<'_>> {
    let mut out = Vec::new();
    for script in &config.scripts {
        if let Command::Run { argv } = &script.command.value {
            out.push(Run {
                argv,
                what: format!("script of {}", script.name),
                span: place(&script.command, script.span),
                check: Some(script),
                instance: None,
                has_user: script.user.is_some(),
            });
        }
    }
    let fifos = &config.global.fifos;
    for (word, of) in [
        ("notify_fifo_script", &fifos.all),
        ("vrrp_notify_fifo_script", &fifos.vrrp),
    ] {
        let (Some(script), Some(fifo)) = (&of.script, &of.fifo) else {
            continue;
        };
        let Some(span) = script.span().or(fifo.span()) else {
            continue;
        };
        out.push(Run {
            argv: &script.value.argv,
            what: word.to_owned(),
            span,
            check: None,
            instance: None,
            has_user: script.value.user.is_some(),
        });
    }
    for instance in &config.instances {
        notify(&instance.notify, &instance.name, instance.span, true, &mut out);
    }
    for group in &config.sync_groups {
        notify(&group.notify, &group.name, group.span, false, &mut out);
    }
    out
}

fn notify<'a>(notify: &'a Notify, name: &'a str, block: Span, instance: bool, out: &mut Vec<Run<'a>>) {
    let words = [
        ("notify", &notify.any),
        ("notify_master", &notify.master),
        ("notify_backup", &notify.backup),
        ("notify_fault", &notify.fault),
        ("notify_stop", &notify.stop),
        ("notify_master_rx_lower_pri", &notify.rx_lower_pri),
        ("notify_before_stop", &notify.before_stop),
    ];
    for (word, script) in words {
        if let Some(script) = script {
            out.push(Run {
                argv: &script.value.argv,
                what: format!("{word} of {name}"),
                span: place(script, block),
                check: None,
                instance: instance.then_some(name),
                has_user: script.value.user.is_some(),
            });
        }
    }
}

fn place<T>(value: &Sourced<T>, block: Span) -> Span {
    value.span().unwrap_or(block)
}
