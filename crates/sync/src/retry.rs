//! When a failed connection is tried again.

use waypost_wire::Duration;

/// The wait before the next try after `failures` failures in a row, at least one. `random` spreads the tries of many devices
/// after a server's restart over the second half of the span.
pub(crate) fn wait_after(failures: u32, random: u64) -> Duration {
    let step = failures.saturating_sub(1) as usize;
    let span = STEPS_MILLIS.get(step).copied().unwrap_or(LONGEST_MILLIS);
    Duration::from_millis(span / 2 + random % (span / 2 + 1))
}

/// The shortest wait after a failure of this kind, however few came before.
pub(crate) fn least_wait(code: &str) -> Duration {
    let row = LEAST_SECONDS.iter().find(|(known, _)| *known == code);
    Duration::from_secs(row.map_or(0, |(_, seconds)| *seconds))
}

/// What can't be better a second later: a lock that another session holds, a login that came too soon (RFC 2449, 8.1.1 and 8.1.2),
/// and a server that is not itself (RFC 3206, 4).
const LEAST_SECONDS: [(&str, u64); 3] =
    [("mailbox-in-use", 15), ("login-delay", 60), ("auth-unavailable", 5)];

/// The first tries are quick: most failures are a lost network that is back at once.
const STEPS_MILLIS: [u64; 7] = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/// A server that is down for long is asked every two minutes at most.
const LONGEST_MILLIS: u64 = 120_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_and_a_login_too_soon_are_given_time() {
        let seconds = |code| least_wait(code).as_millis() / 1000;
        assert_eq!(
            ["login-delay", "mailbox-in-use", "auth-unavailable", "closed"].map(seconds),
            [60, 15, 5, 0]
        );
    }

    #[test]
    fn waits_grow_to_two_minutes_and_jitter_stays_in_the_second_half() {
        let spans = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000, 120_000];
        for (failures, span) in (1..).zip(spans) {
            assert_eq!(wait_after(failures, 0).as_millis(), span / 2);
            assert_eq!(wait_after(failures, span / 2).as_millis(), span);
            for random in [1, 77, 123_456_789, u64::MAX] {
                let wait = wait_after(failures, random).as_millis();
                assert!(wait >= span / 2 && wait <= span, "{wait} after {failures}");
            }
        }
        assert_eq!(wait_after(u32::MAX, 0).as_millis(), 60_000);
        assert_eq!(wait_after(0, 0), wait_after(1, 0));
    }
}
