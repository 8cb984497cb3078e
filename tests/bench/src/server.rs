//! A server in a process of its own, so that its memory and CPU time can be read: this program, started again.

use crate::pop3::replay;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;

/// A process that is stopped when dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts one in a role of [`serve`].
    pub(crate) fn start(role: &str, argument: &str) -> Result<Self, String> {
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
        Ok(Self { child, address })
    }

    /// Itself and the processes that it has started.
    fn processes(&self) -> Vec<u32> {
        let own = self.child.id();
        let list = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        std::iter::once(own).chain(list.split_whitespace().filter_map(|id| id.parse().ok())).collect()
    }

    /// Resident memory in KiB, with what processes share counted by its share.
    pub(crate) fn memory(&self) -> f64 {
        let of = |id: u32| {
            let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
            line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0)
        };
        self.processes().into_iter().map(of).sum()
    }

    /// Time that it has spent on processors.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // After the name in brackets, which may hold spaces: fields 14 and 15 of proc(5), in hundredths of a second.
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / 100.0
    }
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
    match role {
        "gateway" => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(words)?;
            runtime.block_on(serve_gateway(argument))
        }
        "replay" => {
            say(replay::start(argument.parse().map_err(words)?).map_err(words)?);
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

fn say(address: SocketAddr) {
    // Nothing can be said where standard output is closed.
    let _ = writeln!(std::io::stdout(), "{address}");
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
