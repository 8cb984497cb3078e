//! Taking all mail of a maildrop: our machine natively and in wasm, our package in a browser, beside the limit, another library and
//! other programs. Each row is a whole session, from the connection to the end of QUIT; same server, same run, rounds interleaved.
//! `waypost-chromium-deletes-mail` also deletes on the server what it has read back, which takes it several sessions; all others leave it
//! there.
//!
//! The first round is not measured: in it what came is held against what was served, octet for octet.

mod judge;
mod mail;
mod memory;
mod peers;
mod programs;
mod readers;
pub(crate) mod replay;
mod table;

use crate::report::median;
use crate::server::Server;
use judge::{EXACT, Got, judge};
use peers::Peer;
use programs::Program;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;
use table::{Figures, Ratio};
use tokio::runtime::Runtime;
use waypost_testkit::relay::DelayingRelay;
use waypost_testkit::servers::{Delivery, Dovecot, Options, Server as _};

type Outcome<T> = Result<T, String>;

/// A maildrop on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    port: u16,
    user: String,
    password: String,
    count: u32,
}

impl Account {
    fn octets(&self) -> usize {
        self.count as usize * mail::OCTETS
    }
}

/// What came of one session.
pub(crate) struct Taken {
    ms: f64,
    cpu_ms: Option<f64>,
    got: Option<Got>,
}

/// Who takes the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Raw,
    Lockstep,
    Waypost,
    Node,
    NodePop3,
    Mpop,
    Fetchmail,
    Chromium,
    ChromiumLeaving,
    ChromiumDeleting,
    Writer,
    SingleWriter,
    Bodies,
}

/// Names as in the table, and how often each is measured on a fast line and on the slow one. Those that take a minute run once there.
const ALL: [Row; 13] = [
    (Who::Raw, "raw", 7, 7),
    (Who::Lockstep, "raw-lockstep", 5, 1),
    (Who::Waypost, "waypost", 7, 7),
    (Who::Node, "waypost-node", 7, 7),
    (Who::NodePop3, "node-pop3", 5, 0),
    (Who::Mpop, "mpop", 5, 5),
    (Who::Fetchmail, "fetchmail", 3, 1),
    (Who::Chromium, "waypost-chromium", 5, 5),
    (Who::ChromiumLeaving, "waypost-chromium-leaves-mail", 5, 5),
    (Who::ChromiumDeleting, "waypost-chromium-deletes-mail", 3, 3),
    (Who::Writer, "js-writer", 5, 0),
    (Who::SingleWriter, "js-writer-single-records", 5, 0),
    (Who::Bodies, "js-writer-bodies", 5, 0),
];

type Row = (Who, &'static str, usize, usize);

/// A server, and what it serves.
struct Contest<'a> {
    /// Those who take part; empty for all.
    who: &'a [&'a str],
    set: &'static str,
    account: Account,
    slow: bool,
    /// Each user name finds all messages there, whatever others have deleted.
    renews: bool,
    /// Where messages go without a server: the writers need it once.
    writers: bool,
}

/// Milliseconds of each round, with those of a processor where they are known.
type Runs = BTreeMap<Who, Vec<(f64, Option<f64>)>>;

/// Runs all of it; with a number, one round of so many messages of set D, to see that everything works; with names after it, all
/// rounds of these rows.
pub(crate) fn run(short: &[&str]) -> Outcome<()> {
    let (count, who) = short.split_first().unwrap_or((&"10000", &[]));
    let count: u32 = count.parse().map_err(words)?;
    let most = if short.len() == 1 { 1 } else { usize::MAX };
    let runtime = Runtime::new().map_err(words)?;
    let few = count / 10;
    let (server, line) =
        (Server::start("replay", &count.to_string())?, Server::start("replay", &few.to_string())?);
    let relay = runtime.block_on(DelayingRelay::start(line.address.port(), ONE_WAY)).map_err(words)?;
    let dovecot = dovecot(count)?;
    let account = |port: u16, user: &str, password: &str, count: u32| Account {
        port,
        user: user.to_owned(),
        password: password.to_owned(),
        count,
    };
    let robin = dovecot.users().first().ok_or("Dovecot has no user")?;
    let contests = [
        Contest {
            who,
            set: "D, replay",
            account: account(server.address.port(), "robin", "secret", count),
            slow: false,
            renews: true,
            writers: true,
        },
        Contest {
            who,
            set: "D, Dovecot",
            account: account(dovecot.ports().pop3, &robin.name, &robin.password, count),
            slow: false,
            renews: false,
            writers: false,
        },
        Contest {
            who,
            set: "1,000, 50 ms",
            account: account(relay.port(), "robin", "secret", few),
            slow: true,
            renews: true,
            writers: false,
        },
    ];
    let mut peers = Peers::start(contests.iter().map(|contest| contest.account.port))?;
    let (mut rows, mut ratios) = (memory::run()?, Vec::new());
    for contest in &contests {
        let (more, found) = contest.hold(&mut peers, most)?;
        rows.extend(more);
        ratios.extend(found);
    }
    table::publish(&rows, &ratios).map_err(words)?;
    let ours = rows.iter().filter(|row| row.who.starts_with("waypost"));
    match ours.clone().find(|row| row.octets != EXACT) {
        Some(row) => Err(format!("{}, {}: {}", row.set, row.who, row.octets)),
        None => Ok(()),
    }
}

/// Programs that stay for all contests.
struct Peers {
    node: Peer,
    chromium: Peer,
    gateway: Server,
    /// How many maildrops were emptied.
    emptied: u32,
}

impl Peers {
    fn start(ports: impl Iterator<Item = u16>) -> Outcome<Self> {
        let ports: Vec<u16> = ports.collect();
        let mut chromium = Peer::start("tests/bench/pop3/chromium.mjs")?;
        // Then the page is there that the gateway serves.
        chromium.ask(&json!({ "do": "ready" }))?;
        let gateway = Server::start(
            "gateway",
            &format!(
                "app_dir = 'target/bench/page'\n[[targets]]\nhost = '127.0.0.1'\nports = {ports:?}\ntls = ['none']\nprivate = true\n"
            ),
        )?;
        Ok(Self { node: Peer::start("tests/bench/pop3/node.mjs")?, chromium, gateway, emptied: 0 })
    }

    fn take(&mut self, who: Who, account: &Account, judged: bool) -> Outcome<Taken> {
        match who {
            Who::Raw => readers::take(account, readers::raw, judged).map(Taken::unjudged),
            Who::Lockstep => readers::take(account, readers::raw_lockstep, judged).map(Taken::unjudged),
            Who::Waypost => readers::take(account, readers::waypost, judged),
            Who::Node => self.node.take(&json!({ "do": "waypost" }), account, judged),
            Who::NodePop3 => self.node.take(&json!({ "do": "node-pop3" }), account, judged),
            Who::Mpop => Program::Mpop.take(account, judged),
            Who::Fetchmail => Program::Fetchmail.take(account, judged),
            Who::Chromium => {
                let account = Account { user: replay::EXPIRING.to_owned(), ..account.clone() };
                self.browse(json!({ "do": "waypost", "pop3": {}, "strict": true }), &account, judged)
            }
            Who::ChromiumDeleting => self.empty(account, judged),
            Who::ChromiumLeaving => self.browse(json!({ "do": "waypost", "pop3": {} }), account, judged),
            Who::Writer => self.browse(json!({ "do": "write" }), account, judged),
            Who::SingleWriter => self.browse(json!({ "do": "write", "single": true }), account, judged),
            Who::Bodies => self.browse(json!({ "do": "write", "only": "bodies" }), account, judged),
        }
    }
}

impl Peers {
    fn browse(&mut self, mut task: Value, account: &Account, judged: bool) -> Outcome<Taken> {
        task["origin"] = json!(format!("http://{}", self.gateway.address));
        self.chromium.take(&task, account, judged)
    }

    /// Takes all mail and has it deleted on the server, which must have done it when the page says so.
    fn empty(&mut self, account: &Account, judged: bool) -> Outcome<Taken> {
        self.emptied += 1;
        let account = Account { user: format!("{}-{}", account.user, self.emptied), ..account.clone() };
        let task = json!({ "do": "waypost", "pop3": { "removal": { "afterDownload": true } } });
        let taken = self.browse(task, &account, judged)?;
        match readers::left(&account)? {
            0 => Ok(taken),
            left => Err(format!("{left} messages of {} are still on the server", account.count)),
        }
    }
}

impl Taken {
    /// Of one that looks for ends only and hands out nothing.
    fn unjudged(self) -> Self {
        Self { got: None, ..self }
    }
}

impl Contest<'_> {
    fn hold(&self, peers: &mut Peers, most: usize) -> Outcome<(Vec<Figures>, Vec<Ratio>)> {
        let (mut runs, mut verdicts) = (Runs::new(), BTreeMap::new());
        let rounds = |(who, name, fast, slow): &Row| {
            let absent = !self.writers && matches!(who, Who::Writer | Who::SingleWriter | Who::Bodies)
                || !self.renews && matches!(who, Who::Chromium | Who::ChromiumDeleting)
                || !self.who.is_empty() && !self.who.contains(name);
            let rounds = if self.slow { *slow } else { *fast };
            if absent { 0 } else { rounds.min(most) }
        };
        let (once, often): (Vec<&Row>, Vec<&Row>) =
            ALL.iter().filter(|row| rounds(row) > 0).partition(|row| self.slow && row.3 == 1);
        std::thread::scope(|scope| -> Outcome<()> {
            // They wait for the line nearly all of the time, and do not disturb each other or the rest.
            let waiting: Vec<_> =
                once.iter().map(|row| (row.0, scope.spawn(move || self.take_once(row.0)))).collect();
            for round in 0..=often.iter().map(|row| rounds(row)).max().unwrap_or(0) {
                for row in often.iter().filter(|row| rounds(row) >= round) {
                    say(&format!("{}, round {round}: {}", self.set, row.1));
                    let taken = peers.take(row.0, &self.account, round == 0)?;
                    if round > 0 {
                        runs.entry(row.0).or_default().push((taken.ms, taken.cpu_ms));
                    } else {
                        verdicts.insert(row.0, self.verdict(&taken));
                    }
                }
            }
            for (who, one) in waiting {
                let taken = one.join().map_err(|_| "a thread ended")??;
                verdicts.insert(who, self.verdict(&taken));
                runs.insert(who, vec![(taken.ms, taken.cpu_ms)]);
            }
            Ok(())
        })?;
        let load = (self.account.count, self.account.octets());
        let rows = ALL.iter().filter_map(|(who, name, ..)| {
            let octets = verdicts.get(who).cloned().unwrap_or_default();
            Some(Figures::new(self.set, name, runs.get(who)?, load, octets))
        });
        Ok((rows.collect(), self.ratios(&runs)))
    }

    fn take_once(&self, who: Who) -> Outcome<Taken> {
        match who {
            Who::Fetchmail => Program::Fetchmail.take(&self.account, true),
            _ => readers::take(&self.account, readers::raw_lockstep, true).map(Taken::unjudged),
        }
    }

    fn verdict(&self, taken: &Taken) -> String {
        taken.got.as_ref().map_or_else(String::new, |got| judge(got, self.account.count))
    }

    /// How many times the time of the second the first takes, beside the goals.
    fn ratios(&self, runs: &Runs) -> Vec<Ratio> {
        let goals: &[(Who, Who, Option<Goal>)] = if self.slow { &SLOW } else { &FAST };
        goals
            .iter()
            .filter_map(|(who, other, goal)| {
                let name = |who: &Who| ALL.iter().find(|row| row.0 == *who).map_or("", |row| row.1);
                let (times, others) = (runs.get(who)?, runs.get(other)?);
                let rate = matches!(goal, Some(Goal::Rate(_)));
                let of_round = |(own, other): (&(f64, _), &(f64, _))| {
                    if rate { other.0 / own.0 } else { own.0 / other.0 }
                };
                let value = median(times.iter().zip(others).map(of_round).collect());
                Some(Ratio {
                    set: self.set.to_owned(),
                    what: format!(
                        "{} of {} over {}",
                        if rate { "rate" } else { "time" },
                        name(who),
                        name(other)
                    ),
                    value,
                    goal: goal.as_ref().map_or_else(|| "none".to_owned(), Goal::words),
                    reached: goal.as_ref().is_none_or(|goal| goal.reached(value)),
                })
            })
            .collect()
    }
}

/// What a ratio should be.
enum Goal {
    /// Of times: at most.
    Time(f64),
    /// Of rates: at least.
    Rate(f64),
}

impl Goal {
    fn words(&self) -> String {
        match self {
            Self::Time(most) => format!("at most {most}"),
            Self::Rate(least) => format!("at least {least}"),
        }
    }

    fn reached(&self, value: f64) -> bool {
        match self {
            Self::Time(most) => value <= *most,
            Self::Rate(least) => value >= *least,
        }
    }
}

const FAST: [(Who, Who, Option<Goal>); 9] = [
    (Who::Waypost, Who::Raw, Some(Goal::Time(1.3))),
    (Who::Node, Who::Raw, Some(Goal::Time(2.5))),
    (Who::Node, Who::NodePop3, Some(Goal::Rate(5.0))),
    (Who::Chromium, Who::Fetchmail, Some(Goal::Rate(1.0))),
    (Who::Chromium, Who::Writer, Some(Goal::Rate(0.7))),
    (Who::Chromium, Who::SingleWriter, Some(Goal::Rate(0.7))),
    (Who::Chromium, Who::Bodies, None),
    (Who::ChromiumLeaving, Who::Fetchmail, Some(Goal::Rate(1.0))),
    (Who::ChromiumDeleting, Who::Fetchmail, None),
];

const SLOW: [(Who, Who, Option<Goal>); 4] = [
    (Who::Waypost, Who::Raw, Some(Goal::Time(1.2))),
    (Who::Node, Who::Raw, Some(Goal::Time(1.2))),
    (Who::Chromium, Who::Raw, Some(Goal::Time(1.2))),
    (Who::ChromiumLeaving, Who::Raw, Some(Goal::Time(1.2))),
];

/// A Dovecot with set D in the maildrop of its first user.
fn dovecot(count: u32) -> Outcome<Dovecot> {
    say("delivering to Dovecot");
    let server = Dovecot::start(Options::default()).map_err(words)?;
    let user = server.users().first().ok_or("Dovecot has no user")?.name.clone();
    // Marked as seen, or the first session would be the one that renames all files.
    let flags = ["\\Seen".to_owned()];
    for number in 1..=count {
        let raw = mail::message(number);
        let delivery = Delivery { user: &user, mailbox: "INBOX", raw: &raw, flags: &flags, date: None };
        server.deliver(&delivery).map_err(words)?;
    }
    Ok(server)
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// How far it is, for people.
fn say(line: &str) {
    // Nothing can be said where standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A round trip takes 50 ms.
const ONE_WAY: Duration = Duration::from_millis(25);
