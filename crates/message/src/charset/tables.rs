//! What the Encoding Standard does not have, and what browsers name but can't decode: UTF-7, cp850 and ISO-8859-16.

use crate::decode::{Encoding, decode};

/// The octets 0x80 to 0xff.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";
/// The octets 0xa0 to 0xff. Those below are control characters.
const ISO_8859_16: &str = "\u{a0}ĄąŁ€„Š§š©Ș«Ź\u{ad}źŻ°±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ";

pub(super) fn cp850(octets: &[u8]) -> String {
    by_table(CP850, 0x80, octets)
}

pub(super) fn iso_8859_16(octets: &[u8]) -> String {
    by_table(ISO_8859_16, 0xa0, octets)
}

/// The characters of octets, those from `first` on by a table.
fn by_table(table: &str, first: u8, octets: &[u8]) -> String {
    let letters: Vec<char> = table.chars().collect();
    let letter = |octet: &u8| octet.checked_sub(first).and_then(|place| letters.get(usize::from(place)));
    octets.iter().map(|octet| letter(octet).copied().unwrap_or(char::from(*octet))).collect()
}

/// ```abnf
/// unicode-shift = "+" *(base64 letter) ["-"]
/// ```
/// (RFC 2152). The letters are of UTF-16; with none of them it stands for a plus.
pub(super) fn utf_7(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut pieces = octets.split(|octet| *octet == b'+');
    text.push_str(&String::from_utf8_lossy(pieces.next().unwrap_or_default()));
    for piece in pieces {
        let is_letter = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'/';
        let (letters, rest) = piece.split_at(piece.iter().take_while(|octet| is_letter(octet)).count());
        let units: Vec<u16> = decode(Encoding::Base64, letters)
            .as_chunks()
            .0
            .iter()
            .map(|pair| u16::from_be_bytes(*pair))
            .collect();
        if letters.is_empty() {
            text.push('+');
        }
        text.push_str(&String::from_utf16_lossy(&units));
        text.push_str(&String::from_utf8_lossy(rest.strip_prefix(b"-").unwrap_or(rest)));
    }
    text
}
