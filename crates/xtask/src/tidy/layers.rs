//! Crates depend only downwards, by the table in ARCHITECTURE.md.

use serde_json::Value;

/// Package, and the packages of this project that it may depend on.
const LAYERS: &[(&str, &[&str])] = &[
    ("vrrp-core", &[]),
    ("keepalived-conf", &[]),
    ("vrrp-ipvs", &[]),
    ("vrrp-net", &["vrrp-core"]),
    ("vrrp-healthcheck", &["vrrp-core"]),
    ("vrrp-recording", &["vrrp-core"]),
    ("vrrp-sim", &["vrrp-core", "vrrp-healthcheck", "vrrp-recording"]),
    // A plan holds what the driver is asked for, in the driver's own type.
    (
        "vrrp-plan",
        &[
            "vrrp-core",
            "vrrp-net",
            "vrrp-ipvs",
            "vrrp-healthcheck",
            "keepalived-conf",
            "ldirectord-conf",
        ],
    ),
    // Carries virtual servers out, and knows neither language.
    (
        "vrrp-director",
        &["vrrp-core", "vrrp-healthcheck", "vrrp-ipvs", "vrrp-plan"],
    ),
    // Its findings are told as those of keepalived.conf are.
    ("ldirectord-conf", &["keepalived-conf"]),
    (
        "vrrp-control",
        &["vrrp-core", "vrrp-net", "vrrp-healthcheck", "keepalived-conf"],
    ),
    // Tells others: by plain text and names, so that nothing of ours is needed.
    ("vrrp-notices", &[]),
    (
        "vrrpd",
        &[
            "vrrp-notices",
            "vrrp-core",
            "vrrp-net",
            "vrrp-healthcheck",
            "keepalived-conf",
            "vrrp-plan",
            "vrrp-control",
            "vrrp-recording",
            "vrrp-ipvs",
            "vrrp-director",
            "ldirectord-conf",
        ],
    ),
    (
        "vrrpctl",
        &[
            "vrrp-core",
            "vrrp-net",
            "vrrp-healthcheck",
            "keepalived-conf",
            "vrrp-plan",
            "vrrp-control",
            "vrrp-recording",
            "vrrp-sim",
            "vrrp-ipvs",
            "ldirectord-conf",
        ],
    ),
    // The lab must judge the daemons from outside, so it shares no code with them.
    ("vrrp-lab", &[]),
    // What tests say they prove; xtask counts it.
    ("vrrp-conformance", &[]),
    ("xtask", &["vrrp-conformance", "keepalived-conf"]),
];

/// Packages that may use everything.
const UNBOUND: [&str; 1] = ["vrrp-fuzz"];

pub(super) fn check(metadata: &Value) -> Result<Vec<String>, String> {
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?;
    let own: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut complaints = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if UNBOUND.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
            complaints.push(format!(
                "{name} has no place in the table of layers (xtask, tidy/layers.rs)"
            ));
            continue;
        };
        for used in dependencies(package) {
            if own.contains(&used) && !allowed.contains(&used) {
                complaints.push(format!("{name} depends on {used}, which is not below it"));
            }
        }
    }
    Ok(complaints)
}

/// Normal and build dependencies; those of tests may point upwards.
fn dependencies(package: &Value) -> impl Iterator<Item = &str> {
    let all = package["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    all.iter()
        .filter(|d| d["kind"].as_str() != Some("dev"))
        .filter_map(|d| d["name"].as_str())
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::json;

    #[test]
    fn an_upward_dependency_is_refused_and_one_of_tests_is_not() {
        let upward = json!({ "packages": [
            { "name": "vrrp-core", "dependencies": [{ "name": "vrrp-net", "kind": null }] },
            { "name": "vrrp-net", "dependencies": [{ "name": "vrrp-core", "kind": null }] },
        ]});
        assert_eq!(
            check(&upward),
            Ok(vec![
                "vrrp-core depends on vrrp-net, which is not below it".to_owned()
            ])
        );
        let of_tests = json!({ "packages": [
            { "name": "vrrp-core", "dependencies": [{ "name": "vrrp-sim", "kind": "dev" }] },
            { "name": "vrrp-sim", "dependencies": [] },
        ]});
        assert_eq!(check(&of_tests), Ok(vec![]));
    }

    #[test]
    fn a_new_package_must_be_given_its_place() {
        let stranger = json!({ "packages": [{ "name": "vrrp-new", "dependencies": [] }] });
        assert_eq!(check(&stranger).map(|c| c.len()), Ok(1));
    }
}
