//! A file that says: not this one, for now.

use std::path::PathBuf;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::aside::Aside;
use crate::probe::{Outcome, Probe, limit, within};

/// A file system that does not answer for so long is taken for one in which the file is: nobody can know.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Passes while none of some files is there (ldirectord `maintenancedir`). What is there need not be a file.
///
/// ```
/// use healthcheck::{AbsentProbe, Probe};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let probe = AbsentProbe::new(["/no/such/folder/192.0.2.10"]);
/// assert!(probe.probe().await.passed());
/// let probe = AbsentProbe::new(["/no/such/folder/192.0.2.10", "/"]);
/// assert_eq!(probe.probe().await.reason, "/ is there");
/// # }
/// ```
#[derive(Debug)]
pub struct AbsentProbe {
    paths: Vec<PathBuf>,
    look: Aside<Option<PathBuf>>,
}

impl AbsentProbe {
    /// Nothing is looked at yet.
    pub fn new<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self {
            paths: paths.into_iter().map(Into::into).collect(),
            look: Aside::new(),
        }
    }

    async fn look(&self) -> Result<String, String> {
        let paths = self.paths.clone();
        let there = move || paths.into_iter().find(|path| path.symlink_metadata().is_ok());
        let found = self.look.call(there).await.map_err(|error| error.to_string())?;
        match found {
            None => Ok("none of the files is there".to_owned()),
            Some(path) => Err(format!("{} is there", path.display())),
        }
    }
}

impl Probe for AbsentProbe {
    fn name(&self) -> String {
        match self.paths.as_slice() {
            [] => "no file".to_owned(),
            [only] => format!("no file {}", only.display()),
            [first, rest @ ..] => format!("no file {}, nor {} others", first.display(), rest.len()),
        }
    }

    fn limit(&self) -> Duration {
        limit(TIMEOUT)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        within(TIMEOUT, "not known", self.look()).boxed()
    }
}
