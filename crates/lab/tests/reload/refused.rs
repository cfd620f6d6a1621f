//! A file that is wrong changes nothing at all, and is told with its place.

use vrrp_lab::Stamp;
use vrrp_lab::conf::Instance;

use crate::bench::{Bench, Outcome, file, inside, instance, priority};

#[test]
fn a_file_that_is_wrong_changes_nothing_on_the_wire_and_in_the_kernel() {
    inside(
        "refused::a_file_that_is_wrong_changes_nothing_on_the_wire_and_in_the_kernel",
        wrong_files,
    );
}

fn two() -> [Instance; 2] {
    [
        instance(51, 150, &["192.0.2.51/24"]),
        instance(52, 150, &["192.0.2.52/24"]),
    ]
}

/// The line on which `text` first has `part`.
fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).expect(part) + 1
}

/// After three more rounds all is as it was at `from`.
fn nothing_happened(bench: &Bench, from: Stamp, case: &str) -> Outcome {
    for vrid in [51, 52] {
        bench.wait_adverts(vrid, Stamp::now(), 3)?;
        let adverts = bench.adverts(vrid, from);
        assert!(
            adverts.iter().all(|one| priority(one) == 150),
            "{case}: {adverts:?}"
        );
    }
    assert_eq!(bench.holders.count(from, None), 0, "{case}");
    assert!(bench.announced(from).is_empty(), "{case}");
    Ok(())
}

fn wrong_files() -> Outcome {
    let good = file(&two());
    let bench = Bench::active(&good, &[51, 52])?;
    bench.wait_held("192.0.2.51", true)?;
    bench.wait_held("192.0.2.52", true)?;
    bench.wait_adverts(52, Stamp::now(), 2)?;
    // What is right in each of them, another priority of VI_51, is not carried out either.
    let other = good.replacen("priority 150", "priority 140", 1);
    let late = other.rfind("virtual_router_id 52").expect("the second instance");
    let second = |from: &str, to: &str| {
        let (head, tail) = other.split_at(late);
        format!("{head}{}", tail.replacen(from, to, 1))
    };
    let unclosed = other.trim_end().trim_end_matches('}').to_owned() + "vrrp_instance VI_53 {\n}\n";
    let block = other.rfind("vrrp_instance VI_52").expect("its block");
    let included = format!("{}include /no/such/file.conf\n", &other[..block]);
    let cases = [
        (
            "a number",
            second("virtual_router_id 52", "virtual_router_id 520"),
            "virtual_router_id 520",
        ),
        ("a word", second("advert_int", "advert_imt"), "advert_imt"),
        (
            "an address",
            second("192.0.2.52/24", "192.0.2.520/24"),
            "192.0.2.520/24",
        ),
        (
            "a word that is not carried out",
            other.clone() + "bfd_instance B {\n    neighbor_ip 192.0.2.9\n}\n",
            "bfd_instance",
        ),
        ("a block that is not closed", unclosed, "vrrp_instance VI_53"),
        (
            "an include that is not there",
            other.clone() + "includem /no/such/file.conf\n",
            "includem",
        ),
        // By itself keepalived forgives that one; here VI_52 has stood in it.
        ("an include that has gone", included, "include "),
        (
            "another network",
            other.clone() + "net_namespace elsewhere\n",
            "net_namespace",
        ),
    ];
    for (case, text, place) in cases {
        let plan = bench.plan(&good, &text)?;
        assert!(plan.is_none(), "{case}: vrrpctl plan refuses it, too: {plan:?}");
        let (from, line) = bench.reload(&text)?;
        let place = format!("vrrpd.conf:{}", line_of(&text, place));
        assert!(
            line.contains("not reloaded, nothing has changed") && line.contains(&place),
            "{case}, {place}: {line}"
        );
        nothing_happened(&bench, from, case)?;
    }
    elsewhere(&bench, &other)?;
    unreadable(&bench)?;
    let (from, line) = bench.reload(&other)?;
    assert!(line.ends_with("reloaded: changed: VI_51"), "{line}");
    bench.wait_adverts(51, Stamp::now(), 2)?;
    assert_eq!(bench.adverts(51, from).last().map(priority), Some(140));
    Ok(())
}

/// An interface that this machine lacks stands with the block of its instance.
fn elsewhere(bench: &Bench, other: &str) -> Outcome {
    let at = other
        .rfind("interface eth1")
        .expect("that of the second instance");
    let text = format!(
        "{}interface eht1{}",
        &other[..at],
        &other[at + "interface eth1".len()..]
    );
    let (from, line) = bench.reload(&text)?;
    let place = format!("vrrpd.conf:{}: ", line_of(&text, "vrrp_instance VI_52"));
    assert!(
        line.contains("not reloaded") && line.contains(&place) && line.contains("eht1 does not exist"),
        "{line}"
    );
    nothing_happened(bench, from, "an interface")
}

/// The file is gone; a folder is in its place.
fn unreadable(bench: &Bench) -> Outcome {
    let path = bench.node.folder().join("vrrpd.conf");
    for folder in [false, true] {
        let _ = std::fs::remove_file(&path);
        if folder {
            std::fs::create_dir(&path).expect("a folder");
        }
        let from = Stamp::now();
        let line = bench.hang_up()?;
        assert!(
            line.contains("not reloaded, nothing has changed") && line.contains("vrrpd.conf"),
            "{line}"
        );
        nothing_happened(bench, from, "a file that cannot be read")?;
    }
    std::fs::remove_dir(&path).expect("the folder");
    Ok(())
}

#[test]
fn what_the_kernel_refuses_in_the_middle_changes_nothing() {
    inside(
        "refused::what_the_kernel_refuses_in_the_middle_changes_nothing",
        refused_by_the_kernel,
    );
}

/// The third instance needs a socket that the kernel does not give; the first two would be changed and removed.
fn refused_by_the_kernel() -> Outcome {
    let good = file(&two());
    let bench = Bench::active(&good, &[51, 52])?;
    bench.wait_held("192.0.2.51", true)?;
    bench.wait_held("192.0.2.52", true)?;
    bench.wait_adverts(52, Stamp::now(), 2)?;
    let changed = instance(51, 140, &["192.0.2.51/24", "192.0.2.59/24"]);
    let mut new = instance(53, 150, &["198.51.100.53/24"]);
    new.interface = "eth2".to_owned();
    let text = file(&[changed, new]);
    const LIMIT_OF_GROUPS: &str = "net/ipv4/igmp_max_memberships";
    bench.node.set(LIMIT_OF_GROUPS, "0")?;
    let (from, line) = bench.reload(&text)?;
    assert!(
        line.contains("not reloaded, nothing has changed") && line.contains("VI_53"),
        "{line}"
    );
    nothing_happened(&bench, from, "no socket")?;
    bench.node.set(LIMIT_OF_GROUPS, "20")?;
    let (from, line) = bench.reload(&text)?;
    assert!(
        line.contains(" reloaded: new: VI_53; changed: VI_51; gone: VI_52"),
        "{line}"
    );
    bench.wait_adverts(53, from, 2)?;
    bench.wait_held("192.0.2.59", true)?;
    bench.wait_held("192.0.2.52", false)
}
