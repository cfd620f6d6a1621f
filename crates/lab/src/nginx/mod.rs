//! nginx as the service that a virtual address is for, and what can befall it.

mod misfortune;
pub mod rivals;

pub use misfortune::{Misfortune, Noticed};

use std::net::TcpListener;
use std::path::PathBuf;

use nix::sys::signal::Signal;

use crate::LabError;
use crate::private;
use crate::process::{Process, Spawn};
use crate::program::find;
use crate::topology::Node;

/// Where a listener waits that never answers.
const MUTE_PORT: u16 = 8081;
/// Where nobody listens.
const CLOSED_PORT: u16 = 8082;

/// A page for checks alone.
pub const HEALTH: &str = "/lb-health";
/// The file that grows with every question for [`HEALTH`].
pub const ASKED: &str = "asked.log";

/// While this file is there, checks find fault with an nginx that serves.
pub const UNWELL: &str = "unwell";

/// What its one page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Names the node.
    Well,
    /// Status 500.
    Broken,
    /// Waits for a web server behind it that takes the connection and says nothing.
    Waiting,
    /// Status 502: nobody listens behind it.
    Forsaken,
}

/// nginx on a node; killed when dropped.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    node: Node,
    config: PathBuf,
    _mute: TcpListener,
}

impl Nginx {
    /// Start it with a page that is well.
    ///
    /// # Errors
    /// When nginx is missing or its port is taken.
    pub fn start(node: &Node) -> Result<Self, LabError> {
        let config = node.folder().join("service.conf");
        let text = configuration(node, Page::Well);
        std::fs::write(&config, text).map_err(LabError::io(config.display().to_string()))?;
        let mute = node
            .within(|| TcpListener::bind(("127.0.0.1", MUTE_PORT)))?
            .map_err(LabError::io(format!("port {MUTE_PORT} of {}", node.name())))?;
        Ok(Self {
            process: spawn(node, &config)?,
            node: node.clone(),
            config,
            _mute: mute,
        })
    }

    /// Give its page another behaviour, by a reload as an operator does it.
    ///
    /// # Errors
    /// When the file cannot be written or nginx is gone.
    pub fn turn(&self, page: Page) -> Result<(), LabError> {
        let text = configuration(&self.node, page);
        std::fs::write(&self.config, text).map_err(LabError::io(self.config.display().to_string()))?;
        self.process.signal(Signal::SIGHUP)
    }

    /// kill -9 of all its processes.
    ///
    /// # Errors
    /// When it is gone.
    pub fn kill(&mut self) -> Result<(), LabError> {
        self.process.kill_hard()
    }

    /// Stop all its processes where they are: the kernel still takes connections for it.
    ///
    /// # Errors
    /// When it is gone.
    pub fn freeze(&self) -> Result<(), LabError> {
        self.process.signal_all(Signal::SIGSTOP)
    }

    /// The opposite of [`Self::freeze`].
    ///
    /// # Errors
    /// When it is gone.
    pub fn thaw(&self) -> Result<(), LabError> {
        self.process.signal_all(Signal::SIGCONT)
    }

    /// Well and running, whatever was done to it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn restore(&mut self) -> Result<(), LabError> {
        if !self.process.runs() {
            let text = configuration(&self.node, Page::Well);
            std::fs::write(&self.config, text).map_err(LabError::io(self.config.display().to_string()))?;
            return self.start_again();
        }
        self.thaw()?;
        self.turn(Page::Well)
    }

    /// Its process, for what it costs.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Start it again after [`Self::kill`].
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_again(&mut self) -> Result<(), LabError> {
        self.process = spawn(&self.node, &self.config)?;
        Ok(())
    }
}

fn spawn(node: &Node, config: &std::path::Path) -> Result<Process, LabError> {
    let program = find("nginx")?;
    let folder = node.folder();
    let arguments = [
        "-p".as_ref(),
        folder.as_os_str(),
        "-c".as_ref(),
        config.as_os_str(),
    ];
    node.spawn(&Spawn::new("service", program, arguments))
}

/// With a master and a worker where there are users to become, else as one process.
fn configuration(node: &Node, page: Page) -> String {
    let folder = node.folder().display();
    let name = node.name();
    let master = if private::one_user_only() { "off" } else { "on" };
    let page = match page {
        Page::Well => format!("return 200 \"{name}\\n\";"),
        Page::Broken => "return 500;".to_owned(),
        Page::Waiting => format!("proxy_pass http://127.0.0.1:{MUTE_PORT};"),
        Page::Forsaken => format!("proxy_pass http://127.0.0.1:{CLOSED_PORT};"),
    };
    format!(
        "user root root;\ndaemon off;\nmaster_process {master};\nworker_processes 1;\npid {folder}/service.pid;\n\
         error_log stderr;\nevents {{ worker_connections 512; }}\n\
         http {{\n    access_log off;\n    keepalive_requests 100000000;\n    keepalive_timeout 600;\n\
         \x20   client_body_temp_path {folder}/s-body;\n    proxy_temp_path {folder}/s-proxy;\n\
         \x20   fastcgi_temp_path {folder}/s-fastcgi;\n    uwsgi_temp_path {folder}/s-uwsgi;\n\
         \x20   scgi_temp_path {folder}/s-scgi;\n\
         \x20   server {{\n        listen 80;\n        listen [::]:80;\n        location / {{ {page} }}\n\
         \x20       location = {HEALTH} {{ access_log {folder}/{ASKED}; if (-e {folder}/{UNWELL}) {{ return 503; }} return 200; }}\n    }}\n}}\n"
    )
}
