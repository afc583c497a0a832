//! The configuration with which a client finds an embedded KDC.

use std::fmt::Write;
use std::net::SocketAddr;

/// A krb5.conf for MIT krb5, Heimdal and Java: the realm's KDC is at `kdc`, the hosts belong to the realm, and nothing is
/// asked of DNS.
#[must_use]
pub fn krb5_conf(realm: &str, kdc: SocketAddr, hosts: &[&str]) -> String {
    let mut text = format!(
        "[libdefaults]\n\
         \tdefault_realm = {realm}\n\
         \tdns_lookup_kdc = false\n\
         \tdns_lookup_realm = false\n\
         \tdns_canonicalize_hostname = false\n\
         \trdns = false\n\
         \tforwardable = true\n\
         \n\
         [realms]\n\
         \t{realm} = {{\n\
         \t\tkdc = {kdc}\n\
         \t}}\n\
         \n\
         [domain_realm]\n"
    );
    for host in hosts {
        // Writing to a String does not fail.
        let _ = writeln!(text, "\t{host} = {realm}");
    }
    text
}
