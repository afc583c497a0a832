"""An initiator that logs in and then speaks: each token is a line of hex digits, its own on standard output, the acceptor's
on standard input. Then come three per-message tokens each way (a MIC, a Wrap, a sealed Wrap), and "understood".

speak.py mit|mit_iov|heimdal[-spnego] SERVICE@HOST FLAG...: by which libgssapi, with the tickets of KRB5CCNAME; mit_iov wraps as
who speaks DCE RPC does, by gss_wrap_iov with a header and no trailer.
"""

import sys

OURS, THEIRS = b"from the initiator", b"from the acceptor"
FLAGS = {"mutual": 2, "replay": 4, "sequence": 8, "confidentiality": 16, "integrity": 32, "dce_style": 0x1000}


# Of a Wrap in DCE style: its framing is of 45 bytes, whatever the message.
RC4_HEADER = b"\x60\x2b"

MECHANISMS = {"krb5": "1.2.840.113554.1.2.2", "spnego": "1.3.6.1.5.5.2"}


class Mit:
    def __init__(self, service, mechanism, flags):
        import gssapi

        self._context = gssapi.SecurityContext(
            name=gssapi.Name(service, gssapi.NameType.hostbased_service), usage="initiate", flags=flags,
            mech=gssapi.OID.from_int_seq(MECHANISMS[mechanism]))
        self.step = self._context.step
        self.mic = self._context.get_signature
        self.verify_mic = self._context.verify_signature

    @property
    def complete(self):
        return self._context.complete

    def wrap(self, message, sealed):
        return self._context.wrap(message, sealed).message

    def unwrap_protected(self, token):
        message, sealed, _ = self._context.unwrap(token)
        return message, sealed


class MitIov(Mit):
    def wrap(self, message, sealed):
        from gssapi.raw.ext_dce import IOV, IOVBufferType, wrap_iov

        parts = IOV(IOVBufferType.header, message, std_layout=False)
        assert wrap_iov(self._context, parts, sealed) == sealed
        return b"".join(part.value for part in parts)

    def unwrap_protected(self, token):
        from gssapi.raw.ext_dce import IOV, IOVBufferType, unwrap_iov

        if not token.startswith(RC4_HEADER):
            return super().unwrap_protected(token)
        parts = IOV((IOVBufferType.header, False, token[:45]), token[45:], std_layout=False)
        sealed = unwrap_iov(self._context, parts).encrypted
        return parts[1].value, sealed


def hear():
    return bytes.fromhex(input())


def say(token):
    print(token.hex(), flush=True)


library, service, *flags = sys.argv[1:]
flags = sum(FLAGS[flag] for flag in flags)
library, _, mechanism = library.partition("-")
if library != "heimdal":
    mit = {"mit": Mit, "mit_iov": MitIov}[library]
    context = mit(service, mechanism or "krb5", flags)
else:
    import heimdal

    context = heimdal.Context(service, mechanism or "krb5", flags)
token = context.step()
say(token)
while not context.complete:
    token = context.step(hear())
    if token:
        say(token)
say(context.mic(OURS))
say(context.wrap(OURS, False))
say(context.wrap(OURS, True))
context.verify_mic(THEIRS, hear())
assert context.unwrap_protected(hear()) == (THEIRS, False)
assert context.unwrap_protected(hear()) == (THEIRS, True)
print("understood", flush=True)
