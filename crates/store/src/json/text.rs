//! The letters of JSON: strings, numbers, and whole values to pass over.

use super::Unfit;
use std::borrow::Cow;

/// A place in a JSON text.
pub(super) struct Text<'a> {
    octets: &'a [u8],
    at: usize,
}

/// A number of a record.
pub(super) enum Number {
    Positive(u64),
    Negative(i64),
}

impl<'a> Text<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { octets, at: 0 }
    }

    /// The next octet that is no white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(octet) = self.octets.get(self.at) {
            match octet {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => return Some(*octet),
            }
        }
        None
    }

    /// Passes this octet, if it is the next.
    pub(super) fn skip(&mut self, octet: u8) -> bool {
        let is_next = self.peek() == Some(octet);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, octet: u8) -> Result<(), Unfit> {
        if self.skip(octet) { Ok(()) } else { Err(Unfit) }
    }

    /// Passes `true`, `false` or `null`.
    pub(super) fn word(&mut self, word: &[u8]) -> Result<(), Unfit> {
        self.peek();
        if !self.octets[self.at..].starts_with(word) {
            return Err(Unfit);
        }
        self.at += word.len();
        Ok(())
    }

    /// Whether one more member or element follows: a comma, unless it is the first, and not the end.
    pub(super) fn continues(&mut self, is_first: &mut bool, end: u8) -> Result<bool, Unfit> {
        if self.skip(end) {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    pub(super) fn number(&mut self) -> Result<Number, Unfit> {
        let is_negative = self.skip(b'-');
        let begin = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.octets.get(self.at) {
            number = number
                .checked_mul(10)
                .and_then(|tens| tens.checked_add((digit - b'0').into()))
                .ok_or(Unfit)?;
            self.at += 1;
        }
        let digits = &self.octets[begin..self.at];
        let goes_on = matches!(self.octets.get(self.at), Some(b'.' | b'e' | b'E'));
        if digits.is_empty() || goes_on || digits.len() > 1 && digits[0] == b'0' {
            return Err(Unfit);
        }
        if !is_negative {
            return Ok(Number::Positive(number));
        }
        // A zero below zero is none of the whole numbers.
        0_i64.checked_sub_unsigned(number).filter(|number| *number < 0).map(Number::Negative).ok_or(Unfit)
    }

    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Unfit> {
        self.expect(b'"')?;
        let begin = self.at;
        let mut made = Vec::new();
        let mut plain = begin;
        loop {
            match self.octets.get(self.at).ok_or(Unfit)? {
                b'"' => break,
                b'\\' => {
                    made.extend_from_slice(&self.octets[plain..self.at]);
                    self.at += 1;
                    self.escape(&mut made)?;
                    plain = self.at;
                }
                0..0x20 => return Err(Unfit),
                _ => self.at += 1,
            }
        }
        let rest = &self.octets[plain..self.at];
        self.at += 1;
        if plain == begin {
            return std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| Unfit);
        }
        made.extend_from_slice(rest);
        String::from_utf8(made).map(Cow::Owned).map_err(|_| Unfit)
    }

    fn escape(&mut self, made: &mut Vec<u8>) -> Result<(), Unfit> {
        let letter = *self.octets.get(self.at).ok_or(Unfit)?;
        self.at += 1;
        made.push(match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let letter = self.unit().and_then(|unit| self.scalar(unit))?;
                made.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(Unfit),
        });
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Unfit> {
        let digits = self.octets.get(self.at..self.at + 4).ok_or(Unfit)?;
        self.at += 4;
        digits
            .iter()
            .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
            .ok_or(Unfit)
    }

    /// A letter of UTF-16; those beyond its first plane are two units.
    fn scalar(&mut self, unit: u32) -> Result<char, Unfit> {
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit).ok_or(Unfit);
        }
        if self.octets.get(self.at..self.at + 2) != Some(b"\\u") {
            return Err(Unfit);
        }
        self.at += 2;
        let low = self.unit()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(Unfit);
        }
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(Unfit)
    }

    /// Passes a value over, and gives it as it stands.
    pub(super) fn raw(&mut self) -> Result<&'a str, Unfit> {
        self.peek();
        let begin = self.at;
        self.pass(DEPTH)?;
        std::str::from_utf8(&self.octets[begin..self.at]).map_err(|_| Unfit)
    }

    fn pass(&mut self, depth: u8) -> Result<(), Unfit> {
        let inner = depth.checked_sub(1).ok_or(Unfit)?;
        match self.peek().ok_or(Unfit)? {
            b'"' => self.string().map(drop),
            open @ (b'{' | b'[') => {
                self.at += 1;
                let (mut is_first, end) = (true, if open == b'{' { b'}' } else { b']' });
                while self.continues(&mut is_first, end)? {
                    if open == b'{' {
                        self.string()?;
                        self.expect(b':')?;
                    }
                    self.pass(inner)?;
                }
                Ok(())
            }
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.pass_number(),
        }
    }

    /// Any number, with fraction and exponent.
    fn pass_number(&mut self) -> Result<(), Unfit> {
        self.skip(b'-');
        let begin = self.at;
        self.pass_digits()?;
        if self.at > begin + 1 && self.octets[begin] == b'0' {
            return Err(Unfit);
        }
        if self.octets.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.pass_digits()?;
        }
        if let Some(b'e' | b'E') = self.octets.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.octets.get(self.at), Some(b'+' | b'-')));
            self.pass_digits()?;
        }
        Ok(())
    }

    fn pass_digits(&mut self) -> Result<(), Unfit> {
        let begin = self.at;
        while self.octets.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == begin { Err(Unfit) } else { Ok(()) }
    }
}

/// How deep values may stand in one another: the stack of a Worker is small.
const DEPTH: u8 = 100;
