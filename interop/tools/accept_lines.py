"""MIT's acceptor with a replay cache: accept_lines.py KEYTAB RCACHE.

Takes tokens on standard input, a line of base64 for each, and says for each at once: accepted, or why not.
"""

import base64
import os
import sys

os.environ["KRB5_KTNAME"] = "FILE:" + sys.argv[1]
os.environ["KRB5RCACHENAME"] = "file2:" + sys.argv[2]

import gssapi

credentials = gssapi.Credentials(usage="accept")
for line in sys.stdin:
    context = gssapi.SecurityContext(creds=credentials, usage="accept")
    try:
        context.step(base64.b64decode(line))
        context.complete  # where python-gssapi raises the error of a step that had an error token
    except gssapi.exceptions.GSSError as error:
        print(" ".join(str(error).split()), flush=True)
    else:
        print("accepted", flush=True)
