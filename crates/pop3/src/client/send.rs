//! Which commands may be sent now (RFC 1939, 3; RFC 2449, 6.6).

use super::{Client, Phase, Running, State};
use crate::Refusal;
use crate::command::{Command, Company, Encoded, Rules, Verb};
use waypost_wire::Secret;

impl Client {
    /// Sends what may be sent now.
    pub(super) fn send_waiting(&mut self) {
        if matches!(self.state, State::AwaitingGreeting | State::Ended) || self.securing {
            return;
        }
        self.full &= self.ahead > AHEAD / 2;
        while let Some((handle, command)) = self.waiting.front() {
            if !self.may_start(command) {
                return;
            }
            let (handle, rules) = (*handle, command.rules());
            let spoken = matches!(command, Command::Auth { initial: Some(_), .. });
            let encoded = match self.refusal(command, rules) {
                Some(refusal) => Err(refusal),
                None => command.encode().map_err(Refusal::Misuse),
            };
            match encoded {
                Ok(Encoded { line, held }) => {
                    let (sent, spoken) = (line.expose().len(), spoken && held.is_none());
                    let phase = Phase::Status;
                    let running = Running { handle, rules, phase, sent, held, spoken, broken: None, last: 0 };
                    self.start(&line, running);
                }
                // Commands end in their turn; and the answers to those before it may change what it may do.
                Err(_) if !self.running.is_empty() => return,
                Err(refusal) => self.done(handle, Err(refusal)),
            }
            self.waiting.pop_front();
        }
    }

    fn start(&mut self, line: &Secret<Vec<u8>>, running: Running) {
        self.ahead += running.sent;
        self.full |= self.ahead > AHEAD;
        self.send(line);
        if running.rules.verb == Verb::Quit && self.state == State::Transaction {
            self.state = State::Update;
        }
        self.running.push_back(running);
    }

    /// Whether a command may be sent while others have no answer yet (RFC 2449, 6.6).
    fn may_start(&self, command: &Command) -> bool {
        if self.running.is_empty() {
            return true;
        }
        let pipelines = self.capabilities.as_ref().is_some_and(|known| known.pipelining);
        pipelines
            && self.options.pipelining
            && !self.full
            && command.rules().company != Company::Alone
            && self.running.back().is_none_or(|last| last.rules.company == Company::Any)
    }

    /// Why a command can't be sent as things are; asked when it is its turn, because commands before it change the state.
    fn refusal(&self, command: &Command, rules: Rules) -> Option<Refusal> {
        let misuse = |why| Some(Refusal::Misuse(why));
        match (rules.state, self.state) {
            (Some(State::Authorization), State::Transaction | State::Update) => {
                return misuse("signed in already");
            }
            (Some(State::Transaction), State::Authorization) => return misuse("not signed in"),
            _ => {}
        }
        let known = self.capabilities.as_ref();
        match rules.verb {
            // Nobody could use the password, and everybody on the way would see it.
            Verb::Pass if !self.named => misuse("the server has not taken a user name"),
            Verb::Stls if self.secured => misuse("TLS is in force already"),
            // RFC 6856, 2.1.
            Verb::Stls if self.utf8 => misuse("TLS can't follow UTF8"),
            Verb::Apop if !self.options.allow_apop => misuse("APOP is not allowed"),
            Verb::Apop if self.timestamp.is_none() => Some(Refusal::Lacks("APOP")),
            Verb::Utf8 if !known.is_some_and(|known| known.utf8) => Some(Refusal::Lacks("UTF8")),
            Verb::Lang if !known.is_some_and(|known| known.lang) => Some(Refusal::Lacks("LANG")),
            // RFC 6856, 2.2. Servers took such names long before, and there is no other way in: only strict mode keeps to it.
            _ if self.options.strict
                && command.is_beyond_ascii()
                && !known.is_some_and(|known| known.utf8_user) =>
            {
                Some(Refusal::Lacks("UTF8 USER"))
            }
            _ => None,
        }
    }
}

/// Octets of commands that may be on their way. They fit into the receive buffer of any system, so that a server that waits until
/// its answers are taken holds up nobody; and they ask for a thousand messages, so that a distant server has always something to do.
/// More follows when half of it was answered: few large writes in place of many small ones.
const AHEAD: usize = 16 * 1024;
