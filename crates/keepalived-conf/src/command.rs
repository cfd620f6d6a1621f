//! A command line into program and arguments, without a shell: quotes group, backslashes escape.

/// Why a command cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandError {
    /// A quote is never closed.
    OpenQuote(char),
    /// A quote within the command, which is read once more when its own quotes are gone, is never closed.
    OpenInside(char),
    /// There is no word.
    Empty,
}

/// The first command in a text, as keepalived reads it: a word, quotes and escapes resolved, which is split into words
/// with quotes and escapes of their own. Gives the words of the command and what stands behind it.
pub(crate) fn first(text: &[u8]) -> Result<(Vec<Vec<u8>>, &[u8]), CommandError> {
    let text = text.trim_ascii_start();
    if text.is_empty() {
        return Err(CommandError::Empty);
    }
    let (command, behind) = next(text)?;
    // keepalived reads the whole line in this way before it looks at the command.
    match split(behind) {
        Ok(_) | Err(CommandError::Empty) => {}
        Err(error) => return Err(error),
    }
    let inside = |error| match error {
        CommandError::OpenQuote(quote) => CommandError::OpenInside(quote),
        other => other,
    };
    Ok((split(&command).map_err(inside)?, behind))
}

/// Whether a text ends with a double quote that opens nothing.
pub(crate) fn dangling(text: &[u8]) -> bool {
    let mut inside = None;
    let mut bytes = text.trim_ascii_end().iter();
    while let Some(byte) = bytes.next() {
        match (*byte, inside) {
            (b'\\', _) => _ = bytes.next(),
            (b'"', None) if bytes.as_slice().is_empty() => return true,
            (quote @ (b'"' | b'\''), None) => inside = Some(quote),
            (quote, Some(open)) if quote == open => inside = None,
            _ => {}
        }
    }
    false
}

/// All words of a text.
pub(crate) fn split(mut text: &[u8]) -> Result<Vec<Vec<u8>>, CommandError> {
    let mut words = Vec::new();
    while !text.trim_ascii_start().is_empty() {
        let (word, rest) = next(text.trim_ascii_start())?;
        words.push(word);
        text = rest;
    }
    if words.is_empty() {
        Err(CommandError::Empty)
    } else {
        Ok(words)
    }
}

/// Words that mean something to a shell only, outside quotes and not escaped: `|`, `&&`, `;`, `2>/dev/null`, `$(date)`.
pub(crate) fn for_a_shell(mut text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut program = true;
    loop {
        text = text.trim_ascii_start();
        let Some((word, rest)) = next(text).ok().filter(|_| !text.is_empty()) else {
            return found;
        };
        // The end of `find -exec … \;` is escaped, and so not as written.
        let as_written = text.strip_suffix(rest) == Some(&word);
        // `</path` as a program asks whether the path can be opened.
        if as_written && (is_separator(&word) || (!program && is_redirection(&word))) {
            found.push(word);
        }
        program = false;
        text = rest;
    }
}

/// `|`, `||`, `&`, `&&`, `;` and a word with a `;` behind it; what a shell would replace by the output of a command.
fn is_separator(word: &[u8]) -> bool {
    matches!(word, b"|" | b"||" | b"|&" | b"&" | b"&&")
        || word.ends_with(b";")
        || word.starts_with(b"`")
        || word.starts_with(b"$(")
}

/// `>`, `2>&1`, `&>/dev/null`, `<file`.
fn is_redirection(word: &[u8]) -> bool {
    let behind = word.strip_prefix(b"&").unwrap_or(word);
    let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    matches!(behind.get(digits), Some(b'>' | b'<'))
}

/// One word: plain letters, escapes, and strings in either kind of quotes, up to a blank.
fn next(text: &[u8]) -> Result<(Vec<u8>, &[u8]), CommandError> {
    let mut word = Vec::new();
    let mut rest = text;
    let mut inside: Option<u8> = None;
    while let [byte, tail @ ..] = rest {
        match (*byte, inside) {
            // A quote that ends the text opens nothing.
            (b'"' | b'\'', None) if tail.is_empty() => {}
            (b'\\', _) => {
                let (letter, behind) = escape(tail);
                word.extend(letter);
                rest = behind;
                continue;
            }
            (quote @ (b'"' | b'\''), None) => inside = Some(quote),
            (quote, Some(open)) if quote == open => inside = None,
            (blank, None) if blank.is_ascii_whitespace() => break,
            (letter, _) => word.push(letter),
        }
        rest = tail;
    }
    match inside {
        Some(quote) => Err(CommandError::OpenQuote(char::from(quote))),
        None => Ok((word, rest)),
    }
}

/// What stands behind a backslash: `\a \b \E \f \n \r \t \v`, octal, `\xHH`, `\cX`, or the letter itself.
fn escape(text: &[u8]) -> (Option<u8>, &[u8]) {
    let Some((first, rest)) = text.split_first() else {
        return (Some(b'\\'), text);
    };
    let plain = match first {
        b'a' => 0x07,
        b'b' => 0x08,
        b'E' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'c' => {
            return rest
                .split_first()
                .map_or((Some(b'c'), rest), |(key, rest)| (Some(key & 0x1f), rest));
        }
        b'x' => return number(rest, 16, 2).map_or((Some(b'x'), rest), |(byte, rest)| (Some(byte), rest)),
        b'0'..=b'7' => return number(text, 8, 3).map_or((None, rest), |(byte, rest)| (Some(byte), rest)),
        other => *other,
    };
    (Some(plain), rest)
}

/// Up to `most` digits of a base; the low eight bits count.
fn number(text: &[u8], base: u32, most: usize) -> Option<(u8, &[u8])> {
    let length = text
        .iter()
        .take(most)
        .take_while(|byte| char::from(**byte).is_digit(base))
        .count();
    let digits = std::str::from_utf8(text.get(..length)?).ok()?;
    let value = u32::from_str_radix(digits, base).ok()?;
    Some((u8::try_from(value & 0xff).ok()?, text.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> (Vec<String>, String) {
        let (words, rest) = first(text.as_bytes()).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            words.iter().map(|word| text(word)).collect(),
            text(rest).trim().to_owned(),
        )
    }

    #[test]
    fn one_quoted_string_is_the_whole_command() {
        assert_eq!(
            command(r#""/x/y.sh arg" user"#),
            (vec!["/x/y.sh".into(), "arg".into()], "user".into())
        );
        assert_eq!(command("'echo 1 2'").0, ["echo", "1", "2"]);
        assert_eq!(
            command(r#""/bin/sh -c 'echo \"x y\" z' ""#).0,
            ["/bin/sh", "-c", "echo \"x y\" z"]
        );
        assert_eq!(
            command(r#""'/bin/echo' 'q w' e\ r t\x41""#).0,
            ["/bin/echo", "q w", "e", "r", "tA"]
        );
    }

    #[test]
    fn without_quotes_one_word_is_the_command() {
        assert_eq!(command("/bin/echo a b"), (vec!["/bin/echo".into()], "a b".into()));
        assert_eq!(command(r"/a\ b c").0, ["/a", "b"]);
        assert_eq!(command(r#""/a"b c"#).0, ["/ab"], "quotes end nothing");
    }

    /// The command is read twice: what the first reading makes plain means something to the second.
    #[test]
    fn escapes_are_resolved_twice() {
        for (text, argv) in [
            (r#""/x \"a b\"""#, &["/x", "a b"][..]),
            (r#""/x \\\"a b\\\"""#, &["/x", "\"a", "b\""]),
            (r#""/x e\\ r""#, &["/x", "e r"]),
            (r#"'/x "e\ r"'"#, &["/x", "e r"]),
            (r#""/x 'a\\b'""#, &["/x", "a\x08"]),
            (r#""/x a\nb""#, &["/x", "a", "b"]),
            (r#""/x \\\\y""#, &["/x", "\\y"]),
            (r"/x\\\ y", &["/x y"]),
        ] {
            assert_eq!(command(text).0, argv, "{text}");
        }
    }

    #[test]
    fn escapes() {
        let words = |text: &str| split(text.as_bytes()).unwrap();
        assert_eq!(
            words(r"\a\b\E\f\n\r\t\v"),
            [b"\x07\x08\x1b\x0c\n\r\t\x0b".to_vec()]
        );
        assert_eq!(words(r"\101\x42\cA\q\777"), [b"AB\x01q\xff".to_vec()]);
        assert_eq!(words(r"a\"), [b"a\\".to_vec()]);
        assert_eq!(words(r"\xz"), [b"xz".to_vec()]);
    }

    #[test]
    fn what_cannot_be_split() {
        assert_eq!(first(b"'a b"), Err(CommandError::OpenQuote('\'')));
        assert_eq!(first(b"\"a 'b\""), Err(CommandError::OpenInside('\'')));
        assert_eq!(first(b"/x 'y"), Err(CommandError::OpenQuote('\'')));
        assert_eq!(first(b"  "), Err(CommandError::Empty));
        assert_eq!(first(b"\"\""), Err(CommandError::Empty));
    }

    #[test]
    fn what_only_a_shell_understands() {
        let told = |text: &str| -> Vec<String> {
            for_a_shell(text.as_bytes())
                .iter()
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect()
        };
        assert_eq!(
            told("/bin/a | /bin/b && c || d ; e & f; g"),
            ["|", "&&", "||", ";", "&", "f;"]
        );
        assert_eq!(
            told("a > b >>c 2>&1 &>/dev/null <d 2> x"),
            [">", ">>c", "2>&1", "&>/dev/null", "<d", "2>"]
        );
        assert_eq!(told("a $(date) `date`"), ["$(date)", "`date`"]);
        for plain in [
            "/bin/sh -c 'a | b && c > d; e'",
            r"/usr/bin/find /x -exec rm {} \;",
            "cut -d '|' -f 1",
            "</dev/tcp/127.0.0.1/80",
            "< /run/x",
            "curl http://x/?a=b&c=d;e",
            "a 5 -gt 3 x->y",
            "",
            "'open",
        ] {
            assert_eq!(told(plain), [""; 0], "{plain}");
        }
    }
}
