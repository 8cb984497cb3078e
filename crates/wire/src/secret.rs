//! Values that must not be seen: redacted in every build profile, overwritten when dropped, not serialisable.

use core::fmt;
use zeroize::Zeroize;

/// A secret such as a password or a token.
///
/// `Debug` shows a fixed mark in debug and release builds alike; there is no `Display` and no serialisation, so a
/// secret can't slip into a log or an error text. The memory is overwritten when the value is dropped.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Lends the value. Each call is a place to look at in a review: the result must not be stored or logged.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl<T: Zeroize + PartialEq> PartialEq for Secret<T> {
    /// For tests and change detection; not for comparing a secret with an attacker's guess.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Zeroize + Eq> Eq for Secret<T> {}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        assert_eq!(format!("{:?}", Secret::from("open sesame")), "[secret]");
    }
}
