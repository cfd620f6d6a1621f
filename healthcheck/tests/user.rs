//! Scripts as another user. One test in a binary of its own, as it changes the groups of the whole process.

#![cfg(feature = "script")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use healthcheck::{Command, End, Limits, Probe, RunAs, ScriptProbe, ScriptSpec, run};
use nix::unistd::{Gid, setgroups};
use support::{Folder, LONG, is_full_root, sh};

#[tokio::test]
async fn another_user_has_its_ids_and_no_more() {
    if !is_full_root("scripts as another user") {
        refused_to_others().await;
        return;
    }
    let nobody = RunAs::lookup("nobody", None).unwrap();
    setgroups(&[Gid::from_raw(4), Gid::from_raw(27)]).unwrap();
    let own = run(&sh("id -G"), Limits::of(LONG)).await;
    assert!(
        own.output.contains("27"),
        "there is something to lose: {}",
        own.output
    );

    let script =
        "id -u; id -g; id -G; echo $USER $LOGNAME $HOME; grep -E 'Cap(Eff|Prm|Amb)' /proc/self/status";
    let finished = run(&sh(script).run_as(nobody.clone()), Limits::of(LONG)).await;
    assert_eq!(finished.end, End::Exited(0), "{}", finished.output);
    let (uid, gid) = (nobody.uid, nobody.gid);
    let ids = format!("{uid}\n{gid}\n{gid}\nnobody nobody {}\n", nobody.home);
    assert!(finished.output.starts_with(&ids), "{}", finished.output);
    let capabilities = finished.output.lines().filter(|line| line.starts_with("Cap"));
    assert!(
        capabilities.clone().count() == 3
            && capabilities
                .clone()
                .all(|line| line.ends_with("\t0000000000000000"))
    );

    not_executable_by(&nobody).await;
    opened_as(&nobody).await;
}

async fn not_executable_by(nobody: &RunAs) {
    let folder = Folder::new();
    let script = folder.script("check.sh", "#!/bin/sh\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let finished = run(&Command::new([&script]).run_as(nobody.clone()), Limits::of(LONG)).await;
    let text = finished.end.to_string();
    assert!(
        text.contains("cannot be executed by user nobody") && text.contains("check.sh"),
        "{text}"
    );
}

/// keepalived `</path`: it counts what the script's user can open, not what we can.
async fn opened_as(nobody: &RunAs) {
    let folder = Folder::new();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let file = folder.file("flag");
    fs::write(&file, "").unwrap();
    let spec = ScriptSpec::new([format!("<{}", file.display())], LONG).unwrap();
    let (ours, theirs) = (
        ScriptProbe::new(spec.clone()),
        ScriptProbe::new(spec.run_as(nobody.clone())),
    );
    for (mode, for_us, for_them) in [(0o644, true, true), (0o600, true, false)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(ours.probe().await.passed(), for_us, "{mode:o}");
        assert_eq!(theirs.probe().await.passed(), for_them, "{mode:o}");
    }
    let outcome = theirs.probe().await;
    assert!(outcome.output.contains("ermission denied"), "{outcome:?}");
}

/// Who is not root may not become anybody, and is told so.
async fn refused_to_others() {
    let mut somebody = RunAs::current();
    somebody.uid += 1;
    somebody.name = "somebody".to_owned();
    let finished = run(&sh("true").run_as(somebody), Limits::of(LONG)).await;
    let text = finished.end.to_string();
    assert!(
        text.contains("running as user somebody") && text.contains("start it as root"),
        "{text}"
    );
}
