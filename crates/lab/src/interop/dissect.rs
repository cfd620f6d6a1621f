//! tshark on everything that one node sent: whoever writes packets must not be the only one who can read them.

use super::Side;
use crate::LabError;
use crate::private::run;
use crate::program::find;

/// Severity from warnings on, and what could not be dissected at all.
const DOUBTFUL: &str = "_ws.malformed || _ws.unreassembled || _ws.expert.severity >= 0x600000";

/// What tshark says of its version.
///
/// # Errors
/// [`LabError::Missing`] with the remedy.
pub fn version() -> Result<String, LabError> {
    let text = run(&find("tshark")?.display().to_string(), ["--version"])?;
    Ok(text.lines().next().unwrap_or("unknown").to_owned())
}

/// Dissect all that this side has sent; the number of advertisements among it.
///
/// # Errors
/// [`LabError::Other`] with tshark's words for every frame that it doubts.
pub fn dissect(side: &Side) -> Result<usize, LabError> {
    let path = side.node().folder().join("sent.pcap");
    side.tap.write_pcap(&path)?;
    let file = path.display().to_string();
    let doubtful = tshark(&file, DOUBTFUL, &["-V"])?;
    if !doubtful.trim().is_empty() {
        return Err(LabError::Other(format!(
            "tshark doubts what {} on {} sent:\n{doubtful}",
            side.speaker.name(),
            side.node().name()
        )));
    }
    let adverts = tshark(&file, "vrrp", &["-T", "fields", "-e", "frame.number"])?;
    Ok(adverts.lines().count())
}

fn tshark(file: &str, filter: &str, more: &[&str]) -> Result<String, LabError> {
    // The reader looks for addresses only in what it is given: no name is asked for anywhere.
    let words = ["-n", "-r", file, "-o", "ip.check_checksum:TRUE", "-Y", filter];
    run(&find("tshark")?.display().to_string(), words.iter().chain(more))
}
