//! One exchange within a login, for both protocols.

use crate::words::Party;
use crate::{Clock, ErrorParts, SyncError};
use std::num::NonZeroU32;
use waypost_sasl::{Exchange, Step};
use waypost_wire::Secret;

/// A running exchange, or none: then every challenge is cancelled.
pub(super) struct Dialogue(Option<Exchange>);

impl Dialogue {
    /// Of a command without challenges.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(super) const fn of(exchange: Exchange) -> Self {
        Self(Some(exchange))
    }

    /// The answer to a challenge; `None` cancels the exchange. A key is derived in slices, between which other tasks of this thread
    /// go on.
    pub(super) async fn answer(&mut self, challenge: &[u8], clock: &impl Clock) -> Option<Secret<Vec<u8>>> {
        let exchange = self.0.as_mut()?;
        let mut step = exchange.respond(challenge).ok()?;
        loop {
            step = match step {
                Step::Answer(answer) => return Some(answer),
                Step::Derive { .. } => exchange.derive(SLICE).ok()?,
            };
            if let Step::Derive { .. } = step {
                clock.sleep_until(clock.now()).await;
            }
        }
    }

    /// What the end of the command means: a server may say OK without having proven itself, and where it refuses, the mechanism may
    /// know why. `leaves_others`: the server's refusal leaves other mechanisms open.
    pub(super) fn conclude(
        &self,
        ended: Result<(), SyncError>,
        leaves_others: bool,
        party: &Party,
    ) -> Result<(), Refused> {
        let Some(exchange) = &self.0 else { return ended.map_err(Refused::finally) };
        let error = match (exchange.failure(), ended) {
            (_, Ok(())) => {
                return exchange.accepted().map_err(|error| Refused::finally(party.sasl(&error)));
            }
            (Some(failure), Err(error)) => {
                ErrorParts { server_text: error.into_parts().server_text, ..party.sasl(failure).into_parts() }
                    .into()
            }
            (None, Err(error)) => match exchange.refusal() {
                Some(refusal) => party.refused_within(&refusal, error),
                None => error,
            },
        };
        let may_be_right = leaves_others && exchange.may_lack_secret();
        Err(Refused { error, may_be_right })
    }
}

/// A login that was refused.
pub(super) struct Refused {
    pub(super) error: SyncError,
    /// The password may be right: it was not shown, and the server may have nothing to compare it with.
    pub(super) may_be_right: bool,
}

impl Refused {
    pub(super) const fn finally(error: SyncError) -> Self {
        Self { error, may_be_right: false }
    }
}

/// Some ten milliseconds in a browser on a slow device.
const SLICE: NonZeroU32 = NonZeroU32::new(8_192).expect("is more than none");

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use waypost_sasl::{Attempt, Channel, Credentials, Nonce, Policy};
    use waypost_wire::Timestamp;

    /// Counts how often others of the thread may go on.
    #[derive(Default)]
    struct Counting(Cell<u32>);

    impl Clock for Counting {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
        fn wall(&self) -> u64 {
            0
        }
        async fn sleep_until(&self, _moment: Timestamp) {
            self.0.set(self.0.get() + 1);
        }
    }

    /// RFC 5802's example with more rounds, computed with Python's hashlib and hmac.
    #[test]
    fn while_a_key_is_derived_others_go_on() {
        let credentials = Credentials::password("user", Secret::from("pencil"));
        let nonce = Nonce::parse("fyko+d2lbbFgONRv9qkxdawL").expect("is a nonce");
        let (policy, channel) = (Policy::default(), Channel::plain());
        let attempt = Attempt::new(&credentials, &policy, &channel, nonce, &waypost_sasl::nfkc);
        let mut exchange = attempt.choose(["SCRAM-SHA-1"]).expect("begins");
        exchange.initial();
        let (mut dialogue, clock) = (Dialogue::of(exchange), Counting::default());
        let asked = b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=20000";
        let answer = futures_util::FutureExt::now_or_never(dialogue.answer(asked, &clock));
        let answer = answer.expect("never waits").expect("is answered");
        let expected = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=smJeeHOtsl4858mbbLuRqkdH47M=";
        assert_eq!(String::from_utf8_lossy(answer.expose()), expected);
        assert_eq!(clock.0.get(), 2);
    }
}
