//! A row of the table in words, for both pages.

use keepalived_conf::{Keyword, KnownTo, Safety, Scope, Support, keywords};

/// How far it is carried out, and what follows where it is not.
pub(super) fn support(keyword: &Keyword) -> String {
    match keyword.support {
        Support::Full => "full".to_owned(),
        Support::Partial(why) => format!("partial: {why}"),
        Support::Ignored(why) => format!("ignored: {why}"),
        Support::Refused(why) => format!("refused: {why}{}", unless(keyword)),
    }
}

fn unless(keyword: &Keyword) -> String {
    let Safety::Decides { scope, allow_word } = keyword.safety else {
        return String::new();
    };
    let what = match scope {
        Scope::Instance => "the instance",
        Scope::Daemon => "the daemon",
    };
    format!("; {what} starts without it only by --allow-missing {allow_word}")
}

/// What is to be known beside: who else knows it, what to write instead.
pub(super) fn remark(keyword: &Keyword) -> Option<String> {
    let who = match keyword.known_to {
        KnownTo::Keepalived => None,
        KnownTo::Newer => Some("keepalived 2.2.7 does not know it.".to_owned()),
        KnownTo::Own => Some("keepalived does not know it.".to_owned()),
    };
    let instead = keyword
        .instead
        .map(|instead| format!("Out of use: write {instead}."));
    let remarks: Vec<String> = who.into_iter().chain(instead).collect();
    (!remarks.is_empty()).then(|| remarks.join(" "))
}

/// How many words there are at each level: full, partial, ignored, refused.
pub(super) fn counts() -> [usize; 4] {
    let count = |level: fn(&Support) -> bool| keywords().iter().filter(|k| level(&k.support)).count();
    [
        count(|s| matches!(s, Support::Full)),
        count(|s| matches!(s, Support::Partial(_))),
        count(|s| matches!(s, Support::Ignored(_))),
        count(|s| matches!(s, Support::Refused(_))),
    ]
}
