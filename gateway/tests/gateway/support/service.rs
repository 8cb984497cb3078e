//! The program as a service, and a service manager.

use super::within;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStderr, Command};

/// What systemd is to a service: it passes a socket and hears how it goes.
pub(crate) struct Manager {
    folder: TempDir,
    notices: UnixDatagram,
}

impl Manager {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let notices = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        Self { folder, notices }
    }

    /// The next notice.
    pub(crate) async fn heard(&mut self) -> String {
        let mut notice = vec![0; 1000];
        let length = within("a notice", self.notices.recv(&mut notice)).await.unwrap();
        String::from_utf8(notice[..length].to_vec()).unwrap()
    }
}

/// A running program.
pub(crate) struct Program {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    /// Where it listens.
    pub(crate) said: String,
    file: PathBuf,
    _folder: TempDir,
}

impl Program {
    /// Starts it with this configuration, and waits until it listens.
    pub(crate) async fn start(manager: &Manager, socket: Option<&TcpListener>, text: &str) -> Self {
        let (folder, file) = written(text);
        let child = command(manager, socket, &file).spawn().unwrap();
        Self::started(child, folder, file).await
    }

    /// The same where the shell has said something before, such as `ulimit`.
    pub(crate) async fn start_after(shell: &str, text: &str) -> Self {
        let (folder, file) = written(text);
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!(r#"{shell} && exec "$@""#)).arg("sh").arg(PROGRAM);
        let child = piped(&mut command, &file).spawn().unwrap();
        Self::started(child, folder, file).await
    }

    async fn started(mut child: Child, folder: TempDir, file: PathBuf) -> Self {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = within("the first line", lines.next_line()).await.unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let Some(said) = said else {
            let why = within("the reason", log.next_line()).await.unwrap();
            panic!("it did not start: {why:?}");
        };
        Self { child, log, said, file, _folder: folder }
    }

    /// What it says when it can't start.
    pub(crate) async fn refused(manager: &Manager, text: &str) -> String {
        let (_folder, file) = written(text);
        let mut child = command(manager, None, &file).spawn().unwrap();
        let mut said = String::new();
        within("its end", child.stderr.take().unwrap().read_to_string(&mut said)).await.unwrap();
        assert_eq!(within("its end", child.wait()).await.unwrap().code(), Some(1), "{said}");
        said
    }

    /// Writes another configuration; it is read at a HUP.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(&self.file, text).unwrap();
    }

    /// Waits for a line of the log.
    pub(crate) async fn logs(&mut self, part: &str) -> String {
        within(part, async {
            loop {
                let line = self.log.next_line().await.unwrap().unwrap_or_else(|| panic!("no {part}"));
                if line.contains(part) {
                    return line;
                }
            }
        })
        .await
    }

    /// All lines of the log that are left, to its end.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = String::new();
        within("its end", async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                rest.extend(["\n", &line]);
            }
        })
        .await;
        rest
    }

    /// The memory that it has.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let kill = std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(kill.success(), "{name}");
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        // A full pipe would hold it up.
        let log = async { while let Ok(Some(_)) = self.log.next_line().await {} };
        let (status, ()) = within("its end", async { tokio::join!(self.child.wait(), log) }).await;
        status.unwrap()
    }
}

fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.toml");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

/// A shell puts the socket where a service manager puts it, and its own number, which becomes the program's.
fn command(manager: &Manager, socket: Option<&TcpListener>, file: &Path) -> Command {
    let mut command = if let Some(socket) = socket {
        let mut command = Command::new("sh");
        command
            .args(["-c", r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 0</dev/null"#, "sh", PROGRAM])
            .stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
        command
    } else {
        let mut command = Command::new(PROGRAM);
        command.stdin(Stdio::null());
        command
    };
    piped(&mut command, file).env("NOTIFY_SOCKET", manager.folder.path().join("notify"));
    command
}

fn piped<'a>(command: &'a mut Command, file: &Path) -> &'a mut Command {
    let command = command.arg("--config").arg(file);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true)
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_waypost-gateway");
