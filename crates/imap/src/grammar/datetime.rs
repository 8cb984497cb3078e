//! INTERNALDATE (RFC 9051, 9: date-time).

use super::core::quoted;
use super::{Parsed, Reading};
use crate::fault::Fault;
use crate::types::DateTime;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// ```abnf
/// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
/// date-day-fixed = (SP DIGIT) / 2DIGIT
/// ```
/// A date that does not exist, such as `00-Jan-0000`, is `None`.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn date_time<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<DateTime>> {
    if let Some((date, rest)) = input.split_first_chunk::<28>()
        && let Some(date) = exact(date)
    {
        return Ok((rest, Some(date)));
    }
    let (rest, text) = quoted(input, reading)?;
    let date = std::str::from_utf8(&text).ok().and_then(read);
    if date.is_none() {
        reading.forgive(Fault::OddDate, input, "date-time")?;
    }
    Ok((rest, date))
}

/// A date exactly as the rule has it; `None` leaves it to [`read`].
#[cfg_attr(for_speed, optimize(speed))]
fn exact(text: &[u8; 28]) -> Option<DateTime> {
    let digit = |octet: u8| i64::from(octet.wrapping_sub(b'0'));
    let two = |tens: u8, ones: u8| match (digit(tens), digit(ones)) {
        (tens @ 0..10, ones @ 0..10) => Some(tens * 10 + ones),
        _ => None,
    };
    let [
        b'"',
        d1,
        d2,
        b'-',
        m1,
        m2,
        m3,
        b'-',
        y1,
        y2,
        y3,
        y4,
        b' ',
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
        b'"',
    ] = *text
    else {
        return None;
    };
    let month = month(&[m1, m2, m3])?;
    let day = two(if d1 == b' ' { b'0' } else { d1 }, d2)?;
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    let minutes = i16::try_from(two(z1, z2)? * 60 + two(z3, z4)?).ok()?;
    let zone_minutes = match sign {
        b'+' => minutes,
        b'-' => -minutes,
        _ => return None,
    };
    date_of([year, month, day, hour, minute, second], zone_minutes)
}

#[cfg_attr(for_speed, optimize(speed))]
fn month(name: &[u8]) -> Option<i64> {
    let index = MONTHS.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(name))?;
    i64::try_from(index + 1).ok()
}

/// Year, month, day, hour, minute and second of a zone; `None` if there is no such time.
#[cfg_attr(for_speed, optimize(speed))]
fn date_of([year, month, day, hour, minute, second]: [i64; 6], zone_minutes: i16) -> Option<DateTime> {
    if !(1..=31).contains(&day) || !(1..=9999).contains(&year) || hour > 23 || minute > 60 || second > 60 {
        return None;
    }
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(DateTime { unix_seconds: seconds - i64::from(zone_minutes) * 60, zone_minutes })
}

fn read(text: &str) -> Option<DateTime> {
    let mut words = text.split_ascii_whitespace();
    let (date, time) = (words.next()?, words.next()?);
    let zone_minutes = words.next().map_or(Some(0), zone)?;
    let mut date = date.split('-');
    let day: i64 = date.next()?.parse().ok()?;
    let month = month(date.next()?.as_bytes())?;
    let year: i64 = date.next()?.parse().ok()?;
    let mut time =
        time.split(':').map(|part| part.parse::<i64>().ok().filter(|part| (0..=60).contains(part)));
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().unwrap_or(Some(0))?);
    date_of([year, month, day, hour, minute, second], zone_minutes)
}

/// ```abnf
/// zone = ("+" / "-") 4DIGIT
/// ```
fn zone(text: &str) -> Option<i16> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return Some(0),
    };
    let number: i16 = digits.parse().ok().filter(|number| (0..=9999).contains(number))?;
    Some(sign * (number / 100 * 60 + number % 100))
}

/// Days since 1970-01-01 in the Gregorian calendar; the year is counted from March so that leap days come last.
#[cfg_attr(for_speed, optimize(speed))]
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date as APPEND sends it.
pub(crate) fn write_date_time(date: DateTime) -> String {
    let local = date.unix_seconds.saturating_add(i64::from(date.zone_minutes) * 60);
    let (days, second_of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let month = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or("Jan");
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    let sign = if date.zone_minutes < 0 { '-' } else { '+' };
    let zone = date.zone_minutes.unsigned_abs();
    format!(
        "\"{day:2}-{month}-{year:04} {hour:02}:{minute:02}:{second:02} {sign}{:02}{:02}\"",
        zone / 60,
        zone % 60
    )
}

const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9051_7_5_2_date_reads_and_writes() {
        let (_, date) = date_time(b"\"17-Jul-1996 02:44:25 -0700\"", Reading::lenient()).unwrap();
        assert_eq!(date, Some(DateTime { unix_seconds: 837_596_665, zone_minutes: -420 }));
        assert_eq!(write_date_time(date.unwrap()), "\"17-Jul-1996 02:44:25 -0700\"");
        let (_, day) = date_time(b"\" 1-feb-2024 00:00:00 +0000\"", Reading::lenient()).unwrap();
        assert_eq!(day.unwrap().unix_seconds, 1_706_745_600);
        for (loose, exact) in [
            ("\"1-Feb-2024 00:00:00 +0000\"", "\" 1-Feb-2024 00:00:00 +0000\""),
            ("\"01-FEB-2024 09:59:60  -1130\"", "\"01-FEB-2024 09:59:60 -1130\""),
        ] {
            let date = |text: &str| date_time(text.as_bytes(), Reading::lenient()).unwrap().1.unwrap();
            assert_eq!(date(loose), date(exact));
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_none() {
        for odd in [
            "\"00-Jan-0000 00:00:00 +0000\"",
            "\"\"",
            "\"17-Foo-1996 02:44:25 -0700\"",
            "\"1-Jan-2000 99:00:00 +0000\"",
        ] {
            assert_eq!(date_time(odd.as_bytes(), Reading::lenient()).unwrap().1, None, "{odd}");
        }
    }

    #[test]
    fn every_day_reads_back() {
        for day in (-400_000..400_000).step_by(37) {
            let (year, month, of_month) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, of_month), day);
        }
    }
}
