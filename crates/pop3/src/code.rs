//! Response codes: what a refusal means, for programs (RFC 2449, 8; RFC 3206; RFC 6856, 5).

use core::fmt;

/// What a refusal means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseCode {
    /// `IN-USE`: another session holds the maildrop; later it may be free (RFC 2449, 8.1.2).
    InUse,
    /// `LOGIN-DELAY`: the last login was too short a time ago (RFC 2449, 8.1.1).
    LoginDelay,
    /// `SYS/TEMP`: a fault of the system that will pass (RFC 3206, 4).
    SysTemp,
    /// `SYS/PERM`: a fault of the system that somebody must mend (RFC 3206, 4).
    SysPerm,
    /// `AUTH`: name or password are wrong, or not allowed (RFC 3206, 4).
    Auth,
    /// `UTF8`: the message needs UTF-8, and the session is not in that mode (RFC 6856, 5).
    Utf8,
    /// Another, in upper case.
    Other(String),
}

impl ResponseCode {
    /// A code of a name in any case.
    pub(crate) fn of(name: &str) -> Self {
        let name = name.to_ascii_uppercase();
        CODES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or_else(|| Self::Other(name), |(_, code)| code.clone())
    }

    /// Its name, in upper case.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => CODES.iter().find(|(_, code)| code == known).map_or("", |(name, _)| name),
        }
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

const CODES: [(&str, ResponseCode); 6] = [
    ("IN-USE", ResponseCode::InUse),
    ("LOGIN-DELAY", ResponseCode::LoginDelay),
    ("SYS/TEMP", ResponseCode::SysTemp),
    ("SYS/PERM", ResponseCode::SysPerm),
    ("AUTH", ResponseCode::Auth),
    ("UTF8", ResponseCode::Utf8),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_name_and_unknown_ones_keep_theirs() {
        for (name, code) in &CODES {
            assert_eq!(ResponseCode::of(&name.to_ascii_lowercase()), *code);
            assert_eq!(code.to_string(), *name);
        }
        assert_eq!(ResponseCode::of("x/y").name(), "X/Y");
    }
}
