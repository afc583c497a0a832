"""MIT's profile library: JSON on standard input, a list of questions {"files": [text, ...]} or {"paths": [path, ...]}; a JSON list
comes back, of what the files say, a line for each section and each value, or of errors as {"error": text}."""

import ctypes
import json
import os
import sys
import tempfile

krb5 = ctypes.CDLL("libkrb5.so.3")
com_err = ctypes.CDLL("libcom_err.so.2")
com_err.error_message.restype = ctypes.c_char_p
STRINGS = ctypes.POINTER(ctypes.c_char_p)


def strings(function, profile, names):
    path = (ctypes.c_char_p * (len(names) + 1))(*names, None)
    found = STRINGS()
    if function(profile, path, ctypes.byref(found)):
        return []
    result = []
    while found[len(result)] is not None:
        result.append(found[len(result)])
    krb5.profile_free_list(found)
    return result


def section(profile, names, lines):
    def line(more, end):
        lines.append((b" > ".join(names + [more]) + end).decode())

    for name in sorted(set(strings(krb5.profile_get_relation_names, profile, names))) if names else []:
        for value in strings(krb5.profile_get_values, profile, names + [name]):
            line(name, b" = " + value)
    for name in sorted(set(strings(krb5.profile_get_subsection_names, profile, names))):
        line(name, b":")
        section(profile, names + [name], lines)


def read(paths):
    profile = ctypes.c_void_p()
    code = krb5.profile_init_path(":".join(paths).encode(), ctypes.byref(profile))
    if code:
        return {"error": com_err.error_message(ctypes.c_long(code)).decode()}
    lines = []
    section(profile, [], lines)
    krb5.profile_release(profile)
    return lines


def answer(question):
    if "paths" in question:
        return read(question["paths"])
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, str(number)) for number in range(len(question["files"]))]
        for path, text in zip(paths, question["files"]):
            with open(path, "wb") as file:
                file.write(text.encode())
        return read(paths)


if __name__ == "__main__":
    # The library registers its error messages when it is first used.
    krb5.initialize_prof_error_table()
    print(json.dumps([answer(question) for question in json.load(sys.stdin)]))
