//! The peers agree with each other: what a later test blames on us is not theirs.

use interop::kdc::Tickets;
use interop::peers::keytab;
use interop::token::{by_mit, initiate};
use serde_json::json;

#[test]
fn mit_accepts_what_its_initiator_sends() {
    let alice = Tickets::of_alice();
    for arguments in [
        &["--mech", "spnego"][..],
        &["--mech", "krb5"],
        &["--mutual"],
        &["--delegate"],
    ] {
        let verdict = by_mit(&keytab("www"), &initiate(&alice, arguments));
        assert_eq!(
            verdict,
            json!({"accepted": true, "src_name": "alice@MIT.TEST"}),
            "{arguments:?}"
        );
    }
}

#[test]
fn mit_accepts_each_encryption_type() {
    let alice = Tickets::of_alice();
    for host in ["e17", "e18", "e19", "e20"] {
        let token = initiate(&alice, &["--target", &format!("HTTP@{host}.mit.test")]);
        assert_eq!(by_mit(&keytab("www"), &token)["accepted"], true, "{host}");
    }
}
