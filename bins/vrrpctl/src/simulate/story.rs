//! What came of it, in an operator's words: who took over, after how long, and why; what each client lost.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;
use vrrp_core::{
    Bar, Cause, InstanceId, Instant, Report, StateName, TrackerId, Transition, active_down_nanos, skew_nanos,
};
use vrrp_plan::Instance;
use vrrp_recording::words;
use vrrp_sim::{Fault, NodeId, What, World};

use super::network::Networks;
use super::{Node, conf};

/// So many outages are told one by one.
const OUTAGES_TOLD: usize = 20;
/// Of more, only those that are as long as this.
const NOISE_MS: f64 = 50.0;

/// One line of the story.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Event {
    /// Since the beginning, in milliseconds.
    pub(super) at_ms: f64,
    /// The node, or the client.
    pub(super) who: String,
    /// The instance, where it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instance: Option<String>,
    /// What happened, and why.
    pub(super) what: String,
    /// Of a change of state: the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'static str>,
    /// Of an outage: how long it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lost_ms: Option<f64>,
    /// Something was done to the world here.
    pub(super) fault: bool,
}

/// What the client of one address saw.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Served {
    pub(super) address: IpAddr,
    pub(super) longest_outage_ms: f64,
    /// From and until, in milliseconds since the beginning; no end: to the last moment.
    pub(super) outages_ms: Vec<(f64, Option<f64>)>,
    /// What the protocol needs where an Active falls silent: Active_Down_Interval of who takes over, with its terms.
    pub(super) theory: Vec<Theory>,
}

/// What the protocol needs until one node takes over.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Theory {
    pub(super) node: String,
    /// Active_Down_Interval: after the last advertisement of an Active that falls silent.
    pub(super) silent_ms: f64,
    /// Skew_Time: after the goodbye of one that leaves.
    pub(super) goodbye_ms: f64,
    pub(super) terms: String,
}

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    pub(super) events: Vec<Event>,
    pub(super) addresses: Vec<Served>,
    pub(super) lasts_ms: f64,
    /// What the operator may want to change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hints: Vec<String>,
}

pub(super) fn tell(world: &World, nodes: &[Node], networks: &Networks) -> Story {
    let teller = Teller { nodes, networks };
    let mut events = Vec::new();
    let mut last_fault: Option<(Instant, String)> = None;
    for line in world.timeline().story() {
        let at_ms = ms(line.at.since(Instant::default()));
        let fault = matches!(&line.what, What::Fault(_)) && line.at > Instant::default();
        let mut event = Event {
            at_ms,
            who: line.who.clone(),
            instance: None,
            what: String::new(),
            state: None,
            lost_ms: None,
            fault,
        };
        match &line.what {
            What::Fault(fault) => {
                event.what = teller.fault(fault);
                if event.fault {
                    last_fault = Some((line.at, occasion(&event)));
                }
                if matches!(fault, Fault::PowerCut(_) | Fault::Kill(_)) {
                    // Nobody is there to report it.
                    event.state = Some("off");
                }
            }
            What::Report { router, report, .. } => {
                let Some(instance) = teller.instance(&line.who, *router) else {
                    continue;
                };
                event.instance = Some(instance.name.clone());
                event.what = teller.report(instance, report, &line.who);
                if let Report::Transition(change) = report {
                    event.state = Some(state(change.to, change.holding));
                    if let (StateName::Active, Some((at, what))) = (change.to, &last_fault) {
                        event.what.push_str(&format!(
                            "; {} ms after \"{what}\"",
                            words::millis(line.at.since(*at))
                        ));
                    }
                }
            }
            What::AnsweredBy(node) => event.what = format!("is answered by {node}"),
            What::NoAnswer { lasted, .. } => {
                event.lost_ms = lasted.map(ms);
                event.what = match lasted {
                    Some(lasted) => format!("had no answer for {} ms", words::millis(*lasted)),
                    None => "has no answer until the end".to_owned(),
                };
            }
            What::Exited => event.what = "the daemon has ended".to_owned(),
            What::Added(_)
            | What::Removed(_)
            | What::Announced(_)
            | What::Sent { .. }
            | What::Rejected { .. } => continue,
        }
        events.push(event);
    }
    let mut story = Story {
        events,
        addresses: world.clients().map(|client| teller.served(client)).collect(),
        lasts_ms: ms(world.now().since(Instant::default())),
        hints: Vec::new(),
    };
    story.hints = story.merge_hint(nodes, world).into_iter().collect();
    story
}

fn occasion(event: &Event) -> String {
    match event.who.as_str() {
        "lan" => event.what.clone(),
        who => format!("{who}: {}", event.what),
    }
}

pub(super) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

const fn state(state: StateName, holding: bool) -> &'static str {
    match (state, holding) {
        (_, true) => "holding",
        (StateName::Active, _) => "active",
        (StateName::Backup, _) => "backup",
        (StateName::Initialize, _) => "initialize",
    }
}

struct Teller<'a> {
    nodes: &'a [Node],
    networks: &'a Networks,
}

impl Story {
    /// a winner that is heard first never learns of its rival and announces nothing; the rival's neighbours go on asking
    /// a node that has let the address go.
    fn merge_hint(&self, nodes: &[Node], world: &World) -> Option<String> {
        let healed = |line: &&vrrp_sim::Line| matches!(line.what, What::Fault(Fault::Heal));
        let healed = world.timeline().story().filter(healed).last()?;
        let healed_ms = ms(healed.at.since(Instant::default()));
        let mut instances = nodes.iter().flat_map(|node| &node.instances);
        let silent = instances.any(|instance| !instance.service.settings.advert_before_yield);
        let mut outages = self.addresses.iter().flat_map(|served| &served.outages_ms);
        let lost = outages
            .any(|(from, until)| *from > healed_ms && until.unwrap_or(self.lasts_ms) - from >= NOISE_MS);
        (silent && lost).then(|| {
            "after the partition clients went on asking the node that had yielded, until their caches forgot it: with \
             `higher_prio_send_advert true` in every vrrp_instance the loser speaks once more, and the winner announces again"
                .to_owned()
        })
    }

    /// One of many single requests that a network which loses frames has lost: the sum of them tells enough.
    pub(super) fn is_noise(&self, event: &Event) -> bool {
        let many = self
            .addresses
            .iter()
            .map(|served| served.outages_ms.len())
            .sum::<usize>()
            > OUTAGES_TOLD;
        many && event.lost_ms.is_some_and(|lost_ms| lost_ms < NOISE_MS)
    }
}

impl Teller<'_> {
    fn instance(&self, node: &str, router: InstanceId) -> Option<&Instance> {
        let node = self.nodes.iter().find(|other| other.name == node)?;
        node.instances.get(usize::try_from(router.0).ok()?)
    }

    fn name(&self, id: NodeId) -> &str {
        self.nodes.get(id.0).map_or("", |node| node.name.as_str())
    }

    /// A node by the address that it sends from.
    fn sender(&self, source: IpAddr) -> String {
        let owner = (0..self.nodes.len()).find(|number| {
            let mut own = self.networks.sources(*number);
            own.any(|(_, address)| address == source)
        });
        owner.map_or_else(
            || source.to_string(),
            |number| self.name(NodeId(number)).to_owned(),
        )
    }

    fn fault(&self, fault: &Fault) -> String {
        match fault {
            Fault::HealthOf(id, router, tracker, health) => {
                let node = self.nodes.get(id.0);
                let instance = node.and_then(|node| node.instances.get(*router));
                let what = instance.map_or_else(String::new, |instance| conf::tracked(instance, *tracker));
                format!(
                    "{what} is now known to be {}",
                    format!("{health:?}").to_lowercase()
                )
            }
            Fault::Partition(sides) => {
                let mut text = "partition:".to_owned();
                for (id, side) in sides {
                    text.push_str(&format!(" {} on side {}", self.name(*id), side + 1));
                }
                text
            }
            Fault::Way(from, to, _) => {
                let text = fault.to_string();
                let what = text.split_once(": ").map_or(text.as_str(), |(_, what)| what);
                format!("from {} to {}: {what}", self.name(*from), self.name(*to))
            }
            Fault::On(_, inner) => self.fault(inner),
            other => other.to_string(),
        }
    }

    fn report(&self, instance: &Instance, report: &Report, node: &str) -> String {
        match report {
            Report::Transition(Transition {
                from,
                to,
                cause,
                holding,
            }) => {
                let holding = if *holding {
                    "; the addresses still answer"
                } else {
                    ""
                };
                format!("{from} -> {to}: {}{holding}", self.cause(instance, *cause, node))
            }
            Report::Priority { from, to } => format!("priority {from} -> {to}"),
            Report::HoldEnded {
                successor: Some(successor),
            } => {
                format!(
                    "lets the addresses go: {} has taken over",
                    self.sender(*successor)
                )
            }
            Report::Reasserted { source, priority } => format!(
                "answers {}, which claims to be Active with priority {priority}",
                self.sender(*source)
            ),
            Report::SamePriority { source } => {
                format!(
                    "{} has the same priority: the higher address decides",
                    self.sender(*source)
                )
            }
            other => words::report(other),
        }
    }

    fn cause(&self, instance: &Instance, cause: Cause, node: &str) -> String {
        match cause {
            Cause::NoResponse => {
                let theory = theory(node, instance);
                format!(
                    "nobody was heard for {:.3} ms ({})",
                    theory.silent_ms, theory.terms
                )
            }
            Cause::PriorityZero => "the last Active said goodbye, and Skew_Time is over".to_owned(),
            Cause::HigherHeard { source, priority } => {
                format!("{} advertises priority {priority}", self.sender(source))
            }
            Cause::Barred(bar) => format!("may not take part: {}", bar_words(instance, bar)),
            Cause::Started => "it is started, or nothing bars it any more".to_owned(),
            other => words::cause(other),
        }
    }

    fn served(&self, client: &vrrp_sim::Client) -> Served {
        let settings = client.settings();
        let since = |at: Instant| ms(at.since(Instant::default()));
        let outages = client.outages().iter();
        let mut theory = Vec::new();
        for (number, node) in self.nodes.iter().enumerate() {
            let with_it = node.instances.iter().filter(|instance| {
                let s = &instance.service.settings;
                self.networks.of(number, instance) == settings.segment
                    && s.addresses
                        .iter()
                        .chain(&s.held_only)
                        .any(|address| *address == settings.target)
            });
            theory.extend(with_it.map(|instance| self::theory(&node.name, instance)));
        }
        Served {
            address: settings.target,
            longest_outage_ms: ms(client.longest_outage()),
            outages_ms: outages
                .map(|outage| (since(outage.from), outage.until.map(since)))
                .collect(),
            theory,
        }
    }
}

fn bar_words(instance: &Instance, bar: Bar) -> String {
    match bar {
        Bar::Tracker(id) => format!("{} is not up", conf::tracked(instance, TrackerId(id.0))),
        other => words::bar(other),
    }
}

/// RFC 9568 section 6.1 and RFC 3768 section 6.1.
fn theory(node: &str, instance: &Instance) -> Theory {
    let s = &instance.service.settings;
    let down = active_down_nanos(s.version, s.priority, s.interval, s.down_adverts);
    let skew = skew_nanos(s.version, s.priority, s.interval);
    let (silent, goodbye) = (Duration::from_nanos(down), Duration::from_nanos(skew));
    Theory {
        node: node.to_owned(),
        silent_ms: ms(silent),
        goodbye_ms: ms(goodbye),
        terms: format!(
            "{} x {} + Skew_Time of priority {}, {} ms",
            s.down_adverts,
            s.interval,
            s.priority,
            words::millis(goodbye)
        ),
    }
}
