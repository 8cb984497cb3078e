//! The commands of the base specification (RFC 9051, 6).

use super::{Encoder, Supplied, base64};
use crate::command::{Command, EVERY_COMMAND, StoreAction};
use crate::grammar::write_date_time;
use crate::types::{DateTime, Flag, ListPattern, MailboxName, StatusItem};

impl Encoder {
    pub(super) fn arguments(&mut self, command: &Command) -> Result<(), &'static str> {
        match command {
            Command::Capability => self.text("CAPABILITY"),
            Command::Noop => self.text("NOOP"),
            Command::Logout => self.text("LOGOUT"),
            Command::StartTls => self.text("STARTTLS"),
            Command::Idle => self.text("IDLE"),
            Command::Authenticate { mechanism, initial } => {
                self.text("AUTHENTICATE ");
                self.word(mechanism)?;
                if let Some(initial) = initial.as_ref().filter(|_| self.has("SASL-IR")) {
                    self.text(" ");
                    self.secret(|encoder| {
                        // An empty initial response is "=" (RFC 4959, 3).
                        if initial.expose().is_empty() {
                            encoder.text("=");
                        } else {
                            encoder.octets(&base64(initial.expose()));
                        }
                        Ok(())
                    })?;
                }
            }
            Command::Login { username, password } => {
                self.text("LOGIN ");
                self.secret(|encoder| encoder.astring(username.as_bytes()))?;
                self.text(" ");
                self.secret(|encoder| encoder.astring(password.expose().as_bytes()))?;
            }
            Command::List { reference, pattern, special_use } => {
                self.list_of("LIST ", reference, pattern)?;
                if *special_use && self.has("LIST-EXTENDED") && self.has("SPECIAL-USE") {
                    self.text(" RETURN (SPECIAL-USE)");
                }
            }
            Command::Select(mailbox) => self.mailbox("SELECT ", mailbox)?,
            Command::Fetch { set, items } => self.fetch("FETCH ", set, items)?,
            Command::UidFetch { set, items } => self.fetch("UID FETCH ", set, items)?,
            Command::UidStore { set, action, silent, flags } => {
                self.text("UID STORE ");
                self.set(set);
                self.text(match action {
                    StoreAction::Add => " +FLAGS",
                    StoreAction::Remove => " -FLAGS",
                    StoreAction::Replace => " FLAGS",
                });
                self.text(if *silent { ".SILENT " } else { " " });
                self.flags(flags)?;
            }
            _ if !EVERY_COMMAND => return Err("this build has not that command"),
            Command::Enable(names) => {
                if names.is_empty() {
                    return Err("ENABLE without a name");
                }
                self.text("ENABLE");
                for name in names {
                    self.text(" ");
                    self.word(name)?;
                }
            }
            Command::Lsub { reference, pattern } => self.list_of("LSUB ", reference, pattern)?,
            Command::Create(mailbox) => self.mailbox("CREATE ", mailbox)?,
            Command::Delete(mailbox) => self.mailbox("DELETE ", mailbox)?,
            Command::Rename { from, to } => {
                self.mailbox("RENAME ", from)?;
                self.mailbox(" ", to)?;
            }
            Command::Subscribe(mailbox) => self.mailbox("SUBSCRIBE ", mailbox)?,
            Command::Unsubscribe(mailbox) => self.mailbox("UNSUBSCRIBE ", mailbox)?,
            Command::Status { mailbox, items } => {
                self.mailbox("STATUS ", mailbox)?;
                self.text(" ");
                self.status_items(items)?;
            }
            Command::Examine(mailbox) => self.mailbox("EXAMINE ", mailbox)?,
            Command::UidSearch(keys) => self.search(keys)?,
            Command::Append { mailbox, flags, date, message } => {
                self.append(mailbox, flags, *date)?;
                if message.contains(&0) {
                    return Err("a message with NUL octets can't be appended without BINARY");
                }
                self.literal(message);
            }
            Command::AppendStreamed { mailbox, flags, date, octets } => {
                self.append(mailbox, flags, *date)?;
                self.supplied(Supplied { octets: *octets, binary: false });
            }
            #[cfg(feature = "on-request")]
            Command::Compress => self.text("COMPRESS DEFLATE"),
            Command::Extended(extended) => extended.verb().encode(self)?,
        }
        Ok(())
    }

    /// A command that lists: its name, the reference and the pattern.
    pub(crate) fn list_of(
        &mut self,
        command: &str,
        reference: &MailboxName,
        pattern: &ListPattern,
    ) -> Result<(), &'static str> {
        self.mailbox(command, reference)?;
        self.text(" ");
        self.list_mailbox(pattern)
    }

    /// ```abnf
    /// status-att = "MESSAGES" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" / "DELETED" / "SIZE"
    /// ```
    /// In parentheses; at least one.
    pub(crate) fn status_items(&mut self, items: &[StatusItem]) -> Result<(), &'static str> {
        if items.is_empty() {
            return Err("STATUS without items");
        }
        self.list(items, |encoder, item| {
            encoder.text(item.name());
            Ok(())
        })
    }

    /// APPEND up to its message.
    fn append(
        &mut self,
        mailbox: &MailboxName,
        flags: &[Flag],
        date: Option<DateTime>,
    ) -> Result<(), &'static str> {
        self.mailbox("APPEND ", mailbox)?;
        self.text(" ");
        if !flags.is_empty() {
            self.flags(flags)?;
            self.text(" ");
        }
        if let Some(date) = date {
            self.text(&write_date_time(date));
            self.text(" ");
        }
        Ok(())
    }
}
