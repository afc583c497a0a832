"""An initiator of Heimdal's libgssapi, by ctypes: the Python module gssapi is built against MIT's.

As a program, heimdal.py SERVICE@HOST krb5|spnego [--delegate], it says and hears lines of base64: says its token, hears the
reply, says `mutual` or `unproved`; says MESSAGE wrapped and a MIC over it, hears the same from the acceptor, and says what it
unwrapped.
"""

import ctypes


class _Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]

    @classmethod
    def of(cls, data):
        kept = ctypes.create_string_buffer(data, len(data))
        buffer = cls(len(data), ctypes.addressof(kept))
        buffer.kept = kept
        return buffer

    def bytes(self):
        return ctypes.string_at(self.value, self.length) if self.length else b""


class _Bindings(ctypes.Structure):
    _fields_ = [("initiator_type", ctypes.c_uint32), ("initiator", _Buffer), ("acceptor_type", ctypes.c_uint32),
                ("acceptor", _Buffer), ("application_data", _Buffer)]


class _Oid(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("elements", ctypes.c_char_p)]


MECHANISMS = {
    "krb5": _Oid(9, bytes.fromhex("2a864886f712010202")),
    "spnego": _Oid(6, bytes.fromhex("2b0601050502")),
}
HOSTBASED_SERVICE = _Oid(10, bytes.fromhex("2a864886f71201020104"))
DELEGATE, MUTUAL, SEQUENCE, CONFIDENTIALITY, INTEGRITY = 1, 2, 8, 16, 32
CONTINUE_NEEDED = 1
MESSAGE = b"from Heimdal"


class Context:
    """A security context for `service`, such as HTTP@www.heim.test, with the tickets of KRB5CCNAME.

    `bindings` are the application data of channel bindings.
    """

    def __init__(self, service, mechanism, flags, bindings=b""):
        self._library = ctypes.CDLL("libgssapi.so.3")
        self._minor = ctypes.c_uint32()
        self._mechanism, self._wanted = MECHANISMS[mechanism], flags
        self._context, self._name, self._flags = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint32()
        self._bound = _Buffer.of(bindings)
        self._bindings = ctypes.byref(_Bindings(application_data=self._bound)) if bindings else None
        self.complete = False
        self._call("gss_import_name", ctypes.byref(_Buffer.of(service.encode())),
                   ctypes.byref(HOSTBASED_SERVICE), ctypes.byref(self._name))

    def step(self, token=None):
        """The next token for the acceptor, empty if there is none."""
        output = _Buffer()
        status = self._call(
            "gss_init_sec_context", None, ctypes.byref(self._context), self._name, ctypes.byref(self._mechanism),
            self._wanted, 0, self._bindings, ctypes.byref(_Buffer.of(token)) if token else None, None,
            ctypes.byref(output), ctypes.byref(self._flags), None)
        self.complete = not status & CONTINUE_NEEDED
        return output.bytes()

    @property
    def mutual(self):
        """Whether the acceptor has proved itself."""
        return self.complete and bool(self._flags.value & MUTUAL)

    def wrap(self, message, confidential=True):
        output, is_confidential = _Buffer(), ctypes.c_int()
        self._call("gss_wrap", self._context, int(confidential), 0, ctypes.byref(_Buffer.of(message)),
                   ctypes.byref(is_confidential), ctypes.byref(output))
        return output.bytes()

    def unwrap(self, token):
        return self.unwrap_protected(token)[0]

    def unwrap_protected(self, token):
        """The message, and whether it was confidential."""
        output, is_confidential = _Buffer(), ctypes.c_int()
        self._call("gss_unwrap", self._context, ctypes.byref(_Buffer.of(token)), ctypes.byref(output),
                   ctypes.byref(is_confidential), None)
        return output.bytes(), bool(is_confidential.value)

    def mic(self, message):
        output = _Buffer()
        self._call("gss_get_mic", self._context, 0, ctypes.byref(_Buffer.of(message)), ctypes.byref(output))
        return output.bytes()

    def verify_mic(self, message, mic):
        """Raises unless it is the peer's MIC over this message."""
        self._call("gss_verify_mic", self._context, ctypes.byref(_Buffer.of(message)), ctypes.byref(_Buffer.of(mic)), None)

    def _call(self, function, *arguments):
        status = getattr(self._library, function)(ctypes.byref(self._minor), *arguments) & 0xffffffff
        if status & 0xffff0000:
            raise RuntimeError(f"{function}: {self._reason(status, 1)}; {self._reason(self._minor.value, 2)}")
        return status

    def _reason(self, status, kind):
        minor, more, text = ctypes.c_uint32(), ctypes.c_uint32(), _Buffer()
        self._library.gss_display_status(ctypes.byref(minor), status, kind, ctypes.byref(MECHANISMS["krb5"]),
                                         ctypes.byref(more), ctypes.byref(text))
        return text.bytes().decode(errors="replace")


def main(service, mechanism, delegate=None):
    import base64

    def say(data):
        print(base64.b64encode(data).decode(), flush=True)

    def hear():
        return base64.b64decode(input())

    context = Context(service, mechanism, MUTUAL | SEQUENCE | CONFIDENTIALITY | INTEGRITY | (DELEGATE if delegate else 0))
    say(context.step())
    context.step(hear())
    say(b"mutual" if context.mutual else b"unproved")
    say(context.wrap(MESSAGE))
    say(context.mic(MESSAGE))
    message = context.unwrap(hear())
    context.verify_mic(message, hear())
    say(message)


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])
