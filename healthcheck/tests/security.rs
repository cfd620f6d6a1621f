//! keepalived `enable_script_security`: the exact component is named.

#![cfg(feature = "script")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use healthcheck::{Command, End, Insecure, Limits, check_path_security, run};
use support::{Folder, LONG, is_full_root};

/// A folder that nobody but root can write to, all the way up.
fn safe_folder(test: &str) -> Option<Folder> {
    let parent = Path::new("/run");
    let safe =
        |path: &Path| fs::metadata(path).is_ok_and(|found| found.uid() == 0 && found.mode() & 0o022 == 0);
    if !is_full_root(test) {
        return None;
    }
    if !safe(parent) || !safe(Path::new("/")) {
        println!(
            "SKIP {}: needs a /run that only root may write to",
            test.replace(' ', "_")
        );
        return None;
    }
    let folder = Folder::within(parent);
    set_mode(folder.path(), 0o755);
    Some(folder)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_all_may_write_to_is_named() {
    let folder = Folder::within(Path::new("/tmp"));
    let script = folder.script("check.sh", "#!/bin/sh\n");
    // For whoever is not the host's root, / itself is not root's.
    let insecure = check_path_security(&script, 0).unwrap_err();
    let component = insecure.component();
    assert!(
        component == Path::new("/tmp") || component == Path::new("/"),
        "{insecure}"
    );
    assert_eq!(
        check_path_security(&script, 65_534),
        Ok(()),
        "the rule is for scripts that run as root"
    );
}

#[test]
fn each_component_is_examined_down_to_the_script() {
    let Some(folder) = safe_folder("the examination of each component") else {
        return;
    };
    let inner = folder.file("inner");
    fs::create_dir(&inner).unwrap();
    set_mode(&inner, 0o755);
    let script = folder.script("inner/check.sh", "#!/bin/sh\n");
    assert_eq!(check_path_security(&script, 0), Ok(()));

    set_mode(&script, 0o775);
    let group_may = check_path_security(&script, 0).unwrap_err();
    assert_eq!(
        group_may,
        Insecure::WritableByOthers {
            component: script.clone(),
            mode: 0o775
        }
    );
    assert!(
        group_may.to_string().contains("its group (mode 0775)"),
        "{group_may}"
    );
    set_mode(&script, 0o755);

    set_mode(&inner, 0o1777);
    let all_may = check_path_security(&script, 0).unwrap_err();
    assert_eq!(
        all_may,
        Insecure::WritableByOthers {
            component: inner.clone(),
            mode: 0o1777
        }
    );
    let advice = all_may.to_string();
    assert!(
        advice.contains("put the script into a folder of root's") && !advice.contains("chmod"),
        "{advice}"
    );
    set_mode(&inner, 0o755);

    chown(&inner, Some(65_534), None).unwrap();
    let not_roots = check_path_security(&script, 0).unwrap_err();
    assert_eq!(
        not_roots,
        Insecure::NotRoots {
            component: inner,
            owner: 65_534
        }
    );
    let gone = check_path_security(&folder.file("none"), 0).unwrap_err();
    assert_eq!(gone.component(), folder.file("none"));
}

#[test]
fn a_link_is_no_way_around() {
    let Some(folder) = safe_folder("the examination of links") else {
        return;
    };
    let open = Folder::within(Path::new("/tmp"));
    let script = open.script("check.sh", "#!/bin/sh\n");
    let link = folder.file("link");
    symlink(&script, &link).unwrap();
    assert_eq!(
        check_path_security(&link, 0).unwrap_err().component(),
        Path::new("/tmp")
    );

    // Over a folder and back again: what the path leads through counts, not what it says.
    let away = folder.file("away");
    symlink(open.path(), &away).unwrap();
    let around = away.join("../../usr/bin/env");
    assert_eq!(
        check_path_security(&around, 0).unwrap_err().component(),
        Path::new("/tmp")
    );

    let round = folder.file("round");
    symlink(&round, &round).unwrap();
    let endless = check_path_security(&round, 0).unwrap_err();
    assert!(
        endless.to_string().contains("too many symbolic links"),
        "{endless}"
    );

    let near = folder.script("near.sh", "#!/bin/sh\n");
    let relative = folder.file("relative");
    symlink("near.sh", &relative).unwrap();
    assert_eq!(check_path_security(&near, 0), Ok(()));
    assert_eq!(check_path_security(&relative, 0), Ok(()));
}

#[tokio::test]
async fn an_insecure_script_is_not_run_and_says_why() {
    if !is_full_root("a script as root") {
        return;
    }
    let folder = Folder::within(Path::new("/tmp"));
    let ran = folder.file("ran");
    let script = folder.script("check.sh", &format!("#!/bin/sh\ntouch {}\n", ran.display()));
    let command = Command::new([&script]);
    let refused = run(&command.clone().secure(true), Limits::of(LONG)).await;
    let text = refused.end.to_string();
    assert!(
        text.contains("not safe to run as root") && text.contains("'/tmp' may be written by"),
        "{text}"
    );
    assert!(!ran.exists());
    assert_eq!(run(&command, Limits::of(LONG)).await.end, End::Exited(0));
    assert!(ran.exists());
}
