//! Which command may be sent: in which state (RFC 9051, 3) and while which others run (RFC 9051, 5.5).

use super::State;
use super::deflate::compresses;
use super::running::Running;
use crate::command::EVERY_COMMAND;
use crate::ext::Order;
use crate::types::Capabilities;
use crate::{Command, FetchItem, Refusal, SearchKey};

/// Why a command can't be sent as things are; to be asked when it is its turn, because commands before it change the state.
pub(super) fn misuse(command: &Command, state: State, known: Option<&Capabilities>) -> Option<Refusal> {
    let wrong = |why| Some(Refusal::Misuse(why));
    if compresses(command) && known.is_some_and(|known| !known.has("COMPRESS=DEFLATE")) {
        return Some(Refusal::Lacks("COMPRESS=DEFLATE"));
    }
    // The password would be sent although the server said that it refuses it (RFC 9051, 6.2.3).
    if matches!(command, Command::Login { .. }) && known.is_some_and(|known| known.has("LOGINDISABLED")) {
        return wrong("the server refuses LOGIN here (LOGINDISABLED)");
    }
    let missing = |names: &&'static [&'static str]| {
        !names.is_empty() && known.is_some_and(|known| !names.iter().any(|name| known.offers(name)))
    };
    if let Some([first, ..]) = needs(command).iter().find(|names| missing(names)) {
        return Some(Refusal::Lacks(first));
    }
    // IMAP4rev2 has no LSUB (RFC 9051, E).
    if EVERY_COMMAND
        && matches!(command, Command::Lsub { .. })
        && known.is_some_and(|known| known.has("IMAP4rev2") && !known.has("IMAP4rev1"))
    {
        return Some(Refusal::Lacks("IMAP4rev1"));
    }
    match (order(command), state) {
        (Order::SignsIn, State::Authenticated | State::Selected) => wrong("signed in already"),
        (
            Order::Free
            | Order::Changes
            | Order::Selects
            | Order::Closes
            | Order::Messages
            | Order::Numbers
            | Order::ShiftsNumbers
            | Order::SignsOut,
            State::NotAuthenticated,
        ) => wrong("not signed in"),
        (Order::Alone, State::NotAuthenticated)
            if matches!(command, Command::Idle) || compresses(command) =>
        {
            wrong("not signed in")
        }
        (Order::Messages | Order::Numbers | Order::ShiftsNumbers | Order::Closes, State::Authenticated) => {
            wrong("no mailbox is selected")
        }
        _ => None,
    }
}

/// What the server must have named: of each list one.
fn needs(command: &Command) -> Vec<&'static [&'static str]> {
    match command {
        Command::Fetch { items, .. } | Command::UidFetch { items, .. } => {
            items.iter().map(FetchItem::needs).collect()
        }
        _ if !EVERY_COMMAND => Vec::new(),
        Command::Extended(extended) => {
            let verb = extended.verb();
            std::iter::once(verb.needs()).chain(verb.also_needs()).collect()
        }
        Command::UidSearch(keys) => SearchKey::needs(keys),
        _ => Vec::new(),
    }
}

/// Whether `command` may be sent now.
///
/// Alone: what changes the connection or turns the line into something else (STARTTLS, AUTHENTICATE, LOGIN, IDLE, LOGOUT), and
/// a command whose literal waits for `+`. SELECT changes what untagged data is about, and ENABLE what mailbox names look like:
/// nothing follows them before their answer, and SELECT does not overtake commands on the mailbox before it. Message sequence
/// numbers may not be sent while a command runs during which the server may send EXPUNGE.
pub(super) fn may_start(command: &Command, running: &[Running]) -> bool {
    if running.iter().any(|other| {
        other.holds_the_line()
            || matches!(order(&other.command), Order::Selects | Order::Closes | Order::Changes)
    }) {
        return false;
    }
    match order(command) {
        Order::SignsIn | Order::SignsOut | Order::Alone => running.is_empty(),
        Order::Selects | Order::Closes => !running.iter().any(|other| {
            matches!(order(&other.command), Order::Messages | Order::Numbers | Order::ShiftsNumbers)
        }),
        Order::Numbers | Order::ShiftsNumbers => {
            running.iter().all(|other| order(&other.command) == Order::Numbers)
        }
        _ => true,
    }
}

/// Whether what it is, or how it is written, depends on what the server can do. Literals need not: they ask by themselves.
pub(super) fn depends_on_capabilities(command: &Command) -> bool {
    match command {
        Command::Login { .. } | Command::Authenticate { .. } | Command::Enable(_) => true,
        Command::List { special_use, .. } => *special_use,
        command => compresses(command) || needs(command).iter().any(|names| !names.is_empty()),
    }
}

/// Before TLS, where TLS is required, only what a stranger may know is sent.
pub(super) fn may_be_overheard(command: &Command) -> bool {
    matches!(command, Command::Capability | Command::Noop | Command::StartTls | Command::Logout)
}

pub(super) fn is_alone(command: &Command) -> bool {
    matches!(order(command), Order::Alone | Order::SignsIn | Order::SignsOut)
}

pub(super) fn order(command: &Command) -> Order {
    match command {
        Command::Capability | Command::Noop => Order::Anywhere,
        Command::StartTls | Command::Authenticate { .. } | Command::Login { .. } => Order::SignsIn,
        Command::Idle | Command::Logout => Order::Alone,
        Command::Select(_) => Order::Selects,
        Command::Fetch { .. } => Order::Numbers,
        Command::UidFetch { .. } | Command::UidStore { .. } => Order::Messages,
        Command::List { .. } => Order::Free,
        _ if !EVERY_COMMAND => Order::Free,
        #[cfg(feature = "on-request")]
        Command::Compress => Order::Alone,
        Command::Examine(_) => Order::Selects,
        Command::Enable(_) => Order::Changes,
        Command::UidSearch(keys) if SearchKey::has_numbers(keys) => Order::ShiftsNumbers,
        Command::UidSearch(_) => Order::Messages,
        Command::Lsub { .. }
        | Command::Status { .. }
        | Command::Append { .. }
        | Command::AppendStreamed { .. } => Order::Free,
        Command::Create(_)
        | Command::Delete(_)
        | Command::Rename { .. }
        | Command::Subscribe(_)
        | Command::Unsubscribe(_) => Order::Free,
        Command::Extended(extended) => extended.verb().order(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Handle;
    use crate::types::{MailboxName, SequenceSet};
    use waypost_wire::Secret;

    fn running(command: Command) -> Running {
        let fragments =
            crate::encode::Encoder::command("t", &command, &crate::encode::Peer::default()).unwrap();
        let mut running = Running::new(Handle(0), "t".to_owned(), command, fragments);
        running.advance(false);
        running
    }

    fn fetch(by_uid: bool) -> Command {
        let (set, items) = (SequenceSet::single(1).unwrap(), vec![crate::FetchItem::Flags]);
        if by_uid { Command::UidFetch { set, items } } else { Command::Fetch { set, items } }
    }

    fn copy(by_uid: bool) -> Command {
        let set = SequenceSet::single(1).unwrap();
        let messages = if by_uid {
            crate::commands::Messages::Uids(set)
        } else {
            crate::commands::Messages::Numbers(set)
        };
        crate::commands::Copy { messages, mailbox: MailboxName::new("a") }.into()
    }

    #[test]
    fn what_the_server_lacks_is_named_and_nothing_is_sent() {
        let known = |names: &[&str]| Capabilities::new(names.iter().map(|name| (*name).to_owned()).collect());
        let set = SequenceSet::single(1).unwrap();
        let mut fetch = crate::commands::Fetch::new(
            crate::commands::Messages::Uids(set),
            vec![FetchItem::Flags, FetchItem::SaveDate],
        );
        fetch.changed_since = Some(1);
        let lacks = |fetch: &crate::commands::Fetch, names| {
            misuse(&fetch.clone().into(), State::Selected, Some(&known(names)))
        };
        assert_eq!(lacks(&fetch, &["CONDSTORE"]), Some(Refusal::Lacks("SAVEDATE")));
        assert_eq!(lacks(&fetch, &["SAVEDATE"]), Some(Refusal::Lacks("CONDSTORE")));
        assert_eq!(lacks(&fetch, &["SAVEDATE", "QRESYNC"]), None);
        let search = Command::UidSearch(vec![SearchKey::Not(Box::new(SearchKey::Older(5)))]);
        let lacks = misuse(&search, State::Selected, Some(&known(&["IMAP4rev1"])));
        assert_eq!(lacks, Some(Refusal::Lacks("WITHIN")));
        assert_eq!(misuse(&search, State::Selected, None), None);
    }

    #[test]
    fn rfc_9051_5_5_commands_whose_answers_could_be_confused_wait() {
        let select = || Command::Select(MailboxName::new("a"));
        let enable = || Command::Enable(vec!["UTF8=ACCEPT".to_owned()]);
        for (before, command, may) in [
            (Command::Noop, fetch(true), true),
            (fetch(true), fetch(true), true),
            (fetch(false), fetch(false), true),
            (Command::Noop, fetch(false), false),
            (fetch(true), fetch(false), false),
            (fetch(true), select(), false),
            (Command::Noop, select(), true),
            (select(), Command::Noop, false),
            (enable(), select(), false),
            (Command::Noop, Command::Idle, false),
            (Command::Idle, Command::Noop, false),
            (Command::StartTls, Command::Capability, false),
            (Command::Noop, Command::Logout, false),
            (copy(false), fetch(false), false),
            (fetch(false), copy(false), true),
            (copy(true), fetch(true), true),
            (fetch(true), copy(false), false),
            (fetch(true), crate::commands::Close.into(), false),
            (Command::Noop, crate::commands::Unselect.into(), true),
            (crate::commands::Close.into(), Command::Noop, false),
            (fetch(false), crate::commands::Expunge.into(), true),
            (crate::commands::Expunge.into(), fetch(false), false),
            (Command::Noop, crate::ext::unauthenticate::Unauthenticate.into(), false),
            (crate::ext::unauthenticate::Unauthenticate.into(), Command::Noop, false),
            (crate::ext::notify::Notify::None.into(), fetch(true), false),
            (select(), Command::Create(MailboxName::new("b")), false),
            (Command::Create(MailboxName::new("b")), fetch(true), true),
        ] {
            assert_eq!(may_start(&command, &[running(before.clone())]), may, "{before:?}, then {command:?}");
        }
    }

    #[test]
    fn commands_of_another_state_are_not_sent() {
        let login = Command::Login { username: "robin".to_owned(), password: Secret::from("secret") };
        let disabled = Capabilities::new(vec!["LOGINDISABLED".to_owned()]);
        assert!(misuse(&login, State::NotAuthenticated, None).is_none());
        assert!(misuse(&login, State::NotAuthenticated, Some(&disabled)).is_some());
        assert!(misuse(&Command::StartTls, State::Authenticated, None).is_some());
        assert!(misuse(&Command::Idle, State::NotAuthenticated, None).is_some());
        assert!(misuse(&Command::Idle, State::Authenticated, None).is_none());
        assert!(misuse(&fetch(true), State::Authenticated, None).is_some());
        assert!(misuse(&fetch(true), State::Selected, None).is_none());
        assert!(misuse(&Command::Logout, State::NotAuthenticated, None).is_none());
        let lsub = Command::Lsub { reference: MailboxName::new(""), pattern: "*".into() };
        let only = |name: &str| Capabilities::new(vec![name.to_owned()]);
        let lacks = Some(Refusal::Lacks("IMAP4rev1"));
        assert_eq!(misuse(&lsub, State::Authenticated, Some(&only("IMAP4rev2"))), lacks);
        assert_eq!(misuse(&lsub, State::Authenticated, Some(&only("IMAP4rev1"))), None);
        let sign_out: Command = crate::ext::unauthenticate::Unauthenticate.into();
        assert!(misuse(&sign_out, State::NotAuthenticated, None).is_some());
        assert!(misuse(&sign_out, State::Selected, None).is_none());
    }
}
