#!/usr/bin/env python3
"""Import captures of real peers into testvectors/captures.

    import_captures.py CORPUS [--check]

CORPUS is a directory of captured cases, `<peer>/<case>/meta.json` beside the files that it names: tokens,
keytabs, credential caches, with the time of capture and what the real acceptor made of them. This script
copies those that a test of this repository reads, and describes each in `case.txt` (see captures/README.md):
tokens, those of user-to-user authentication, keytabs, credential caches, NTLM's three messages, exchanges with a KDC.
What the token itself says in clear (framing, ticket etype and kvno) is read from the token, not from meta.json.
With --check nothing is written, and the exit status tells whether everything is as an import would leave it.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "captures"

# The KDC behind each peer's tickets.
KDC = {
    "mit": "KDC MIT krb5 1.20.1",
    "mitldap": "KDC MIT krb5 1.20.1 with an LDAP database",
    "heimdal": "KDC Heimdal 7.8",
    "samba": "KDC Samba 4.17 AD DC",
    "mittest": "KDC MIT krb5 1.20.1 with its test database",
    "clients": "acceptor MIT libgssapi 1.20.1; KDC MIT krb5 1.20.1",
}

# Who made the token and how, where meta.json has a whole test program as the command.
CHROMIUM = "Chromium 156 over MIT libgssapi 1.20.1"
JAVA = "Java 17.0.15"
REQUESTS = "requests-gssapi 1.4 over MIT libgssapi 1.20.1"
PYSPNEGO = "pyspnego 0.12.4"
EVIDENCE = "MIT libgssapi 1.20.1 via python-gssapi"
MADE = {
    "clients/chromium-http": (CHROMIUM, "chromium --headless --auth-server-allowlist=*.mit.test http://www.mit.test"),
    "clients/chromium-https": (CHROMIUM, "chromium --headless --auth-server-allowlist=*.mit.test https://www.mit.test"),
    "clients/java-httpurlconnection": (JAVA, "HttpURLConnection"),
    "clients/java-httpurlconnection-https": (JAVA, "HttpURLConnection with -Djdk.https.negotiate.cbt=always"),
    "clients/java-jgss-krb5-deleg": (JAVA, "GSSContext of krb5 with mutual authentication and delegation"),
    "clients/java-jgss-krb5-mutual": (JAVA, "GSSContext of krb5 with mutual authentication"),
    "clients/java-jgss-spnego-cb-addrtype255": (JAVA, "GSSContext of SPNEGO with ChannelBinding(appData)"),
    "clients/java-jgss-spnego-mutual": (JAVA, "GSSContext of SPNEGO with mutual authentication, conf and replay"),
    "clients/java-jgss-spnego-nomutual": (JAVA, "GSSContext of SPNEGO with no flag requested"),
    "clients/requests-gssapi-http": (REQUESTS, "HTTPSPNEGOAuth()"),
    "clients/requests-gssapi-http-mutual-deleg": (
        REQUESTS,
        "HTTPSPNEGOAuth(mutual_authentication=REQUIRED, delegate=True)",
    ),
    "clients/requests-gssapi-https-cb": (REQUESTS, 'HTTPSPNEGOAuth(channel_bindings="tls-server-end-point")'),
    "clients/requests-gssapi-https-nocb": (REQUESTS, "HTTPSPNEGOAuth()"),
    "clients/pyspnego-kerberos": (PYSPNEGO, 'spnego.client(protocol="kerberos")'),
    "clients/negotiate-bare-ntlmssp-pyspnego": (
        PYSPNEGO,
        'spnego.client(protocol="negotiate", options=NegotiateOptions.use_ntlm)',
    ),
    "clients/ntlm-in-spnego-curl-gssntlmssp": (
        "curl/7.88.1 with gss-ntlmssp 1.2.0",
        "curl --negotiate -u : with NTLM_USER_FILE and no ticket",
    ),
    "clients/ntlm-chromium": ("Chromium 156", "chromium --headless --dump-dom http://NTDOM%5Cnuser:...@www.mit.test"),
    "clients/ntlm-pyspnego-v1": (PYSPNEGO, 'spnego.client(protocol="ntlm") with LM_COMPAT_LEVEL=0'),
    "clients/ntlm-pyspnego-v1-ess": (PYSPNEGO, 'spnego.client(protocol="ntlm") with LM_COMPAT_LEVEL=1'),
    "clients/ntlm-pyspnego-v2": (PYSPNEGO, 'spnego.client(protocol="ntlm")'),
    "clients/ntlm-requests-ntlm": ("requests-ntlm", "requests.get(url, auth=HttpNtlmAuth(...))"),
    "samba/ntlmv2-pyspnego-ntlm_auth-gss-spnego": (PYSPNEGO, "ntlm_auth --helper-protocol=gss-spnego as the acceptor"),
    "samba/ntlmv2-pyspnego-ntlm_auth-squid-2.5-ntlmssp": (
        PYSPNEGO,
        "ntlm_auth --helper-protocol=squid-2.5-ntlmssp as the acceptor",
    ),
    "mitldap/s4u2proxy-evidence": (EVIDENCE, "init_sec_context to HTTP/www.ldap.test@LDAP.TEST"),
    "mitldap/s4u2proxy-backend": (EVIDENCE, "init_sec_context with the delegated credential of HTTP/www.ldap.test"),
    "samba/ldapsearch-gssapi": ("ldapsearch over MIT libgssapi 1.20.1", "ldapsearch -Y GSSAPI"),
    "samba/ldapsearch-gss-spnego": ("ldapsearch over MIT libgssapi 1.20.1", "ldapsearch -Y GSS-SPNEGO"),
}

# What a reader of a file should know beforehand.
NOTES = {
    "mit/keytab-v1-ktutil": "each record's length counts 4 bytes too many: the last reaches past the end of the file",
}

# Tokens that no acceptor of this repository takes, and why; everything else goes by its ticket's etype.
REFUSED = {
    "clients/java-jgss-spnego-cb-addrtype255": "krb5.bindings_mismatch",
    "clients/negotiate-bare-ntlmssp-pyspnego": "spnego.ntlm_offered",
    "clients/ntlm-in-spnego-curl-gssntlmssp": "spnego.ntlm_offered",
}
ACCEPTED_ETYPES = (17, 18, 19, 20)
# Accepted as well by an acceptor that was told to, by name.
NAMED_ETYPES = (23, 25, 26)

# Cases whose token, reply or keytab has another name than `01-initiator.bin`, `01-acceptor.bin`,
# `01-client.bin`, `01-server.bin` and `service.keytab`: (case, name here, token, reply, keytab, extra facts).
# Their meta.json does not say what an acceptor made of them: the extra facts are what MIT libgssapi 1.20.1 said
# when the token was replayed into it with that keytab and the clock set back to the capture.
NAMED = [
    (
        "samba/ldapsearch-gssapi",
        "samba/ldapsearch-gssapi",
        "001-c2s-krb5-init.bin",
        "002-s2c-krb5-init.bin",
        "keytab_domain.keytab",
        {"note": "cut out of the SASL bind of an LDAP stream", "acceptor": "DC1$@AD.TEST", "flags": "0x1ba"},
    ),
    (
        "samba/ldapsearch-gss-spnego",
        "samba/ldapsearch-gss-spnego",
        "001-c2s-spnego-init.bin",
        "002-s2c-krb5-init.bin",
        "keytab_domain.keytab",
        {
            "note": "cut out of the SASL bind of an LDAP stream; the reply stands here without its NegTokenResp",
            "acceptor": "DC1$@AD.TEST",
            "flags": "0x1ba",
        },
    ),
    (
        "mitldap/xchg-s4u2proxy-evidence",
        "mitldap/s4u2proxy-evidence",
        "evidence-apreq.bin",
        None,
        "keytab_www.keytab",
        {"initiator": "alice@LDAP.TEST", "flags": "0x1b2", "note": "the evidence of a later S4U2proxy request"},
    ),
    (
        "mitldap/xchg-s4u2proxy-evidence",
        "mitldap/s4u2proxy-backend",
        "backend-apreq.bin",
        None,
        "keytab_back.keytab",
        {"initiator": "alice@LDAP.TEST", "flags": "0x1ba", "note": "the ticket was got by S4U2proxy"},
    ),
]

SIDES = ("initiator", "acceptor")
PER_MESSAGE = [("mic", "mic"), ("wrap-conf0", "wrap"), ("wrap-conf1", "wrap-confidential")]

KRB5 = bytes.fromhex("06092a864886f712010202")
SPNEGO = bytes.fromhex("06062b0601050502")
NTLMSSP = bytes.fromhex("060a2b06010401823702020a")


def main():
    arguments = argparse.ArgumentParser(description="Import captures of real peers into testvectors/captures.")
    arguments.add_argument("corpus", type=pathlib.Path)
    arguments.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = arguments.parse_args()

    captures = {}
    named = {case for case, *_ in NAMED}
    for path in sorted(arguments.corpus.glob("*/*/meta.json")):
        case = "/".join(path.parts[-3:-1])
        if case in named:
            continue
        if REFUSED.get(case) == "spnego.ntlm_offered" or "service.keytab" in files(path):
            captures[case] = token_capture(path, case)
        elif "server.ccache" in files(path):
            captures[case] = user_to_user_capture(path, case)
        elif "/keytab-" in case:
            captures[case] = keytab_capture(path, case)
        elif "/ccache-" in case:
            captures[case] = ccache_capture(path, case)
        elif "/xchg-" in case:
            captures[case] = exchange_capture(path, case)
        elif ntlm_messages(files(path)):
            captures[case] = ntlm_capture(path, case)
    for case, name, token, reply, keytab, extra in NAMED:
        path = arguments.corpus / case / "meta.json"
        captures[name] = token_capture(path, name, token, reply, keytab, extra)

    if arguments.check:
        different = compare(captures)
        for name in different:
            print(f"{name}: not as imported", file=sys.stderr)
        return 1 if different else 0
    write(captures)
    print(f"{len(captures)} captures")
    return 0


def files(path):
    return json.loads(path.read_text())["files"]


def token_capture(path, name, token=None, reply=None, keytab="service.keytab", extra=None):
    """The files and the description of a capture that holds a token."""
    meta = json.loads(path.read_text()) | (extra or {})
    have = meta["files"]
    if token is None:
        token = first(have, "01-initiator.bin", "01-client.bin")
        reply = first(have, "01-acceptor.bin", "01-server.bin")
    data = (path.parent / token).read_bytes()
    keep = {"initiator-token": token}
    fields = head(name, meta, "RFC 4178, RFC 4121" if SPNEGO in data[:20] else "RFC 4121", "token")
    fields.append(("framing", framing(data)))

    if data.startswith(b"NTLMSSP\0") or NTLMSSP in data[:64]:
        fields.append(("expect", REFUSED[name]))
        keep |= ntlm_messages(have)
        return describe(path, fields + ntlm_facts(meta), keep, have)
    realm, service, etype, kvno = ticket(data)
    target = f"{service}@{realm}"
    if meta.get("target", target) != target:
        raise SystemExit(f"{path}: target is not the ticket's name {target}")
    expect = REFUSED.get(name) or ("accepted" if etype in ACCEPTED_ETYPES else "krb5.etype_refused")
    named = "accepted" if etype in NAMED_ETYPES and name not in REFUSED else None
    fields += [
        ("expect", expect),
        ("expect-if-named", named),
        ("initiator", meta.get("initiator") or default_principal(meta)),
        ("target", target),
        ("acceptor-name", meta.get("acceptor", target)),
        ("ticket-etype", etype),
        ("ticket-kvno", kvno),
    ]
    keep["keytab"] = keytab
    bindings = meta.get("channel_bindings_application_data") or meta.get("expected_channel_bindings")
    if bindings:
        bound = meta.get("channel_bound_flag") or meta.get("channel_bound") or "error" in meta
        fields += [("channel-bindings", bindings), ("bindings-sent", "yes" if bound else "no")]
    if "accepted" in (expect, named):
        accepted(meta, target, fields)
        fields.append(("kdc-keys", kdc_keys(path.parent.parent, realm) or None))
        if reply:
            keep["acceptor-token"] = reply
        if "delegated.ccache" in have:
            keep["delegated-ccache"] = "delegated.ccache"
        if "message.txt" in have:
            message = (path.parent / "message.txt").read_text()
            fields.append(("message", f'"{message}"'))
            keep |= {f"{side}-{key}": f"{side}-{file}.bin" for side in SIDES for file, key in PER_MESSAGE}
    return describe(path, fields, keep, have)


def accepted(meta, target, fields):
    """What the real acceptor knew after it had accepted the token."""
    fields += session_key(meta, target)
    fields.append(("acceptor-flags", meta.get("flags_acceptor") or meta.get("flags")))
    fields.append(("context-key", meta.get("gss_session_key")))
    fields += delegated(meta)
    attributes = meta.get("name_attributes") or {}
    fields.append(("name-attributes", [f"{name} {value}" for name, values in attributes.items() for value in values] or None))
    fields += [("client-sid", meta.get("client_sid")), ("client-groups", meta.get("client_groups"))]


def kdc_keys(peer, realm):
    """The KDC's own keys, which some captures of the peer hold: encryption type and key."""
    keys = set()
    for path in peer.glob("*/meta.json"):
        for keytab in json.loads(path.read_text()).get("keytabs", {}).values():
            for entry in keytab["entries"]:
                if entry["principal"] == f"krbtgt/{realm}@{realm}" and entry["enctype"] in ACCEPTED_ETYPES:
                    keys.add(f"{entry['enctype']} {entry['key']}")
    return sorted(keys)


def user_to_user_capture(path, name):
    """The files and the description of a token whose ticket the session key of the acceptor's own ticket opens."""
    meta = json.loads(path.read_text())
    if not meta["accepted"]:
        raise SystemExit(f"{path}: refused by the real acceptor")
    realm, service, etype, _ = ticket((path.parent / "01-initiator.bin").read_bytes())
    target = f"{service}@{realm}"
    fields = head(name, meta, "RFC 4120 section 3.7", "user-to-user")
    fields += [("initiator", meta["initiator"]), ("target", target), ("ticket-etype", etype)]
    fields += session_key(meta, target)
    keep = {"initiator-token": "01-initiator.bin", "own-ccache": "server.ccache"}
    return describe(path, fields, keep, meta["files"])


def keytab_capture(path, name):
    """The files and the description of a capture that is a keytab."""
    meta = json.loads(path.read_text())
    keytab = meta["keytabs"]["file.keytab"]
    fields = head(name, meta, "MIT krb5 doc/formats/keytab_file_format", "keytab")
    fields.append(("version", keytab["version"] & 0xFF))
    entries = []
    for entry in keytab["entries"]:
        name_type = "-" if entry["name_type"] is None else entry["name_type"]
        entries.append(
            f"{entry['kvno']} {entry['enctype']} {entry['key']} {entry['timestamp']} {name_type} {entry['principal']}"
        )
    fields.append(("entries", entries))
    return describe(path, fields, {"keytab": "file.keytab"}, meta["files"])


def ccache_capture(path, name):
    """The files and the description of a capture that is a credential cache."""
    meta = json.loads(path.read_text())
    cache = meta["ccaches"]["file.ccache"]
    fields = head(name, meta, "MIT krb5 doc/formats/ccache_file_format", "ccache")
    fields += [
        ("version", cache["version"] & 0xFF),
        ("header", [f"{tag} {data}" for tag, data in cache["header_tags"]] or None),
        ("default-principal", cache["default_principal"]),
        ("credentials", [credential_line(credential) for credential in cache["creds"]]),
    ]
    return describe(path, fields, {"ccache": "file.ccache"}, meta["files"])


def credential_line(credential):
    """What is known of a credential, in one line: captures/README.md names the columns."""
    columns = ["session_enctype", "session_key", "authtime", "starttime", "endtime", "renew_till", "is_skey", "flags"]
    columns += ["ticket_len", "second_ticket_len", "client", "server"]
    return " ".join(str(credential[column]) or "-" for column in columns)


def exchange_capture(path, name):
    """The files and the description of a capture of what went between a client and its KDCs."""
    meta = json.loads(path.read_text())
    have = meta["files"]
    fields = head(name, meta, "RFC 4120 sections 3.1 and 3.3", "exchange")
    of_suffix = {suffix: sorted(file for file in have if file.endswith(suffix)) for suffix in (".der", ".keytab", ".ccache")}
    fields += [
        ("password", meta.get("password")),
        ("messages", of_suffix[".der"]),
        ("keytabs", of_suffix[".keytab"]),
    ]
    keep = {file: file for files in of_suffix.values() for file in files}
    caches = {file.removesuffix(".ccache").replace("_", "-"): file for file in of_suffix[".ccache"]}
    fields += sorted(caches.items())
    result = meta.get("ccaches", {}).get("ccache_result.ccache")
    if result:
        fields.append(("credentials", [credential_line(credential) for credential in result["creds"]]))
    return describe(path, fields, {}, have, keep)


def ntlm_messages(have):
    """The files of an NTLM capture that hold its three messages, by what they are."""
    if "001-c2s-ntlm1.bin" in have:
        files = ["001-c2s-ntlm1.bin", "002-s2c-ntlm2.bin", "003-c2s-ntlm3.bin"]
    else:
        files = ["01-client.bin", "01-server.bin", "02-client.bin"]
    if not all(file in have for file in files):
        return {}
    return dict(zip(["ntlm-negotiate", "ntlm-challenge", "ntlm-authenticate"], files))


def ntlm_facts(meta):
    """What is known of an NTLM logon."""
    accepted = {True: "yes", False: "no", None: None}[meta.get("accepted")]
    facts = [("domain", meta.get("domain")), ("user", meta.get("user")), ("password", meta.get("password"))]
    return [*facts, ("context-key", meta.get("session_key")), ("accepted", accepted)]


def ntlm_capture(path, name):
    """The files and the description of a capture of NTLM's three messages, bare or inside SPNEGO."""
    meta = json.loads(path.read_text())
    fields = head(name, meta, "MS-NLMP section 2.2.1", "ntlm") + ntlm_facts(meta)
    made = MADE.get(name, (meta.get("user_agent") or "smbclient 4.17",))[0]
    acceptor = PYSPNEGO if name.startswith("clients/") else "Samba 4.17 AD DC"
    fields = [(key, f"{made}; acceptor {acceptor}" if key == "source" else value) for key, value in fields]
    return describe(path, fields, ntlm_messages(meta["files"]), meta["files"])


def head(name, meta, spec, kind):
    """The fields that every capture has."""
    seconds = datetime.datetime.fromtimestamp(int(meta["captured_unix"]), datetime.timezone.utc)
    millis = round(meta["captured_unix"] * 1000) % 1000
    made, command = MADE.get(name, (None, None))
    if command is None:
        made = meta.get("gss") or meta.get("user_agent")
        command = meta.get("cmd") or meta.get("writer") or f"init_sec_context to {meta['spn']}"
    if "requested_flags" in meta:
        flags = ", ".join(filter(None, meta["requested_flags"])) or "no flag"
        command += f" with {meta['mech']}, {flags}"
    return [
        ("name", name),
        ("source", f"{made}; {KDC[name.split('/')[0]]}" if made else KDC[name.split("/")[0]]),
        ("command", command),
        ("spec", spec),
        ("kind", kind),
        ("captured-at", f"{seconds:%Y-%m-%dT%H:%M:%S}.{millis:03}Z"),
        ("captured-micros", int(meta["captured_unix"]) * 1_000_000 + millis * 1000),
        ("note", NOTES.get(name) or meta.get("note")),
        ("peer-error", meta.get("error")),
    ]


def describe(path, fields, keep, have, more=()):
    """The text of case.txt, and the files to copy beside it: those of fields, and more that lists name."""
    content = {}
    for file in [*keep.values(), *more]:
        content[file] = (path.parent / file).read_bytes()
        digest = hashlib.sha256(content[file]).hexdigest()
        if (len(content[file]), digest) != (have[file]["len"], have[file]["sha256"]):
            raise SystemExit(f"{path.parent / file}: not as meta.json says")
    fields = fields + list(keep.items())
    fields.append(
        ("files", [f"{len(data)} {hashlib.sha256(data).hexdigest()} {file}" for file, data in sorted(content.items())])
    )
    lines = ["# Made by tools/import_captures.py; see captures/README.md."]
    for key, value in fields:
        if isinstance(value, list):
            lines.append(f"{key}:")
            lines += [f"  {line}" for line in value]
        elif value is not None:
            lines.append(f"{key}: {value}")
    content["case.txt"] = ("\n".join(lines) + "\n").encode()
    return content


def first(have, *names):
    return next((name for name in names if name in have), None)


def default_principal(meta):
    return next(iter(meta["ccaches"].values()))["default_principal"]


def session_key(meta, target):
    """The ticket's session key, from the client's credential cache, if it keeps service tickets."""
    for name, cache in meta.get("ccaches", {}).items():
        for credential in cache["creds"]:
            if name != "delegated.ccache" and credential["server"] == target:
                return [
                    ("session-key-etype", credential["session_enctype"]),
                    ("session-key", credential["session_key"]),
                ]
    return []


def delegated(meta):
    """What MIT stored as the delegated credential."""
    cache = meta.get("ccaches", {}).get("delegated.ccache")
    if cache is None:
        return []
    (credential,) = cache["creds"]
    return [
        ("delegated-client", credential["client"]),
        ("delegated-server", credential["server"]),
        ("delegated-key-etype", credential["session_enctype"]),
        ("delegated-key", credential["session_key"]),
        ("delegated-ticket-flags", credential["flags"]),
        ("delegated-auth-time", credential["authtime"]),
        ("delegated-start-time", credential["starttime"]),
        ("delegated-end-time", credential["endtime"]),
        ("delegated-renew-till", credential["renew_till"]),
    ]


def framing(token):
    if token.startswith(b"NTLMSSP\0"):
        return "ntlmssp"
    inner = tlv(token, 0)[1]
    if inner.startswith(SPNEGO):
        return "spnego"
    if inner.startswith(KRB5):
        return "krb5"
    raise SystemExit("a token of unknown framing")


def ticket(token):
    """Realm, service name, etype and kvno of the AP-REQ's ticket, all in clear (RFC 4120 section 5.3)."""
    start = token.index(KRB5 + b"\x01\x00") + len(KRB5) + 2
    ap_req = fields_of(tlv(tlv(token, start)[1], 0)[1])
    sealed = fields_of(tlv(tlv(ap_req[3], 0)[1], 0)[1])
    names = tlv(fields_of(tlv(sealed[2], 0)[1])[1], 0)[1]
    components, at = [], 0
    while at < len(names):
        _, component, at = tlv(names, at)
        components.append(component.decode())
    part = fields_of(tlv(sealed[3], 0)[1])
    etype = int.from_bytes(tlv(part[0], 0)[1], "big")
    kvno = int.from_bytes(tlv(part[1], 0)[1], "big", signed=True) if 1 in part else None
    return tlv(sealed[1], 0)[1].decode(), "/".join(components), etype, kvno


def fields_of(sequence):
    """The explicitly tagged fields of a SEQUENCE's contents, by number."""
    fields, at = {}, 0
    while at < len(sequence):
        tag, content, at = tlv(sequence, at)
        fields[tag & 0x1F] = content
    return fields


def tlv(data, at):
    """Tag, contents and end of the DER value at an offset."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(data[at : at + count], "big"), at + count
    return tag, data[at : at + length], at + length


def write(captures):
    for name, content in captures.items():
        directory = ROOT / name
        directory.mkdir(parents=True, exist_ok=True)
        for stale in set(p.name for p in directory.iterdir()) - set(content):
            (directory / stale).unlink()
        for file, data in content.items():
            (directory / file).write_bytes(data)


def compare(captures):
    """The captures that differ from what lies here, and those that lie here alone."""
    here = {"/".join(p.parts[-3:-1]) for p in ROOT.glob("*/*/case.txt")}
    different = set(captures) ^ here
    for name in set(captures) & here:
        lying = {p.name: p.read_bytes() for p in (ROOT / name).iterdir()}
        if lying != captures[name]:
            different.add(name)
    return sorted(different)


if __name__ == "__main__":
    sys.exit(main())
