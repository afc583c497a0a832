"""Encryption types that MIT's acceptors permit: JSON on standard input, a list of krb5.conf texts; a JSON list comes back, of lists of
numbers in their order, or of errors as {"error": text}."""

import ctypes
import json
import os
import sys
import tempfile

krb5 = ctypes.CDLL("libkrb5.so.3")
krb5.krb5_get_error_message.restype = ctypes.c_char_p


def permitted(config):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(config)
        file.flush()
        os.environ["KRB5_CONFIG"] = file.name
        context = ctypes.c_void_p()
        code = krb5.krb5_init_context(ctypes.byref(context))
        if code:
            return {"error": str(code)}
        found = ctypes.POINTER(ctypes.c_int32)()
        code = krb5.krb5_get_permitted_enctypes(context, ctypes.byref(found))
        if code:
            return {"error": krb5.krb5_get_error_message(context, code).decode()}
        numbers = []
        while found[len(numbers)]:
            numbers.append(found[len(numbers)])
        return numbers


print(json.dumps([permitted(config) for config in json.load(sys.stdin)]))
