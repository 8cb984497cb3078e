//! Reads a transcript and replays it against the machine.
//!
//! Lines: `S: ` octets of the server, `C: ` octets the client must have sent, `> ` a command of the owner (`wait` lets seconds go
//! by), `# ` a comment.
//! In `S: ` and `C: ` lines `\r`, `\n`, `\0`, `\xHH` and `\\` are escapes; CRLF is added unless the line ends in `\`.

use crate::mailbox_words;
use crate::message_words;
use std::path::PathBuf;
use waypost_imap::types::{Flag, MailboxName, Section, SequenceSet};
use waypost_imap::{Client, Command, Event, FetchItem, Handle, Options, SearchKey, StoreAction};
use waypost_wire::{Duration, Input, Machine as _, Output, Secret, Timestamp};

pub(crate) enum Step {
    Server(Vec<u8>),
    Client(Vec<u8>),
    Owner(String),
}

pub(crate) struct Transcript {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

/// All transcripts of the repository.
pub(crate) fn all() -> Vec<Transcript> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts/imap");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &std::path::Path) -> Transcript {
    let mut steps: Vec<Step> = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        match (line.split_at_checked(3), steps.last_mut()) {
            (Some(("S: ", text)), Some(Step::Server(octets))) => octets.extend(unescape(text)),
            (Some(("S: ", text)), _) => steps.push(Step::Server(unescape(text))),
            (Some(("C: ", text)), Some(Step::Client(octets))) => octets.extend(unescape(text)),
            (Some(("C: ", text)), _) => steps.push(Step::Client(unescape(text))),
            _ if line.starts_with("> ") => steps.push(Step::Owner(line[2..].to_owned())),
            _ => assert!(line.is_empty() || line.starts_with('#'), "{}: {line}", path.display()),
        }
    }
    Transcript { name: path.file_name().unwrap().to_string_lossy().into_owned(), steps }
}

fn unescape(text: &str) -> Vec<u8> {
    let (text, end) = match text.strip_suffix('\\') {
        Some(text) if !text.ends_with('\\') => (text, ""),
        _ => (text, "\r\n"),
    };
    let mut octets = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            octets.extend(character.to_string().bytes());
            continue;
        }
        match characters.next() {
            Some('r') => octets.push(b'\r'),
            Some('n') => octets.push(b'\n'),
            Some('0') => octets.push(0),
            Some('x') => {
                let hex: String = characters.by_ref().take(2).collect();
                octets.push(u8::from_str_radix(&hex, 16).unwrap());
            }
            // Flags begin with a backslash: it needs no escape before a letter that is no escape.
            Some('\\') => octets.push(b'\\'),
            Some(other) => octets.extend(format!("\\{other}").bytes()),
            None => octets.push(b'\\'),
        }
    }
    octets.extend(end.bytes());
    octets
}

/// What came out of a replay.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) sent: Vec<u8>,
    pub(crate) secures: usize,
    pub(crate) closed: bool,
}

/// Replays; each run of server octets is cut by `cut` into the pieces that are handed in.
pub(crate) fn replay(transcript: &Transcript, mut cut: impl FnMut(&[u8]) -> Vec<Vec<u8>>) -> Outcome {
    let mut now = Timestamp::from_millis(1);
    // Transcripts are of sessions whose owner asked.
    let mut options = Options::default();
    options.ask_capabilities = false;
    let mut client = Client::new(options);
    let mut outcome = Outcome::default();
    let mut last: Option<Handle> = None;
    let mut checked = 0;
    for step in &transcript.steps {
        match step {
            Step::Server(octets) => {
                for piece in cut(octets) {
                    client.handle(now, Input::Bytes(&piece));
                    drain(&mut client, now, &mut outcome);
                }
            }
            Step::Owner(words) => {
                if let Some(seconds) = words.strip_prefix("wait ") {
                    now = now + Duration::from_secs(seconds.parse().unwrap());
                    client.handle(now, Input::Tick);
                }
                last = owner(&mut client, words, last, now).or(last);
                drain(&mut client, now, &mut outcome);
            }
            Step::Client(octets) => {
                let sent = &outcome.sent[checked..];
                assert_eq!(
                    String::from_utf8_lossy(sent),
                    String::from_utf8_lossy(octets),
                    "{}: what was sent (left)",
                    transcript.name
                );
                checked = outcome.sent.len();
            }
        }
    }
    assert_eq!(checked, outcome.sent.len(), "{}: sent more than the transcript says", transcript.name);
    outcome
}

pub(crate) fn drain(client: &mut Client, now: Timestamp, outcome: &mut Outcome) {
    loop {
        match client.poll(now) {
            Output::Send(octets) => outcome.sent.extend(octets),
            Output::Event(Event::BodyPart(part)) => match outcome.events.last_mut() {
                Some(Event::BodyPart(whole)) => whole.extend(part),
                _ => outcome.events.push(Event::BodyPart(part)),
            },
            Output::Event(event) => outcome.events.push(event),
            Output::Secure => outcome.secures += 1,
            Output::Close => outcome.closed = true,
            Output::Wait(_) => return,
        }
    }
}

/// The owner's commands, by their words.
pub(crate) fn owner(
    client: &mut Client,
    words: &str,
    last: Option<Handle>,
    now: Timestamp,
) -> Option<Handle> {
    let mut words = words.split(' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let command = match next().as_str() {
        "capability" => Command::Capability,
        "starttls" => Command::StartTls,
        "secured" => {
            client.handle(now, Input::Secured);
            return None;
        }
        "closed" => {
            client.handle(now, Input::Closed);
            return None;
        }
        "login" => Command::Login { username: next(), password: Secret::new(next()) },
        "plain" => {
            let octets = format!("\0{}\0{}", next(), next()).into_bytes();
            Command::Authenticate { mechanism: "PLAIN".to_owned(), initial: Some(Secret::new(octets)) }
        }
        "answer" => {
            client.answer(last?, Some(Secret::new(next().into_bytes())));
            return None;
        }
        "challenge" => Command::Authenticate { mechanism: next(), initial: None },
        "enable" => Command::Enable(vec![next()]),
        "list" => Command::List {
            reference: MailboxName::new(""),
            pattern: next().as_str().into(),
            special_use: true,
        },
        "select" => Command::Select(MailboxName::new(&next())),
        "fetch" => Command::Fetch { set: set(&next()), items: listing() },
        "uidfetch" => Command::UidFetch { set: set(&next()), items: vec![FetchItem::Uid, FetchItem::Flags] },
        "body" => Command::UidFetch {
            set: set(&next()),
            items: vec![FetchItem::Body { section: Section::default(), partial: None }],
        },
        "flag" => Command::UidStore {
            set: set(&next()),
            action: StoreAction::Add,
            silent: false,
            flags: vec![Flag::Flagged],
        },
        "search" => Command::UidSearch(vec![SearchKey::Subject(next())]),
        "append" => Command::Append {
            mailbox: MailboxName::new(&next()),
            flags: vec![Flag::Seen],
            date: None,
            message: b"Subject: x\r\n\r\nbody\r\n".to_vec(),
        },
        "idle" => Command::Idle,
        "done" => {
            client.finish_idle(last?);
            return None;
        }
        "wait" => return None,
        "noop" => Command::Noop,
        "logout" => Command::Logout,
        other => mailbox_words::command(other, &mut next)
            .or_else(|| message_words::command(other, &mut next))
            .unwrap_or_else(|| panic!("no such command: {other}")),
    };
    Some(client.enqueue(command))
}

fn set(words: &str) -> SequenceSet {
    match words.split_once(':') {
        Some((first, "*")) => SequenceSet::from_number(first.parse().unwrap()).unwrap(),
        Some((first, last)) => SequenceSet::range(first.parse().unwrap(), last.parse().unwrap()).unwrap(),
        None => SequenceSet::single(words.parse().unwrap()).unwrap(),
    }
}

fn listing() -> Vec<FetchItem> {
    vec![
        FetchItem::Uid,
        FetchItem::Flags,
        FetchItem::Envelope,
        FetchItem::InternalDate,
        FetchItem::Size,
        FetchItem::BodyStructure,
    ]
}
