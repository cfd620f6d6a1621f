//! The picture for a terminal.

use super::Story;
use crate::Stamp;
use std::fmt::Write as _;

/// Columns of the time axis.
const COLUMNS: usize = 76;

pub(super) fn draw(story: &Story) -> String {
    let mut text = format!("{}\n\n", story.title);
    let mut marks = vec![' '; COLUMNS];
    for (at, event) in story.events.iter().enumerate() {
        let digit = char::from_digit(u32::try_from(at + 1).unwrap_or(0) % 36, 36).unwrap_or('?');
        marks[column(story, event.at)] = digit;
    }
    let _ = writeln!(
        text,
        "  {:<7} {}",
        "",
        marks.into_iter().collect::<String>().trim_end()
    );
    for (number, name) in &story.nodes {
        let covers = story
            .stretches
            .iter()
            .filter(|s| s.node == *number)
            .map(|s| (s.from, s.to));
        let _ = writeln!(text, "  {name:<7} {}", bar(story, covers, '█', '·'));
    }
    let _ = writeln!(
        text,
        "  {:<7} {}",
        "nobody",
        bar(story, story.silences().into_iter(), '░', ' ')
    );
    let _ = writeln!(text, "  {:<7} {}\n", "seconds", axis(story));
    for (at, event) in story.events.iter().enumerate() {
        let _ = writeln!(
            text,
            "  {}  {:>8.3} s  {}",
            at + 1,
            story.seconds(event.at),
            event.what
        );
    }
    text
}

fn column(story: &Story, at: Stamp) -> usize {
    let whole = story.seconds(story.to).max(f64::MIN_POSITIVE);
    let share = (story.seconds(at) / whole).clamp(0.0, 1.0);
    // A share between 0 and 1 of a small number.
    let column = (share * COLUMNS as f64) as usize;
    column.min(COLUMNS - 1)
}

fn bar(story: &Story, covers: impl Iterator<Item = (Stamp, Stamp)>, full: char, empty: char) -> String {
    let mut line = vec![empty; COLUMNS];
    for (from, to) in covers {
        line[column(story, from)..=column(story, to)].fill(full);
    }
    line.into_iter().collect()
}

/// A number every five seconds.
fn axis(story: &Story) -> String {
    let mut line = vec![' '; COLUMNS];
    let mut second: u32 = 0;
    while f64::from(second) <= story.seconds(story.to) {
        let at = column(story, story.from + std::time::Duration::from_secs(second.into()));
        for (place, digit) in line[at..].iter_mut().zip(second.to_string().chars()) {
            *place = digit;
        }
        second += 5;
    }
    line.into_iter().collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::picture::tests::story;

    #[test]
    fn each_line_shows_who_answered_when() {
        let text = story().text();
        let line = |name: &str| {
            text.lines()
                .find(|l| l.trim_start().starts_with(name))
                .expect("a line")
                .to_owned()
        };
        let count = |line: &str, mark: char| line.chars().filter(|&c| c == mark).count();
        // 76 columns are 10 seconds: 3 seconds are 23 columns, one more or less at the edges.
        assert!((23..=24).contains(&count(&line("lb01"), '█')), "{text}");
        assert!((30..=33).contains(&count(&line("nobody"), '░')), "{text}");
        assert!(text.contains("1     4.000 s  power cut"), "{text}");
    }
}
