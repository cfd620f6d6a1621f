//! Mail and webhooks.

use keepalived_conf::MailTls;

use super::Lowering;
use crate::notices::{Mail, Webhook};

impl Lowering<'_> {
    /// None where nobody is to get any, there is no server to send it by, or nobody knows how it is to be protected.
    pub(super) fn mail(&self) -> Option<Mail> {
        let mail = &self.config.global.mail;
        let wanted = (self.out.plan.instances.iter().map(|one| &one.hooks))
            .chain(self.out.plan.groups.iter().map(|one| &one.hooks))
            .any(|hooks| hooks.mail);
        let balance = &self.out.plan.balance.servers;
        let of_servers =
            (balance.iter()).any(|server| server.mail || server.servers.iter().any(|one| one.mail));
        let wanted = wanted || of_servers;
        let known = mail.tls.value != MailTls::Unknown;
        let server = mail.server.as_ref().filter(|_| wanted && known)?;
        let first = mail.to.first()?;
        Some(Mail {
            place: first.span().map_or_else(String::new, |span| self.place(span)),
            to: mail.to.iter().map(|to| to.value.clone()).collect(),
            from: mail.from.as_ref().map(|from| from.value.clone()),
            server: server.value.clone(),
            timeout: mail.connect_timeout.value,
            helo: mail
                .helo_name
                .as_ref()
                .map_or_else(|| self.host.name.clone(), |helo| helo.value.clone()),
            faults: !mail.no_faults.value,
            tls: mail.tls.value,
            login: (mail.login.as_ref())
                .map(|login| (login.value.user.clone(), login.value.password.clone())),
        })
    }

    pub(super) fn webhooks(&self) -> Vec<Webhook> {
        let one = |hook: &keepalived_conf::Webhook| Webhook {
            name: hook.name.clone(),
            place: self.place(hook.span),
            url: hook.url.value.clone(),
            authorization: hook.authorization.as_ref().map(|set| set.value.clone()),
            timeout: hook.timeout.value,
            retries: hook.retries.value,
            only: hook.only.iter().map(|name| name.value.clone()).collect(),
        };
        self.config.webhooks.iter().map(one).collect()
    }
}
