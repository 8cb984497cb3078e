//! The owner's commands of the transcripts that concern mailboxes and the server as a whole. `""` stands for an empty word, a
//! comma separates the parts of a list.

use waypost_imap::commands::{Append, Appended, Content};
use waypost_imap::ext::{
    acl, id, jmap_access, language, list, metadata, namespace, notify, quota, referral, special_use,
    unauthenticate, xlist,
};
use waypost_imap::types::{Flag, ListPattern, MailboxName, SpecialUse, StatusItem};
use waypost_imap::{Command, FetchItem};

/// The command of a word, if it is one of these; `next` gives the words that follow.
pub(crate) fn command(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    mailbox(word, next).or_else(|| rights(word, next)).or_else(|| server(word, next))
}

fn mailbox(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    Some(match word {
        "lsub" => Command::Lsub { reference: empty(), pattern: pattern(next) },
        "xlist" => xlist::Xlist { reference: empty(), pattern: pattern(next) }.into(),
        "rlist" => referral::RemoteList { reference: empty(), pattern: pattern(next) }.into(),
        "rlsub" => referral::RemoteLsub { reference: empty(), pattern: pattern(next) }.into(),
        "list-extended" => {
            let select = parts(&next()).iter().map(|option| select(option)).collect();
            let patterns = parts(&next()).iter().map(|pattern| ListPattern::new(pattern)).collect();
            let returns = Some(parts(&next()).iter().map(|option| returned(option)).collect());
            list::List { select, reference: empty(), patterns, returns }.into()
        }
        "create" => Command::Create(name(next)),
        "create-for" => {
            let uses = vec![SpecialUse::of_attribute(&next()).expect("a special use")];
            special_use::CreateSpecialUse { mailbox: name(next), uses }.into()
        }
        "delete" => Command::Delete(name(next)),
        "rename" => Command::Rename { from: name(next), to: name(next) },
        "subscribe" => Command::Subscribe(name(next)),
        "unsubscribe" => Command::Unsubscribe(name(next)),
        "status" => Command::Status { mailbox: name(next), items: status_items(&next()) },
        "namespace" => namespace::GetNamespaces.into(),
        _ => return None,
    })
}

fn rights(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    Some(match word {
        "quota" => quota::GetQuota(text(next)).into(),
        "quota-root" => quota::GetQuotaRoot(name(next)).into(),
        "set-quota" => {
            let (root, limit) = (text(next), next().parse().expect("a number"));
            quota::SetQuota { root, limits: vec![(quota::Resource::Storage, limit)] }.into()
        }
        "acl" => acl::GetAcl(name(next)).into(),
        "my-rights" => acl::MyRights(name(next)).into(),
        "list-rights" => acl::ListRights { mailbox: name(next), identifier: next() }.into(),
        "delete-acl" => acl::DeleteAcl { mailbox: name(next), identifier: next() }.into(),
        "set-acl" => {
            let (mailbox, identifier, rights) = (name(next), next(), next());
            let change = match rights.split_at(1) {
                ("+", rights) => acl::RightsChange::Add(acl::Rights::new(rights)),
                ("-", rights) => acl::RightsChange::Remove(acl::Rights::new(rights)),
                _ => acl::RightsChange::Replace(acl::Rights::new(&rights)),
            };
            acl::SetAcl { mailbox, identifier, change }.into()
        }
        "metadata" => {
            let (mailbox, entries) = (name(next), parts(&next()));
            let (depth, max_size) = (metadata::Depth::Zero, None);
            metadata::GetMetadata { mailbox, entries, depth, max_size }.into()
        }
        "metadata-below" => {
            let (mailbox, entries) = (name(next), parts(&next()));
            let (depth, max_size) = (metadata::Depth::Infinity, Some(4));
            metadata::GetMetadata { mailbox, entries, depth, max_size }.into()
        }
        "set-metadata" => {
            let (mailbox, entry, value) = (name(next), next(), next());
            let value = (value != "NIL").then(|| value.replace("\\n", "\r\n").into_bytes());
            metadata::SetMetadata { mailbox, values: vec![(entry, value)] }.into()
        }
        _ => return None,
    })
}

fn server(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    Some(match word {
        "id" => id::Id(vec![("name".to_owned(), next())]).into(),
        "language" => language::Language(parts(&next())).into(),
        "comparator" => language::Comparator(parts(&next())).into(),
        "notify" => events().into(),
        "notify-none" => notify::Notify::None.into(),
        "jmap-access" => jmap_access::GetJmapAccess.into(),
        "unauthenticate" => unauthenticate::Unauthenticate.into(),
        "append-utf8" => {
            let message = "Subject: Grüße\r\n\r\nbody\r\n".as_bytes().to_vec();
            let content = Content::Utf8(message.into());
            let message = Appended { flags: vec![Flag::Seen], content, ..Appended::new(Vec::new()) };
            Append { mailbox: name(next), messages: vec![message] }.into()
        }
        _ => return None,
    })
}

fn events() -> notify::Notify {
    use notify::NotifyEvent::{FlagChange, MailboxName, MessageExpunge, MessageNew, SubscriptionChange};
    let new = MessageNew(vec![FetchItem::Uid, FetchItem::Flags]);
    let groups = vec![
        notify::EventGroup {
            mailboxes: notify::NotifyMailboxes::SelectedDelayed,
            events: vec![new, MessageExpunge, FlagChange],
        },
        notify::EventGroup {
            mailboxes: notify::NotifyMailboxes::Personal,
            events: vec![MessageNew(vec![]), MessageExpunge, MailboxName, SubscriptionChange],
        },
    ];
    notify::Notify::Set { status: true, groups }
}

fn empty() -> MailboxName {
    MailboxName::new("")
}

fn text(next: &mut dyn FnMut() -> String) -> String {
    let word = next();
    if word == "\"\"" { String::new() } else { word }
}

fn name(next: &mut dyn FnMut() -> String) -> MailboxName {
    MailboxName::new(&text(next))
}

fn pattern(next: &mut dyn FnMut() -> String) -> ListPattern {
    ListPattern::new(&text(next))
}

fn parts(word: &str) -> Vec<String> {
    word.split(',').filter(|part| !part.is_empty() && *part != "\"\"").map(str::to_owned).collect()
}

fn select(option: &str) -> list::ListSelect {
    match option {
        "subscribed" => list::ListSelect::Subscribed,
        "remote" => list::ListSelect::Remote,
        "recursive-match" => list::ListSelect::RecursiveMatch,
        "special-use" => list::ListSelect::SpecialUse,
        other => panic!("no such option: {other}"),
    }
}

fn returned(option: &str) -> list::ListReturn {
    match option {
        "subscribed" => list::ListReturn::Subscribed,
        "children" => list::ListReturn::Children,
        "special-use" => list::ListReturn::SpecialUse,
        "status" => list::ListReturn::Status(vec![StatusItem::Messages, StatusItem::Size]),
        "my-rights" => list::ListReturn::MyRights,
        "metadata" => list::ListReturn::Metadata(vec!["/private/comment".to_owned()]),
        other => panic!("no such option: {other}"),
    }
}

fn status_items(word: &str) -> Vec<StatusItem> {
    let item = |name: &String| StatusItem::ALL.iter().find(|item| item.name() == name.as_str()).copied();
    parts(word).iter().map(|name| item(name).expect("an item of STATUS")).collect()
}
