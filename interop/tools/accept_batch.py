"""MIT's verdicts on many conversations, for one keytab: accept_batch.py KEYTAB [BINDINGS-HEX].

Standard input holds for each conversation the number of its tokens in one byte, then each token after its length in four
bytes, big-endian. For each conversation one line of JSON comes out. A child does the work, so that a library that a token
brings down is a verdict, too, and the next conversation has a fresh one.
"""

import hashlib
import json
import os
import sys

os.environ["KRB5_KTNAME"] = "FILE:" + sys.argv[1]
os.environ["KRB5RCACHENAME"] = "none:"
os.environ["GSS_MECH_CONFIG"] = "/dev/null"  # no mechanisms but those of libgssapi_krb5

import gssapi.raw as gss

SPNEGO, KRB5 = (gss.OID.from_int_seq(oid) for oid in ("1.3.6.1.5.5.2", "1.2.840.113554.1.2.2"))


def judge(credentials, bindings, tokens):
    context = None
    try:
        for leg, token in enumerate(tokens):
            step = gss.accept_sec_context(
                token, acceptor_creds=credentials, context=context, channel_bindings=bindings
            )
            context = step.context
            if not step.more_steps:
                return established(step, leg)
        return {"verdict": "continue", "token": (step.token or b"")[:64].hex()}
    except gss.GSSError as error:
        texts = error.get_all_statuses(error.maj_code, True) + error.get_all_statuses(error.min_code, False)
        return {"verdict": "refused", "reason": "; ".join(texts)}


def established(step, leg):
    try:
        acceptor = display(gss.inquire_context(step.context, initiator_name=False).target_name)
    except gss.ExpiredContextError:  # of a context that ends at this moment libgssapi tells nothing
        acceptor = None
    delegated = step.delegated_creds
    if delegated:
        delegated = owner(delegated)
    return {
        "verdict": "accepted",
        "leg": leg,
        "initiator": display(step.initiator_name),
        "acceptor": acceptor,
        "flags": int(step.flags),
        "lifetime": step.lifetime,
        "delegated": delegated,
        "answers": bool(step.token),
        "pac": digest(attribute(step.initiator_name, b"urn:mspac:")),
        "indicators": [value.decode(errors="replace") for value in attribute(step.initiator_name, b"auth-indicators")],
    }


def attribute(name, which):
    try:
        found = gss.get_name_attribute(name, which)
    except gss.GSSError:  # there is none, or it was not verified
        return []
    return found.values if found.authenticated else []


def digest(values):
    return hashlib.md5(values[0]).hexdigest() if values else None


def owner(credentials):
    try:
        return display(gss.inquire_cred(credentials, lifetime=False, usage=False, mechs=False).name)
    except gss.ExpiredCredentialsError:
        return "expired"


def display(name):
    try:
        return gss.display_name(name, False).name.decode()
    except UnicodeDecodeError:
        return "not UTF-8"


def read(count):
    # Without a buffer, for the next child reads on.
    out = b""
    while len(out) < count:
        more = os.read(0, count - len(out))
        if not more:
            os._exit(0)
        out += more
    return out


def serve(credentials, bindings):
    while True:
        tokens = [read(int.from_bytes(read(4), "big")) for _ in range(read(1)[0])]
        print(json.dumps(judge(credentials, bindings, tokens)), flush=True)


bindings = gss.ChannelBindings(application_data=bytes.fromhex(sys.argv[2])) if len(sys.argv) > 2 else None
credentials = gss.acquire_cred(None, usage="accept", mechs=[KRB5, SPNEGO]).creds
gss.set_neg_mechs(credentials, [KRB5])
while True:
    child = os.fork()
    if child == 0:
        serve(credentials, bindings)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status >= 0:
        sys.exit(status)
    print(json.dumps({"verdict": "died", "how": f"signal {-status}"}), flush=True)
