//! Network data representation (C706 chapter 14, MS-RPCE section 2.2.6), as far as a PAC needs it: what pointers point to
//! follows the structure, in their order.

use crate::binary::{Fields, Read};
use crate::tree::Value;

/// Headers of a serialised type (MS-RPCE sections 2.2.6.1 and 2.2.6.2), and the pointer to the structure.
pub(super) fn headers(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let at = fields.at;
    fields.structure(16.min(fields.rest().len()), "headers", |headers| {
        headers.node.spec = "MS-RPCE section 2.2.6";
        let version = headers.u8("Version")?;
        let endianness = headers.u8("Endianness")?;
        let length = headers.u16("CommonHeaderLength")?;
        if (version, endianness, length) != (1, 0x10, 8) {
            headers.note(at, "another header than that of version 1, little-endian");
        }
        headers.u32("Filler")?;
        headers.u32("ObjectBufferLength")?;
        headers.u32("Filler")?;
        Ok(())
    })?;
    fields.aligned_from(fields.at);
    let at = fields.at;
    if fields.u32("pointer")? == 0 {
        fields.note(at, "a null pointer in place of the structure");
    }
    Ok(())
}

/// An `RPC_UNICODE_STRING` (MS-DTYP section 2.3.10) without its text.
#[derive(Clone, Copy, Default)]
pub(super) struct Text {
    pub(super) name: &'static str,
    len: u16,
    is_there: bool,
}

pub(super) fn text(fields: &mut Fields<'_, '_, '_>, name: &'static str) -> Read<Text> {
    fields.align(4)?;
    let mut text = Text {
        name,
        ..Text::default()
    };
    fields.structure(8.min(fields.rest().len()), name, |string| {
        string.node.spec = "MS-DTYP section 2.3.10";
        text.len = string.u16("Length")?;
        string.u16("MaximumLength")?;
        text.is_there = string.u32("Buffer")? != 0;
        Ok(())
    })?;
    Ok(text)
}

impl Text {
    /// The deferred text: a conformant and varying array of 16-bit units.
    pub(super) fn show(self, fields: &mut Fields<'_, '_, '_>) -> Read<()> {
        if !self.is_there {
            return Ok(());
        }
        fields.align(4)?;
        let at = fields.at;
        let rest = fields.rest();
        let word = |at: usize| {
            rest.get(at..at + 4)
                .and_then(<[u8]>::as_array)
                .map(|word| u32::from_le_bytes(*word))
        };
        let Some((max, offset, count)) = word(0).zip(word(4)).zip(word(8)).map(|((a, b), c)| (a, b, c))
        else {
            return fields.stop(format!("cut off within {}", self.name));
        };
        let units = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(2);
        if offset != 0 || count > max || usize::from(self.len) > units {
            return fields.stop(format!("{} whose counts do not fit", self.name));
        }
        let length = units.saturating_add(12);
        let mut value = None;
        fields.structure(length, self.name, |string| {
            string.u32("MaximumCount")?;
            string.u32("Offset")?;
            string.u32("ActualCount")?;
            let bytes = string.bytes(units, "Elements")?;
            value = bytes.get(..self.len.into()).and_then(Value::utf16);
            match &value {
                Some(text) => string.value(text.clone()),
                None => string.note(at + 12, "not UTF-16"),
            }
            Ok(())
        })?;
        if let Some(text) = value {
            fields.value(text);
        }
        Ok(())
    }
}

/// A count and a pointer.
#[derive(Clone, Copy, Default)]
pub(super) struct Array {
    pub(super) name: &'static str,
    count: u32,
    is_there: bool,
}

pub(super) fn array(fields: &mut Fields<'_, '_, '_>, count: &'static str, name: &'static str) -> Read<Array> {
    fields.align(4)?;
    let count = fields.u32(count)?;
    let is_there = fields.u32(name)? != 0;
    Ok(Array {
        name,
        count,
        is_there,
    })
}

impl Array {
    /// The count that stands once more before the elements.
    pub(super) fn begin(self, fields: &mut Fields<'_, '_, '_>) -> Read<u32> {
        if !self.is_there {
            return Ok(0);
        }
        fields.align(4)?;
        let at = fields.at;
        let count = fields.u32("MaximumCount")?;
        if count != self.count {
            fields.note(at, format!("{} of two different counts", self.name));
        }
        Ok(count.min(self.count))
    }

    /// `GROUP_MEMBERSHIP` (MS-PAC section 2.2.2) by `GROUP_MEMBERSHIP`.
    pub(super) fn memberships(self, fields: &mut Fields<'_, '_, '_>) -> Read<()> {
        for _ in 0..self.begin(fields)? {
            fields.structure(8.min(fields.rest().len()), self.name, |group| {
                group.node.spec = "MS-PAC section 2.2.2";
                group.u32("RelativeId")?;
                group.flags("Attributes", &ATTRIBUTES).map(drop)
            })?;
        }
        Ok(())
    }

    /// `KERB_SID_AND_ATTRIBUTES` (MS-PAC section 2.2.1): pointers and attributes, and then the SIDs.
    pub(super) fn sids(self, fields: &mut Fields<'_, '_, '_>) -> Read<()> {
        let count = self.begin(fields)?;
        for _ in 0..count {
            fields.structure(8.min(fields.rest().len()), "KERB_SID_AND_ATTRIBUTES", |group| {
                group.node.spec = "MS-PAC section 2.2.1";
                group.u32("Sid")?;
                group.flags("Attributes", &ATTRIBUTES).map(drop)
            })?;
        }
        (0..count).try_for_each(|_| sid(fields, self.name))
    }
}

/// `SE_GROUP_*` (MS-PAC section 2.2.1).
const ATTRIBUTES: [(u32, &str); 5] = [
    (1, "mandatory"),
    (2, "enabled-by-default"),
    (4, "enabled"),
    (8, "owner"),
    (0x2000_0000, "resource"),
];

/// A SID behind a pointer: a conformant structure, the count of its subauthorities in front.
pub(super) fn sid(fields: &mut Fields<'_, '_, '_>, name: &'static str) -> Read<()> {
    fields.align(4)?;
    fields.u32("MaximumCount")?;
    let subauthorities = fields.rest().get(1).copied().map_or(0, usize::from);
    super::sid(fields, 8 + 4 * subauthorities, name)
}
