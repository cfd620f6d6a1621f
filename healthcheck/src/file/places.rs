//! Which folders decide what a path means: one for each step, and for each step of every link on the way.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// As the kernel follows them.
const LINKS_MAX: u32 = 40;

/// A name that is looked up in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The folder, without any link in its own path.
    pub(super) folder: PathBuf,
    /// The name in it.
    pub(super) name: OsString,
}

/// Every lookup on the way to `path`, up to the first name that is not there. A change of any of these names, and of
/// nothing else, can change what the path leads to.
pub(super) fn places(path: &Path) -> Vec<Place> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| Path::new("/").join(path));
    let mut ahead: Vec<Step> = steps(&absolute);
    let mut folder = PathBuf::from("/");
    let mut places = Vec::new();
    let mut links = 0;
    while let Some(step) = ahead.pop() {
        let name = match step {
            Step::Root => {
                folder = PathBuf::from("/");
                continue;
            }
            Step::Up => {
                folder.pop();
                continue;
            }
            Step::Down(name) => name,
        };
        let below = folder.join(&name);
        places.push(Place {
            folder: folder.clone(),
            name,
        });
        let Ok(found) = below.symlink_metadata() else {
            break;
        };
        if !found.is_symlink() {
            folder = below;
            continue;
        }
        links += 1;
        let Ok(target) = below.read_link() else { break };
        if links > LINKS_MAX {
            break;
        }
        ahead.extend(steps(&target));
    }
    places
}

enum Step {
    Root,
    Up,
    Down(OsString),
}

/// The last step first.
fn steps(path: &Path) -> Vec<Step> {
    let step = |component: Component<'_>| match component {
        Component::RootDir | Component::Prefix(_) => Some(Step::Root),
        Component::ParentDir => Some(Step::Up),
        Component::Normal(name) => Some(Step::Down(OsStr::to_owned(name))),
        Component::CurDir => None,
    };
    path.components().rev().filter_map(step).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::places;

    fn below(folder: &tempfile::TempDir, path: &str) -> Vec<String> {
        let base = folder.path().canonicalize().unwrap();
        places(&base.join(path))
            .into_iter()
            .filter_map(|place| {
                let folder = place.folder.strip_prefix(&base).ok()?.to_owned();
                Some(folder.join(place.name).display().to_string())
            })
            .collect()
    }

    #[test]
    fn every_lookup_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("1/in")).unwrap();
        std::fs::write(folder.path().join("1/in/n"), "1").unwrap();
        symlink("1", folder.path().join("now")).unwrap();
        symlink("now/in/n", folder.path().join("n")).unwrap();
        symlink("round", folder.path().join("round")).unwrap();
        assert_eq!(below(&folder, "1/in/n"), ["1", "1/in", "1/in/n"]);
        // As Kubernetes writes a ConfigMap: the middle link is the one that is exchanged.
        assert_eq!(below(&folder, "n"), ["n", "now", "1", "1/in", "1/in/n"]);
        // What is not there ends the way, at the name that may come.
        assert_eq!(below(&folder, "1/out/n"), ["1", "1/out"]);
        assert_eq!(below(&folder, "1/../1/in/n"), ["1", "1", "1/in", "1/in/n"]);
        assert_eq!(below(&folder, "round").len(), 41);
    }
}
