//! The static archive, unpacked where nothing else is: no C library, no shell, no user database.

use std::path::{Path, PathBuf};

use super::{Trouble, archive};

/// `$ARCHIVE` is the archive, `$WORK` a folder for mounts.
pub(super) const PLAY: &str = r#"
set -eu
mount -t tmpfs tmpfs "$WORK"
root=$WORK/root
mkdir -p "$root/proc" "$root/run" "$root/tmp"
mount -t proc proc "$root/proc"
tar -xzf "$ARCHIVE" --strip-components=1 -C "$root"
ip link set lo up
inside() { env -i PATH="$PATH" chroot "$root" "$@"; }
inside /sbin/vrrpd --version
inside /sbin/vrrpd -t -f /etc/vrrpd/vrrpd.conf
inside /bin/vrrpctl check --assume-present /etc/vrrpd/vrrpd.conf
# Real-time priority is what one of the C libraries does not have.
env -i PATH="$PATH" chroot "$root" /sbin/vrrpd -f /etc/vrrpd/vrrpd.conf --realtime 50 2> "$WORK/log" &
daemon=$!
tries=0
until inside /bin/vrrpctl status > "$WORK/said" 2>&1 && grep -q MASTER "$WORK/said"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$WORK/said" "$WORK/log"; exit 1; }
    sleep 0.2
done
cat "$WORK/said"
grep -q 198.51.100.254 /proc/net/fib_trie || { echo "the address is not there"; exit 1; }
real=$(inside /bin/vrrpctl status --json | grep -o '"realtime_priority": *[0-9a-z]*')
case "$real" in *50) ;; *) echo "NO REAL-TIME PRIORITY: $real"; cat "$WORK/log"; exit 1 ;; esac
kill "$daemon"
wait "$daemon"
"#;

/// The archive that `cargo xtask package` makes where Rust has the target.
pub(super) fn archive(dist: &Path) -> Result<PathBuf, Trouble> {
    let path = dist.join(format!("{}.tar.gz", archive::name("musl")));
    if path.is_file() {
        Ok(path)
    } else {
        Err(Trouble::Skipped(format!("there is no {}", path.display())))
    }
}
