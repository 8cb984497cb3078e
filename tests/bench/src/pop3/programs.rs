//! Native programs, as Debian has them: whole, with the start of the process and with their delivery into memory (`/dev/shm`).

use super::judge::Got;
use super::{Account, Outcome, Taken, words};
use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A program that takes all mail and leaves it on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Mpop,
    Fetchmail,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mpop => "mpop",
            Self::Fetchmail => "fetchmail",
        }
    }

    /// Takes all messages.
    ///
    /// # Errors
    /// It is not installed, or failed.
    pub(crate) fn take(self, account: &Account, judged: bool) -> Outcome<Taken> {
        let folder = Folder::new(self.name())?;
        self.configure(account, &folder.0)?;
        let mut command = self.command(&folder.0);
        let (start, cpu) = (Instant::now(), children_ms());
        let output =
            command.stdin(Stdio::null()).output().map_err(|error| format!("{}: {error}", self.name()))?;
        let ms = start.elapsed().as_secs_f64() * 1e3;
        let cpu_ms = children_ms().zip(cpu).map(|(after, before)| after - before);
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            return Err(format!("{} failed: {}", self.name(), String::from_utf8_lossy(&said)));
        }
        let got = if judged { Some(Got::Messages(self.delivered(&folder.0)?)) } else { None };
        Ok(Taken { ms, cpu_ms, got })
    }

    fn command(self, folder: &Path) -> Command {
        let mut command = Command::new(self.name());
        match self {
            Self::Mpop => command.arg("--quiet").arg("--file").arg(folder.join(CONFIGURATION)).arg("set"),
            Self::Fetchmail => {
                command.args(["--silent", "--nosyslog", "--pidfile"]).arg(folder.join("pid"));
                command.arg("--idfile").arg(folder.join("ids"));
                command.arg("--fetchmailrc").arg(folder.join(CONFIGURATION))
            }
        };
        command
    }

    fn configure(self, account: &Account, folder: &Path) -> Outcome<()> {
        let Account { port, user, password, .. } = account;
        let place = folder.display();
        let text = match self {
            Self::Mpop => {
                for part in ["mail", "mail/tmp", "mail/new", "mail/cur"] {
                    fs::create_dir(folder.join(part)).map_err(words)?;
                }
                format!(
                    "account set\nhost 127.0.0.1\nport {port}\nuser {user}\npassword {password}\nauth user\ntls off\nkeep on\n\
                     uidls_file {place}/uidls\ndelivery maildir {place}/mail\n"
                )
            }
            Self::Fetchmail => format!(
                "poll 127.0.0.1 protocol pop3 service {port} auth password\n  user \"{user}\" password \"{password}\" is \"you\" here\n  \
                 sslproto \"\" keep fetchall fetchsizelimit 0 bsmtp \"{place}/bsmtp\"\n"
            ),
        };
        // Both refuse a file with a password that others may read.
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join(CONFIGURATION))
            .map_err(words)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(words)
    }

    fn delivered(self, folder: &Path) -> Outcome<Vec<Vec<u8>>> {
        match self {
            Self::Mpop => {
                let files = fs::read_dir(folder.join("mail/new")).map_err(words)?.flatten();
                files.map(|file| fs::read(file.path()).map_err(words)).collect()
            }
            Self::Fetchmail => fs::read(folder.join("bsmtp")).map(|octets| unbatched(&octets)).map_err(words),
        }
    }
}

/// The messages of batched SMTP (RFC 2442): what stands between DATA and the dot, with stuffing undone.
fn unbatched(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut message: Option<Vec<u8>> = None;
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        let words = line.trim_ascii_end();
        match &mut message {
            None if words == b"DATA" => message = Some(Vec::new()),
            None => {}
            Some(_) if words == b"." => messages.extend(message.take()),
            Some(octets) => octets.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
        }
    }
    messages
}

/// A folder in memory, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Outcome<Self> {
        let path = Path::new("/dev/shm").join(format!("waypost-bench-{}-{name}", std::process::id()));
        // One of a run that was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).map_err(words)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed lies in memory until the machine stops; the run is not worse for it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Time on a processor of all children that have ended, in steps of a hundredth of a second (proc(5), fields 16 and 17).
fn children_ms() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_ascii_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) * 10.0)
}

const CONFIGURATION: &str = "configuration";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batched_messages_come_apart_and_lose_their_stuffing() {
        let batch = b"HELO a\r\nMAIL FROM:<b>\r\nDATA\r\none\r\n..\r\n.\r\nMAIL FROM:<c>\r\nDATA\r\ntwo\r\n.\r\nQUIT\r\n";
        assert_eq!(unbatched(batch), [b"one\r\n.\r\n".to_vec(), b"two\r\n".to_vec()]);
    }
}
