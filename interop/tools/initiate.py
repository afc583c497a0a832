"""Writes an initiator's first token to standard output: initiate.py --target HTTP@www.mit.test [options].

Kerberos by MIT's libgssapi, with the ticket of KRB5CCNAME; NTLM by pyspnego. With --count, so many tokens, a line of base64
for each.
"""

import argparse
import base64
import sys

KRB5 = "1.2.840.113554.1.2.2"
SPNEGO = "1.3.6.1.5.5.2"


def kerberos(options):
    import gssapi
    from gssapi.raw import ChannelBindings

    flag = gssapi.RequirementFlag
    flags = flag.integrity
    if options.mutual:
        flags |= flag.mutual_authentication
    if options.delegate:
        flags |= flag.delegate_to_peer
    form = gssapi.NameType.hostbased_service if "@" in options.target and "/" not in options.target else (
        gssapi.NameType.kerberos_principal)
    bindings = ChannelBindings(application_data=bytes.fromhex(options.bindings)) if options.bindings else None
    context = gssapi.SecurityContext(
        name=gssapi.Name(options.target, form),
        mech=gssapi.OID.from_int_seq(KRB5 if options.mech == "krb5" else SPNEGO),
        flags=flags, usage="initiate", channel_bindings=bindings)
    return context.step()


def ntlm(options):
    import spnego

    how = spnego.NegotiateOptions.use_ntlm if options.mech == "ntlm" else spnego.NegotiateOptions.use_negotiate
    return spnego.client("MIT\\alice", "Alice-pw1", hostname="www.mit.test", service="HTTP",
                         protocol="ntlm" if options.mech == "ntlm" else "negotiate", options=how).step()


parser = argparse.ArgumentParser()
parser.add_argument("--target", default="HTTP@www.mit.test", help="service@host, or a principal")
parser.add_argument("--mech", choices=["spnego", "krb5", "ntlm", "spnego-ntlm"], default="spnego")
parser.add_argument("--mutual", action="store_true")
parser.add_argument("--delegate", action="store_true")
parser.add_argument("--bindings", metavar="HEX", help="application data of the channel bindings")
parser.add_argument("--count", type=int, metavar="N")
options = parser.parse_args()
mint = ntlm if "ntlm" in options.mech else kerberos
if options.count is None:
    sys.stdout.buffer.write(mint(options))
else:
    for _ in range(options.count):
        print(base64.b64encode(mint(options)).decode())
