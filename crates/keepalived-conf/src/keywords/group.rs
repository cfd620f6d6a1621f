//! `vrrp_sync_group`.

use super::{Block, Section, word};

const GROUP: &str = "sync groups are not built yet; their members are refused";

pub(super) const SECTIONS: &[Section] = &[(
    &[Block::SyncGroup],
    &[
        word("group", "{ VI … }", "The members.")
            .opens(Block::GroupMembers)
            .lenient()
            .instance()
            .ignored(GROUP),
        word(
            "track_interface",
            "{ IF [weight N] }",
            "Interfaces that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .ignored(GROUP),
        word(
            "track_script",
            "{ NAME [weight N] }",
            "Scripts that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .ignored(GROUP),
        word(
            "track_file",
            "{ NAME [weight N] }",
            "Files that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .ignored(GROUP),
        word(
            "track_process",
            "{ NAME [weight N] }",
            "Processes that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .ignored(GROUP),
        word(
            "track_bfd",
            "{ NAME [weight N] }",
            "BFD sessions that all members track.",
        )
        .opens(Block::TrackList)
        .lenient()
        .ignored(GROUP),
        word(
            "notify_master",
            "COMMAND [USER [GROUP]]",
            "Runs when the group becomes active.",
        )
        .ignored(GROUP),
        word(
            "notify_backup",
            "COMMAND [USER [GROUP]]",
            "Runs when the group becomes backup.",
        )
        .ignored(GROUP),
        word(
            "notify_fault",
            "COMMAND [USER [GROUP]]",
            "Runs when the group is barred.",
        )
        .ignored(GROUP),
        word(
            "notify_stop",
            "COMMAND [USER [GROUP]]",
            "Runs when the daemon stops.",
        )
        .ignored(GROUP),
        word(
            "notify",
            "COMMAND [USER [GROUP]]",
            "Runs at every change, told which.",
        )
        .ignored(GROUP),
        word("smtp_alert", "[BOOL]", "Mail on changes.").ignored("no mail is sent yet"),
        word(
            "notify_priority_changes",
            "[BOOL]",
            "Tells the event pipe about priority changes.",
        )
        .ignored(GROUP),
        word(
            "sync_group_tracking_weight",
            "",
            "Lets weights act within the group.",
        )
        .ignored(GROUP),
        word("global_tracking", "", "Deprecated; has no effect.").ignored("keepalived ignores it too"),
    ],
)];
