//! man/vrrpd.conf.5

use std::fmt::Write as _;

use keepalived_conf::{Block, Keyword, keywords};

use super::describe::{remark, support};

const HEAD: &str = r#".\" Written by cargo xtask keywords from the one table of words. Do not edit.
.TH VRRPD.CONF 5 "" "vrrpd"
.SH NAME
vrrpd.conf \- configuration of vrrpd, in the language of keepalived.conf
.SH DESCRIPTION
.BR vrrpd (8)
reads
.I /etc/keepalived/keepalived.conf
or the file that is named behind
.BR \-f .
The file holds words with arguments, one setting a line, and blocks in braces. A brace may end a line, stand on a line of its own, or
close a block on the line that opened it.
.PP
.B #
and
.B !
begin a comment wherever they stand outside double quotes;
.B \e#
and
.B \e!
are plain letters. Words are split at blanks; double quotes keep blanks in a word. A line of more than 1023 bytes, or with a NUL
byte, is left out whole, and whatever it may have been about is not started.
.PP
.B include
.I PATTERN
reads other files in its place.
.BI @ ID
in front of a line keeps it for the node of that name,
.BI @^ ID
for all others.
.BI $ NAME = VALUE
defines what
.BI $ NAME
and
.BI ${ NAME }
stand for; a backslash at the end goes on with the next line.
.BI ~SEQ( name , start , step , end )
and
.BI ~LST( name , value , ... )
repeat their line.
.PP
What vrrpd makes of a file, and what is wrong with it, is told by
.BR "vrrpd \-t" .
A word is carried out in full, in part, or not at all; each word says so below. Where service depends on a word that is refused, the
instance or the daemon does not start, unless it is allowed by
.BR \-\-allow\-missing .
"#;

const TAIL: &str = ".SH SEE ALSO\n.BR vrrpd (8),\n.BR vrrpctl (8)\n";

/// The whole page.
pub(super) fn page() -> String {
    let mut out = HEAD.to_owned();
    for block in Block::ALL {
        let mut rows = keywords()
            .iter()
            .filter(|keyword| keyword.block == *block)
            .peekable();
        if rows.peek().is_some() {
            let _infallible = writeln!(out, ".SH WORDS OF {}", plain(&block.title().to_uppercase()));
        }
        for row in rows {
            out.push_str(&entry(row));
        }
    }
    out.push_str(TAIL);
    out
}

fn entry(keyword: &Keyword) -> String {
    let mut out = format!(".TP\n\\fB{}\\fR", plain(keyword.name));
    if !keyword.arguments.is_empty() {
        let _infallible = write!(out, " \\fI{}\\fR", plain(keyword.arguments));
    }
    let _infallible = writeln!(out, "\n{}", sentence(keyword.doc));
    if let Some(remark) = remark(keyword) {
        let _infallible = writeln!(out, "{}", sentence(&remark));
    }
    if !keyword.range.is_empty() {
        let _infallible = writeln!(out, "Values: {}.", plain(keyword.range));
    }
    if !keyword.default.is_empty() {
        let _infallible = writeln!(out, "Default: {}.", plain(keyword.default));
    }
    let support = support(keyword);
    if support != "full" {
        let _infallible = writeln!(out, "Support: {}.", plain(&support));
    }
    out
}

/// A text at the start of a line, where a dot or an apostrophe would be a request.
fn sentence(text: &str) -> String {
    let text = plain(text);
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}

/// Backslashes and hyphens are commands and soft hyphens otherwise.
fn plain(text: &str) -> String {
    text.replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('…', "...")
        .replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_an_entry_and_no_line_is_a_request_by_accident() {
        let page = page();
        assert_eq!(page.matches("\n.TP\n").count(), keywords().len());
        for line in page.lines() {
            let known = [".\\\"", ".TH", ".SH", ".TP", ".PP", ".B", ".BR", ".BI", ".I"];
            let request = line.split_whitespace().next().unwrap_or_default();
            assert!(
                !line.starts_with(['.', '\'']) || known.contains(&request),
                "{line}"
            );
        }
        assert_eq!(sentence(".5 of-it"), "\\&.5 of\\-it");
    }
}
