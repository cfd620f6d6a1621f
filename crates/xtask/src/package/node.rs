//! The stage of the package test: two nodes with the clean root each, a switch, and what stands in for systemd.

/// Runs first. `$WORK` is a folder for mounts, `$ROOT` the clean root, `$DEB` the package.
pub(super) const SETUP: &str = r#"
set -eu
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs "$WORK"
ip link set lo up
ip link add switch type bridge && ip link set switch up
node() {
    name=$1; address=$2; place=$WORK/$name
    mkdir -p "$place/up" "$place/work" "$place/root"
    mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$place/up,workdir=$place/work" "$place/root"
    mount -t proc proc "$place/root/proc"
    mount -t tmpfs tmpfs "$place/root/run"
    mount -t tmpfs tmpfs "$place/root/dev"
    for device in null zero full random urandom tty; do
        touch "$place/root/dev/$device"
        mount --bind "/dev/$device" "$place/root/dev/$device"
    done
    printf '%s\n' "$SYSTEMCTL" > "$place/root/usr/local/bin/systemctl"
    chmod 755 "$place/root/usr/local/bin/systemctl"
    echo "$name" > "$place/root/etc/hostname"
    cp "$DEB" "$place/root/root/"
    ip netns add "$name"
    ip link add "$name" type veth peer name eth0 netns "$name"
    ip link set "$name" master switch up
    ip -n "$name" link set lo up
    ip -n "$name" link set eth0 up
    ip -n "$name" address add "$address/24" dev eth0
    on "$name" "$LIST" > "$place/before"
}
on() {
    ip netns exec "$1" chroot "$WORK/$1/root" /usr/bin/env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        unshare --uts /bin/bash -c "hostname \$(cat /etc/hostname); cd /root; $2" < /dev/null
}
# Whatever is typed: its output, and whether it succeeds and says what the page says, within 20 s.
typed() {
    node=$1 command=$2 expects=$3 tries=0
    echo "$node# $command"
    while true; do
        code=0
        said=$(on "$node" "$command" 2>&1) || code=$?
        if [ -z "$expects" ]; then
            echo "$said"
            [ $code = 0 ] || { echo "NOT AS ON THE PAGE: ended with $code"; return 1; }
            return 0
        fi
        if [ $code = 0 ]; then
            case "$said" in *"$expects"*) echo "$said"; return 0 ;; esac
        fi
        tries=$((tries + 1))
        if [ $tries -ge 100 ]; then
            echo "$said"
            echo "NOT AS ON THE PAGE: $expects was to be said, with code 0; it ended with $code"
            on "$node" 'tail -n 30 /run/*.log' || true
            return 1
        fi
        sleep 0.2
    done
}
node lb01 192.0.2.11
node lb02 192.0.2.12
SECONDS=0
"#;

/// Runs behind it for a page that begins with a pair of keepalived's own package. `$KEEPALIVED` is a folder with what that needs.
pub(super) const KEEPALIVED: &str = r#"
with_keepalived() {
    name=$1; priority=$2; place=$WORK/$name/root
    cp -r "$KEEPALIVED" "$place/root/keepalived"
    # Its scripts start what is installed, unless this says that they may not.
    printf '#!/bin/sh\nexit 101\n' > "$place/usr/sbin/policy-rc.d"; chmod 755 "$place/usr/sbin/policy-rc.d"
    on "$name" 'dpkg -i keepalived/*.deb' > "$WORK/$name/dpkg" 2>&1 || { cat "$WORK/$name/dpkg"; exit 1; }
    rm "$place/usr/sbin/policy-rc.d"
    cat > "$place/etc/keepalived/keepalived.conf" <<EOF
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority $priority
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass secret42
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
}
EOF
    on "$name" 'systemctl start keepalived'
}
with_keepalived lb01 150
with_keepalived lb02 100
typed lb01 'ip -brief address show dev eth0' 192.0.2.100/24
SECONDS=0
"#;

/// Runs last where keepalived was: its package is gone, its unit is ours, and may be started at the next boot.
pub(super) const MIGRATED: &str = r#"
took=$SECONDS
for name in lb01 lb02; do
    state=$(on "$name" 'dpkg-query -W -f "\${Status}" keepalived')
    [ "$state" = "deinstall ok config-files" ] || { echo "keepalived on $name: $state"; exit 1; }
    on "$name" 'if [ -e /etc/systemd/system/keepalived.service ]; then ls -l /etc/systemd/system; exit 1; fi' \
        || { echo "THE UNIT IS MASKED on $name"; exit 1; }
    on "$name" 'dpkg -S /usr/lib/systemd/system/keepalived.service' | grep -q '^vrrpd: ' \
        || { echo "THE UNIT IS NOT OURS on $name"; exit 1; }
done
echo "the page took $took s to run"
"#;

/// Every file of a node, but for what apt and dpkg keep about themselves; its addresses, and the settings that go with them.
pub(super) const LIST: &str = r"
find / -xdev \( -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path '/var/lib/dpkg/*-old' -o -path '/var/lib/dpkg/lock*' \
    -o -path /var/lib/dpkg/triggers -o -path /var/lib/dpkg/status -o -path /var/lib/dpkg/available -o -path '/etc/*-' \
    -o -path '/root/*.deb' \) -prune \
    -o -printf '%y %m %u %g %p %l\n' | sort
find /etc -type f ! -name '*-' -exec sha256sum {} + | sort
ip -oneline -4 address show
grep . /proc/sys/net/ipv4/conf/*/accept_local /proc/sys/net/ipv4/conf/*/arp_*";

/// Runs last, on each node: nothing is left, neither files nor processes nor a user.
pub(super) const LEFT: &str = r#"
took=$SECONDS
for name in lb01 lb02; do
    on "$name" "$LIST" > "$WORK/$name/after"
    diff "$WORK/$name/before" "$WORK/$name/after" || { echo "LEFT BEHIND on $name"; exit 1; }
    on "$name" 'if dpkg -s vrrpd 2>/dev/null; then exit 1; fi'
done
for process in /proc/[0-9]*; do
    case "$(cat $process/comm 2>/dev/null)" in vrrpd|keepalived) echo "LEFT BEHIND: a process"; exit 1 ;; esac
done
echo "NOTHING LEFT"
# Without the time that a person needs to type, which is most of it.
echo "the page took $took s to run"
[ $took -le 120 ] || { echo "TOO LONG for five minutes with typing"; exit 1; }
"#;

/// The part of systemctl that the page uses, by what the unit says: there is no systemd in a chroot.
pub(super) const SYSTEMCTL: &str = r#"#!/bin/sh
set -e
verb=$1; shift
now=no
while [ $# -gt 0 ]; do case "$1" in --now) now=yes ;; -*) ;; *) unit=${1%.service} ;; esac; shift; done
[ "$verb" != daemon-reload ] || exit 0
file=/usr/lib/systemd/system/$unit.service
[ -f "$file" ] || { echo "Unit $unit.service not found."; exit 5; }
value() { sed -n "s/^$1=//p" "$file"; }
pid=/run/$unit.shim
start() {
    [ -s "$(value ConditionFileNotEmpty)" ] || { echo "condition failed"; exit 0; }
    environment=$(value EnvironmentFile); environment=${environment#-}
    [ ! -f "$environment" ] || . "$environment"
    user=$(value User); user=${user:-root}
    for folder in /run/$(value RuntimeDirectory) /var/lib/$(value StateDirectory); do
        mkdir -p "$folder"; chown "$user:$user" "$folder"
    done
    capabilities=$(value AmbientCapabilities | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
    as=
    [ "$user" = root ] || as="setpriv --reuid $user --regid $user --init-groups --no-new-privs --inh-caps -all,$capabilities \
        --ambient-caps -all,$capabilities --bounding-set -all,$capabilities"
    eval "setsid $as $(value ExecStart) > /run/$unit.log 2>&1 &"
    echo $! > "$pid"
}
stop() {
    [ -f "$pid" ] || return 0
    kill -TERM "$(cat "$pid")" 2> /dev/null || true
    while [ -d "/proc/$(cat "$pid")" ]; do sleep 0.05; done
    rm "$pid"
}
case "$verb" in
    enable) [ $now = no ] || start ;;
    disable) [ $now = no ] || stop ;;
    start) start ;;
    stop) stop ;;
    restart) stop; start ;;
    reload) kill -HUP "$(cat "$pid")" ;;
    *) echo "no $verb here"; exit 1 ;;
esac
"#;
