if command -v systemd-sysusers > /dev/null; then
    systemd-sysusers vrrpd.conf
elif ! getent passwd vrrpd > /dev/null; then
    useradd --system --user-group --home-dir /run/vrrpd --no-create-home --shell /usr/sbin/nologin --comment "VRRP daemon" vrrpd
fi
chown root:vrrpd /etc/vrrpd /etc/vrrpd/vrrpd.conf
chmod 0750 /etc/vrrpd
# The tool that makes the package knows no links.
ln -sfn vrrpd /usr/sbin/keepalived
ln -sfn vrrpctl /usr/bin/genhash
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || :
fi
