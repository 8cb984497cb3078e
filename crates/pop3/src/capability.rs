//! What a server can do (RFC 2449). A capability is a row of the table; one with more than 80 lines gets a file of its own.

/// What CAPA announced. Names that are not in the table are in [`Capabilities::others`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// TOP: headers and first lines without the message (RFC 2449, 6.2).
    pub top: bool,
    /// UIDL: ids that stay the same from session to session (RFC 2449, 6.8).
    pub uidl: bool,
    /// USER and PASS (RFC 2449, 6.3).
    pub user: bool,
    /// STLS (RFC 2595, 4).
    pub stls: bool,
    /// Commands may follow each other before their answers (RFC 2449, 6.6).
    pub pipelining: bool,
    /// `-ERR` may carry a code (RFC 2449, 6.4).
    pub response_codes: bool,
    /// A refused login says whether the credentials were wrong (RFC 3206, 4).
    pub auth_response_code: bool,
    /// The mechanisms of AUTH, upper case (RFC 5034, 3). Empty without SASL.
    pub sasl: Vec<String>,
    /// How long messages stay on the server (RFC 2449, 6.7).
    pub expire: Option<Expire>,
    /// That is the least of all users', each has their own: CAPA says it after login (RFC 2449, 6.7).
    pub expire_per_user: bool,
    /// Seconds that shall pass between two logins (RFC 2449, 6.5).
    pub login_delay: Option<u32>,
    /// That is the longest of all users', each has their own: CAPA says it after login (RFC 2449, 6.5).
    pub login_delay_per_user: bool,
    /// Messages with headers in UTF-8 come as they are after UTF8 (RFC 6856, 2).
    pub utf8: bool,
    /// USER, PASS and APOP take names and passwords in UTF-8 (RFC 6856, 2.2).
    pub utf8_user: bool,
    /// The server's words come in the language that LANG chose (RFC 6856, 3).
    pub lang: bool,
    /// The server's name for itself (RFC 2449, 6.9).
    pub implementation: Option<String>,
    /// All others: name, upper case, and arguments.
    pub others: Vec<(String, Vec<String>)>,
}

/// How long messages stay on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expire {
    /// For ever.
    Never,
    /// So many days; with 0 a message may go as soon as it was retrieved.
    Days(u32),
}

struct Row {
    name: &'static str,
    read: fn(&mut Capabilities, &[String]),
}

const TABLE: [Row; 14] = [
    Row { name: "TOP", read: |known, _| known.top = true },
    Row { name: "UIDL", read: |known, _| known.uidl = true },
    Row { name: "USER", read: |known, _| known.user = true },
    Row { name: "STLS", read: |known, _| known.stls = true },
    Row { name: "PIPELINING", read: |known, _| known.pipelining = true },
    Row { name: "RESP-CODES", read: |known, _| known.response_codes = true },
    Row { name: "AUTH-RESP-CODE", read: |known, _| known.auth_response_code = true },
    Row { name: "UTF8", read: utf8 },
    Row { name: "LANG", read: |known, _| known.lang = true },
    Row { name: "SASL", read: sasl },
    Row { name: "EXPIRE", read: expire },
    // A tolerated fault: crate::Fault::ExpireWithoutSpace.
    Row { name: EXPIRE_WITHOUT_SPACE, read: |known, _| known.expire = Some(Expire::Never) },
    Row { name: "LOGIN-DELAY", read: login_delay },
    Row { name: "IMPLEMENTATION", read: |known, words| known.implementation = Some(words.join(" ")) },
];

impl Capabilities {
    /// Whether AUTH with this mechanism was announced.
    #[must_use]
    pub fn has_mechanism(&self, name: &str) -> bool {
        self.sasl.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    pub(crate) fn learn(&mut self, name: &str, arguments: &[String]) {
        match TABLE.iter().find(|row| row.name == name) {
            Some(row) => (row.read)(self, arguments),
            None => self.others.push((name.to_owned(), arguments.to_vec())),
        }
    }
}

fn sasl(known: &mut Capabilities, words: &[String]) {
    for word in words.iter().map(|word| word.to_ascii_uppercase()) {
        if !known.sasl.contains(&word) {
            known.sasl.push(word);
        }
    }
}

fn utf8(known: &mut Capabilities, words: &[String]) {
    known.utf8 = true;
    known.utf8_user = words.iter().any(|word| word.eq_ignore_ascii_case("USER"));
}

/// ```abnf
/// expire-capa = "EXPIRE" SP ("NEVER" / 1*DIGIT) [SP "USER"]
/// ```
fn expire(known: &mut Capabilities, words: &[String]) {
    known.expire_per_user = per_user(words);
    known.expire = words.first().and_then(|word| {
        if word.eq_ignore_ascii_case("NEVER") {
            return Some(Expire::Never);
        }
        word.parse().ok().map(Expire::Days)
    });
}

/// ```abnf
/// logindelay-capa = "LOGIN-DELAY" SP 1*DIGIT [SP "USER"]
/// ```
fn login_delay(known: &mut Capabilities, words: &[String]) {
    known.login_delay_per_user = per_user(words);
    known.login_delay = words.first().and_then(|word| word.parse().ok());
}

fn per_user(words: &[String]) -> bool {
    words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("USER"))
}

/// ```abnf
/// capability-line = capa-tag *(SP param)
/// ```
/// Name in upper case, and arguments. `None` is an empty line.
pub(crate) fn capability_line(line: &[u8]) -> Option<(String, Vec<String>)> {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_ascii_whitespace();
    Some((words.next()?.to_ascii_uppercase(), words.map(ToOwned::to_owned).collect()))
}

/// How GNU Mailutils 3.15 writes `EXPIRE NEVER` (tests/transcripts/pop3/mailutils.txt).
pub(crate) const EXPIRE_WITHOUT_SPACE: &str = "EXPIRENEVER";

#[cfg(test)]
mod tests {
    use super::*;

    fn known(lines: &[&str]) -> Capabilities {
        let mut known = Capabilities::default();
        for (name, arguments) in lines.iter().filter_map(|line| capability_line(line.as_bytes())) {
            known.learn(&name, &arguments);
        }
        known
    }

    #[test]
    fn rfc_2449_5_example_is_read() {
        let known = known(&[
            "TOP",
            "USER",
            "SASL CRAM-MD5 KERBEROS_V4",
            "RESP-CODES",
            "LOGIN-DELAY 900",
            "PIPELINING",
            "EXPIRE 60",
            "UIDL",
            "IMPLEMENTATION Shlemazle-Plotz-v302",
        ]);
        assert!(known.top && known.user && known.response_codes && known.pipelining && known.uidl);
        assert!(!known.stls && !known.auth_response_code);
        assert!(known.has_mechanism("cram-md5") && known.has_mechanism("KERBEROS_V4"));
        assert!(!known.has_mechanism("PLAIN"));
        assert_eq!((known.login_delay, known.expire), (Some(900), Some(Expire::Days(60))));
        assert_eq!(known.implementation.as_deref(), Some("Shlemazle-Plotz-v302"));
        assert_eq!(known.others, []);
    }

    #[test]
    fn names_have_no_case_and_unknown_ones_are_kept_with_their_arguments() {
        let known = known(&["stls", "  uidl  ", "expire never user", "x-more A b", "", "LOGIN-DELAY soon"]);
        assert!(known.stls && known.uidl);
        assert_eq!((known.expire, known.login_delay), (Some(Expire::Never), None));
        assert_eq!(known.others, [("X-MORE".to_owned(), vec!["A".to_owned(), "b".to_owned()])]);
    }

    #[test]
    fn rfc_2449_6_5_and_6_7_values_may_differ_from_user_to_user() {
        let before = known(&["LOGIN-DELAY 900 USER", "EXPIRE 5 user"]);
        assert_eq!((before.login_delay, before.login_delay_per_user), (Some(900), true));
        assert_eq!((before.expire, before.expire_per_user), (Some(Expire::Days(5)), true));
        let after = known(&["LOGIN-DELAY 120", "EXPIRE NEVER"]);
        assert_eq!((after.login_delay, after.login_delay_per_user), (Some(120), false));
        assert_eq!((after.expire, after.expire_per_user), (Some(Expire::Never), false));
    }

    #[test]
    fn rfc_6856_2_and_3_utf8_and_lang_are_read_with_their_argument() {
        let plain = known(&["UTF8", "LANG"]);
        assert!(plain.utf8 && !plain.utf8_user && plain.lang);
        let user = known(&["UTF8 USER"]);
        assert!(user.utf8 && user.utf8_user && !user.lang);
    }

    #[test]
    fn each_name_has_one_row() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(TABLE.iter().position(|other| other.name == row.name), Some(index), "{}", row.name);
            assert_eq!(row.name, row.name.to_ascii_uppercase());
        }
    }
}
