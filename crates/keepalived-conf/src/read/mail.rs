//! The words about mail.

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use crate::model::{Mail, MailLogin, MailTls, Sourced};
use crate::number;
use crate::tree::Item;

const NO_LOGIN: &str = "there is no login: the mail relay may refuse the mail";
const KINDS: [(&str, MailTls); 4] = [
    ("none", MailTls::None),
    ("optional", MailTls::Optional),
    ("required", MailTls::Required),
    ("wrapped", MailTls::Wrapped),
];

impl Reader<'_> {
    pub(super) fn mail(&mut self, name: &str, item: &Item, mail: &mut Mail) -> bool {
        match name {
            "notification_email" => {
                let words: Vec<_> = item.items().flat_map(|line| &line.words).collect();
                if words.is_empty() {
                    let found =
                        Diagnostic::warning("empty-block", item.span, "notification_email names nobody");
                    self.push(
                        found
                            .effect("no mail would be sent")
                            .help("add an address, or remove the block"),
                    );
                }
                mail.to
                    .extend(words.iter().map(|word| Sourced::line(word.text(), word.span)));
            }
            "notification_email_from" => mail.from = self.line_text(item).or(mail.from.take()),
            "smtp_helo_name" => mail.helo_name = self.line_text(item).or(mail.helo_name.take()),
            "smtp_server" => {
                let Some(host) = item.argument() else {
                    return true;
                };
                self.surplus(item, 2);
                let port = match item.arguments().get(1) {
                    Some(word) => self.mail_port(word),
                    None => Some(25),
                };
                mail.server = port.map(|port| Sourced::line((host.text(), port), host.span));
            }
            "smtp_connect_timeout" => {
                mail.connect_timeout = self.positive_seconds(item).unwrap_or(mail.connect_timeout);
            }
            "smtp_alert" => mail.alert = self.switch(item).or(mail.alert),
            "smtp_alert_vrrp" => mail.alert_vrrp = self.switch(item).or(mail.alert_vrrp),
            "no_email_faults" => mail.no_faults = self.switch(item).unwrap_or(mail.no_faults),
            "smtp_tls" => mail.tls = self.mail_tls(item),
            "smtp_login" => mail.login = self.login(item).or(mail.login.take()),
            _ => return false,
        }
        true
    }

    fn line_text(&mut self, item: &Item) -> Option<Sourced<String>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        Some(Sourced::line(word.text(), word.span))
    }

    /// Where it is none, keepalived has no server, not even one of a line before.
    fn mail_port(&mut self, word: &Word) -> Option<u16> {
        let what = "the port of smtp_server is a whole number from 1 to 65535";
        let reading = number::integer(word.bytes());
        if (1..=65_535).contains(&reading.value) {
            let port = self.number(word, reading, Junk::Warned, 1..=65_535, what)?;
            return u16::try_from(port).ok();
        }
        let text = format!("{what}; found {:?}", word.text());
        let found = Diagnostic::error("bad-number", word.span, text);
        self.push(
            found
                .effect("there is no mail server, and no mail is sent, as with keepalived")
                .help("correct the number; 25 if it is left out"),
        );
        None
    }

    /// Who asks for TLS does not want plain text, whatever is wrong with the line.
    fn mail_tls(&mut self, item: &Item) -> Sourced<MailTls> {
        let word = item.argument();
        self.surplus(item, 1);
        let kind = word.and_then(|word| KINDS.iter().find(|(name, _)| word.is(name)));
        let span = word.map_or(item.span, |word| word.span);
        if let Some((_, kind)) = kind {
            return Sourced::line(*kind, span);
        }
        let text = match word {
            Some(word) => format!(
                "smtp_tls is none, optional, required or wrapped; found {:?}",
                word.text()
            ),
            None => "smtp_tls is none, optional, required or wrapped; found nothing".to_owned(),
        };
        let found = Diagnostic::error("smtp-tls", span, text).silent();
        self.push(
            found
                .effect("no mail is sent: it is not known how it is to be protected")
                .help("required is STARTTLS, usually on port 587; wrapped is TLS from the first octet, usually on port 465"),
        );
        Sourced::line(MailTls::Unknown, span)
    }

    /// `USER file:PATH`.
    fn login(&mut self, item: &Item) -> Option<Sourced<MailLogin>> {
        let user = item.argument()?;
        self.surplus(item, 2);
        let secret = item
            .words
            .get(2)
            .and_then(|word| self.secret(word, "smtp_login", NO_LOGIN));
        let Some(password) = secret else {
            let text = "smtp_login names no file with the password";
            let found = Diagnostic::error("inline-secret", item.span, text).silent();
            self.push(found.effect(NO_LOGIN).help(
                "write: smtp_login USER file:PATH, and the password into a file that only root can read",
            ));
            return None;
        };
        let password = password.ok()?;
        let user = self.text(user)?;
        Some(user.map(|user| MailLogin { user, password }))
    }
}
