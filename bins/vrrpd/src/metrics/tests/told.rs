//! What is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde_json::json;

use super::super::families::{self, Kind};
use super::super::look::Look;
use super::super::pages::{Asked, asked, page};
use super::{answer, silent};

/// Lists every metric with its labels; docs/metrics.md is the page.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
const ALERTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/alerts.yml");

fn look(answer: vrrp_control::Answer, took: Duration) -> Arc<Look> {
    Arc::new(Look::new(answer, None, took))
}

fn check(name: &str) -> serde_json::Value {
    json!({
        "name": name, "command": "x", "health": "up", "interval_ms": 1, "timeout_ms": 1, "rise": 1, "fall": 1,
        "against": 0, "runs": 3, "failures": 1, "skipped": 0, "tracked_by": [],
        "last": { "ended_unix_ms": 1, "took_ms": 250, "succeeded": true, "result": "", "output": "" }
    })
}

#[test]
fn names_of_the_file_forge_no_line() {
    let name = "a\"} 7\n\\b";
    let look = look(
        answer(|status| status["checks"] = json!([check(name)])),
        Duration::ZERO,
    );
    let text = look.metrics(0).to_owned();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("vrrpd_check_runs"))
        .collect();
    assert_eq!(lines, [r#"vrrpd_check_runs_total{check="a\"} 7\n\\b"} 3"#]);
}

/// Units, suffixes and types as OpenMetrics wants them; numbers typed by hand.
#[test]
fn a_number_has_its_unit_and_its_suffix() {
    let look = look(
        answer(|status| status["checks"] = json!([check("c")])),
        Duration::from_millis(2),
    );
    let text = look.metrics(5).to_owned();
    for line in [
        "# TYPE vrrpd_check_last_duration_seconds gauge",
        "# UNIT vrrpd_check_last_duration_seconds seconds",
        "vrrpd_check_last_duration_seconds{check=\"c\"} 0.25",
        "# TYPE vrrpd_check_failures counter",
        "vrrpd_check_failures_total{check=\"c\"} 1",
        "vrrpd_start_timestamp_seconds 1.5",
        "vrrpd_loop_lag_seconds 0.001",
        "vrrpd_loop_answer_seconds 0.002",
        "vrrpd_checksum_errors_total 4",
        "vrrpd_rejected_packets_total{reason=\"checksum\"} 4",
        "vrrpd_rejected_packets_total{reason=\"ip-ttl\"} 0",
        "vrrpd_listener_refused_connections_total 5",
        "# TYPE vrrpd_build info",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(text.ends_with("\n# EOF\n"));
}

#[test]
fn where_the_loop_is_silent_the_metrics_say_so() {
    let look = look(silent(), Duration::from_secs(2));
    let told = page(Asked::Metrics, &look, 0);
    assert_eq!(told.code, 200);
    assert!(told.body.contains("\nvrrpd_loop_answering 0\n"), "{}", told.body);
    assert!(!told.body.contains("\nvrrpd_stopping "), "{}", told.body);
    for asked in [Asked::Healthy, Asked::Ready] {
        let told = page(asked, &look, 0);
        assert_eq!(
            (told.code.as_u16(), told.body.as_str()),
            (503, "the router loop gave no answer within 2 s\n")
        );
    }
    let told = page(Asked::Status, &look, 0);
    assert_eq!(told.code, 503);
    assert!(
        told.body.contains(r#"{"error":{"kind":"unavailable""#),
        "{}",
        told.body
    );
}

#[test]
fn a_loop_that_answers_late_is_not_healthy() {
    let of = |milliseconds| {
        let look = look(answer(|_| {}), Duration::from_millis(milliseconds));
        page(Asked::Healthy, &look, 0)
    };
    assert_eq!(of(900).code, 200);
    let late = of(1_100);
    assert_eq!(
        (late.code.as_u16(), late.body.as_str()),
        (
            503,
            "the router loop answered after 1100 ms; 1000 are the limit\n"
        )
    );
}

#[test]
fn ready_is_what_runs_the_whole_file() {
    let of = |change: fn(&mut serde_json::Value)| {
        let told = page(Asked::Ready, &look(answer(change), Duration::ZERO), 0);
        (told.code.as_u16(), told.body)
    };
    assert_eq!(of(|_| {}), (200, "ok\n".to_owned()));
    assert_eq!(
        of(|status| status["daemon"]["stopping"] = true.into()),
        (503, "vrrpd is stopping\n".to_owned())
    );
    assert_eq!(
        of(|status| {
            status["daemon"]["last_reload"] = json!({ "at_unix_ms": 1, "applied": false, "message": "line 7" });
            status["daemon"]["not_started"] =
                json!([{ "name": "VI_2", "place": "x:1", "reason": "use_ipvlan: no" }]);
        }),
        (
            503,
            "the file is not in force, its last reload was refused: line 7\nVI_2 was not started: use_ipvlan: no\n"
                .to_owned()
        )
    );
    let applied = of(|status| {
        status["daemon"]["last_reload"] = json!({ "at_unix_ms": 1, "applied": true, "message": "" });
    });
    assert_eq!(applied.0, 200);
}

#[test]
fn what_needs_no_look_causes_none() {
    assert_eq!(asked(&Method::GET, "/metrics"), Ok(Asked::Metrics));
    for (method, path, code) in [
        (Method::GET, "/", 200),
        (Method::GET, "/metrics/", 404),
        (Method::DELETE, "/metrics", 405),
        (Method::CONNECT, "", 405),
    ] {
        assert_eq!(asked(&method, path).unwrap_err().code, code, "{method} {path}");
    }
}

/// Words of a text that begin as our metrics do.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    words
        .filter(|word| word.starts_with("vrrpd_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_metric_of_the_alerts_is_told() {
    let known: BTreeSet<String> = families::all().map(|family| family.full_name()).collect();
    let text = std::fs::read_to_string(ALERTS).unwrap();
    // What stands in a comment is not asked for.
    let rules: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect::<Vec<_>>()
        .join("\n");
    let used = names(&rules);
    assert!(used.len() >= 8, "{used:?}");
    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let alerts: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    for wanted in [
        "VrrpNoActive",
        "VrrpTwoActive",
        "VrrpFlapping",
        "VrrpCheckFailing",
        "VrrpAddressLost",
        "VrrpLoopLate",
        "VrrpdDown",
    ] {
        assert!(alerts.contains(wanted), "{wanted} is not in {alerts:?}");
    }
}

#[test]
fn no_name_is_there_twice_and_none_has_a_suffix_of_its_own() {
    let mut seen = BTreeSet::new();
    for family in families::all() {
        assert!(seen.insert(family.full_name()), "{} is there twice", family.name);
        for suffix in [
            "_total", "_info", "_seconds", "_count", "_sum", "_bucket", "_created",
        ] {
            let counts = suffix == "_count" && family.kind == Kind::Gauge;
            assert!(counts || !family.name.ends_with(suffix), "{}", family.name);
        }
        assert!(
            !family.help.contains(['\n', '\\', '|']) && family.help.ends_with('.'),
            "{}",
            family.help
        );
    }
}

/// Between its marks the page has one line for each metric. `MAN_PAGES=write` writes them.
#[test]
fn man_page_of_metrics() {
    const BEGIN: &str = "| Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n";
    const END: &str = "\n<!-- end of the metrics -->";
    let mut lines = Vec::new();
    for family in families::all() {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Info => "info",
        };
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        lines.push(format!(
            "| `{}` | {kind} | {} | {} |",
            family.full_name(),
            labels.join(", "),
            family.help
        ));
    }
    let table = lines.join("\n");
    let found = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = found.split_once(BEGIN).expect("the head of the table");
    let (_, after) = rest.split_once(END).expect("the mark behind the table");
    let page = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var("MAN_PAGES").as_deref() == Ok("write") {
        std::fs::write(PAGE, page).unwrap();
    } else {
        assert!(
            found == page,
            "docs/metrics.md is stale: `MAN_PAGES=write cargo test -p vrrpd --features metrics man_page` writes it"
        );
    }
}
