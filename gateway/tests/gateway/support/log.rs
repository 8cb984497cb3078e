//! What gateways of this process log at `debug`, from the first question on.

use std::io::{Result, Write};
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Vec<u8>>);

/// The log of all of them: a subscriber of one thread misses lines while others come and go.
pub(crate) fn of_gateways() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let log = LOG.get_or_init(Log::default);
    INSTALLED.get_or_init(|| {
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || log);
        let own = Targets::new().with_target("waypost_gateway", LevelFilter::DEBUG);
        tracing_subscriber::registry().with(layer).with(own).init();
    });
    log
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
    }
}

impl Write for &Log {
    fn write(&mut self, octets: &[u8]) -> Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
