//! `vrrpctl words`: what a word of the configuration means, and how far it is carried out.

use std::fmt::Write as _;

use clap::Args;
use keepalived_conf::{Block, Keyword, KnownTo, Safety, Scope, Support, heard_of, keywords, similar};

use crate::{REFUSED, pretty, print};

/// What may be asked.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The word; without it, all words by block.
    pub(crate) word: Option<String>,
    /// The rows of the table as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> u8 {
    let Some(word) = arguments.word.as_deref() else {
        let all: Vec<&Keyword> = keywords().iter().collect();
        return if arguments.json {
            json(&all)
        } else {
            print(&overview())
        };
    };
    let found = similar(word);
    if found.iter().any(|keyword| keyword.name == word) {
        return if arguments.json {
            json(&found)
        } else {
            print(&explained(&found))
        };
    }
    eprintln!("vrrpctl: {}", unknown(word, &found));
    REFUSED
}

fn json(rows: &[&Keyword]) -> u8 {
    match pretty(&rows) {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("vrrpctl: cannot write the words as JSON: {error}");
            REFUSED
        }
    }
}

/// A word that no block knows, in one line.
fn unknown(word: &str, near: &[&Keyword]) -> String {
    if let Some(help) = Block::ALL.iter().find_map(|block| heard_of(*block, word)) {
        return format!("{word} is no word of keepalived: {help}");
    }
    let mut names: Vec<&str> = near.iter().map(|keyword| keyword.name).collect();
    names.dedup();
    match names.as_slice() {
        [] => format!("no block knows the word {word}; `vrrpctl words` lists all"),
        names => format!(
            "no block knows the word {word}; did you mean {}?",
            names.join(" or ")
        ),
    }
}

/// Every word, a line each.
fn overview() -> String {
    let mut out = String::new();
    for block in Block::ALL {
        let mut rows = keywords()
            .iter()
            .filter(|keyword| keyword.block == *block)
            .peekable();
        if rows.peek().is_none() {
            continue;
        }
        let _infallible = writeln!(out, "{}:", block.title());
        for row in rows {
            let level = match row.support {
                Support::Full => "",
                Support::Partial(_) => "  (partial)",
                Support::Ignored(_) => "  (ignored)",
                Support::Refused(_) => "  (refused)",
            };
            let _infallible = writeln!(out, "  {}{level}", usage(row));
        }
    }
    out
}

fn usage(keyword: &Keyword) -> String {
    if keyword.arguments.is_empty() {
        keyword.name.to_owned()
    } else {
        format!("{} {}", keyword.name, keyword.arguments)
    }
}

/// Everything about a word, for each block that has it. What is the same in several blocks is said once.
fn explained(rows: &[&Keyword]) -> String {
    let mut seen: Vec<(String, Vec<&str>)> = Vec::new();
    for row in rows {
        let text = explain(row);
        match seen.iter_mut().find(|(known, _)| *known == text) {
            Some((_, blocks)) => blocks.push(row.block.title()),
            None => seen.push((text, vec![row.block.title()])),
        }
    }
    let each: Vec<String> = seen
        .into_iter()
        .map(|(text, blocks)| format!("in {}\n{text}", crate::words::list(&blocks)))
        .collect();
    each.join("\n")
}

fn explain(keyword: &Keyword) -> String {
    let mut out = format!("  {}\n      {}\n", usage(keyword), keyword.doc);
    let mut line = |name: &str, text: &str| {
        if !text.is_empty() {
            let _infallible = writeln!(out, "  {name:<9}{text}");
        }
    };
    line("values", keyword.range);
    line("default", keyword.default);
    match keyword.support {
        Support::Full if keyword.known_to == KnownTo::Own => line("support", "full"),
        Support::Full => line("support", "full, as keepalived does"),
        Support::Partial(why) => line("support", &format!("partial: {why}")),
        Support::Ignored(why) => line("support", &format!("ignored: {why}")),
        Support::Refused(why) => line("support", &format!("refused: {why}")),
    }
    if let (Support::Refused(_), Safety::Decides { scope, allow_word }) = (keyword.support, keyword.safety) {
        let what = match scope {
            Scope::Instance => "an instance that has it does not start",
            Scope::Daemon => "vrrpd does not start with it",
        };
        line(
            "effect",
            &format!("{what}, unless vrrpd is given --allow-missing {allow_word}"),
        );
    }
    match keyword.known_to {
        KnownTo::Keepalived => {}
        KnownTo::Newer => line(
            "known to",
            "keepalived after 2.2.7; 2.2.7 itself reports it as unknown",
        ),
        KnownTo::Own => line("known to", "vrrpd only; keepalived reports it as unknown"),
    }
    if let Some(instead) = keyword.instead {
        line("instead", &format!("write {instead}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_explained_for_each_block_that_has_it() {
        let text = explained(&similar("advert_int"));
        assert!(
            text.starts_with("in vrrp_instance\n  advert_int 0.01..255\n"),
            "{text}"
        );
        assert!(
            text.contains("default  1\n") && text.contains("support  full"),
            "{text}"
        );
        let text = explained(&similar("track_bfd"));
        assert_eq!(
            text.matches("\n  track_bfd").count(),
            2,
            "two blocks that say it differently: {text}"
        );
        assert!(
            text.contains("unless vrrpd is given --allow-missing track_bfd"),
            "{text}"
        );
        let text = explained(&similar("warmup"));
        let checkers = text.matches("in TCP_CHECK, HTTP_GET, ").count();
        assert_eq!(checkers, 1, "said once for all checkers: {text}");
        let text = explained(&similar("vrrp_check"));
        assert!(
            text.contains("support  full\n") && text.contains("vrrpd only"),
            "{text}"
        );
    }

    #[test]
    fn an_unknown_word_meets_the_rule_of_the_parser() {
        let said = |word: &str| unknown(word, &similar(word));
        assert!(said("unicast_peers").ends_with("did you mean unicast_peer?"));
        assert!(said("lvs_id").contains("write router_id"));
        assert!(said("hello_world").contains("lists all"));
    }

    #[test]
    fn the_overview_has_every_word() {
        assert_eq!(
            overview().lines().filter(|line| line.starts_with("  ")).count(),
            keywords().len()
        );
    }
}
