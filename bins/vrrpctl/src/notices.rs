//! What became of mails and of calls of webhooks.

use vrrp_control::{Notice, Noticed};

use crate::colour::Colour;
use crate::overview::{bare_table, lay_out};
use crate::words::{clean, span};

/// Those of an instance and of its group: a line for each that ended, and one for each that still waits.
pub(crate) fn render(own: &[Notice], of_group: &[Notice], colour: Colour) -> String {
    let mut table = bare_table(&["TOLD", "STATE", "RESULT", "ANSWER"]);
    let mut empty = true;
    for (notice, whose) in
        (own.iter().map(|one| (one, ""))).chain(of_group.iter().map(|one| (one, "group, ")))
    {
        let whom = format!("{whose}{} ({})", clean(&notice.target), clean(&notice.to));
        for result in &notice.results {
            table.add_row([
                whom.clone(),
                clean(&result.state),
                ended(result, colour),
                clean(&result.answer),
            ]);
        }
        if notice.waiting > 0 {
            let next = match notice.next_in_ms {
                None | Some(0) => ", the first is tried now".to_owned(),
                Some(ms) => format!(", again in {}", span(ms)),
            };
            let state = notice
                .waiting_state
                .as_deref()
                .map_or_else(|| "-".to_owned(), clean);
            let trouble = notice.trouble.as_deref().map(clean).unwrap_or_default();
            let waiting = format!("{} wait{next}", notice.waiting);
            table.add_row([whom, state, waiting, trouble]);
        }
        empty &= notice.results.is_empty() && notice.waiting == 0;
    }
    if empty {
        String::new()
    } else {
        format!("\n{}", lay_out(&mut table))
    }
}

fn ended(result: &Noticed, colour: Colour) -> String {
    let tries = match result.tries {
        1 => String::new(),
        tries => format!(", {tries} tries"),
    };
    let said = format!("{} after {}{tries}", clean(&result.end), span(result.took_ms));
    if result.arrived { said } else { colour.alarm(&said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_is_a_line_and_so_is_what_waits() {
        let result = |state: &str, arrived, tries| Noticed {
            state: state.to_owned(),
            at_unix_ms: 1,
            epoch: 7,
            end: if arrived { "arrived" } else { "refused" }.to_owned(),
            arrived,
            ended_unix_ms: 2,
            took_ms: 1500,
            tries,
            answer: "250 \u{1b}[2J ok".to_owned(),
        };
        let notice = |target: &str, waiting| Notice {
            target: target.to_owned(),
            to: "a@example.com".to_owned(),
            waiting,
            trouble: Some("no connection".to_owned()),
            waiting_state: Some("STOP".to_owned()),
            next_in_ms: if waiting == 1 { Some(0) } else { Some(4000) },
            results: vec![result("MASTER", true, 1), result("FAULT", false, 3)],
        };
        let text = render(&[notice("mail", 2)], &[notice("webhook x", 0)], Colour::Off);
        for part in [
            "mail (a@example.com)",
            "arrived after 1.5 s",
            "refused after 1.5 s, 3 tries",
            "2 wait, again in 4 s",
            "no connection",
            "group, webhook x",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let row = text.lines().find(|line| line.contains("again in")).unwrap();
        assert!(row.contains("STOP"), "{row}");
        let now = render(&[notice("mail", 1)], &[], Colour::Off);
        assert!(
            now.contains("1 wait, the first is tried now") && !now.contains("0 ms"),
            "{now}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(render(&[], &[], Colour::Off), "");
    }
}
