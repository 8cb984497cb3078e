//! Rules on arrival. Decides only.

use crate::folders::INBOX;
use crate::words::bad_request;
use crate::{SyncError, flags};
use waypost_message::lowercase;
use waypost_store::{Action, Condition, MailboxRecord, Rule};

/// What rules ask about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Facts<'a> {
    /// Names and addresses of the senders.
    pub(crate) from: &'a [String],
    /// Names and addresses of the recipients.
    pub(crate) to: &'a [String],
    pub(crate) subject: &'a str,
    /// Of RFC 2919.
    pub(crate) list_id: &'a str,
    pub(crate) octets: u64,
}

/// Where a message goes, and with which flags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Placement {
    /// `None`: the inbox.
    pub(crate) mailbox: Option<u32>,
    pub(crate) flags: Vec<String>,
    /// Into the trash, whatever mailbox is named.
    pub(crate) delete: bool,
}

/// What the rules make of a message. Of two that name a mailbox the later one wins.
pub(crate) fn place(rules: &[Rule], facts: &Facts<'_>) -> Placement {
    let mut placement = Placement::default();
    for rule in rules.iter().filter(|rule| holds(rule, facts)) {
        for action in &rule.actions {
            match action {
                Action::Move(mailbox) => placement.mailbox = Some(*mailbox),
                Action::Flag(flag) => {
                    flags::apply(&mut placement.flags, std::slice::from_ref(flag), &[]);
                }
                Action::Delete => placement.delete = true,
                _ => {}
            }
        }
        if rule.last {
            break;
        }
    }
    placement
}

/// The rules where a mailbox is gone: none moves mail there. One that does nothing else goes too, unless it keeps later ones from what it
/// holds for: they might delete that mail, which stays in the inbox now.
pub(crate) fn without(rules: &[Rule], mailbox: u32) -> Vec<Rule> {
    let mut kept = rules.to_vec();
    let is_gone = |action: &Action| *action == Action::Move(mailbox);
    kept.retain_mut(|rule| {
        if !rule.actions.iter().any(is_gone) {
            return true;
        }
        rule.actions.retain(|action| !is_gone(action));
        if rule.last && rule.actions.is_empty() {
            rule.actions.push(Action::Move(INBOX));
        }
        !rule.actions.is_empty()
    });
    kept
}

/// Why rules can't be those of an account; `Ok` if they can.
pub(crate) fn check(rules: &[Rule], mailboxes: &[MailboxRecord]) -> Result<(), SyncError> {
    if rules.len() > MOST_RULES {
        return Err(bad_request("an account has at most 500 rules"));
    }
    for rule in rules {
        if rule.actions.is_empty() {
            return Err(bad_request("a rule does nothing"));
        }
        let empty = |condition: &Condition| match condition {
            Condition::From(text)
            | Condition::To(text)
            | Condition::Subject(text)
            | Condition::ListId(text) => text.trim().is_empty(),
            _ => false,
        };
        if rule.conditions.iter().any(empty) {
            return Err(bad_request("a condition of a rule is empty: it would hold for every message"));
        }
        for action in &rule.actions {
            match action {
                Action::Move(mailbox) if !mailboxes.iter().any(|known| known.id == *mailbox) => {
                    return Err(bad_request("a rule moves to a mailbox that is not here"));
                }
                Action::Flag(flag) => {
                    if let Some(why) = flags::fault(flag) {
                        return Err(bad_request(why));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn holds(rule: &Rule, facts: &Facts<'_>) -> bool {
    rule.conditions.iter().all(|condition| match condition {
        Condition::From(text) => facts.from.iter().any(|one| contains(one, text)),
        Condition::To(text) => facts.to.iter().any(|one| contains(one, text)),
        Condition::Subject(text) => contains(facts.subject, text),
        Condition::ListId(text) => contains(facts.list_id, text),
        Condition::Larger(octets) => facts.octets > *octets,
        // A condition that this version does not know holds for nothing.
        _ => false,
    })
}

fn contains(text: &str, part: &str) -> bool {
    lowercase(text).contains(&lowercase(part.trim()))
}

/// Far above what anybody writes; each message on arrival is held against all.
const MOST_RULES: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(conditions: Vec<Condition>, actions: Vec<Action>) -> Rule {
        Rule { name: String::new(), conditions, actions, last: false }
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn all_conditions_must_hold_and_case_does_not_matter() {
        let (from, to) =
            ([text("Robin Ashdown"), text("robin@waypost.example")], [text("kim@waypost.example")]);
        let facts = Facts {
            from: &from,
            to: &to,
            subject: "Re: Harbour LIGHTS",
            list_id: "<harbour.lists.example>",
            octets: 2000,
        };
        let moves = |conditions| place(&[rule(conditions, vec![Action::Move(7)])], &facts).mailbox;
        for conditions in [
            vec![],
            vec![Condition::From(text("ASHDOWN"))],
            vec![Condition::From(text(" robin@Waypost "))],
            vec![Condition::To(text("kim@"))],
            vec![Condition::Subject(text("harbour lights")), Condition::Larger(1999)],
            vec![Condition::ListId(text("harbour.lists.example"))],
        ] {
            assert_eq!(moves(conditions.clone()), Some(7), "{conditions:?}");
        }
        for conditions in [
            vec![Condition::From(text("kim"))],
            vec![Condition::Larger(2000)],
            vec![Condition::Subject(text("harbour")), Condition::To(text("robin"))],
        ] {
            assert_eq!(moves(conditions.clone()), None, "{conditions:?}");
        }
    }

    #[test]
    fn rules_add_up_in_their_order_until_one_is_the_last() {
        let mut rules = vec![
            rule(vec![], vec![Action::Flag(text("$Work")), Action::Move(2)]),
            rule(vec![], vec![Action::Flag(text("$work")), Action::Move(3)]),
            rule(vec![], vec![Action::Delete]),
        ];
        let all = Placement { mailbox: Some(3), flags: vec![text("$Work")], delete: true };
        assert_eq!(place(&rules, &Facts::default()), all);
        if let Some(second) = rules.get_mut(1) {
            second.last = true;
        }
        assert_eq!(place(&rules, &Facts::default()), Placement { delete: false, ..all });
        assert_eq!(place(&[], &Facts::default()), Placement::default());
    }

    #[test]
    fn a_mailbox_that_is_gone_leaves_rules_with_what_else_they_do() {
        let seen = || Action::Flag(text("\\Seen"));
        let last = |rule| Rule { last: true, ..rule };
        let rules = [
            rule(vec![], vec![Action::Move(7)]),
            rule(vec![], vec![Action::Move(7), seen(), Action::Move(2)]),
            last(rule(vec![], vec![Action::Move(7)])),
            last(rule(vec![], vec![seen(), Action::Move(7)])),
            rule(vec![], vec![Action::Move(2)]),
        ];
        let left = [
            rule(vec![], vec![seen(), Action::Move(2)]),
            last(rule(vec![], vec![Action::Move(INBOX)])),
            last(rule(vec![], vec![seen()])),
            rule(vec![], vec![Action::Move(2)]),
        ];
        assert_eq!(without(&rules, 7), left);
    }

    #[test]
    fn rules_that_would_do_harm_or_nothing_are_refused() {
        let inbox = crate::folders::inbox(waypost_store::Protocol::Pop3);
        let refused =
            |conditions, actions| check(&[rule(conditions, actions)], std::slice::from_ref(&inbox)).is_err();
        assert!(!refused(vec![Condition::Larger(1)], vec![Action::Move(1), Action::Flag(text("\\Flagged"))]));
        assert!(refused(vec![], vec![]));
        assert!(refused(vec![Condition::From(text(" "))], vec![Action::Delete]));
        assert!(refused(vec![], vec![Action::Move(2)]));
        assert!(refused(vec![], vec![Action::Flag(text("\\Recent"))]));
        assert!(check(&vec![rule(vec![], vec![Action::Delete]); 501], &[]).is_err());
    }
}
