//! The file of what was captured.

/// The family's number on that machine.
pub(crate) const FAMILY: vrrp_ipvs::wire::FamilyId = vrrp_ipvs::wire::FamilyId(0x1c);
/// Octets of the headers of netlink and of generic netlink.
pub(crate) const HEADER_OCTETS: usize = 16;
pub(crate) const HEADERS_OCTETS: usize = 20;

/// One command with what went to and fro.
pub(crate) struct Capture {
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) received: Vec<Vec<u8>>,
}

pub(crate) fn capture(name: &str) -> Capture {
    let text = include_str!("../data/ipvsadm.txt");
    let head = format!("[{name}]");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&head));
    assert!(lines.next().is_some(), "no {head} in the file");
    let mut found = Capture {
        sent: vec![],
        received: vec![],
    };
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let (direction, hex) = line.split_once(' ').expect("a direction");
        let octets = octets(hex);
        if direction == ">" {
            &mut found.sent
        } else {
            &mut found.received
        }
        .push(octets);
    }
    found
}

pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let pairs = hex.trim().as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let text = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(text, 16).expect("hexadecimal")
        })
        .collect()
}

/// Kind, octets with header and padding, and value of each attribute: read by hand, not by what is tested.
pub(crate) fn attributes(mut octets: &[u8]) -> Vec<(u16, &[u8], &[u8])> {
    let mut found = Vec::new();
    while let [l0, l1, k0, k1, ..] = *octets {
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        let padded = length.next_multiple_of(4).min(octets.len());
        let kind = u16::from_le_bytes([k0, k1]) & 0x3fff;
        found.push((kind, &octets[..padded], &octets[4..length]));
        octets = &octets[padded..];
    }
    found
}
