//! The picture for a page: no font, script or style from elsewhere.

use super::Story;
use crate::Stamp;
use std::fmt::Write as _;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 70.0;
const ROW: f64 = 46.0;
const COLOURS: [&str; 4] = ["#2a7fb8", "#3f9b4f", "#8a5fb0", "#b8862a"];

pub(super) fn draw(story: &Story) -> String {
    let rows = story.nodes.len() as f64 + 1.0;
    let bottom = TOP + rows * ROW;
    let height = bottom + 44.0 + 20.0 * story.events.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"26\" font-size=\"17\">{}</text>\n",
        escape(&story.title)
    );
    for (row, (number, name)) in story.nodes.iter().enumerate() {
        let y = TOP + row as f64 * ROW;
        label(&mut svg, name, y);
        for s in story.stretches.iter().filter(|s| s.node == *number) {
            rectangle(&mut svg, story, (s.from, s.to), y, COLOURS[row % COLOURS.len()]);
        }
    }
    let y = TOP + story.nodes.len() as f64 * ROW;
    label(&mut svg, "nobody", y);
    for silence in story.silences() {
        rectangle(&mut svg, story, silence, y, "#c8402f");
        let (x, ms) = (horizontal(story, silence.0), silence.1.ms_since(silence.0));
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\">{ms:.0} ms</text>",
            y + 42.0
        );
    }
    axis(&mut svg, story, bottom);
    events(&mut svg, story, bottom);
    svg.push_str("</svg>\n");
    svg
}

fn horizontal(story: &Story, at: Stamp) -> f64 {
    let whole = story.seconds(story.to).max(f64::MIN_POSITIVE);
    LEFT + (WIDTH - LEFT - RIGHT) * (story.seconds(at) / whole).clamp(0.0, 1.0)
}

fn label(svg: &mut String, name: &str, y: f64) {
    let _ = writeln!(
        svg,
        "<text x=\"14\" y=\"{:.1}\">{}</text>",
        y + 20.0,
        escape(name)
    );
}

fn rectangle(svg: &mut String, story: &Story, (from, to): (Stamp, Stamp), y: f64, colour: &str) {
    let (x, end) = (horizontal(story, from), horizontal(story, to));
    let width = (end - x).max(0.5);
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" height=\"28\" rx=\"2\" fill=\"{colour}\"/>"
    );
}

fn axis(svg: &mut String, story: &Story, bottom: f64) {
    let mut second: u32 = 0;
    while f64::from(second) <= story.seconds(story.to) {
        let x = horizontal(story, story.from + std::time::Duration::from_secs(second.into()));
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"middle\">{second} s</text>",
            bottom + 16.0
        );
        second += 5;
    }
}

fn events(svg: &mut String, story: &Story, bottom: f64) {
    for (at, event) in story.events.iter().enumerate() {
        let (x, number) = (horizontal(story, event.at), at + 1);
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{bottom:.1}\" stroke=\"#444\" \
             stroke-dasharray=\"3 3\"/>\n<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{number}</text>\n\
             <text x=\"{LEFT}\" y=\"{:.1}\" font-size=\"12\">{number}: {:.3} s {}</text>",
            TOP - 8.0,
            TOP - 12.0,
            bottom + 40.0 + 20.0 * at as f64,
            story.seconds(event.at),
            escape(&event.what)
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use crate::picture::tests::story;

    #[test]
    fn every_stretch_silence_and_event_is_drawn_and_names_are_escaped() {
        let svg = story().svg();
        // The background, two stretches, two silences.
        assert_eq!(svg.matches("<rect").count(), 5, "{svg}");
        assert_eq!(svg.matches("<line").count(), 1);
        assert!(svg.contains("3000 ms") && svg.contains("a &lt;test&gt;"), "{svg}");
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }
}
