//! Any line on the control socket: an answer or a reason, never a panic, and what is understood reads the same twice.

use vrrp_control::{Reply, Request};

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn control(bytes: &[u8]) {
    if let Ok(request) = Request::from_line(bytes) {
        let line = request.to_line().expect("what was read can be written");
        let again = Request::from_line(line.as_bytes());
        assert_eq!(again.ok(), Some(request));
    }
    if let Ok(reply) = Reply::from_line(bytes) {
        let line = reply.to_line().expect("what was read can be written");
        assert!(Reply::from_line(line.as_bytes()).is_ok(), "{line}");
    }
}
