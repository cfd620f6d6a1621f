//! nginx `stub_status`: text -> numbers -> is that too much. Pure.

/// The numbers of an nginx, as its module `ngx_http_stub_status_module` shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StubStatus {
    /// Client connections now, waiting ones included.
    pub active: u64,
    /// Connections accepted so far.
    pub accepts: u64,
    /// Of these, handled; fewer than accepted when a limit such as `worker_connections` was reached.
    pub handled: u64,
    /// Requests so far.
    pub requests: u64,
    /// Connections whose request is being read.
    pub reading: u64,
    /// Connections that are being answered.
    pub writing: u64,
    /// Idle connections.
    pub waiting: u64,
}

impl StubStatus {
    /// Reads the page.
    ///
    /// ```
    /// let page = "Active connections: 291 \nserver accepts handled requests\n 16630948 16630947 31070465 \n\
    ///             Reading: 6 Writing: 179 Waiting: 106 \n";
    /// let status = healthcheck::StubStatus::parse(page).unwrap();
    /// assert_eq!((status.active, status.handled, status.waiting), (291, 16630947, 106));
    /// assert!(healthcheck::StubStatus::parse("<html>").is_none());
    /// ```
    #[must_use]
    pub fn parse(page: &str) -> Option<Self> {
        let (_, behind) = page.split_once("Active connections:")?;
        let mut words = behind.split_ascii_whitespace();
        let active = words.next()?.parse().ok()?;
        let mut numbers = words.filter_map(|word| word.parse().ok());
        let mut next = || numbers.next();
        Some(Self {
            active,
            accepts: next()?,
            handled: next()?,
            requests: next()?,
            reading: next()?,
            writing: next()?,
            waiting: next()?,
        })
    }
}

/// How many connections are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct StubLimits {
    /// More active connections than this are a warning.
    pub active_warn: Option<u64>,
    /// More than this are a fail.
    pub active_max: Option<u64>,
}

impl StubLimits {
    pub(super) fn judge(self, status: &StubStatus) -> Result<Option<String>, String> {
        let StubStatus { active, .. } = status;
        let over = |limit: Option<u64>| {
            limit
                .filter(|limit| active > limit)
                .map(|limit| format!("nginx has {active} active connections, more than {limit}"))
        };
        match over(self.active_max) {
            Some(too_many) => Err(too_many),
            None => Ok(over(self.active_warn)),
        }
    }
}
