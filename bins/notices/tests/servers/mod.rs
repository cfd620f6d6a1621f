//! Servers that misbehave on order.
#![allow(dead_code, reason = "each test uses some of it")]

#[cfg(feature = "mail")]
pub(crate) mod mail;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use vrrp_notices::{Kind, LaneStatus, News, Notices, Outcome, Patience, State};

/// Waits for what must come.
pub(crate) fn until<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn news(name: &str, state: State) -> News {
    News {
        kind: Kind::Instance,
        name: name.to_owned(),
        state,
        priority: Some(150),
        reason: None,
        at: SystemTime::now(),
    }
}

/// Three retries, 20 ms and 40 ms and 80 ms later.
pub(crate) const HASTY: Patience = Patience {
    retries: 3,
    first: Duration::from_millis(20),
    longest: Duration::from_millis(80),
    jitter: false,
};

/// So many outcomes of VI_1.
pub(crate) fn outcomes(notices: &Notices, count: usize) -> Vec<Outcome> {
    until("the outcomes", || {
        let lanes = notices.status(Kind::Instance, "VI_1");
        let outcomes = lanes
            .into_iter()
            .next()
            .map_or_else(Vec::new, |lane| lane.outcomes);
        (outcomes.len() >= count).then_some(outcomes)
    })
}

pub(crate) fn lane(notices: &Notices) -> LaneStatus {
    notices.status(Kind::Instance, "VI_1").remove(0)
}

/// A server on a port of its own that hands each connection, with its number, to a thread.
pub(crate) fn listen(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (serve, stream) = (Arc::clone(&serve), stream.unwrap());
            std::thread::spawn(move || serve(number, stream));
        }
    });
    address
}

pub(crate) type Lines = Arc<Mutex<Vec<String>>>;

/// What an SMTP server answers to a line: by the number of the connection and the line; `None`: as a good server does.
pub(crate) type Script = dyn Fn(usize, &str) -> Option<String> + Send + Sync;

/// Speaks SMTP by a script; `heard` gets each line with the number of its connection.
pub(crate) fn smtp(stream: impl Read + Write, number: usize, script: &Script, heard: &Lines) {
    let mut stream = BufReader::new(stream);
    let say = |stream: &mut BufReader<_>, text: &str| -> bool {
        let stream: &mut BufReader<_> = stream;
        write_all(stream, &format!("{text}\r\n"))
    };
    let greeting = script(number, "").unwrap_or_else(|| "220 test ESMTP".to_owned());
    if !say(&mut stream, &greeting) {
        return;
    }
    let mut in_data = false;
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|read| read > 0) {
        let text = std::mem::take(&mut line);
        let text = text.trim_end().to_owned();
        heard.lock().unwrap().push(format!("{number} {text}"));
        if in_data && text != "." {
            continue;
        }
        let good = match text.as_str() {
            "." => "250 queued as 77".to_owned(),
            "DATA" => "354 go on".to_owned(),
            "QUIT" => "221 bye".to_owned(),
            hello if hello.starts_with("EHLO") => {
                "250-test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME".to_owned()
            }
            _ => "250 ok".to_owned(),
        };
        let answer = script(number, &text).unwrap_or(good);
        in_data = answer.starts_with("354");
        if !say(&mut stream, &answer) || text == "QUIT" {
            return;
        }
    }
}

fn write_all<S: Read + Write>(stream: &mut BufReader<S>, text: &str) -> bool {
    let stream = stream.get_mut();
    stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush())
        .is_ok()
}

/// One HTTP request, as text; its body in full.
pub(crate) fn request(stream: &TcpStream) -> Option<(Vec<String>, String)> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().ok())?
    })?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

pub(crate) fn answer(mut stream: &TcpStream, status: &str, more: &str, body: &str) {
    let text = format!(
        "HTTP/1.1 {status}\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // Whoever has gone does not hear it.
    let _ = stream.write_all(text.as_bytes());
}
