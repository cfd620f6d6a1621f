//! `vrrp_webhook`: who is told by HTTP. Of our own.

use super::{Block, Section, word};

pub(super) const SECTIONS: &[Section] = &[
    (
        &[Block::Root],
        &[word(
            "vrrp_webhook",
            "NAME",
            "Tells a URL of each change of state, in JSON.",
        )
        .opens(Block::VrrpWebhook)
        .own()],
    ),
    (
        &[Block::VrrpWebhook],
        &[
            word("url", "URL|file:PATH", "What is called; never shown.")
                .range("http:// or https://")
                .own(),
            word(
                "authorization",
                "file:PATH",
                "The file's line is the header Authorization of each call.",
            )
            .default("none")
            .own(),
            word("timeout", "SECONDS", "Limit of one try.")
                .range("with decimals; 0 is read as 1")
                .default("5")
                .own(),
            word("retries", "0..20", "Tries after the first one.")
                .range("after 1, 2, 4 … 60 s")
                .default("5")
                .own(),
            word(
                "only",
                "{ NAME … }",
                "Instances and sync groups that it is told of.",
            )
            .opens(Block::WebhookOnly)
            .default("all")
            .lenient()
            .own(),
        ],
    ),
];
