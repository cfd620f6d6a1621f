//! "Did you mean".

use super::{Block, Content, Keyword, TABLE};

/// What an unknown word may have been meant to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Suggestion {
    /// A word of the same block, misspelt.
    Misspelt(&'static Keyword),
    /// A word of another block.
    Elsewhere(&'static Keyword),
}

/// The word of the table that `text` resembles most where it stands.
pub(crate) fn resembling(block: Block, text: &[u8]) -> Option<Suggestion> {
    let text = normal(text);
    if text.is_empty() || text.len() > TEXT_MAX {
        return None;
    }
    let near = TABLE
        .iter()
        .filter(|keyword| keyword.block == block)
        .filter_map(|keyword| near(&text, keyword));
    let same = near
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, keyword)| Suggestion::Misspelt(keyword));
    same.or_else(|| {
        let elsewhere = |keyword: &&Keyword| {
            keyword.block.content() == Content::Keywords && normal(keyword.name.as_bytes()) == text
        };
        TABLE.iter().find(elsewhere).map(Suggestion::Elsewhere)
    })
}

/// The words of the table that are spelt like `text`, whatever block they stand in: those that are spelt so, else the
/// nearest, by the rule of "did you mean". Empty where nothing is near.
///
/// ```
/// let names = |text| keepalived_conf::similar(text).iter().map(|k| (k.name, k.block.title())).collect::<Vec<_>>();
/// assert_eq!(names("advert_int"), [("advert_int", "vrrp_instance")]);
/// assert_eq!(names("Advert-Int"), names("advert_int"), "the sign between the parts of a word is easily mistaken");
/// assert!(names("hello_world").is_empty());
/// ```
#[must_use]
pub fn similar(text: &str) -> Vec<&'static Keyword> {
    let exact: Vec<_> = TABLE.iter().filter(|keyword| keyword.name == text).collect();
    let text = normal(text.as_bytes());
    if !exact.is_empty() || text.is_empty() || text.len() > TEXT_MAX {
        return exact;
    }
    let near = TABLE
        .iter()
        .filter_map(|keyword| near(&text, keyword))
        .collect::<Vec<_>>();
    let least = near.iter().map(|(distance, _)| *distance).min();
    let kept = near.into_iter().filter(|(distance, _)| Some(*distance) == least);
    kept.map(|(_, keyword)| keyword).collect()
}

/// The word of another language's list that `text` was probably meant to be, by the same rule.
///
/// ```
/// assert_eq!(keepalived_conf::nearest("recieve", &["real", "receive"]), Some("receive"));
/// assert_eq!(keepalived_conf::nearest("hello_world", &["real", "receive"]), None);
/// ```
#[must_use]
pub fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let text = normal(text.as_bytes());
    if text.is_empty() || text.len() > TEXT_MAX {
        return None;
    }
    let near = words
        .iter()
        .map(|word| (distance(&text, &normal(word.as_bytes())), *word));
    near.filter(|(distance, word)| *distance <= allowance(word))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Longer texts are no words.
const TEXT_MAX: usize = 40;

/// How many letters a word differs by, if they are few enough for a slip.
fn near<'k>(text: &[u8], keyword: &'k Keyword) -> Option<(usize, &'k Keyword)> {
    let distance = distance(text, &normal(keyword.name.as_bytes()));
    (distance <= allowance(keyword.name)).then_some((distance, keyword))
}

/// How many letters may differ: one in a short word, a quarter of a long one.
fn allowance(name: &str) -> usize {
    match name.len() {
        0..=3 => 0,
        4..=7 => 1,
        8..=11 => 2,
        _ => 3,
    }
}

/// Lower case, `-` as `_`, and without what a foreign syntax sticks on (`word=value`, `word:`, `word;`).
fn normal(text: &[u8]) -> Vec<u8> {
    let end = text
        .iter()
        .position(|byte| matches!(byte, b'=' | b':' | b';' | b','))
        .unwrap_or(text.len());
    let letters = text.get(..end).unwrap_or_default().iter();
    letters
        .map(|byte| {
            if *byte == b'-' {
                b'_'
            } else {
                byte.to_ascii_lowercase()
            }
        })
        .collect()
}

/// Letters to insert, leave out, replace or swap with the next to turn one word into the other.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row.saturating_add(1)];
        for (column, other) in to.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&above, column).saturating_add(usize::from(letter != other));
            let left_out = at(&above, column.saturating_add(1)).saturating_add(1);
            let inserted = at(&current, column).saturating_add(1);
            let mut best = replaced.min(left_out).min(inserted);
            if let (Some(earlier), Some(last)) = (row.checked_sub(1), column.checked_sub(1))
                && from.get(earlier) == Some(other)
                && to.get(last) == Some(letter)
            {
                best = best.min(at(&before, last).saturating_add(1));
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(block: Block, text: &str) -> Option<(&'static str, bool)> {
        resembling(block, text.as_bytes()).map(|suggestion| match suggestion {
            Suggestion::Misspelt(keyword) => (keyword.name, true),
            Suggestion::Elsewhere(keyword) => (keyword.name, false),
        })
    }

    #[test]
    fn misspelt_words_find_their_model() {
        assert_eq!(
            name(Block::Instance, "unicast_peers"),
            Some(("unicast_peer", true))
        );
        assert_eq!(
            name(Block::Instance, "authentification"),
            Some(("authentication", true))
        );
        assert_eq!(name(Block::Instance, "Priority"), Some(("priority", true)));
        assert_eq!(
            name(Block::Instance, "mcast_src_ip=192.0.2.1"),
            Some(("mcast_src_ip", true))
        );
        assert_eq!(name(Block::VrrpScript, "inteval"), Some(("interval", true)));
        assert_eq!(name(Block::RealServer, "weigth"), Some(("weight", true)));
    }

    #[test]
    fn a_word_of_another_block_is_told() {
        assert_eq!(
            name(Block::TcpCheck, "nb_get_retry"),
            Some(("nb_get_retry", false))
        );
        assert_eq!(name(Block::Root, "priority"), Some(("priority", false)));
        assert_eq!(name(Block::Instance, "hello_world"), None);
    }

    #[test]
    fn distances_are_of_the_known_kind() {
        assert_eq!(distance(b"abcd", b"abdc"), 1, "two swapped");
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"ab"), 2);
    }
}
