//! What the tests share: a gateway, clients, mail servers.

pub(crate) mod gateway;
pub(crate) mod installed;
pub(crate) mod log;
pub(crate) mod mail;
pub(crate) mod numbers;
pub(crate) mod raw;
pub(crate) mod secure;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod tunnel;
pub(crate) mod world;

use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// Fails instead of hanging. Long enough for a machine that builds something else meanwhile.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), work).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}
