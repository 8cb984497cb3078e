//! What runs on the machine: gateways, HAProxy, a mail server.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::future::Future;
use std::net::{SocketAddr, TcpListener as Reserved};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Fails instead of hanging.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), work).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// Raises the limit of open files, which processes started here inherit, and says how many of these there may be.
pub(crate) fn allow_files(wanted: u64) -> usize {
    let others = 500;
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    // HAProxy wants twice as many as it has clients; so all that there are.
    let current = Some(most.min(65_536));
    setrlimit(Resource::Nofile, Rlimit { current, maximum: limit.maximum }).unwrap();
    usize::try_from(most.saturating_sub(others).min(wanted)).unwrap()
}

/// Sends back what it gets; gives its port.
pub(crate) async fn mail_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut octets = [0; 64];
                while let Ok(count @ 1..) = stream.read(&mut octets).await {
                    let _ = stream.write_all(&octets[..count]).await;
                }
            });
        }
    });
    port
}

/// A running gateway.
pub(crate) struct Instance {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    child: Child,
}

impl Instance {
    pub(crate) async fn start(folder: &Path, name: &'static str, mail: u16) -> Self {
        let port = Reserved::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(folder, name, mail, port).await
    }

    pub(crate) async fn start_at(folder: &Path, name: &'static str, mail: u16, port: u16) -> Self {
        let app = folder.join("app");
        std::fs::create_dir_all(&app).unwrap();
        std::fs::write(app.join("index.html"), "<p>mail").unwrap();
        let file = folder.join(format!("{name}.toml"));
        let text = format!(
            "listen = '127.0.0.1:{port}'\napp_dir = 'app'\nlog = 'warn'\norigins = ['http://mail.example']\n\
             trusted_proxies = ['127.0.0.1']\nproxy_protocol = true\n\
             [limits]\nconnections = 6000\ntunnels = 4000\ntunnels_per_client = 4000\nnew_tunnels_per_minute_per_client = 0\ndrain_seconds = 60\n\
             [[targets]]\nhost = '127.0.0.1'\nports = [{mail}]\ntls = ['none']\nprivate = true\n"
        );
        std::fs::write(&file, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_waypost-gateway"))
            .arg("--config")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = within("the gateway", lines.next_line()).await.unwrap();
        assert!(said.is_some_and(|line| line.contains("listens")), "{name}");
        Self { name, port, child }
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let kill = std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(kill.success(), "{name}");
    }

    /// Waits for its end and says whether it was a good one.
    pub(crate) async fn ended(&mut self) -> bool {
        within("the end of a gateway", self.child.wait()).await.unwrap().success()
    }
}

/// HAProxy in front of gateways.
pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
    _child: Child,
}

impl Balancer {
    pub(crate) async fn start(program: &Path, folder: &Path, instances: &[&Instance]) -> Self {
        Self::limited(program, folder, instances, 5000).await
    }

    /// With so many tunnels for one address.
    pub(crate) async fn limited(
        program: &Path,
        folder: &Path,
        instances: &[&Instance],
        tunnels: u32,
    ) -> Self {
        let port = Reserved::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = folder.join("haproxy.cfg");
        std::fs::write(&file, recipe(port, tunnels, instances, READY)).unwrap();
        let child = Command::new(program)
            .args(["-db", "-q"])
            .arg("-f")
            .arg(file)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), _child: child }
    }

    /// Waits until each of these gets requests.
    pub(crate) async fn sees(&self, names: &[&str]) {
        let mut missing = names.to_vec();
        within("HAProxy to see all gateways", async {
            while !missing.is_empty() {
                let answer = self.get().await;
                missing.retain(|name| !answer.contains(&format!("x-instance: {name}")));
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn get(&self) -> String {
        let mut answer = String::new();
        // It may not listen yet.
        if let Ok(mut stream) = TcpStream::connect(self.address).await {
            let request = "GET / HTTP/1.1\r\nHost: mail.example\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = stream.read_to_string(&mut answer).await;
        }
        answer
    }
}

/// The recipe of docs/GATEWAY.md, for this machine: other ports, no TLS, quick checks, other limits, and a header that
/// says which gateway it was.
fn recipe(listen: u16, tunnels: u32, instances: &[&Instance], ready: &str) -> String {
    let (_, section) = DOCUMENT.split_once("### HAProxy").expect("a section");
    let text = section.split("```\n").nth(1).expect("a configuration");
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("server "))
        .map(|line| match line.trim_start() {
            line if line.starts_with("bind ") => format!("bind 127.0.0.1:{listen}"),
            "default_backend gateways" => {
                "http-after-response set-header x-instance %s\ndefault_backend gateways".to_owned()
            }
            _ => line.to_owned(),
        })
        .collect();
    for Instance { name, port, .. } in instances {
        lines.push(format!("server {name} 127.0.0.1:{port}"));
    }
    let text = lines.join("\n") + "\n";
    [
        ("sc0_conn_cur gt 32", format!("sc0_conn_cur gt {tunnels}")),
        ("sc0_http_req_rate gt 120", "sc0_http_req_rate gt 10000".to_owned()),
        ("inter 1s", "inter 100ms".to_owned()),
        ("uri /readyz", format!("uri {ready}")),
        ("mail.example.org", "mail.example".to_owned()),
        ("maxconn 20000", "maxconn 6000".to_owned()),
    ]
    .into_iter()
    .fold(text, |text, (old, new)| {
        assert!(text.contains(old), "the recipe has no {old}");
        text.replace(old, &new)
    })
}

/// Answered with 200 by a gateway that takes clients.
const READY: &str = "/readyz";
const DOCUMENT: &str = include_str!("../../../docs/GATEWAY.md");
