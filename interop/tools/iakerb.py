"""Writes the first token of IAKERB (draft-ietf-kitten-iakerb) for HTTP@www.mit.test to standard output:
iakerb.py PRINCIPAL PASSWORD.

By MIT's libgssapi. python-gssapi cannot ask it for that: it hands an empty token over where there is none.
"""

import ctypes
import sys

gss = ctypes.CDLL("libgssapi_krb5.so.2")


class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]


class Oid(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("elements", ctypes.c_char_p)]


class OidSet(ctypes.Structure):
    _fields_ = [("count", ctypes.c_size_t), ("elements", ctypes.POINTER(Oid))]


def buffer(octets):
    return Buffer(len(octets), ctypes.cast(octets, ctypes.c_void_p))


def oid(contents):
    contents = bytes.fromhex(contents)
    return Oid(len(contents), contents)


IAKERB = oid("2b0601050205")
HOSTBASED_SERVICE = oid("2a864886f71201020104")
KRB5_PRINCIPAL = oid("2a864886f71201020201")
GSS_C_INITIATE = 1
GSS_C_INTEG_FLAG = 32
minor = ctypes.c_uint32()


def ask(function, *arguments):
    major = getattr(gss, function)(ctypes.byref(minor), *arguments)
    if major & 0xFFFF0000:
        sys.exit(f"{function}: {major:#x}, {minor.value}")


def name(text, form):
    imported = ctypes.c_void_p()
    text = text.encode()
    ask("gss_import_name", ctypes.byref(buffer(text)), ctypes.byref(form), ctypes.byref(imported))
    return imported


principal, password = sys.argv[1:]
password = password.encode()
credential, context = ctypes.c_void_p(), ctypes.c_void_p()
token = Buffer()
ask("gss_acquire_cred_with_password", name(principal, KRB5_PRINCIPAL), ctypes.byref(buffer(password)), 0,
    ctypes.byref(OidSet(1, ctypes.pointer(IAKERB))), GSS_C_INITIATE, ctypes.byref(credential), None, None)
ask("gss_init_sec_context", credential, ctypes.byref(context), name("HTTP@www.mit.test", HOSTBASED_SERVICE),
    ctypes.byref(IAKERB), GSS_C_INTEG_FLAG, 0, None, None, None, ctypes.byref(token), None, None)
sys.stdout.buffer.write(ctypes.string_at(token.value, token.length))
