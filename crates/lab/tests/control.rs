//! What an operator sees of a daemon, with the programs as they are; and the benchmark of it, small and without its clocks.

use std::time::Duration;

use vrrp_lab::bench::control::{Arm, Site};
use vrrp_lab::conf::Script;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::pair::{Options, Pair};
use vrrp_lab::private::test_with_ours as inside;
use vrrp_lab::{LabError, wait};

/// 20 routers: asked, followed and left alone, none of their advertisements is missing and whoever follows hears.
#[test]
fn the_benchmark_of_control_works_in_all_its_parts() {
    inside("the_benchmark_of_control_works_in_all_its_parts", || {
        let site = Site::start(5)?;
        let lasting = Duration::from_secs(3);
        let alone = site.measure(Arm::Alone, 0, lasting)?;
        let asked = site.measure(Arm::Asked, 0, lasting)?;
        let followed = site.measure(Arm::Followed, 10, lasting)?;
        for stretch in [&alone, &asked, &followed] {
            assert!(stretch.adverts >= 2 * 20, "{stretch:?}");
            assert!(stretch.jitter_us[0].is_finite(), "{stretch:?}");
        }
        assert!(asked.status_ms.len() > 3, "{asked:?}");
        // The first line of each of them, and at least some events.
        assert!(followed.followed_lines > 10 * 3, "{followed:?}");
        assert_eq!((alone.followed_lines, alone.status_ms.len()), (0, 0));
        Ok(())
    });
}

/// The better node's check fails: it says so with the numbers, and the other one says whom it has heard.
#[test]
fn explain_says_why_with_the_numbers_of_the_moment() {
    inside("explain_says_why_with_the_numbers_of_the_moment", || {
        let mut pair = Pair::new(&Options::new(Daemon::Vrrpd, 200))?;
        let switch = pair.better.node.folder().join("well");
        std::fs::write(&switch, "").map_err(LabError::io(switch.display().to_string()))?;
        pair.better.config.scripts.push(Script {
            name: "nginx_alive".to_owned(),
            command: format!("/usr/bin/test -e {}", switch.display()),
            interval_s: 1,
            weight: -60,
            fall: 1,
            rise: 1,
        });
        for instance in &mut pair.better.config.instances {
            instance.track_scripts.push("nginx_alive".to_owned());
        }
        pair.settle()?;
        let well = pair.better.running()?.ask(&["explain", "VI_55"])?;
        assert!(well.starts_with("VI_55 is Active for "), "{well}");
        std::fs::remove_file(&switch).map_err(LabError::io(switch.display().to_string()))?;
        let backup = wait::until("the other one is Active", pair.options.patience(), || {
            let text = pair.better.running().ok()?.ask(&["explain", "VI_55"]).ok()?;
            text.contains(" < 100 of ").then_some(text)
        })?;
        let begin = "VI_55 is not Active because nginx_alive has failed for ";
        assert!(backup.starts_with(begin), "{backup}");
        assert!(backup.contains(": 150 - 60 = 90 < 100 of 192.0.2."), "{backup}");
        assert!(
            backup.contains("nginx_alive has failed (exit 1 after "),
            "{backup}"
        );
        let active = pair.other.running()?.ask(&["explain", "VI_55", "--json"])?;
        let active: serde_json::Value =
            serde_json::from_str(&active).map_err(|error| LabError::Other(error.to_string()))?;
        let sentence = active["sentence"].as_str().unwrap_or_default();
        assert!(sentence.starts_with("VI_55 is Active for "), "{active}");
        assert!(
            active["because"][0]["what"]
                .as_str()
                .is_some_and(|what| what.contains("had priority 90, which is lower")),
            "{active}"
        );
        Ok(())
    });
}
