//! The table of requirements.

use std::sync::LazyLock;

/// Whether the project claims that no row is `open` any more; from then on one that is fails CI.
pub const COMPLETE: bool = true;

/// One requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Unchanging name, such as `T-B-05` or `V3-7.1-01`.
    pub id: &'static str,
    /// The heading it stands under.
    pub part: &'static str,
    /// Number and section of the RFC; `-` for a decision of this project.
    pub source: &'static str,
    /// `MUST`, `MUST NOT`, `SHOULD`, `SHOULD NOT`, `MAY`, `def`, `prj` or `deploy`.
    pub level: &'static str,
    /// One or two of `wire`, `state`, `net`, `config`, `mgmt`; or `doc`, `deploy`, `peer`.
    pub layer: &'static str,
    /// What is required, in one line.
    pub requirement: &'static str,
    /// What the table says of a row that no test proves.
    pub unproven: Unproven,
}

/// What the table says of a row that no test proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// Nothing: tests have to prove it.
    No,
    /// Not built or not tested yet, and why.
    Open(&'static str),
    /// It will not be proven, and why.
    Excused(&'static str),
}

impl Row {
    /// Whether a test, or an excuse, has to stand behind it.
    #[must_use]
    pub fn is_owed(&self) -> bool {
        self.layer
            .split(", ")
            .any(|layer| matches!(layer, "wire" | "state" | "net" | "config" | "mgmt"))
    }

    /// Whether a test has to obey it and another has to refuse its opposite.
    #[must_use]
    pub fn needs_both(&self) -> bool {
        matches!(self.level, "MUST" | "MUST NOT")
    }
}

/// Every requirement, in the order of the table.
#[must_use]
pub fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let parsed = parse(include_str!("../requirements.md"));
        // A test of this crate reads the same text, so this cannot be reached in a build that was tested.
        parsed.unwrap_or_else(|fault| panic!("crates/conformance/requirements.md: {fault}"))
    });
    &ROWS
}

/// Reads a table: headings `## Part`, rows of six cells, everything else is prose.
///
/// # Errors
/// Names the line that is no row, has an unknown level or layer, or repeats an id.
pub fn parse(text: &'static str) -> Result<Vec<Row>, String> {
    let mut part = "";
    let mut rows: Vec<Row> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if let Some(heading) = line.strip_prefix("## ") {
            part = heading;
        }
        if !line.starts_with('|') || line.starts_with("| Id ") || line.starts_with("|---") {
            continue;
        }
        let row = row(part, line).map_err(|fault| format!("line {}: {fault}", at + 1))?;
        if rows.iter().any(|before| before.id == row.id) {
            return Err(format!("line {}: {} stands there twice", at + 1, row.id));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn row(part: &'static str, line: &'static str) -> Result<Row, String> {
    let line = line.trim();
    let inside = line
        .strip_prefix('|')
        .and_then(|rest| rest.strip_suffix('|'))
        .ok_or("a row begins and ends with `|`")?;
    let cells: Vec<&'static str> = inside.split('|').map(str::trim).collect();
    let [id, source, level, layer, requirement, unproven] = cells[..] else {
        return Err(format!("{} cells, not 6", cells.len()));
    };
    const LEVELS: [&str; 8] = [
        "MUST",
        "MUST NOT",
        "SHOULD",
        "SHOULD NOT",
        "MAY",
        "def",
        "prj",
        "deploy",
    ];
    const LAYERS: [&str; 8] = ["wire", "state", "net", "config", "mgmt", "doc", "deploy", "peer"];
    if !LEVELS.contains(&level) {
        return Err(format!("{level} is no level"));
    }
    if let Some(unknown) = layer.split(", ").find(|layer| !LAYERS.contains(layer)) {
        return Err(format!("{unknown} is no layer"));
    }
    if id.is_empty() || requirement.is_empty() {
        return Err("a row has an id and a requirement".to_owned());
    }
    let unproven = match (
        unproven.strip_prefix("open: "),
        unproven.strip_prefix("excused: "),
    ) {
        (Some(why), _) => Unproven::Open(why),
        (None, Some(why)) => Unproven::Excused(why),
        (None, None) if unproven.is_empty() => Unproven::No,
        (None, None) => return Err(format!("`{unproven}` is neither `open: WHY` nor `excused: WHY`")),
    };
    Ok(Row {
        id,
        part,
        source,
        level,
        layer,
        requirement,
        unproven,
    })
}

#[cfg(test)]
mod tests {
    use super::{Unproven, parse, rows};

    #[test]
    fn the_table_can_be_read() {
        assert!(rows().len() > 390, "{}", rows().len());
        let row = rows().iter().find(|row| row.id == "T-B-05").expect("T-B-05");
        assert_eq!(
            (row.source, row.level, row.layer),
            ("9568 6.4.2", "MUST", "state")
        );
        assert!(row.is_owed() && row.needs_both());
    }

    #[test]
    fn what_is_no_row_is_named_with_its_line() {
        let refused = |text| parse(text).expect_err("refused");
        assert!(refused("\n| A-1 | - | MUST | state | x |").starts_with("line 2: 5 cells"));
        assert!(refused("| A-1 | - | must | state | x | |").contains("no level"));
        assert!(refused("| A-1 | - | MUST | states | x | |").contains("no layer"));
        assert!(refused("| A-1 | - | MUST | state | x | later |").contains("neither"));
        assert!(refused("| A-1 | - | MAY | net | x | |\n| A-1 | - | MAY | net | y | |").contains("twice"));
    }

    #[test]
    fn reasons_are_kept() {
        let rows = parse(
            "## P\n| A | - | prj | net, doc | x | open: not built |\n| B | - | MAY | doc | y | excused: no |",
        );
        let rows = rows.expect("two rows");
        assert_eq!(rows[0].unproven, Unproven::Open("not built"));
        assert_eq!(rows[1].unproven, Unproven::Excused("no"));
        assert!(rows[0].is_owed() && !rows[1].is_owed() && !rows[0].needs_both());
    }
}
