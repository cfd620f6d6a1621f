#!/bin/bash
# The check that tutorials put beside keepalived: without an nginx it tries to start one, and if that fails it stops the failover
# daemon, so that the other node takes the address. It knows the daemon by its name: vrrpd must be started as `keepalived` for
# it (a link: `ln -s vrrpd /usr/sbin/keepalived`; with the packages, keepalived.service does). `interval` and `timeout` of the vrrp_script must be more than its 2 s
# of waiting. docs/checks.md has what does the same without stopping anything.
count() { ps -C nginx --no-headers | wc -l; }
if [ "$(count)" -eq 0 ]; then
    /usr/local/nginx/sbin/nginx
    sleep 2
    if [ "$(count)" -eq 0 ]; then
        killall keepalived
    fi
fi
