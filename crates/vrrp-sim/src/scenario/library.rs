//! The library: every named situation, in the order in which operators ask about them.

/// Names and texts of the scenario files.
pub(super) const FILES: [(&str, &str); 27] = [
    ("power-cut", include_str!("../../scenarios/power-cut.toml")),
    ("link-down", include_str!("../../scenarios/link-down.toml")),
    ("planned-stop", include_str!("../../scenarios/planned-stop.toml")),
    (
        "planned-stop-rfc",
        include_str!("../../scenarios/planned-stop-rfc.toml"),
    ),
    ("preempt", include_str!("../../scenarios/preempt.toml")),
    ("nopreempt", include_str!("../../scenarios/nopreempt.toml")),
    ("partition", include_str!("../../scenarios/partition.toml")),
    ("stall", include_str!("../../scenarios/stall.toml")),
    (
        "stalled-active",
        include_str!("../../scenarios/stalled-active.toml"),
    ),
    (
        "crash-restart",
        include_str!("../../scenarios/crash-restart.toml"),
    ),
    ("failed-check", include_str!("../../scenarios/failed-check.toml")),
    (
        "weighted-check",
        include_str!("../../scenarios/weighted-check.toml"),
    ),
    ("switchover", include_str!("../../scenarios/switchover.toml")),
    ("roll-back", include_str!("../../scenarios/roll-back.toml")),
    ("loss", include_str!("../../scenarios/loss.toml")),
    ("one-way", include_str!("../../scenarios/one-way.toml")),
    ("duplicates", include_str!("../../scenarios/duplicates.toml")),
    ("drift", include_str!("../../scenarios/drift.toml")),
    (
        "mixed-intervals",
        include_str!("../../scenarios/mixed-intervals.toml"),
    ),
    ("send-fails", include_str!("../../scenarios/send-fails.toml")),
    (
        "addresses-fail",
        include_str!("../../scenarios/addresses-fail.toml"),
    ),
    ("three-die", include_str!("../../scenarios/three-die.toml")),
    (
        "duplicate-vrid",
        include_str!("../../scenarios/duplicate-vrid.toml"),
    ),
    ("group-link", include_str!("../../scenarios/group-link.toml")),
    (
        "group-deaf-side",
        include_str!("../../scenarios/group-deaf-side.toml"),
    ),
    (
        "group-dual-stack",
        include_str!("../../scenarios/group-dual-stack.toml"),
    ),
    ("version-2", include_str!("../../scenarios/version-2.toml")),
];
