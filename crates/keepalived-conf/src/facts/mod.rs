//! What a file takes for granted about its machine: interfaces, users, groups, programs. Parsing asks none of it; a
//! [`Facts`] value answers, and whoever wants an answer from a real machine fills one.

mod asked;
mod compare;
mod names;

use std::collections::{BTreeMap, BTreeSet};

pub use asked::{Asked, AskedInterface, AskedProgram, InterfaceUse, ProgramUse};
pub(crate) use compare::compare;

/// A program as it is on a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Why it cannot be run; none if it can.
    pub unusable: Option<String>,
    /// Why others than root can change it, which `enable_script_security` refuses; none if nobody can.
    pub insecure: Option<String>,
}

/// What is there on a machine, as far as a file asks.
///
/// ```
/// use keepalived_conf::{Asked, Facts, MemoryFiles, Verdict, judge, parse};
///
/// let text = "vrrp_instance web {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.1 }\n}\n";
/// let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
/// let all = Facts::assume(&Asked::of(&parsed));
/// assert_eq!(judge(&parsed, &all).verdict, Verdict::Clean);
/// assert_eq!(judge(&parsed, &Facts::default()).verdict, Verdict::Fatal, "there is no eth0");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Interfaces that exist.
    pub interfaces: BTreeSet<String>,
    /// Users that exist, by the name or number that the file gives.
    pub users: BTreeSet<String>,
    /// Groups that exist, by the name or number that the file gives.
    pub groups: BTreeSet<String>,
    /// The first words of commands, as the file gives them. One that is not listed cannot be run.
    pub programs: BTreeMap<String, Program>,
}

impl Facts {
    /// Everything that the file names is there, and every program is root's alone.
    #[must_use]
    pub fn assume(asked: &Asked) -> Self {
        Self {
            interfaces: asked.interfaces.iter().map(|one| one.name.clone()).collect(),
            users: asked.users.clone(),
            groups: asked.groups.clone(),
            programs: asked
                .programs
                .iter()
                .map(|one| (one.path.clone(), Program::default()))
                .collect(),
        }
    }
}
