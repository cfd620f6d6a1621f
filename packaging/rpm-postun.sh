if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || :
    if [ "$1" -ge 1 ]; then
        systemctl try-restart vrrpd.service keepalived.service || :
    fi
fi
if [ "$1" = 0 ]; then
    rm -f /usr/sbin/keepalived /usr/bin/genhash
    rm -rf /run/vrrpd /var/lib/vrrpd
fi
