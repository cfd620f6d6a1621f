//! Checks of SQL from the file to the table: servers that say what MariaDB 10.11.19 and PostgreSQL 15.18 were heard to say.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use healthcheck::Health;
use keepalived_conf::MemoryFiles;
use ldirectord_conf::{FewNames, parse};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use vrrp_director::{Handle, Options};
use vrrp_plan::balance::Balance;
use vrrp_plan::ldirectord::{Settings, lower};

use crate::balances::key;
use crate::{LIMIT, begin, until};

/// With what the password is mixed, and the only log-in that is right for it: of "me", by "hidden", to "shop".
const GREETING: &[u8] =
    b"d\0\0\0\n5.5.5-10.11.19-MariaDB-0+deb12u1\0\x04\0\0\0M3V8Qqc|\0\xfe\xf7\x08\x02\0\xff\x81\x15\
\0\0\0\0\0\0\x1d\0\0\0iv9U!BheBXs[\0mysql_native_password\0";
const LOG_IN: &[u8] =
    b"S\0\0\x01\x0c\xa2\x08\0\0\0\0\x01-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0\x14\xd7\xca\xe9F\
\x1b-JE\xae\xa9\xff\nv\xec\x9e\x16N\x84\xe2\x8ashop\0mysql_native_password\0";
const DENIED: &[u8] =
    b"F\0\0\x02\xff\x15\x04#28000Access denied for user 'me'@'127.0.0.1' (using password: YES)";
const IN: &[u8] = b"\x07\0\0\x02\0\0\0\x02\0\0\0";
const QUERY: &[u8] = b"\x1c\0\0\0\x03SELECT id, name FROM orders";
const ROWS: &[u8] = b"\x01\0\0\x01\x02*\0\0\x02\x03def\x04shop\x06orders\x06orders\x02id\x02id\x0c?\0\x0b\0\0\0\x03\0\0\
\0\0\0.\0\0\x03\x03def\x04shop\x06orders\x06orders\x04name\x04name\x0c-\0P\0\0\0\xfd\0\0\0\0\0\x05\0\0\x04\xfe\0\0\"\0\
\x06\0\0\x05\x011\x03one\x06\0\0\x06\x012\x03two\x05\0\0\x07\xfe\0\0\"\0";
const NO_ROW: &[u8] =
    b"\x01\0\0\x01\x01(\0\0\x02\x03def\x04shop\x05empty\x05empty\x02id\x02id\x0c?\0\x0b\0\0\0\x03\0\0\
\0\0\0\x05\0\0\x03\xfe\0\0\"\0\x05\0\0\x04\xfe\0\0\"\0";
const GONE: &[u8] = b"*\0\0\x01\xffz\x04#42S02Table 'shop.nosuch' doesn't exist";
const QUIT: &[u8] = b"\x01\0\0\0\x01";

/// The same of a PostgreSQL that asks for md5.
const PG_START: &[u8] =
    b"\0\0\0R\0\x03\0\0user\0md\0database\0shop\0application_name\0health check\0client_encoding\0UTF8\0\0";
const PG_MD5: &[u8] = b"R\0\0\0\x0c\0\0\0\x05W\x80=\xa6";
const PG_LOG_IN: &[u8] = b"p\0\0\0(md51b706f7f1e5f4a07e711d1c30a9732f5\0";
const PG_IN: &[u8] = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x19client_encoding\0UTF8\0Z\0\0\0\x05I";
const PG_QUERY: &[u8] = b"Q\0\0\0\rSELECT 1\0";
const PG_ROW: &[u8] =
    b"T\0\0\0!\0\x01?column?\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0D\0\0\0\x0b\0\x01\0\0\0\x011\
C\0\0\0\rSELECT 1\0Z\0\0\0\x05I";
const PG_QUIT: &[u8] = b"X\0\0\0\x04";

/// A server, and what it has heard that it should not have.
#[derive(Clone, Default)]
struct Script {
    /// What it answers to the request; nothing: it hangs.
    answer: Arc<Mutex<&'static [u8]>>,
    wrongs: Arc<Mutex<Vec<String>>>,
    farewell: Arc<Notify>,
}

impl Script {
    fn answers(&self, answer: &'static [u8]) {
        *self.answer.lock().unwrap() = answer;
    }

    fn needs(&self, is_so: bool, what: &str) {
        if !is_so {
            self.wrongs.lock().unwrap().push(what.to_owned());
        }
    }

    fn ends(&self, is_so: bool) {
        self.needs(is_so, "a farewell");
        self.farewell.notify_one();
    }

    /// It was said what it was recorded to have been said, and farewell too.
    async fn went_well(&self) {
        let farewell = tokio::time::timeout(LIMIT, self.farewell.notified()).await;
        assert!(farewell.is_ok(), "it never said farewell");
        assert_eq!(*self.wrongs.lock().unwrap(), Vec::<String>::new());
    }
}

/// Whether exactly this is said next; an error where the other side goes before.
async fn hears(stream: &mut TcpStream, wanted: &[u8]) -> std::io::Result<bool> {
    let mut heard = vec![0; wanted.len()];
    stream.read_exact(&mut heard).await?;
    Ok(heard == wanted)
}

async fn mariadb(mut stream: TcpStream, script: Script) -> std::io::Result<()> {
    stream.write_all(GREETING).await?;
    if !hears(&mut stream, LOG_IN).await? {
        return stream.write_all(DENIED).await;
    }
    stream.write_all(IN).await?;
    script.needs(hears(&mut stream, QUERY).await?, "the request");
    let answer = *script.answer.lock().unwrap();
    stream.write_all(answer).await?;
    script.ends(hears(&mut stream, QUIT).await?);
    Ok(())
}

async fn postgresql(mut stream: TcpStream, script: Script) -> std::io::Result<()> {
    for (wanted, said) in [(PG_START, PG_MD5), (PG_LOG_IN, PG_IN), (PG_QUERY, PG_ROW)] {
        script.needs(hears(&mut stream, wanted).await?, "what was heard before");
        stream.write_all(said).await?;
    }
    script.ends(hears(&mut stream, PG_QUIT).await?);
    Ok(())
}

/// As the file says it.
fn balance(text: &str) -> Balance {
    let parsed = parse(&MemoryFiles::new([("l.cf", text)]), &FewNames, "l.cf");
    assert_eq!(parsed.diagnostics, []);
    let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
    assert_eq!(lowered.faults, []);
    lowered.balance
}

fn file(port: u16, service: &str, below: &str) -> String {
    format!(
        "checkinterval=1\nnegotiatetimeout=1\nvirtual=192.0.2.1:3306\n\treal=127.0.0.1:{port} masq\n\tservice={service}\n\
         \tdatabase=shop\n{below}"
    )
}

/// The reason of the last run.
fn reason(handle: &Handle) -> String {
    let checks = handle.snapshot().checks;
    let last = checks.first().and_then(|check| check.last.clone());
    last.map_or_else(String::new, |(_, outcome)| outcome.reason)
}

async fn says(handle: &Handle, health: Health, words: &str) {
    until(handle, |handle| {
        handle.snapshot().checks[0].health == health && reason(handle).contains(words)
    })
    .await;
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn a_row_decides_whether_a_mariadb_serves() {
    let (listener, address) = listen().await;
    let script = Script::default();
    script.answers(ROWS);
    let served = script.clone();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(mariadb(stream, served.clone()));
        }
    });
    let request = "\tlogin=me\n\tpasswd=hidden\n\trequest=\"SELECT id, name FROM orders\"\n";
    let balance = balance(&file(address.port(), "mysql", request));
    let (handle, kernel, told) = begin(balance.clone(), Options::default());
    let is_in = || {
        let table = kernel.table();
        let service = table.get(&key("192.0.2.1:3306")).unwrap();
        service.destination(&address.into()).is_some()
    };
    says(&handle, Health::Up, "answers with rows").await;
    assert!(is_in());
    for (says_now, words) in [
        (NO_ROW, "the request gives no row"),
        (GONE, "error 1146 (42S02): Table 'shop.nosuch' doesn't exist"),
        (b"".as_slice(), "no answer to the request within 1s"),
    ] {
        script.answers(says_now);
        says(&handle, Health::Down, words).await;
        assert!(!is_in(), "{words}");
        script.answers(ROWS);
        says(&handle, Health::Up, "answers with rows").await;
        assert!(is_in(), "{words}");
    }
    serving.abort();
    says(&handle, Health::Down, "refused").await;
    assert!(!is_in());
    script.went_well().await;
    let shown = format!("{:?} {:?} {balance:?}", handle.snapshot(), told.all());
    assert!(
        shown.contains("mysql 127.0.0.1") && !shown.contains("hidden"),
        "{shown}"
    );
    handle.stop().await.unwrap();
}

#[tokio::test]
async fn who_is_not_let_in_is_told_in_the_words_of_the_server() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(mariadb(stream, Script::default()));
        }
    });
    let request = "\tlogin=me\n\tpasswd=another\n\trequest=\"SELECT id, name FROM orders\"\n";
    let (handle, kernel, _) = begin(
        balance(&file(address.port(), "mysql", request)),
        Options::default(),
    );
    let words = "the log-in of 'me' is refused: error 1045 (28000): Access denied for user 'me'@'127.0.0.1'";
    says(&handle, Health::Down, words).await;
    let table = kernel.table();
    assert!(
        table
            .get(&key("192.0.2.1:3306"))
            .unwrap()
            .destinations()
            .is_empty()
    );
    handle.stop().await.unwrap();
}

#[tokio::test]
async fn a_postgresql_is_asked_in_its_own_language() {
    let (listener, address) = listen().await;
    let script = Script::default();
    let served = script.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(postgresql(stream, served.clone()));
        }
    });
    let request = "\tlogin=md\n\tpasswd=hidden\n\trequest=\"SELECT 1\"\n";
    let (handle, kernel, _) = begin(
        balance(&file(address.port(), "pgsql", request)),
        Options::default(),
    );
    says(&handle, Health::Up, "answers with a row").await;
    let table = kernel.table();
    let service = table.get(&key("192.0.2.1:3306")).unwrap();
    assert!(service.destination(&address.into()).is_some());
    handle.stop().await.unwrap();
    script.went_well().await;
}
