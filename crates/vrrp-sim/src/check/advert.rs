//! An advertisement as the checks read it: by the figures of RFC 9568 section 5.1 and RFC 3768 section 5.1 alone.

use std::net::IpAddr;
use std::time::Duration;

use crate::frame::Datagram;

/// The fields that decide elections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Advert {
    pub(super) source: IpAddr,
    /// 2 or 3.
    pub(super) version: u8,
    pub(super) vrid: u8,
    /// 0 is a goodbye.
    pub(super) priority: u8,
    pub(super) interval: Duration,
}

impl Advert {
    /// `None` where there is no whole header.
    pub(super) fn of(datagram: &Datagram) -> Option<Self> {
        let &[first, vrid, priority, _, fifth, sixth, ..] = datagram.message.as_slice() else {
            return None;
        };
        let version = first >> 4;
        let interval = if version == 2 {
            Duration::from_secs(u64::from(sixth))
        } else {
            Duration::from_millis(u64::from(u16::from_be_bytes([fifth & 0x0f, sixth])) * 10)
        };
        Some(Self {
            source: datagram.source,
            version,
            vrid,
            priority,
            interval,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &[u8]) -> Option<(u8, u8, u8, Duration)> {
        let address = crate::lan::VIRTUAL;
        let advert = Advert::of(&Datagram {
            source: address,
            destination: address,
            hop_limit: 255,
            message: message.to_vec(),
        })?;
        Some((advert.version, advert.vrid, advert.priority, advert.interval))
    }

    /// By hand from the figures: 4095 cs beside a reserved half octet of ones, 60 s.
    #[test]
    fn both_versions_are_read() {
        let centiseconds = Duration::from_millis(40_950);
        assert_eq!(
            read(&[0x31, 7, 200, 1, 0xff, 0xff, 0, 0]),
            Some((3, 7, 200, centiseconds))
        );
        assert_eq!(
            read(&[0x21, 8, 0, 1, 0, 60, 0, 0]),
            Some((2, 8, 0, Duration::from_secs(60)))
        );
        assert_eq!(read(&[0x31, 7, 200, 1, 0]), None);
    }
}
