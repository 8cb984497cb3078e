//! Small valid files, made here: PNG, PDF, ZIP, CSV, iCalendar.

use super::charset::base64_lines;

/// A file in a message.
#[derive(Debug, Clone)]
pub(super) struct File {
    name: String,
    content_type: &'static str,
    octets: Vec<u8>,
}

impl File {
    pub(super) fn new(name: &str, content_type: &'static str, octets: Vec<u8>) -> Self {
        Self { name: name.to_owned(), content_type, octets }
    }

    /// As a part of its own (RFC 2183; names as RFC 2231).
    pub(super) fn attached(&self) -> Vec<u8> {
        if self.content_type == "message/rfc822" {
            let head = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n";
            return [&head[..], &self.octets].concat();
        }
        let name = parameter(&self.name);
        let kind = self.content_type;
        self.part(&format!("Content-Type: {kind}\r\nContent-Disposition: attachment;\r\n {name}\r\n"))
    }

    /// As an image that the HTML shows; the Content-ID is the name.
    pub(super) fn inlined(&self) -> Vec<u8> {
        let (name, kind) = (&self.name, self.content_type);
        self.part(&format!(
            "Content-Type: {kind}; name=\"{name}\"\r\nContent-ID: <{name}>\r\n\
             Content-Disposition: inline; filename=\"{name}\"\r\n"
        ))
    }

    fn part(&self, head: &str) -> Vec<u8> {
        let head = format!("{head}Content-Transfer-Encoding: base64\r\n\r\n");
        [head.as_bytes(), &base64_lines(&self.octets)].concat()
    }
}

fn parameter(name: &str) -> String {
    if name.is_ascii() {
        return format!("filename=\"{name}\"");
    }
    let escaped = name.bytes().map(|octet| match octet {
        octet if octet.is_ascii_alphanumeric() || b"._-".contains(&octet) => char::from(octet).to_string(),
        octet => format!("%{octet:02X}"),
    });
    format!("filename*=utf-8''{}", escaped.collect::<String>())
}

/// A page with lines of text, in the one font that every reader has.
pub(super) fn pdf(lines: &[&str]) -> Vec<u8> {
    let shown: String = lines.iter().map(|line| format!("({line}) Tj T*\n")).collect();
    let content = format!("BT /F1 14 Tf 20 TL 60 780 Td\n{shown}ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = String::from("%PDF-1.4\n");
    let mut rows = String::from("0000000000 65535 f \n");
    for (object, number) in objects.iter().zip(1..) {
        rows.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = pdf.len();
    pdf.push_str(&format!(
        "xref\n0 6\n{rows}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    pdf.into_bytes()
}

/// An archive of stored files, dated 1 January 1980.
pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, octets) in entries {
        let size = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        // Version 2.0, no flags, stored, time 0, date 1980-01-01.
        let mut common = [20_u16, 0, 0, 0, 0x21].map(u16::to_le_bytes).concat();
        common.extend_from_slice(&[crc32(octets), size, size].map(u32::to_le_bytes).concat());
        common.extend_from_slice(&[name_length, 0].map(u16::to_le_bytes).concat());
        let offset = u32::try_from(archive.len()).unwrap_or(u32::MAX);
        directory.extend_from_slice(&[&b"PK\x01\x02\x14\x00"[..], &common, &[0; 10]].concat());
        directory.extend_from_slice(&[&offset.to_le_bytes(), name.as_bytes()].concat());
        archive.extend_from_slice(&[b"PK\x03\x04", &common[..], name.as_bytes(), octets].concat());
    }
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    let sizes = [directory.len(), archive.len()].map(|size| u32::try_from(size).unwrap_or(u32::MAX));
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    archive.extend_from_slice(&[count, count].map(u16::to_le_bytes).concat());
    archive.extend_from_slice(&sizes.map(u32::to_le_bytes).concat());
    archive.extend_from_slice(&[0, 0]);
    archive
}

/// CRC-32 as PNG and ZIP use it.
pub(super) fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(u32::MAX, |sum, octet| {
        (0..8).fold(
            sum ^ u32::from(*octet),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_table_of_a_pdf_points_at_its_objects() {
        let pdf = String::from_utf8(pdf(&["one", "two"])).expect("ASCII");
        let table = pdf.split("0000000000 65535 f \n").nth(1).expect("a table");
        for (row, number) in table.lines().take(5).zip(1..) {
            let offset: usize = row[..10].parse().expect("an offset");
            assert!(pdf[offset..].starts_with(&format!("{number} 0 obj")), "{row}");
        }
    }

    #[test]
    fn an_archive_says_where_its_files_are() {
        let archive = zip(&[("a.txt", b"one"), ("b.txt", b"three")]);
        let end = archive.len() - 22;
        let number =
            |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().expect("four octets")) as usize;
        assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
        let directory = number(end + 16);
        assert_eq!(directory + number(end + 12), end);
        assert_eq!(&archive[directory..directory + 4], b"PK\x01\x02");
        let second = directory + 46 + 5;
        assert_eq!(&archive[second..second + 4], b"PK\x01\x02");
        assert_eq!(&archive[number(second + 42)..][..4], b"PK\x03\x04");
    }
}
