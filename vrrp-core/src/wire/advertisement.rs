//! The fields of an advertisement to send, and their octets.
