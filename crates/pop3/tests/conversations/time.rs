//! How long the machine waits, under a virtual clock, and how much it sends ahead.

use waypost_pop3::{Client, Command, Event, Fault, Handle, Options, Pop3Error, Refusal, State};
use waypost_wire::{Duration, Input, Machine as _, Output, Secret, Timestamp};

/// A connection and its clock.
struct Session {
    client: Client,
    now: Timestamp,
    sent: String,
    events: Vec<Event>,
    wait: Option<Timestamp>,
    closed: bool,
}

impl Session {
    fn new() -> Self {
        let client = Client::new(Options::default());
        let now = Timestamp::from_millis(5);
        let mut session =
            Self { client, now, sent: String::new(), events: Vec::new(), wait: None, closed: false };
        session.drain();
        session
    }

    fn signed_in(pipelining: bool) -> Self {
        let mut session = Self::new();
        session.server("+OK\r\n");
        if pipelining {
            session.command(Command::Capa);
            session.server("+OK\r\nPIPELINING\r\n.\r\n");
        }
        session
            .command(Command::Auth { mechanism: "EXTERNAL".to_owned(), initial: Some(Secret::new(vec![])) });
        session.server("+OK\r\n");
        assert_eq!(session.client.state(), State::Transaction);
        session.events.clear();
        session.sent.clear();
        session
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll(self.now) {
                Output::Send(octets) => self.sent.push_str(&String::from_utf8(octets).unwrap()),
                Output::Event(event) => self.events.push(event),
                Output::Close => self.closed = true,
                Output::Secure => {}
                Output::Wait(wait) => {
                    self.wait = wait;
                    return;
                }
            }
        }
    }

    fn server(&mut self, text: &str) {
        self.client.handle(self.now, Input::Bytes(text.as_bytes()));
        self.drain();
    }

    fn command(&mut self, command: Command) -> Handle {
        let handle = self.client.enqueue(command);
        self.drain();
        handle
    }

    /// Lets time go by as a driver does: `Tick` when it was asked for.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(wait) = self.wait.filter(|wait| *wait <= end) {
            assert!(wait >= self.now, "a moment that has passed is asked for");
            self.now = wait;
            self.client.handle(self.now, Input::Tick);
            self.drain();
        }
        self.now = end;
    }

    fn timed_out(&self) -> bool {
        self.events.contains(&Event::Failed(Pop3Error::TimedOut)) && self.closed
    }
}

const ALMOST: Duration = Duration::from_millis(59_999);
const INSTANT: Duration = Duration::from_millis(1);

#[test]
fn a_server_that_does_not_greet_is_given_up_after_a_minute() {
    let mut session = Session::new();
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.pass(INSTANT);
    assert!(session.timed_out());
    assert_eq!(session.wait, None);
    assert_eq!(session.client.state(), State::Ended);
}

#[test]
fn each_octet_of_a_message_gives_the_server_another_minute() {
    let mut session = Session::signed_in(false);
    let retr = session.command(Command::Retr(1));
    session.server("+OK\r\n");
    for _ in 0..5 {
        session.pass(ALMOST);
        session.server("a");
    }
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.pass(INSTANT);
    assert!(session.timed_out());
    let ended = Event::Done { handle: retr, result: Err(Refusal::ConnectionEnded) };
    assert_eq!(session.events.last(), Some(&ended));
}

#[test]
fn a_connection_without_a_command_waits_for_ever_and_then_has_a_full_minute() {
    let mut session = Session::signed_in(false);
    assert_eq!(session.wait, None);
    session.pass(Duration::from_secs(3600));
    session.command(Command::Noop);
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.pass(INSTANT);
    assert!(session.timed_out());
}

#[test]
fn the_owner_may_think_about_a_challenge_and_the_server_has_its_minute_then() {
    let mut session = Session::new();
    session.server("+OK\r\n");
    let handle = session.command(Command::Auth { mechanism: "SCRAM-SHA-256".to_owned(), initial: None });
    session.server("+ cj1h\r\n");
    assert_eq!(session.events.pop(), Some(Event::Challenge { handle, data: b"r=a".to_vec() }));
    session.pass(Duration::from_secs(300));
    session.client.answer(handle, Some(Secret::new(b"c=b".to_vec())));
    session.client.answer(handle, Some(Secret::new(b"once more".to_vec())));
    session.drain();
    assert_eq!(session.sent, "AUTH SCRAM-SHA-256\r\nYz1i\r\n");
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.server("+OK\r\n");
    assert_eq!(session.client.state(), State::Transaction);
}

#[test]
fn rfc_2449_6_6_commands_go_ahead_of_answers_only_where_the_server_said_so_and_not_without_end() {
    let mut session = Session::signed_in(false);
    for number in 1..=3 {
        session.client.enqueue(Command::Dele(number));
    }
    session.drain();
    assert_eq!(session.sent, "DELE 1\r\n");
    session.server("+OK\r\n");
    assert_eq!(session.sent, "DELE 1\r\nDELE 2\r\n");

    let mut session = Session::signed_in(true);
    for number in 10_000..20_000 {
        session.client.enqueue(Command::Dele(number));
    }
    session.drain();
    // 16 KiB and the command that crosses it.
    let first = session.sent.lines().count();
    assert_eq!(first, 16 * 1024 / "DELE 10000\r\n".len() + 1);
    // What follows comes in one piece, when half of it was answered.
    session.server("+OK\r\n+OK\r\n");
    assert_eq!(session.sent.lines().count(), first);
    session.server(&"+OK\r\n".repeat(first / 2));
    assert_eq!(session.sent.lines().count(), first + 2 + first / 2);
}

#[test]
fn a_command_is_taken_back_only_before_it_was_sent() {
    let mut session = Session::signed_in(false);
    let [sent, waiting, last] = [1, 2, 3].map(|number| session.client.enqueue(Command::Retr(number)));
    session.drain();
    assert!(!session.client.cancel(sent));
    assert!(session.client.cancel(waiting));
    assert!(!session.client.cancel(waiting));
    session.server("-ERR no\r\n");
    session.server("-ERR no\r\n");
    assert_eq!(session.sent, "RETR 1\r\nRETR 3\r\n");
    let ended = |event: &Event| if let Event::Done { handle, .. } = event { Some(*handle) } else { None };
    assert_eq!(session.events.iter().filter_map(ended).collect::<Vec<_>>(), [sent, last]);
}

#[test]
fn nothing_follows_quit_before_its_answer() {
    let mut session = Session::signed_in(true);
    let quit = session.command(Command::Quit);
    let late = session.command(Command::Noop);
    assert_eq!(session.sent, "QUIT\r\n");
    session.server("-ERR some deleted messages not removed\r\n+OK what is this?\r\n");
    let text = "some deleted messages not removed".to_owned();
    let expected = [
        Event::Done { handle: quit, result: Err(Refusal::Err { code: None, text }) },
        Event::Done { handle: late, result: Err(Refusal::ConnectionEnded) },
    ];
    assert_eq!(session.events, expected);
    assert!(session.closed);
    let after = session.command(Command::Noop);
    let ended = Event::Done { handle: after, result: Err(Refusal::ConnectionEnded) };
    assert_eq!(session.events.last(), Some(&ended));
}

#[test]
fn the_stream_ends_while_the_owner_leaves_with_answers_still_owed_and_that_is_a_failure() {
    let mut session = Session::signed_in(true);
    session.command(Command::Dele(1));
    session.command(Command::Quit);
    session.client.handle(session.now, Input::Closed);
    session.drain();
    assert!(session.events.contains(&Event::Failed(Pop3Error::Closed)));
    let ended = |refusal: &Refusal| {
        session
            .events
            .iter()
            .any(|event| matches!(event, Event::Done { result: Err(why), .. } if why == refusal))
    };
    assert!(ended(&Refusal::ConnectionEnded), "DELE");
    assert!(ended(&Refusal::UpdateUnknown), "QUIT");
}

#[test]
fn a_server_that_says_nothing_to_quit_leaves_its_deletions_unknown() {
    let mut session = Session::signed_in(false);
    let quit = session.command(Command::Quit);
    assert_eq!(session.client.state(), State::Update);
    session.pass(Duration::from_secs(60));
    assert!(session.timed_out());
    assert_eq!(
        session.events.last(),
        Some(&Event::Done { handle: quit, result: Err(Refusal::UpdateUnknown) })
    );
}

/// cyrusimap/cyrus-imapd#4717.
#[test]
fn a_terminator_without_its_line_feed_is_taken_after_some_seconds_and_a_late_one_is_no_answer() {
    for late in [false, true] {
        let mut session = Session::signed_in(false);
        let retr = session.command(Command::Retr(1));
        session.server("+OK\r\na\r\n.\r");
        session.pass(Duration::from_millis(9_999));
        assert_eq!(session.events.len(), 1, "the part");
        session.pass(INSTANT);
        let done = Event::Done { handle: retr, result: Ok(String::new()) };
        assert_eq!(session.events.last(), Some(&done));
        let fired: Vec<_> = session.client.faults().map(|(row, count)| (row.fault, count)).collect();
        assert_eq!(fired, [(Fault::ReturnTerminator, 1)]);
        if late {
            session.server("\n");
        }
        session.command(Command::Noop);
        session.server("+OK\r\n");
        assert!(
            !session.events.iter().any(|event| matches!(event, Event::Failed(_))),
            "{:?}",
            session.events
        );
        assert_eq!(session.events.len(), 3);
    }
}

#[test]
fn debug_output_shows_no_password() {
    let mut session = Session::new();
    session.client.enqueue(Command::User("robin".to_owned()));
    session.client.enqueue(Command::Pass(Secret::from("pass phrase")));
    session.server("+OK ready\r\n");
    session.server("+OK\r\n");
    for text in [format!("{:?}", session.client), format!("{:#?}", session.client)] {
        assert!(!text.contains("pass"), "{text}");
        assert!(!text.contains(&format!("{:?}", b"pass")[1..15]), "{text}");
    }
    assert!(session.sent.contains("PASS pass phrase"));
}
