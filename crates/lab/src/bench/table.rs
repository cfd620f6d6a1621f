//! Columns that line up.

/// Rows of words, the first being the heading; numbers are expected to be short.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|r| r.get(column))
            .map(|c| c.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(at, (cell, width))| {
                if at < 2 {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            })
            .collect();
        text.push_str("  ");
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Median and largest, with two decimals; empty where nothing was measured.
pub(crate) fn median_and_max(values: impl Iterator<Item = f64>) -> String {
    let mut sorted: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.last()) {
        (Some(median), Some(most)) => format!("{median:.2} / {most:.2}"),
        _ => "-".to_owned(),
    }
}

/// The middle one; `None` where nothing was measured.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// The medians of two series, the first in units of the second.
pub(crate) fn ratio(of: impl Iterator<Item = f64>, to: impl Iterator<Item = f64>) -> String {
    match (median(of), median(to)) {
        (Some(of), Some(to)) if to > 0.0 => format!("{:.2}", of / to),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{median_and_max, ratio};

    #[test]
    fn a_ratio_is_one_of_medians() {
        let (of, to) = ([1.0, 3.0, 900.0], [2.0, 0.1, 7.0]);
        assert_eq!(ratio(of.into_iter(), to.into_iter()), "1.50");
        assert_eq!(ratio(of.into_iter(), std::iter::empty()), "-");
    }

    #[test]
    fn the_median_is_the_middle_and_the_worst_is_shown() {
        assert_eq!(
            median_and_max([3.0, 1.0, 2.0, f64::NAN].into_iter()),
            "2.00 / 3.00"
        );
        assert_eq!(median_and_max(std::iter::empty()), "-");
    }
}
