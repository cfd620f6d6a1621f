//! Words that are none of keepalived's, and yet stand in many files: what each was, and what to write.

use super::Block;

/// Word, the blocks it is found in (none for any), and what to do about it.
type Heard = (&'static str, &'static [Block], &'static str);

const FULL_NAT: &str =
    "it is of a keepalived that was changed for LVS in full-NAT mode, which no release has; remove it";

const HEARD: &[Heard] = &[
    (
        "lvs_id",
        &[],
        "it named the node in very old releases; write router_id",
    ),
    (
        "nat_mask",
        &[],
        "it is of very old releases and has no successor; remove it",
    ),
    (
        "nb_get_retry",
        &[],
        "it is the old name of retry, and only HTTP_GET and SSL_GET still know it; write retry",
    ),
    (
        "lvs_sync_daemon_interface",
        &[Block::GlobalDefs],
        "in global_defs write lvs_sync_daemon IF INSTANCE",
    ),
    (
        "lvs_sync_daemon_inteface",
        &[],
        "the name with this slip was in old samples; write lvs_sync_daemon IF INSTANCE in global_defs",
    ),
    ("local_address_group", &[], FULL_NAT),
    ("laddr_group_name", &[], FULL_NAT),
    ("syn_proxy", &[], FULL_NAT),
    (
        "ip_family",
        &[Block::Instance],
        "the addresses tell the family; remove it",
    ),
    (
        "vrrp_unicast_bind",
        &[],
        "it is of a patch from before keepalived had unicast; write unicast_src_ip",
    ),
    (
        "vrrp_unicast_peer",
        &[],
        "it is of a patch from before keepalived had unicast; write unicast_peer { IP }",
    ),
    (
        "notify_deleted",
        &[Block::SyncGroup],
        "the man page names it, but only instances have it; remove it",
    ),
    (
        "dynamic",
        &[Block::FileCheck],
        "the man page names it, but keepalived has never known it; remove it",
    ),
    (
        "state_file_location",
        &[],
        "the man page calls it so; the word is state_dump_file",
    ),
    (
        "stats_file_location",
        &[],
        "the man page calls it so; the word is stats_dump_file",
    ),
    (
        "json_file_location",
        &[],
        "the man page calls it so; the word is json_dump_file",
    ),
];

/// What to do about a word that `block` does not know, where many have made the same mistake: a phrase.
///
/// ```
/// use keepalived_conf::{Block, heard_of};
/// assert!(heard_of(Block::TcpCheck, "nb_get_retry").is_some_and(|help| help.ends_with("write retry")));
/// assert_eq!(heard_of(Block::TcpCheck, "hello"), None);
/// ```
#[must_use]
pub fn heard_of(block: Block, word: &str) -> Option<&'static str> {
    let found = HEARD
        .iter()
        .find(|(name, blocks, _)| *name == word && (blocks.is_empty() || blocks.contains(&block)));
    found.map(|(_, _, help)| *help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keywords::find;

    #[test]
    fn no_word_that_the_block_knows_is_listed() {
        for (name, blocks, _) in HEARD {
            for block in *blocks {
                assert!(find(*block, name.as_bytes()).is_none(), "{name} in {block:?}");
            }
        }
        assert!(heard_of(Block::TcpCheck, "nb_get_retry").is_some_and(|help| help.ends_with("write retry")));
        assert_eq!(heard_of(Block::GlobalDefs, "ip_family"), None);
    }
}
