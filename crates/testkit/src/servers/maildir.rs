//! The mail of a Dovecot, seen past IMAP and POP3: files of a Maildir, and `doveadm`, which also works while the server is stopped.

use super::dovecot::{Dovecot, NAME};
use super::{Delivery, Found, Ports, Server, ServerError, User};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

impl Server for Dovecot {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn ports(&self) -> Ports {
        self.ports
    }

    fn ca_pem(&self) -> &Path {
        &self.ca
    }

    fn dir(&self) -> &Path {
        &self.dir
    }

    fn users(&self) -> &[User] {
        &self.users
    }

    fn pid(&self) -> Option<u32> {
        self.process_id()
    }

    fn admin_command(&self) -> Vec<String> {
        self.doveadm_command()
    }

    fn mail_dir(&self, user: &str) -> PathBuf {
        self.home(user).join("Maildir")
    }

    fn log(&self) -> String {
        self.last_words()
    }

    fn stop(&mut self) -> Result<(), ServerError> {
        self.halt()
    }

    fn start(&mut self) -> Result<(), ServerError> {
        self.resume()
    }

    fn deliver(&self, delivery: &Delivery<'_>) -> Result<(), ServerError> {
        let folder = self.mailbox_folder(delivery.user, delivery.mailbox)?;
        let (letters, keywords) = letters(delivery.flags);
        let base = self.write_message(&folder, delivery.raw, letters.as_deref(), delivery.date)?;
        if keywords.is_empty() {
            return Ok(());
        }
        let rows = self.rows(delivery.user, delivery.mailbox)?;
        let row = rows.iter().find(|row| row.guid == base);
        let uid = row.ok_or_else(|| ServerError::NotFound("delivered message".into()))?.uid;
        self.change_flags(delivery.user, delivery.mailbox, uid, &keywords, &[])
    }

    fn mailboxes(&self, user: &str) -> Result<Vec<String>, ServerError> {
        let names = self.doveadm(user, "mailbox list", &[])?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    fn list(&self, user: &str, mailbox: &str) -> Result<Vec<Found>, ServerError> {
        // A session may move or remove a file while it is looked at: then look again.
        let mut again = 50;
        loop {
            match self.list_once(user, mailbox) {
                Err(error) if again > 0 && is_vanished(&error) => again -= 1,
                listed => return listed,
            }
        }
    }

    fn message(&self, user: &str, mailbox: &str, uid: u32) -> Result<Vec<u8>, ServerError> {
        let rows = self.rows(user, mailbox)?;
        let row = rows.iter().find(|row| row.uid == uid);
        let guid = &row.ok_or_else(|| ServerError::NotFound(format!("message {uid} in {mailbox}")))?.guid;
        read(&files(&self.mailbox_folder(user, mailbox)?)?, guid)
    }

    fn change_flags(
        &self,
        user: &str,
        mailbox: &str,
        uid: u32,
        add: &[String],
        remove: &[String],
    ) -> Result<(), ServerError> {
        let uid = uid.to_string();
        for (verb, flags) in [("add", add), ("remove", remove)] {
            if !flags.is_empty() {
                let command = format!("flags {verb}");
                self.doveadm(user, &command, &[&flags.join(" "), "mailbox", mailbox, "uid", &uid])?;
            }
        }
        Ok(())
    }

    fn expunge(&self, user: &str, mailbox: &str, uid: u32) -> Result<(), ServerError> {
        self.doveadm(user, "expunge", &["mailbox", mailbox, "uid", &uid.to_string()]).map(drop)
    }

    fn reset_uidvalidity(&self, user: &str, mailbox: &str) -> Result<(), ServerError> {
        let folder = self.mailbox_folder(user, mailbox)?;
        let status = self.doveadm(user, "mailbox status", &["uidvalidity", mailbox])?;
        let old: u32 = field(&status, "uidvalidity").unwrap_or(0);
        if self.process_id().is_some() {
            // A session that has the mailbox open would write the old numbers back.
            self.run(user, &["kick", user]).map(drop)?;
        }
        for entry in folder.read_dir().map_err(ServerError::io("reading a mailbox"))?.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name == "dovecot-uidlist" || (name.starts_with("dovecot.index") && !name.contains(".list.")) {
                std::fs::remove_file(entry.path())
                    .map_err(ServerError::io("removing the numbers of a mailbox"))?;
            }
        }
        let new = old.wrapping_add(1).max(1).to_string();
        self.doveadm(user, "mailbox update", &["--uid-validity", &new, mailbox]).map(drop)
    }

    fn fill(&self, user: &str, mailbox: &str, count: u32) -> Result<(), ServerError> {
        let folder = self.mailbox_folder(user, mailbox)?;
        let now = unix_now();
        for number in 0..count {
            let date = now - i64::from(count - number) * 60;
            self.write_message(&folder, &small_message(number + 1, date), Some("S"), Some(date))?;
        }
        self.doveadm(user, "index", &[mailbox]).map(drop)
    }
}

impl Dovecot {
    fn home(&self, user: &str) -> PathBuf {
        let (local, domain) = user.split_once('@').unwrap_or((user, ""));
        self.dir.join("mail").join(domain).join(local)
    }

    /// Runs a command of `doveadm` on the mail of this user. It needs no running server, only the user's home.
    fn doveadm(&self, user: &str, command: &str, arguments: &[&str]) -> Result<String, ServerError> {
        if !self.users.iter().any(|known| known.name == user) {
            return Err(ServerError::NotFound(format!("user {user}")));
        }
        let command = self.dialect.mail_command(command, &self.home(user));
        let words: Vec<&str> = command.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        let output = self.run(user, &words)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let detail = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(ServerError::Refused { command: format!("doveadm {}", words.join(" ")), detail })
    }

    fn run(&self, user: &str, arguments: &[&str]) -> Result<std::process::Output, ServerError> {
        let command = self.doveadm_command();
        self.runner
            .command(&self.doveadm)
            .args(command.iter().skip(1))
            .args(arguments)
            .env("USER", user)
            .env("HOME", self.home(user))
            .current_dir(&self.dir)
            .output()
            .map_err(ServerError::io("running doveadm"))
    }

    /// The folder of a mailbox, made and subscribed if it is not there.
    fn mailbox_folder(&self, user: &str, mailbox: &str) -> Result<PathBuf, ServerError> {
        let key = (user.to_owned(), mailbox.to_owned());
        if let Some(known) = self.folders.borrow().get(&key) {
            return Ok(known.clone());
        }
        let ask =
            || self.doveadm(user, "mailbox path", &[mailbox]).map(|path| PathBuf::from(path.trim_end()));
        if !ask().is_ok_and(|path| path.join("cur").is_dir()) {
            let made = self.doveadm(user, "mailbox create", &["-s", mailbox]);
            // INBOX and the special folders exist before they have a folder.
            if let Err(error) = made
                && !error.to_string().contains("already exists")
            {
                return Err(error);
            }
        }
        let path = ask()?;
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(path.join(part)).map_err(ServerError::io("making a mailbox"))?;
            self.runner.own(&path.join(part))?;
        }
        self.runner.own(&path)?;
        self.folders.borrow_mut().insert(key, path.clone());
        Ok(path)
    }

    /// Writes a file to `tmp` and moves it to its place, as the Maildir rules say. Returns the name without flags.
    fn write_message(
        &self,
        folder: &Path,
        raw: &[u8],
        letters: Option<&str>,
        date: Option<i64>,
    ) -> Result<String, ServerError> {
        let doing = "delivering a message";
        let base = file_name(raw);
        let temporary = folder.join("tmp").join(&base);
        let mut file = File::create(&temporary).map_err(ServerError::io(doing))?;
        file.write_all(raw).map_err(ServerError::io(doing))?;
        if let Some(date) = date {
            let moment = UNIX_EPOCH + Duration::from_secs(u64::try_from(date).unwrap_or(0));
            file.set_modified(moment).map_err(ServerError::io(doing))?;
        }
        drop(file);
        self.runner.own(&temporary)?;
        let place = match letters {
            Some(letters) => folder.join("cur").join(format!("{base}:2,{letters}")),
            None => folder.join("new").join(&base),
        };
        std::fs::rename(&temporary, &place).map_err(ServerError::io(doing))?;
        Ok(base)
    }

    fn list_once(&self, user: &str, mailbox: &str) -> Result<Vec<Found>, ServerError> {
        let rows = self.rows(user, mailbox)?;
        let files = files(&self.mailbox_folder(user, mailbox)?)?;
        rows.into_iter()
            .map(|row| {
                let raw = read(&files, &row.guid)?;
                Ok(Found { uid: row.uid, flags: row.flags, sha256: sha256(&raw) })
            })
            .collect()
    }

    fn rows(&self, user: &str, mailbox: &str) -> Result<Vec<Row>, ServerError> {
        let text = self.doveadm(user, "-f tab fetch", &["uid guid flags", "mailbox", mailbox])?;
        let mut rows: Vec<Row> = text.lines().skip(1).filter_map(Row::parse).collect();
        rows.sort_by_key(|row| row.uid);
        Ok(rows)
    }
}

/// One line of `doveadm fetch`.
struct Row {
    uid: u32,
    /// In a Maildir the name of the file without its flags.
    guid: String,
    flags: Vec<String>,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        let uid = cells.next()?.parse().ok()?;
        let guid = cells.next()?.to_owned();
        let flags =
            cells.next()?.split_whitespace().filter(|flag| *flag != "\\Recent").map(str::to_owned).collect();
        Some(Self { uid, guid, flags })
    }
}

/// The value of `name=` in the answer of `doveadm mailbox status`.
fn field(text: &str, name: &str) -> Option<u32> {
    text.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// The files of a Maildir folder by their names without flags.
fn files(folder: &Path) -> Result<HashMap<String, PathBuf>, ServerError> {
    let mut found = HashMap::new();
    for part in ["cur", "new"] {
        let entries = folder.join(part).read_dir().map_err(ServerError::io("reading a mailbox"))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let base = name.split_once(":2,").map_or(name.as_str(), |(base, _)| base).to_owned();
            found.insert(base, entry.path());
        }
    }
    Ok(found)
}

fn is_vanished(error: &ServerError) -> bool {
    match error {
        ServerError::NotFound(_) => true,
        ServerError::Io { source, .. } => source.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// The message as it stands on the wire: Dovecot makes CRLF of a bare LF.
fn read(files: &HashMap<String, PathBuf>, guid: &str) -> Result<Vec<u8>, ServerError> {
    let path = files.get(guid).ok_or_else(|| ServerError::NotFound(format!("file {guid}")))?;
    let stored = std::fs::read(path).map_err(ServerError::io("reading a message"))?;
    Ok(with_crlf(&stored))
}

fn with_crlf(stored: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(stored.len());
    for &octet in stored {
        if octet == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(octet);
    }
    wire
}

pub(super) fn sha256(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Flag letters of a file name, `None` for a new message, and the keywords that have none.
fn letters(flags: &[String]) -> (Option<String>, Vec<String>) {
    // In the order of the alphabet, as a Maildir wants them.
    const LETTERS: [(&str, char); 5] =
        [("\\Draft", 'D'), ("\\Flagged", 'F'), ("\\Answered", 'R'), ("\\Seen", 'S'), ("\\Deleted", 'T')];
    let letters: String = LETTERS
        .iter()
        .filter(|(flag, _)| flags.iter().any(|wanted| wanted.eq_ignore_ascii_case(flag)))
        .map(|(_, letter)| letter)
        .collect();
    let keywords = flags.iter().filter(|flag| !flag.starts_with('\\')).cloned().collect();
    ((!letters.is_empty()).then_some(letters), keywords)
}

/// A new name. Dovecot gives UIDs to new files in the order of their names: these ascend.
fn file_name(raw: &[u8]) -> String {
    static STARTED: OnceLock<i64> = OnceLock::new();
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let started = STARTED.get_or_init(unix_now);
    let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
    let on_wire = with_crlf(raw).len();
    format!("{started}.M{counter:010}P{}.waypost,S={},W={on_wire}", std::process::id(), raw.len())
}

fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn small_message(number: u32, date: i64) -> Vec<u8> {
    let date = crate::sample::date_header(date);
    format!(
        "From: Counting Clerk <clerk@post.example>\r\nTo: You <you@waypost.example>\r\nSubject: Small message {number}\r\n\
         Date: {date}\r\nMessage-ID: <{number}.small@post.example>\r\n\r\nThis is small message number {number}.\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_new_files_ascend() {
        let names: Vec<String> = (0..20).map(|_| file_name(b"x")).collect();
        assert!(names.is_sorted());
    }

    #[test]
    fn a_bare_line_feed_becomes_crlf_and_a_crlf_stays() {
        assert_eq!(with_crlf(b"a\nb\r\nc\rd\n"), b"a\r\nb\r\nc\rd\r\n");
    }

    #[test]
    fn flags_become_letters_in_order_and_keywords_stay_apart() {
        let flags = ["\\Seen", "$Work", "\\flagged"].map(str::to_owned);
        assert_eq!(letters(&flags), (Some("FS".to_owned()), vec!["$Work".to_owned()]));
        assert_eq!(letters(&[]), (None, vec![]));
    }
}
