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

// The proleptic Gregorian calendar in 400-year eras that start on 1 March, so that the leap day is an era's last. They are
// counted from 400 years before the year 0, whose January is in the era before; nothing up to the year 9999 overflows.
#[allow(clippy::arithmetic_side_effects)]
fn seconds_from_civil(year: u32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> i64 {
    let year = year + 400 - u32::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = i64::from(era * DAYS_OF_ERA + day_of_era) - DAYS_TO_1970 - i64::from(DAYS_OF_ERA);
    days * 86_400 + i64::from(hour * 3600 + minute * 60 + second)
}

const DAYS_OF_ERA: u32 = 146_097;
// From 1 March of the year 0.
const DAYS_TO_1970: i64 = 719_468;

// Inverse of `seconds_from_civil`; i64 microseconds hold about 292,000 years, so nothing can overflow.
#[allow(clippy::arithmetic_side_effects)]
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + DAYS_TO_1970;
    let era = days.div_euclid(DAYS_OF_ERA.into());
    let day_of_era = days.rem_euclid(DAYS_OF_ERA.into());
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        year,
        u32::try_from(month).unwrap_or(1),
        u32::try_from(day).unwrap_or(1),
    )
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
