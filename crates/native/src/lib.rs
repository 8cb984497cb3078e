//! IMAP and POP3 clients for native Rust on tokio and rustls.
//!
//! An [`ImapClient`] does one thing after the other in a line each:
//!
//! ```no_run
//! use waypost_native::{Connector, ImapClient, Options, Security};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let connector = Connector::new(Options::default())?;
//! let mut client = ImapClient::connect(&connector, "imap.example.org", 993, Security::Tls).await?;
//! client.login("ada", "secret").await?;
//! for mailbox in client.list("*").await? {
//!     println!("{}", mailbox.name.as_str());
//! }
//! client.logout().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A [`Pop3Client`] takes mail out of a maildrop the same way, and deletes it there only by its `quit`:
//!
//! ```no_run
//! use waypost_native::{Connector, Options, Piece, Pop3Client, Security};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let connector = Connector::new(Options::default())?;
//! let mut client = Pop3Client::connect(&connector, "pop.example.org", 995, Security::Tls).await?;
//! client.login("ada", "secret").await?;
//! let numbers: Vec<u32> = client.list().await?.into_iter().map(|(number, _)| number).collect();
//! let mut messages = client.retr(numbers).await?;
//! while let Some(piece) = messages.next().await? {
//!     match piece {
//!         Piece::Octets { number, data } => println!("{} octets of {number}", data.len()),
//!         Piece::Ended { number, result } => println!("{number}: {result:?}"),
//!     }
//! }
//! drop(messages);
//! client.quit().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Below them a [`Connector`] opens a [`Transport`]: TCP, with TLS from the first octet or on demand (STARTTLS, STLS), certificates
//! verified against the platform's roots. A [`Session`] drives one protocol machine over it: give commands to the machine, as many
//! as you like at once, and take events.

mod client_error;
mod error;
mod imap_client;
mod pop3_client;
mod pop3_error;
mod pop3_sign_in;
mod session;
mod sign_in;
mod transport;

pub use client_error::ClientError;
pub use error::{CertificateFault, TransportError};
pub use imap_client::{Answer, Idle, ImapClient, Mailbox, Row, Rows, Security};
pub use pop3_client::{Piece, Pop3Answer, Pop3Client, Retrieval, Statistics};
pub use pop3_error::Pop3ClientError;
pub use session::Session;
pub use transport::{Connector, Options, TlsInfo, Transport};
pub use waypost_imap as imap;
pub use waypost_pop3 as pop3;
pub use waypost_sasl as sasl;
