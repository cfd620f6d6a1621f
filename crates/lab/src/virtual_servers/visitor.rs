//! A client that asks once more and tells who has answered.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::LabError;
use crate::topology::Node;

/// The first line of the page, which is the name of the server, or why there is none.
pub type Visit = Result<String, String>;

/// Longer than a virtual machine takes for an answer, by far.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many requests, each over a connection of its own, one after the other.
///
/// # Errors
/// When the client's namespace cannot be entered.
pub fn visits(client: &Node, address: IpAddr, port: u16, many: usize) -> Result<Vec<Visit>, LabError> {
    client.within(|| (0..many).map(|_| visit(SocketAddr::new(address, port))).collect())
}

fn visit(address: SocketAddr) -> Visit {
    let mut stream = connected(address)?;
    ask(&mut stream, "close")?;
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .map_err(|error| error.to_string())?;
    page(&answer)
}

fn connected(address: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| error.to_string())?;
    let limits = stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
    limits.map_err(|error| error.to_string())?;
    Ok(stream)
}

fn ask(stream: &mut TcpStream, connection: &str) -> Result<(), String> {
    let request = format!("GET / HTTP/1.1\r\nHost: lab\r\nConnection: {connection}\r\n\r\n");
    let sent = stream.write_all(request.as_bytes());
    sent.map_err(|error| error.to_string())
}

fn page(answer: &str) -> Visit {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| "no whole answer".to_owned())?;
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    let line = body.lines().next().unwrap_or_default().to_owned();
    if status == "200" {
        Ok(line)
    } else {
        Err(format!("status {status}"))
    }
}

/// A connection that is kept: a request over it each time it is asked.
///
/// # Errors
/// When there is no connection.
pub fn kept(client: &Node, address: IpAddr, port: u16) -> Result<impl FnMut() -> Visit + use<>, LabError> {
    let stream = client.within(|| connected(SocketAddr::new(address, port)))?;
    let mut stream = stream.map_err(LabError::Other)?;
    Ok(move || {
        ask(&mut stream, "keep-alive")?;
        let mut answer = Vec::new();
        // The page of a real server is one line.
        while !is_whole(&answer) {
            let mut some = [0; 4096];
            match stream.read(&mut some) {
                Ok(0) => return Err("closed".to_owned()),
                Ok(octets) => answer.extend(some.iter().take(octets)),
                Err(error) => return Err(error.to_string()),
            }
        }
        page(&String::from_utf8_lossy(&answer))
    })
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.split_once("\r\n\r\n")
        .is_some_and(|(_, body)| body.ends_with('\n'))
}
