//! Dates of headers in the form that nearly all mail has; the page reads any other.

/// `Tue, 01 Dec 2026 10:00:00 +0100` in seconds since 1970; `None` for any other form, and before 1970. A day that a month does not
/// have counts on into the next, as it does for the page.
pub(super) fn usual_moment(text: &[u8]) -> Option<u32> {
    let [
        _,
        _,
        _,
        b',',
        b' ',
        d1,
        d2,
        b' ',
        month @ ..,
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b' ',
        sign,
        z1,
        z2,
        z3,
        z4,
    ] = text
    else {
        return None;
    };
    let [m1, m2, m3, b' ', y1, y2, y3, y4, b' '] = month else { return None };
    let month = MONTHS.iter().position(|known| *known == [*m1, *m2, *m3])? as i64 + 1;
    let [day, century, years] = [two(*d1, *d2)?, two(*y1, *y2)?, two(*y3, *y4)?];
    let [hour, minute, second] = [two(*h1, *h2)?, two(*n1, *n2)?, two(*s1, *s2)?];
    let zone = two(*z1, *z2)? * 60 + two(*z3, *z4)?;
    let zone = match sign {
        b'+' => zone,
        b'-' => -zone,
        _ => return None,
    };
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_before(century * 100 + years, month) + day - 1;
    u32::try_from(days * 86_400 + hour * 3600 + (minute - zone) * 60 + second).ok()
}

/// The number of two digits.
fn two(tens: u8, ones: u8) -> Option<i64> {
    match (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0')) {
        (tens @ 0..10, ones @ 0..10) => Some(i64::from(tens * 10 + ones)),
        _ => None,
    }
}

/// Days from 1970 to the first of a month. Years begin with March here, so that the day that comes every four years is their last.
fn days_before(year: i64, month: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5
        - 719_468
}

const MONTHS: [[u8; 3]; 12] = [
    *b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov",
    *b"Dec",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_form_is_read_and_no_other() {
        for (text, seconds) in [
            ("Tue, 01 Dec 2026 10:00:00 +0100", 1_796_115_600),
            ("Thu, 01 Jan 1970 00:00:00 +0000", 0),
            ("Thu, 29 Feb 2024 23:59:59 -0530", 1_709_270_999),
            ("xxx, 31 Feb 2026 00:00:00 +0000", 1_772_496_000),
            ("Tue, 01 Mar 2100 00:00:00 +0000", 4_107_542_400),
        ] {
            assert_eq!(usual_moment(text.as_bytes()), Some(seconds), "{text}");
        }
        for text in [
            "Tue, 1 Dec 2026 10:00:00 +0100",
            "Tue, 01 dec 2026 10:00:00 +0100",
            "Tue, 00 Dec 2026 10:00:00 +0100",
            "Tue, 32 Dec 2026 10:00:00 +0100",
            "Tue, 01 Dec 2026 24:00:00 +0100",
            "Tue, 01 Dec 2026 10:60:00 +0100",
            "Tue, 01 Dec 2026 10:00:60 +0100",
            "Tue, 01 Dec 2026 10:00:00 ?0100",
            "Tue, 01 Dec 2026 10:00:00 +01:0",
            "Tue, 01 Dec 1926 10:00:00 +0100",
            "Thu, 01 Jan 1970 00:00:00 +0001",
            "Tue, 01 Dec 2026 10:00:00 +0100 ",
            "",
        ] {
            assert_eq!(usual_moment(text.as_bytes()), None, "{text}");
        }
    }
}
