//! Finding the programs that the lab runs.

use crate::LabError;
use std::path::{Path, PathBuf};

/// The first program of that name on the search path or in the system's folders.
///
/// # Errors
/// [`LabError::Missing`] with the command that fetches it.
pub fn find(name: &str) -> Result<PathBuf, LabError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .chain(target_folder().map(|target| target.join("packages/bin")))
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
        .ok_or_else(|| LabError::Missing {
            program: name.to_owned(),
            remedy: "not on the search path; `cargo xtask fetch` unpacks it under target/".to_owned(),
        })
}

/// One of our own daemons: the file that the environment variable names, else what cargo built beside us.
///
/// # Errors
/// [`LabError::Missing`] with the command that builds it.
pub fn find_own(name: &str, variable: &str) -> Result<PathBuf, LabError> {
    if let Some(named) = std::env::var_os(variable).map(PathBuf::from) {
        if is_executable(&named) {
            return Ok(named);
        }
        return Err(LabError::Missing {
            program: name.to_owned(),
            remedy: format!("{variable} names {}, which is not there", named.display()),
        });
    }
    profile_folder()
        .map(|folder| folder.join(name))
        .filter(|p| is_executable(p))
        .ok_or_else(|| LabError::Missing {
            program: name.to_owned(),
            remedy: format!("build it (`cargo build -p {name}`) or name it in {variable}"),
        })
}

/// `target/debug` or `target/release`, wherever this program lies in it.
fn profile_folder() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let folder = own.parent()?;
    // Tests lie one deeper.
    if folder.ends_with("deps") {
        folder.parent().map(Path::to_path_buf)
    } else {
        Some(folder.to_path_buf())
    }
}

fn target_folder() -> Option<PathBuf> {
    profile_folder()?.parent().map(Path::to_path_buf)
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}
