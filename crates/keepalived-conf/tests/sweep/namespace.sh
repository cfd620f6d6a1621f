# What `keepalived -t` says to each file of a folder: sh namespace.sh KEEPALIVED FOLDER
# In a network of its own with eth0 and eth1, and with a table of users of its own; nothing of the machine is changed.
set -e
mount --make-rprivate /
ip link set lo up
number=1
for name in eth0 eth1; do
    ip link add "$name" type veth peer name "far$number"
    ip link set "$name" up
    ip link set "far$number" up
    ip address add "198.18.$number.1/24" dev "$name"
    ip address add "2001:db8:$number::1/64" dev "$name" nodad
    number=$((number + 1))
done
printf 'root:x:0:0::/:/bin/sh\nkeepalived_script:x:0:0::/:/bin/sh\n' > "$2/passwd"
printf 'root:x:0:\nkeepalived_script:x:0:\n' > "$2/group"
mount --bind "$2/passwd" /etc/passwd
mount --bind "$2/group" /etc/group
echo READY
for file in "$2"/*.conf; do
    echo "@@ ${file##*/}"
    code=0
    timeout 10 "$1" -i sweep -t -f "$file" 2>&1 || code=$?
    echo "@= $code"
done
