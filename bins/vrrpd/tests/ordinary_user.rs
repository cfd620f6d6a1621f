//! A pair whose daemons run as `packaging/vrrpd.service` lets them: an ordinary user, CAP_NET_ADMIN and CAP_NET_RAW, no way to more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::process::{Command, Stdio};

use node::{folder, instance, is_root, text};

/// What `setpriv` is told. In a user namespace of one user there is no other to become.
fn as_user() -> &'static str {
    if is_root() {
        "setpriv --reuid 1234 --regid 1234 --clear-groups"
    } else {
        "setpriv"
    }
}

const CAPABILITIES: &str = "--no-new-privs --inh-caps -all,+net_admin,+net_raw --ambient-caps -all,+net_admin,+net_raw \
                            --bounding-set -all,+net_admin,+net_raw";

const NETWORK: &str = r#"
mount -t tmpfs t /run
ip netns add b && ip link set lo up && ip netns exec b ip link set lo up
ip link add eth1 type veth peer name eth1 netns b || exit 77
ip link set eth1 up; ip address add 192.0.2.1/24 dev eth1
ip netns exec b ip link set eth1 up; ip netns exec b ip address add 192.0.2.2/24 dev eth1
mkdir /run/a /run/b
[ -z "$OWNER" ] || chown $OWNER /run/a /run/b
holds() { "$@" ip -o address show dev eth1 | grep -q 192.0.2.100/24; }
until_so() { i=0; until "$@"; do i=$((i+1)); [ $i -lt 400 ] || { echo "never: $*"; cat /run/a/log /run/b/log; exit 1; }; sleep 0.05; done; }
"#;

const PAIR: &str = r#"
ip netns exec b $USER ./vrrpd -f lower.conf --control /run/b/control.sock 2> /run/b/log & b=$!
$USER ./vrrpd -f higher.conf --control /run/a/control.sock 2> /run/a/log & a=$!
until_so holds env
echo "a took it"
until_so [ -S /run/a/control.sock ]
for thread in /proc/$a/task/*; do
    echo "thread $(cat $thread/comm) $(grep -E '^(Uid|CapEff|CapPrm|CapBnd)' $thread/status | tr -s '\t\n' '  ')"
done
kill -TERM $a; wait $a; echo "a ended with $?"
until_so holds ip netns exec b
holds env || echo "b alone has it"
kill -TERM $b; wait $b; echo "b ended with $?"
echo "log of a:"; cat /run/a/log
echo "log of b:"; cat /run/b/log
"#;

#[test]
fn a_pair_of_an_ordinary_user_with_two_capabilities() {
    let folder = folder();
    // Where it was built may be closed to others.
    let program = folder.join("vrrpd");
    std::fs::hard_link(env!("CARGO_BIN_EXE_vrrpd"), &program)
        .or_else(|_| std::fs::copy(env!("CARGO_BIN_EXE_vrrpd"), &program).map(drop))
        .unwrap();
    let lower = instance("VI_1", 51, "192.0.2.100/24", "").replace("priority 150", "priority 100");
    std::fs::write(folder.join("lower.conf"), lower).unwrap();
    std::fs::write(
        folder.join("higher.conf"),
        instance("VI_1", 51, "192.0.2.100/24", ""),
    )
    .unwrap();
    let flags = if is_root() { "-nmpf" } else { "-Urnmpf" };
    let user = format!("{} {CAPABILITIES}", as_user());
    let output = Command::new("unshare")
        .args([flags, "--mount-proc", "--kill-child", "sh", "-c"])
        .arg(format!("{NETWORK}{PAIR}"))
        .env("USER", &user)
        .env("OWNER", if is_root() { "1234:1234" } else { "" })
        .current_dir(&*folder)
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        eprintln!("SKIP pair_of_an_ordinary_user: unshare is absent");
        return;
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    if said.contains("setpriv: not found")
        || output.status.code() == Some(77)
        || said.contains("unshare failed")
    {
        eprintln!("SKIP pair_of_an_ordinary_user: setpriv or private namespaces: {said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    for line in ["a took it", "a ended with 0", "b alone has it", "b ended with 0"] {
        assert!(said.lines().any(|one| one == line), "no {line:?} in:\n{said}");
    }
    let threads: Vec<&str> = said.lines().filter(|line| line.starts_with("thread ")).collect();
    assert!(threads.len() >= 2, "{said}");
    let uid = if is_root() {
        "Uid: 1234 1234 1234 1234"
    } else {
        "Uid: 0 0 0 0"
    };
    for thread in threads {
        assert!(thread.contains(uid), "{thread}");
        // Bits 12 and 13 (capabilities(7)).
        assert!(thread.contains("CapBnd: 0000000000003000"), "{thread}");
        for set in ["CapEff: ", "CapPrm: "] {
            let value = thread
                .split(set)
                .nth(1)
                .and_then(|rest| rest.split(' ').next())
                .unwrap();
            let value = u64::from_str_radix(value, 16).unwrap();
            assert_eq!(value & !0x3000, 0, "{thread}");
        }
    }
    // Nothing that it does needs more.
    for complaint in ["ERROR", "denied", "not permitted", "cannot"] {
        assert!(!said.contains(complaint), "{complaint}: {said}");
    }
}
