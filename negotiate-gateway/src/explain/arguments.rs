//! Arguments of `explain` that are more than a path.

use negotiate_core::{ChannelBindings, Timestamp};
use std::str::FromStr;
use std::sync::Arc;

/// `--now`: a date and time of RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(super) Timestamp);

/// `--channel-bindings`: application data in hex.
#[derive(Clone, Debug)]
pub(crate) struct Bindings(pub(super) Arc<ChannelBindings>);

impl FromStr for Time {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_rfc3339(text)
            .map(Self)
            .ok_or("write date, time and offset as in RFC 3339: 2026-11-22T05:57:20Z")
    }
}

impl FromStr for Bindings {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.filter(|digits| !digits.is_empty() && digits.len().is_multiple_of(2));
        let digits = digits.ok_or("write an even number of hex digits")?;
        let octet = |pair: &[u32]| {
            pair.iter()
                .fold(0, |octet, digit| octet << 4 | (digit & 0xf) as u8)
        };
        let octets: Vec<u8> = digits.chunks_exact(2).map(octet).collect();
        Ok(Self(Arc::new(ChannelBindings::from_application_data(octets))))
    }
}

/// RFC 3339 section 5.6: `date-time`. A leap second counts as the second before it; a space may stand for the `T`.
fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let (separator, rest) = rest.split_at_checked(1)?;
    let (time, rest) = rest.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let offset_at = rest.find(['Z', 'z', '+', '-'])?;
    let (fraction, offset) = rest.split_at_checked(offset_at)?;
    if !matches!(separator, "T" | "t" | " ") {
        return None;
    }
    let second = if second == 60 { 59 } else { second };
    let local = Timestamp::from_civil(year.into(), month, day, hour, minute, second)?;
    let micros = micros(fraction)?;
    let offset = offset_seconds(offset)?;
    Some(Timestamp::from_unix_micros(
        (local.unix() - offset) * 1_000_000 + micros,
    ))
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut number = |width| parts.next().filter(|part| part.len() == width).and_then(digits);
    let all = [number(widths[0])?, number(widths[1])?, number(widths[2])?];
    parts.next().is_none().then_some(all)
}

fn digits(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// `1*DIGIT` after a dot, cut to microseconds.
fn micros(fraction: &str) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let all = fraction.strip_prefix('.').filter(|all| !all.is_empty())?;
    if !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let six: String = all.chars().chain("000000".chars()).take(6).collect();
    six.parse().ok()
}

fn offset_seconds(text: &str) -> Option<i64> {
    let sign = match text.get(..1)? {
        "Z" | "z" => return (text.len() == 1).then_some(0),
        "+" => 1,
        _ => -1,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |part: &str| (part.len() == 2).then(|| digits(part)).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_rfc_3339() {
        // RFC 3339 section 5.8, and the seconds that `date -u -d` gives for them.
        for (text, micros) in [
            ("1985-04-12T23:20:50.52Z", 482_196_050_520_000),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000_000),
            ("1990-12-31T23:59:60Z", 662_687_999_000_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000),
            ("2026-11-22 05:57:20z", 1_795_327_040_000_000),
            ("2026-11-22T05:57:20.1234567Z", 1_795_327_040_123_456),
        ] {
            let time: Time = text.parse().unwrap();
            assert_eq!(time.0.unix_micros(), micros, "{text}");
        }
        for text in [
            "",
            "now",
            "2026-11-22",
            "2026-11-22T05:57:20",
            "2026-11-22T05:57:20.Z",
            "2026-11-22T05:57:20+1:00",
            "2026-11-22T05:57:20+24:00",
            "2026-11-22T05:57:20Z ",
            "2026-02-30T05:57:20Z",
            "2026-11-22x05:57:20Z",
            "+026-11-22T05:57:20Z",
            "2026-11-22T05:57:\u{e9}0Z",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn bindings_are_hex() {
        let bindings: Bindings = "746C73".parse().unwrap();
        assert_eq!(bindings.0.application_data, b"tls");
        for text in ["", "7", "7g", "0x74"] {
            assert!(text.parse::<Bindings>().is_err(), "{text}");
        }
    }
}
