//! nginx where there is one, else an answer of our own.

use crate::LabError;
use crate::process::{Process, Spawn};
use crate::program::find;
use crate::topology::Node;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::TcpListener;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A web server that answers with its node's name; it ends when dropped.
#[derive(Debug)]
pub enum Web {
    /// The real thing.
    Nginx(Process),
    /// hyper, where nginx is missing.
    BuiltIn {
        /// Dropping it ends the thread.
        stop: Option<oneshot::Sender<()>>,
        /// Serves until told.
        thread: Option<JoinHandle<()>>,
    },
}

impl Web {
    /// Serve on port 80 of every address that the node has or will have.
    ///
    /// # Errors
    /// When the port is taken or nginx refuses.
    pub fn start(node: &Node) -> Result<Self, LabError> {
        match find("nginx") {
            Ok(program) => {
                let folder = node.folder();
                let path = folder.join("nginx.conf");
                std::fs::write(&path, configuration(node))
                    .map_err(LabError::io(path.display().to_string()))?;
                let arguments = ["-p".as_ref(), folder.as_os_str(), "-c".as_ref(), path.as_os_str()];
                Ok(Self::Nginx(node.spawn(&Spawn::new("nginx", program, arguments))?))
            }
            Err(_) => Self::built_in(node),
        }
    }

    /// What serves, in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nginx(_) => "nginx",
            Self::BuiltIn { .. } => "built-in web server",
        }
    }

    fn built_in(node: &Node) -> Result<Self, LabError> {
        let listener = node
            .within(|| TcpListener::bind("0.0.0.0:80"))?
            .map_err(LabError::io(format!("port 80 of {}", node.name())))?;
        listener
            .set_nonblocking(true)
            .map_err(LabError::io("non-blocking"))?;
        let (stop, stopped) = oneshot::channel();
        let answer = Bytes::from(format!("{}\n", node.name()));
        let thread = std::thread::spawn(move || serve(listener, stopped, answer));
        Ok(Self::BuiltIn {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        if let Self::BuiltIn { stop, thread } = self {
            drop(stop.take());
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
    }
}

/// A process without a master, and root as its user: an ordinary user's namespace has no second user for workers to become.
fn configuration(node: &Node) -> String {
    let folder = node.folder().display();
    let name = node.name();
    format!(
        "user root root;\ndaemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n    access_log off;\n    keepalive_requests 100000000;\n    keepalive_timeout 600;\n\
         \x20   client_body_temp_path {folder}/body;\n    proxy_temp_path {folder}/proxy;\n\
         \x20   fastcgi_temp_path {folder}/fastcgi;\n    uwsgi_temp_path {folder}/uwsgi;\n\
         \x20   scgi_temp_path {folder}/scgi;\n\
         \x20   server {{\n        listen 80;\n        location / {{ return 200 \"{name}\\n\"; }}\n    }}\n}}\n"
    )
}

fn serve(listener: TcpListener, mut stopped: oneshot::Receiver<()>, answer: Bytes) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async move {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
            return;
        };
        loop {
            let accepted = tokio::select! {
                _ = &mut stopped => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            let answer = answer.clone();
            let service = service_fn(move |_: Request<hyper::body::Incoming>| {
                let answer = answer.clone();
                async move { Ok::<_, Infallible>(Response::new(Full::new(answer))) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
}
