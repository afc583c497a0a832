//! smbclient logs in over SMB, with Microsoft's identifier of Kerberos first in its list, and checks all that we answer.

use interop::acceptor::acceptor;
use interop::kdc::{Tickets, kadmin, ktadd};
use interop::peers::{output, scratch, text};
use interop::smb::log_in;
use negotiate_core::{ContextFlags, Name, Negotiation};
use std::net::TcpListener;
use std::process::Command;

const TREE_CONNECT: u16 = 3;
/// 1.2.840.48018.1.2.2 and 1.2.840.113554.1.2.2, one after the other (MS-SPNG section 3.1.5.1).
const MS_KRB5_AND_KRB5: &[u8] =
    b"\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";

fn smbclient(tickets: &Tickets, port: u16) -> Command {
    let directory = scratch("smbclient");
    std::fs::create_dir(&directory).unwrap();
    let mut command = Command::new("smbclient");
    command.args(["//files.mit.test/share", "--configfile=/dev/null"]);
    command.args(["--ip-address=127.0.0.1", "--port", &port.to_string()]);
    command.args(["--user=alice@MIT.TEST", "--use-kerberos=required", "--command=ls"]);
    command.args([
        "--option=client max protocol=SMB2_10",
        "--option=client signing=required",
    ]);
    for kind in ["lock", "private", "state", "cache", "pid"] {
        command.arg(format!("--option={kind} directory={}", directory.display()));
    }
    tickets.given_to(&mut command);
    command
}

#[test]
fn smbclient_logs_in() {
    kadmin("addprinc -randkey cifs/files.mit.test");
    let acceptor = acceptor(&ktadd("cifs/files.mit.test"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || log_in(listener.accept().unwrap().0, &acceptor));
    // Its Heimdal would ask a KDC that is configured for MIT's library by UDP, which none listens on.
    let alice = Tickets::of_alice().with("cifs/files.mit.test");
    let said = output(&mut smbclient(&alice, port), b"");
    let said = text(&said.stdout) + &text(&said.stderr);
    // It took our AP-REP and the signature by the session key; without either it asks for nothing more.
    assert!(
        said.contains("tree connect failed: NT_STATUS_BAD_NETWORK_NAME"),
        "{said}"
    );
    let login = server.join().expect("the server says why");
    assert_eq!(login.command, TREE_CONNECT);
    let offered = |list: &[u8]| login.token.windows(list.len()).any(|window| window == list);
    assert!(offered(MS_KRB5_AND_KRB5), "{:02x?}", login.token);
    assert_eq!(login.context.initiator().display(), "alice@MIT.TEST");
    assert_eq!(
        login.context.acceptor().as_ref().map(Name::display),
        Some("cifs/files.mit.test@MIT.TEST")
    );
    assert!(login.context.flags().contains(ContextFlags::MUTUAL));
    assert!(matches!(login.context.negotiation(), Negotiation::Spnego));
}
