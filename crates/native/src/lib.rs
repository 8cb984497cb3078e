//! IMAP and POP3 transport for native Rust on tokio and rustls.
