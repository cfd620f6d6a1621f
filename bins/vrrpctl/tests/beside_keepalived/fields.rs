//! Our value and keepalived's, each in the words of its dump.

use serde_json::Value;

use crate::dump::{Block, Dump};

/// A field of one block with both values.
pub(crate) type Pair = (&'static str, String, String);

fn whole(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Milliseconds of `1 sec` and `1000 milli-sec`.
fn ms(text: &str) -> String {
    let (number, unit) = text.split_once(' ').unwrap_or((text, "sec"));
    let zeros = if unit == "sec" { "000" } else { "" };
    format!("{number}{zeros}")
}

/// `addr dev NAME scope NAME label NAME` of both; an address on the instance's virtual MAC has no name of its own here.
fn theirs(line: &str, vmac: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |word: &str| {
        let at = words.iter().position(|known| *known == word)?;
        words.get(at + 1).copied()
    };
    let host = words[0].strip_suffix("/128").unwrap_or(words[0]);
    let device = after("dev")
        .unwrap_or_default()
        .split('@')
        .next()
        .unwrap_or_default();
    let device = if device == vmac { "(own)" } else { device };
    format!(
        "{host} {device} {} {}",
        after("scope").unwrap_or("global"),
        after("label").unwrap_or_default()
    )
}

fn ours(address: &Value, own: &str) -> String {
    let text = whole(&address["address"]);
    let host = text.strip_suffix("/32").filter(|host| !host.contains(':'));
    let host = host.or_else(|| text.strip_suffix("/128")).unwrap_or(&text);
    let device = whole(&address["dev"]);
    let device = if device == own { "(own)" } else { &device };
    let scope = address["scope"].as_str().unwrap_or("global");
    format!("{host} {device} {scope} {}", whole(&address["label"]))
}

fn track(track: &Value) -> String {
    let reverse = if track["reverse"] == true { " reverse" } else { "" };
    format!("{} weight {}{reverse}", whole(&track["name"]), track["weight"])
}

/// As files and processes are printed.
fn track_number(one: &Value) -> String {
    track(one).replacen(" weight", ", weight", 1)
}

fn weight(settings: &Value) -> String {
    let weight = &settings["weight"]["value"];
    let reverse = if weight["reverse"] == true { " reverse" } else { "" };
    format!("{}{reverse}", weight["weight"])
}

pub(crate) fn track_file(block: &Block, settings: &Value) -> Vec<Pair> {
    vec![
        (
            "file",
            block.value("File").to_owned(),
            whole(&settings["file"]["value"]),
        ),
        ("file weight", block.value("Weight").to_owned(), weight(settings)),
    ]
}

pub(crate) fn track_process(block: &Block, settings: &Value) -> Vec<Pair> {
    let value = |name: &str| whole(&settings[name]["value"]);
    let us = |name: &str| {
        let us = settings[name]["value"].as_u64().unwrap_or_default();
        format!("{}.{:06}s", us / 1_000_000, us % 1_000_000)
    };
    let printed = format!("{} {}", block.value("Process"), block.value("Parameters"));
    let words = settings["process"]["value"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let words: Vec<String> = words.iter().map(whole).collect();
    // A quorum_max of 0 leaves no least.
    let least = match value("quorum_max").as_str() {
        "0" => "0".to_owned(),
        _ => value("quorum"),
    };
    vec![
        ("process", printed.trim().to_owned(), words.join(" ")),
        (
            "process weight",
            block.value("Weight").to_owned(),
            weight(settings),
        ),
        ("quorum", block.value("Min processes").to_owned(), least),
        (
            "quorum_max",
            block.value("Max processes").to_owned(),
            value("quorum_max"),
        ),
        (
            "fork_delay",
            block.value("Fork delay").to_owned(),
            us("fork_delay_us"),
        ),
        (
            "terminate_delay",
            block.value("Terminate delay").to_owned(),
            us("terminate_delay_us"),
        ),
        (
            "param_match",
            block.value("Param match").to_owned(),
            value("param_match").replace("exact", ""),
        ),
    ]
}

fn list(settings: &Value, keyword: &str, show: impl Fn(&Value) -> String) -> String {
    let all = settings[keyword].as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|one| show(&one["value"]))
        .collect::<Vec<_>>()
        .join("; ")
}

pub(crate) fn instance(block: &Block, settings: &Value, dump: &Dump) -> Vec<Pair> {
    let mut pairs = numbers(block, settings);
    pairs.extend(placed(block, settings));
    pairs.extend(tracked(block, settings, dump));
    pairs
}

fn numbers(block: &Block, settings: &Value) -> Vec<Pair> {
    let value = |name: &str| whole(&settings[name]["value"]);
    let on = |name: &str| {
        let on = settings[name]["value"] == true;
        (if on { "enabled" } else { "disabled" }).to_owned()
    };
    let octets = settings["auth_pass"]["value"]["octets"].as_u64();
    let printed_octets = match block.value("Password") {
        "" => String::new(),
        text => text.chars().count().to_string(),
    };
    let delay = block.value("Preempt delay");
    let delay = delay.trim_end_matches(" secs").trim_end_matches(" sec");
    let delay = if delay.is_empty() {
        "0".to_owned()
    } else {
        ms(delay)
    };
    let preempt = block.value("Preempt").split(',').next().unwrap_or_default();
    let mut pairs = vec![
        (
            "interval",
            ms(block.value("Advert interval")),
            value("advert_int_ms"),
        ),
        (
            "auth",
            printed_octets,
            octets.map_or_else(String::new, |octets| octets.to_string()),
        ),
        ("accept", block.value("Accept").to_owned(), on("accept")),
        ("preempt", preempt.to_owned(), on("preempt")),
        ("preempt delay", delay, value("preempt_delay_ms")),
    ];
    let same = [
        ("vrid", "Virtual Router ID", "virtual_router_id"),
        ("priority", "Priority", "priority"),
        ("version", "VRRP Version", "version"),
        ("garp delay", "Gratuitous ARP delay", "garp_master_delay_s"),
        ("garp repeat", "Gratuitous ARP repeat", "garp_master_repeat"),
        ("garp refresh", "Gratuitous ARP refresh", "garp_master_refresh_s"),
        (
            "garp refresh repeat",
            "Gratuitous ARP refresh repeat",
            "garp_master_refresh_repeat",
        ),
        (
            "garp lower delay",
            "Gratuitous ARP lower priority delay",
            "garp_lower_prio_delay_s",
        ),
        (
            "garp lower repeat",
            "Gratuitous ARP lower priority repeat",
            "garp_lower_prio_repeat",
        ),
        ("down timer", "Down timer adverts", "down_timer_adverts"),
    ];
    pairs.extend(
        same.map(|(field, printed, keyword)| (field, block.value(printed).to_owned(), value(keyword))),
    );
    pairs
}

/// Interface, addresses, peers.
fn placed(block: &Block, settings: &Value) -> Vec<Pair> {
    let own = whole(&settings["interface"]["value"]);
    // With a virtual MAC the name printed is that of its device.
    let printed = block.value("Interface").split(',').next().unwrap_or_default();
    let virtual_mac = !settings["use_vmac"]["value"].is_null();
    let interface = if virtual_mac {
        own.clone()
    } else {
        printed.to_owned()
    };
    let addresses = |title: &str| {
        let lines = block.list(title).iter().map(|line| theirs(line, printed));
        lines.collect::<Vec<_>>().join("; ")
    };
    let peers = block
        .list("Unicast Peer")
        .iter()
        .filter_map(|peer| peer.split(' ').next());
    let ours = |keyword: &str| list(settings, keyword, |one| ours(one, &own));
    vec![
        ("interface", interface, own.clone()),
        ("addresses", addresses("Virtual IP"), ours("virtual_ipaddress")),
        (
            "excluded",
            addresses("Virtual IP Excluded"),
            ours("virtual_ipaddress_excluded"),
        ),
        (
            "unicast peers",
            peers.collect::<Vec<_>>().join("; "),
            list(settings, "unicast_peer", |one| whole(&one["address"])),
        ),
    ]
}

fn tracked(block: &Block, settings: &Value, dump: &Dump) -> Vec<Pair> {
    let disabled = |name: &str| dump.said.contains(&format!("Disabling track script {name} "));
    let all = |keyword: &str| -> Vec<Value> {
        let all = settings[keyword].as_array().cloned().unwrap_or_default();
        all.into_iter().map(|one| one["value"].clone()).collect()
    };
    // What a group tracks, its members have here, and keepalived's group has it.
    let name = whole(&settings["vrrp_sync_group"]["value"]);
    let group = dump.groups.iter().find(|group| group.name == name);
    let own = |title: &str, tracks: Vec<Value>, line: fn(&Value) -> String| {
        let title_of_group = match title {
            "Tracked processes" => "Tracked process",
            other => other,
        };
        let of_group = group.map_or(&[][..], |group| group.list(title_of_group));
        let lines = tracks.iter().map(line);
        let kept = lines.filter(|line| block.list(title).contains(line) || !of_group.contains(line));
        kept.collect::<Vec<_>>().join("; ")
    };
    let mut scripts = all("track_script");
    scripts.retain(|one| !disabled(&whole(&one["name"])));
    let (script, interface) = ("Tracked scripts", "Tracked interfaces");
    let (file, process) = ("Tracked files", "Tracked processes");
    vec![
        (
            "track_script",
            block.list(script).join("; "),
            own(script, scripts, track),
        ),
        (
            "track_interface",
            block.list(interface).join("; "),
            own(interface, all("track_interface"), track),
        ),
        (
            "track_file",
            block.list(file).join("; "),
            own(file, all("track_file"), track_number),
        ),
        (
            "track_process",
            block.list(process).join("; "),
            own(process, all("track_process"), track_number),
        ),
    ]
}

pub(crate) fn script(block: &Block, settings: &Value) -> Vec<Pair> {
    let seconds = |name: &str| {
        let us = settings[name]["value"].as_u64().unwrap_or_default();
        let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let printed = |name: &str| block.value(name).trim_end_matches(" sec").to_owned();
    // 0 stands for the interval.
    let timeout = match printed("Timeout").as_str() {
        "0" => printed("Interval"),
        other => other.to_owned(),
    };
    let command = &settings["script"]["value"];
    let words: Vec<String> = command
        .as_array()
        .map_or_else(|| vec![whole(command)], |words| words.iter().map(whole).collect());
    // The program is printed where it was found; which of two paths to one file that is, is of no account.
    let last = |text: &str| {
        let (program, rest) = text.split_once(' ').unwrap_or((text, ""));
        let name = program.rsplit('/').next().unwrap_or_default();
        if text.starts_with('<') {
            text.to_owned()
        } else {
            format!("{name} {rest}")
        }
    };
    let value = |name: &str| whole(&settings[name]["value"]);
    vec![
        (
            "script",
            last(&block.value("Command").replace('\'', "")),
            last(&words.join(" ").replace('\'', "")),
        ),
        ("script interval", printed("Interval"), seconds("interval_us")),
        ("script timeout", timeout, seconds("timeout_us")),
        ("script weight", printed("Weight"), weight(settings)),
        ("script rise", printed("Rise"), value("rise")),
        ("script fall", printed("Fall"), value("fall")),
    ]
}
