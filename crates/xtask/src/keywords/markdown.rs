//! docs/keepalived.md

use std::fmt::Write as _;

use keepalived_conf::{Block, Keyword, keywords};

use super::describe::{counts, remark, support};

const HEAD: &str = "# Every word of keepalived.conf

Written by `cargo xtask keywords` from the one table of words (`crates/keepalived-conf/src/keywords`), which is also what the
parser reads by, what \"did you mean\" is drawn from, and what `vrrpctl words` and vrrpd.conf(5) tell. Do not edit it.

- **full**: as keepalived does. **partial**: what is missing is said. **ignored**: nothing happens, and why nothing is lost by that.
  **refused**: vrrpd says so at the word's place and does not start what depends on it.
- Arguments: `[x]` may be left out, `|` is a choice, `…` may be repeated, `BOOL` is on, off, true, false, yes or no in small letters.
  Numbers that keepalived rounds or cuts are rounded and cut here, with a warning at the line.
- Default: what holds where the word is absent, as in keepalived. None stands where nothing happens without the word.
- The order of blocks is that of the language: what stands within a block, further down has a table of its own.
";

/// The whole page.
pub(super) fn page() -> String {
    let [full, partial, ignored, refused] = counts();
    let mut out = HEAD.to_owned();
    let _infallible = writeln!(
        out,
        "\n{} words, each counted once in every block that has it: {full} full, {partial} partial, {ignored} ignored, \
         {refused} refused.",
        keywords().len()
    );
    for block in Block::ALL {
        let rows: Vec<&Keyword> = keywords()
            .iter()
            .filter(|keyword| keyword.block == *block)
            .collect();
        if rows.is_empty() {
            continue;
        }
        let title = if block.title().contains(' ') {
            capital(block.title())
        } else {
            format!("`{}`", block.title())
        };
        let _infallible = write!(
            out,
            "\n## {title}\n\n| Word | Arguments | Default | What it is | Support |\n|---|---|---|---|---|\n"
        );
        for row in rows {
            out.push_str(&line(row));
        }
    }
    out
}

fn line(keyword: &Keyword) -> String {
    let arguments = match (keyword.arguments, keyword.range) {
        ("", "") => String::new(),
        ("", range) => cell(range),
        (arguments, "") => code(arguments),
        (arguments, range) => format!("{}; {}", code(arguments), cell(range)),
    };
    let doc = match remark(keyword) {
        Some(remark) => format!("{} {remark}", keyword.doc),
        None => keyword.doc.to_owned(),
    };
    format!(
        "| {} | {arguments} | {} | {} | {} |\n",
        code(keyword.name),
        cell(keyword.default),
        cell(&doc),
        cell(&support(keyword))
    )
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

/// A bar would end the cell, even within code.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_row_of_five_cells() {
        let page = page();
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        let mut count = 0;
        for row in rows {
            count += 1;
            assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
        }
        assert_eq!(count, keywords().len());
        assert!(page.contains("| `advert_int` | `0.01..255`; version 2: whole seconds"));
    }
}
