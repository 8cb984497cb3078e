//! The letters of JSON: strings, numbers, and whole values to pass over.

use crate::NotJson;
use std::borrow::Cow;

/// A place in a JSON text. White space before what is asked for is passed over.
#[derive(Debug)]
pub struct Text<'a> {
    octets: &'a [u8],
    at: usize,
}

/// A whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Zero or more.
    Positive(u64),
    /// Less than zero.
    Negative(i64),
}

impl<'a> Text<'a> {
    /// At the beginning.
    #[must_use]
    pub fn new(octets: &'a [u8]) -> Self {
        Self { octets, at: 0 }
    }

    /// The next octet that is no white space.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(octet) = self.octets.get(self.at) {
            match octet {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => return Some(*octet),
            }
        }
        None
    }

    /// Passes this octet, if it is the next.
    pub fn skip(&mut self, octet: u8) -> bool {
        let is_next = self.peek() == Some(octet);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes this octet.
    ///
    /// # Errors
    /// Another one is the next.
    pub fn expect(&mut self, octet: u8) -> Result<(), NotJson> {
        if self.skip(octet) { Ok(()) } else { Err(NotJson) }
    }

    /// Passes `true`, `false` or `null`.
    ///
    /// # Errors
    /// It is not the next.
    pub fn word(&mut self, word: &[u8]) -> Result<(), NotJson> {
        self.peek();
        if !self.octets[self.at..].starts_with(word) {
            return Err(NotJson);
        }
        self.at += word.len();
        Ok(())
    }

    /// Whether one more member or element follows: a comma, unless it is the first, and not the end.
    ///
    /// # Errors
    /// Neither is the next.
    pub fn continues(&mut self, is_first: &mut bool, end: u8) -> Result<bool, NotJson> {
        if self.skip(end) {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Passes a whole number.
    ///
    /// # Errors
    /// It is none, or beyond 64 bits.
    pub fn number(&mut self) -> Result<Number, NotJson> {
        let is_negative = self.skip(b'-');
        let begin = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.octets.get(self.at) {
            number = number
                .checked_mul(10)
                .and_then(|tens| tens.checked_add((digit - b'0').into()))
                .ok_or(NotJson)?;
            self.at += 1;
        }
        let digits = &self.octets[begin..self.at];
        let goes_on = matches!(self.octets.get(self.at), Some(b'.' | b'e' | b'E'));
        if digits.is_empty() || goes_on || digits.len() > 1 && digits[0] == b'0' {
            return Err(NotJson);
        }
        if !is_negative {
            return Ok(Number::Positive(number));
        }
        // A zero below zero is none of the whole numbers.
        0_i64.checked_sub_unsigned(number).filter(|number| *number < 0).map(Number::Negative).ok_or(NotJson)
    }

    /// Passes a string.
    ///
    /// # Errors
    /// It is none, has half a pair of UTF-16, or is no UTF-8.
    pub fn string(&mut self) -> Result<Cow<'a, str>, NotJson> {
        self.expect(b'"')?;
        let begin = self.at;
        let mut made = Vec::new();
        let mut plain = begin;
        loop {
            match self.octets.get(self.at).ok_or(NotJson)? {
                b'"' => break,
                b'\\' => {
                    made.extend_from_slice(&self.octets[plain..self.at]);
                    self.at += 1;
                    self.escape(&mut made)?;
                    plain = self.at;
                }
                0..0x20 => return Err(NotJson),
                _ => self.at += 1,
            }
        }
        let rest = &self.octets[plain..self.at];
        self.at += 1;
        if plain == begin {
            return std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| NotJson);
        }
        made.extend_from_slice(rest);
        String::from_utf8(made).map(Cow::Owned).map_err(|_| NotJson)
    }

    fn escape(&mut self, made: &mut Vec<u8>) -> Result<(), NotJson> {
        let letter = *self.octets.get(self.at).ok_or(NotJson)?;
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
            _ => return Err(NotJson),
        });
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, NotJson> {
        let digits = self.octets.get(self.at..self.at + 4).ok_or(NotJson)?;
        self.at += 4;
        digits
            .iter()
            .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
            .ok_or(NotJson)
    }

    /// A letter of UTF-16; those beyond its first plane are two units.
    fn scalar(&mut self, unit: u32) -> Result<char, NotJson> {
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit).ok_or(NotJson);
        }
        if self.octets.get(self.at..self.at + 2) != Some(b"\\u") {
            return Err(NotJson);
        }
        self.at += 2;
        let low = self.unit()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(NotJson);
        }
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(NotJson)
    }

    /// Passes a value over, whatever it is, and gives it as it stands.
    ///
    /// # Errors
    /// It is none, or has too many values in one another.
    pub fn raw(&mut self) -> Result<&'a str, NotJson> {
        self.raw_within(DEEPEST)
    }

    pub(crate) fn raw_within(&mut self, depth: u8) -> Result<&'a str, NotJson> {
        self.peek();
        let begin = self.at;
        self.pass(depth)?;
        std::str::from_utf8(&self.octets[begin..self.at]).map_err(|_| NotJson)
    }

    fn pass(&mut self, depth: u8) -> Result<(), NotJson> {
        match self.peek().ok_or(NotJson)? {
            b'"' => self.string().map(drop),
            open @ (b'{' | b'[') => {
                let inner = depth.checked_sub(1).ok_or(NotJson)?;
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
    fn pass_number(&mut self) -> Result<(), NotJson> {
        self.skip(b'-');
        let begin = self.at;
        self.pass_digits()?;
        if self.at > begin + 1 && self.octets[begin] == b'0' {
            return Err(NotJson);
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

    fn pass_digits(&mut self) -> Result<(), NotJson> {
        let begin = self.at;
        while self.octets.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == begin { Err(NotJson) } else { Ok(()) }
    }
}

/// Objects and lists in one another; the stack of a Worker is small.
pub(crate) const DEEPEST: u8 = 127;
