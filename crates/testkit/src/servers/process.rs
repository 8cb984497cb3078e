//! Child processes of a test server: who they run as, how they are stopped, and a watcher that stops them when this process dies.

use super::ServerError;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::{chown, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// The unprivileged user that servers run as: this one, or `nobody` when this one is root.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    pub(super) user: String,
    pub(super) group: String,
    /// Set where this process is root and must become another.
    change: Option<(u32, u32)>,
}

impl Runner {
    pub(super) fn find() -> Result<Self, ServerError> {
        let root = id(&["-u"])? == "0";
        let of: &[&str] = if root { &["nobody"] } else { &[] };
        let ask = |flag: &'static str| id(&[&[flag], of].concat());
        let number = |flag| {
            ask(flag)?
                .parse::<u32>()
                .map_err(|_| ServerError::NotFound("user that servers can run as".into()))
        };
        let change = if root { Some((number("-u")?, number("-g")?)) } else { None };
        Ok(Self { user: ask("-un")?, group: ask("-gn")?, change })
    }

    /// Whether this process is root and gives servers another user.
    pub(super) fn is_root(&self) -> bool {
        self.change.is_some()
    }

    /// The numbers of this user and its group.
    pub(super) fn numbers(&self) -> Result<(String, String), ServerError> {
        match self.change {
            Some((uid, gid)) => Ok((uid.to_string(), gid.to_string())),
            None => Ok((id(&["-u"])?, id(&["-g"])?)),
        }
    }

    /// A command that runs as this user.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.change {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives a path to this user.
    pub(super) fn own(&self, path: &Path) -> Result<(), ServerError> {
        let Some((uid, gid)) = self.change else { return Ok(()) };
        chown(path, Some(uid), Some(gid)).map_err(ServerError::io("giving a file to the server's user"))
    }

    /// Gives a folder and all below it to this user.
    pub(super) fn own_tree(&self, dir: &Path) -> Result<(), ServerError> {
        let Some((uid, gid)) = self.change else { return Ok(()) };
        let doing = "giving a folder to the server's user";
        let mut waiting = vec![dir.to_owned()];
        while let Some(path) = waiting.pop() {
            lchown(&path, Some(uid), Some(gid)).map_err(ServerError::io(doing))?;
            if path.symlink_metadata().map_err(ServerError::io(doing))?.is_dir() {
                for entry in path.read_dir().map_err(ServerError::io(doing))? {
                    waiting.push(entry.map_err(ServerError::io(doing))?.path());
                }
            }
        }
        Ok(())
    }
}

/// The first line that `id` prints.
fn id(arguments: &[&str]) -> Result<String, ServerError> {
    let output =
        Command::new("id").args(arguments).output().map_err(ServerError::io("asking id for the user"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !text.is_empty() {
        return Ok(text);
    }
    Err(ServerError::NotFound("name of the user that runs the servers".into()))
}

/// Finds a program on the PATH or where Debian keeps daemons.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// Free ports of loopback, IPv4 and (where there is one) IPv6. They lie below the range that the system gives to clients, so
/// that nobody is given one while the server restarts.
pub(super) fn free_ports(count: usize, ipv6: bool) -> Vec<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 10_000;
    const SPAN: u16 = 20_000;
    // Processes that start together begin far from each other.
    let start = (std::process::id().wrapping_mul(7919) % u32::from(SPAN)) as u16;
    let is_free = |port: &u16| {
        TcpListener::bind(("127.0.0.1", *port)).is_ok()
            && (!ipv6 || TcpListener::bind(("::1", *port)).is_ok())
    };
    std::iter::repeat_with(|| {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        FIRST + ((u32::from(start) + u32::from(step)) % u32::from(SPAN)) as u16
    })
    .take(usize::from(SPAN))
    .filter(is_free)
    .take(count)
    .collect()
}

/// Asks a child to end, waits, and then insists. Returns when it is gone.
pub(super) fn end(child: &mut Child) -> Result<(), ServerError> {
    let doing = "stopping a server";
    if child.try_wait().map_err(ServerError::io(doing))?.is_some() {
        return Ok(());
    }
    // The standard library can only kill; the shell's own kill can ask.
    let asked = Command::new("sh")
        .args(["-c", "kill -TERM \"$1\"", "sh", &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
    let patience =
        if asked.is_ok_and(|status| status.success()) { Duration::from_secs(5) } else { Duration::ZERO };
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if child.try_wait().map_err(ServerError::io(doing))?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().map_err(ServerError::io(doing))?;
    child.wait().map(drop).map_err(ServerError::io(doing))
}

/// Ends what is left of the process group of a child that began one. Nothing else is in it.
pub(super) fn end_group(child: u32) {
    let _ = Command::new("sh")
        .args(["-c", "kill -s KILL -- \"-$1\"", "sh", &child.to_string()])
        .stderr(Stdio::null())
        .status();
}

/// A shell that waits for the end of its input, which comes when this process dies however it dies; then it runs `stop` and
/// removes the folder. Dismissed, it does nothing.
#[derive(Debug)]
pub(super) struct Watcher {
    shell: Child,
    input: Option<ChildStdin>,
}

impl Watcher {
    /// `stop` ends the server; `remove` is its temporary folder.
    pub(super) fn start(stop: &[String], remove: Option<&Path>) -> Result<Self, ServerError> {
        const SCRIPT: &str = r#"folder=$1; shift
            read -r word && exit 0
            "$@" >/dev/null 2>&1
            [ -z "$folder" ] && exit 0
            for attempt in 1 2 3 4 5; do rm -rf -- "$folder" 2>/dev/null; [ -e "$folder" ] || exit 0; sleep 1; done"#;
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "waypost-watcher"])
            .arg(remove.unwrap_or(Path::new("")))
            .args(stop)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal and the end of a process group must not reach it.
            .process_group(0)
            .spawn()
            .map_err(ServerError::io("starting the watcher"))?;
        let input = shell.stdin.take();
        Ok(Self { shell, input })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(mut input) = self.input.take() {
            let _ = std::io::Write::write_all(&mut input, b"dismissed\n");
        }
        let _ = self.shell.wait();
    }
}
