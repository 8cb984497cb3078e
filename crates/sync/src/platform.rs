//! The four traits through which the engine touches the world.

use crate::Blame;
use std::future::{Future, pending};
use std::pin::Pin;
use waypost_sasl::ChannelBinding;
use waypost_store::Store;
use waypost_wire::Timestamp;

/// How TLS is used on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// From the first octet.
    Implicit,
    /// By [`Connection::secure`] after the protocol agreed to it.
    StartTls,
    /// Never.
    None,
}

/// Where to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name; the certificate is checked against it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS.
    pub tls: TlsMode,
}

/// What TLS was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsInfo {
    /// Such as `TLSv1.3`.
    pub version: String,
    /// Cipher suite.
    pub cipher: String,
    /// SHA-256 of the server's certificate, lower case hex.
    pub fingerprint: String,
}

/// Why a connection could not be made or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectError {
    /// A stable code: those of docs/TUNNEL.md (`target-denied`, `name-not-found`, `refused`, `timeout`, `tls-certificate`, ...),
    /// `gateway-unreachable`, `gateway-refused`, `closed`.
    pub code: String,
    /// Whose fault.
    pub blame: Blame,
    /// Whether trying again later may help.
    pub retryable: bool,
    /// One sentence for people: what happened and what to do. Never a secret.
    pub message: String,
}

/// Opens connections to mail servers.
#[expect(async_fn_in_trait, reason = "one thread by design; no Send bound is wanted")]
pub trait Connect {
    /// The kind of connection.
    type Connection: Connection;
    /// Connects, with TLS done if the mode is implicit.
    ///
    /// # Errors
    /// Says whose fault it is.
    async fn connect(&self, endpoint: &Endpoint) -> Result<Self::Connection, ConnectError>;
}

/// One connection to a mail server.
#[expect(async_fn_in_trait, reason = "one thread by design; no Send bound is wanted")]
pub trait Connection {
    /// The next octets; `None` when the peer ended the stream cleanly. Cancel-safe: dropping the future loses nothing.
    ///
    /// # Errors
    /// The stream was cut.
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError>;
    /// Sends all octets, or waits until the peer takes more.
    ///
    /// # Errors
    /// The stream was cut.
    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError>;
    /// Upgrades to TLS. Octets received before it and not yet read are an injection: the upgrade fails.
    ///
    /// # Errors
    /// The upgrade failed; the connection is over.
    async fn secure(&mut self) -> Result<TlsInfo, ConnectError>;
    /// Ends the stream. Closing twice is harmless.
    async fn close(&mut self);
    /// What can bind a login to the TLS connection that is in force (RFC 9266, RFC 5929), the preferred first. Nothing without TLS,
    /// and nothing where TLS ends before this device, such as in a gateway: the server would see another connection. What is given is
    /// used: see [`waypost_sasl::Channel::bindings`] for the servers that can't.
    fn channel_bindings(&self) -> Vec<ChannelBinding> {
        Vec::new()
    }
    /// Ready once whoever carries the connection asks for another in its place, as a gateway does that stops soon: this one goes on,
    /// but not for long. It stays ready; where nobody can ask it never is.
    fn asked_to_move(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(pending())
    }
}

/// Tells the time.
#[expect(async_fn_in_trait, reason = "one thread by design; no Send bound is wanted")]
pub trait Clock {
    /// Monotonic time for deadlines.
    fn now(&self) -> Timestamp;
    /// Milliseconds since 1970, for dates.
    fn wall(&self) -> u64;
    /// Returns at or after the moment. Cancel-safe.
    async fn sleep_until(&self, moment: Timestamp);
}

/// Gives random octets.
pub trait Entropy {
    /// Fills the buffer from a cryptographic source.
    fn fill(&self, buffer: &mut [u8]);
}

/// Moments of a download with deletion, in their order. Tests break it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// Before the writes of a message are handed to the store.
    BeforePut,
    /// They are handed over, and not complete.
    AfterPut,
    /// The lease was found good; the transaction has not committed.
    BeforeComplete,
    /// It is complete.
    AfterComplete,
    /// Before what was stored is read back.
    BeforeReadBack,
    /// It was read back and compared.
    AfterReadBack,
    /// Before DELE is sent.
    BeforeDele,
    /// DELE was answered.
    AfterDele,
    /// Before QUIT is sent.
    BeforeQuit,
    /// QUIT was answered, and nothing noted of it yet.
    AfterQuit,
}

/// The four traits of one host, so that the engine has one type parameter.
#[expect(async_fn_in_trait, reason = "one thread by design; no Send bound is wanted")]
pub trait Platform {
    /// Opens connections.
    type Connect: Connect;
    /// Keeps mail.
    type Store: Store;
    /// Tells the time.
    type Clock: Clock;
    /// Gives random octets.
    type Entropy: Entropy;
    /// The connector.
    fn connector(&self) -> &Self::Connect;
    /// The store.
    fn store(&self) -> &Self::Store;
    /// The clock.
    fn clock(&self) -> &Self::Clock;
    /// The source of random octets.
    fn entropy(&self) -> &Self::Entropy;
    /// Whether what is stored stays until the user removes it. Where it may be evicted, mail is deleted from a POP3 server only if
    /// the user accepts that.
    async fn is_persistent(&self) -> bool;
    /// A moment of a download has come. Does nothing but in tests.
    fn reached(&self, _point: Point) {}
    /// Unicode's normalisation form KC, which names and passwords in SCRAM need. A host that has one of its own saves the tables.
    fn nfkc(&self, text: &str) -> String {
        waypost_sasl::nfkc(text)
    }
}
