//! Writing keytab files of version 2, byte for byte as MIT 1.14 and later do: no holes, a 32-bit kvno in each record.

use super::KeytabEntry;
use alloc::vec::Vec;
use negotiate_core::Secret;

// Of the fields of a record that have a fixed length, its own length included.
const FIXED_LEN: usize = 4 + 2 + 2 + 4 + 4 + 1 + 2 + 2 + 4;

pub(super) fn write(entries: &[KeytabEntry]) -> Secret<Vec<u8>> {
    // All at once: growing would leave copies of keys in freed memory.
    let len = entries.iter().map(record_len).fold(2, usize::saturating_add);
    let mut file = Secret::new(Vec::with_capacity(len));
    let out = file.expose_mut();
    out.extend_from_slice(&[5, 2]);
    for entry in entries {
        write_record(entry, out);
    }
    file
}

fn record_len(entry: &KeytabEntry) -> usize {
    entry
        .principal()
        .name()
        .components()
        .map(|component| component.len().saturating_add(2))
        .chain([
            FIXED_LEN,
            entry.principal().realm().len(),
            entry.key().expose().len(),
        ])
        .fold(0, usize::saturating_add)
}

fn write_record(entry: &KeytabEntry, out: &mut Vec<u8>) {
    let name = entry.principal().name();
    let len = u32::try_from(record_len(entry).saturating_sub(4)).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    push_u16(name.components().count(), out);
    push_data(entry.principal().realm(), out);
    for component in name.components() {
        push_data(component, out);
    }
    out.extend_from_slice(&name.name_type().0.to_be_bytes());
    let timestamp = u32::try_from(entry.timestamp().unix()).unwrap_or(u32::MAX);
    out.extend_from_slice(&timestamp.to_be_bytes());
    let kvno = entry.kvno().to_be_bytes();
    let [.., short_kvno] = kvno;
    out.push(short_kvno);
    let [.., high, low] = entry.etype().to_be_bytes();
    out.extend_from_slice(&[high, low]);
    push_data(entry.key().expose(), out);
    out.extend_from_slice(&kvno);
}

fn push_data(data: &[u8], out: &mut Vec<u8>) {
    push_u16(data.len(), out);
    out.extend_from_slice(data);
}

// `KeytabEntry::new` has seen to it that every length fits.
fn push_u16(value: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes());
}
