//! `vrrp_sync_group`.

use super::{Block, Section, word};

const TRACKED: &str = "BFD is not built: the members would run where they must not";

pub(super) const SECTIONS: &[Section] = &[(
    &[Block::SyncGroup],
    &[
        word("group", "{ VI … }", "The members.")
            .opens(Block::GroupMembers)
            .lenient()
            .instance(),
        word(
            "track_interface",
            "{ IF [weight N [reverse]] … }",
            "Interfaces that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .instance(),
        word(
            "track_script",
            "{ NAME [weight N [reverse]] … }",
            "Scripts that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .instance(),
        word(
            "track_file",
            "{ NAME [weight N [reverse]] … }",
            "Files that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .instance(),
        word(
            "track_process",
            "{ NAME [weight N [reverse]] … }",
            "Processes that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .instance(),
        word(
            "track_bfd",
            "{ NAME [weight N [reverse]] … }",
            "BFD sessions that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .instance()
        .refused(TRACKED),
        word(
            "notify_master",
            "COMMAND [USER [GROUP]]",
            "Runs when the group becomes active.",
        ),
        word(
            "notify_backup",
            "COMMAND [USER [GROUP]]",
            "Runs when the group becomes backup.",
        ),
        word(
            "notify_fault",
            "COMMAND [USER [GROUP]]",
            "Runs when the group is barred.",
        ),
        word(
            "notify_stop",
            "COMMAND [USER [GROUP]]",
            "Runs when the daemon stops.",
        ),
        word(
            "notify",
            "COMMAND [USER [GROUP]]",
            "Runs at every change, told which.",
        ),
        word("smtp_alert", "[BOOL]", "Mail on changes.").default("as smtp_alert of global_defs, else off"),
        word(
            "notify_priority_changes",
            "[BOOL]",
            "Tells the event pipe about priority changes.",
        )
        .default("as vrrp_notify_priority_changes"),
        word(
            "notify_before_stop",
            "COMMAND [USER [GROUP]]",
            "Runs at a planned stop while the group is active, before its addresses are handed over.",
        )
        .lenient()
        .own(),
        word(
            "sync_group_tracking_weight",
            "",
            "Lets members' own weights count, not only the group's.",
        ),
        word("global_tracking", "", "Deprecated; has no effect.")
            .deprecated("the tracks of the group")
            .ignored("keepalived ignores it too"),
    ],
)];
