//! Mutates the transcripts against the fuzz bodies of the machines: a crash, a broken promise or a hang ends the run.

use crate::report::{Row, publish};
use crate::{requests, transcript};
use std::io::Write as _;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A machine under test.
struct Target {
    who: &'static str,
    /// What its peers say when nothing is wrong.
    sessions: fn() -> std::io::Result<Vec<Vec<u8>>>,
    body: fn(&[u8]),
    /// What the grammar is made of.
    words: &'static [&'static str],
}

const TARGETS: [Target; 11] = [
    imap("waypost-imap", waypost_imap::fuzz::server_octets),
    imap("waypost-imap-hostile", waypost_imap::fuzz::hostile_server),
    imap("waypost-imap-framing", waypost_imap::fuzz::framing),
    imap("waypost-imap-grammar", waypost_imap::fuzz::grammar),
    imap("waypost-imap-encoder", waypost_imap::fuzz::encoder),
    Target {
        who: "waypost-pop3",
        sessions: || transcript::servers("pop3"),
        body: waypost_pop3::fuzz::server_octets,
        words: POP3_WORDS,
    },
    tunnel("waypost-gateway-framing", waypost_gateway::websocket::fuzz::framing, frames),
    tunnel("waypost-tunnel", waypost_tunnel::fuzz::gateway, messages),
    Target {
        who: "waypost-gateway-proxy",
        sessions: proxy_headers,
        body: waypost_gateway::proxy_protocol::fuzz,
        words: PROXY_WORDS,
    },
    Target {
        who: "waypost-gateway-requests",
        sessions: requests::sessions,
        body: waypost_gateway::fuzz::requests,
        words: REQUEST_WORDS,
    },
    Target {
        who: "waypost-gateway-config",
        sessions: requests::samples,
        body: requests::configuration,
        words: CONFIG_WORDS,
    },
];

const fn imap(who: &'static str, body: fn(&[u8])) -> Target {
    Target { who, sessions: || transcript::servers("imap"), body, words: IMAP_WORDS }
}

const fn tunnel(
    who: &'static str,
    body: fn(&[u8]),
    sessions: fn() -> std::io::Result<Vec<Vec<u8>>>,
) -> Target {
    Target { who, sessions, body, words: TUNNEL_WORDS }
}

/// Messages of a client, a line each, as the body for tunnels takes them.
fn messages() -> std::io::Result<Vec<Vec<u8>>> {
    let open = |tls| {
        format!(
            "{{\"type\":\"open\",\"host\":\"h.example\",\"port\":993,\"tls\":\"{tls}\",\"credit\":70000}}"
        )
    };
    let rest = [
        "#payload\n{\"type\":\"credit\",\"bytes\":1000}\n#and more payload\n{\"type\":\"end\",\"clean\":true}",
        "#a1 STARTTLS\n{\"type\":\"upgrade\",\"received\":0,\"sent\":144}\n#then\n{\"type\":\"end\",\"clean\":false}",
    ];
    let sessions = ["none", "implicit", "starttls", "passthrough", "passthrough-starttls"]
        .into_iter()
        .flat_map(|tls| rest.map(|rest| format!("{}\n{rest}", open(tls)).into_bytes()));
    Ok(sessions.collect())
}

/// The same as frames: whole, in fragments, with pings between them, and a closing frame.
fn frames() -> std::io::Result<Vec<Vec<u8>>> {
    let mut sessions = messages()?;
    // A line for each frame, whose first octet is that of the frame, where the body masks; else frames as they are.
    sessions.push(b"\x81{\"type\":\"open\"}\n\x02half\n\x89ping\n\x80 of it\n\x88\x03\xe8bye".to_vec());
    sessions.push([&[0x82, 0x85, 1, 2, 3, 4][..], b"bytes", &[0x88, 0x82, 0, 0, 0, 0, 3, 0xE8]].concat());
    sessions.push([&[0x02, 0xFE, 1, 0, 9, 9, 9, 9][..], &[7; 256], &[0x80, 0x80, 1, 1, 1, 1]].concat());
    Ok(sessions)
}

/// Headers of the PROXY protocol in both versions, and what comes after them.
fn proxy_headers() -> std::io::Result<Vec<Vec<u8>>> {
    let second = |command, family, body: &[u8]| {
        let length = [0, u8::try_from(body.len()).unwrap_or(u8::MAX)];
        [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[command, family], &length, body, b"GET / HTTP/1.1\r\n"].concat()
    };
    Ok(vec![
        b"PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\nGET / HTTP/1.1\r\n".to_vec(),
        b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n\x16\x03\x01".to_vec(),
        b"PROXY UNKNOWN anything\r\n".to_vec(),
        second(0x21, 0x11, &[192, 0, 2, 1, 192, 0, 2, 9, 1, 2, 3, 4, 4, 0, 2, 0, 0]),
        second(0x21, 0x21, &[1; 36]),
        second(0x21, 0x31, &[1; 216]),
        second(0x20, 0x00, &[]),
    ])
}

/// `SECONDS [SEED]`, or `WHO HEX` to run one input again, or `seeds FOLDER` to write what other fuzzers begin with.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    if let ["seeds", folder] = arguments {
        return seeds(folder).map_err(|error| error.to_string());
    }
    if let [who, hex] = arguments
        && let Some(target) = TARGETS.iter().find(|target| target.who == *who)
    {
        (target.body)(&from_hex(hex).ok_or("the input is not hexadecimal")?);
        return say("the input does no harm");
    }
    let (seconds, seed) = match arguments {
        [seconds] => (seconds, FIXED_SEED),
        [seconds, "clock"] => (seconds, clock()),
        [seconds, seed] => (seconds, seed.parse().map_err(|_| "SEED is a number or 'clock'")?),
        _ => return Err("fuzz SECONDS [SEED], or fuzz WHO HEX".to_owned()),
    };
    let seconds = seconds.parse().map_err(|_| "SECONDS is a whole number")?;
    let mut rows = Vec::new();
    for target in &TARGETS {
        let (runs, took) = fuzz(target, Duration::from_secs(seconds), seed)?;
        rows.push(Row::new("fuzz", target.who, "runs", runs as f64));
        rows.push(Row::new("fuzz", target.who, "runs/s", runs as f64 / took.as_secs_f64()));
    }
    publish("fuzz", &rows).map_err(|error| error.to_string())?;
    say(&format!("waypost tests: {} passed", TARGETS.len()))
}

/// Each session of an IMAP server, and each request to the gateway, as a file behind octets for the settings of the fuzz bodies.
fn seeds(folder: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let write = |name: String, setting: &[u8], session: &[u8]| {
        std::fs::write(std::path::Path::new(folder).join(name), [setting, session].concat())
    };
    for (index, session) in transcript::servers("imap")?.iter().enumerate() {
        for setting in [[255, 0], [1, 1], [0, 13]] {
            write(format!("{index}-{}", setting[0]), &setting, session)?;
        }
    }
    for (index, request) in requests::sessions()?.iter().enumerate() {
        for setting in [0, 255] {
            write(format!("request-{index}-{setting}"), &[setting], request)?;
        }
    }
    Ok(())
}

fn say(line: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| error.to_string())
}

fn clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(FIXED_SEED)
}

/// Runs for so long; gives the number of runs and the time they took.
fn fuzz(target: &Target, time: Duration, seed: u64) -> Result<(u64, Duration), String> {
    let sessions = (target.sessions)().map_err(|error| error.to_string())?;
    let mut mutator = Mutator { numbers: Numbers(seed), sessions, words: target.words };
    let current = Arc::new(Mutex::new((0_u64, Vec::new())));
    watch(target.who, seed, &current);
    let start = Instant::now();
    let mut runs = 0;
    while runs == 0 || start.elapsed() < time {
        let input = mutator.input();
        {
            let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
            current.0 += 1;
            current.1.clone_from(&input);
        }
        if catch_unwind(|| (target.body)(&input)).is_err() {
            return Err(report(target.who, "crashed", seed, &input));
        }
        runs += 1;
    }
    Ok((runs, start.elapsed()))
}

fn report(who: &str, what: &str, seed: u64, input: &[u8]) -> String {
    let hex: String = input.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{who} {what}. Seed {seed}, input:\n{hex}\nAgain: waypost-bench fuzz {who} HEX")
}

/// Ends the program when one input takes longer than any should. The thread ends with its run.
fn watch(who: &'static str, seed: u64, current: &Arc<Mutex<(u64, Vec<u8>)>>) {
    let watched = Arc::downgrade(current);
    std::thread::spawn(move || {
        let (mut last, mut since) = (0, Instant::now());
        while let Some(current) = watched.upgrade() {
            let (run, input) = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
            drop(current);
            if run != last {
                (last, since) = (run, Instant::now());
            } else if since.elapsed() > LONGEST_RUN {
                let _ = writeln!(std::io::stderr(), "{}", report(who, "hangs", seed, &input));
                std::process::exit(1);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    });
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair.first()?)? * 16 + digit(pair.get(1)?)?)).collect()
}

/// A sequence that a seed fixes (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; 0 if that is 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }

    fn octet(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

struct Mutator {
    numbers: Numbers,
    sessions: Vec<Vec<u8>>,
    words: &'static [&'static str],
}

impl Mutator {
    /// An octet for the fuzz body's setting, then a session of a server with some faults.
    fn input(&mut self) -> Vec<u8> {
        let mut octets = self.session();
        for _ in 0..=self.numbers.below(8) {
            self.mutate(&mut octets);
        }
        octets.insert(0, self.numbers.octet());
        octets
    }

    fn session(&mut self) -> Vec<u8> {
        let index = self.numbers.below(self.sessions.len());
        self.sessions.get(index).cloned().unwrap_or_default()
    }

    fn mutate(&mut self, octets: &mut Vec<u8>) {
        let at = self.numbers.below(octets.len() + 1);
        let end = (at + self.numbers.below(60)).min(octets.len());
        match self.numbers.below(7) {
            0 => octets.splice(at..end.min(at + 1), [self.numbers.octet()]).for_each(drop),
            1 => {
                let word = self.words.get(self.numbers.below(self.words.len())).copied().unwrap_or_default();
                octets.splice(at..at, word.bytes()).for_each(drop);
            }
            2 => octets.drain(at..end).for_each(drop),
            3 => {
                let other = self.session();
                let from = self.numbers.below(other.len());
                let piece = other.into_iter().skip(from).take(self.numbers.below(200));
                octets.splice(at..at, piece).for_each(drop);
            }
            4 => {
                let piece: Vec<u8> = octets.drain(at..end).collect();
                let times = 1 + self.numbers.below(20);
                octets.splice(at..at, piece.repeat(times)).for_each(drop);
            }
            5 => {
                // Lines in another order.
                let mut lines: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
                let (one, other) = (self.numbers.below(lines.len()), self.numbers.below(lines.len()));
                if one.max(other) < lines.len() {
                    lines.swap(one, other);
                }
                *octets = lines.concat();
            }
            _ => octets.truncate(at.max(octets.len() / 4)),
        }
    }
}

/// The same inputs in every run, so that a check is the same check for everybody; `clock` gives others.
const FIXED_SEED: u64 = 0x5eed;

/// An input of some kilobytes takes under a millisecond, on a busy machine in a debug build perhaps fifty.
const LONGEST_RUN: Duration = Duration::from_secs(20);

const IMAP_WORDS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    "(",
    ")",
    "\"",
    "\\",
    "{0}\r\n",
    "{5}\r\n",
    "{5000}\r\n",
    "{99999999999}\r\n",
    "~{3}\r\n",
    "NIL",
    "* ",
    "+ ",
    "w0 OK ",
    "w1 NO ",
    "w2 BAD ",
    "* BYE ",
    "* 1 FETCH (",
    "BODY[] ",
    "BODY[HEADER.FIELDS (TO)] ",
    "BODYSTRUCTURE (",
    "ENVELOPE (",
    "FLAGS (\\Seen)",
    "UID 1",
    "* LIST () \"/\" ",
    "* SEARCH 1 2",
    "* ESEARCH (TAG \"w1\") UID ALL 1:3",
    "* CAPABILITY IMAP4rev1 ",
    "[CAPABILITY IMAP4rev1]",
    "[UIDVALIDITY 1]",
    "* 4294967295 EXISTS",
    "-1",
    "&AOk-",
    "=?utf-8?Q?=C3?=",
];

const POP3_WORDS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    ".",
    "..",
    ".\r\n",
    ".\n",
    "\r\n.\r\n",
    "\n.\n",
    "+OK\r\n",
    "+OK ",
    "-ERR ",
    "-ERR [AUTH] ",
    "+ ",
    "+\r\n",
    "+ dGVzdA==\r\n",
    "+ dGVzdA\r\n",
    ".\r+OK\r\n",
    "<1896.697170952@vm>",
    "+OK\r\nUTF8 USER\r\nLANG\r\n.\r\n",
    "de Deutsch\r\n",
    "+OK\r\nPIPELINING\r\nUIDL\r\n.\r\n",
    "SASL PLAIN",
    "EXPIRE 0",
    "LOGIN-DELAY ",
    "1 1\r\n",
    "2 abc\r\n",
    "4294967295 ",
    "18446744073709551616",
    "-1",
];

const REQUEST_WORDS: &[&str] = &[
    "\r\n",
    "\r\n\r\n",
    ": ",
    " HTTP/1.1\r\n",
    "Host: mail.example\r\n",
    "Origin: https://mail.example\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Upgrade: websocket\r\n",
    "Expect: 100-continue\r\n",
    "/../",
    "%2e%2e%2f",
    "\0",
    "fffffffffffffffff\r\n",
    "xn--",
    "{\"domain\":\"",
];

const CONFIG_WORDS: &[&str] = &[
    "\n",
    "[[targets]]\n",
    "[limits]\n",
    "host = \"*\"\n",
    "ports = [25]\n",
    "ports = [65536]\n",
    "tls = [\"none\"]\n",
    "-1",
    "99999999999999999999",
    "\"\"",
    "[]",
    "{}",
    "= ",
    "\u{e9}",
    "10.0.0.0/33",
    "unix:",
];

const PROXY_WORDS: &[&str] = &[
    "PROXY ",
    "TCP4",
    "TCP6",
    "UNKNOWN",
    " ",
    "\r\n",
    "192.0.2.1",
    "::1",
    "0",
    "65535",
    "\r\n\r\n\0\r\nQUIT\n",
    "!",
    "\x11",
    "\0\x0c",
    "\0",
];
const TUNNEL_WORDS: &[&str] = &[
    "\n",
    "#",
    "\n#0123456789012345678901234567890123456789",
    "{\"type\":\"",
    "\"credit\":4294967295",
    "{\"type\":\"credit\",\"bytes\":1}",
    "{\"type\":\"credit\",\"bytes\":16777216}",
    "{\"type\":\"end\",\"clean\":true}",
    "{\"type\":\"upgrade\",\"received\":0,\"sent\":0}",
    "{\"type\":\"opened\",\"credit\":1}",
    "\\u0000",
    "null",
    "\0",
    "\u{1}",
    "\u{2}",
    "\u{9}",
    "\u{a}",
    "\u{7f}",
    "~",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_inputs_and_another_gives_others() {
        let inputs = |seed| {
            let sessions = vec![b"+OK\r\n1 2\r\n.\r\n".to_vec(), Vec::new()];
            let mut mutator = Mutator { numbers: Numbers(seed), sessions, words: POP3_WORDS };
            (0..500).map(|_| mutator.input()).collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert!(inputs(1).iter().all(|input| !input.is_empty()));
    }

    #[test]
    fn a_crash_says_seed_and_input_which_can_be_read_back() {
        fn body(_: &[u8]) {
            panic!("on purpose");
        }
        let target = imap("waypost-imap", body);
        let said = fuzz(&target, Duration::ZERO, 7).expect_err("it crashes");
        assert!(said.contains("Seed 7"), "{said}");
        let hex = said.lines().nth(1).expect("the input");
        assert!(!from_hex(hex).expect("hexadecimal").is_empty());
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_hex("0"), None);
    }
}
