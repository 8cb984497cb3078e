//! Records what real servers say, greeting to logout, as raw octets:
//! `cargo run -p waypost-testkit --example record -- FOLDER [KIND...]`.
//! Files are `KIND-SESSION.bin`; `KIND-SESSION.txt` beside each shows who said what, for people.
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use waypost_testkit::sample;
use waypost_testkit::servers::{ImapServer, Kind, Raw};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("give a folder")?);
    let wanted: Vec<String> = arguments.collect();
    std::fs::create_dir_all(&folder)?;
    for kind in Kind::ALL {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == kind.name()) {
            continue;
        }
        match ImapServer::start(kind) {
            Ok(server) => record_all(&folder, &server)?,
            Err(error) => eprintln!("{kind}: {error}"),
        }
    }
    Ok(())
}

fn record_all(folder: &Path, server: &ImapServer) -> Result<(), Box<dyn Error>> {
    let user = server.users().first().ok_or("a server has users")?;
    eprintln!("{} {} on port {}", server.kind(), server.version(), server.port());
    fill(server)?;
    let start = |name: &str| Recorder::start(server, &user.name, &user.password, folder, name);

    let mut before = Recorder::connect(server, folder, "before-login")?;
    before.run(&[&["CAPABILITY"], &["ID NIL"], &["NOOP"], &["SELECT INBOX"], &["NONSENSE"], &["LOGIN"]])?;
    before.run(&[
        &["LOGIN nobody wrong"],
        &["AUTHENTICATE NONSENSE"],
        &["AUTHENTICATE PLAIN", "bm90IGJhc2U2NCE"],
        &["AUTHENTICATE PLAIN", "*"],
        &["AUTHENTICATE CRAM-MD5", "*"],
        &["AUTHENTICATE SCRAM-SHA-256", "biwsbj1yb2JpbkB3YXlwb3N0LmV4YW1wbGUscj1hYmM=", "*"],
        &["AUTHENTICATE OAUTHBEARER", "bixhPXJvYmluLAFhdXRoPUJlYXJlciB4AQE=", "AQ=="],
        &["AUTHENTICATE XOAUTH2", "dXNlcj1yb2JpbgFhdXRoPUJlYXJlciB4AQE=", ""],
        &["LOGOUT"],
    ])?;
    before.write()?;

    for (name, commands) in SESSIONS {
        let mut session = start(name)?;
        session.run(commands)?;
        session.write()?;
    }
    changes(server, folder)?;
    qresync(server, folder)?;
    Ok(())
}

/// The sample mail of the first user, in INBOX and in the folders that it belongs to.
fn fill(server: &ImapServer) -> Result<(), Box<dyn Error>> {
    let user = server.users().first().ok_or("a server has users")?;
    let mut raw = server.raw()?;
    raw.login(&user.name, &user.password)?;
    let (mut taken, mut refused) = (0, 0);
    for message in sample::samples(1_772_582_400).iter().filter(|sample| sample.user == user.name) {
        let flags: Vec<&str> = message.flags.iter().map(String::as_str).collect();
        let arguments = format!("({}) \"05-Mar-2026 10:{:02}:00 +0100\" ", flags.join(" "), taken % 60);
        match raw.append("INBOX", &arguments, &message.raw) {
            Ok(_) => taken += 1,
            Err(_) => refused += 1,
        }
    }
    eprintln!("  {taken} messages taken, {refused} refused");
    raw.command(&[b"LOGOUT"])?;
    Ok(())
}

/// What a session hears of another one's changes: at NOOP, in IDLE and with NOTIFY.
fn changes(server: &ImapServer, folder: &Path) -> Result<(), Box<dyn Error>> {
    let user = server.users().first().ok_or("a server has users")?;
    let mut here = Recorder::start(server, &user.name, &user.password, folder, "changes")?;
    let mut there = server.raw()?;
    there.login(&user.name, &user.password)?;
    there.command(&[b"SELECT INBOX"])?;
    let letter = b"From: a@b.example\r\nSubject: changed elsewhere\r\n\r\nHello.\r\n";
    here.run(&[&["SELECT INBOX"]])?;
    let change = |there: &mut Raw| -> Result<(), Box<dyn Error>> {
        there.append("INBOX", "(\\Flagged) ", letter)?;
        there.command(&[b"NOOP"])?;
        there.command(&[b"STORE 1 +FLAGS (\\Flagged keyword-elsewhere)"])?;
        there.command(&[b"STORE 2 +FLAGS (\\Deleted)"])?;
        there.command(&[b"EXPUNGE"])?;
        Ok(())
    };
    change(&mut there)?;
    here.run(&[&["NOOP"], &["CHECK"], &["FETCH 1:3 (FLAGS UID)"]])?;
    here.send(b"i1 IDLE\r\n")?;
    here.listen(Duration::from_secs(1));
    change(&mut there)?;
    there.command(&[b"CREATE while-idle"])?;
    here.listen(Duration::from_secs(4));
    here.send(b"DONE\r\n")?;
    here.listen(Duration::from_secs(1));
    here.run(&[
        &["NOTIFY SET STATUS (SELECTED (MessageNew (UID FLAGS ENVELOPE) MessageExpunge FlagChange)) (PERSONAL (MessageNew MessageExpunge MailboxName SubscriptionChange))"],
        &["NOTIFY SET STATUS (SELECTED (MessageNew (UID FLAGS ENVELOPE) MessageExpunge FlagChange)) (PERSONAL (MessageNew MessageExpunge MailboxName SubscriptionChange MailboxMetadataChange))"],
    ])?;
    change(&mut there)?;
    there.command(&[b"CREATE while-notified"])?;
    there.command(&[b"SUBSCRIBE while-notified"])?;
    let _ = there.append("while-notified", "", letter);
    there.command(&[b"RENAME while-notified notified-later"])?;
    there.command(&[b"DELETE notified-later"])?;
    here.listen(Duration::from_secs(3));
    here.run(&[&["NOTIFY NONE"], &["NOOP"], &["DELETE while-idle"], &["LOGOUT"]])?;
    here.write()
}

/// What changed since another session, by CONDSTORE and QRESYNC.
fn qresync(server: &ImapServer, folder: &Path) -> Result<(), Box<dyn Error>> {
    let user = server.users().first().ok_or("a server has users")?;
    let mut here = Recorder::start(server, &user.name, &user.password, folder, "qresync")?;
    here.run(&[
        &["SELECT INBOX (CONDSTORE)"],
        &["FETCH 1:5 (UID FLAGS MODSEQ)"],
        &["STORE 1 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Seen)"],
        &["STORE 3 +FLAGS (\\Flagged)"],
        &["UID STORE 1:* (UNCHANGEDSINCE 99999) +FLAGS.SILENT (old)"],
        &["SEARCH MODSEQ 1"],
        &["UID SEARCH RETURN (ALL COUNT) MODSEQ 1"],
        &["FETCH 1:* (FLAGS) (CHANGEDSINCE 3)"],
        &["STATUS INBOX (HIGHESTMODSEQ UIDVALIDITY UIDNEXT MESSAGES)"],
        &["ENABLE CONDSTORE QRESYNC"],
        &["CLOSE"],
    ])?;
    let status = here.one(&["STATUS INBOX (UIDVALIDITY)"])?;
    let digits: String = status
        .split_once("UIDVALIDITY ")
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect())
        .unwrap_or_default();
    let select = format!("SELECT INBOX (QRESYNC ({digits} 1 1:200))");
    let known = format!("SELECT INBOX (QRESYNC ({digits} 2 1:50 (1,5,9 1,5,9)))");
    here.run(&[
        &["SELECT INBOX"],
        &["STORE 4:5 +FLAGS (\\Deleted)"],
        &["EXPUNGE"],
        &["UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)"],
        &[&select],
        &[&known],
        &["SELECT INBOX (QRESYNC (1 1))"],
        &["SELECT Trash"],
        &["UNSELECT"],
        &["LOGOUT"],
    ])?;
    here.write()
}

struct Recorder<'a> {
    server: &'a ImapServer,
    login: Option<String>,
    raw: Raw,
    text: String,
    path: String,
    /// How often a server hung up on it.
    lost: u32,
}

impl<'a> Recorder<'a> {
    fn connect(server: &'a ImapServer, folder: &Path, name: &str) -> Result<Self, Box<dyn Error>> {
        let raw = server.raw()?;
        let text = String::from_utf8_lossy(raw.heard()).into_owned();
        let path = folder.join(format!("{}-{name}", server.kind())).to_string_lossy().into_owned();
        Ok(Self { server, login: None, raw, text, path, lost: 0 })
    }

    fn start(
        server: &'a ImapServer,
        user: &str,
        password: &str,
        folder: &Path,
        name: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let mut recorder = Self::connect(server, folder, name)?;
        let login = format!("LOGIN {user} {password}");
        recorder.run(&[&[&login]])?;
        recorder.login = Some(login);
        Ok(recorder)
    }

    /// Runs commands; where the server hangs up the session goes on in another connection and another file.
    fn run(&mut self, commands: &[&[&str]]) -> Result<(), Box<dyn Error>> {
        for pieces in commands {
            self.one(pieces)?;
        }
        Ok(())
    }

    /// `{?}` at the end of a piece stands for the length of the next one, up to a NUL in it.
    fn one(&mut self, pieces: &[&str]) -> Result<String, Box<dyn Error>> {
        let lengths = pieces.iter().skip(1).map(|piece| piece.split('\0').next().unwrap_or_default().len());
        let filled: Vec<String> = pieces
            .iter()
            .zip(lengths.chain([0]))
            .map(|(piece, length)| piece.replace("{?}", &format!("{{{length}}}")).replace('\0', ""))
            .collect();
        self.text += &format!("C: {}\n", filled.join("\nC: "));
        let octets: Vec<&[u8]> = filled.iter().map(|piece| piece.as_bytes()).collect();
        let answer = self.raw.command(&octets);
        if let Ok(answer) = &answer {
            self.text += &format!("{}S: {}\n", answer.text(), answer.tagged);
            if !answer.tagged.is_empty() || pieces == ["LOGOUT"] {
                return Ok(answer.text());
            }
        }
        eprintln!("  no answer to {}", filled.join(" "));
        self.write()?;
        self.lost += 1;
        self.raw = self.server.raw()?;
        self.text = String::from_utf8_lossy(self.raw.heard()).into_owned();
        if let Some(login) = &self.login {
            self.raw.command(&[login.as_bytes()])?;
            self.raw.command(&[b"SELECT INBOX"])?;
        }
        Ok(String::new())
    }

    fn send(&mut self, octets: &[u8]) -> Result<(), Box<dyn Error>> {
        self.text += &format!("C: {}", String::from_utf8_lossy(octets));
        Ok(self.raw.send(octets)?)
    }

    fn listen(&mut self, silence: Duration) {
        if let Ok(heard) = self.raw.listen(silence) {
            self.text += &String::from_utf8_lossy(&heard);
        }
    }

    fn write(&self) -> Result<(), Box<dyn Error>> {
        let part = if self.lost == 0 { String::new() } else { format!("-{}", self.lost + 1) };
        std::fs::write(format!("{}{part}.bin", self.path), self.raw.heard())?;
        std::fs::write(format!("{}{part}.txt", self.path), &self.text)?;
        Ok(())
    }
}

type Commands = &'static [&'static [&'static str]];

const SESSIONS: [(&str, Commands); 6] = [
    ("mailboxes", MAILBOXES),
    ("extensions", EXTENSIONS),
    ("messages", MESSAGES),
    ("searches", SEARCHES),
    ("parts", PARTS),
    ("faults", FAULTS),
];

const MAILBOXES: Commands = &[
    &["CAPABILITY"],
    &["NAMESPACE"],
    &["ID NIL"],
    &["ID (\"name\" \"recorder\" \"version\" \"1\")"],
    &["ENABLE CONDSTORE"],
    &["LIST \"\" \"\""],
    &["LIST \"\" \"*\""],
    &["LIST \"\" \"%\""],
    &["LSUB \"\" \"*\""],
    &["XLIST \"\" \"*\""],
    &["RLIST \"\" \"*\""],
    &["CREATE plain"],
    &["CREATE \"with space\""],
    &["CREATE \"qu\\\"ote\""],
    &["CREATE back\\\\slash"],
    &["CREATE {?}", "literal"],
    &["CREATE B&APw-cher"],
    &["CREATE B&APw-cher/K&AOQ-se"],
    &["CREATE INBOX.B&APw-cher.K&AOQ-se"],
    &["CREATE Tom&-Jerry"],
    &["CREATE &U,BTFw-"],
    &["CREATE a/b/c/d"],
    &["CREATE INBOX.plain"],
    &["CREATE plain"],
    &["CREATE INBOX"],
    &["CREATE bad\u{fc}tf"],
    &["CREATE special (USE (\\Important))"],
    &["SUBSCRIBE plain"],
    &["SUBSCRIBE INBOX.plain"],
    &["SUBSCRIBE \"not there\""],
    &["UNSUBSCRIBE \"not there\""],
    &["LSUB \"\" \"*\""],
    &["LSUB \"\" \"%\""],
    &["LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)"],
    &["LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"*\" RETURN (CHILDREN)"],
    &["LIST (SPECIAL-USE) \"\" \"*\""],
    &[
        "LIST (REMOTE) \"\" (\"INBOX\" \"Se*\" \"a/%\") RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ SIZE))",
    ],
    &["LIST \"\" \"*\" RETURN (MYRIGHTS METADATA (\"/private/comment\"))"],
    &["LIST \"\" \"*\" RETURN (STATUS (MESSAGES DELETED MAILBOXID))"],
    &["STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)"],
    &[
        "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ SIZE DELETED DELETED-STORAGE APPENDLIMIT MAILBOXID)",
    ],
    &["STATUS INBOX (HIGHESTMODSEQ)"],
    &["STATUS INBOX (SIZE)"],
    &["STATUS INBOX (DELETED)"],
    &["STATUS INBOX (APPENDLIMIT)"],
    &["STATUS INBOX (MAILBOXID)"],
    &["STATUS \"not there\" (MESSAGES)"],
    &["RENAME plain renamed"],
    &["RENAME INBOX.plain INBOX.renamed"],
    &["RENAME \"not there\" elsewhere"],
    &["EXAMINE renamed"],
    &["EXAMINE INBOX.renamed"],
    &["CLOSE"],
    &["SELECT \"not there\""],
    &["SELECT INBOX"],
    &["DELETE renamed"],
    &["DELETE INBOX.renamed"],
    &["DELETE a/b/c/d"],
    &["DELETE \"not there\""],
    &["DELETE INBOX"],
    &["LIST \"\" \"*\""],
    &["LOGOUT"],
];

const EXTENSIONS: Commands = &[
    &["GETQUOTAROOT INBOX"],
    &["GETQUOTAROOT \"not there\""],
    &["GETQUOTA \"\""],
    &["GETQUOTA \"User quota\""],
    &["GETQUOTA ROOT"],
    &["SETQUOTA \"\" (STORAGE 512)"],
    &["SETQUOTA \"User quota\" (STORAGE 999999)"],
    &["GETACL INBOX"],
    &["MYRIGHTS INBOX"],
    &["LISTRIGHTS INBOX kim@waypost.example"],
    &["SETACL Archive kim@waypost.example lrs"],
    &["SETACL INBOX.Archive kim@waypost.example lrs"],
    &["SETACL Archive anyone +l"],
    &["GETACL Archive"],
    &["DELETEACL Archive anyone"],
    &["MYRIGHTS Archive"],
    &["MYRIGHTS \"not there\""],
    &["GETMETADATA \"\" /private/comment"],
    &["SETMETADATA \"\" (/private/comment \"mine\" /shared/comment \"ours\")"],
    &["SETMETADATA INBOX (/private/comment \"quo\\\"ted\" /private/vendor/x NIL)"],
    &["SETMETADATA INBOX (/private/comment {?}", "two\r\nlines \u{e4}\0)"],
    &["SETMETADATA INBOX (/shared/comment \"for all\")"],
    &["GETMETADATA INBOX (/private/comment /shared/comment)"],
    &["GETMETADATA INBOX /private/vendor"],
    &["GETMETADATA (DEPTH infinity) INBOX (/private /shared)"],
    &["GETMETADATA (MAXSIZE 4) INBOX (/private/comment)"],
    &["GETMETADATA \"\" (/shared/admin /shared/comment)"],
    &["GETMETADATA \"*\" (/private/comment)"],
    &["GETANNOTATION INBOX \"/comment\" \"value.priv\""],
    &["SELECT INBOX"],
    &["FETCH 1 (ANNOTATION (/comment (value.priv value.shared)))"],
    &["STORE 1 ANNOTATION (/comment (value.priv \"a note\"))"],
    &["FETCH 1 (ANNOTATION (/comment value.priv))"],
    &["FETCH 1 (ANNOTATION (* (value size)))"],
    &["SEARCH ANNOTATION /comment value.priv note"],
    &["LANGUAGE"],
    &["LANGUAGE de"],
    &["COMPARATOR"],
    &["ENABLE UTF8=ACCEPT"],
    &["ENABLE IMAP4rev2 X-UNKNOWN"],
    &["GENURLAUTH \"imap://robin@localhost/INBOX/;uid=1;urlauth=anonymous\" INTERNAL"],
    &["RESETKEY"],
    &["XCONVFETCH 1"],
    &["XCONVMETA 1 (count)"],
    &["GETJMAPACCESS"],
    &["UNAUTHENTICATE"],
    &["NOOP"],
    &["SCAN \"\" \"*\" \"lamp\""],
    &["LOGOUT"],
];

const MESSAGES: Commands = &[
    &["SELECT INBOX"],
    &["FETCH 1:* (UID FLAGS)"],
    &["FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"],
    &["FETCH 1:* (UID BODYSTRUCTURE)"],
    &["FETCH 1:* (UID BODY)"],
    &["FETCH 1:* FAST"],
    &["FETCH 1:* ALL"],
    &["FETCH 1:* FULL"],
    &["FETCH 1:* (UID BODY.PEEK[HEADER])"],
    &["FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT FROM TO DATE)])"],
    &["FETCH 1:* (UID BODY.PEEK[])"],
    &["FETCH 1:* (PREVIEW)"],
    &["FETCH 1:* (PREVIEW (LAZY))"],
    &["FETCH 1:3 (SNIPPET)"],
    &["FETCH 1:* (SAVEDATE)"],
    &["FETCH 1:* (EMAILID THREADID)"],
    &["FETCH 1:3 (MODSEQ)"],
    &["FETCH 1:3 (X-GM-MSGID X-GM-LABELS)"],
    &["FETCH 1:3 (DIGEST.SHA1 RFC822.FILESIZE CID)"],
    &[
        "APPEND INBOX (\\Seen $Label one) \" 5-Mar-2026 10:00:00 +0000\" {?}",
        "From: a@b.example\r\nSubject: appended\r\n\r\n.\r\n..\r\nends here\r\n",
    ],
    &["APPEND INBOX {40+}\r\nFrom: a@b.example\r\nSubject: plus\r\n\r\nhi.\r\n"],
    &[
        "APPEND INBOX (\\Seen) {?}",
        "Subject: multi\r\n\r\none of the two\r\n\0 (\\Flagged) {?}",
        "Subject: multi\r\n\r\ntwo of the two\r\n",
    ],
    &["APPEND \"not there\" {?}", "Subject: a\r\n\r\nb\r\n"],
    &["APPEND INBOX ~{?}", "Subject: bin\r\n\r\n\u{1}\u{2}\u{3}\r\n"],
    &["APPEND INBOX UTF8 (~{?}", "Subject: \u{e4}\r\n\r\nb\r\n\0)"],
    &["APPEND INBOX CATENATE (TEXT {?}", "Subject: catenated\r\n\r\n\0 URL \"/INBOX/;uid=1/;section=TEXT\")"],
    &["NOOP"],
    &["STORE 1 FLAGS (\\Answered \\Flagged $Forwarded own-keyword)"],
    &["STORE 1:2 +FLAGS.SILENT (\\Seen)"],
    &["STORE 1 -FLAGS (\\Flagged)"],
    &["UID STORE 1:3 +FLAGS (\\Draft)"],
    &["STORE 1 +FLAGS (\\NotASystemFlag)"],
    &["STORE 99999 +FLAGS (\\Seen)"],
    &["UID STORE 99999 +FLAGS (\\Seen)"],
    &["CREATE target"],
    &["CREATE INBOX.target"],
    &["COPY 1:3 target"],
    &["COPY 1:3 INBOX.target"],
    &["COPY 1 \"not there\""],
    &["UID COPY 1:2,4 target"],
    &["UID COPY 1:2,4 INBOX.target"],
    &["UID COPY 99999 target"],
    &["MOVE 1 target"],
    &["UID MOVE 5:6 target"],
    &["UID MOVE 5:6 INBOX.target"],
    &["MOVE 1 \"not there\""],
    &["STORE 1,3,4 +FLAGS (\\Deleted)"],
    &["UID EXPUNGE 1:4"],
    &["EXPUNGE"],
    &["REPLACE 1 INBOX {?}", "Subject: r\r\n\r\nb\r\n"],
    &["FETCH 1:5 (UID FLAGS)"],
    &["CHECK"],
    &["CLOSE"],
    &["EXAMINE INBOX"],
    &["STORE 1 +FLAGS (\\Seen)"],
    &["UNSELECT"],
    &["LOGOUT"],
];

const SEARCHES: Commands = &[
    &["SELECT INBOX"],
    &["SEARCH ALL"],
    &["UID SEARCH ALL"],
    &["SEARCH UNSEEN"],
    &["SEARCH SUBJECT nothing-has-this"],
    &["SEARCH CHARSET UTF-8 TEXT {?}", "caf\u{e9}"],
    &["SEARCH CHARSET UTF-8 SUBJECT \"\u{e4}\""],
    &["SEARCH CHARSET ISO-8859-1 TEXT a"],
    &["SEARCH CHARSET NONSENSE TEXT a"],
    &["SEARCH TEXT lamp NOT DELETED OR SEEN UNSEEN"],
    &["SEARCH SINCE 1-Jan-2026 BEFORE 1-Jan-2030 SENTSINCE 1-Jan-2000"],
    &["SEARCH HEADER Message-ID \"\""],
    &["SEARCH KEYWORD $Forwarded"],
    &["SEARCH LARGER 1000 SMALLER 100000"],
    &["SEARCH UID 1:* 1:*"],
    &["SEARCH OLDER 3600"],
    &["SEARCH YOUNGER 3600"],
    &["SEARCH RETURN () ALL"],
    &["SEARCH RETURN (MIN MAX ALL COUNT) ALL"],
    &["UID SEARCH RETURN (MIN MAX ALL COUNT) UNSEEN"],
    &["SEARCH RETURN (ALL) SUBJECT nothing-has-this"],
    &["SEARCH RETURN (COUNT) SUBJECT nothing-has-this"],
    &["SEARCH RETURN (SAVE) SEEN"],
    &["SEARCH RETURN (SAVE COUNT MIN) SEEN"],
    &["FETCH $ (FLAGS)"],
    &["SEARCH RETURN (PARTIAL 1:10) ALL"],
    &["SEARCH RETURN (PARTIAL -1:-10) ALL"],
    &["UID SEARCH RETURN (UPDATE ALL) UNDELETED"],
    &["SEARCH RETURN (RELEVANCY COUNT ALL) FUZZY TEXT lamp"],
    &["SEARCH FUZZY SUBJECT lamp"],
    &["SEARCH FILTER unread"],
    &["ESEARCH IN (mailboxes (\"INBOX\" \"Sent\")) RETURN (ALL COUNT) ALL"],
    &["ESEARCH IN (personal) RETURN (COUNT) UNSEEN"],
    &["SORT (ARRIVAL) UTF-8 ALL"],
    &["SORT (REVERSE DATE SUBJECT) UTF-8 ALL"],
    &["UID SORT (FROM TO CC SIZE) US-ASCII ALL"],
    &["SORT (DISPLAYFROM DISPLAYTO) UTF-8 ALL"],
    &["SORT (SUBJECT) NONSENSE ALL"],
    &["SORT RETURN (ALL COUNT MIN MAX) (SUBJECT) UTF-8 ALL"],
    &["UID SORT RETURN (ALL COUNT) (REVERSE ARRIVAL) UTF-8 ALL"],
    &["SORT RETURN (PARTIAL 1:5) (DATE) UTF-8 ALL"],
    &["SORT (MODSEQ) UTF-8 ALL"],
    &["UID SORT (DATE) UTF-8 SUBJECT nothing-has-this"],
    &["THREAD ORDEREDSUBJECT UTF-8 ALL"],
    &["THREAD REFERENCES UTF-8 ALL"],
    &["UID THREAD REFERENCES UTF-8 ALL"],
    &["THREAD REFS UTF-8 ALL"],
    &["UID THREAD REFERENCES UTF-8 SUBJECT nothing-has-this"],
    &["THREAD NONSENSE UTF-8 ALL"],
    &["LOGOUT"],
];

const PARTS: Commands = &[
    &["SELECT INBOX"],
    &["FETCH 1:10 (BODY.PEEK[TEXT])"],
    &["FETCH 1:* (BODY.PEEK[1])"],
    &["FETCH 1:* (BODY.PEEK[1.MIME])"],
    &["FETCH 1:* (BODY.PEEK[2])"],
    &["FETCH 1:* (BODY.PEEK[2.HEADER])"],
    &["FETCH 1:* (BODY.PEEK[1.1] BODY.PEEK[2.TEXT])"],
    &["FETCH 1:* (BODY.PEEK[99])"],
    &["FETCH 1:* (BODY.PEEK[HEADER.FIELDS.NOT (RECEIVED)])"],
    &["FETCH 1:3 (BODY.PEEK[HEADER.FIELDS (\"X-Quoted\" SUBJECT)])"],
    &["FETCH 1:* (BODY.PEEK[]<0.100>)"],
    &["FETCH 1:3 (BODY.PEEK[]<999999.10>)"],
    &["FETCH 1:3 (BODY.PEEK[TEXT]<5.10> BODY.PEEK[HEADER]<0.20>)"],
    &["FETCH 1:3 RFC822"],
    &["FETCH 1:3 (RFC822.HEADER RFC822.TEXT)"],
    &["FETCH 1:3 BODY[]"],
    &["FETCH 1:* (BINARY.PEEK[1])"],
    &["FETCH 1:* (BINARY.SIZE[1])"],
    &["FETCH 1:* (BINARY.PEEK[1]<0.20>)"],
    &["FETCH 1:* (BINARY.PEEK[2])"],
    &["FETCH 1:3 (BINARY.PEEK[])"],
    &["UID FETCH 1:3 (FLAGS)"],
    &["UID FETCH 99999 (FLAGS)"],
    &["LOGOUT"],
];

const FAULTS: Commands = &[
    &["FETCH 1 FLAGS"],
    &["SELECT INBOX"],
    &["FETCH"],
    &["FETCH 1"],
    &["FETCH 0 FLAGS"],
    &["FETCH 99999 FLAGS"],
    &["FETCH a FLAGS"],
    &["FETCH 1 (NONSENSE)"],
    &["FETCH 1 BODY[NONSENSE]"],
    &["SEARCH NONSENSE"],
    &["NONSENSE"],
    &[""],
    &["STORE 1 FLAGS \\Seen nonsense"],
    &["STATUS INBOX (NONSENSE)"],
    &["LIST"],
    &["SELECT \"\""],
    &["LOGIN again again"],
    &["STARTTLS now"],
    &["GETQUOTA"],
    &["UID NONSENSE"],
    &["NOOP"],
    &["LOGOUT"],
];
