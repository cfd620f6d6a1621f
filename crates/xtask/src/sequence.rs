//! `cargo xtask test`: what runs, in which order. CI calls exactly this.

use crate::project::{Project, cargo, find_program};
use crate::run::Runner;
use crate::summary::{Skip, Summary, Verdict, not_allowed};
use crate::{broken, conformance, keywords, listeners, namespaces, needs, tidy};
use clap::Args;
use std::path::PathBuf;

/// What may be left out.
#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Fetch nothing: what is missing is skipped by name.
    #[arg(long)]
    no_install: bool,
    /// Only format, lints, tidy, unit and property tests.
    #[arg(long)]
    quick: bool,
}

/// Programs that must never be found listening on the host.
const NEVER_ON_THE_HOST: [&str; 7] = [
    "keepalived",
    "nginx",
    "zebra",
    "vrrpd",
    "vrrpctl",
    "vrrp-lab",
    "snmpd",
];

pub(crate) fn run(arguments: &TestArguments) -> Result<u8, String> {
    let project = Project::read()?;
    let before = listeners::listeners();
    let mut runner = runner(&project, !arguments.no_install)?;
    static_checks(&mut runner, &project, arguments);
    tests(&mut runner, arguments.quick);
    if !arguments.quick {
        namespace_tests(&mut runner, &project);
        finish_proofs(&runner, &project)?;
        runner.step(conformance::STEP, |_, skips| conformance::check(&project, skips));
        runner.step("broken", |_, _| broken::check(&project).map_err(Verdict::Failed));
        no_listener(&mut runner, &project, &before);
    }
    finish(&runner, &project)
}

/// Only what records proofs: tests, and tests in namespaces. False where one failed.
pub(crate) fn prove(project: &Project, install: bool) -> Result<bool, String> {
    let mut runner = runner(project, install)?;
    tests(&mut runner, false);
    namespace_tests(&mut runner, project);
    finish_proofs(&runner, project)?;
    println!("{}", runner.summary.table());
    Ok(!runner.summary.failed())
}

/// Fetch what the tests need, and forget what the last run proved.
fn runner(project: &Project, install: bool) -> Result<Runner, String> {
    println!("== needs ==");
    println!(
        "   Nothing is installed and no service is started: packages are unpacked under {}.",
        project.target.join("packages").display()
    );
    let fetched = needs::fetch(project, install)?;
    let logs = project.target.join("xtask-logs");
    std::fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}", logs.display()))?;
    conformance::clear(&project.target)?;
    let mut runner = Runner {
        root: project.root.clone(),
        logs,
        path: fetched.path,
        proofs: conformance::folder(&project.target),
        brief: std::env::var_os("CI").is_some(),
        summary: Summary::default(),
    };
    let missing: Vec<Skip> = fetched
        .missing
        .into_iter()
        .map(|(name, reason)| Skip { name, reason })
        .collect();
    if !missing.is_empty() {
        runner.step("needs", |_, skips| {
            skips.extend(missing);
            Ok(())
        });
    }
    Ok(runner)
}

/// Nothing is proven by a run in which a test failed.
fn finish_proofs(runner: &Runner, project: &Project) -> Result<(), String> {
    let failed = |name: &str| {
        let mut steps = runner.summary.steps.iter();
        steps.any(|s| s.name == name && matches!(s.verdict, Verdict::Failed(_)))
    };
    if failed("tests") || failed("namespaces") {
        return Ok(());
    }
    conformance::finish(&project.target, &runner.summary.skips())
}

fn clippy(runner: &mut Runner, name: &'static str, of: &[&str]) {
    let words = [
        &["clippy", "--quiet", "--all-targets"],
        of,
        &["--", "-D", "warnings"],
    ]
    .concat();
    runner.command_step(name, &cargo(), &words);
}

/// What needs no test to run: format, lints, documentation, licences, tidy, the proof that the core needs no std.
fn static_checks(runner: &mut Runner, project: &Project, arguments: &TestArguments) {
    let cargo = cargo();
    runner.command_step("format", &cargo, &["fmt", "--all", "--check"]);
    runner.step("tidy", |_, _| tidy::check(project).map_err(Verdict::Failed));
    runner.step("keywords", |_, _| {
        keywords::check(project).map_err(Verdict::Failed)
    });
    clippy(runner, "clippy", &["--workspace"]);
    // Nobody above the core has to turn the feature on for it to be checked.
    clippy(
        runner,
        "clippy hmac",
        &["--package", "vrrp-core", "--features", "hmac"],
    );
    clippy(
        runner,
        "clippy healthcheck",
        &[
            "--package",
            "vrrp-healthcheck",
            "--package",
            "vrrpd",
            "--all-features",
        ],
    );
    // What a program gets that asks for no feature.
    clippy(runner, "clippy vrrp-net", &["--package", "vrrp-net"]);
    if arguments.quick {
        return;
    }
    runner.step("doc", |runner, skips| {
        let mut command = runner.command(&cargo);
        command.args(["doc", "--quiet", "--workspace", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        runner.must_succeed("doc", command, skips)
    });
    runner.step("deny", |runner, skips| {
        let deny = needs::cargo_deny(project, !arguments.no_install).map_err(Verdict::Skipped)?;
        let mut command = runner.command(&deny.display().to_string());
        command.args(["--log-level", "error", "check", "licenses", "bans", "sources"]);
        runner.must_succeed("deny", command, skips)
    });
    runner.step("no_std", |runner, skips| {
        let mut command = runner.command(&cargo);
        command.args([
            "build",
            "--quiet",
            "--release",
            "--manifest-path",
            "crates/no-std-proof/Cargo.toml",
            "--target-dir",
        ]);
        command.arg(project.target.join("no-std-proof"));
        runner.must_succeed("no_std", command, skips)
    });
    fuzz_targets(runner);
}

/// The fuzz targets need a C++ compiler, which a machine with only Rust lacks.
fn fuzz_targets(runner: &mut Runner) {
    runner.step("fuzz", |runner, skips| {
        if find_program("c++").is_none() {
            return Err(Verdict::Skipped(
                "no C++ compiler, which libfuzzer needs".to_owned(),
            ));
        }
        let mut command = runner.command(&cargo());
        command.args([
            "clippy",
            "--quiet",
            "--package",
            "vrrp-fuzz",
            "--features",
            "libfuzzer",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]);
        runner.must_succeed("fuzz", command, skips)
    });
}

/// What is tested beyond the default build. The lab's daemons have it too: else everything would be built twice.
const FEATURES: &str = "vrrp-core/hmac,vrrp-healthcheck/sink,vrrp-healthcheck/http2,vrrp-healthcheck/tls,\
                        vrrp-healthcheck/dns,vrrp-notices/mail,vrrp-notices/webhook,vrrp-notices/tls,vrrpd/tls,vrrpd/dns,\
                        vrrpd/http2,vrrpd/mail,vrrpd/webhook,vrrpd/metrics,vrrpctl/tls,vrrpctl/dns,vrrpctl/http2";

/// Unit, property and documentation tests of everything but the lab; the core also as it is without any feature, which is
/// what most programs that embed it get.
fn tests(runner: &mut Runner, quick: bool) {
    if !quick {
        runner.command_step(
            "tests core",
            &cargo(),
            &["test", "--quiet", "--package", "vrrp-core"],
        );
    }
    runner.step("tests", |runner, skips| {
        let mut command = runner.command(&cargo());
        command.args([
            "test",
            "--quiet",
            // One run tells all that fails.
            "--no-fail-fast",
            "--workspace",
            "--exclude",
            "vrrp-lab",
            "--features",
            FEATURES,
        ]);
        if quick {
            command.args(["--lib", "--bins"]);
        }
        command.env(keywords::MAN_PAGES, "check");
        // Most of those that take long wait for timers of the protocol.
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        command.env("RUST_TEST_THREADS", processors.max(4).to_string());
        // Without it the harness swallows what a test says about being skipped.
        command.args(["--", "--nocapture"]);
        runner.must_succeed("tests", command, skips)
    });
}

/// Two nodes, a switch and a client, in namespaces of their own.
fn namespace_tests(runner: &mut Runner, project: &Project) {
    runner.step("namespaces", |runner, skips| {
        let how = namespaces::probe().map_err(Verdict::Skipped)?;
        println!("   private namespaces by `unshare {how}`");
        let mut build = runner.command(&cargo());
        build.args([
            "build",
            "--quiet",
            "--workspace",
            "--exclude",
            "vrrp-lab",
            "--bins",
        ]);
        build.args(["--features", FEATURES]);
        runner.must_succeed("namespaces-build", build, skips)?;
        let mut command = runner.command(&cargo());
        command.args(["test", "--quiet", "--no-fail-fast", "--package", "vrrp-lab"]);
        command.args(["--", "--nocapture"]);
        command.env("VRRPD_BIN", project.target.join("debug/vrrpd"));
        command.env("VRRPCTL_BIN", project.target.join("debug/vrrpctl"));
        // Those that may run beside others mostly wait for timers; the rest wait for one another.
        command.env("RUST_TEST_THREADS", "8");
        runner.must_succeed("namespaces", command, skips)
    });
}

/// Fetching and testing must not have brought a service to the host.
fn no_listener(
    runner: &mut Runner,
    project: &Project,
    before: &std::collections::BTreeMap<listeners::Listener, u64>,
) {
    runner.step("listeners", |_, _| {
        let folders: [PathBuf; 1] = [project.target.clone()];
        let report = listeners::ours_since(before, &folders, &NEVER_ON_THE_HOST);
        for stranger in &report.strangers {
            println!("   not of this run: {stranger}");
        }
        if report.ours.is_empty() {
            return Ok(());
        }
        Err(Verdict::Failed(format!(
            "new on the host: {}",
            report.ours.join(", ")
        )))
    });
}

/// The table, and the exit code: 1 for a failure or a skip that CI does not allow, 77 for refused namespaces.
fn finish(runner: &Runner, project: &Project) -> Result<u8, String> {
    for step in &runner.summary.steps {
        if matches!(step.verdict, Verdict::Failed(_)) {
            runner.show_again(step.name);
        }
    }
    println!("{}", runner.summary.table());
    if runner.summary.failed() {
        return Ok(1);
    }
    if std::env::var_os("CI").is_some() {
        let list = project.root.join(".ci/allowed-skips");
        let allowed = std::fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
        let skips = runner.summary.skips();
        let refused = not_allowed(&skips, &allowed);
        for skip in &refused {
            println!("  not in {}: {}: {}", list.display(), skip.name, skip.reason);
        }
        if !refused.is_empty() {
            return Ok(1);
        }
    }
    let refused = runner
        .summary
        .steps
        .iter()
        .any(|s| s.name == "namespaces" && matches!(s.verdict, Verdict::Skipped(_)));
    Ok(if refused { namespaces::REFUSED } else { 0 })
}
