//! What the unpacked servers have in common: a temporary folder with certificates, a copy of the programs that the server's user may
//! read, ports, and the end of every process.

use super::super::process::{Runner, Watcher, end, end_group, free_ports};
use super::super::{CertificateKind, Certificates, ServerError, User};
use super::{Kind, fetched, mailutils};
use std::fs::File;
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The folder of one server, and its process once it runs.
pub(super) struct Ground {
    // The order of the fields is the order of their end.
    process: Option<Child>,
    watcher: Option<Watcher>,
    folder: TempDir,
    kind: Kind,
    pub(super) runner: Runner,
    pub(super) users: Vec<User>,
    pub(super) version: String,
    pub(super) plain: u16,
    pub(super) tls: u16,
    /// POP3 with STLS, and with TLS from the first octet; no program listens there where the kind has no POP3.
    pub(super) pop3: u16,
    pub(super) pop3s: u16,
    pub(super) ca: PathBuf,
    /// Where the programs are.
    pub(super) programs: PathBuf,
}

impl Ground {
    /// Makes the folder with certificates and programs.
    pub(super) fn prepare(
        kind: Kind,
        users: &[User],
        certificate: CertificateKind,
    ) -> Result<Self, ServerError> {
        let programs = fetched(kind).ok_or(ServerError::Unable {
            server: kind.name(),
            why: "it was not fetched; run scripts/servers.sh",
        })?;
        let version = std::fs::read_to_string(programs.join("VERSION")).unwrap_or_default().trim().to_owned();
        let runner = Runner::find()?;
        if kind == Kind::Courier && !runner.is_root() {
            return Err(ServerError::Unable {
                server: kind.name(),
                why: "its paths are compiled in: it needs root, for a mount namespace of its own",
            });
        }
        // Paths of Unix sockets are short: 108 octets with everything that a server appends.
        let folder =
            tempfile::Builder::new().prefix("waypost-").tempdir_in("/tmp").map_err(ServerError::io(DOING))?;
        let ground = Self {
            process: None,
            watcher: None,
            kind,
            runner,
            users: users.to_vec(),
            version,
            plain: 0,
            tls: 0,
            pop3: 0,
            pop3s: 0,
            ca: folder.path().join("tls/ca.pem"),
            programs,
            folder,
        };
        ground.write_certificates(certificate)?;
        // The server's own user must come through to it.
        std::fs::set_permissions(ground.dir(), std::fs::Permissions::from_mode(0o755))
            .map_err(ServerError::io(DOING))?;
        ground.runner.own(ground.dir())?;
        Ok(ground)
    }

    /// The folder.
    pub(super) fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Whether something listens on its ports of POP3.
    pub(super) fn speaks_pop3(&self) -> bool {
        match self.kind {
            Kind::Mailutils => mailutils::mail_group(&self.runner).is_some(),
            kind => kind.has_pop3(),
        }
    }

    /// The process, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    fn write_certificates(&self, kind: CertificateKind) -> Result<(), ServerError> {
        let certificates = Certificates::generate(kind)?;
        self.write("tls/ca.pem", &certificates.ca)?;
        self.write("tls/server.pem", &certificates.certificate)?;
        self.write("tls/server.key", &certificates.key)?;
        self.write("tls/combined.pem", &[certificates.key, certificates.certificate].concat())
    }

    /// Writes a file of the server's user, and the folders above it.
    pub(super) fn write(&self, name: &str, content: &str) -> Result<(), ServerError> {
        let path = self.dir().join(name);
        if let Some((folder, _)) = name.rsplit_once('/') {
            self.folder_for_mail(folder)?;
        }
        std::fs::write(&path, content).map_err(ServerError::io(DOING))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
            .map_err(ServerError::io(DOING))?;
        self.runner.own(&path)
    }

    /// Lets everyone read a file.
    pub(super) fn readable(&self, name: &str) -> Result<(), ServerError> {
        std::fs::set_permissions(self.dir().join(name), std::fs::Permissions::from_mode(0o644))
            .map_err(ServerError::io(DOING))
    }

    /// Makes a folder of the server's user, and those above it.
    pub(super) fn folder_for_mail(&self, name: &str) -> Result<(), ServerError> {
        let mut path = self.dir().to_owned();
        for part in name.split('/') {
            path.push(part);
            if !path.is_dir() {
                std::fs::create_dir(&path).map_err(ServerError::io(DOING))?;
                self.runner.own(&path)?;
            }
        }
        Ok(())
    }

    /// Fills in the words between @ and writes the file.
    pub(super) fn write_template(
        &self,
        name: &str,
        template: &str,
        more: &[(&str, &str)],
    ) -> Result<(), ServerError> {
        let own = [
            ("@dir@", self.dir().to_string_lossy().into_owned()),
            ("@programs@", self.programs.to_string_lossy().into_owned()),
            ("@user@", self.runner.user.clone()),
            ("@group@", self.runner.group.clone()),
            ("@plain@", self.plain.to_string()),
            ("@tls@", self.tls.to_string()),
            ("@pop3@", self.pop3.to_string()),
            ("@pop3s@", self.pop3s.to_string()),
        ];
        let own = own.iter().map(|(word, value)| (*word, value.as_str()));
        let text = own
            .chain(more.iter().copied())
            .fold(template.to_owned(), |text, (word, value)| text.replace(word, value));
        self.write(name, &text)
    }

    /// Copies the programs to where the server's user can read them: a home of root is closed to others.
    pub(super) fn copy_programs(&mut self) -> Result<(), ServerError> {
        let copy = self.dir().join("programs");
        if !self.runner.is_root() || self.programs == copy {
            return Ok(());
        }
        let copied =
            Command::new("cp").args(["-a", "--reflink=auto"]).arg(&self.programs).arg(&copy).status();
        if !copied.map_err(ServerError::io(DOING))?.success() {
            return Err(ServerError::Failed {
                server: self.kind.name(),
                detail: "its programs can't be copied".into(),
            });
        }
        self.programs = copy;
        Ok(())
    }

    /// The folders of its libraries, for LD_LIBRARY_PATH.
    pub(super) fn libraries(&self) -> String {
        let library = self.programs.join("usr/lib");
        let machine = std::fs::read_dir(&library)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.contains("-linux-gnu"))
            .flat_map(|name| [library.join(&name), library.join(&name).join("mailutils")]);
        let folders =
            machine.chain([library.join("cyrus")]).map(|folder| folder.to_string_lossy().into_owned());
        folders.collect::<Vec<_>>().join(":")
    }

    /// Starts what `command` gives for the ports, until all of them are free; gives the TLS port of IMAP.
    pub(super) fn come_up(
        &mut self,
        command: impl Fn(&mut Self) -> Result<Command, ServerError>,
    ) -> Result<u16, ServerError> {
        const ATTEMPTS: usize = 3;
        let mut failure = None;
        for _ in 0..ATTEMPTS {
            let &[plain, tls, pop3, pop3s] = free_ports(4, false).as_slice() else {
                return Err(ServerError::NotFound("free port on loopback".into()));
            };
            (self.plain, self.tls, self.pop3, self.pop3s) = (plain, tls, pop3, pop3s);
            let command = command(self)?;
            match self.spawn(command) {
                Ok(()) => return Ok(tls),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| ServerError::NotFound("free port on loopback".into())))
    }

    fn spawn(&mut self, mut command: Command) -> Result<(), ServerError> {
        let log = File::create(self.dir().join(LOG)).map_err(ServerError::io(DOING))?;
        let child = command
            .current_dir(self.dir())
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(ServerError::io(DOING))?)
            .stderr(log)
            // A group of its own: Ctrl-C in a terminal does not reach it, and its children can be ended with it.
            .process_group(0)
            .spawn()
            .map_err(ServerError::io(DOING))?;
        let stop = ["sh", "-c", STOP, "sh", &child.id().to_string()].map(str::to_owned);
        self.process = Some(child);
        self.watcher = Some(Watcher::start(&stop, Some(self.dir()))?);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && self.lives()? {
            if greets(self.plain, b"* OK") && (!self.speaks_pop3() || greets(self.pop3, b"+OK ")) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.halt();
        let detail = self.last_words();
        // A container's root may lack the right to mount.
        if ["unshare: ", "mount: "].iter().any(|word| detail.contains(word)) {
            return Err(ServerError::Unable {
                server: self.kind.name(),
                why: "this root may not mount, which it needs",
            });
        }
        Err(ServerError::Failed { server: self.kind.name(), detail })
    }

    fn lives(&mut self) -> Result<bool, ServerError> {
        let Some(child) = &mut self.process else { return Ok(false) };
        Ok(child.try_wait().map_err(ServerError::io(DOING))?.is_none())
    }

    fn halt(&mut self) {
        let Some(mut child) = self.process.take() else { return };
        let group = child.id();
        let _ = end(&mut child);
        // Children that outlive it.
        end_group(group);
        self.watcher = None;
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        const LINES: usize = 20;
        let text = std::fs::read(self.dir().join(LOG)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.halt();
        // Children that outlive the main process for a moment may still write.
        for _ in 0..50 {
            if !self.dir().exists() || std::fs::remove_dir_all(self.dir()).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn greets(port: u16, hello: &[u8; 4]) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut start = [0; 4];
    stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok()
        && stream.read_exact(&mut start).is_ok()
        && &start == hello
}

/// What the watcher does with the number of the main process: ask, wait, and then insist, with its group.
const STOP: &str = r#"kill -TERM "$1"; sleep 1; kill -KILL "$1"; kill -s KILL -- "-$1""#;
const LOG: &str = "server.log";
const DOING: &str = "starting a mail server";
/// A busy machine with two cores starts each of them within a few seconds.
const PATIENCE: Duration = Duration::from_secs(30);
