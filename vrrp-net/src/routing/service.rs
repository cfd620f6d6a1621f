//! Routes and rules of a service.

use super::{Route, Rule};
use crate::service::Service;

impl Service {
    /// A route that is there while the service is Active: made behind its addresses, removed before them. One that was there
    /// before is left alone, then and afterwards.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// A routing rule that is there while the service is Active: made behind its routes, removed before them.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// A route or rule that the kernel would refuse, and why.
    pub(crate) fn fault_of_routing(&self) -> Option<String> {
        let route = self.routes.iter().find_map(|route| {
            let fault = route.fault()?;
            Some(format!("route {route}: {fault}"))
        });
        route.or_else(|| {
            self.rules.iter().find_map(|rule| {
                let fault = rule.fault()?;
                Some(format!("rule {rule}: {fault}"))
            })
        })
    }
}
