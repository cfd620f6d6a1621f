//! One try: a connection, a talk, and what it means for the next.

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail as From, Rcpt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::stream::Bounded;
use super::{Mail, MailTls, letter};
use crate::courier::{Attempt, Reached, chain, words};
use crate::lane::Job;

pub(super) async fn attempt(mail: &Mail, job: &Job, reached: &mut Reached) -> Attempt {
    let text = match letter::letter(mail, job) {
        Ok(text) => text,
        Err(why) => return Attempt::Never(why),
    };
    let (host, port, limit) = (&mail.host, mail.port, mail.limit);
    let stream = match timeout(limit, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Attempt::Later(format!("no connection to {host} port {port}: {error}")),
        Err(_late) => {
            return Attempt::Later(format!(
                "no connection to {host} port {port} within {} s",
                limit.as_secs_f32()
            ));
        }
    };
    let talked = timeout(limit, talk(mail, stream, &text, reached)).await;
    talked.unwrap_or_else(|_late| {
        let said = format!("{host} did not answer in full within {} s", limit.as_secs_f32());
        Attempt::Later(said)
    })
}

async fn talk(mail: &Mail, stream: TcpStream, text: &[u8], reached: &mut Reached) -> Attempt {
    let sent = async {
        let mut connection = open(mail, stream).await?;
        let attempt = send(mail, &mut connection, text, reached).await?;
        Ok::<_, Attempt>((connection, attempt))
    };
    match sent.await {
        Ok((mut connection, attempt)) => {
            // It has the mail, or has refused it: how it takes leave changes nothing.
            let _ = connection.quit().await;
            attempt
        }
        Err(attempt) => attempt,
    }
}

/// Greeted, protected and logged in as far as is asked for.
async fn open(mail: &Mail, stream: TcpStream) -> Result<AsyncSmtpConnection, Attempt> {
    let stream = wrapped(mail, stream).await?;
    let hello = mail.hello();
    let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello)
        .await
        .map_err(|error| failed("its greeting", &error))?;
    let mut protected = mail.tls == MailTls::Wrapped;
    let offered = connection.can_starttls();
    let wanted = mail.tls == MailTls::Required || mail.tls == MailTls::Optional && offered;
    if wanted {
        if !offered {
            return Err(Attempt::Later(format!(
                "{} does not offer STARTTLS, and smtp_tls required asks for it",
                mail.host
            )));
        }
        start_tls(mail, &mut connection).await?;
        protected = true;
    }
    if let Some(login) = &mail.login {
        if !protected {
            return Err(Attempt::Later(
                "the password is not sent without TLS; write smtp_tls required or wrapped".to_owned(),
            ));
        }
        log_in(&mut connection, login).await?;
    }
    Ok(connection)
}

async fn log_in(connection: &mut AsyncSmtpConnection, login: &super::Login) -> Result<(), Attempt> {
    use lettre::transport::smtp::authentication::{Credentials, Mechanism};
    let credentials = Credentials::new(login.user.clone(), login.password.as_str().to_owned());
    let done = connection
        .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
        .await;
    done.map(drop)
        .map_err(|error| failed(&format!("the login of {:?}", login.user), &error))
}

#[cfg(feature = "tls")]
async fn wrapped(mail: &Mail, stream: TcpStream) -> Result<Box<dyn AsyncTokioStream>, Attempt> {
    let peer = stream
        .peer_addr()
        .map_err(|error| Attempt::Later(error.to_string()))?;
    match mail.tls {
        MailTls::None => return Ok(Box::new(Bounded::new(stream, peer))),
        MailTls::Optional | MailTls::Required => {
            return Ok(Box::new(Bounded::new(stream, peer).before_tls()));
        }
        MailTls::Wrapped => {}
    }
    let stream = crate::tls::connect(stream, &mail.host, &mail.trusted)
        .await
        .map_err(Attempt::Later)?;
    Ok(Box::new(Bounded::new(stream, peer)))
}

#[cfg(not(feature = "tls"))]
async fn wrapped(mail: &Mail, stream: TcpStream) -> Result<Box<dyn AsyncTokioStream>, Attempt> {
    if mail.tls != MailTls::None {
        return Err(Attempt::Never(super::MailError::NoTls.to_string()));
    }
    let peer = stream
        .peer_addr()
        .map_err(|error| Attempt::Later(error.to_string()))?;
    Ok(Box::new(Bounded::new(stream, peer)))
}

#[cfg(feature = "tls")]
async fn start_tls(mail: &Mail, connection: &mut AsyncSmtpConnection) -> Result<(), Attempt> {
    use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
    let roots = crate::tls::certificates(&mail.trusted).map_err(Attempt::Later)?;
    let roots = roots
        .into_iter()
        .filter_map(|der| Certificate::from_der(der).ok());
    let builder = TlsParameters::builder(mail.host.clone()).certificate_store(CertificateStore::None);
    let parameters = roots
        .fold(builder, |builder, root| builder.add_root_certificate(root))
        .build()
        .map_err(|error| failed("TLS", &error))?;
    let started = connection.starttls(parameters, &mail.hello()).await;
    started.map_err(|error| failed("STARTTLS", &error))
}

#[cfg(not(feature = "tls"))]
async fn start_tls(_mail: &Mail, _connection: &mut AsyncSmtpConnection) -> Result<(), Attempt> {
    Err(Attempt::Never(super::MailError::NoTls.to_string()))
}

/// One mail to all who do not have it yet. Who is refused keeps it from nobody else.
async fn send(
    mail: &Mail,
    connection: &mut AsyncSmtpConnection,
    text: &[u8],
    reached: &mut Reached,
) -> Result<Attempt, Attempt> {
    let sender = From::new(Some(mail.from.email.clone()), Vec::new());
    let begun = connection.command(sender).await;
    begun.map_err(|error| failed(&format!("the sender {}", mail.from.email), &error))?;
    let mut accepted: Vec<&Address> = Vec::new();
    let mut put_off = Vec::new();
    let mut refusals = Vec::new();
    for to in mail.to.iter().map(|to| &to.email) {
        let address = to.to_string();
        if reached.done.contains(&address) || reached.refused.contains(&address) {
            continue;
        }
        match connection.command(Rcpt::new(to.clone(), Vec::new())).await {
            Ok(_) => accepted.push(to),
            Err(error) if error.is_transient() => put_off.push(format!("{to}: {}", chain(&error))),
            Err(error) if error.is_permanent() => {
                refusals.push(format!("{to}: {}", chain(&error)));
                reached.refused.insert(address);
            }
            Err(error) => return Err(failed(&format!("the recipient {to}"), &error)),
        }
    }
    let mut answer = String::new();
    if !accepted.is_empty() {
        let ready = connection.command(Data).await;
        ready.map_err(|error| failed("DATA", &error))?;
        let taken = connection.message(text).await;
        let taken = taken.map_err(|error| failed("the mail", &error))?;
        answer = words(&taken.message().collect::<Vec<_>>().join(" "));
        reached.done.extend(accepted.iter().map(ToString::to_string));
    }
    if !put_off.is_empty() {
        return Ok(Attempt::Later(put_off.join("; ")));
    }
    if !refusals.is_empty() {
        answer = format!("refused for {}", refusals.join("; "));
    }
    Ok(match reached.done.is_empty() {
        true => Attempt::Never(answer),
        false => Attempt::Done(answer),
    })
}

/// A 5xx is for ever, anything else for now.
fn failed(what: &str, error: &Error) -> Attempt {
    let said = format!("{what}: {}", chain(error));
    if error.is_permanent() {
        Attempt::Never(said)
    } else {
        Attempt::Later(said)
    }
}
