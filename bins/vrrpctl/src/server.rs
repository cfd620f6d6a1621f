//! `vrrpctl server`: a real server is taken out of service, or put back.

use std::path::Path;

use clap::{Args, Subcommand};
use vrrp_control::servers::ServerOrder;
use vrrp_control::{Answer, Ask};

use crate::{REFUSED, pretty, print, refused, words};

/// What is to become of which.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Nothing new goes there any more; what is connected stays connected. The checks go on.
    Drain(Which),
    /// It serves again as the file and its checks say.
    Enable(Which),
    /// It has this weight instead of the file's, while its checks let it; 0 is `drain`.
    Weight {
        #[command(flatten)]
        which: Which,
        /// Its share of new connections, 0 to 2147483647.
        #[arg(value_parser = clap::value_parser!(u32).range(..=2_147_483_647))]
        weight: u32,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// The real server: 192.0.2.10:80, or its address alone.
    server: String,
    /// Only in this virtual server; in all that have it otherwise.
    #[arg(long, value_name = "VIRTUAL SERVER")]
    of: Option<String>,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(socket: &Path, arguments: &Arguments) -> u8 {
    let (which, order) = match &arguments.order {
        Order::Drain(which) => (which, ServerOrder::Drain),
        Order::Enable(which) => (which, ServerOrder::Enable),
        Order::Weight { which, weight: 0 } => (which, ServerOrder::Drain),
        Order::Weight { which, weight } => (which, ServerOrder::Weight(*weight)),
    };
    let ask = Ask::Server {
        server: which.server.clone(),
        virtual_server: which.of.clone(),
        order,
    };
    match vrrp_control::ask(socket, ask) {
        Ok(Answer::Server(moved)) if which.json => match pretty(&moved) {
            Ok(text) => print(&text),
            Err(error) => {
                eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
                REFUSED
            }
        },
        Ok(Answer::Server(moved)) => {
            let lines = moved.iter().map(|one| words::clean(&one.message) + "\n");
            print(&lines.collect::<String>())
        }
        other => refused(socket, other),
    }
}
