//! Detection of replayed and reordered messages (RFC 2743 section 1.2.3, RFC 4121 section 4.2.1).

use negotiate_core::{ContextFlags, MessageOrder, PerMessageError};

/// Which of the last 64 sequence numbers of the peer have been seen. IPsec's window (RFC 4303 section 3.4.3) is as wide:
/// enough for what a network reorders, and one word.
#[derive(Debug)]
pub(crate) struct SequenceWindow {
    /// The number after the highest that was seen.
    next: u64,
    /// Bit n is set if `next - 1 - n` was seen.
    seen: u64,
    /// The highest number there is.
    max: u64,
    detection: Detection,
}

/// How wide the numbers are, which wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// RFC 1964 section 1.2.1.2.
    Of32Bits,
    /// RFC 4121 section 4.2.1.
    Of64Bits,
}

/// What the initiator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detection {
    None,
    Replay,
    Sequence,
}

const WIDTH: u64 = 64;

impl SequenceWindow {
    /// A window before the message with number `first`.
    pub(crate) fn new(first: u64, numbers: Numbers, flags: ContextFlags) -> Self {
        let detection = if flags.contains(ContextFlags::SEQUENCE) {
            Detection::Sequence
        } else if flags.contains(ContextFlags::REPLAY) {
            Detection::Replay
        } else {
            Detection::None
        };
        Self {
            next: first,
            seen: 0,
            max: match numbers {
                Numbers::Of32Bits => u32::MAX.into(),
                Numbers::Of64Bits => u64::MAX,
            },
            detection,
        }
    }

    pub(crate) const fn is_next(&self, number: u64) -> bool {
        self.next == number
    }

    /// Takes note of a genuine message.
    pub(crate) fn take(&mut self, number: u64) -> Result<MessageOrder, PerMessageError> {
        if self.detection == Detection::None {
            return Ok(MessageOrder::Expected);
        }
        // Sequence numbers wrap (RFC 4120 section 5.5.1), so "ahead" and "behind" are halves of the circle.
        let ahead = number.wrapping_sub(self.next) & self.max;
        if ahead < self.max / 2 {
            let shift = u32::try_from(ahead.saturating_add(1)).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(shift).unwrap_or(0) | 1;
            self.next = number.wrapping_add(1) & self.max;
            return Ok(if ahead == 0 {
                MessageOrder::Expected
            } else {
                self.unless_sequence(MessageOrder::Gap)
            });
        }
        let behind = self.next.wrapping_sub(number).wrapping_sub(1) & self.max;
        if behind >= WIDTH {
            return Err(PerMessageError::OldToken);
        }
        let bit = 1_u64
            .checked_shl(u32::try_from(behind).unwrap_or(u32::MAX))
            .unwrap_or(0);
        if self.seen & bit != 0 {
            return Err(PerMessageError::DuplicateToken);
        }
        self.seen |= bit;
        Ok(self.unless_sequence(MessageOrder::Unsequenced))
    }

    fn unless_sequence(&self, order: MessageOrder) -> MessageOrder {
        if self.detection == Detection::Sequence {
            order
        } else {
            MessageOrder::Expected
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageOrder::{Expected, Gap, Unsequenced};
    use PerMessageError::{DuplicateToken, OldToken};
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn order_is_told_where_it_was_asked_for() {
        let mut window = SequenceWindow::new(10, Numbers::Of64Bits, ContextFlags::SEQUENCE);
        let taken = [10, 11, 11, 14, 12, 12, 13, 15, 9, 200, 136, 137].map(|number| window.take(number));
        assert_eq!(
            taken,
            [
                Ok(Expected),
                Ok(Expected),
                Err(DuplicateToken),
                Ok(Gap),
                Ok(Unsequenced),
                Err(DuplicateToken),
                Ok(Unsequenced),
                Ok(Expected),
                // Before the first: never sent, and told apart from a late one by nobody.
                Ok(Unsequenced),
                Ok(Gap),
                Err(OldToken),
                Ok(Unsequenced),
            ]
        );
    }

    #[test]
    fn replay_detection_alone_does_not_speak_of_order() {
        let mut window = SequenceWindow::new(0, Numbers::Of64Bits, ContextFlags::REPLAY);
        assert_eq!(
            [5, 4, 4].map(|number| window.take(number)),
            [Ok(Expected), Ok(Expected), Err(DuplicateToken)]
        );
        let mut window = SequenceWindow::new(0, Numbers::Of64Bits, ContextFlags::default());
        assert_eq!(
            [5, 5].map(|number| window.take(number)),
            [Ok(Expected), Ok(Expected)]
        );
    }

    #[test]
    fn numbers_wrap() {
        for (numbers, max) in [
            (Numbers::Of64Bits, u64::MAX),
            (Numbers::Of32Bits, u32::MAX.into()),
        ] {
            let mut window = SequenceWindow::new(max, numbers, ContextFlags::SEQUENCE);
            assert_eq!(
                [max, 0, max, max - 1, 1].map(|number| window.take(number)),
                [
                    Ok(Expected),
                    Ok(Expected),
                    Err(DuplicateToken),
                    Ok(Unsequenced),
                    Ok(Expected)
                ]
            );
            let mut window = SequenceWindow::new(max, numbers, ContextFlags::SEQUENCE);
            assert_eq!(
                [1, max, 0].map(|number| window.take(number)),
                [Ok(Gap), Ok(Unsequenced), Ok(Unsequenced)]
            );
        }
    }

    proptest! {
        #[test]
        fn no_number_is_taken_twice(numbers in prop::collection::vec(0_u64..200, 0..300)) {
            let mut window = SequenceWindow::new(0, Numbers::Of64Bits, ContextFlags::REPLAY);
            let mut taken = HashSet::new();
            for number in numbers {
                match window.take(number) {
                    Ok(_) => prop_assert!(taken.insert(number)),
                    Err(DuplicateToken) => prop_assert!(taken.contains(&number)),
                    Err(_) => {}
                }
            }
        }
    }
}
