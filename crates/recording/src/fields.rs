//! Words of the form `key=value`, each taken once.

use std::str::FromStr;

/// The fields of one line that are not taken yet.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    left: Vec<(&'a str, &'a str)>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut left: Vec<(&str, &str)> = Vec::new();
        for word in words {
            let (key, value) = word
                .split_once('=')
                .ok_or_else(|| format!("`{}` is not of the form key=value", short(word)))?;
            if left.iter().any(|(other, _)| *other == key) {
                return Err(format!("`{}` is there twice", short(key)));
            }
            left.push((key, value));
        }
        Ok(Self { left })
    }

    /// `None`: it is not there.
    pub(crate) fn take(&mut self, key: &str) -> Option<&'a str> {
        let place = self.left.iter().position(|(other, _)| *other == key)?;
        Some(self.left.remove(place).1)
    }

    /// Read by `read`, which knows what is right.
    pub(crate) fn read<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(format!("`{key}={}` cannot be read", short(value))),
            },
        }
    }

    /// As [`Fields::read`], and it has to be there.
    pub(crate) fn must<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, String> {
        self.read(key, read)?
            .ok_or_else(|| format!("`{key}=` is missing"))
    }

    /// Into `place`, where it is there.
    pub(crate) fn put<T>(
        &mut self,
        key: &str,
        place: &mut T,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<(), String> {
        if let Some(value) = self.read(key, read)? {
            *place = value;
        }
        Ok(())
    }

    /// Nothing may be left: what a newer program says and this one does not know could change every decision.
    pub(crate) fn end(self) -> Result<(), String> {
        match self.left.first() {
            None => Ok(()),
            Some((key, _)) => Err(format!(
                "`{}` is not known here: was this recorded by a newer version?",
                short(key)
            )),
        }
    }
}

/// Enough of a word to find it by.
pub(crate) fn short(word: &str) -> String {
    let mut letters = word.chars();
    let start: String = letters.by_ref().take(60).collect();
    if letters.next().is_some() {
        start + "…"
    } else {
        start
    }
}

pub(crate) fn number<T: FromStr>(word: &str) -> Option<T> {
    word.parse().ok()
}

pub(crate) fn flag(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// `-`: nothing.
pub(crate) fn list<T>(word: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    match word {
        "-" => Some(Vec::new()),
        _ => word.split(',').map(read).collect(),
    }
}

/// `-`: none.
pub(crate) fn option<T>(word: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match word {
        "-" => Some(None),
        _ => read(word).map(Some),
    }
}
