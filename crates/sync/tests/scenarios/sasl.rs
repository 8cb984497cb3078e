//! Mechanisms of SASL over both protocols: what is chosen, what is sent, and when a login is none.
//!
//! The random octets are those of RFC 5802's example, so that servers can say what stands there. What a script has in « » is sent in
//! base64.

use crate::support::{local, settings};
use waypost_store::{Protocol, Security};
use waypost_sync::sasl::{BindingKind, ChannelBinding, Policy, Proof, Strength};
use waypost_sync::{
    Access, AccountSettings, Blame, Connect, ConnectError, Connection, Endpoint, Engine, Entropy, Platform,
    SyncError, TlsInfo,
};
use waypost_testkit::platform::{SharedStore, TokioClock};
use waypost_testkit::script::{Script, ScriptedConnection, ScriptedServer};
use waypost_wire::{Base64, Secret};

/// A host with the random octets of RFC 5802's example, whose connections can be bound to or can't.
struct Host {
    connect: Bindable,
    store: SharedStore,
    clock: TokioClock,
    entropy: Example,
}

#[derive(Clone)]
struct Bindable {
    server: ScriptedServer,
    bindable: bool,
}

struct BindableConnection {
    connection: ScriptedConnection,
    bindable: bool,
}

struct Example;

impl Entropy for Example {
    fn fill(&self, buffer: &mut [u8]) {
        let example = Base64::STANDARD.decode(b"fyko+d2lbbFgONRv9qkxdawL").expect("is base64");
        buffer.copy_from_slice(&example[..buffer.len()]);
    }
}

impl Platform for Host {
    type Connect = Bindable;
    type Store = SharedStore;
    type Clock = TokioClock;
    type Entropy = Example;

    fn connector(&self) -> &Bindable {
        &self.connect
    }
    fn store(&self) -> &SharedStore {
        &self.store
    }
    fn clock(&self) -> &TokioClock {
        &self.clock
    }
    fn entropy(&self) -> &Example {
        &self.entropy
    }
    async fn is_persistent(&self) -> bool {
        true
    }
}

impl Connect for Bindable {
    type Connection = BindableConnection;

    async fn connect(&self, endpoint: &Endpoint) -> Result<BindableConnection, ConnectError> {
        let connection = self.server.connect(endpoint).await?;
        Ok(BindableConnection { connection, bindable: self.bindable })
    }
}

impl Connection for BindableConnection {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        self.connection.read().await
    }
    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError> {
        self.connection.write(octets).await
    }
    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        self.connection.secure().await
    }
    async fn close(&mut self) {
        self.connection.close().await;
    }
    fn channel_bindings(&self) -> Vec<ChannelBinding> {
        let exporter = ChannelBinding::new(BindingKind::TlsExporter, vec![7; 32]);
        exporter.into_iter().filter(|_| self.bindable).collect()
    }
}

/// A login of the user `user`, and what it is to be over.
struct Login {
    protocol: Protocol,
    security: Security,
    access: Access,
    bindable: bool,
}

fn password() -> Access {
    Secret::<String>::from("pencil").into()
}

fn token() -> Access {
    Access::token(Secret::from("t0k3n"))
}

impl Login {
    fn new(protocol: Protocol, access: Access) -> Self {
        Self { protocol, security: Security::Tls, access, bindable: false }
    }

    fn imap(access: Access) -> Self {
        Self::new(Protocol::Imap, access)
    }

    fn pop3(access: Access) -> Self {
        Self::new(Protocol::Pop3, access)
    }

    /// Adds an account; the conversation must follow the script to its end, or to where the client hangs up.
    async fn play(self, script: &str) -> Result<(), SyncError> {
        let server = ScriptedServer::new().then(Script::parse(&encoded(script)));
        let connect = Bindable { server: server.clone(), bindable: self.bindable };
        let store = SharedStore::default();
        let account =
            AccountSettings { username: "user".to_owned(), ..settings(self.protocol, self.security) };
        let added = local(async {
            let engine = Engine::new(Host { connect, store, clock: TokioClock::default(), entropy: Example });
            let added = engine.add_account(account, self.access).await;
            let stored = engine.accounts().await.expect("accounts").len();
            assert_eq!(stored, usize::from(added.is_ok()), "only a proven account is stored");
            added
        })
        .await;
        server.assert_played();
        let shown = format!("{added:?}");
        for secret in ["pencil", "t0k3n", "dDBrM24", "cGVuY2ls"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        added.map(drop)
    }

    async fn refused(self, script: &str) -> SyncError {
        self.play(script).await.expect_err("is refused")
    }
}

/// With what stands in « » in base64.
fn encoded(script: &str) -> String {
    let (mut text, mut rest) = (String::new(), script);
    while let Some((before, marked)) = rest.split_once('«') {
        let (inside, after) = marked.split_once('»').expect("what is opened is closed");
        text.push_str(before);
        text.push_str(&Base64::STANDARD.encode(inside.replace("^A", "\u{1}").replace("^@", "\0").as_bytes()));
        rest = after;
    }
    text + rest
}

const SCRAM_SHA_1: &str = "S: + «r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096»
    C: «c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=»";

fn imap_scram(rest: &str) -> String {
    format!(
        "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-1 AUTH=PLAIN] ready
         C: {{a}} AUTHENTICATE SCRAM-SHA-1 «n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL»
         {rest}"
    )
}

#[tokio::test(start_paused = true)]
async fn rfc_5802_5_example_signs_in_over_both_protocols() {
    let imap = imap_scram(&format!(
        "{SCRAM_SHA_1}
         S: + «v=rmF9pqV8S7suAoZWja4dJRkFsKQ=»
         C:
         S: {{a}} OK [CAPABILITY IMAP4rev1] signed in"
    ));
    Login::imap(password()).play(&imap).await.expect("signs in");
    let without_initial_response = format!(
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-1 AUTH=PLAIN] ready
         C: {{a}} AUTHENTICATE SCRAM-SHA-1
         S: +
         C: «n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL»
         {SCRAM_SHA_1}
         S: + «v=rmF9pqV8S7suAoZWja4dJRkFsKQ=»
         C:
         S: {{a}} OK [CAPABILITY IMAP4rev1] signed in"
    );
    Login::imap(password()).play(&without_initial_response).await.expect("signs in");
    let pop3 = format!(
        "S: +OK ready
         C: CAPA
         S: +OK
         S: USER
         S: SASL PLAIN SCRAM-SHA-1
         S: .
         C: AUTH SCRAM-SHA-1 «n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL»
         {SCRAM_SHA_1}
         S: + «v=rmF9pqV8S7suAoZWja4dJRkFsKQ=»
         C:
         S: +OK signed in
         C: CAPA
         S: +OK
         S: ."
    );
    Login::pop3(password()).play(&pop3).await.expect("signs in");
    // The password is not shown, so that it takes no TLS.
    Login { security: Security::None, ..Login::imap(password()) }.play(&imap).await.expect("signs in");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_ok_without_proof_has_not_signed_us_in() {
    for (rest, word) in [
        ("S: {a} OK [CAPABILITY IMAP4rev1] signed in".to_owned(), "has not proven"),
        (format!("{SCRAM_SHA_1}\nS: {{a}} OK [CAPABILITY IMAP4rev1] signed in"), "has not proven"),
        (
            format!("{SCRAM_SHA_1}\nS: + «v=rmF9pqV8S7suAoZWja4dJRkFsKA=»\nC: *\nS: {{a}} OK signed in"),
            "signature is wrong",
        ),
        (
            format!("{SCRAM_SHA_1}\nS: + «v=rmF9pqV8S7suAoZWja4dJRkFsKA=»\nC: *\nS: {{a}} BAD gone"),
            "signature is wrong",
        ),
        (
            "S: + «r=fyko+d2lbbFgONRv9qkxdaw,s=QSXCR+Q6sek8bf92,i=4096»\nC: *\nS: {a} BAD gone".to_owned(),
            "nonce",
        ),
    ] {
        let error = Login::imap(password()).refused(&imap_scram(&rest)).await;
        assert_eq!((error.code.as_str(), error.retryable), ("server-unproven", false), "{rest}");
        assert!(error.message.contains(word), "{}", error.message);
    }
    for rounds in [1, 4_095, 1_000_001] {
        let rest = format!(
            "S: + «r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i={rounds}»\nC: *\nS: {{a}} BAD gone"
        );
        let error = Login::imap(password()).refused(&imap_scram(&rest)).await;
        assert_eq!(error.code, "auth-unsafe");
        assert!(error.message.contains(&format!("{rounds} rounds")), "{}", error.message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_told_by_scram_and_by_the_server() {
    let refused = "S: {a} NO [AUTHENTICATIONFAILED] no";
    for rest in [
        format!("{SCRAM_SHA_1}\nS: + «e=invalid-proof»\nC:\n{refused}"),
        format!("{SCRAM_SHA_1}\nS: + «e=invalid-proof»\nC:\nEND"),
        format!("{SCRAM_SHA_1}\n{refused}\nC: {{b}} AUTHENTICATE PLAIN «^@user^@pencil»\nS: {{b}} NO no"),
    ] {
        let error = Login::imap(password()).refused(&imap_scram(&rest)).await;
        assert_eq!((error.code.as_str(), error.blame), ("auth-failed", Blame::User), "{rest}");
    }
}

/// GNU Mailutils offers SCRAM and CRAM-MD5 to users of `/etc/shadow`, and Cyrus to those of saslauthd.
#[tokio::test(start_paused = true)]
async fn a_server_that_has_nothing_to_compare_with_is_shown_the_password_if_that_is_allowed() {
    let refused = format!("{SCRAM_SHA_1}\nS: {{a}} NO authentication failed");
    let then_plain = format!(
        "{refused}
         C: {{b}} AUTHENTICATE PLAIN «^@user^@pencil»
         S: {{b}} OK [CAPABILITY IMAP4rev1] signed in"
    );
    Login::imap(password()).play(&imap_scram(&then_plain)).await.expect("signs in");
    let strict = password().under(Policy::default().at_least(Strength::Digest));
    assert_eq!(Login::imap(strict).refused(&imap_scram(&refused)).await.code, "auth-failed");
    // A reason that is not the password is told at once.
    for (code, told) in [
        ("UNAVAILABLE", "auth-unavailable"),
        ("EXPIRED", "password-expired"),
        ("AUTHORIZATIONFAILED", "auth-failed"),
        ("CONTACTADMIN", "auth-failed"),
    ] {
        let later = format!("{SCRAM_SHA_1}\nS: {{a}} NO [{code}] later");
        assert_eq!(Login::imap(password()).refused(&imap_scram(&later)).await.code, told);
    }
    let old = "S: +OK ready
         C: CAPA
         S: +OK
         S: USER
         S: SASL CRAM-MD5
         S: .
         C: AUTH CRAM-MD5
         S: + «<1@mail.example>»
         C: {answer}
         S: -ERR no
         C: USER user
         S: +OK
         C: PASS pencil
         S: +OK signed in
         C: CAPA
         S: +OK
         S: .";
    Login::pop3(password()).play(old).await.expect("signs in");
}

#[tokio::test(start_paused = true)]
async fn what_binds_to_tls_is_used_and_a_changed_list_is_found_out() {
    let bound = Login { bindable: true, ..Login::imap(password()) };
    let script = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-512 AUTH=SCRAM-SHA-256-PLUS] ready
         C: {a} AUTHENTICATE SCRAM-SHA-256-PLUS «p=tls-exporter,,n=user,r=fyko+d2lbbFgONRv9qkxdawL»
         S: + «r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096»
         C: «c=cD10bHMtZXhwb3J0ZXIsLAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=uH0T+oNG9UAk/rHZKKWYqOVQ7CjyAPndDdIy/E/2YUo=»
         S: + «v=4U1JeYfF6+qiNMjFecPupXYYBhcIm0UX0EZOULMAZks=»
         C:
         S: {a} OK [CAPABILITY IMAP4rev1] signed in";
    bound.play(script).await.expect("signs in");
    let bound = Login { bindable: true, ..Login::imap(password()) };
    let stripped = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-1] ready
         C: {a} AUTHENTICATE SCRAM-SHA-1 «y,,n=user,r=fyko+d2lbbFgONRv9qkxdawL»
         S: + «e=server-does-support-channel-binding»
         C:
         S: {a} NO somebody meddles";
    let error = bound.refused(stripped).await;
    assert_eq!((error.code.as_str(), error.blame), ("channel-mismatch", Blame::Network));
    // Without TLS there is nothing to bind to, whatever the connection says.
    let plain = Login { bindable: true, security: Security::None, ..Login::imap(password()) };
    let error = plain.refused(&imap_scram("S: {a} NO [UNAVAILABLE] no")).await;
    assert_eq!(error.code, "auth-unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_token_signs_in_over_both_protocols() {
    Login::imap(token())
        .play(
            "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=PLAIN] ready
             C: {a} AUTHENTICATE OAUTHBEARER «n,a=user,^Ahost=mail.example^Aport=143^Aauth=Bearer t0k3n^A^A»
             S: {a} OK [CAPABILITY IMAP4rev1] signed in",
        )
        .await
        .expect("signs in");
    Login::pop3(token().acting_as("office"))
        .play(
            "S: +OK ready
             C: CAPA
             S: +OK
             S: SASL PLAIN XOAUTH2
             S: .
             C: AUTH XOAUTH2 «user=office^Aauth=Bearer t0k3n^A^A»
             S: +OK signed in
             C: CAPA
             S: +OK
             S: .",
        )
        .await
        .expect("signs in");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_brings_the_servers_reason_and_is_not_sent_again() {
    let error = Login::imap(token())
        .refused(
            "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready
             C: {a} AUTHENTICATE OAUTHBEARER {initial}
             S: + «{\"status\":\"invalid_token\",\"scope\":\"mail\",\"openid-configuration\":\"https://mail.example/openid\"}»
             C: «^A»
             S: {a} NO [AUTHENTICATIONFAILED] {initial} is no good",
        )
        .await;
    assert_eq!((error.code.as_str(), error.blame, error.retryable), ("token-refused", Blame::User, false));
    assert_eq!(
        error.server_text.as_deref(),
        Some(
            "[AUTHENTICATIONFAILED] [redacted] is no good · status: invalid_token, scope: mail, \
             openid-configuration: https://mail.example/openid"
        )
    );
    let error = Login::pop3(token())
        .refused(
            "S: +OK ready
             C: CAPA
             S: +OK
             S: SASL XOAUTH2
             S: .
             C: AUTH XOAUTH2 {initial}
             S: + «{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/\"}»
             C:
             S: -ERR [AUTH] no",
        )
        .await;
    assert_eq!(error.code, "token-refused");
    assert!(error.into_parts().server_text.expect("it said something").contains("status: 400"));
}

/// RFC 2195, 2 has the challenge; the answer is of this user and password, computed with Python's hmac.
#[tokio::test(start_paused = true)]
async fn cram_md5_is_used_where_nothing_better_is() {
    let login = Login { security: Security::None, ..Login::pop3(password()) };
    let script = "S: +OK ready
         C: CAPA
         S: +OK
         S: SASL PLAIN CRAM-MD5 LOGIN
         S: .
         C: AUTH CRAM-MD5
         S: + «<1896.697170952@postoffice.reston.mci.net>»
         C: «user 266f82bb2d1ace6729d2c573e4e004c6»
         S: +OK signed in
         C: CAPA
         S: +OK
         S: .";
    login.play(script).await.expect("signs in");
}

#[tokio::test(start_paused = true)]
async fn external_and_anonymous_sign_in_without_a_secret() {
    let script = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL AUTH=ANONYMOUS] ready
         C: {a} AUTHENTICATE EXTERNAL =
         S: {a} OK [CAPABILITY IMAP4rev1] signed in";
    Login::imap(Access::by(Proof::External)).play(script).await.expect("signs in");
    let script = "S: * OK [CAPABILITY IMAP4rev1 AUTH=EXTERNAL AUTH=ANONYMOUS] ready
         C: {a} AUTHENTICATE ANONYMOUS
         S: +
         C: «user»
         S: {a} OK [CAPABILITY IMAP4rev1] signed in";
    Login::imap(Access::by(Proof::Nothing)).play(script).await.expect("signs in");
}

#[tokio::test(start_paused = true)]
async fn what_the_user_does_not_allow_is_not_sent() {
    let strict = || password().under(Policy::default().at_least(Strength::Mutual));
    let plain = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] ready";
    let error = Login::imap(strict()).refused(plain).await;
    assert_eq!((error.code.as_str(), error.blame), ("auth-not-allowed", Blame::User));
    assert!(error.message.contains("offers PLAIN, LOGIN; allowed is SCRAM-SHA-512"), "{}", error.message);
    // Nor are the commands from before SASL.
    let old = "S: * OK [CAPABILITY IMAP4rev1] ready";
    let error = Login::imap(strict()).refused(old).await;
    assert_eq!(error.code, "auth-not-allowed");
    assert!(error.message.contains("the settings forbid LOGIN"), "{}", error.message);
    let error = Login::imap(token()).refused(old).await;
    assert_eq!(error.code, "auth-unsupported");
    let old = "S: +OK ready\nC: CAPA\nS: -ERR what?";
    assert_eq!(Login::pop3(strict()).refused(old).await.code, "auth-not-allowed");
    let acting = Login::pop3(password().acting_as("office"));
    let error = acting.refused("S: +OK ready\nC: CAPA\nS: +OK\nS: USER\nS: SASL LOGIN\nS: .").await;
    assert_eq!(error.code, "auth-unsupported");
    let only = password().under(Policy::default().only(["PLAIN"]).expect("is known"));
    Login::imap(only)
        .play(
            "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-1 AUTH=PLAIN] ready
             C: {a} AUTHENTICATE PLAIN «^@user^@pencil»
             S: {a} OK [CAPABILITY IMAP4rev1] signed in",
        )
        .await
        .expect("signs in");
}

#[tokio::test(start_paused = true)]
async fn apop_is_used_where_the_user_allows_it_and_no_mechanism_may_be() {
    const CAPABILITIES: &str = "C: CAPA\nS: +OK\nS: USER\nS: .";
    const APOP: &str = "C: APOP user ec87818fbba45646df08ce6d6a516815";
    let greeted = |rest: &str| {
        format!("S: +OK ready <1896.697170952@dbc.mtview.ca.us>\n{CAPABILITIES}\n{rest}\n{CAPABILITIES}")
    };
    let allowed = || password().under(Policy::default().with_apop());
    let user_and_pass = "C: USER user\nS: +OK\nC: PASS pencil\nS: +OK signed in";
    Login::pop3(allowed()).play(&greeted(&format!("{APOP}\nS: +OK signed in"))).await.expect("signs in");
    // Cyrus and Mailutils offer it to users whose password they don't keep.
    let refused = greeted(&format!("{APOP}\nS: -ERR no\n{user_and_pass}"));
    Login::pop3(allowed()).play(&refused).await.expect("signs in");
    Login::pop3(password()).play(&greeted(user_and_pass)).await.expect("signs in");
    // A reason that is not the password is told at once.
    let locked = format!(
        "S: +OK ready <1896.697170952@dbc.mtview.ca.us>\n{CAPABILITIES}\n{APOP}\nS: -ERR [IN-USE] no"
    );
    assert_eq!(Login::pop3(allowed()).refused(&locked).await.code, "mailbox-in-use");
}

#[tokio::test(start_paused = true)]
async fn rfc_6856_2_1_utf8_is_sent_where_it_was_announced_and_its_refusal_is_no_end() {
    for answer in ["+OK", "-ERR not now"] {
        let script = format!(
            "S: +OK ready
             C: CAPA
             S: +OK
             S: UTF8
             S: SASL PLAIN
             S: .
             C: UTF8
             S: {answer}
             C: AUTH PLAIN «^@user^@pencil»
             S: +OK signed in
             C: CAPA
             S: +OK
             S: ."
        );
        Login::pop3(password()).play(&script).await.expect("signs in");
    }
}
