"""Keys and passwords that are known by what stands before them, or by their exact length."""

from __future__ import annotations

import re

# literal in lower case → pattern, tried where the literal stands
SHAPES = (
    ("/api/webhooks/", re.compile(r"/api/webhooks/\d{15,22}/(?P<value>[\w-]{40,200})")),
    ("webhook.office.com/", re.compile(r"(?i)webhook\.office\.com/(?P<value>[^\s\"'<>()\[\]\\]{40,600})")),
    (".atlasv1.", re.compile(r"\.atlasv1\.(?P<value>[\w=-]{40,200})")),
    ("8q~", re.compile(r"8Q~(?P<value>[\w.~-]{31,34})")),
    ("glpat-", re.compile(r"(?P<value>glpat-[\w-]{20,200}\.[0-9a-z]{2}\.[0-9a-z]{7,12})")),
    ("key-", re.compile(r"(?P<value>key-[0-9a-f]{32})(?![0-9A-Za-z])")),
    ("key_", re.compile(r"(?P<value>key_[0-9a-f]{64})(?![0-9A-Za-z])")),
    ("dapi", re.compile(r"(?P<value>dapi[0-9a-f]{32}(?:-\d)?)(?![0-9A-Za-z])")),
    ("secret_", re.compile(r"(?P<value>secret_[A-Za-z0-9]{43})(?![0-9A-Za-z])")),
    ("ssws", re.compile(r"(?i)ssws[ \t]{1,3}(?P<value>[\w-]{30,200})")),
    ("flyv1", re.compile(r"(?i)flyv1[ \t]{1,3}(?P<value>[^\s\"'<>]{20,4000})")),
    (
        "machine",
        re.compile(r"(?i)machine\s{1,8}\S{1,80}\s{1,8}login\s{1,8}\S{1,80}\s{1,8}password\s{1,8}(?P<value>\S{4,200})"),
    ),
    ("auth", re.compile(r"""(?i)auth\\{0,3}"\s{0,4}:\s{0,4}\\{0,3}"(?P<value>[A-Za-z0-9+/_-]{6,2000}={0,2})""")),
    ("pat", re.compile(r"(?P<value>pat[A-Za-z0-9]{14}\.[0-9a-f]{64})")),
    (":apa91b", re.compile(r":(?P<value>APA91b[\w-]{100,300})")),
    ("oauth:", re.compile(r"oauth:(?P<value>[0-9a-z]{30})(?![0-9A-Za-z])")),
    (
        "code=",
        re.compile(r"(?<=[?&])code=(?P<value>(?=[^\s&#]{0,60}\d)(?:4%2F)?[\w.~/-]{20,2000})(?![^\s&#\"'`)\]<>])"),
    ),
    ("magic-link", re.compile(r"magic-link[#/?](?:token=)?(?P<value>[\w.:%=+-]{20,2000})")),
    ("sshpass", re.compile(r"""sshpass[ \t]{1,3}-p[ \t]{0,3}["']?(?P<value>[^\s"']{4,200})""")),
    ("mysql", re.compile(r"mysql\w{0,8}[^\n]{0,200}?[ \t]-p(?P<value>(?=\S{0,40}[^\W_])[^\s\d\"'$<-]\S{3,200})")),
    ("define(", re.compile(r"define\([ ]?'\w{0,30}(?:KEY|SALT|PASSWORD)',[ ]{0,8}'(?P<value>[^'\n]{6,200})'")),
    ("ls0tls1crudjti", re.compile(r"(?P<value>LS0tLS1CRUdJTi[A-Za-z0-9+/]{20,20000}={0,2})")),
)
