//! The crate against a real kernel: each test runs in network namespaces of its own, made by running itself again under
//! `unshare`. Works as root and as an ordinary user; where neither is possible the test says so and passes.

mod lab;

mod adverts;
