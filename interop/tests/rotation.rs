//! A keytab that changes every second while clients log in as fast as they can: no login with a key that is in it is lost,
//! and no key that was taken out opens a ticket. `ROTATION_SECONDS=60` makes it last a minute.

use interop::client::{authorization, curl, url};
use interop::kdc::{Tickets, kadmin};
use interop::peers::{Daemon, scratch, tool};
use interop::server::Gateway;
use interop::token::initiate_many;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

/// How many versions of the key are in the keytab.
const KEPT: usize = 4;

/// Rounds of a second or more after which the gateway, which looks once a second, has seen a change for certain.
const SEEN: usize = 2;

/// How new keys come into the file, and old ones out of it.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A new file is renamed into its place.
    Renamed,
    /// kadmin's ktadd and ktrem write into it.
    InPlace,
}

/// A process of `tools/login_loop.py`.
struct Client {
    child: Child,
    caches: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Client {
    fn start(host: &str, gateway: &Daemon, first: &Tickets) -> Self {
        let mut child = tool("login_loop.py")
            .args([host, &gateway.address.port().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut client = Self {
            caches: child.stdin.take().unwrap(),
            reports: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        client.tell(first);
        client
    }

    fn tell(&mut self, tickets: &Tickets) {
        writeln!(self.caches, "{}", tickets.path().display()).unwrap();
    }

    /// Goes over to these tickets; how many logins it made with those before, of which none failed.
    fn go_over_to(&mut self, tickets: &Tickets) -> u64 {
        self.tell(tickets);
        let mut line = String::new();
        self.reports.read_line(&mut line).unwrap();
        let report: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(report["failed"], Value::Array(Vec::new()), "logins are lost");
        report["logins"].as_u64().unwrap()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Brings version `kvno` of the key in, and the oldest one out.
fn rotate(way: Way, keytab: &Path, principal: &str, kvno: usize) {
    let oldest = (kvno + 1).saturating_sub(KEPT).max(1);
    kadmin(&format!(
        "cpw -randkey -keepold {principal}
         purgekeys -keepkvno {oldest} {principal}"
    ));
    match way {
        Way::Renamed => {
            let new = scratch("new-keytab");
            kadmin(&format!("ktadd -norandkey -k {} {principal}", new.display()));
            std::fs::rename(new, keytab).unwrap();
        }
        Way::InPlace => {
            let keytab = keytab.display();
            kadmin(&format!("ktadd -norandkey -k {keytab} {principal}"));
            if oldest > 1 {
                kadmin(&format!("ktrem -k {keytab} {principal} {}", oldest - 1));
            }
        }
    }
}

fn status(gateway: &Daemon, host: &str, token: &[u8]) -> u16 {
    let page = url(host, gateway.address);
    curl(&Tickets::none(), &page, &["--header", &authorization(token)]).status()
}

fn rotated_under_load(way: Way, host: &str) {
    let principal = format!("HTTP/{host}");
    let keytab = scratch("rotated");
    kadmin(&format!(
        "addprinc -randkey {principal}
         ktadd -norandkey -k {} {principal}",
        keytab.display()
    ));
    let strict = Gateway::start(&keytab);
    let lenient = Gateway::configured(&keytab, "acceptor.retired_key_grace = \"1h\"");
    let new_tickets = || Tickets::of_alice().with(&principal);
    // Those of version 1, and so on.
    let mut tickets = vec![new_tickets()];
    let mut clients = [0; 2].map(|_| Client::start(host, &strict.daemon, &tickets[0]));
    let least = std::env::var("ROTATION_SECONDS").map_or(6, |seconds| seconds.parse().unwrap());
    let start = Instant::now();
    let (mut logins, mut refused) = (0, 0);
    while start.elapsed() < Duration::from_secs(least) || refused < 2 {
        let round = Instant::now();
        let kvno = tickets.len() + 1;
        rotate(way, &keytab, &principal, kvno);
        tickets.push(new_tickets());
        // What they have goes out with the next round; what they get came in rounds ago.
        if let Some(number) = kvno.checked_sub(SEEN + 1) {
            logins += clients
                .iter_mut()
                .map(|client| client.go_over_to(&tickets[number]))
                .sum::<u64>();
        }
        // What went out rounds ago.
        if let Some(number) = kvno.checked_sub(KEPT + SEEN + 1) {
            let old = initiate_many(&tickets[number], 2, &["--target", &format!("HTTP@{host}")]);
            assert_eq!(
                status(&strict.daemon, host, &old[0]),
                401,
                "version {} of {kvno}",
                number + 1
            );
            assert_eq!(
                status(&lenient.daemon, host, &old[1]),
                200,
                "version {} of {kvno}",
                number + 1
            );
            refused += 1;
        }
        std::thread::sleep(Duration::from_secs(1).saturating_sub(round.elapsed()));
    }
    let log = strict.daemon.log();
    assert_eq!(log.matches("krb5.kvno_old").count(), refused, "{log}");
    println!(
        "{way:?}: {logins} logins, {} versions, {:?}",
        tickets.len(),
        start.elapsed()
    );
    assert!(logins > 10 * tickets.len() as u64, "{logins} logins are no load");
}

#[test]
fn by_renaming() {
    rotated_under_load(Way::Renamed, "renamed.mit.test");
}

#[test]
fn in_place() {
    rotated_under_load(Way::InPlace, "in-place.mit.test");
}

/// ktrem leaves a keytab with a hole and no entry: its keys are out, as others would be. What ktadd puts there counts again.
#[test]
fn emptied_and_filled() {
    let (host, principal) = ("emptied.mit.test", "HTTP/emptied.mit.test");
    let keytab = scratch("emptied");
    let ktadd = format!("ktadd -norandkey -k {} {principal}", keytab.display());
    kadmin(&format!("addprinc -randkey {principal}\n{ktadd}"));
    let gateway = Gateway::start(&keytab);
    let tickets = Tickets::of_alice();
    let mut tokens = initiate_many(&tickets, 60, &["--target", &format!("HTTP@{host}")]).into_iter();
    // The gateway looks once a second, and waits until nobody can be writing any more.
    let mut until = |wanted| {
        let seen = tokens.by_ref().take(30).any(|token| {
            let is_seen = status(&gateway.daemon, host, &token) == wanted;
            if !is_seen {
                std::thread::sleep(Duration::from_millis(500));
            }
            is_seen
        });
        assert!(seen, "never {wanted}: {}", gateway.daemon.log());
    };
    until(200);
    kadmin(&format!("ktrem -k {} {principal} all", keytab.display()));
    until(401);
    assert!(
        gateway.daemon.log().contains("keytab.no_entries"),
        "{}",
        gateway.daemon.log()
    );
    kadmin(&ktadd);
    until(200);
}
