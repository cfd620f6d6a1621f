//! The line that `systemctl status` shows: who is what, faults first to be seen.

use healthcheck::NotifyState;

/// So many instances are told one by one.
const EACH_MAX: usize = 4;
/// So many at fault are named.
const FAULTS_MAX: usize = 3;

/// `states`: name and state of each instance, in the order of the file; `None`: it has not begun.
pub(crate) fn line<'a>(states: impl IntoIterator<Item = (&'a str, Option<NotifyState>)>) -> String {
    let states: Vec<_> = states.into_iter().collect();
    if states.is_empty() {
        return "no instances".to_owned();
    }
    if states.len() <= EACH_MAX {
        let each = states
            .iter()
            .map(|(name, state)| format!("{name} {}", word(*state)));
        return each.collect::<Vec<_>>().join(", ");
    }
    let is = |state: Option<NotifyState>| states.iter().filter(move |(_, has)| *has == state);
    let counted = [
        Some(NotifyState::Master),
        Some(NotifyState::Backup),
        Some(NotifyState::Stop),
        None,
    ];
    let counts = counted.into_iter().filter_map(|state| {
        let count = is(state).count();
        (count > 0).then(|| format!("{count} {}", word(state)))
    });
    let faults: Vec<&str> = is(Some(NotifyState::Fault)).map(|(name, _)| *name).collect();
    let named = faults
        .iter()
        .take(FAULTS_MAX)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let more = faults.len().saturating_sub(FAULTS_MAX);
    let fault = match (faults.len(), more) {
        (0, _) => None,
        (count, 0) => Some(format!("{count} FAULT ({named})")),
        (count, more) => Some(format!("{count} FAULT ({named} and {more} more)")),
    };
    counts.chain(fault).collect::<Vec<_>>().join(", ")
}

/// keepalived's word.
fn word(state: Option<NotifyState>) -> String {
    state.map_or_else(|| "INIT".to_owned(), |state| state.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use NotifyState::{Backup, Fault, Master, Stop};

    #[test]
    fn a_few_are_named_and_of_many_those_at_fault() {
        assert_eq!(line([]), "no instances");
        assert_eq!(
            line([
                ("A", Some(Master)),
                ("B", Some(Fault)),
                ("C", None),
                ("D", Some(Stop))
            ]),
            "A MASTER, B FAULT, C INIT, D STOP"
        );
        let names = ["A", "B", "C", "D", "E", "F", "G"];
        let all = |states: [Option<NotifyState>; 7]| line(names.into_iter().zip(states));
        let (master, backup, fault) = (Some(Master), Some(Backup), Some(Fault));
        assert_eq!(all([master; 7]), "7 MASTER");
        assert_eq!(
            all([master, backup, backup, fault, None, backup, backup]),
            "1 MASTER, 4 BACKUP, 1 INIT, 1 FAULT (D)"
        );
        assert_eq!(
            all([fault, backup, fault, fault, fault, fault, backup]),
            "2 BACKUP, 5 FAULT (A, C, D and 2 more)"
        );
    }
}
