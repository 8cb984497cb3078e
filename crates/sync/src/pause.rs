//! How long a POP3 server wants to be left alone between two logins (RFC 2449, 6.5), kept for whoever takes the account up after a new
//! start. A login that the user asks for by giving a password is not held back: there the server decides.

use crate::records::{Answers, account_key, encode};
use crate::{Clock, Platform};
use serde::{Deserialize, Serialize};
use waypost_store::{Batch, Key, Read, Store, StoreError, Table};
use waypost_wire::Duration;

/// The last login to such a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Login {
    /// Milliseconds since 1970.
    at: u64,
    delay_seconds: u32,
}

/// Notes a login of this moment.
pub(crate) async fn note<P: Platform>(
    platform: &P,
    account: u32,
    delay_seconds: u32,
) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    let login = Login { at: platform.clock().wall(), delay_seconds };
    batch.put(Table::Meta, key(account), encode(&login));
    platform.store().commit(batch).await
}

/// How much of the pause is left; nothing where none is known.
pub(crate) async fn left<P: Platform>(platform: &P, account: u32) -> Result<Duration, StoreError> {
    let reads = vec![Read::Get(Table::Meta, key(account))];
    let login: Option<Login> = Answers::of(platform.store(), reads).await?.value(Table::Meta)?;
    Ok(login.map_or(Duration::from_secs(0), |login| login.left(platform.clock().wall())))
}

impl Login {
    /// Never more than the whole pause: clocks are set back.
    fn left(self, now: u64) -> Duration {
        let delay = u64::from(self.delay_seconds) * 1000;
        Duration::from_millis(self.at.saturating_add(delay).saturating_sub(now).min(delay))
    }
}

fn key(account: u32) -> Key {
    account_key(account).with_text("login")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_pause_is_never_more_than_the_pause() {
        let login = Login { at: 10_000, delay_seconds: 5 };
        let left = |now| login.left(now).as_millis();
        assert_eq!([0, 10_000, 14_999, 15_000, 99_000].map(left), [5_000, 5_000, 1, 0, 0]);
    }
}
