if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || :
    if [ "$1" -ge 1 ]; then
        systemctl try-restart vrrpd.service keepalived.service || :
    fi
fi
if [ "$1" = 0 ]; then
    rm -f /usr/sbin/keepalived /usr/bin/genhash
    rm -rf /run/vrrpd /var/lib/vrrpd
    # The tool that makes the package knows no folders. What somebody has put there stays.
    for folder in /usr/share/doc/vrrpd/docs /usr/share/doc/vrrpd/examples/nginx-pair /usr/share/doc/vrrpd/examples /usr/share/doc/vrrpd \
        /usr/share/licenses/vrrpd /etc/vrrpd; do
        rmdir "$folder" 2> /dev/null || :
    done
fi
