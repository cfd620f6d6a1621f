//! Mail and webhooks that are told otherwise.

use vrrp_plan::Difference;

use super::Side;
use super::changes::{differing, plain_change, settings, what};
use super::report::{Change, Differs};

const WORDS: [&str; 8] = [
    "notification_email",
    "notification_email_from",
    "smtp_server",
    "smtp_connect_timeout",
    "smtp_helo_name",
    "no_email_faults",
    "smtp_tls",
    "smtp_login",
];

pub(super) fn mail(old: &Side, new: &Side, difference: &Difference) -> Option<Change> {
    let has = |side: &Side| side.lowered.plan.mail.is_some();
    let mut told = differing(&old.effective.global, &new.effective.global);
    told.retain(|differs| WORDS.contains(&differs.keyword.as_str()));
    let what = what(has(old), has(new), true);
    difference
        .mail
        .then(|| plain_change("mail", what, shown(told, has(old) && has(new))))
}

pub(super) fn webhook(old: &Side, new: &Side, name: &str) -> Change {
    let has = |side: &Side| side.lowered.plan.webhooks.iter().any(|one| one.name == name);
    let told = settings((&old.effective.webhooks, name), (&new.effective.webhooks, name));
    plain_change(
        name,
        what(has(old), has(new), true),
        shown(told, has(old) && has(new)),
    )
}

/// What differs and is not among what is shown can only be a secret.
fn shown(told: Vec<Differs>, both: bool) -> Vec<Differs> {
    if !told.is_empty() || !both {
        return told;
    }
    vec![Differs {
        keyword: "secret".to_owned(),
        name: "secret".to_owned(),
        old: None,
        new: None,
        shown: "secret  another one".to_owned(),
    }]
}
