//! Shell patterns of `include`: `*`, `?`, `[abc]`, `[!a-z]`, and `{a,b}` alternatives.

/// The most patterns one brace expression may unfold to: `{a,b}` repeated doubles each time.
const ALTERNATIVES_MAX: usize = 256;

/// Unfolds `{a,b}` groups; a group that is not closed stays as it is.
pub(crate) fn alternatives(pattern: &str) -> Vec<String> {
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(next) = open.pop() {
        match split_group(&next) {
            Some((head, choices, tail)) if done.len().saturating_add(open.len()) < ALTERNATIVES_MAX => {
                open.extend(choices.iter().rev().map(|choice| format!("{head}{choice}{tail}")));
            }
            _ => done.push(next),
        }
    }
    done
}

/// The text before the first group, its choices, and the text behind it.
fn split_group(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (head, rest) = pattern.split_once('{')?;
    let mut depth = 0usize;
    let mut from = 0;
    let mut choices = Vec::new();
    for (at, letter) in rest.char_indices() {
        match letter {
            '{' => depth = depth.saturating_add(1),
            '}' if depth > 0 => depth = depth.saturating_sub(1),
            ',' | '}' if depth == 0 => {
                choices.push(rest.get(from..at)?);
                from = at.saturating_add(1);
                if letter == '}' {
                    return Some((head, choices, rest.get(from..)?));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a path fits a pattern without groups. A wildcard never crosses a `/`.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    let (mut p, mut t) = (0usize, 0usize);
    // Where to go on when a star has to take one letter more.
    let mut retry: Option<(usize, usize)> = None;
    while t < path.len() {
        let step = pattern
            .get(p)
            .and_then(|_| one(&pattern, p, path.get(t).copied()?));
        if pattern.get(p) == Some(&'*') {
            retry = Some((p, t));
            p = p.saturating_add(1);
        } else if let Some(next) = step {
            p = next;
            t = t.saturating_add(1);
        } else if let Some((star, taken)) = retry.filter(|(_, taken)| path.get(*taken) != Some(&'/')) {
            retry = Some((star, taken.saturating_add(1)));
            p = star.saturating_add(1);
            t = taken.saturating_add(1);
        } else {
            return false;
        }
    }
    pattern.iter().skip(p).all(|letter| *letter == '*')
}

/// Matches one letter against the pattern at `p`; gives the place behind it.
fn one(pattern: &[char], p: usize, letter: char) -> Option<usize> {
    let next = p.saturating_add(1);
    match *pattern.get(p)? {
        '?' => (letter != '/').then_some(next),
        '[' => set(pattern, next, letter).or_else(|| (letter == '[').then_some(next)),
        '\\' => (*pattern.get(next)? == letter).then_some(next.saturating_add(1)),
        plain => (plain == letter).then_some(next),
    }
}

/// Matches one letter against the set that begins at `p`, behind its `[`.
fn set(pattern: &[char], p: usize, letter: char) -> Option<usize> {
    let negated = matches!(pattern.get(p), Some('!' | '^'));
    let first = if negated { p.saturating_add(1) } else { p };
    let mut at = first;
    let mut found = false;
    while let Some(&low) = pattern.get(at) {
        if low == ']' && at > first {
            return (found != negated && letter != '/').then_some(at.saturating_add(1));
        }
        let dash = pattern.get(at.saturating_add(1)) == Some(&'-');
        match pattern
            .get(at.saturating_add(2))
            .filter(|high| dash && **high != ']')
        {
            Some(&high) => {
                found |= (low..=high).contains(&letter);
                at = at.saturating_add(3);
            }
            None => {
                found |= low == letter;
                at = at.saturating_add(1);
            }
        }
    }
    None
}

/// Whether a text is a pattern at all.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_within_a_folder() {
        assert!(matches("/etc/k.d/*.conf", "/etc/k.d/a.conf"));
        assert!(!matches("/etc/k.d/*.conf", "/etc/k.d/x/a.conf"));
        assert!(matches("/a/?b[0-9]*", "/a/xb7tail"));
        assert!(!matches("/a/?b[!0-9]", "/a/xb7"));
        assert!(matches("*a*b*c", "xxaxxbxxc"));
        assert!(!matches("abc", "abcd"));
        assert!(matches("[", "["), "an unclosed set is a letter");
    }

    #[test]
    fn braces_unfold_in_order() {
        assert_eq!(
            alternatives("/x/{a,b{1,2}}.conf"),
            ["/x/a.conf", "/x/b1.conf", "/x/b2.conf"]
        );
        assert_eq!(alternatives("/x/{a"), ["/x/{a"]);
        assert!(
            alternatives(&"{a,b}".repeat(40)).len() <= ALTERNATIVES_MAX * 2,
            "bounded"
        );
    }
}
