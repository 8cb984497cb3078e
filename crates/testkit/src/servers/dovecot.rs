//! Dovecot 2.3 or 2.4 as a child process: configuration, start, stop. What is done with its mail stands in `maildir.rs`, what
//! differs between the versions in `dialect.rs`.

use super::dialect::Dialect;
use super::process::{Runner, Watcher, end, end_group, free_ports, program};
use super::token;
use super::{CertificateKind, Certificates, Ports, ServerError, User, default_users};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How a Dovecot is started.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The users. Default: [`default_users`].
    pub users: Vec<User>,
    /// The certificate it shows. Default: a good one.
    pub certificate: CertificateKind,
    /// Whether it knows TLS at all. Default: yes.
    pub tls: bool,
    /// A folder that stays when it stops. Default: a temporary folder.
    pub dir: Option<PathBuf>,
    /// Whether it offers every extension and mechanism that it knows. Default: no.
    pub extras: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            users: default_users(),
            certificate: CertificateKind::Good,
            tls: true,
            dir: None,
            extras: false,
        }
    }
}

/// A running Dovecot. It stops when dropped.
pub struct Dovecot {
    // The order of the fields is the order of their end: the process, then its watcher, then its folder.
    process: Option<Child>,
    watcher: Option<Watcher>,
    temporary: Option<TempDir>,
    pub(super) dir: PathBuf,
    pub(super) runner: Runner,
    pub(super) users: Vec<User>,
    pub(super) ports: Ports,
    pub(super) version: String,
    pub(super) dialect: Dialect,
    pub(super) ca: PathBuf,
    pub(super) doveadm: PathBuf,
    /// Folders of mailboxes, by user and name.
    pub(super) folders: RefCell<HashMap<(String, String), PathBuf>>,
    dovecot: PathBuf,
    tls: bool,
    extras: bool,
}

impl fmt::Debug for Dovecot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dovecot")
            .field("ports", &self.ports)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Dovecot {
    /// Starts a Dovecot and waits until it answers.
    ///
    /// # Errors
    /// [`ServerError::Missing`] where it is not installed; else why it did not come up.
    pub fn start(options: Options) -> Result<Self, ServerError> {
        let (dovecot, doveadm, version, dialect) = installed()?;
        let runner = Runner::find()?;
        let (dir, temporary) = folder(options.dir)?;
        let ca = dir.join("tls/ca.pem");
        let mut server = Self {
            process: None,
            watcher: None,
            temporary,
            dir,
            runner,
            users: options.users,
            ports: Ports { imap: 0, imaps: 0, pop3: 0, pop3s: 0 },
            version,
            dialect,
            ca,
            doveadm,
            folders: RefCell::default(),
            dovecot,
            tls: options.tls,
            extras: options.extras,
        };
        server.write_files(options.certificate)?;
        server.come_up_on_free_ports()?;
        let stop = [server.doveadm_command(), vec!["stop".to_owned()]].concat();
        let remove = server.temporary.as_ref().map(TempDir::path);
        server.watcher = Some(Watcher::start(&stop, remove)?);
        Ok(server)
    }

    fn write_files(&self, certificate: CertificateKind) -> Result<(), ServerError> {
        let doing = "writing the configuration of Dovecot";
        for folder in ["tls", "run", "state", "mail"] {
            std::fs::create_dir_all(self.dir.join(folder)).map_err(ServerError::io(doing))?;
        }
        let certificates = Certificates::generate(certificate)?;
        let users: String =
            self.users.iter().map(|user| format!("{}:{{PLAIN}}{}\n", user.name, user.password)).collect();
        for (name, content) in [
            ("tls/ca.pem", &certificates.ca),
            ("tls/server.pem", &certificates.certificate),
            ("tls/server.key", &certificates.key),
            ("users", &users),
        ] {
            std::fs::write(self.dir.join(name), content).map_err(ServerError::io(doing))?;
        }
        // A folder that the caller named may hold other things: only what was made here is given away.
        if self.temporary.is_some() {
            self.runner.own(&self.dir)?;
        }
        self.runner.own(&self.dir.join("users"))?;
        ["tls", "run", "state", "mail"]
            .iter()
            .try_for_each(|folder| self.runner.own_tree(&self.dir.join(folder)))
    }

    /// A port may be taken between the look and the start: then others are tried.
    fn come_up_on_free_ports(&mut self) -> Result<(), ServerError> {
        const ATTEMPTS: usize = 5;
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            self.configure()?;
            match self.come_up() {
                Err(ServerError::Failed { detail, .. }) if detail.contains("Address already in use") => {
                    last = detail
                }
                other => return other,
            }
        }
        Err(ServerError::Failed { server: NAME, detail: last })
    }

    fn configure(&mut self) -> Result<(), ServerError> {
        let ipv6 = TcpListener::bind("[::1]:0").is_ok();
        let ports = free_ports(4, ipv6);
        let &[imap, imaps, pop3, pop3s] = ports.as_slice() else {
            return Err(ServerError::NotFound("free port on loopback".into()));
        };
        self.ports = Ports { imap, imaps, pop3, pop3s };
        let dir = self.dir.to_string_lossy();
        let words = [
            ("@dir@", dir.as_ref()),
            ("@listen@", if ipv6 { "127.0.0.1, ::1" } else { "127.0.0.1" }),
            ("@user@", &self.runner.user),
            ("@group@", &self.runner.group),
            ("@ssl@", if self.tls { "yes" } else { "no" }),
            ("@realm@", self.users.first().map_or("", User::domain)),
            ("@imap@", &imap.to_string()),
            ("@imaps@", &imaps.to_string()),
            ("@pop3@", &pop3.to_string()),
            ("@pop3s@", &pop3s.to_string()),
        ];
        let write = |name: &str, template: &str| {
            let fill = |text: String, (word, value): &(&str, &str)| text.replace(word, value);
            let path = self.dir.join(name);
            std::fs::write(&path, words.iter().fold(template.to_owned(), fill))
                .map_err(ServerError::io("writing the configuration of Dovecot"))?;
            self.runner.own(&path)
        };
        if self.extras {
            write("extras.conf", self.dialect.extras())?;
            write("oauth2.conf", token::CONFIGURATION)?;
            std::fs::create_dir_all(self.dir.join(token::KEY_FOLDER))
                .map_err(ServerError::io("writing the configuration of Dovecot"))?;
            write(token::KEY_FILE, &token::key_for_dovecot())?;
            self.runner.own_tree(&self.dir.join("keys"))?;
        }
        write(CONFIGURATION, self.dialect.template())
    }

    /// A token with which a user may sign in by OAUTHBEARER or XOAUTH2; `None` where this server takes none.
    #[must_use]
    pub fn token(&self, user: &User) -> Option<String> {
        (self.extras && self.dialect.takes_tokens()).then(|| token::of(&user.name))
    }

    /// Starts the process and waits for both greetings.
    fn come_up(&mut self) -> Result<(), ServerError> {
        let _ = std::fs::remove_file(self.dir.join(LOG));
        let errors = std::fs::File::create(self.dir.join("stderr.log"))
            .map_err(ServerError::io("starting Dovecot"))?;
        let child = self
            .runner
            .command(&self.dovecot)
            .arg("-F")
            .arg("-c")
            .arg(self.configuration())
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            // Ctrl-C in a terminal reaches this program only, which then stops Dovecot in order.
            .process_group(0)
            .spawn()
            .map_err(ServerError::io("starting Dovecot"))?;
        let child = self.process.insert(child);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if greets(self.ports.imap, b"* OK") && greets(self.ports.pop3, b"+OK") {
                return Ok(());
            }
            let ended = child.try_wait().map_err(ServerError::io("starting Dovecot"))?;
            if ended.is_some() || Instant::now() > deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.halt()?;
        let detail = self.last_words();
        if self.dialect.misses_a_package(&detail) {
            return Err(MISSING);
        }
        Err(ServerError::Failed { server: NAME, detail })
    }

    pub(super) fn halt(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |mut child| end(&mut child))
    }

    pub(super) fn resume(&mut self) -> Result<(), ServerError> {
        if self.process.is_some() { Ok(()) } else { self.come_up() }
    }

    pub(super) fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    fn configuration(&self) -> PathBuf {
        self.dir.join(CONFIGURATION)
    }

    /// `doveadm` with this server's configuration.
    pub(super) fn doveadm_command(&self) -> Vec<String> {
        [self.doveadm.as_path(), Path::new("-c"), &self.configuration()]
            .map(|part| part.to_string_lossy().into_owned())
            .to_vec()
    }

    /// The ends of its logs.
    pub(super) fn last_words(&self) -> String {
        const LINES: usize = 12;
        let tail = |name: &str| {
            let text = std::fs::read(self.dir.join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LINES)..].join("\n")
        };
        format!("{}\n{}", tail("stderr.log"), tail(LOG)).trim().to_owned()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let group = self.process_id();
        let _ = self.halt();
        // Processes of clients that are still connected outlive the main one.
        if let Some(group) = group {
            end_group(group);
        }
        // Children that outlive the master for a moment may still write.
        for _ in 0..50 {
            let Some(folder) = &self.temporary else { break };
            if !folder.path().exists() || std::fs::remove_dir_all(folder.path()).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Where the programs are, the version, and how to speak to it.
fn installed() -> Result<(PathBuf, PathBuf, String, Dialect), ServerError> {
    let (Some(dovecot), Some(doveadm)) = (program("dovecot"), program("doveadm")) else {
        return Err(MISSING);
    };
    let output = Command::new(&dovecot)
        .arg("--version")
        .output()
        .map_err(ServerError::io("asking Dovecot its version"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match Dialect::of(&version) {
        Some(dialect) => Ok((dovecot, doveadm, version, dialect)),
        None => Err(ServerError::Unsupported { server: NAME, version }),
    }
}

fn folder(wanted: Option<PathBuf>) -> Result<(PathBuf, Option<TempDir>), ServerError> {
    let doing = "making the folder of Dovecot";
    if let Some(dir) = wanted {
        std::fs::create_dir_all(&dir).map_err(ServerError::io(doing))?;
        return Ok((dir.canonicalize().map_err(ServerError::io(doing))?, None));
    }
    // Paths of Unix sockets are short: 108 octets with everything that Dovecot appends.
    const LONGEST: usize = 50;
    let system = std::env::temp_dir();
    let parent = if system.as_os_str().len() > LONGEST { PathBuf::from("/tmp") } else { system };
    let temporary =
        tempfile::Builder::new().prefix("waypost-").tempdir_in(parent).map_err(ServerError::io(doing))?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// Whether a server on this port of loopback says hello.
fn greets(port: u16, hello: &[u8]) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut start = vec![0; hello.len()];
    stream.set_read_timeout(Some(Duration::from_secs(2))).is_ok()
        && stream.read_exact(&mut start).is_ok()
        && start == hello
}

const LOG: &str = "state/dovecot.log";
const CONFIGURATION: &str = "dovecot.conf";
pub(super) const NAME: &str = "dovecot";
const MISSING: ServerError =
    ServerError::Missing { server: "Dovecot", packages: "dovecot-imapd dovecot-pop3d" };
/// A busy machine with two cores starts Dovecot in well under a second; ten times that and more.
const PATIENCE: Duration = Duration::from_secs(20);
