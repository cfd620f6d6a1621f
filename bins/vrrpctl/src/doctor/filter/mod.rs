//! Whether the rules of nftables (and of iptables, where that is made of them) let protocol 112 in.

mod condition;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::process::Command;

use serde_json::Value;

use super::finding::{About, Finding};
use super::subject::Subject;

/// A packet as it would come in, or go out.
#[derive(Debug, Clone)]
struct Packet<'a> {
    goes_out: bool,
    interface: Option<&'a str>,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    v4: bool,
}

/// What rules do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Passes,
    Dropped(By),
    /// As far as it can be seen.
    PerhapsDropped(By),
    /// Nothing that can be read drops it; this rule decides by something that cannot.
    Unjudged(By),
}

/// Which rule or policy, and the chain that it is in, as nft names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct By {
    text: String,
    chain: String,
}

/// A rule that ends the way of a packet, or does not.
enum Step {
    Next,
    Accept,
    Drop(By),
    Return,
}

/// The rules as nft has them, in the network of the caller.
pub(super) fn ruleset() -> Result<Value, String> {
    let asked = Command::new("nft").args(["-j", "list", "ruleset"]).output();
    let output = asked.map_err(|error| format!("nft cannot be run ({error})"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("nft cannot list its rules ({})", said.trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("nft's answer is no JSON ({error})"))
}

pub(super) fn findings(subjects: &[Subject], rules: &Result<Value, String>) -> Vec<Finding> {
    let mut found: Vec<Finding> = subjects.iter().flat_map(|one| instance(one, rules)).collect();
    let legacy = ["ip_tables_names", "ip6_tables_names"].iter().filter(|name| {
        let text = std::fs::read_to_string(format!("/proc/self/net/{name}"));
        text.is_ok_and(|text| text.lines().any(|table| table == "filter" || table == "raw"))
    });
    let below = rules.as_ref().map(below).unwrap_or_default();
    if !below.is_empty() {
        found.push(About::all("firewall").unchecked(
            format!("rules below IP drop some packets, and are not judged: {}", below.join(", ")),
            "nft list ruleset shows them: let protocol 112 through there; the check reception tells what comes behind them",
        ));
    }
    if legacy.count() > 0 {
        let about = About::all("firewall-legacy");
        found.push(about.unchecked(
            "there are rules of the old iptables in the kernel, which nft does not show",
            "iptables-legacy -S INPUT shows them; the check reception tells what the kernel really does",
        ));
    }
    found
}

/// Chains of network cards and bridges that have a drop in their table.
fn below(rules: &Value) -> Vec<String> {
    let items: Vec<&Value> = rules["nftables"].as_array().into_iter().flatten().collect();
    let drops = |chain: &Value| {
        let of_table = |rule: &&&Value| rule["family"] == chain["family"] && rule["table"] == chain["table"];
        let mut rules = items
            .iter()
            .filter_map(|item| item.get("rule"))
            .filter(|rule| of_table(&rule));
        chain["policy"] == "drop" || rules.any(|rule| has_drop(&rule["expr"]))
    };
    let is_below = |chain: &&Value| {
        let is_hooked = chain["hook"].is_string();
        let of_card = matches!(chain["family"].as_str(), Some("netdev" | "bridge"));
        is_hooked && (of_card || matches!(chain["hook"].as_str(), Some("ingress" | "egress")))
    };
    let chains = items.iter().filter_map(|item| item.get("chain"));
    let found = chains.filter(is_below).filter(|chain| drops(chain));
    let word = |chain: &Value, word: &str| chain[word].as_str().unwrap_or_default().to_owned();
    found
        .map(|chain| {
            let (name, family, table) = (word(chain, "name"), word(chain, "family"), word(chain, "table"));
            format!("chain {name} of table {family} {table}")
        })
        .collect()
}

/// Also within a map.
fn has_drop(expression: &Value) -> bool {
    match expression {
        Value::Array(all) => all.iter().any(has_drop),
        Value::Object(one) => {
            let mut parts = one.iter();
            parts.any(|(word, inner)| word == "drop" || word == "reject" || has_drop(inner))
        }
        _ => false,
    }
}

fn instance(subject: &Subject, rules: &Result<Value, String>) -> Vec<Finding> {
    let about = About::one("firewall", &subject.name);
    let rules = match rules {
        Ok(rules) => rules,
        Err(why) => {
            let cure = "run it as root where nftables is installed; the check reception tells what the kernel really does";
            return vec![about.unchecked(why.clone(), cure)];
        }
    };
    let packet = |goes_out, source, destination| Packet {
        goes_out,
        interface: subject.interface.as_deref(),
        source,
        destination,
        v4: subject.is_v4(),
    };
    let packets: Vec<Packet<'_>> = match subject.group {
        Some(group) => [false, true].map(|out| packet(out, None, Some(group))).to_vec(),
        None => (subject.peers.iter())
            .flat_map(|peer| [packet(false, Some(*peer), None), packet(true, None, Some(*peer))])
            .collect(),
    };
    let mut found = Vec::new();
    for packet in packets {
        let which = match (packet.goes_out, packet.source, packet.destination) {
            (false, Some(source), _) => format!("the advertisements of {source}"),
            (true, _, Some(to)) => format!("the advertisements of this node to {to}"),
            (_, _, to) => format!(
                "the advertisements of others to {}",
                to.map(|to| to.to_string()).unwrap_or_default()
            ),
        };
        let means = if packet.goes_out {
            "the others do not hear this node and become Active beside it"
        } else {
            "this node does not hear the others and becomes Active beside them"
        };
        match fate(rules, &packet) {
            Fate::Passes => {}
            Fate::Dropped(by) => {
                found.push(about.fault(format!("{} drops {which}", by.text), means, cure(&packet, &by)))
            }
            Fate::Unjudged(by) => found.push(about.unchecked(
                format!(
                    "{} decides about {which} by what cannot be read here (a map, a queue, an extension)",
                    by.text
                ),
                "look at it with nft list ruleset; the check reception tells what the kernel really does",
            )),
            Fate::PerhapsDropped(by) => found.push(about.warning(
                format!(
                    "{} may drop {which}: its conditions cannot all be judged here",
                    by.text
                ),
                format!("where it does, {means}"),
                cure(&packet, &by),
            )),
        }
    }
    if found.is_empty() {
        found.push(about.ok("no rule of nftables drops its advertisements"));
    }
    found
}

/// In front of all rules of that chain.
fn cure(packet: &Packet<'_>, by: &By) -> String {
    let way = if packet.goes_out { "oifname" } else { "iifname" };
    let interface = packet
        .interface
        .map_or_else(String::new, |name| format!("{way} \"{name}\" "));
    let peer = packet
        .source
        .map(|peer| ("saddr", peer))
        .or(packet.destination.map(|peer| ("daddr", peer)));
    let peer = peer.map_or_else(String::new, |(word, peer)| {
        format!("{} {word} {peer} ", if peer.is_ipv4() { "ip" } else { "ip6" })
    });
    let chain = &by.chain;
    format!(
        "nft insert rule {chain} {interface}{peer}meta l4proto 112 accept; and the same where the rules are kept over a reboot"
    )
}

/// Through every chain that sees what comes in.
fn fate(rules: &Value, packet: &Packet<'_>) -> Fate {
    let items: Vec<&Value> = rules["nftables"].as_array().into_iter().flatten().collect();
    let chains = items.iter().filter_map(|item| item.get("chain"));
    let (mut perhaps, mut unjudged) = (None, None);
    for chain in chains {
        let family = chain["family"].as_str().unwrap_or_default();
        let hook = chain["hook"].as_str().unwrap_or_default();
        let sees = matches!((family, packet.v4), ("inet", _) | ("ip", true) | ("ip6", false))
            && if packet.goes_out {
                matches!(hook, "output" | "postrouting")
            } else {
                matches!(hook, "prerouting" | "input")
            };
        // Translation of addresses drops nothing.
        if !sees || chain["type"] == "nat" {
            continue;
        }
        let mut walk = Walk {
            items: &items,
            packet,
            table: (family, chain["table"].as_str().unwrap_or_default()),
            perhaps_dropped: None,
            perhaps_accepted: false,
            unjudged: None,
            depth: 0,
        };
        let name = chain["name"].as_str().unwrap_or_default();
        let end = match walk.chain(name) {
            Step::Next | Step::Return if chain["policy"] == "drop" => Step::Drop(By {
                text: format!("the policy of chain {name} of table {family} {}", walk.table.1),
                chain: format!("{family} {} {name}", walk.table.1),
            }),
            step => step,
        };
        unjudged = unjudged.or(walk.unjudged.take());
        match end {
            Step::Drop(by) if !walk.perhaps_accepted => return Fate::Dropped(by),
            Step::Drop(by) => perhaps = perhaps.or(Some(by)),
            _ => perhaps = perhaps.or(walk.perhaps_dropped),
        }
    }
    match (perhaps, unjudged) {
        (Some(by), _) => Fate::PerhapsDropped(by),
        (None, Some(by)) => Fate::Unjudged(by),
        (None, None) => Fate::Passes,
    }
}

struct Walk<'a> {
    items: &'a [&'a Value],
    packet: &'a Packet<'a>,
    table: (&'a str, &'a str),
    perhaps_dropped: Option<By>,
    /// The way may have ended before, or left out what follows: no later drop is certain.
    perhaps_accepted: bool,
    /// A rule that may decide, and cannot be judged.
    unjudged: Option<By>,
    depth: u8,
}

impl Walk<'_> {
    fn chain(&mut self, name: &str) -> Step {
        // The kernel refuses loops; a listing may be cut.
        if self.depth > 16 {
            return Step::Next;
        }
        let (family, table) = self.table;
        let of_chain =
            |rule: &&Value| rule["family"] == family && rule["table"] == table && rule["chain"] == name;
        let rules = self.items.iter().filter_map(|item| item.get("rule"));
        let rules: Vec<&Value> = rules.filter(of_chain).collect();
        for rule in rules {
            match self.rule(rule, name) {
                Step::Next => {}
                Step::Return => return Step::Return,
                end => return end,
            }
        }
        Step::Next
    }

    fn rule(&mut self, rule: &Value, chain: &str) -> Step {
        // None: it cannot be judged.
        let mut fits = Some(true);
        for part in rule["expr"].as_array().into_iter().flatten() {
            let Some((what, value)) = part.as_object().and_then(|part| part.iter().next()) else {
                continue;
            };
            match what.as_str() {
                "match" => {
                    fits = match (fits, condition::holds(value, self.packet)) {
                        (_, Some(false)) => return Step::Next,
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    };
                }
                "counter" | "log" | "comment" | "notrack" | "mangle" => {}
                "accept" if fits.is_some() => return Step::Accept,
                "return" if fits.is_some() => return Step::Return,
                "accept" | "return" => self.perhaps_accepted = true,
                "drop" | "reject" if fits.is_some() => return Step::Drop(self.by(rule, chain)),
                "drop" | "reject" => {
                    let by = self.by(rule, chain);
                    self.perhaps_dropped.get_or_insert(by);
                }
                "jump" | "goto" => {
                    let target = value["target"].as_str().unwrap_or_default();
                    if let Some(end) = self.jump(target, fits.is_some(), what == "goto") {
                        return end;
                    }
                }
                // Conditions, and nothing more.
                "limit" | "quota" | "ct count" | "last" => fits = None,
                "xt" if value["type"] == "match" => fits = None,
                "vmap" if condition::is_of_answers(value) => return Step::Next,
                // vmap, queue, the target of an extension ...: whatever it does, it may be the end.
                _ => {
                    fits = None;
                    self.perhaps_accepted = true;
                    let by = self.by(rule, chain);
                    self.unjudged.get_or_insert(by);
                }
            }
        }
        Step::Next
    }

    fn by(&self, rule: &Value, chain: &str) -> By {
        let (family, table) = self.table;
        let handle = &rule["handle"];
        By {
            text: format!(
                "rule {handle} of chain {chain} of table {family} {table} (nft -a list chain {family} {table} {chain})"
            ),
            chain: format!("{family} {table} {chain}"),
        }
    }

    /// What a chain that is jumped to decides; for certain, or perhaps.
    fn jump(&mut self, target: &str, certain: bool, for_good: bool) -> Option<Step> {
        self.depth += 1;
        let end = self.chain(target);
        self.depth -= 1;
        match end {
            Step::Next | Step::Return => {
                // Behind a goto nothing of this chain follows.
                self.perhaps_accepted |= for_good && !certain;
                (certain && for_good).then_some(Step::Return)
            }
            end if certain => Some(end),
            Step::Accept => {
                self.perhaps_accepted = true;
                None
            }
            Step::Drop(by) => {
                self.perhaps_dropped.get_or_insert(by);
                None
            }
        }
    }
}
