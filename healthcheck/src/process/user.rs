//! Who a script runs as.

use std::fmt;

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid, getgid, getuid};

/// A resolved user and group (keepalived `user`, `script_user`). Supplementary groups are never given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunAs {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Name for messages and for `USER`, `LOGNAME` in the environment; the id where there is no name.
    pub name: String,
    /// Home folder for `HOME`; `/` where there is none.
    pub home: String,
}

/// A user or group that cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// No such user.
    #[error(
        "user '{0}' does not exist on this machine; create it (useradd --system {0}) or name another in 'user' or \
         'script_user'"
    )]
    NoUser(String),
    /// No such group.
    #[error(
        "group '{0}' does not exist on this machine; create it (groupadd --system {0}) or leave the group out, which \
         means the user's own"
    )]
    NoGroup(String),
    /// The user database cannot be read.
    #[error("the user database cannot be read for '{name}': {error}; see /etc/nsswitch.conf and /etc/passwd")]
    Database {
        /// Whom it was asked for.
        name: String,
        /// The system's words.
        error: String,
    },
}

impl RunAs {
    /// The user this process runs as.
    #[must_use]
    pub fn current() -> Self {
        let (uid, gid) = (geteuid(), getegid());
        match User::from_uid(uid) {
            Ok(Some(user)) => Self::of(&user, gid),
            _ => Self::bare(uid, gid),
        }
    }

    /// Looks a user and, where given, a group up by name, or by number where no such name exists. Without a group
    /// it is the user's primary one. Asks the system's user database, which may read files or the network: for
    /// start and reload, not for the router loop.
    ///
    /// # Errors
    /// [`UserError`] names what does not exist and what to do.
    pub fn lookup(user: &str, group: Option<&str>) -> Result<Self, UserError> {
        let known = find_user(user)?;
        let gid = match group {
            Some(group) => find_group(group)?,
            None => known.gid,
        };
        Ok(Self::of(&known, gid))
    }

    fn of(user: &User, gid: Gid) -> Self {
        Self {
            uid: user.uid.as_raw(),
            gid: gid.as_raw(),
            name: user.name.clone(),
            home: user.dir.to_string_lossy().into_owned(),
        }
    }

    fn bare(uid: Uid, gid: Gid) -> Self {
        Self {
            uid: uid.as_raw(),
            gid: gid.as_raw(),
            name: uid.to_string(),
            home: "/".to_owned(),
        }
    }

    /// Whether a process must change its ids to become this user.
    #[must_use]
    pub fn differs(&self) -> bool {
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        getuid() != uid || geteuid() != uid || getgid() != gid || getegid() != gid
    }
}

impl fmt::Display for RunAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn find_user(name: &str) -> Result<User, UserError> {
    let trouble = |error: nix::Error| UserError::Database {
        name: name.to_owned(),
        error: error.desc().to_owned(),
    };
    if let Some(user) = User::from_name(name).map_err(trouble)? {
        return Ok(user);
    }
    let by_number = match name.parse() {
        Ok(uid) => User::from_uid(Uid::from_raw(uid)).map_err(trouble)?,
        Err(_not_a_number) => None,
    };
    by_number.ok_or_else(|| UserError::NoUser(name.to_owned()))
}

fn find_group(name: &str) -> Result<Gid, UserError> {
    let trouble = |error: nix::Error| UserError::Database {
        name: name.to_owned(),
        error: error.desc().to_owned(),
    };
    if let Some(group) = Group::from_name(name).map_err(trouble)? {
        return Ok(group.gid);
    }
    let by_number = match name.parse() {
        Ok(gid) => Group::from_gid(Gid::from_raw(gid)).map_err(trouble)?,
        Err(_not_a_number) => None,
    };
    by_number
        .map(|group| group.gid)
        .ok_or_else(|| UserError::NoGroup(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{RunAs, UserError};

    #[test]
    fn root_is_found_by_name_and_by_number() {
        let by_name = RunAs::lookup("root", None).unwrap();
        assert_eq!((by_name.uid, by_name.gid), (0, 0));
        assert_eq!(RunAs::lookup("0", Some("0")).unwrap(), by_name);
    }

    #[test]
    fn a_missing_user_is_named_with_what_to_do() {
        let error = RunAs::lookup("no-such-user", None).unwrap_err();
        assert_eq!(error, UserError::NoUser("no-such-user".into()));
        let text = error.to_string();
        assert!(
            text.contains("'no-such-user'") && text.contains("useradd"),
            "{text}"
        );
        let error = RunAs::lookup("root", Some("no-such-group")).unwrap_err();
        assert_eq!(error, UserError::NoGroup("no-such-group".into()));
    }

    #[test]
    fn oneself_does_not_differ() {
        assert!(!RunAs::current().differs());
        let mut other = RunAs::current();
        other.gid += 1;
        assert!(other.differs());
    }
}
