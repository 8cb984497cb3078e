//! A server that follows a script, for the engine: it says what is written, expects what is written, and can be slow, cut or gone.
//!
//! | Line | Meaning |
//! |---|---|
//! | `S: text` | the server sends the text and CRLF |
//! | `C: text` | the client must send this line; `{name}` takes whatever stands there, and later `S:` lines repeat it |
//! | `TLS` | the client must upgrade to TLS now |
//! | `WAIT 250` | so many milliseconds pass |
//! | `HOLD name` | nothing happens until the test calls [`ScriptedServer::release`] |
//! | `MOVE` | who carries the connection asks for another in its place |
//! | `SHUTDOWN` | who carries the connection stops |
//! | `END` | the server ends the stream cleanly |
//! | `CUT` | the stream breaks |
//! | `# text` | a remark |
//!
//! After its last line the server stays silent. Names in braces begin with a letter, so that `{43}` of a literal is plain text.

use crate::split::Pieces;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep_until};
use waypost_sync::{Blame, Connect, ConnectError, Connection, Endpoint, TlsInfo, TlsMode};

/// What happens on one connection.
#[derive(Debug, Clone, Default)]
pub struct Script {
    steps: VecDeque<Step>,
    pieces: Pieces,
    cut_after: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Send(String),
    Expect(String),
    Secure,
    Wait(Duration),
    Hold(String),
    Move,
    Shutdown,
    End,
    Cut,
}

impl Script {
    /// Reads a script. Indentation and empty lines do not count.
    ///
    /// # Panics
    /// At a line that is none of the table: the test is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { steps: lines.map(parse_step).collect(), ..Self::default() }
    }

    /// Cuts what the server sends into pieces, each a read of its own.
    #[must_use]
    pub const fn in_pieces(mut self, pieces: Pieces) -> Self {
        self.pieces = pieces;
        self
    }

    /// The stream breaks after the server has sent so many octets.
    #[must_use]
    pub const fn cut_after(mut self, octets: usize) -> Self {
        self.cut_after = Some(octets);
        self
    }

    /// How many octets the server sends when nothing is cut and no brace is replaced; the bound for a test of every cut.
    #[must_use]
    pub fn octets(&self) -> usize {
        let sent = self.steps.iter().map(|step| if let Step::Send(text) = step { text.len() + 2 } else { 0 });
        sent.sum()
    }
}

fn parse_step(line: &str) -> Step {
    let after =
        |word| line.strip_prefix(word).map(|rest: &str| rest.strip_prefix(' ').unwrap_or(rest).to_owned());
    if let Some(text) = after("S:") {
        return Step::Send(text);
    }
    if let Some(text) = after("C:") {
        return Step::Expect(text);
    }
    if let Some(name) = after("HOLD") {
        return Step::Hold(name);
    }
    if let Some(milliseconds) = after("WAIT").and_then(|number| number.parse().ok()) {
        return Step::Wait(Duration::from_millis(milliseconds));
    }
    match line {
        "TLS" => Step::Secure,
        "MOVE" => Step::Move,
        "SHUTDOWN" => Step::Shutdown,
        "END" => Step::End,
        "CUT" => Step::Cut,
        _ => panic!("not a line of a script: {line}"),
    }
}

/// Plays scripts, one for each connection. All clones are the same server.
#[derive(Debug, Clone, Default)]
pub struct ScriptedServer {
    shared: Rc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    next: RefCell<VecDeque<Result<Script, ConnectError>>>,
    afterwards: RefCell<Option<Script>>,
    endpoints: RefCell<Vec<Endpoint>>,
    transcript: RefCell<Vec<String>>,
    faults: RefCell<Vec<String>>,
    released: RefCell<HashSet<String>>,
    changed: Notify,
}

impl ScriptedServer {
    /// A server that refuses every connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next connection follows this script.
    #[must_use]
    pub fn then(self, script: Script) -> Self {
        self.shared.next.borrow_mut().push_back(Ok(script));
        self
    }

    /// The next connection fails like this.
    #[must_use]
    pub fn then_fail(self, error: ConnectError) -> Self {
        self.shared.next.borrow_mut().push_back(Err(error));
        self
    }

    /// All connections after those named follow this script.
    #[must_use]
    pub fn always(self, script: Script) -> Self {
        *self.shared.afterwards.borrow_mut() = Some(script);
        self
    }

    /// Lets scripts go on that wait at `HOLD name`.
    pub fn release(&self, name: &str) {
        self.shared.released.borrow_mut().insert(name.to_owned());
        self.shared.changed.notify_waiters();
    }

    /// Where connections were asked for so far, refused ones too.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.shared.endpoints.borrow().clone()
    }

    /// All lines so far, in order, with `S: `, `C: ` or `TLS`.
    #[must_use]
    pub fn transcript(&self) -> Vec<String> {
        self.shared.transcript.borrow().clone()
    }

    /// Fails if the client left a script, or if scripts are left over.
    ///
    /// # Panics
    /// As said.
    pub fn assert_played(&self) {
        let faults = self.shared.faults.borrow();
        assert!(
            faults.is_empty(),
            "{}\nThe conversation:\n{}",
            faults.join("\n"),
            self.transcript().join("\n")
        );
        let left = self.shared.next.borrow().len();
        assert_eq!(left, 0, "scripts that no connection followed");
    }
}

impl Connect for ScriptedServer {
    type Connection = ScriptedConnection;

    async fn connect(&self, endpoint: &Endpoint) -> Result<ScriptedConnection, ConnectError> {
        self.shared.endpoints.borrow_mut().push(endpoint.clone());
        let next = self.shared.next.borrow_mut().pop_front();
        let script = match next {
            Some(next) => next?,
            None => self.shared.afterwards.borrow().clone().ok_or_else(refused)?,
        };
        Ok(ScriptedConnection {
            shared: Rc::clone(&self.shared),
            left_to_send: script.cut_after,
            script,
            heard: Vec::new(),
            ready: VecDeque::new(),
            names: HashMap::new(),
            wait_until: None,
            secured: endpoint.tls == TlsMode::Implicit,
            moving: Rc::new(Semaphore::new(0)),
            over: None,
        })
    }
}

fn refused() -> ConnectError {
    ConnectError {
        code: "refused".to_owned(),
        blame: Blame::Server,
        retryable: true,
        message: "The scripted server takes no more connections.".to_owned(),
    }
}

/// The last word of a gateway that stops (docs/TUNNEL.md, 7).
fn shutdown() -> ConnectError {
    let (code, blame) = ("shutdown".to_owned(), Blame::Gateway);
    ConnectError { code, blame, ..cut("the gateway is stopping") }
}

fn cut(why: &str) -> ConnectError {
    ConnectError {
        code: "closed".to_owned(),
        blame: Blame::Network,
        retryable: true,
        message: format!("The scripted connection was cut: {why}."),
    }
}

/// One connection to a scripted server.
#[derive(Debug)]
pub struct ScriptedConnection {
    shared: Rc<Shared>,
    script: Script,
    /// What the client sent and no step has taken.
    heard: Vec<u8>,
    /// Pieces that the next reads give.
    ready: VecDeque<Vec<u8>>,
    names: HashMap<String, String>,
    wait_until: Option<Instant>,
    /// Octets that may still be sent before the cut.
    left_to_send: Option<usize>,
    secured: bool,
    /// Has a permit once the client is asked to move.
    moving: Rc<Semaphore>,
    over: Option<Result<(), ConnectError>>,
}

impl ScriptedConnection {
    /// Goes through the steps until there is something to read. Every await stands before the change that it is for, so a dropped
    /// future loses nothing.
    async fn advance(&mut self) {
        while self.ready.is_empty() && self.over.is_none() {
            let Some(step) = self.script.steps.front().cloned() else { return pending().await };
            match step {
                Step::Send(text) => self.send(&text),
                Step::Expect(pattern) => match self.next_line() {
                    Some(line) => self.check(&pattern, &line),
                    None => return pending().await,
                },
                // The client must act: `secure` takes the step.
                Step::Secure => return pending().await,
                Step::Wait(time) => {
                    let until = *self.wait_until.get_or_insert_with(|| Instant::now() + time);
                    sleep_until(until).await;
                    self.wait_until = None;
                }
                Step::Hold(name) => self.released(&name).await,
                Step::Move => self.moving.add_permits(1),
                Step::Shutdown => self.over = Some(Err(shutdown())),
                Step::End => self.over = Some(Ok(())),
                Step::Cut => self.over = Some(Err(cut("the script says so"))),
            }
            self.script.steps.pop_front();
        }
    }

    async fn released(&self, name: &str) {
        loop {
            let changed = self.shared.changed.notified();
            if self.shared.released.borrow().contains(name) {
                return;
            }
            changed.await;
        }
    }

    fn send(&mut self, text: &str) {
        let mut line = text.to_owned();
        for (name, value) in &self.names {
            line = line.replace(&format!("{{{name}}}"), value);
        }
        self.shared.transcript.borrow_mut().push(format!("S: {line}"));
        line.push_str("\r\n");
        let mut octets = line.as_bytes();
        if let Some(left) = &mut self.left_to_send {
            octets = octets.get(..*left).unwrap_or(octets);
            *left -= octets.len();
        }
        self.ready.extend(self.script.pieces.cut(octets).into_iter().map(<[u8]>::to_vec));
        if octets.len() < line.len() {
            self.over = Some(Err(cut("so many octets were wanted")));
        }
    }

    fn next_line(&mut self) -> Option<String> {
        let end = self.heard.windows(2).position(|pair| pair == b"\r\n")?;
        let line: Vec<u8> = self.heard.drain(..end + 2).take(end).collect();
        let line = String::from_utf8_lossy(&line).into_owned();
        self.shared.transcript.borrow_mut().push(format!("C: {line}"));
        Some(line)
    }

    fn check(&mut self, pattern: &str, line: &str) {
        match capture(pattern, line) {
            Some(names) => self.names.extend(names),
            None => self.fault(format!("expected  C: {pattern}\nheard     C: {line}")),
        }
    }

    fn fault(&mut self, what: String) {
        self.shared.faults.borrow_mut().push(what);
        self.over = Some(Err(cut("the client left the script")));
    }
}

impl Connection for ScriptedConnection {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        self.advance().await;
        if let Some(piece) = self.ready.pop_front() {
            return Ok(Some(piece));
        }
        match &self.over {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(())) | None => Ok(None),
        }
    }

    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError> {
        match &self.over {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(())) => Err(cut("the server has ended the stream")),
            None => {
                self.heard.extend_from_slice(&octets);
                Ok(())
            }
        }
    }

    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        let injected = !self.ready.is_empty() || matches!(self.script.steps.front(), Some(Step::Send(_)));
        if injected {
            let error =
                ConnectError { code: "starttls-injection".to_owned(), ..cut("octets came before TLS") };
            self.over = Some(Err(error.clone()));
            return Err(error);
        }
        if self.secured || self.script.steps.front() != Some(&Step::Secure) {
            self.fault("the client upgraded to TLS where the script does not".to_owned());
            return Err(cut("the client left the script"));
        }
        self.script.steps.pop_front();
        self.secured = true;
        self.shared.transcript.borrow_mut().push("TLS".to_owned());
        Ok(TlsInfo {
            version: "TLSv1.3".to_owned(),
            cipher: "scripted".to_owned(),
            fingerprint: "00".repeat(32),
        })
    }

    async fn close(&mut self) {
        self.over.get_or_insert(Ok(()));
        self.ready.clear();
    }

    fn asked_to_move(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        let moving = Rc::clone(&self.moving);
        Box::pin(async move { drop(moving.acquire().await) })
    }
}

/// What stands in the place of each `{name}` of the pattern, or `None` if the line is another.
fn capture(pattern: &str, line: &str) -> Option<Vec<(String, String)>> {
    let mut names = Vec::new();
    let (mut pattern, mut line) = (pattern, line);
    while let Some((before, name, after)) = next_name(pattern) {
        line = line.strip_prefix(before)?;
        // Up to the plain text that follows the name, which ends at the next name or at the end of the line.
        let stop = next_name(after).map_or(after, |(text, _, _)| text);
        let length = if stop.is_empty() { line.len() } else { line.find(stop)? };
        let (value, rest) = line.split_at(length);
        names.push((name.to_owned(), value.to_owned()));
        (pattern, line) = (after, rest);
    }
    (pattern == line).then_some(names)
}

/// The text before the first `{name}`, the name, and the text after it.
fn next_name(pattern: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = pattern.get(from..)?.find('{').map(|at| at + from) {
        let inside = pattern.get(open + 1..)?;
        let close = inside.find('}')?;
        let name = inside.get(..close)?;
        if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Some((pattern.get(..open)?, name, inside.get(close + 1..)?));
        }
        from = open + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(tls: TlsMode) -> Endpoint {
        Endpoint { host: "mail.example".to_owned(), port: 143, tls }
    }

    async fn read_all(connection: &mut ScriptedConnection) -> Result<Vec<u8>, ConnectError> {
        let mut all = Vec::new();
        while let Some(octets) = connection.read().await? {
            all.extend(octets);
        }
        Ok(all)
    }

    #[tokio::test(start_paused = true)]
    async fn a_script_is_played_with_names_waits_and_tls() {
        let script = Script::parse(
            "S: * OK ready
             C: {tag} STARTTLS
             S: {tag} OK go
             TLS
             WAIT 60000
             C: {tag} UID FETCH 1:* {items}
             S: * 1 FETCH (BODY[] {3}
             S: x)
             S: {tag} OK done
             END",
        );
        let server = ScriptedServer::new().then(script);
        let mut connection = server.connect(&endpoint(TlsMode::StartTls)).await.expect("connects");
        assert_eq!(connection.read().await.expect("reads"), Some(b"* OK ready\r\n".to_vec()));
        connection.write(b"w0 STARTTLS\r\n".to_vec()).await.expect("writes");
        assert_eq!(connection.read().await.expect("reads"), Some(b"w0 OK go\r\n".to_vec()));
        connection.secure().await.expect("upgrades");
        connection.write(b"w1 UID FETCH 1:* (FLAGS)\r\n".to_vec()).await.expect("writes");
        let rest = read_all(&mut connection).await.expect("reads");
        assert_eq!(rest, b"* 1 FETCH (BODY[] {3}\r\nx)\r\nw1 OK done\r\n");
        server.assert_played();
        assert_eq!(server.transcript()[1], "C: w0 STARTTLS");
    }

    #[tokio::test]
    async fn a_client_that_leaves_the_script_is_told_of_and_cut_off() {
        let server = ScriptedServer::new().then(Script::parse("C: a NOOP"));
        let mut connection = server.connect(&endpoint(TlsMode::None)).await.expect("connects");
        connection.write(b"a LOGOUT\r\n".to_vec()).await.expect("writes");
        assert_eq!(connection.read().await.expect_err("is cut").code, "closed");
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| server.assert_played())).is_err());
        let again = server.connect(&endpoint(TlsMode::None)).await.expect_err("no script is left");
        assert_eq!(again.code, "refused");
    }

    #[tokio::test]
    async fn the_stream_breaks_after_exactly_so_many_octets() {
        let script = Script::parse("S: 0123456789\nS: more");
        assert_eq!(script.octets(), 18);
        for at in 0..script.octets() {
            let broken = script.clone().cut_after(at).in_pieces(Pieces::Of(3));
            let server = ScriptedServer::new().then(broken);
            let mut connection = server.connect(&endpoint(TlsMode::None)).await.expect("connects");
            let mut heard = Vec::new();
            let error = loop {
                match connection.read().await {
                    Ok(piece) => heard.extend(piece.expect("not a clean end")),
                    Err(error) => break error,
                }
            };
            assert_eq!((heard.len(), error.code.as_str()), (at, "closed"));
        }
    }

    #[tokio::test]
    async fn a_held_script_goes_on_when_it_is_released_and_a_dropped_read_loses_nothing() {
        let server = ScriptedServer::new().then(Script::parse("HOLD news\nS: * 2 EXISTS"));
        let mut connection = server.connect(&endpoint(TlsMode::None)).await.expect("connects");
        let early = tokio::time::timeout(Duration::from_millis(5), connection.read()).await;
        assert!(early.is_err());
        server.release("news");
        assert_eq!(connection.read().await.expect("reads"), Some(b"* 2 EXISTS\r\n".to_vec()));
    }

    #[tokio::test]
    async fn octets_before_the_upgrade_are_an_injection() {
        let server = ScriptedServer::new().then(Script::parse("S: one\nS: two\nTLS"));
        let mut connection = server.connect(&endpoint(TlsMode::StartTls)).await.expect("connects");
        connection.read().await.expect("reads");
        assert_eq!(connection.secure().await.expect_err("refuses").code, "starttls-injection");
    }
}
