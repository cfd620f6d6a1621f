//! docs/install.md, read as a reader follows it.
//!
//! A block that begins with three backticks and `sh lb01`, `sh lb02` or `sh both` is typed on those nodes, in the page's order.
//! What stands behind `#` at the end of a command, up to a semicolon, its output has to contain, if need be after some seconds.

/// The two nodes of the page.
pub(super) const NODES: [&str; 2] = ["lb01", "lb02"];

/// One command on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) node: &'static str,
    pub(super) command: String,
    pub(super) expects: Option<String>,
}

/// Everything that is typed.
pub(super) fn typed(page: &str) -> Result<Vec<Typed>, String> {
    let mut all = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```sh ") else {
            continue;
        };
        let nodes: Vec<&'static str> = NODES
            .into_iter()
            .filter(|node| info == *node || info == "both")
            .collect();
        if nodes.is_empty() {
            return Err(format!(
                "no node is called {info:?}: write `sh lb01`, `sh lb02` or `sh both`"
            ));
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let commands = commands(&block)?;
        for node in nodes {
            all.extend(commands.iter().map(|(command, expects)| Typed {
                node,
                command: command.clone(),
                expects: expects.clone(),
            }));
        }
    }
    if all.is_empty() {
        return Err("nothing is typed on it".to_owned());
    }
    Ok(all)
}

/// Commands with what they are expected to say; one that is fed by `<<'EOF'` goes on to that line.
fn commands(block: &[&str]) -> Result<Vec<(String, Option<String>)>, String> {
    let mut found = Vec::new();
    let mut lines = block.iter();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        if line.contains("<<'EOF'") {
            let mut command = (*line).to_owned();
            loop {
                let next = lines.next().ok_or_else(|| format!("{line}: no EOF follows"))?;
                command.push('\n');
                command.push_str(next);
                if *next == "EOF" {
                    break;
                }
            }
            found.push((command, None));
            continue;
        }
        let (command, expects) = match line.split_once("  # ") {
            Some((command, said)) => {
                let wanted = said.split(';').next().unwrap_or_default().trim();
                (command.trim_end(), Some(wanted.to_owned()))
            }
            None => (*line, None),
        };
        found.push((command.to_owned(), expects));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(node: &'static str, command: &str, expects: Option<&str>) -> Typed {
        Typed {
            node,
            command: command.to_owned(),
            expects: expects.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_typed_where_and_what_it_says() {
        let page = "# A page\n```sh both\nuname -a\n```\ntext\n```sh\nnot typed\n```\n```sh lb02\ncat > x <<'EOF'\na # b\n  # c\nEOF\n\n\
                    status A  # MASTER; and why\n```\n";
        assert_eq!(
            typed(page).unwrap(),
            [
                one("lb01", "uname -a", None),
                one("lb02", "uname -a", None),
                one("lb02", "cat > x <<'EOF'\na # b\n  # c\nEOF", None),
                one("lb02", "status A", Some("MASTER")),
            ]
        );
    }

    #[test]
    fn a_page_that_cannot_be_followed_is_an_error() {
        assert!(typed("```sh lb03\nx\n```\n").unwrap_err().contains("lb03"));
        assert!(
            typed("```sh lb01\ncat <<'EOF'\n```\n")
                .unwrap_err()
                .contains("EOF")
        );
        assert!(typed("nothing\n").is_err());
    }

    #[test]
    fn the_page_of_this_project_ends_with_nothing_left() {
        let page = include_str!("../../../../docs/install.md");
        let typed = typed(page).unwrap();
        for node in NODES {
            let last = typed.iter().rfind(|typed| typed.node == node).unwrap();
            assert!(last.command.contains("purge"), "{last:?}");
        }
    }

    #[test]
    fn a_newcomer_asks_before_the_start_looks_and_hands_over() {
        let page = include_str!("../../../../docs/install.md");
        let typed = typed(page).unwrap();
        let mut rest = typed.iter();
        for step in [
            "apt install",
            "vrrpctl doctor -f",
            "systemctl enable --now vrrpd",
            "vrrpctl status",
            "vrrpctl explain",
            "vrrpctl switchover",
            "vrrpctl switchover --undo",
            "vrrpctl events",
        ] {
            assert!(rest.any(|typed| typed.command.starts_with(step)), "{step}");
        }
    }
}
