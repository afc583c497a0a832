"""MIT's local names: JSON on standard input, a list of {"config": krb5.conf text, "principal": ...}; a JSON list comes back,
of names, or of errors as {"error": text}."""

import ctypes
import json
import os
import sys
import tempfile

krb5 = ctypes.CDLL("libkrb5.so.3")
krb5.krb5_get_error_message.restype = ctypes.c_char_p


def local_name(config, principal):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(config)
        file.flush()
        os.environ["KRB5_CONFIG"] = file.name
        context, parsed = ctypes.c_void_p(), ctypes.c_void_p()
        code = krb5.krb5_init_context(ctypes.byref(context))
        if code:
            return {"error": f"krb5_init_context: {code}"}
        name = ctypes.create_string_buffer(256)
        code = krb5.krb5_parse_name(context, principal.encode(), ctypes.byref(parsed))
        if not code:
            code = krb5.krb5_aname_to_localname(context, parsed, 256, name)
        if code:
            return {"error": krb5.krb5_get_error_message(context, code).decode()}
        return name.value.decode()


print(json.dumps([local_name(case["config"], case["principal"]) for case in json.load(sys.stdin)]))
