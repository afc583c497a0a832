//! RFC 4120 section 3.3.3.2 for lists that need no rule but the comma: names like domains, written in full. What else there
//! is in that language has tests of its own in mech-krb5.

/// Whether every realm of the list lies on the way up and down the names between client and server; `None` if this model
/// does not know.
pub(super) fn is_on_the_way(contents: &[u8], client: &[u8], server: &[u8]) -> Option<bool> {
    let is_plain = |realm: &[u8]| {
        let labels = realm.split(|byte| *byte == b'.');
        let is_label = |label: &[u8]| !label.is_empty() && label.iter().all(u8::is_ascii_alphanumeric);
        realm.len() <= 255 && labels.into_iter().all(is_label)
    };
    let realms: Vec<&[u8]> = contents.split(|byte| *byte == b',').collect();
    let has_escapes = contents.contains(&b'\\');
    let is_marked_and_empty = |realm: &&[u8]| !realm.is_empty() && realm.iter().all(|byte| *byte == b' ');
    if !has_escapes && realms.iter().any(is_marked_and_empty) {
        return Some(false);
    }
    if realms.len() > 32 || !realms.iter().copied().chain([client, server]).all(is_plain) {
        return None;
    }
    let (of_client, of_server) = (labels(client), labels(server));
    let common = of_client
        .iter()
        .zip(&of_server)
        .take_while(|(one, other)| one == other)
        .count();
    let is_between = |realm: &[u8]| {
        let via = labels(realm);
        let is_above = |end: &[&[u8]]| end.starts_with(&via) && via.len() >= common;
        common > 0 && (is_above(&of_client) || is_above(&of_server))
    };
    Some(
        realms
            .iter()
            .all(|realm| *realm == client || (*realm != server && is_between(realm))),
    )
}

/// From the top down.
fn labels(realm: &[u8]) -> Vec<&[u8]> {
    let mut labels: Vec<&[u8]> = realm.split(|byte| *byte == b'.').collect();
    labels.reverse();
    labels
}
