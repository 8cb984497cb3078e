//! Time as data: milliseconds from an origin that the driver chooses. No clock is read here.

use core::ops::{Add, Sub};

/// A moment: milliseconds from an origin of the driver's choice, the same for the life of a machine. Not wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

/// A span of time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(u64);

impl Timestamp {
    /// The moment `milliseconds` after the driver's origin.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the driver's origin.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl Duration {
    /// A span of `milliseconds`.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// A span of `seconds`.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates: a moment beyond the range is the last moment.
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    /// The span since `earlier`; zero if that is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_never_negative_and_a_moment_never_wraps() {
        let early = Timestamp::from_millis(5);
        let late = early + Duration::from_secs(2);
        assert_eq!((late - early).as_millis(), 2000);
        assert_eq!((early - late).as_millis(), 0);
        assert_eq!(
            Timestamp::from_millis(u64::MAX) + Duration::from_secs(1),
            Timestamp::from_millis(u64::MAX)
        );
    }
}
