//! Reads a transcript and replays it against the machine. The format is that of the IMAP transcripts.
//!
//! Lines: `S: ` octets of the server, `C: ` octets the client must have sent, `> ` a command of the owner, `# ` a comment.
//! In these lines `\r`, `\n`, `\0`, `\xHH` and `\\` are escapes; to octets CRLF is added unless the line ends in `\`.

use std::path::PathBuf;
use waypost_pop3::{Client, Command, Event, Handle, Options, State};
use waypost_wire::{Input, Machine as _, Output, Secret, Timestamp};

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
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts/pop3");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &std::path::Path) -> Transcript {
    let mut steps: Vec<Step> = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        match (line.split_at_checked(3), steps.last_mut()) {
            (Some(("S: ", text)), Some(Step::Server(octets))) => octets.extend(line_of(text)),
            (Some(("S: ", text)), _) => steps.push(Step::Server(line_of(text))),
            (Some(("C: ", text)), Some(Step::Client(octets))) => octets.extend(line_of(text)),
            (Some(("C: ", text)), _) => steps.push(Step::Client(line_of(text))),
            _ if line.starts_with("> ") => {
                steps.push(Step::Owner(String::from_utf8(unescape(&line[2..])).unwrap()));
            }
            _ => assert!(line.is_empty() || line.starts_with('#'), "{}: {line}", path.display()),
        }
    }
    Transcript { name: path.file_name().unwrap().to_string_lossy().into_owned(), steps }
}

fn line_of(text: &str) -> Vec<u8> {
    match text.strip_suffix('\\') {
        Some(text) if !text.ends_with('\\') => unescape(text),
        _ => [unescape(text), b"\r\n".to_vec()].concat(),
    }
}

fn unescape(text: &str) -> Vec<u8> {
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
            Some('\\') => octets.push(b'\\'),
            Some('x') => {
                let hex: String = characters.by_ref().take(2).collect();
                octets.push(u8::from_str_radix(&hex, 16).unwrap());
            }
            other => panic!("no such escape: {other:?} in {text}"),
        }
    }
    octets
}

/// What came out of a replay.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) sent: Vec<u8>,
    pub(crate) secures: usize,
    pub(crate) closed: bool,
    /// The states that the connection went through.
    pub(crate) states: Vec<State>,
    /// What CAPA announced last.
    pub(crate) capabilities: Option<waypost_pop3::Capabilities>,
}

/// Replays; each run of server octets is cut by `cut` into the pieces that are handed in.
pub(crate) fn replay(transcript: &Transcript, cut: impl FnMut(&[u8]) -> Vec<Vec<u8>>) -> Outcome {
    let mut options = Options::default();
    options.allow_apop = transcript.name.starts_with("apop-") || transcript.name == "apop.txt";
    options.pipelining = transcript.name != "lockstep.txt";
    let outcome = replay_with(&mut Client::new(options), transcript, cut);
    let said: usize = transcript
        .steps
        .iter()
        .map(|step| if let Step::Client(octets) = step { octets.len() } else { 0 })
        .sum();
    assert_eq!(said, outcome.sent.len(), "{}: sent more than the transcript says", transcript.name);
    outcome
}

/// The same with a machine of one's own, which may send more than the transcript says.
pub(crate) fn replay_with(
    client: &mut Client,
    transcript: &Transcript,
    mut cut: impl FnMut(&[u8]) -> Vec<Vec<u8>>,
) -> Outcome {
    let mut outcome = Outcome { states: vec![client.state()], ..Outcome::default() };
    let mut last: Option<Handle> = None;
    let mut checked = 0;
    for step in &transcript.steps {
        match step {
            Step::Server(octets) => {
                for piece in cut(octets) {
                    client.handle(NOW, Input::Bytes(&piece));
                    drain(client, &mut outcome);
                }
            }
            Step::Owner(words) => {
                last = owner(client, words, last).or(last);
                drain(client, &mut outcome);
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
    outcome
}

fn drain(client: &mut Client, outcome: &mut Outcome) {
    loop {
        match client.poll(NOW) {
            Output::Send(octets) => outcome.sent.extend(octets),
            Output::Event(Event::Part { handle, data }) => match outcome.events.last_mut() {
                Some(Event::Part { handle: same, data: whole }) if *same == handle => whole.extend(data),
                _ => outcome.events.push(Event::Part { handle, data }),
            },
            Output::Event(event) => outcome.events.push(event),
            Output::Secure => outcome.secures += 1,
            Output::Close => outcome.closed = true,
            Output::Wait(_) => break,
        }
    }
    if outcome.states.last() != Some(&client.state()) {
        outcome.states.push(client.state());
    }
    if let Some(known) = client.capabilities() {
        outcome.capabilities = Some(known.clone());
    }
}

/// The owner's commands, by their words.
fn owner(client: &mut Client, words: &str, last: Option<Handle>) -> Option<Handle> {
    let mut words = words.split(' ');
    let word = words.next().unwrap_or_default();
    let mut text = || words.next().map(ToOwned::to_owned);
    let plain = |initial: Vec<u8>| Command::Auth {
        mechanism: "PLAIN".to_owned(),
        initial: Some(Secret::new(initial)),
    };
    let number = |text: Option<String>| text.map(|text| text.parse().unwrap());
    let command = match word {
        "secured" => {
            client.handle(NOW, Input::Secured);
            return None;
        }
        "closed" => {
            client.handle(NOW, Input::Closed);
            return None;
        }
        "answer" => {
            client.answer(last?, Some(Secret::new(text()?.into_bytes())));
            return None;
        }
        "cancel" => {
            client.answer(last?, None);
            return None;
        }
        "capa" => Command::Capa,
        "stls" => Command::Stls,
        "user" => Command::User(text()?),
        "pass" => Command::Pass(Secret::new(text()?)),
        "plain" => plain(format!("\0{}\0{}", text()?, text()?).into_bytes()),
        "apop" => Command::Apop { username: text()?, digest: Secret::new(text()?) },
        "utf8" => Command::Utf8,
        "lang" => Command::Lang(text()),
        "long" => plain(vec![b'a'; 201]),
        "empty" => Command::Auth { mechanism: text()?, initial: Some(Secret::new(Vec::new())) },
        "challenge" => Command::Auth { mechanism: text()?, initial: None },
        "stat" => Command::Stat,
        "list" => Command::List(number(text())),
        "uidl" => Command::Uidl(number(text())),
        "retr" => Command::Retr(number(text())?),
        "top" => Command::Top(number(text())?, number(text())?),
        "dele" => Command::Dele(number(text())?),
        "noop" => Command::Noop,
        "rset" => Command::Rset,
        "quit" => Command::Quit,
        other => panic!("no such command: {other}"),
    };
    Some(client.enqueue(command))
}

const NOW: Timestamp = Timestamp::from_millis(1);
