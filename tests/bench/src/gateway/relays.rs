//! The relays, each started for itself: what it is, how it is started, how it is spoken to.

use super::line::{Buffer, Line, Speech, WINDOW};
use super::mail::Order;
use super::process::Group;
use super::{Outcome, words};
use crate::server::{Server, start};
use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use waypost_testkit::servers::{CertificateKind, Certificates};

/// A row of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Direct,
    Haproxy,
    Websockify,
    Wstunnel,
    Naive,
    Waypost,
    WaypostTls,
}

/// All of them, in the order of the table.
pub(crate) const ALL: [Kind; 7] = [
    Kind::Direct,
    Kind::Haproxy,
    Kind::Websockify,
    Kind::Wstunnel,
    Kind::Naive,
    Kind::Waypost,
    Kind::WaypostTls,
];

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Haproxy => "haproxy",
            Self::Websockify => "websockify",
            Self::Wstunnel => "wstunnel",
            Self::Naive => "naive",
            Self::Waypost => "waypost",
            Self::WaypostTls => "waypost-tls",
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Waypost | Self::WaypostTls)
    }
}

/// The mail servers, and the folder of what relays are started with.
pub(crate) struct Stage {
    folder: TempDir,
    server: Server,
    /// Where it speaks TLS.
    secure_port: u16,
    /// The program of erebe/wstunnel, if there is one.
    wstunnel: Option<PathBuf>,
}

impl Stage {
    pub(crate) fn set() -> Outcome<Self> {
        let folder = tempfile::tempdir().map_err(words)?;
        let certificates = Certificates::generate(CertificateKind::Good).map_err(words)?;
        for (name, text) in [
            ("ca.pem", &certificates.ca),
            ("certificate.pem", &certificates.certificate),
            ("key.pem", &certificates.key),
        ] {
            fs::write(folder.path().join(name), text).map_err(words)?;
        }
        let server = Server::start("mail", &folder.path().to_string_lossy())?;
        let (_, secure_port) = about(server.address, &mut Buffer::new())?;
        Ok(Self { folder, server, secure_port, wstunnel: wstunnel() })
    }

    /// Why a relay can't take part, if it can't.
    pub(crate) fn absence(&self, kind: Kind) -> Option<&'static str> {
        let missing = |program: &str| Command::new(program).arg("--help").output().is_err();
        match kind {
            Kind::Haproxy if missing("haproxy") => Some("it is not installed (Debian: haproxy)"),
            Kind::Websockify if missing("websockify") => Some("it is not installed (Debian: websockify)"),
            Kind::Wstunnel if self.wstunnel.is_none() => {
                Some("erebe's program is not on crates.io; WSTUNNEL=PATH names one that was built elsewhere")
            }
            _ => None,
        }
    }

    /// Starts one and waits until tunnels go through it.
    pub(crate) fn start(&self, kind: Kind) -> Outcome<Relay> {
        self.start_for(kind, &[])
    }

    /// The same, for pages of these origins beside its own.
    pub(crate) fn start_for(&self, kind: Kind, pages: &[String]) -> Outcome<Relay> {
        if kind == Kind::Direct {
            return Ok(Relay { kind, group: None, address: self.server.address, speech: Speech::Plain });
        }
        if kind == Kind::Naive {
            let (child, address) = start("naive", &self.server.address.to_string())?;
            let speech = Speech::WebSocket(request(address, "/", ""));
            return Ok(Relay { kind, group: Some(Group::of(child)), address, speech });
        }
        let address = free_address()?;
        let log = self.folder.path().join(format!("{}.log", kind.name()));
        let mut command = self.command(kind, address, pages)?;
        command.stderr(Stdio::from(fs::File::create(&log).map_err(words)?));
        let group = Some(Group::start(&mut command)?);
        let mut relay = Relay { kind, group, address, speech: self.speech(kind, address) };
        relay.wait().map_err(|why| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("{} does not come up: {why}. It says: {said}", kind.name())
        })?;
        Ok(relay)
    }

    fn command(&self, kind: Kind, address: SocketAddr, pages: &[String]) -> Outcome<Command> {
        let target = self.server.address;
        let write = |name: &str, text: String| -> Outcome<PathBuf> {
            let path = self.folder.path().join(name);
            fs::write(&path, text).map_err(words)?;
            Ok(path)
        };
        Ok(match kind {
            Kind::Haproxy => {
                let mut command = Command::new("haproxy");
                command.arg("-db").arg("-f").arg(write("haproxy.cfg", haproxy(address, target))?);
                command
            }
            Kind::Websockify => {
                let mut command = Command::new("websockify");
                command.args([address.to_string(), target.to_string()]);
                command
            }
            Kind::Wstunnel => {
                let mut command = Command::new(self.wstunnel.as_deref().ok_or("there is no wstunnel")?);
                command.args(["server", "--websocket-mask-frame", "--restrict-to", &target.to_string()]);
                command.arg(format!("ws://{address}")).env("RUST_LOG", "off");
                command
            }
            Kind::Direct | Kind::Naive | Kind::Waypost | Kind::WaypostTls => {
                let program = std::env::current_exe().map_err(words)?.with_file_name("waypost-gateway");
                if !program.is_file() {
                    return Err(format!(
                        "{} is missing. Build it: cargo build --release -p waypost-gateway",
                        program.display()
                    ));
                }
                let config = write(&format!("{}.toml", kind.name()), self.config(kind, address, pages))?;
                let mut command = Command::new(program);
                command.arg("--config").arg(config);
                command
            }
        })
    }

    /// A gateway with limits that are not in the way, and without a log as the others have none.
    fn config(&self, kind: Kind, address: SocketAddr, pages: &[String]) -> String {
        let mut origins = vec![format!("http://{address}")];
        origins.extend_from_slice(pages);
        let (port, tls, ca) = match kind {
            Kind::WaypostTls => (self.secure_port, "implicit", vec![self.folder.path().join("ca.pem")]),
            _ => (self.server.address.port(), "none", Vec::new()),
        };
        let mut text = format!("listen = '{address}'\nlog = 'error'\norigins = {origins:?}\n");
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "[[targets]]\nhost = '127.0.0.1'\nports = [{port}]\ntls = ['{tls}']\nprivate = true\nca = {ca:?}\n"
        );
        text.push_str("[limits]\nping_seconds = 600\nsilence_seconds = 3600\n");
        for name in ["connections", "connections_per_client", "tunnels", "tunnels_per_client"] {
            let _ = writeln!(text, "{name} = 20000");
        }
        let _ = writeln!(text, "new_tunnels_per_minute_per_client = 0\nwindow_octets = {WINDOW}");
        text
    }

    fn speech(&self, kind: Kind, address: SocketAddr) -> Speech {
        let target = self.server.address;
        match kind {
            Kind::Direct | Kind::Haproxy => Speech::Plain,
            Kind::Websockify => Speech::WebSocket(request(address, "/", "binary")),
            Kind::Naive => Speech::WebSocket(request(address, "/", "")),
            Kind::Wstunnel => {
                let offer = format!("v1, authorization.bearer.{}", wstunnel_token(target));
                Speech::WebSocket(request(address, "/v1/events", &offer))
            }
            Kind::Waypost => self.tunnel(kind, address, WINDOW),
            Kind::WaypostTls => self.tunnel(kind, address, WINDOW),
        }
    }

    /// The tunnel protocol with so much credit for the gateway.
    pub(crate) fn tunnel(&self, kind: Kind, address: SocketAddr, credit: u32) -> Speech {
        let (port, tls) = match kind {
            Kind::WaypostTls => (self.secure_port, "implicit"),
            _ => (self.server.address.port(), "none"),
        };
        let open =
            format!(r#"{{"type":"open","host":"127.0.0.1","port":{port},"tls":"{tls}","credit":{credit}}}"#);
        Speech::Tunnel(request(address, "/tunnel", "waypost.v1"), open)
    }

    /// Port of the mail server, without TLS.
    pub(crate) fn port(&self) -> u16 {
        self.server.address.port()
    }

    /// Waits until the server has no connections but `left`, so that what ending them costs is counted too.
    pub(crate) fn drained(&self, left: u64, buffer: &mut Buffer) -> Outcome<()> {
        let start = Instant::now();
        while self.connections(buffer)? > left {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("a relay does not end connections whose client has gone".to_owned());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Connections that the server has.
    pub(crate) fn connections(&self, buffer: &mut Buffer) -> Outcome<u64> {
        about(self.server.address, buffer).map(|(connections, _)| connections)
    }
}

/// What the server says of itself: its connections, and the port with TLS.
fn about(server: SocketAddr, buffer: &mut Buffer) -> Outcome<(u64, u16)> {
    let mut line = Line::open(server, &Speech::Plain, buffer)?;
    line.order(Order::About, buffer)?;
    let answer: [u8; 10] = line.octets()?;
    let (connections, port) = answer.split_at(8);
    let number = |octets: &[u8]| octets.iter().fold(0, |sum, octet| sum * 256 + u64::from(*octet));
    Ok((number(connections), u16::try_from(number(port)).map_err(words)?))
}

/// A relay that runs.
pub(crate) struct Relay {
    pub(crate) kind: Kind,
    /// None where there is no relay.
    pub(crate) group: Option<Group>,
    pub(crate) address: SocketAddr,
    pub(crate) speech: Speech,
}

impl Relay {
    /// A new connection through it.
    pub(crate) fn open(&self, buffer: &mut Buffer) -> Outcome<Line> {
        Line::open(self.address, &self.speech, buffer)
    }

    /// Seconds on processors so far.
    pub(crate) fn processor_seconds(&self) -> Option<f64> {
        self.group.as_ref().map(Group::processor_seconds)
    }

    fn wait(&mut self) -> Outcome<()> {
        let (start, mut buffer) = (Instant::now(), Buffer::new());
        loop {
            match self.open(&mut buffer) {
                Ok(_) => return Ok(()),
                Err(why) if start.elapsed() > Duration::from_secs(10) => return Err(why),
                Err(why) if !self.group.as_mut().is_none_or(Group::is_up) => return Err(why),
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

/// An address whose port is free now. Nobody else takes it before the relay does: the system gives each port in turn.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(words)
}

/// A WebSocket handshake as a page sends it. The key is always the same, since nobody looks at the answer to it.
fn request(address: SocketAddr, path: &str, protocol: &str) -> String {
    let protocol = match protocol {
        "" => String::new(),
        offer => format!("Sec-WebSocket-Protocol: {offer}\r\n"),
    };
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
    )
}

fn haproxy(address: SocketAddr, target: SocketAddr) -> String {
    format!(
        "global\n  nbthread 2\ndefaults\n  mode tcp\n  timeout connect 10s\n  timeout client 1h\n  timeout server 1h\nlisten relay\n  bind {address}\n  server mail {target}\n"
    )
}

/// Where its client writes the target: a JWT whose signature the server does not look at.
fn wstunnel_token(target: SocketAddr) -> String {
    let part = |text: &str| base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, text);
    let claims = format!(
        r#"{{"id":"00000000-0000-0000-0000-000000000000","p":{{"Tcp":{{"proxy_protocol":false}}}},"r":"{}","rp":{}}}"#,
        target.ip(),
        target.port()
    );
    format!("{}.{}.{}", part(r#"{"typ":"JWT","alg":"HS256"}"#), part(&claims), part(&"x".repeat(32)))
}

/// `WSTUNNEL`, or the program of this name that the shell would find and that has a server.
fn wstunnel() -> Option<PathBuf> {
    let program = std::env::var_os("WSTUNNEL").map_or_else(|| PathBuf::from("wstunnel"), PathBuf::from);
    let help = Command::new(&program).args(["server", "--help"]).output().ok()?;
    help.stdout.windows(22).any(|words| words == b"--websocket-mask-frame").then_some(program)
}
