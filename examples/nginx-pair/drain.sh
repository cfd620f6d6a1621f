#!/bin/sh
# /etc/vrrpd/drain.sh: nginx of this node lets its clients go before the shared address does, and keeps them again after it.
#
#   drain.sh leave     every answer closes its connection (keepalive_timeout 0), idle ones are closed at once; nginx goes on
#                      taking new ones, because the address still answers here
#   drain.sh return    as before
#
# nginx.conf includes the file that is written here. vrrpd runs both: see notify_before_stop in lb01.conf.

file=/run/nginx-drain.conf

case "$1" in
leave) echo 'keepalive_timeout 0;' > "$file" ;;
return) rm -f "$file" ;;
*)
    echo "usage: $0 leave|return" >&2
    exit 2
    ;;
esac

# No nginx, no connections. A signal and not `nginx -s reload`: it needs neither a path nor the right -c.
pid=$(cat /run/nginx.pid 2>/dev/null) || exit 0
kill -HUP "$pid" 2>/dev/null || exit 0

# Those who ask once a second have had their last answer here by then.
[ "$1" = return ] || sleep 1
