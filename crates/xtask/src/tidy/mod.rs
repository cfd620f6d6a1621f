//! Checks that no existing tool makes, each with the rule it enforces.

mod budget;
mod files;
mod layers;
mod proofs;

use crate::package::library;
use crate::project::Project;

/// `cargo xtask tidy`.
pub(crate) fn run() -> Result<u8, String> {
    match check(&Project::read()?) {
        Ok(()) => {
            println!("tidy: nothing to complain about");
            Ok(0)
        }
        Err(complaints) => {
            eprintln!("{complaints}");
            Ok(1)
        }
    }
}

/// Every complaint, one a line.
pub(crate) fn check(project: &Project) -> Result<(), String> {
    let mut complaints = files::check(&project.root)?;
    complaints.extend(layers::check(&project.metadata)?);
    complaints.extend(budget::check(project)?);
    complaints.extend(library::unsaid(project));
    for complaint in &complaints {
        println!("   {complaint}");
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(format!("{} complaints of tidy", complaints.len()))
    }
}
