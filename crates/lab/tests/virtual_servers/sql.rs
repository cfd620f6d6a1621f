//! An ldirectord.cf whose real servers are asked for a row: servers that say what MariaDB 10.11.19 was heard to say.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vrrp_lab::LabError;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::topology::Node;
use vrrp_lab::virtual_servers::{Director, Site};

use crate::report::Report;
use crate::tutorials::until_serving;

const PORT: u16 = 3306;
/// It is in no place where somebody looks.
const PASSWORD: &str = "hidden";
const FILE: &str = "checkinterval=1
negotiatetimeout=2
virtual=172.25.44.144:3306
	real=172.25.44.44:3306 gate
	real=172.25.44.55:3306 gate
	service=mysql
	login=me
	passwd=hidden
	database=shop
	request=\"SELECT id FROM orders\"
";

const GREETING: &[u8] =
    b"d\0\0\0\n5.5.5-10.11.19-MariaDB-0+deb12u1\0\x04\0\0\0M3V8Qqc|\0\xfe\xf7\x08\x02\0\xff\x81\x15\
\0\0\0\0\0\0\x1d\0\0\0iv9U!BheBXs[\0mysql_native_password\0";
/// The only log-in that is right for it.
const LOG_IN: &[u8] =
    b"S\0\0\x01\x0c\xa2\x08\0\0\0\0\x01-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0\x14\xd7\xca\xe9F\
\x1b-JE\xae\xa9\xff\nv\xec\x9e\x16N\x84\xe2\x8ashop\0mysql_native_password\0";
const IN: &[u8] = b"\x07\0\0\x02\0\0\0\x02\0\0\0";
const DENIED: &[u8] =
    b"F\0\0\x02\xff\x15\x04#28000Access denied for user 'me'@'127.0.0.1' (using password: YES)";
const QUERY: &[u8] = b"\x16\0\0\0\x03SELECT id FROM orders";
const COLUMN: &[u8] =
    b"\x01\0\0\x01\x01(\0\0\x02\x03def\x04shop\x05empty\x05empty\x02id\x02id\x0c?\0\x0b\0\0\0\x03\0\0\0\0\0\
\x05\0\0\x03\xfe\0\0\"\0";
const ROW: &[u8] = b"\x02\0\0\x04\x011\x05\0\0\x05\xfe\0\0\"\0";
const NO_ROW: &[u8] = b"\x05\0\0\x04\xfe\0\0\"\0";

/// A server on a node, until the process ends or it is closed.
struct Database {
    /// What it answers behind the column; nothing: it hangs.
    answer: Arc<Mutex<&'static [u8]>>,
    open: Arc<AtomicBool>,
}

impl Database {
    fn open(node: &Node) -> Result<Self, LabError> {
        let bound = node.within(|| TcpListener::bind(("0.0.0.0", PORT)))?;
        let listener = bound.map_err(|error| LabError::Other(format!("port {PORT}: {error}")))?;
        let answer: Arc<Mutex<&'static [u8]>> = Arc::new(Mutex::new(ROW));
        let open = Arc::new(AtomicBool::new(true));
        let (answers, is_open) = (Arc::clone(&answer), Arc::clone(&open));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if !is_open.load(Ordering::SeqCst) {
                    return;
                }
                let answer = *answers.lock().unwrap_or_else(PoisonError::into_inner);
                std::thread::spawn(move || serve(stream, answer));
            }
        });
        Ok(Self { answer, open })
    }

    fn answers(&self, answer: &'static [u8]) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

/// The next who comes finds nobody, and nobody after it.
impl Drop for Database {
    fn drop(&mut self) {
        self.open.store(false, Ordering::SeqCst);
    }
}

/// Whoever goes in the middle is not waited for.
fn serve(mut stream: TcpStream, answer: &[u8]) -> Option<()> {
    let hears = |stream: &mut TcpStream, wanted: &[u8]| {
        let mut heard = vec![0; wanted.len()];
        stream.read_exact(&mut heard).ok()?;
        Some(heard == wanted)
    };
    stream.write_all(GREETING).ok()?;
    if !hears(&mut stream, LOG_IN)? {
        return stream.write_all(DENIED).ok();
    }
    stream.write_all(IN).ok()?;
    // A request that is another one gets no answer.
    if !hears(&mut stream, QUERY)? {
        return None;
    }
    if !answer.is_empty() {
        stream.write_all(&[COLUMN, answer].concat()).ok()?;
    }
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).ok().map(|_| ())
}

/// A real server is in while it has a row, and out with the reason otherwise.
pub(crate) fn a_row_decides(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    if daemon != Daemon::Vrrpd {
        return Ok(());
    }
    let servers = site.servers.each_ref().map(|server| server.address);
    let first = Database::open(&site.servers[0].node)?;
    let _second = Database::open(&site.servers[1].node)?;
    let director = Director::start_ldirectord(&site.directors[0], FILE)?;
    until_serving(&director, "both have a row", Duration::from_secs(5), &servers)?;
    // checkinterval 1, and what hangs is given up after 2.
    for (what, answer, limit, words) in [
        ("no row", NO_ROW, 1, "172.25.44.44:3306: the request gives no row"),
        ("hangs", b"".as_slice(), 3, "no answer to the request within 2s"),
    ] {
        first.answers(answer);
        let left = until_serving(&director, what, Duration::from_secs(limit), &servers[1..])?;
        let told = director.ask(&["servers"])?;
        if !told.contains(words) {
            return Err(director.explain(&format!("'{words}' is not in {told}")));
        }
        first.answers(ROW);
        let back = until_serving(&director, "a row again", Duration::from_secs(limit), &servers)?;
        report.row(
            &format!("SQL: {what}"),
            daemon,
            Ok(format!("left after {left}, back after {back}")),
        );
    }
    director.reload(&FILE.replace("passwd=hidden", "passwd=another"))?;
    until_serving(&director, "a wrong password", Duration::from_secs(3), &[])?;
    let told = director.ask(&["servers"])?;
    let words = "the log-in of 'me' is refused: error 1045 (28000): Access denied for user 'me'";
    if !told.contains(words) {
        return Err(director.explain(&format!("'{words}' is not in {told}")));
    }
    report.row(
        "SQL: a wrong password",
        daemon,
        Ok("all out, and told".to_owned()),
    );
    shows_no_password(&director)?;
    director.stop()
}

fn shows_no_password(director: &Director) -> Result<(), LabError> {
    let mut shown = vec![director.process.log()];
    for words in [
        &["servers", "--json"] as &[&str],
        &["status", "--json"],
        &["events", "--json"],
    ] {
        shown.push(director.ask(words)?);
    }
    match shown.iter().find(|text| text.contains(PASSWORD)) {
        Some(text) => Err(LabError::Other(format!("the password stands in {text}"))),
        None => Ok(()),
    }
}
