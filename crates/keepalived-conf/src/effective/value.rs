//! One value of one keyword.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::place::{Came, Places};
use crate::model::{CheckMode, Family, InitialState, Mac, ScriptUser, Sourced, Version, Weight};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing, or things.
    None,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

impl Unit {
    /// How a field's name ends.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Us => "_us",
            Self::Ms => "_ms",
            Self::S => "_s",
        }
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing is set; what that means.
    Unset(&'static str),
    /// On or off.
    Flag(bool),
    /// A number, of the unit that stands with it.
    Number(i64),
    /// Text.
    Text(String),
    /// A secret: how long it is, and nothing else.
    Secret {
        /// Its octets.
        octets: usize,
    },
    /// Program and arguments.
    Words(Vec<String>),
    /// Several, each with its name.
    Fields(Vec<(&'static str, Self)>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// `192.0.2.1/24 dev eth0 no_track`: a text that comes first has no name, a switch that is off is left out.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset(means) => write!(f, "({means})"),
            Self::Flag(on) => f.write_str(if *on { "yes" } else { "no" }),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Secret { octets } => write!(f, "set, {octets} octets"),
            Self::Words(words) => f.write_str(&words.join(" ")),
            Self::Fields(fields) => {
                let shown = fields.iter().filter(|(_, value)| *value != Self::Flag(false));
                for (at, (name, value)) in shown.enumerate() {
                    let gap = if at > 0 { " " } else { "" };
                    match value {
                        Self::Flag(_) => write!(f, "{gap}{name}")?,
                        Self::Text(text) if at == 0 => f.write_str(text)?,
                        value => write!(f, "{gap}{name} {value}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unset(_) => serializer.serialize_none(),
            Self::Flag(on) => serializer.serialize_bool(*on),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Secret { octets } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("set", &true)?;
                map.serialize_entry("octets", octets)?;
                map.end()
            }
            Self::Words(words) => words.serialize(serializer),
            Self::Fields(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}

/// A value with its keyword and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The keyword, as keepalived has it.
    pub keyword: &'static str,
    /// What a number counts.
    pub unit: Unit,
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub came: Came,
}

impl Setting {
    /// The field's name in JSON: the keyword, and its unit.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", self.keyword, self.unit.suffix())
    }

    /// The value as a person reads it, with its unit.
    #[must_use]
    pub fn shown(&self) -> String {
        match (self.unit, &self.value) {
            (Unit::None, value) | (_, value @ (Value::Unset(_) | Value::Text(_))) => value.to_string(),
            (Unit::S, value) => format!("{value} s"),
            (Unit::Ms, Value::Number(ms)) => seconds(*ms, 3),
            (Unit::Us, Value::Number(us)) => seconds(*us, 6),
            (_, value) => value.to_string(),
        }
    }
}

/// A number of fractions of a second as seconds.
fn seconds(count: i64, digits: usize) -> String {
    let text = format!("{:0width$}", count, width = digits.saturating_add(1));
    let (whole, fraction) = text.split_at(text.len().saturating_sub(digits));
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} s"),
        fraction => format!("{whole}.{fraction} s"),
    }
}

impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Form<'a> {
            value: &'a Value,
            #[serde(flatten)]
            came: &'a Came,
        }
        let form = Form {
            value: &self.value,
            came: &self.came,
        };
        form.serialize(serializer)
    }
}

impl Places<'_> {
    /// A value as it is.
    pub(super) fn value<T: Show>(self, keyword: &'static str, sourced: &Sourced<T>) -> Setting {
        self.with(keyword, Unit::None, sourced, sourced.value.show())
    }

    /// A value, or what is in force where none is set.
    pub(super) fn or<T: Show>(
        self,
        keyword: &'static str,
        set: Option<&Sourced<T>>,
        means: &'static str,
    ) -> Setting {
        let none = || unset(keyword, Unit::None, means);
        set.map_or_else(none, |set| self.value(keyword, set))
    }

    /// A length of time.
    pub(super) fn time(self, keyword: &'static str, unit: Unit, sourced: &Sourced<Duration>) -> Setting {
        let count = match unit {
            Unit::Us => sourced.value.as_micros(),
            Unit::Ms => sourced.value.as_millis(),
            Unit::S | Unit::None => u128::from(sourced.value.as_secs()),
        };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.with(keyword, unit, sourced, Value::Number(count))
    }

    pub(super) fn with<T>(
        self,
        keyword: &'static str,
        unit: Unit,
        sourced: &Sourced<T>,
        value: Value,
    ) -> Setting {
        Setting {
            keyword,
            unit,
            value,
            came: self.came(sourced),
        }
    }
}

pub(super) const fn unset(keyword: &'static str, unit: Unit, means: &'static str) -> Setting {
    Setting {
        keyword,
        unit,
        value: Value::Unset(means),
        came: Came::Default,
    }
}

/// What can stand as a value by itself.
pub(super) trait Show {
    fn show(&self) -> Value;
}

macro_rules! show {
    ($($kind:ty => $make:expr),* $(,)?) => {$(
        impl Show for $kind {
            fn show(&self) -> Value {
                let make: fn(&Self) -> Value = $make;
                make(self)
            }
        }
    )*};
}
show! {
    bool => |on| Value::Flag(*on),
    u8 => |number| Value::Number((*number).into()),
    i8 => |number| Value::Number((*number).into()),
    u16 => |number| Value::Number((*number).into()),
    u32 => |number| Value::Number((*number).into()),
    String => |text| Value::Text(text.clone()),
    IpAddr => |address| Value::Text(address.to_string()),
    Ipv4Addr => |address| Value::Text(address.to_string()),
    Ipv6Addr => |address| Value::Text(address.to_string()),
    Mac => |mac| Value::Text(mac.to_string()),
    Weight => |weight| Value::Fields(vec![
        ("weight", Value::Number(weight.value.into())),
        ("reverse", Value::Flag(weight.reverse)),
    ]),
    Version => |version| Value::Number(match version {
        Version::V2 => 2,
        Version::V3 => 3,
    }),
    Family => |family| Value::from(match family {
        Family::Ipv4 => "inet",
        Family::Ipv6 => "inet6",
    }),
    InitialState => |state| Value::from(match state {
        InitialState::Master => "MASTER",
        InitialState::Backup => "BACKUP",
    }),
    CheckMode => |mode| Value::from(mode.word()),
    ScriptUser => |who| Value::Text(
        who.group.as_ref().map_or_else(|| who.user.clone(), |group| format!("{} {group}", who.user)),
    ),
}
