//! Counts responses by nothing but line ends and announced literals. Shares no code with the framing: it judges it.

/// How many responses there are, the last one maybe cut.
pub(super) fn responses(octets: &[u8]) -> usize {
    let mut rest = octets;
    let mut count = 0;
    while !rest.is_empty() {
        let length = response(rest);
        let (one, after) = rest.split_at(length.min(rest.len()));
        count += usize::from(begins(one));
        rest = after;
    }
    count
}

/// Whether a line begins a response. What does not belongs to a literal that was longer than announced, or is none.
fn begins(line: &[u8]) -> bool {
    let text =
        String::from_utf8_lossy(line.split(|octet| *octet == b'\n').next().unwrap_or_default()).into_owned();
    let text = text.trim_start_matches(['\0', ' ']).trim_end();
    let mut words = text.split_ascii_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match first {
        "+" => true,
        "*" => second.parse::<u32>().is_ok() || second.len() > 1,
        _ => ["OK", "NO", "BAD", "BYE", "PREAUTH"].contains(&second),
    }
}

/// The length of the response that comes first, with its line end.
fn response(octets: &[u8]) -> usize {
    let mut length = 0;
    loop {
        let rest = octets.get(length..).unwrap_or_default();
        let Some(end) = rest.iter().position(|octet| *octet == b'\n') else { return octets.len() };
        let line = rest.get(..end).unwrap_or_default();
        let first = length == 0;
        length += end + 1;
        match announced(line) {
            Some(literal) if !first || holds_data(line) => length = length.saturating_add(literal),
            _ => return length,
        }
        if length >= octets.len() {
            return octets.len();
        }
    }
}

/// The length of the literal that a line ends with.
fn announced(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line.rsplit(|octet| *octet == b'{').next()?).ok()?;
    if text.len() == line.len() {
        return None;
    }
    let digits = text.strip_suffix('\r').unwrap_or(text).strip_suffix('}')?;
    digits.strip_suffix('+').unwrap_or(digits).parse().ok()
}

/// Untagged data may hold literals. Free text of status responses only looks as if it did.
fn holds_data(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line).trim_start_matches(['\0', ' ']).to_ascii_uppercase();
    let status = ["OK", "NO", "BAD", "BYE", "PREAUTH"];
    let mut words = text.split([' ', '[']).filter(|word| !word.is_empty());
    words.next() == Some("*") && words.next().is_some_and(|word| !status.contains(&word))
}

/// Whether octets could go on as a session does. TLS and DEFLATE hold control characters within few octets, and nothing behind
/// them looks like a response: `more` says whether [`last_star`] lies in these.
pub(super) fn is_text(octets: &[u8], more: bool) -> bool {
    let start =
        octets.get(..START).unwrap_or(octets).split(|octet| *octet == b'\n').next().unwrap_or_default();
    let control = |octet: &u8| matches!(octet, 1..=8 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f);
    !start.iter().any(control) || octets.starts_with(b"*") || more
}

/// Where the last line begins that looks like untagged data.
pub(super) fn last_star(octets: &[u8]) -> Option<usize> {
    memchr::memrchr_iter(b'\n', octets)
        .find(|at| octets.get(at + 1..).is_some_and(|line| line.starts_with(b"* ")))
}

/// A TLS record shows itself by its first octet; DEFLATE almost surely by this many.
const START: usize = 64;
