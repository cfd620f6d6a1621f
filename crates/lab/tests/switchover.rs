//! The benchmark of switchovers, small and without its clocks: everything that can be asked for happens, and the address is
//! somewhere at every moment.

use vrrp_lab::daemon::Daemon;
use vrrp_lab::pair::{Options, Pair};
use vrrp_lab::private;
use vrrp_lab::skip::skip;
use vrrp_lab::steered::Steering;

/// PRJ-STOP-04 for a client: what a loaded machine loses by itself is nothing beside the Skew_Time of 61 ms that a router
/// without hold would cost.
#[test]
fn prj_stop_04_no_order_of_an_operator_costs_a_client_what_a_goodbye_would() {
    let name = "prj_stop_04_no_order_of_an_operator_costs_a_client_what_a_goodbye_would";
    if let Err(missing) = Daemon::Vrrpd.program() {
        skip(name, &missing.to_string());
        return;
    }
    private::test(name, || {
        let mut pair = Pair::new(&Options::new(Daemon::Vrrpd, 100))?;
        pair.settle()?;
        for steering in Steering::ALL {
            let steered = steering.run(&mut pair)?;
            println!("{steering:?}: {steered:?}");
            assert!(steered.asked > 100, "{steering:?}: {steered:?}");
            assert!(
                steered.outage_ms < 40.0 + 2.0 * steered.own_stall_ms,
                "{steering:?}: {steered:?}"
            );
            let moves = matches!(steering, Steering::Switchover | Steering::Maintenance);
            assert_eq!(steered.two_holders_ms > 0.0, moves, "{steering:?}: {steered:?}");
            if steering == Steering::RollBack {
                assert_eq!(steered.lost, 0, "{steered:?}");
            }
        }
        Ok(())
    });
}
