//! The story as a picture: a lane for each instance of each node and for each client, time from left to right.

use std::fmt::Write as _;

use super::Node;
use super::story::Story;

const LEFT: f64 = 190.0;
const WIDTH: f64 = 900.0;
const LANE: f64 = 26.0;
const TOP: f64 = 46.0;

/// Colours that are told apart without red and green as well.
const COLOURS: [(&str, &str, &str); 5] = [
    ("active", "#1b7837", "Active"),
    ("holding", "#a6dba0", "still answering"),
    ("backup", "#c7d5e8", "Backup"),
    ("initialize", "#e6e6e6", "Initialize"),
    ("off", "#ffffff", "off"),
];
const OUTAGE: &str = "#b2182b";

pub(super) fn draw(title: &str, nodes: &[Node], story: &Story) -> String {
    let lanes = nodes.iter().map(|node| node.instances.len()).sum::<usize>() + story.addresses.len();
    let bottom = TOP + LANE * number(lanes);
    let scale = WIDTH / story.lasts_ms.max(1.0);
    let x = |at_ms: f64| LEFT + at_ms * scale;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">",
        LEFT + WIDTH + 20.0,
        bottom + 70.0
    );
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
    let _ = writeln!(
        out,
        "<text x=\"10\" y=\"20\" font-size=\"15\">{}</text>",
        escape(title)
    );
    let lanes = node_lanes(&mut out, nodes, story, &x);
    client_lanes(&mut out, story, lanes, &x);
    for event in story.events.iter().filter(|event| event.fault) {
        let _ = writeln!(
            out,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1}\" y2=\"{bottom}\" stroke=\"black\" stroke-dasharray=\"3 3\"><title>{2}</title></line>\n\
             <text x=\"{0:.1}\" y=\"{3}\">{2}</text>",
            x(event.at_ms),
            TOP - 4.0,
            escape(&format!("{} {}", event.who, event.what)),
            TOP - 8.0
        );
    }
    axis(&mut out, story.lasts_ms, bottom, &x);
    out.push_str("</svg>\n");
    out
}

/// Gives how many.
fn node_lanes(out: &mut String, nodes: &[Node], story: &Story, x: &impl Fn(f64) -> f64) -> usize {
    let mut lane = 0;
    for node in nodes {
        for instance in &node.instances {
            let y = TOP + LANE * number(lane);
            lane += 1;
            label(out, y, &format!("{} {}", node.name, instance.name));
            let mut since = ("off", 0.0);
            let mut bar = |from: f64, to: f64, state: &str| {
                let known = COLOURS.iter().find(|(name, ..)| *name == state);
                let colour = known.map_or("#ffffff", |(_, colour, _)| colour);
                rect(out, (x(from), y), x(to) - x(from), colour);
            };
            let ours = story.events.iter().filter(|event| {
                event.who == node.name && event.instance.as_ref().is_none_or(|name| *name == instance.name)
            });
            for event in ours {
                if let Some(state) = event.state {
                    bar(since.1, event.at_ms, since.0);
                    since = (state, event.at_ms);
                }
            }
            bar(since.1, story.lasts_ms, since.0);
        }
    }
    lane
}

fn client_lanes(out: &mut String, story: &Story, first: usize, x: &impl Fn(f64) -> f64) {
    for (lane, served) in (first..).zip(&story.addresses) {
        let y = TOP + LANE * number(lane);
        label(out, y, &served.address.to_string());
        rect(out, (LEFT, y + 8.0), WIDTH, "#d9f0d3");
        for (from, until) in &served.outages_ms {
            let until = until.unwrap_or(story.lasts_ms);
            // A millisecond would be too thin to see.
            rect(out, (x(*from), y), (x(until) - x(*from)).max(2.0), OUTAGE);
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{OUTAGE}\">{:.0} ms</text>",
                x(until) + 4.0,
                y + 14.0,
                until - from
            );
        }
    }
}

fn axis(out: &mut String, lasts_ms: f64, bottom: f64, x: &impl Fn(f64) -> f64) {
    let mut at_ms = 0.0;
    while at_ms <= lasts_ms {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555555\">{:.0} s</text>",
            x(at_ms),
            bottom + 16.0,
            at_ms / 1000.0
        );
        at_ms += 5000.0_f64.max((lasts_ms / 10.0 / 5000.0).ceil() * 5000.0);
    }
    for (place, (_, colour, name)) in COLOURS.iter().enumerate() {
        let left = LEFT + 130.0 * number(place);
        rect(out, (left, bottom + 32.0), 18.0, colour);
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
            left + 24.0,
            bottom + 45.0
        );
    }
    let left = LEFT + 650.0;
    rect(out, (left, bottom + 32.0), 18.0, OUTAGE);
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\">no answer</text>",
        left + 24.0,
        bottom + 45.0
    );
}

fn label(out: &mut String, y: f64, text: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 8.0,
        y + 14.0,
        escape(text)
    );
}

fn rect(out: &mut String, (x, y): (f64, f64), width: f64, colour: &str) {
    if width > 0.0 {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"18\" fill=\"{colour}\" stroke=\"#888888\" stroke-width=\"0.5\"/>"
        );
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn escape(text: &str) -> String {
    let text = crate::words::clean(text);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
