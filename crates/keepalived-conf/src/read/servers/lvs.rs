//! The words of `global_defs` about virtual servers.

use super::lines::{self, Lines};
use crate::diagnostic::Diagnostic;
use crate::foreign;
use crate::lexer::Word;
use crate::model::{FlushOnStop, Lvs, LvsSync, LvsTimeouts, Sourced, Ssl};
use crate::number;
use crate::read::Reader;
use crate::read::argument::address;
use crate::tree::Item;

/// Options of `lvs_sync_daemon`.
const NAMED: [&str; 6] = ["inst", "id", "maxlen", "port", "ttl", "group"];

impl Reader<'_> {
    /// A word about them; false for any other word.
    pub(in crate::read) fn lvs_word(&mut self, name: &str, item: &Item, lvs: &mut Lvs) -> bool {
        match name {
            "lvs_notify_fifo" => self.fifo(item, &mut lvs.fifo),
            "lvs_notify_fifo_script" => self.fifo_script(item, &mut lvs.fifo),
            "ssl_get_verify" => lvs.ssl_get_verify = self.switch(item).or(lvs.ssl_get_verify),
            "lvs_flush" => lvs.flush = Sourced::line(true, item.span),
            _ if !foreign::lvs_words().contains(&name) => return false,
            // What is wrong with the others is said with the rest of the blocks.
            _ => {
                if let Some(item) = foreign::counted(item) {
                    lvs_line(name, &item, lvs);
                }
            }
        }
        true
    }

    /// `SSL`. A certificate without its key shows nothing, and a key that needs a password cannot be read.
    pub(in crate::read) fn ssl(&mut self, block: &Item) -> Ssl {
        let lines = Lines::of(block);
        let mut ssl = Ssl {
            ca: lines.text(&["ca"]),
            certificate: lines.text(&["certificate"]),
            key: lines.text(&["key"]),
        };
        let lone = match (&ssl.certificate, &ssl.key) {
            (Some(certificate), None) => Some((certificate.span(), "certificate", "key")),
            (None, Some(key)) => Some((key.span(), "key", "certificate")),
            _ => None,
        };
        if let Some((span, has, lacks)) = lone {
            let text = format!("SSL has a {has} and no {lacks}");
            let found = Diagnostic::error("incomplete-block", span.unwrap_or(block.span), text).silent();
            self.push(
                found
                    .effect("SSL_GET shows no certificate; a server that asks for one fails")
                    .help(format!("add {lacks} PATH")),
            );
            (ssl.certificate, ssl.key) = (None, None);
        }
        if let Some(line) = lines.last(&["password"]).filter(|_| ssl.key.is_some()) {
            let found =
                Diagnostic::error("ssl-password", line.span, "SSL has a password for its key").silent();
            self.push(
                found
                    .effect("it is not used: where the key needs it, each SSL_GET fails and says so")
                    .help("write the key without a password into a file that only root can read, and remove the word"),
            );
        }
        ssl
    }

    /// What no single line shows.
    pub(in crate::read) fn check_lvs(&mut self, lvs: &mut Lvs) {
        if lvs.fifo.fifo.is_none()
            && let Some(span) = lvs.fifo.script.take().and_then(|script| script.span())
        {
            let text = "lvs_notify_fifo_script without lvs_notify_fifo";
            let found = Diagnostic::warning("fifo-script", span, text).silent();
            self.push(
                found
                    .effect("it is not started: there is nothing for it to read, as with keepalived")
                    .help("add: lvs_notify_fifo PATH"),
            );
        }
    }
}

fn lvs_line(name: &str, item: &Item, lvs: &mut Lvs) {
    match name {
        "lvs_sync_daemon" => lvs.sync_daemon = lvs.sync_daemon.take().or_else(|| sync(item)),
        "lvs_timeouts" => lvs.timeouts = timeouts(item).or(lvs.timeouts),
        "lvs_flush_on_stop" | "lvs_flush_onstop" => {
            let ours = item.argument().is_some_and(|word| word.is("VS"));
            let what = if ours { FlushOnStop::Ours } else { FlushOnStop::All };
            lvs.flush_on_stop = Some(Sourced::line(what, item.span));
        }
        "smtp_alert_checker" => lvs.smtp_alert = Some(lines::switch(item)),
        "no_checker_emails" => lvs.no_emails = lines::switch(item),
        "checker_log_all_failures" => lvs.log_all_failures = lines::switch(item),
        "rs_init_notifies" => lvs.init_notifies = lines::switch(item),
        _ => {}
    }
}

fn timeouts(item: &Item) -> Option<Sourced<LvsTimeouts>> {
    let mut timeouts = LvsTimeouts::default();
    for pair in item.arguments().chunks(2) {
        let [kind, value] = pair else { return None };
        let seconds = u32::try_from(number::integer(value.bytes()).value).ok()?;
        match kind.bytes() {
            b"tcp" => timeouts.tcp_s = seconds,
            b"tcpfin" => timeouts.tcpfin_s = seconds,
            b"udp" => timeouts.udp_s = seconds,
            _ => return None,
        }
    }
    Some(Sourced::line(timeouts, item.span))
}

/// `IF [VI [ID]]`, or `IF` and options by their names.
fn sync(item: &Item) -> Option<Sourced<LvsSync>> {
    let words: Vec<&Word> = item.arguments().iter().collect();
    let (interface, rest) = words.split_first()?;
    let mut sync = LvsSync {
        interface: interface.text(),
        ..LvsSync::default()
    };
    // The old way: the instance, and its number, by their places.
    let (by_place, options) = options(rest);
    if let Some((instance, behind)) = by_place.split_first() {
        sync.instance = Some(instance.text());
        sync.id = behind.first().and_then(|id| octet(id, 0));
    }
    for pair in options.chunks(2) {
        if option(&mut sync, pair).is_err_and(|stop| stop) {
            break;
        }
    }
    Some(Sourced::line(sync, item.span))
}

/// What stands by its place, and what by its name.
fn options<'a, 'w>(words: &'a [&'w Word]) -> (&'a [&'w Word], &'a [&'w Word]) {
    let is_name = |word: &&Word| NAMED.iter().any(|name| word.is(name));
    let by_place = words.iter().take(2).take_while(|word| !is_name(word)).count();
    words.split_at(by_place)
}

/// One option. keepalived passes over a value that is out of its range; what is no option at all ends the line (`Err(true)`).
fn option(sync: &mut LvsSync, pair: &[&Word]) -> Result<(), bool> {
    let [name, value] = pair else { return Err(true) };
    let known = match name.bytes() {
        b"inst" => {
            sync.instance = Some(value.text());
            return Ok(());
        }
        b"id" => set(&mut sync.id, octet(value, 0)),
        b"maxlen" => set(
            &mut sync.maxlen,
            number_of(value, 1).filter(|octets| *octets <= 65_507),
        ),
        b"port" => set(&mut sync.port, number_of(value, 1)),
        b"ttl" => set(&mut sync.ttl, octet(value, 1)),
        b"group" => set(
            &mut sync.group,
            address(value).filter(std::net::IpAddr::is_multicast),
        ),
        _ => return Err(true),
    };
    if known { Ok(()) } else { Err(false) }
}

fn set<T>(at: &mut Option<T>, value: Option<T>) -> bool {
    *at = value;
    at.is_some()
}

/// What of the options of `lvs_sync_daemon` is passed over, in words.
pub(crate) fn sync_faults(item: &Item) -> Vec<String> {
    let words: Vec<&Word> = item.arguments().iter().skip(1).collect();
    let mut faults = Vec::new();
    let mut nothing = LvsSync::default();
    for pair in options(&words).1.chunks(2) {
        let Err(stop) = option(&mut nothing, pair) else {
            continue;
        };
        let text = pair.iter().map(|word| word.text()).collect::<Vec<_>>().join(" ");
        if stop {
            let what = "is no option with its value, and ends the line";
            faults.push(format!("lvs_sync_daemon: '{text}' {what}"));
            break;
        }
        faults.push(format!("lvs_sync_daemon: '{text}' is out of its range"));
    }
    faults
}

fn octet(word: &Word, least: u16) -> Option<u8> {
    number_of(word, least).and_then(|value| u8::try_from(value).ok())
}

fn number_of(word: &Word, least: u16) -> Option<u16> {
    let reading = number::integer(word.bytes());
    let value = u16::try_from(reading.value).ok().filter(|_| reading.whole)?;
    (value >= least).then_some(value)
}
