//! A server in a process of its own, so that its memory and CPU time can be read: this program, started again.

use crate::gateway::{mail, messages, naive};
use crate::js;
use crate::pop3::replay;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;

/// A process that is stopped when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts one in a role of [`serve`].
    pub(crate) fn start(role: &str, argument: &str) -> Result<Self, String> {
        let (child, address) = start(role, argument)?;
        Ok(Self { child, address })
    }
}

/// Starts one that the caller stops.
pub(crate) fn start(role: &str, argument: &str) -> Result<(Child, SocketAddr), String> {
    let program = std::env::current_exe().map_err(words)?;
    let mut child = Command::new(program)
        .args(["serve", role, argument])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(words)?;
    let mut line = String::new();
    let output = child.stdout.take().ok_or("the server has no output")?;
    BufReader::new(output).read_line(&mut line).map_err(words)?;
    let address = line.trim().parse().map_err(words)?;
    Ok((child, address))
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other process: prints its address and serves until it is stopped.
pub(crate) fn serve(role: &str, argument: &str) -> Result<(), String> {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(words);
    match role {
        "gateway" => runtime()?.block_on(serve_gateway(argument)),
        "mail" => runtime()?.block_on(mail::serve(Path::new(argument))),
        "naive" => runtime()?.block_on(naive::serve(argument.parse().map_err(words)?)),
        "messages" => runtime()?.block_on(messages::serve()),
        "replay" => {
            say(replay::start(argument.parse().map_err(words)?).map_err(words)?);
            loop {
                std::thread::park();
            }
        }
        "imap" => {
            say(js::replay::start().map_err(words)?);
            loop {
                std::thread::park();
            }
        }
        _ => Err(format!("no such role: {role}")),
    }
}

async fn serve_gateway(config: &str) -> Result<(), String> {
    let config = waypost_gateway::Config::parse(config).map_err(words)?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    say(listener.local_addr().map_err(words)?);
    waypost_gateway::run(config, listener, std::future::pending()).await.map_err(words)
}

/// Tells whoever started this process where it listens.
pub(crate) fn say(address: SocketAddr) {
    // Nothing can be said where standard output is closed.
    let _ = writeln!(std::io::stdout(), "{address}");
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
