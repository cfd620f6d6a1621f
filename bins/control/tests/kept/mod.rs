//! What a daemon writes down, as its status tells it.

use vrrp_control::{EventsFile, JournalStatus, Recording};

pub(crate) fn journal() -> JournalStatus {
    JournalStatus {
        oldest: 1,
        next: 18,
        followers: 2,
        followers_dropped: 1,
        file: Some(EventsFile {
            path: "/var/log/vrrpd/events".into(),
            written: 17,
            dropped: 0,
            well: true,
        }),
    }
}

pub(crate) fn recording() -> Recording {
    Recording {
        path: "/var/log/vrrpd/recording".into(),
        dropped: 7,
        well: false,
        ..Recording::default()
    }
}
