//! Carries the octets of a conversation.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{MESSAGE_BYTES_MAX, Talk};

/// More than this is not waited for, whatever it is: there is a row, or there is none.
const HEARD_BYTES_MAX: usize = 1024 * 1024;
/// When a row is there and so much has come, the rest is not waited for.
const ENOUGH_BYTES: usize = 64 * 1024;
const CHUNK_BYTES: usize = 16 * 1024;

/// How far it has come.
pub(super) enum Went {
    /// To its end.
    Done,
    /// To where TLS begins.
    Secures,
}

/// Says how it begins, and goes on from there. Keeps what is waited for up to date.
pub(super) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut dyn Talk,
    stream: &mut S,
    begin: Vec<u8>,
    waits_for: &mut &'static str,
) -> Result<Went, String> {
    let mut heard = Vec::new();
    let mut total = 0_usize;
    *waits_for = talk.waits_for();
    say(stream, &begin).await?;
    loop {
        let mut used = 0_usize;
        while let Some(step) = talk.hear(heard.get(used..).unwrap_or_default())? {
            *waits_for = talk.waits_for();
            if step.done {
                return Ok(Went::Done);
            }
            used = used.saturating_add(step.used).min(heard.len());
            say(stream, &step.say).await?;
            if step.rests {
                tokio::task::yield_now().await;
            }
            if step.secures && used == heard.len() {
                return Ok(Went::Secures);
            }
            if step.secures {
                // It would be taken for a word of what is proven, and anybody on the way could have said it.
                return Err("it speaks before TLS begins".to_owned());
            }
        }
        // Once for all of them: a server may send thousands of small ones.
        heard.drain(..used);
        if talk.rows() > 0 && total >= ENOUGH_BYTES {
            return Ok(Went::Done);
        }
        if heard.len() > MESSAGE_BYTES_MAX + CHUNK_BYTES || total >= HEARD_BYTES_MAX {
            return Err(format!("{total} octets came without a row"));
        }
        let mut chunk = [0_u8; CHUNK_BYTES];
        match stream.read(&mut chunk).await {
            Ok(0) => return Err(format!("it closed the connection, before its {waits_for}")),
            Ok(count) => {
                total = total.saturating_add(count);
                heard.extend_from_slice(chunk.get(..count).unwrap_or_default());
            }
            Err(error) => return Err(format!("{error}, before its {waits_for}")),
        }
    }
}

/// One that does not get through changes nothing.
pub(super) async fn farewell<S: AsyncWrite + Unpin>(stream: &mut S, talk: &dyn Talk) {
    let _ = say(stream, talk.farewell()).await;
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, octets: &[u8]) -> Result<(), String> {
    if octets.is_empty() {
        return Ok(());
    }
    let said = async {
        stream.write_all(octets).await?;
        // TLS keeps what is written until then.
        stream.flush().await
    };
    said.await.map_err(|error| error.to_string())
}
