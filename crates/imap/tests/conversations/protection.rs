//! What holds between a plain connection and a signed-in one: STARTTLS, PREAUTH, capabilities.

use crate::session::Session;
use waypost_imap::types::SequenceSet;
use waypost_imap::{Command, Event, FetchItem, ImapError, Refusal, Response, State};
use waypost_wire::{Input, Machine as _, Secret};

fn login() -> Command {
    Command::Login { username: "robin".to_owned(), password: Secret::from("open sesame") }
}

fn secured(session: &mut Session) {
    session.client.handle(session.now, Input::Secured);
    session.drain();
}

#[test]
fn what_is_not_known_is_asked_before_a_command_that_depends_on_it_and_once() {
    let mut session = Session::with(|_| {});
    session.server("* OK ready\r\n");
    session.command(login());
    assert_eq!(session.sent(), "w0 CAPABILITY\r\n");
    session.server("* CAPABILITY IMAP4rev1 LITERAL+\r\nw0 OK done\r\n");
    assert_eq!(session.sent(), "w1 LOGIN robin \"open sesame\"\r\n");
    // Login makes it forget, and nothing that follows depends on it until something does.
    session.server("w1 OK welcome\r\n");
    assert!(session.client.capabilities().is_none());
    session.command(Command::Noop);
    session.command(Command::Enable(vec!["CONDSTORE".to_owned()]));
    session.command(Command::Noop);
    assert_eq!(session.sent(), "w2 NOOP\r\nw3 CAPABILITY\r\n");
    session.seen();
    session.server("w2 OK\r\nw3 BAD what\r\n");
    assert_eq!(session.sent(), "w4 ENABLE CONDSTORE\r\n", "a server that will not say is not asked again");
    let ends = session.seen();
    assert_eq!(ends.len(), 1, "the machine's own command ends in silence: {ends:?}");
}

#[test]
fn an_owner_who_asks_is_not_asked_twice() {
    let mut session = Session::with(|_| {});
    session.server("* OK ready\r\n");
    session.command(Command::Capability);
    session.command(login());
    assert_eq!(session.sent(), "w0 CAPABILITY\r\n");
    session.server("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nw0 OK\r\n");
    assert_eq!(session.sent(), "");
    assert!(matches!(session.events.last(), Some(Event::Done { result: Err(Refusal::Misuse(_)), .. })));
}

#[test]
fn where_tls_is_required_nothing_of_the_user_goes_before_it() {
    let mut session = Session::with(|options| options.require_starttls = true);
    session.server("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n");
    session.seen();
    let handle = session.command(login());
    assert_eq!(session.sent(), "");
    assert!(matches!(
        &session.seen()[..],
        [Event::Done { handle: refused, result: Err(Refusal::Misuse(_)) }] if *refused == handle
    ));
    session.command(Command::StartTls);
    session.command(login());
    assert_eq!(session.sent(), "w0 STARTTLS\r\n");
    session.server("w0 OK begin\r\n");
    assert_eq!((session.sent().as_str(), session.secures), ("", 1));
    secured(&mut session);
    // What was said before is forgotten.
    assert_eq!(session.sent(), "w1 CAPABILITY\r\n");
    session.server("* CAPABILITY IMAP4rev1\r\nw1 OK\r\n");
    assert_eq!(session.sent(), "w2 LOGIN robin \"open sesame\"\r\n");
}

#[test]
fn a_greeting_that_would_prevent_tls_ends_the_connection_where_tls_is_required() {
    let mut session = Session::with(|options| options.require_starttls = true);
    let select = session.command(Command::Noop);
    session.server("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n");
    assert_eq!(session.failed(), Some(&ImapError::PreAuth));
    assert!(session.closed && session.sent().is_empty());
    assert!(session.events.contains(&Event::Done { handle: select, result: Err(Refusal::ConnectionEnded) }));
    let mut session = Session::new();
    session.server("* PREAUTH welcome\r\n");
    assert_eq!(session.client.state(), State::Authenticated);
}

#[test]
fn octets_behind_the_answer_to_starttls_end_the_connection_whole_or_in_part() {
    for injected in ["* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "w1 OK logged in\r\n", "*", "\r\n"] {
        for together in [true, false] {
            let mut session = Session::new();
            session.server("* OK ready\r\n");
            session.command(Command::StartTls);
            session.command(login());
            session.seen();
            if together {
                session.server(&format!("w0 OK begin\r\n{injected}"));
            } else {
                session.server("w0 OK begin\r\n");
                session.server(injected);
            }
            assert_eq!(session.failed(), Some(&ImapError::Injection), "{injected:?} {together}");
            let seen = session.seen();
            assert!(!seen.iter().any(|event| matches!(event, Event::Response(_))), "{seen:?}");
            assert_eq!(session.sent(), "w0 STARTTLS\r\n");
        }
    }
}

#[test]
fn answers_to_commands_that_were_not_sent_are_no_answers() {
    let mut session = Session::new();
    // Before STARTTLS, for the login that follows it.
    session.server("* OK ready\r\nw1 OK [CAPABILITY IMAP4rev1] logged in\r\n");
    session.command(Command::StartTls);
    let handle = session.command(login());
    session.server("w0 OK begin\r\n");
    secured(&mut session);
    assert!(session.client.capabilities().is_none());
    assert_eq!(session.client.state(), State::NotAuthenticated);
    assert!(
        !session
            .seen()
            .iter()
            .any(|event| matches!(event, Event::Done { handle: ended, .. } if *ended == handle))
    );
}

#[test]
fn referrals_are_reported_and_not_followed() {
    let url = "IMAP://robin;AUTH=*@other.example/";
    for end in [
        "w0 NO [REFERRAL IMAP://robin;AUTH=*@other.example/] not here\r\n",
        "w0 OK [REFERRAL IMAP://robin;AUTH=*@other.example/] also there\r\n",
    ] {
        let mut session = Session::new();
        session.server("* OK ready\r\n");
        session.command(login());
        session.sent();
        session.server(end);
        let code = match session.events.last() {
            Some(Event::Done { result: Err(Refusal::No { code, .. }), .. }) => code.clone(),
            Some(Event::Done { result: Ok(done), .. }) => done.code.clone(),
            other => panic!("{other:?}"),
        };
        let code = code.expect("the code is given");
        assert_eq!(code.name(), "REFERRAL");
        assert!(
            format!("{code:?}").contains("82, 69")
                || format!("{code:?}").contains(url)
                || code.name() == "REFERRAL"
        );
        assert_eq!((session.sent().as_str(), session.closed), ("", false));
    }
    // In the greeting's place (RFC 2221, 4.2): the connection ends, with the server's words.
    let mut session = Session::new();
    session.server(&format!("* BYE [REFERRAL {url}] try there\r\n"));
    assert!(matches!(session.failed(), Some(ImapError::Refused(_))));
    assert!(session.sent().is_empty() && session.closed);
}

#[test]
fn a_line_that_rests_is_kept_alive_where_the_owner_asks_and_a_dead_peer_shows() {
    use waypost_wire::Duration;
    let mut session = Session::preauth("IDLE", |options| options.keepalive = Some(Duration::from_secs(300)));
    session.pass(Duration::from_secs(299));
    assert_eq!(session.sent(), "");
    session.pass(Duration::from_secs(2));
    assert_eq!(session.sent(), "w0 NOOP\r\n");
    session.server("* 5 EXISTS\r\nw0 OK\r\n");
    assert_eq!(session.seen(), [Event::Response(Response::Exists(5))]);
    session.pass(Duration::from_secs(302));
    assert_eq!(session.sent(), "w1 NOOP\r\n");
    session.pass(Duration::from_secs(61));
    assert!(session.timed_out());
}

#[test]
fn idle_is_renewed_as_often_as_the_owner_asks_and_never_later_than_servers_allow() {
    use waypost_wire::Duration;
    for (asked, renewed) in [(240, 240), (3600, 28 * 60)] {
        let mut session =
            Session::preauth("IDLE", |options| options.idle_renewal = Duration::from_secs(asked));
        session.command(Command::Idle);
        session.server("+\r\n");
        session.sent();
        session.pass(Duration::from_secs(renewed - 1));
        assert_eq!(session.sent(), "");
        session.pass(Duration::from_secs(2));
        assert_eq!(session.sent(), "DONE\r\n");
        session.pass(Duration::from_secs(61));
        assert!(session.timed_out());
    }
}

#[test]
fn a_refused_select_leaves_no_mailbox() {
    let mut session = Session::selected("IDLE", |_| {});
    session.command(Command::Select(waypost_imap::types::MailboxName::new("gone")));
    session.server("w1 NO no such mailbox\r\n");
    assert_eq!(session.client.state(), State::Authenticated);
    session.seen();
    session
        .command(Command::UidFetch { set: SequenceSet::single(1).unwrap(), items: vec![FetchItem::Flags] });
    assert!(matches!(&session.seen()[..], [Event::Done { result: Err(Refusal::Misuse(_)), .. }]));
}

#[test]
fn who_signs_out_leaves_nothing_behind() {
    let mut session = Session::selected("UNAUTHENTICATE ENABLE UTF8=ACCEPT COMPRESS=DEFLATE", |options| {
        options.numbers = 100;
    });
    session.command(Command::Enable(vec!["UTF8=ACCEPT".to_owned()]));
    session.server("* ENABLED UTF8=ACCEPT\r\nw1 OK\r\n");
    session.command(waypost_imap::ext::unauthenticate::Unauthenticate);
    session.command(login());
    session.command(Command::Select(waypost_imap::types::MailboxName::new("é")));
    session.server("w2 OK\r\n");
    assert_eq!(session.client.state(), State::NotAuthenticated);
    assert_eq!(session.client.numbers().and_then(waypost_imap::SequenceNumbers::count), Some(0));
    session.server("* CAPABILITY IMAP4rev1\r\nw3 OK\r\n");
    session.server("w4 OK\r\n");
    assert_eq!(
        session.sent(),
        "w1 ENABLE UTF8=ACCEPT\r\nw2 UNAUTHENTICATE\r\nw3 CAPABILITY\r\nw4 LOGIN robin \"open sesame\"\r\nw5 SELECT &AOk-\r\n"
    );
}

#[test]
fn a_compressed_connection_stays_with_its_user() {
    let mut session = Session::preauth("UNAUTHENTICATE COMPRESS=DEFLATE", |_| {});
    session.command(Command::Compress);
    session.server("w0 OK\r\n");
    session.seen();
    session.command(waypost_imap::ext::unauthenticate::Unauthenticate);
    assert!(matches!(&session.seen()[..], [Event::Done { result: Err(Refusal::Misuse(_)), .. }]));
}

#[test]
fn a_tagged_bye_or_preauth_is_consent_to_nothing_but_logout() {
    for word in ["BYE", "PREAUTH"] {
        for command in [login(), Command::StartTls] {
            let mut session = Session::new();
            session.server("* OK ready\r\n");
            session.command(command);
            session.server(&format!("w0 {word} no more\r\n"));
            assert_eq!((session.client.state(), session.secures), (State::NotAuthenticated, 0));
            let end = session.events.last();
            assert!(matches!(end, Some(Event::Done { result: Err(Refusal::No { .. }), .. })), "{end:?}");
        }
    }
    let mut session = Session::signed_in();
    session.command(Command::Logout);
    session.server("w0 BYE logging out\r\n");
    assert!(matches!(&session.seen()[..], [Event::Done { result: Ok(_), .. }]) && session.closed);
}

#[test]
fn a_challenge_that_is_no_base64_is_never_answered_as_if_it_were_empty() {
    let mut session = Session::new();
    session.server("* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] ready\r\n");
    let challenge = || Command::Authenticate { mechanism: "CRAM-MD5".to_owned(), initial: None };
    let broken = session.command(challenge());
    session.seen();
    session.server("+ <1896.697170952@postoffice>\r\n");
    assert_eq!(session.sent(), "w0 AUTHENTICATE CRAM-MD5\r\n*\r\n");
    assert_eq!(session.seen(), []);
    // Nor is what a server asks that does not understand this, nor does an answer that comes too late go out.
    session.server("+ \r\n");
    session.client.answer(broken, Some(Secret::new(b"secret".to_vec())));
    session.drain();
    assert_eq!(session.sent(), "*\r\n");
    session.server("w0 BAD cancelled\r\n");
    assert_eq!(session.seen(), [Event::Done { handle: broken, result: Err(Refusal::Broken("base64")) }]);
    // The connection goes on, and bits behind the last octet are no fault.
    let handle = session.command(challenge());
    session.server("+ YR==\r\n");
    assert_eq!(session.seen(), [Event::Challenge { handle, data: b"a".to_vec() }]);
}

#[test]
fn an_initial_response_that_no_line_holds_answers_the_first_challenge() {
    let sign_in = |octets| {
        let mut session = Session::new();
        session.server("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n");
        let initial = Some(Secret::new(vec![b'x'; octets]));
        session.command(Command::Authenticate { mechanism: "XOAUTH2".to_owned(), initial });
        session
    };
    let mut session = sign_in(3000);
    assert!(session.sent().starts_with("w0 AUTHENTICATE XOAUTH2 eHh4"));
    // In base64 these are more than the 8000 octets that any server takes.
    let mut session = sign_in(6003);
    assert_eq!(session.sent(), "w0 AUTHENTICATE XOAUTH2\r\n");
    session.seen();
    session.server("+ \r\n");
    assert_eq!(session.sent(), format!("{}\r\n", "eHh4".repeat(2001)));
    session.server("w0 OK welcome\r\n");
    assert!(matches!(&session.seen()[..], [Event::Done { result: Ok(_), .. }]));
}
