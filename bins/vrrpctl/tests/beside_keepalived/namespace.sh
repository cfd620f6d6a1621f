# Runs keepalived where nothing of this machine can be changed by it: sh namespace.sh CONF KEEPALIVED INTERFACES SCRIPTS USERS
# All that is written goes into a layer in memory, and paths are followed inside of it only.
set -e
exec 2>&1
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t proc proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
mount -t tmpfs tmpfs /mnt/root/run
ip link set lo up
number=1
for name in $3; do
    ip link add "$name" type veth peer name "far$number"
    ip link set "$name" up
    ip link set "far$number" up
    ip address add "198.18.$number.1/24" dev "$name"
    ip address add "2001:db8:$number::1/64" dev "$name" nodad
    number=$((number + 1))
done
cat "$1" > /mnt/root/mnt/keepalived.conf
exec chroot /mnt/root /bin/sh -c '
for script in $2; do
    [ -e "$script" ] || { mkdir -p "$(dirname "$script")"; printf "#!/bin/sh\n" > "$script"; chmod 755 "$script"; }
done
for user in $3; do echo "$user:x:0:0::/:/bin/sh" >> /etc/passwd; echo "$user:x:0:" >> /etc/group; done
mkdir -p /etc/keepalived; mv /mnt/keepalived.conf /etc/keepalived/keepalived.conf
echo READY
exec timeout 20 "$1" -i corpus -G -l -n -P -d -f /etc/keepalived/keepalived.conf
' sh "$2" "$4" "$5"
