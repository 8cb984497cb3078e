//! Flags as rows hold them, and changes of them.

use waypost_store::QueuedKind;

pub(crate) const SEEN: &str = "\\Seen";

/// Whether a list of flags has one, in any case (RFC 9051, 2.3.2).
pub(crate) fn has(flags: &[String], flag: &str) -> bool {
    flags.iter().any(|known| known.eq_ignore_ascii_case(flag))
}

/// The flags after a change. Returns whether they differ.
pub(crate) fn apply(flags: &mut Vec<String>, add: &[String], remove: &[String]) -> bool {
    let before = flags.len();
    flags.retain(|flag| !has(remove, flag));
    let mut changed = flags.len() != before;
    for flag in add {
        if !has(flags, flag) && !has(remove, flag) {
            flags.push(flag.clone());
            changed = true;
        }
    }
    changed
}

/// What the server says, with what waits to be sent laid over it: a row does not flicker back while a change is on its way.
pub(crate) fn overlay<'a>(
    mut flags: Vec<String>,
    waiting: impl Iterator<Item = &'a QueuedKind>,
) -> Vec<String> {
    for kind in waiting {
        if let QueuedKind::Flags { add, remove } = kind {
            apply(&mut flags, add, remove);
        }
    }
    flags
}

/// The same flags, whatever their order and case.
pub(crate) fn same(one: &[String], other: &[String]) -> bool {
    one.iter().all(|flag| has(other, flag)) && other.iter().all(|flag| has(one, flag))
}

/// Why a text can't be a flag of a client (RFC 9051, 9: flag); `None` if it can.
pub(crate) fn fault(flag: &str) -> Option<&'static str> {
    let name = flag.strip_prefix('\\').unwrap_or(flag);
    let atom = |letter: char| letter.is_ascii_graphic() && !"(){%*\"\\]".contains(letter);
    if name.is_empty() || name.len() > 100 {
        Some("a flag is empty or too long")
    } else if !name.chars().all(atom) {
        Some("a flag holds a character that no flag can have")
    } else if flag.eq_ignore_ascii_case("\\Recent") {
        Some("only the server sets \\Recent")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(flags: &[&str]) -> Vec<String> {
        flags.iter().map(|flag| (*flag).to_owned()).collect()
    }

    #[test]
    fn changes_that_wait_lie_over_what_the_server_says_in_their_order() {
        let change =
            |add: &[&str], remove: &[&str]| QueuedKind::Flags { add: list(add), remove: list(remove) };
        let waiting = [change(&["\\Seen"], &[]), change(&["\\Flagged"], &["\\seen"])];
        assert_eq!(overlay(list(&["$Work"]), waiting.iter()), list(&["$Work", "\\Flagged"]));
    }

    #[test]
    fn a_change_that_changes_nothing_says_so() {
        let mut flags = list(&["\\Seen"]);
        assert!(!apply(&mut flags, &list(&["\\SEEN"]), &list(&["\\Flagged"])));
        assert!(apply(&mut flags, &[], &list(&["\\seen"])));
        assert!(same(&list(&["\\Seen", "a"]), &list(&["A", "\\seen"])));
        assert!(!same(&list(&["\\Seen"]), &[]));
    }

    #[test]
    fn what_is_no_flag_is_told_apart() {
        for flag in ["\\Seen", "$Forwarded", "NonJunk", "a.b:c[1"] {
            assert_eq!(fault(flag), None, "{flag}");
        }
        for flag in ["", "\\", "\\Recent", "two words", "a)", "caf\u{e9}", "\\*", "x\r\ny"] {
            assert!(fault(flag).is_some(), "{flag}");
        }
    }
}
