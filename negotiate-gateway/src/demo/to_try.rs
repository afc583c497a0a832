//! What other people's clients need to log in to the demo, and the lines to type.

use super::directory::PrivateDirectory;
use super::{PASSWORD, REALM, SERVICE, USER};
use negotiate_testkit::{Kdc, KdcServer, krb5_conf};
use std::io;
use std::net::SocketAddr;
use std::path::Path;

/// Chromium takes its first Negotiate challenge into account at its next start only: this is what it notes then.
const CHROMIUM: &[u8] = br#"{"net":{"received_http_auth_negotiate_headers":true}}"#;
const FIREFOX: &[u8] = b"user_pref(\"network.negotiate-auth.trusted-uris\", \"localhost\");\n";

/// Writes configuration, keytab and browser profiles.
pub(super) fn write(directory: &PrivateDirectory, kdc: &Kdc, server: &KdcServer) -> io::Result<()> {
    let configuration = krb5_conf(REALM, server.address(), &["localhost"]);
    directory.write("krb5.conf", configuration.as_bytes())?;
    directory.write("http.keytab", kdc.keytab(&[SERVICE]).to_file().expose())?;
    directory.write("chromium/Local State", CHROMIUM)?;
    directory.write("firefox/user.js", FIREFOX)
}

/// What to type in another shell.
pub(super) fn told(directory: &PrivateDirectory, page: SocketAddr) -> String {
    let file = |name: &str| quoted(&directory.path().join(name));
    let (url, keytab) = (format!("http://localhost:{}/", page.port()), file("http.keytab"));
    let this = std::env::current_exe().map_or("negotiate".to_owned(), |path| quoted(&path));
    format!(
        "\nTry it in another shell. The password is {PASSWORD}; Ctrl-C here ends the demo and\nremoves {path}.\n\n  \
         export KRB5_CONFIG={krb5_conf} KRB5CCNAME=FILE:{ccache}\n  \
         kinit {USER}@{REALM}\n  \
         curl --noproxy localhost --negotiate -u : {url}\n  \
         klist\n\n\
         Browsers give tickets to no hosts but those named; these profiles name localhost:\n\n  \
         chromium --user-data-dir={chromium} --auth-server-allowlist=localhost {url}\n  \
         firefox --profile {firefox} {url}\n\n\
         What is in the token that curl sends:\n\n  \
         curl -v --noproxy localhost --negotiate -u : {url} 2>&1 | grep '> Authorization' | {this} explain --keytab {keytab}\n\n\
         (kinit and klist are in the package krb5-user of Debian and Ubuntu,\nkrb5-workstation of Fedora.)\n",
        path = directory.path().display(),
        krb5_conf = file("krb5.conf"),
        ccache = file("ccache"),
        chromium = file("chromium"),
        firefox = file("firefox"),
    )
}

/// As a shell reads it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if path.bytes().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_path() {
        for (path, shown) in [
            ("/tmp/negotiate-demo.1.0/ccache", "/tmp/negotiate-demo.1.0/ccache"),
            ("/home/a b/$x", "'/home/a b/$x'"),
            ("/it's", r"'/it'\''s'"),
        ] {
            assert_eq!(quoted(Path::new(path)), shown);
        }
    }
}
