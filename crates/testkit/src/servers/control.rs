//! The line protocol of `waypost-servers`: one JSON command a line, one JSON answer a line. Browser tests drive it.
//!
//! | Command | Answer |
//! |---|---|
//! | `{"do":"deliver","message":"…"}`, or `"raw"` in base64, or `"hostile":"http://…"` | `{}` |
//! | `{"do":"list"}` | `[{"uid":1,"flags":["\\Seen"],"sha256":"…"}]` |
//! | `{"do":"message","uid":1}` | `{"raw":"base64"}` |
//! | `{"do":"flags","uid":1,"add":["\\Flagged"],"remove":[]}` | `{}` |
//! | `{"do":"expunge","uid":1}`, `{"do":"reset-uidvalidity"}`, `{"do":"fill","count":20000}` | `{}` |
//! | `{"do":"mailboxes"}` | `["INBOX"]` |
//! | `{"do":"log"}` | `{"log":"…"}` |
//! | `{"do":"stop"}`, `{"do":"start"}` | `{}` |
//!
//! All take `user` (default: the first) and `mailbox` (default: INBOX). `deliver` takes `flags` and `date` (milliseconds since
//! 1970). What fails answers `{"error":"…"}`.
//!
//! That is Dovecot's. The other kinds know `deliver` without flags and date, and `log`.

use super::{Delivery, ImapServer, Ports, Server, ServerError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    r#do: Verb,
    user: Option<String>,
    #[serde(default = "inbox")]
    mailbox: String,
    message: Option<String>,
    raw: Option<String>,
    hostile: Option<String>,
    #[serde(default)]
    flags: Vec<String>,
    date: Option<i64>,
    uid: Option<u32>,
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
    count: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verb {
    Deliver,
    List,
    Message,
    Flags,
    Expunge,
    ResetUidvalidity,
    Fill,
    Mailboxes,
    Log,
    Stop,
    Start,
}

fn inbox() -> String {
    "INBOX".to_owned()
}

/// What a server says when it is ready: one JSON object.
#[must_use]
pub fn greeting(server: &dyn Server) -> String {
    let users: Vec<Value> = server
        .users()
        .iter()
        .map(|user| {
            json!({ "name": user.name, "password": user.password, "maildir": server.mail_dir(&user.name) })
        })
        .collect();
    json!({
        "server": server.name(),
        "version": server.version(),
        "ports": server.ports(),
        "ca": server.ca_pem(),
        "dir": server.dir(),
        "users": users,
        "pid": server.pid(),
        "admin": server.admin_command(),
    })
    .to_string()
}

/// The same of a server of any kind. Ports that it does not have are 0.
#[must_use]
pub fn greeting_of_kind(server: &ImapServer) -> String {
    let users: Vec<Value> =
        server.users().iter().map(|user| json!({ "name": user.name, "password": user.password })).collect();
    let ports = Ports {
        imap: server.port(),
        imaps: server.tls_port().unwrap_or_default(),
        pop3: server.pop3_port().unwrap_or_default(),
        pop3s: server.pop3s_port().unwrap_or_default(),
    };
    json!({
        "server": server.kind().name(),
        "version": server.version(),
        "ports": ports,
        "ca": server.ca_pem(),
        "users": users,
        "pid": server.pid(),
    })
    .to_string()
}

/// Does what one line asks and gives the line of the answer.
pub fn answer_line(server: &mut dyn Server, line: &str) -> String {
    answered(line, |command| carry_out(server, command))
}

/// The same of a server of any kind.
pub fn answer_line_of_kind(server: &ImapServer, line: &str) -> String {
    answered(line, |command| carry_out_of_kind(server, command))
}

fn answered(line: &str, carry_out: impl FnOnce(&Command) -> Result<Value, String>) -> String {
    let answer = serde_json::from_str::<Command>(line)
        .map_err(|error| format!("not a command: {error}"))
        .and_then(|command| carry_out(&command));
    answer.unwrap_or_else(|error| json!({ "error": error })).to_string()
}

fn carry_out_of_kind(server: &ImapServer, command: &Command) -> Result<Value, String> {
    match command.r#do {
        Verb::Deliver if command.flags.is_empty() && command.date.is_none() => {
            let users = server.users();
            let name = command.user.as_ref();
            let user = users.iter().find(|user| name.is_none_or(|name| user.name == *name));
            let user = user.ok_or_else(|| "there is no such user".to_owned())?;
            let delivered = server.deliver(user, &command.mailbox, &raw(command)?);
            delivered.map(|()| json!({})).map_err(|error| error.to_string())
        }
        Verb::Log => Ok(json!({ "log": server.log() })),
        verb => Err(format!("a server of this kind can't be asked for {verb:?}")),
    }
}

fn carry_out(server: &mut dyn Server, command: &Command) -> Result<Value, String> {
    let first = server.users().first().map(|user| user.name.clone()).unwrap_or_default();
    let user = command.user.as_deref().unwrap_or(&first);
    let mailbox = command.mailbox.as_str();
    let uid = || command.uid.ok_or_else(|| "uid is missing".to_owned());
    let nothing = |done: Result<(), ServerError>| done.map(|()| json!({})).map_err(|error| error.to_string());
    match command.r#do {
        Verb::Deliver => nothing(server.deliver(&Delivery {
            user,
            mailbox,
            raw: &raw(command)?,
            flags: &command.flags,
            date: command.date.map(|milliseconds| milliseconds / 1000),
        })),
        Verb::List => server.list(user, mailbox).map(|found| json!(found)).map_err(|error| error.to_string()),
        Verb::Message => server
            .message(user, mailbox, uid()?)
            .map(|raw| json!({ "raw": BASE64.encode(raw) }))
            .map_err(|error| error.to_string()),
        Verb::Flags => nothing(server.change_flags(user, mailbox, uid()?, &command.add, &command.remove)),
        Verb::Expunge => nothing(server.expunge(user, mailbox, uid()?)),
        Verb::ResetUidvalidity => nothing(server.reset_uidvalidity(user, mailbox)),
        Verb::Fill => nothing(server.fill(user, mailbox, command.count.ok_or("count is missing")?)),
        Verb::Mailboxes => {
            server.mailboxes(user).map(|names| json!(names)).map_err(|error| error.to_string())
        }
        Verb::Log => Ok(json!({ "log": server.log() })),
        Verb::Stop => nothing(server.stop()),
        Verb::Start => nothing(server.start()),
    }
}

fn raw(command: &Command) -> Result<Vec<u8>, String> {
    match (&command.message, &command.raw, &command.hostile) {
        (Some(message), None, None) => Ok(message.clone().into_bytes()),
        (None, Some(raw), None) => BASE64.decode(raw).map_err(|error| format!("raw is not base64: {error}")),
        (None, None, Some(tracker)) => Ok(crate::sample::hostile(tracker)),
        _ => Err("give one of message, raw and hostile".to_owned()),
    }
}
