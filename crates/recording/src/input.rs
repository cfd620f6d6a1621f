//! One input of a router as words.

use std::fmt;

use vrrp_core::wire::{ChecksumForm, Warning, Warnings};
use vrrp_core::{Failure, Health, Heard, Input, Interval, Link, Order, TrackerId};

use crate::fields::{Fields, number, option, short};
use crate::settings;

/// An input as it is written.
pub(crate) struct Written<'a>(pub(crate) &'a Input);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Input::Start => f.write_str("start"),
            Input::Stop => f.write_str("stop"),
            Input::Tick => f.write_str("tick"),
            Input::Heard(heard) => write_heard(f, heard),
            Input::Link(link) => {
                write!(f, "link {} primary=", if link.up { "up" } else { "down" })?;
                match link.primary {
                    Some(primary) => write!(f, "{primary}"),
                    None => f.write_str("-"),
                }
            }
            Input::Track(id, health) => write!(f, "track {} {}", id.0, health_word(*health)),
            Input::Order(Order::Resign) => f.write_str("order resign"),
            Input::Order(Order::Compete) => f.write_str("order compete"),
            Input::Failed(Failure::Send { gone: false }) => f.write_str("failed send"),
            Input::Failed(Failure::Send { gone: true }) => f.write_str("failed send-gone"),
            Input::Failed(Failure::Hold) => f.write_str("failed hold"),
            Input::Recovered => f.write_str("recovered"),
            Input::SuccessorAnswers => f.write_str("successor-answers"),
        }
    }
}

fn write_heard(f: &mut fmt::Formatter<'_>, heard: &Heard) -> fmt::Result {
    let Heard {
        source,
        priority,
        version,
        interval,
        checksum,
        warnings,
    } = heard;
    write!(f, "heard source={source} priority={priority} version={version}")?;
    write!(f, " interval_cs={}", interval.centiseconds())?;
    f.write_str(match checksum {
        None => " checksum=-",
        Some(ChecksumForm::Plain) => " checksum=plain",
        Some(ChecksumForm::Pseudo) => " checksum=pseudo",
    })?;
    f.write_str(" warnings=")?;
    if warnings.is_empty() {
        f.write_str("-")?;
    }
    for (place, warning) in warnings.iter().enumerate() {
        write!(f, "{}{}", if place > 0 { "," } else { "" }, warning.id())?;
    }
    Ok(())
}

/// `None`: this is no input of a router.
pub(crate) fn read(word: &str, rest: &[&str]) -> Option<Result<Input, String>> {
    let simple = |input| match rest {
        [] => Ok(input),
        [more, ..] => Err(format!(
            "`{word}` has nothing behind it, and here is `{}`",
            short(more)
        )),
    };
    let wrong = || Err(format!("`{word} {}` is no input", short(&rest.join(" "))));
    Some(match (word, rest) {
        ("start", _) => simple(Input::Start),
        ("stop", _) => simple(Input::Stop),
        ("tick", _) => simple(Input::Tick),
        ("recovered", _) => simple(Input::Recovered),
        ("successor-answers", _) => simple(Input::SuccessorAnswers),
        ("heard", fields) => heard(fields).map(Input::Heard),
        ("link", [up @ ("up" | "down"), fields @ ..]) => link(*up == "up", fields).map(Input::Link),
        ("track", [id, health_word]) => match (number(id), health(health_word)) {
            (Some(id), Some(health)) => Ok(Input::Track(TrackerId(id), health)),
            _ => wrong(),
        },
        ("order", ["resign"]) => Ok(Input::Order(Order::Resign)),
        ("order", ["compete"]) => Ok(Input::Order(Order::Compete)),
        ("failed", ["send"]) => Ok(Input::Failed(Failure::Send { gone: false })),
        ("failed", ["send-gone"]) => Ok(Input::Failed(Failure::Send { gone: true })),
        ("failed", ["hold"]) => Ok(Input::Failed(Failure::Hold)),
        ("link" | "track" | "order" | "failed", _) => wrong(),
        _ => return None,
    })
}

fn heard(fields: &[&str]) -> Result<Heard, String> {
    let mut fields = Fields::new(fields.iter().copied())?;
    let heard = Heard {
        source: fields.must("source", number)?,
        priority: fields.must("priority", number)?,
        version: fields.must("version", settings::version)?,
        interval: fields.must("interval_cs", |word| Interval::from_centiseconds(number(word)?))?,
        checksum: fields.must("checksum", |word| option(word, form))?,
        warnings: fields.must("warnings", warnings)?,
    };
    fields.end()?;
    Ok(heard)
}

fn form(word: &str) -> Option<ChecksumForm> {
    match word {
        "plain" => Some(ChecksumForm::Plain),
        "pseudo" => Some(ChecksumForm::Pseudo),
        _ => None,
    }
}

fn warnings(word: &str) -> Option<Warnings> {
    if word == "-" {
        return Some(Warnings::NONE);
    }
    word.split(',').try_fold(Warnings::NONE, |set, id| {
        let warning = Warning::ALL.into_iter().find(|warning| warning.id() == id)?;
        Some(set.with(warning))
    })
}

fn link(up: bool, fields: &[&str]) -> Result<Link, String> {
    let mut fields = Fields::new(fields.iter().copied())?;
    let primary = fields.must("primary", |word| option(word, number))?;
    fields.end()?;
    Ok(Link { up, primary })
}

/// `unknown`, `up`, `down`, or the number that it is.
pub(crate) fn health_word(health: Health) -> String {
    match health {
        Health::Unknown => "unknown".to_owned(),
        Health::Up => "up".to_owned(),
        Health::Down => "down".to_owned(),
        Health::Value(value) => value.to_string(),
    }
}

pub(crate) fn health(word: &str) -> Option<Health> {
    match word {
        "unknown" => Some(Health::Unknown),
        "up" => Some(Health::Up),
        "down" => Some(Health::Down),
        value => number(value).map(Health::Value),
    }
}
