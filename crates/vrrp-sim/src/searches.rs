//! `vrrp-sim explore`: the named searches of single routers and of sync groups.

use vrrp_sim::explore::groups::{self, library::GroupSearch};
use vrrp_sim::explore::library::{self, Search};
use vrrp_sim::explore::{Coverage, Explored, explore};

use super::millis;

/// More is no search that was meant to end.
const GROUP_STATES_MAX: usize = 10_000_000;

#[derive(Clone, Copy)]
enum Either {
    Routers(&'static Search),
    Groups(&'static GroupSearch),
}

pub(super) fn list() {
    for search in &library::ALL {
        let large = if search.large { " (large)" } else { "" };
        println!("{:<24}{}{large}", search.name, search.about);
    }
    for search in &groups::library::ALL {
        println!("{:<24}{}", search.name, search.about);
    }
}

/// Those of these names; with none all that are not large, or all.
pub(super) fn run(names: &[String], large: bool) -> Result<(), String> {
    let mut coverage = Coverage::default();
    let mut states = 0;
    for search in chosen(names, large)? {
        let explored = search.explore()?;
        println!(
            "{:<24}{:>9} states {:>10} steps, settles within {} ms",
            search.name(),
            explored.states,
            explored.steps,
            millis(explored.longest_convergence)
        );
        states += explored.states;
        coverage.extend(&explored.coverage);
    }
    println!("{states} states: every invariant held; transitions made:");
    for transition in coverage.transitions() {
        println!("  {transition}");
    }
    Ok(())
}

fn chosen(names: &[String], large: bool) -> Result<Vec<Either>, String> {
    if names.is_empty() {
        let routers = library::ALL.iter().filter(|search| large || !search.large);
        let groups = groups::library::ALL.iter().map(Either::Groups);
        return Ok(routers.map(Either::Routers).chain(groups).collect());
    }
    let named = |name: &String| {
        let routers = Search::named(name).map(Either::Routers);
        let found = routers.or_else(|| GroupSearch::named(name).map(Either::Groups));
        found.ok_or_else(|| format!("no search is called {name}; see `vrrp-sim explore --list`"))
    };
    names.iter().map(named).collect()
}

impl Either {
    const fn name(self) -> &'static str {
        match self {
            Self::Routers(search) => search.name,
            Self::Groups(search) => search.name,
        }
    }

    fn explore(self) -> Result<Explored, String> {
        let explored = match self {
            Self::Routers(search) => explore(&search.setup().map_err(|e| e.to_string())?),
            Self::Groups(search) => {
                let setup = search.setup().map_err(|e| e.to_string())?;
                groups::explore(&setup, GROUP_STATES_MAX)
            }
        };
        explored.map_err(|broken| format!("{}: {broken}", self.name()))
    }
}
