//! `--record NODE=FILE`.

use std::sync::Arc;

use vrrp_recording::Transcript;
use vrrp_sim::World;

/// Which node is to be recorded, and where.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    node: String,
    file: String,
}

/// Reads `NODE=FILE`.
pub(super) fn wish(text: &str) -> Result<Wish, String> {
    let (node, file) = text.split_once('=').ok_or("it is NODE=FILE")?;
    Ok(Wish {
        node: node.to_owned(),
        file: file.to_owned(),
    })
}

/// What is being recorded.
pub(super) struct Recordings<'a> {
    all: Vec<(&'a Wish, Arc<Transcript>)>,
}

/// Before the world begins.
pub(super) fn begin<'a>(world: &mut World, wishes: &'a [Wish]) -> Result<Recordings<'a>, String> {
    let mut all = Vec::new();
    for wish in wishes {
        let found = world.nodes().find(|(_, node)| node.settings().name == wish.node);
        let Some((id, _)) = found else {
            let names: Vec<&str> = world
                .nodes()
                .map(|(_, node)| node.settings().name.as_str())
                .collect();
            return Err(format!(
                "--record: there is no node {}; there are {}",
                wish.node,
                names.join(", ")
            ));
        };
        all.push((wish, world.record(id)));
    }
    Ok(Recordings { all })
}

impl Recordings<'_> {
    /// After it has ended, well or not.
    pub(super) fn write(self) -> Result<(), String> {
        for (wish, transcript) in self.all {
            std::fs::write(&wish.file, transcript.text())
                .map_err(|error| format!("{}: {error}", wish.file))?;
        }
        Ok(())
    }
}
