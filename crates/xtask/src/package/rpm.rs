//! The .rpm, by rpm itself (a Debian package) in a clean root: what it installs, what an upgrade keeps, what is left behind.
//!
//! No dnf: who provides what the package requires is not asked here, for the root is a Debian.

use std::path::PathBuf;

use super::Trouble;
use crate::apt;
use crate::project::{Project, find_program};

/// `$ROOT` is the clean root, `$WORK` a folder for mounts, `$RPM` the package, `$TOOL` where rpm is unpacked, or empty.
pub(super) const PLAY: &str = r#"
set -eu
mount -t tmpfs tmpfs "$WORK"
mkdir "$WORK/up" "$WORK/work" "$WORK/root"
root=$WORK/root
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$WORK/up,workdir=$WORK/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/dev"
touch "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
if [ -n "$TOOL" ]; then
    PATH=$TOOL/usr/bin:$PATH
    LD_LIBRARY_PATH=$(find "$TOOL/usr/lib" -maxdepth 1 -name '*-linux-gnu')
    RPM_CONFIGDIR=$TOOL/usr/lib/rpm
    export LD_LIBRARY_PATH RPM_CONFIGDIR
fi
# Debian's rpm warns each time that it is no Debian tool.
of_root() { rpm --root "$root" --define '_dbpath /var/lib/rpm' "$@" 2>> "$WORK/said"; }
inside() { env -u LD_LIBRARY_PATH chroot "$root" "$@"; }
files() {
    (cd "$root"; find . -xdev \( -path ./var/lib/rpm -o -path ./var/log -o -path './etc/*-' \) -prune -o -printf '%y %m %u %g %p %l\n' | sort)
}
has() { case "$2" in *"$1"*) ;; *) echo "NOT AS IT SHOULD BE: no \"$1\" in: $2"; cat "$WORK/said"; exit 1 ;; esac; }
files > "$WORK/before"

of_root --install --nodeps "$RPM" || { cat "$WORK/said"; exit 1; }
# The scripts give the configuration to the daemon's group.
of_root --verify --nodeps --nogroup vrrpd
has vrrpd- "$(of_root --query --whatprovides keepalived)"
has "would run EXAMPLE" "$(inside vrrpd -t -f /etc/vrrpd/vrrpd.conf 2>&1)"
has "vrrpd" "$(inside keepalived --version 2>&1)"
has "root vrrpd 750" "$(inside stat -c '%U %G %a' /etc/vrrpd)"
has "root vrrpd 640" "$(inside stat -c '%U %G %a' /etc/vrrpd/vrrpd.conf)"
for file in share/man/man8/vrrpd.8 share/bash-completion/completions/vrrpctl share/doc/vrrpd/docs/install.md bin/genhash; do
    has "$file" "$(ls "$root/usr/$file")"
done

# An upgrade keeps what somebody has written, a removal puts it beside.
echo '# ours' >> "$root/etc/vrrpd/vrrpd.conf"
of_root --upgrade --nodeps --force "$RPM"
has '# ours' "$(tail -n 1 "$root/etc/vrrpd/vrrpd.conf")"
of_root --erase vrrpd
has '# ours' "$(tail -n 1 "$root/etc/vrrpd/vrrpd.conf.rpmsave")"

of_root --install --nodeps "$RPM"
rm -r "$root/etc/vrrpd/vrrpd.conf.rpmsave"
of_root --erase vrrpd
files > "$WORK/after"
# Folders that other packages share are left, as every package leaves them.
diff "$WORK/before" "$WORK/after" | grep '^[<>]' | grep -v -x \
    -e '> d 755 root root ./usr/lib/sysusers.d ' -e '> d 755 root root ./usr/share/licenses ' \
    -e '> d 755 root root ./usr/share/fish\(/vendor_completions.d\)\? ' -e '> d 755 root root ./usr/share/zsh\(/site-functions\)\? ' \
    -e '> d 755 root root ./usr/share/bash-completion\(/completions\)\? ' > "$WORK/left" || true
[ ! -s "$WORK/left" ] || { echo "LEFT BEHIND:"; cat "$WORK/left"; exit 1; }
"#;

/// Where Debian's rpm is unpacked; empty where the machine has one.
pub(super) fn tool(project: &Project, install: bool) -> Result<PathBuf, Trouble> {
    if find_program("rpm").is_some() {
        return Ok(PathBuf::new());
    }
    let place = apt::Place::new(&project.target.join("debian/rpm"));
    let program = place.root.join("usr/bin/rpm");
    if !program.is_file() {
        if !install {
            return Err(Trouble::Skipped(
                "rpm is absent and --no-install given".to_owned(),
            ));
        }
        println!(
            "   rpm: the Debian package, unpacked into {}",
            place.root.display()
        );
        place.unpack(&["rpm"]).map_err(Trouble::Skipped)?;
    }
    if program.is_file() {
        Ok(place.root)
    } else {
        Err(Trouble::Skipped("the package rpm does not hold it".to_owned()))
    }
}
