//! What a supervised router's next process runs by: its file as it is now, by the rule of a reload.

use tracing::{error, info};

use crate::arguments::Arguments;
use crate::load::{self, LoadError, Loaded};
use crate::supervisor::Parent;

/// A death is no reload that the operator has asked for, and one that he has not
/// looked at may have found a file that is half written, or spoilt: what would be refused then is not taken over now.
pub(crate) fn first(arguments: &Arguments, parent: Option<&Parent>) -> Result<Loaded, LoadError> {
    let before = parent.and_then(Parent::in_force);
    let Some(before) = before.filter(|before| load::read(arguments).files() != *before) else {
        return load::first(arguments);
    };
    let Ok(mut old) = load::in_force(arguments, before) else {
        return load::first(arguments);
    };
    let file = arguments.files();
    match load::again(arguments, &old.plan, &old.faults, &old.traps) {
        Ok(new) => {
            info!("{file} has changed since the process before has read it: it is in force now");
            Ok(new)
        }
        Err(refused) => {
            let text = format!(
                "{file} has changed since the process before has read it, and is not taken over: {refused}. What was in force goes on; correct the file and reload"
            );
            error!("{text}");
            old.warnings.push(text);
            Ok(old)
        }
    }
}
