//! IMAP and POP3 clients for native Rust on tokio and rustls.
//!
//! A [`Connector`] opens a [`Transport`]: TCP, with TLS from the first octet or on demand (STARTTLS, STLS), certificates verified
//! against the platform's roots. A [`Session`] drives one protocol machine over it.
//!
//! ```no_run
//! use waypost_native::imap::{Client, Command, Event, Options};
//! use waypost_native::{Connector, Session};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let connector = Connector::new(waypost_native::Options::default())?;
//! let transport = connector.connect_tls("imap.example.org", 993).await?;
//! let mut session = Session::new(Client::new(Options::default()), transport);
//! let login = session.machine().enqueue(Command::Login { username: "ada".into(), password: "secret".into() });
//! while let Some(event) = session.next_event().await {
//!     match event {
//!         Event::Done { handle, result } if handle == login => {
//!             println!("signed in: {}", result.is_ok());
//!             session.machine().enqueue(Command::Logout);
//!         }
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod error;
mod session;
mod transport;

pub use error::{CertificateFault, TransportError};
pub use session::Session;
pub use transport::{Connector, Options, TlsInfo, Transport};
pub use waypost_imap as imap;
pub use waypost_pop3 as pop3;
pub use waypost_sasl as sasl;
