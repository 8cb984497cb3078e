//! The table of mechanisms. A new one is a file and a row here.

use crate::login::Login;
use crate::plain::Plain;
use crate::{Credentials, Mechanism, SaslError};

struct Row {
    /// As registered with IANA.
    name: &'static str,
    /// The higher is preferred. What never shows the password to the server stands above what does.
    strength: u8,
    /// Whoever reads the connection learns the password.
    needs_protection: bool,
    start: fn(&Credentials) -> Result<Box<dyn Mechanism>, SaslError>,
}

const REGISTRY: [Row; 2] = [
    Row { name: "PLAIN", strength: 20, needs_protection: true, start: Plain::start },
    Row { name: "LOGIN", strength: 10, needs_protection: true, start: Login::start },
];

/// Chooses the strongest mechanism that both sides have. `protected` says that nobody between here and the server reads the
/// connection, or that the user allowed it; without it no mechanism that shows the password is chosen.
///
/// # Errors
/// `Unencodable` if the credentials can't be carried.
pub fn choose<'a>(
    offered: impl Iterator<Item = &'a str>,
    credentials: &Credentials,
    protected: bool,
) -> Result<Option<Box<dyn Mechanism>>, SaslError> {
    let row = |name: &str| REGISTRY.iter().find(|row| row.name.eq_ignore_ascii_case(name));
    let usable = offered.filter_map(row).filter(|row| protected || !row.needs_protection);
    usable.max_by_key(|row| row.strength).map(|row| (row.start)(credentials)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_wire::Secret;

    fn chosen(offered: &str, protected: bool) -> Option<&'static str> {
        let credentials = Credentials { username: "tim".to_owned(), password: Secret::from("secret") };
        choose(offered.split(' '), &credentials, protected).unwrap().map(|mechanism| mechanism.name())
    }

    #[test]
    fn the_strongest_that_both_have_is_chosen_in_any_order_and_case() {
        assert_eq!(chosen("LOGIN PLAIN", true), Some("PLAIN"));
        assert_eq!(chosen("plain login", true), Some("PLAIN"));
        assert_eq!(chosen("GSSAPI LOGIN X-PLAIN", true), Some("LOGIN"));
        assert_eq!(chosen("GSSAPI", true), None);
        assert_eq!(chosen("", true), None);
    }

    #[test]
    fn nothing_that_shows_the_password_is_chosen_without_protection() {
        assert_eq!(chosen("LOGIN PLAIN", false), None);
    }

    #[test]
    fn names_and_strengths_are_unique() {
        for (index, row) in REGISTRY.iter().enumerate() {
            assert!(row.name.len() <= 20, "RFC 4422, 3.1");
            for other in REGISTRY.iter().skip(index + 1) {
                assert!(row.name != other.name && row.strength != other.strength);
            }
        }
    }

    #[test]
    fn credentials_that_can_not_be_carried_are_an_error_and_not_another_mechanism() {
        let credentials = Credentials { username: "ti\0m".to_owned(), password: Secret::from("secret") };
        let refused = choose(["PLAIN"].into_iter(), &credentials, true).err();
        assert_eq!(refused, Some(SaslError::Unencodable("user name")));
    }
}
