"""User-to-user authentication by MIT's libkrb5, whose libgssapi cannot do it; only the framing is written here.

user_to_user.py initiate STYLE SERVICE: an initiator with the tickets of KRB5CCNAME, which gets the acceptor's ticket-granting
ticket, has its KDC make one for SERVICE, and logs in with it. Each token is a line of hex digits, its own on standard output, the
acceptor's on standard input; "understood" and the acceptor's subkey come last. STYLE:

    windows   SPNEGO as Windows does it: the ticket is asked for under its own name for Kerberos
    freerdp   SPNEGO with the mechanism itself in the list
    bare      the mechanism without SPNEGO
    told      the first line of input is the ticket; plain Kerberos tokens, and the cache has the ticket for SERVICE already

user_to_user.py judge ETYPE KEY: what libkrb5's acceptor with this session key says of the AP-REQ on standard input, as JSON.
"""

import ctypes
import json
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_void_p

GC_USER_USER = 1
DO_SEQUENCE = 4
USE_SUBKEY, MUTUAL_REQUIRED, USE_SESSION_KEY = 1, 0x20000000, 0x40000000
GSS_CHECKSUM = 0x8003
# Mutual, replay, sequence, confidentiality, integrity.
GSS_FLAGS = 0x3E
KRB5 = bytes.fromhex("06092a864886f712010202")
USER_TO_USER = bytes.fromhex("060a2a864886f71201020203")


class Keyblock(ctypes.Structure):
    _fields_ = [("magic", c_int), ("enctype", c_int), ("length", c_uint), ("contents", c_void_p)]


class Data(ctypes.Structure):
    _fields_ = [("magic", c_int), ("length", c_uint), ("data", c_void_p)]

    @classmethod
    def of(cls, content):
        data = cls(0, len(content), ctypes.cast(c_char_p(content), c_void_p))
        data.kept = content
        return data

    def bytes(self):
        return ctypes.string_at(self.data, self.length)


class Checksum(ctypes.Structure):
    _fields_ = [("magic", c_int), ("type", c_int), ("length", c_uint), ("contents", c_void_p)]


class Creds(ctypes.Structure):
    _fields_ = [
        ("magic", c_int), ("client", c_void_p), ("server", c_void_p), ("keyblock", Keyblock), ("times", c_int * 4),
        ("is_skey", c_uint), ("ticket_flags", c_int), ("addresses", c_void_p), ("ticket", Data), ("second_ticket", Data),
        ("authdata", c_void_p),
    ]


class Krb5Error(Exception):
    pass


library = ctypes.CDLL("libkrb5.so.3")
library.krb5_get_error_message.restype = c_void_p
context = c_void_p()
assert library.krb5_init_context(byref(context)) == 0


def call(function, *arguments):
    code = getattr(library, function)(context, *arguments)
    if code:
        raise Krb5Error(ctypes.string_at(library.krb5_get_error_message(context, c_int(code))).decode())


def cached(second_ticket):
    """What the cache has for this ticket of the acceptor's. krb5_get_credentials does not find it: the cache's is_skey holds a
    bit of the KDC's options."""
    cache, cursor = c_void_p(), c_void_p()
    call("krb5_cc_default", byref(cache))
    call("krb5_cc_start_seq_get", cache, byref(cursor))
    while True:
        creds = Creds()
        call("krb5_cc_next_cred", cache, byref(cursor), byref(creds))
        if creds.second_ticket.bytes() == second_ticket:
            return byref(creds)


def credentials(service, second_ticket):
    """For SERVICE, sealed with the session key of the acceptor's ticket."""
    wanted, cache, found = Creds(), c_void_p(), POINTER(Creds)()
    server, client = c_void_p(), c_void_p()
    call("krb5_cc_default", byref(cache))
    call("krb5_cc_get_principal", cache, byref(client))
    call("krb5_parse_name", c_char_p(service.encode()), byref(server))
    wanted.client, wanted.server, wanted.second_ticket = client, server, Data.of(second_ticket)
    call("krb5_get_credentials", c_int(GC_USER_USER), cache, byref(wanted), byref(found))
    return found


def ap_req(creds):
    """The AP-REQ with the checksum of RFC 4121 section 4.1.1, and the context that reads the answer."""
    auth, message = c_void_p(), Data()
    call("krb5_auth_con_init", byref(auth))
    call("krb5_auth_con_setflags", auth, c_int(DO_SEQUENCE))
    call("krb5_auth_con_set_req_cksumtype", auth, c_int(GSS_CHECKSUM))
    checksum = (16).to_bytes(4, "little") + bytes(16) + GSS_FLAGS.to_bytes(4, "little")
    options = USE_SUBKEY | MUTUAL_REQUIRED | USE_SESSION_KEY
    call("krb5_mk_req_extended", byref(auth), c_int(options), byref(Data.of(checksum)), creds, byref(message))
    return auth, message.bytes()


def subkey_in(auth, ap_rep):
    part, key = c_void_p(), POINTER(Keyblock)()
    call("krb5_rd_rep", auth, byref(Data.of(ap_rep)), byref(part))
    call("krb5_auth_con_getrecvsubkey", auth, byref(key))
    return key


def mic(auth, key, sender, message):
    """A MIC token of RFC 4121 section 4.2.6.1, the first of its sender: libkrb5 makes the checksum."""
    number, checksum = c_int(), Checksum()
    which, flags, usage = {"initiator": ("local", 4, 25), "acceptor": ("remote", 5, 23)}[sender]
    call(f"krb5_auth_con_get{which}seqnumber", auth, byref(number))
    head = bytes([4, 4, flags]) + b"\xff" * 5 + (number.value & 0xFFFFFFFF).to_bytes(8, "big")
    call("krb5_c_make_checksum", c_int(0), key, c_int(usage), byref(Data.of(message + head)), byref(checksum))
    return head + ctypes.string_at(checksum.contents, checksum.length)


def der(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def content_of(element, tag):
    """The content of one element, and what is behind it."""
    assert element[0] == tag, element[:8].hex()
    length, at = element[1], 2
    if length >= 0x80:
        at += length & 0x7F
        length = int.from_bytes(element[2:at], "big")
    return element[at : at + length], element[at + length :]


def framed(oid, token_id, message):
    return der(0x60, oid, token_id, message)


def unframed(oid, token_id, token):
    content, rest = content_of(token, 0x60)
    assert not rest and content.startswith(oid + token_id), token[:24].hex()
    return content[len(oid) + 2 :]


def tgt_req(service):
    """KERB-TGT-REQUEST (draft-swift-win2k-krb-user2user-03)."""
    name, realm = service.split("@")
    components = b"".join(der(0x1B, component.encode()) for component in name.split("/"))
    server_name = der(0x30, der(0xA0, b"\x02\x01\x01"), der(0xA1, der(0x30, components)))
    return der(
        0x30, der(0xA0, b"\x02\x01\x05"), der(0xA1, b"\x02\x01\x10"), der(0xA2, server_name),
        der(0xA3, der(0x1B, realm.encode())),
    )


def tgt_in(reply):
    """The ticket of a KERB-TGT-REPLY."""
    fields, rest = content_of(reply, 0x30)
    head = bytes.fromhex("a003020105a103020111")
    assert not rest and fields.startswith(head), reply[:24].hex()
    ticket, rest = content_of(fields[len(head) :], 0xA2)
    assert not rest
    return ticket


def hear():
    return bytes.fromhex(input())


def say(token):
    print(token.hex(), flush=True)


class Spnego:
    """What is around the mechanism's tokens."""

    def __init__(self, mechanisms):
        self._mechanisms, self._has_begun = mechanisms, False

    def say(self, token):
        from spnego._spnego import NegState, NegTokenInit, NegTokenResp

        if self._has_begun:
            say(NegTokenResp(neg_state=NegState.accept_incomplete, response_token=token).pack())
        else:
            say(NegTokenInit(mech_types=self._mechanisms, mech_token=token).pack())
            self._has_begun = True

    def hear(self):
        from spnego._spnego import unpack_token

        answer = unpack_token(hear())
        self._mech_list_mic = answer.mech_list_mic
        return answer.response_token

    def conclude(self, auth, key):
        """The acceptor's mechListMIC came with its last token, as Windows' does; ours is the answer."""
        from spnego._spnego import NegState, NegTokenResp, pack_mech_type_list

        mechanisms = pack_mech_type_list(self._mechanisms)
        assert self._mech_list_mic == mic(auth, key, "acceptor", mechanisms)
        ours = mic(auth, key, "initiator", mechanisms)
        say(NegTokenResp(neg_state=NegState.accept_complete, mech_list_mic=ours).pack())


class Bare:
    say, hear = staticmethod(say), staticmethod(hear)

    def conclude(self, auth, key):
        pass


MS_KRB5, KRB5_NAME, U2U_NAME, NEGOEX, NTLM = (
    "1.2.840.48018.1.2.2", "1.2.840.113554.1.2.2", "1.2.840.113554.1.2.2.3", "1.3.6.1.4.1.311.2.2.30",
    "1.3.6.1.4.1.311.2.2.10",
)
CHANNELS = {
    "windows": lambda: Spnego([MS_KRB5, KRB5_NAME, NEGOEX, NTLM]),
    "freerdp": lambda: Spnego([U2U_NAME, KRB5_NAME, NTLM]),
    "bare": Bare,
    "told": Bare,
}


def initiate(style, service):
    channel = CHANNELS[style]()
    if style == "told":
        oid, creds = KRB5, cached(channel.hear())
    else:
        oid = USER_TO_USER
        channel.say(framed(oid, b"\x04\x00", tgt_req(service)))
        creds = credentials(service, tgt_in(unframed(oid, b"\x04\x01", channel.hear())))
    auth, message = ap_req(creds)
    channel.say(framed(oid, b"\x01\x00", message))
    key = subkey_in(auth, unframed(oid, b"\x02\x00", channel.hear()))
    channel.conclude(auth, key)
    print("understood", ctypes.string_at(key.contents.contents, key.contents.length).hex(), flush=True)


def judge(etype, key):
    os.environ["KRB5RCACHENAME"] = "none:"
    contents = bytes.fromhex(key)
    keyblock = Keyblock(0, int(etype), len(contents), ctypes.cast(c_char_p(contents), c_void_p))
    auth, ticket, name = c_void_p(), c_void_p(), c_char_p()
    authenticator, options = c_void_p(), c_int()
    call("krb5_auth_con_init", byref(auth))
    call("krb5_auth_con_setuseruserkey", auth, byref(keyblock))
    message = Data.of(sys.stdin.buffer.read())
    try:
        call("krb5_rd_req", byref(auth), byref(message), None, None, byref(options), byref(ticket))
    except Krb5Error as error:
        print(json.dumps({"accepted": False, "message": str(error)}))
        return
    call("krb5_auth_con_getauthenticator", auth, byref(authenticator))
    # krb5_authenticator: magic, client.
    client = ctypes.cast(authenticator, POINTER(c_void_p))[1]
    call("krb5_unparse_name", c_void_p(client), byref(name))
    print(json.dumps({"accepted": True, "client": name.value.decode()}))


{"initiate": initiate, "judge": judge}[sys.argv[1]](*sys.argv[2:])
