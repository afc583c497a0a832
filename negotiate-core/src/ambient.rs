//! What the core tier takes from outside: the time and random bytes, as arguments.
//!
//! Nothing in the core tier reads a clock or draws randomness by itself, so a test sets both, and a token is
//! judged at the time that its server names.

use core::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

const MICROS: i64 = 1_000_000;

impl Timestamp {
    /// From whole seconds since 1970 (saturating at the ends of the range).
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// From microseconds since 1970.
    #[must_use]
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From a FILETIME (MS-DTYP section 2.3.3), 100-nanosecond steps from 1601; `None` of times before 1970.
    #[must_use]
    pub fn from_file_time(steps: u64) -> Option<Self> {
        let since_1970 = steps.checked_sub(116_444_736_000_000_000)?;
        i64::try_from(since_1970 / 10).ok().map(Self)
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// The microseconds within the second, 0 to 999,999 (`cusec`, `susec` and `ctime`'s companions in RFC 4120).
    #[must_use]
    #[allow(clippy::as_conversions)] // below 1,000,000; TryFrom is not const
    pub const fn subsec_micros(self) -> u32 {
        self.0.rem_euclid(MICROS).unsigned_abs() as u32
    }

    /// This time and `duration` more.
    #[must_use]
    pub fn plus(self, duration: Seconds) -> Self {
        Self(self.0.saturating_add(duration.micros()))
    }

    /// This time less `duration`.
    #[must_use]
    pub fn minus(self, duration: Seconds) -> Self {
        Self(self.0.saturating_sub(duration.micros()))
    }

    /// Seconds from `earlier` to this time, rounded towards zero; negative if `earlier` is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / MICROS
    }

    /// Year, month (1..), day (1..), hour, minute, second in UTC.
    #[must_use]
    pub fn civil(self) -> (i64, u32, u32, u32, u32, u32) {
        let seconds = self.unix();
        let days = seconds.div_euclid(86_400);
        let of_day = seconds.rem_euclid(86_400).unsigned_abs();
        let (year, month, day) = civil_from_days(days);
        let part = |n: u64| u32::try_from(n).unwrap_or(0);
        (
            year,
            month,
            day,
            part(of_day / 3600),
            part(of_day / 60 % 60),
            part(of_day % 60),
        )
    }

    /// From a calendar date and time in UTC; `None` if there is no such date or time.
    #[must_use]
    pub fn from_civil(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Self> {
        let year = u32::try_from(year).ok().filter(|year| *year <= 9999)?;
        let length = match month {
            2 if is_leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if day == 0 || day > length || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(Self::from_unix(seconds_from_civil(
            year, month, day, hour, minute, second,
        )))
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

// The proleptic Gregorian calendar, in years that start on 1 March, so that the leap day is a year's last: March is month 3,
// and February month 14. Days are counted from 1 March of a year long before all that occur here, a multiple of 400, in
// which the calendar repeats itself. With Neri's and Schneider's coefficients for the days of months ("Euclidean affine
// functions and their application to calendar algorithms", 2022).
#[allow(clippy::arithmetic_side_effects)]
fn seconds_from_civil(year: u32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> i64 {
    let is_early = month <= 2;
    let year = year + 400 - u32::from(is_early);
    let month = if is_early { month + 12 } else { month };
    let century = year / 100;
    let days_before_year = 1461 * year / 4 - century + century / 4;
    let days_before_month = (979 * month - 2919) / 32;
    let days = i64::from(days_before_year + days_before_month + day) - 1 - DAYS_TO_1970 - DAYS_OF_ERA;
    days * 86_400 + i64::from(hour * 3600 + minute * 60 + second)
}

const DAYS_OF_ERA: i64 = 146_097;
// From 1 March of the year 0.
const DAYS_TO_1970: i64 = 719_468;
// As many as reach behind the first year of 64-bit microseconds.
const ERAS_BEFORE: i64 = 800;

// Inverse of `seconds_from_civil`; i64 microseconds hold about 292,000 years each way, so that no number of days leaves u32.
#[allow(clippy::arithmetic_side_effects)]
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = u32::try_from(days + DAYS_TO_1970 + ERAS_BEFORE * DAYS_OF_ERA).unwrap_or(0);
    let quarters = 4 * days + 3;
    let (century, of_century) = (quarters / 146_097, quarters % 146_097 / 4);
    let quarters = 4 * of_century + 3;
    let (year, of_year) = (quarters / 1461, quarters % 1461 / 4);
    let month_and_day = 2141 * of_year + 197_913;
    let (month, day) = (month_and_day >> 16, (month_and_day & 0xffff) / 2141 + 1);
    let is_early = month > 12;
    let year = i64::from(100 * century + year + u32::from(is_early)) - 400 * ERAS_BEFORE;
    (year, if is_early { month - 12 } else { month }, day)
}

/// RFC 3339 in UTC, whole seconds: `2026-11-22T05:57:15Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second) = self.civil();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}+{}us", self.subsec_micros())
    }
}

/// A length of time in whole seconds, never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default)]
pub struct Seconds(pub u32);

impl Seconds {
    fn micros(self) -> i64 {
        i64::from(self.0).saturating_mul(MICROS)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// A source of random bytes fit for keys.
pub trait Random {
    /// Fills `out` whole.
    ///
    /// # Errors
    /// [`RandomUnavailable`] if the source cannot; `out` must then not be used.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable>;
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomUnavailable;

impl fmt::Display for RandomUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no random bytes are available")
    }
}

impl core::error::Error for RandomUnavailable {}

/// The outside world during one step: what time it is, and where random bytes come from.
pub struct Ambient<'a> {
    /// The time at which tokens are judged.
    pub now: Timestamp,
    /// Where confounders, subkeys and sequence numbers come from.
    pub random: &'a mut dyn Random,
}

impl fmt::Debug for Ambient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ambient")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// Random bytes of the operating system.
#[cfg(feature = "system")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

#[cfg(feature = "system")]
impl Random for SystemRandom {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        getrandom::fill(out).map_err(|_| RandomUnavailable)
    }
}

#[cfg(feature = "system")]
impl Timestamp {
    /// The operating system's clock. For the edge tier: nothing in the core tier calls it.
    #[must_use]
    pub fn now() -> Self {
        match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => Self(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
            Err(before) => {
                Self(i64::try_from(before.duration().as_micros()).map_or(i64::MIN, i64::wrapping_neg))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn calendar_round_trips_at_its_corners() {
        for (text, unix) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1999-12-31T23:59:59Z", 946_684_799),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-22T05:57:15Z", 1_795_327_035),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(Timestamp::from_unix(unix).to_string(), text);
            let (y, mo, d, h, mi, s) = Timestamp::from_unix(unix).civil();
            assert_eq!(
                Timestamp::from_civil(y, mo, d, h, mi, s),
                Some(Timestamp::from_unix(unix))
            );
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let (mut year, mut month, mut day) = (0_i64, 1_u32, 1_u32);
        for days in -719_528..2_932_897 {
            let time = Timestamp::from_unix(days * 86_400 + 3_723);
            assert_eq!(time.civil(), (year, month, day, 1, 2, 3), "{days}");
            assert_eq!(
                Timestamp::from_civil(year, month, day, 1, 2, 3),
                Some(time),
                "{days}"
            );
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = [
                31,
                if is_leap { 29 } else { 28 },
                31,
                30,
                31,
                30,
                31,
                31,
                30,
                31,
                30,
                31,
            ];
            day += 1;
            if day > last[month as usize - 1] {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!((year, month, day), (10_000, 1, 1));
    }

    #[test]
    fn the_ends_of_time_have_dates() {
        for (time, text) in [
            (i64::MIN, "-290308-12-21T19:59:05Z"),
            (i64::MAX, "294247-01-10T04:00:54Z"),
        ] {
            assert_eq!(Timestamp::from_unix_micros(time).to_string(), text);
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for (y, mo, d) in [
            (2023, 2, 29),
            (2100, 2, 29),
            (2024, 0, 1),
            (2024, 13, 1),
            (2024, 4, 31),
            (2024, 1, 0),
        ] {
            assert_eq!(Timestamp::from_civil(y, mo, d, 0, 0, 0), None, "{y}-{mo}-{d}");
        }
        assert_eq!(Timestamp::from_civil(2024, 1, 1, 24, 0, 0), None);
        assert_eq!(Timestamp::from_civil(2024, 1, 1, 0, 60, 0), None);
        assert_eq!(Timestamp::from_civil(2024, 1, 1, 0, 0, 60), None);
    }

    #[test]
    fn times_before_1970_keep_their_microseconds_positive() {
        let time = Timestamp::from_unix_micros(-1);
        assert_eq!((time.unix(), time.subsec_micros()), (-1, 999_999));
    }
}
