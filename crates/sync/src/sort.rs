//! What sorts a row in each order.

use waypost_message::{base_subject, lower};
use waypost_store::{MessageRow, Order};

/// The octets that sort a row in each order that it is in.
pub(crate) fn order_keys(row: &MessageRow) -> Vec<(Order, Vec<u8>)> {
    let date = date_key(row.date);
    let has = |flag: &str| row.flags.iter().any(|known| known.eq_ignore_ascii_case(flag));
    let sender = if row.from.is_empty() { &row.from_address } else { &row.from };
    let mut keys = vec![
        (Order::Date, date.to_vec()),
        (Order::Sender, text_key(sender, SENDER_OCTETS, date)),
        (Order::Subject, text_key(&base_subject(&row.subject), SUBJECT_OCTETS, date)),
        (Order::Size, [size_key(row.size).as_slice(), &date].concat()),
    ];
    if !has("\\Seen") {
        keys.push((Order::Unread, date.to_vec()));
    }
    if has("\\Flagged") {
        keys.push((Order::Flagged, date.to_vec()));
    }
    keys
}

/// Milliseconds as six octets that sort like them; some thousand years around 1970.
pub(crate) fn date_key(date: i64) -> [u8; 6] {
    let shifted = date.saturating_add(DATE_SHIFT).clamp(0, (1 << 48) - 1);
    let [_, _, key @ ..] = shifted.to_be_bytes();
    key
}

fn size_key(size: u64) -> [u8; 5] {
    let [_, _, _, key @ ..] = size.min((1 << 40) - 1).to_be_bytes();
    key
}

/// Lower case, one space for many, without what stands before the first letter or digit and behind the last; then an octet below
/// all letters, so that a name comes before the longer ones that begin with it; then the date.
fn text_key(text: &str, most: usize, date: [u8; 6]) -> Vec<u8> {
    let bare = text.trim_matches(|letter: char| !letter.is_alphanumeric());
    let text = if bare.is_empty() { text } else { bare };
    let mut key = String::new();
    'words: for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()) {
        if word.is_empty() {
            continue;
        }
        let space = (!key.is_empty()).then_some(' ');
        for letter in space.into_iter().chain(word.chars().flat_map(lower)) {
            if key.len() + letter.len_utf8() > most {
                break 'words;
            }
            key.push(letter);
        }
    }
    let mut key = key.into_bytes();
    key.push(0);
    key.extend(date);
    key
}

/// 2^46 milliseconds are two thousand years.
const DATE_SHIFT: i64 = 1 << 46;

/// What lies beyond sorts by date: long enough to tell names apart, short enough for a page of hundreds.
const SENDER_OCTETS: usize = 24;
const SUBJECT_OCTETS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_readers_do() {
        let key = |name: &str, date: i64| text_key(name, SENDER_OCTETS, date_key(date));
        assert!(key("ann", 9) < key("Anna", 1));
        assert!(key("\"Ann\"", 1) < key("ANN", 2));
        assert!(key("a  \t b", 1) == key("A b", 1));
        assert!(date_key(-5) < date_key(0) && date_key(0) < date_key(1_800_000_000_000));
        assert_eq!(date_key(i64::MIN), [0; 6]);
        assert_eq!(date_key(i64::MAX), [255; 6]);
        assert!(size_key(300) > size_key(299) && size_key(u64::MAX) >= size_key(1 << 41));
        // Cut between letters, whatever their length.
        assert!(key(&"ü".repeat(40), 0).len() <= SENDER_OCTETS + 7);
    }
}
