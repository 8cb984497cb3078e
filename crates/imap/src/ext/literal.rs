//! LITERAL+ and LITERAL- (RFC 7888; RFC 9051, 4.3): literals of ours that wait for no `+`, of any length or of 4096 octets at most.
//! Each command is written for the server at hand in `encode/mod.rs`; `client/supply.rs` hands in long ones.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["LITERAL+", "LITERAL-"], ..NOTHING };

#[cfg(test)]
mod tests {
    use crate::commands::{Append, Appended, written};
    use crate::types::MailboxName;

    #[test]
    fn rfc_7888_3_to_5_literals_wait_only_where_they_must() {
        let append = |octets: usize| Append {
            mailbox: MailboxName::new("a"),
            messages: vec![Appended::new(vec![b'x'; octets])],
        };
        let begins =
            |octets, names: &[&str], with: &str| assert!(written(append(octets), names).starts_with(with));
        begins(4096, &[], "a1 APPEND a {4096}\r\n");
        begins(4096, &["LITERAL-"], "a1 APPEND a {4096+}\r\n");
        begins(4097, &["LITERAL-"], "a1 APPEND a {4097}\r\n");
        begins(4097, &["LITERAL+"], "a1 APPEND a {4097+}\r\n");
    }
}
