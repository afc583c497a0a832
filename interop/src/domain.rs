//! The Samba AD DC that `interop/samba.sh` set up: its own tools, and clients that reach it.

use crate::client::{Got, curl_with};
use crate::kdc::Tickets;
use crate::peers::{output, scratch, state, succeed, text, tool};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use negotiate_core::Sid;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The domain controller of `AD.TEST`, up and filled by `tools/domain.py`.
#[derive(Clone, Copy, Debug)]
pub struct Domain(());

impl Domain {
    /// Waits until it is up.
    ///
    /// # Panics
    ///
    /// If it is not started, did not come up, or takes longer than three minutes.
    #[must_use]
    pub fn up() -> Self {
        let place = |name: &str| state("samba").join(name);
        assert!(
            state("samba").exists(),
            "no DC: give interop/run no --test, or one whose name has active_directory in it"
        );
        let deadline = Instant::now() + Duration::from_secs(180);
        while !place("ready").exists() {
            if let Ok(why) = std::fs::read_to_string(place("failed")) {
                panic!("the Samba DC did not come up: {why}");
            }
            assert!(Instant::now() < deadline, "the Samba DC is not up yet");
            std::thread::sleep(Duration::from_millis(100));
        }
        Self(())
    }

    /// A keytab that `tools/domain.py` has exported.
    #[must_use]
    pub fn keytab(self, name: &str) -> PathBuf {
        state("samba/keytab").join(name)
    }

    /// A program in the DC's network, with its krb5.conf.
    #[must_use]
    pub fn beside(self, program: &str) -> Command {
        let mut command = Command::new(state("samba/in"));
        command.arg(program);
        command
    }

    /// `samba-tool` with these arguments.
    pub fn samba_tool(self, arguments: &[&str]) {
        let mut command = Command::new(state("samba/in-as-root"));
        succeed(command.arg("samba-tool").args(arguments), b"");
    }

    /// Changes attributes of an entry: LDIF.
    pub fn modify(self, ldif: &str) {
        let mut command = Command::new(state("samba/in-as-root"));
        command.args(["ldbmodify", "-H", "/var/lib/samba/private/sam.ldb"]);
        succeed(&mut command, ldif.as_bytes());
    }

    /// A new keytab with the keys that the DC holds now for this name.
    #[must_use]
    pub fn export(self, principal: &str) -> PathBuf {
        let file = scratch("keytab");
        let name = file.display().to_string();
        self.samba_tool(&[
            "domain",
            "exportkeytab",
            &name,
            "--principal",
            principal,
            "--only-current-keys",
        ]);
        succeed(
            Command::new(state("samba/in-as-root")).args(["chmod", "644", &name]),
            b"",
        );
        file
    }

    /// `user@AD.TEST`, whose password is `User-pw1`, and tickets for these services.
    #[must_use]
    pub fn login(self, user: &str, services: &[&str]) -> Tickets {
        let tickets = Tickets::none();
        let (first, rest) = user.split_at(1);
        let password = format!("{}{rest}-pw1\n", first.to_uppercase());
        let mut kinit = self.beside("kinit");
        succeed(tickets.given_to(kinit.arg(user)), password.as_bytes());
        let mut kvno = self.beside("kvno");
        succeed(tickets.given_to(kvno.args(services)), b"");
        tickets
    }

    /// Lets a command outside the DC's network use its krb5.conf: tickets that it has suffice it.
    pub fn known_to(self, command: &mut Command) -> &mut Command {
        command.env("KRB5_CONFIG", state("samba/krb5.conf"))
    }

    /// libgssapi's first token for a service that there is a ticket for: `HTTP@web.ad.test`.
    #[must_use]
    pub fn initiate(self, tickets: &Tickets, target: &str) -> Vec<u8> {
        let mut command = tool("initiate.py");
        tickets.given_to(self.known_to(command.args(["--target", target])));
        succeed(&mut command, b"")
    }

    /// curl's login with a ticket that it has.
    #[must_use]
    pub fn curl(self, tickets: &Tickets, url: &str) -> Got {
        let prepare = |command: &mut Command| {
            tickets.given_to(self.known_to(command));
        };
        curl_with(prepare, url, &["--negotiate", "--user", ":"])
    }

    /// What the directory says of an entry: the values of one attribute.
    #[must_use]
    pub fn ldapsearch(self, dn: &str, attribute: &str) -> Vec<Vec<u8>> {
        let mut command = self.beside("ldapsearch");
        command.args(["-x", "-LLL", "-o", "ldif-wrap=no", "-H", "ldap://127.0.0.1"]);
        command.args(["-D", "Administrator@ad.test", "-w", "Adm1n-Passw0rd"]);
        command.args(["-s", "base", "-b", dn, attribute]);
        let ldif = text(&succeed(&mut command, b""));
        let values = ldif.lines().filter_map(|line| {
            let value = line.strip_prefix(attribute)?.strip_prefix(':')?;
            Some(match value.strip_prefix(": ") {
                Some(base64) => STANDARD.decode(base64).expect("ldapsearch writes base64"),
                None => value.trim().as_bytes().to_vec(),
            })
        });
        values.collect()
    }

    /// What the directory says of an entry: the SIDs in one attribute.
    ///
    /// # Panics
    ///
    /// If a value is none.
    #[must_use]
    pub fn sids(self, dn: &str, attribute: &str) -> BTreeSet<String> {
        let values = self.ldapsearch(dn, attribute).into_iter();
        let sids = values.map(|value| Sid::from_bytes(&value).expect("a SID").to_string());
        sids.collect()
    }

    /// Those of the groups whose scope is their own domain: groupType (MS-ADTS section 2.2.12).
    ///
    /// # Panics
    ///
    /// If one is not in the directory.
    #[must_use]
    pub fn domain_local_groups(self, groups: &BTreeSet<String>) -> BTreeSet<String> {
        const RESOURCE_GROUP: i64 = 4;
        const SYSTEM: i64 = 1;
        let group_type = |sid: &str| -> i64 {
            let value = self.ldapsearch(&format!("<SID={sid}>"), "groupType").remove(0);
            text(&value).parse().expect("a number")
        };
        let local = groups
            .iter()
            .filter(|sid| group_type(sid) & (RESOURCE_GROUP | SYSTEM) == RESOURCE_GROUP);
        local.cloned().collect()
    }

    /// The lines that `wbinfo` prints. As root: winbind answers a challenge to nobody else.
    #[must_use]
    pub fn wbinfo(self, arguments: &[&str]) -> Vec<String> {
        let mut command = Command::new(state("samba/in-as-root"));
        let said = succeed(command.arg("wbinfo").args(arguments), b"");
        text(&said).lines().map(str::to_owned).collect()
    }

    /// Samba's own reading of a PAC, by `tools/pac_by_samba.py`.
    ///
    /// # Panics
    ///
    /// If Samba cannot read it.
    #[must_use]
    pub fn read_pac(self, pac: &[u8]) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/pac_by_samba.py");
        let said = succeed(self.beside("/usr/bin/python3").arg(script), pac);
        serde_json::from_slice(&said).expect("pac_by_samba.py prints JSON")
    }

    /// What MIT's acceptor makes of the token: the message of its refusal.
    ///
    /// # Panics
    ///
    /// If it accepts.
    #[must_use]
    pub fn refused_by_mit(self, keytab: &Path, token: &[u8]) -> String {
        let mut command = tool("accept.py");
        let said = output(self.known_to(command.arg(keytab)), token);
        let said: Value = serde_json::from_slice(&said.stdout).expect("accept.py prints JSON");
        assert_eq!(said["accepted"], false, "{said}");
        said["message"].as_str().unwrap_or_default().to_owned()
    }
}
