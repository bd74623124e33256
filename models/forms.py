"""What belongs to a tracker's form and not to its reporter: headings, empty answers, placeholders, named fields."""

from __future__ import annotations

import re

_EMPTY = re.compile(
    r"(?:no response|n/?a|not applicable|none|null|nil|nothing|no|yes|y|n|same|same as (?:above|before|title)"
    r"|see (?:above|below|title)"
    r"|as above|unknown|not sure|i don'?t know|idk|don'?t know|tbd|todo|x|-|other|test|optional|all|any|undefined|"
    r"no answer|no idea|keine?|nein|ja|aucun(?:e)?|oui|non|ning[uú]n[oa]?|nada|s[ií]|nessuno|нет|да|не знаю|n[aã]o"
    r"|sim|なし|特になし|ない|はい"
    r"|无|無|没有|是|否|暂无|없음|아니요|네|yok|brak)?",
    re.IGNORECASE,
)
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")

_HEADINGS = re.compile(
    r"(?:(?:the|a|your|current|please|brief|short|full|detailed|relevant|additional|any|other|minimal|possible"
    r"|suggested|proposed) )*"
    r"(?:(?:bug|issue|problem|feature|error|crash|detailed) )?"
    r"(?:description|summary|overview|details?|bug|bug report|issue|problem|problem statement|background|motivation"
    r"|question|"
    r"describe (?:the |your )?(?:bug|issue|problem|feature|solution|question).*|description of (?:the )?.*|"
    r"(?:steps?|how) to (?:re)?produce.*|repro(?:duction)?(?: steps?| case| link| url)?|steps|to reproduce"
    r"|reproducible .*|reproducer|"
    r"(?:minimal )?reproduc(?:tion|ible example)|(?:minimal,? )?complete,? verifiable example|mre|mcve"
    r"|code(?: sample| example| snippet)?|"
    r"expected(?: vs\.? actual)?(?: behaviou?rs?| results?| outcome| output)?|expectation|actual(?: behaviou?rs?"
    r"| results?| outcome| output)?|"
    r"(?:current|observed|actual) (?:behaviou?r|result|state)|behaviou?r|what(?:'s| is) wrong|what (?:should|did|do"
    r"|does|went|were|happen|is|was|are|actually|i) ?.*|"
    r"context|environment(?: info(?:rmation)?| details?)?|env|system(?: info(?:rmation)?)?|(?:build "
    r"|debug )?info(?:rmation)?|setup|configuration|config|"
    r"version(?:s|\(s\))?(?: info(?:rmation)?)?|.{0,40} versions?(?: used| checks?)?|version of .{0,40}|platform"
    r"|operating systems?|os|os version|"
    r"modes|extensions(?: \(\d+\)?)?|a/b experiments|installed (?:versions|packages)|(?:\w+ )?doctor(?: output)?|meta|"
    r"terminal(?: ?/ ?shell)?|shell|editor|ide|browsers?(?: .*)?|device|hardware|architecture|arch|model|plan|"
    r"screen ?shots?(?: .*)?|images?|videos?|media|attachments?|recordings?|"
    r"(?:error )?(?:logs?|messages?|output|traceback|stack ?trace|backtrace)(?: ?(?:/|and|or|&) ?(?:errors?|logs?"
    r"|messages?|output|traceback|stack ?trace|screenshots?))*|"
    r"errors?(?: ?(?:/|and|or|&)? ?(?:messages?|logs?|output|details?)){0,2}|(?:log|console|terminal|command|debug"
    r"|crash) (?:output|logs?|reports?)|"
    r"additional (?:context|info(?:rmation)?|details|notes|comments).*|anything else.*|notes?"
    r"|other(?: info(?:rmation)?)?|misc|comments?|remarks?|"
    r"(?:workaround|fix|solution|cause|root cause|alternatives?)s?(?: .{0,30})?|impact|severity|priority|frequency"
    r"|regression|use cases?|related(?: issues?| links?)?|references?|links|"
    r"pre-?flight(?: checklist)?|check ?list|checks|(?:first|initial) checks|prerequisites?"
    r"|before (?:you )?(?:submit|post|creat|open|fil|report).*|acknowledg.*|"
    r"verification|code of conduct.*|contribut.*|duplicates?|existing issues?|search .*|"
    r"link to .*|provide .*|(?:current|actual|observed|expected) (?:vs\.?|and|/) (?:current|actual|expected).*"
    r"|subsystem|tested .*|is (?:this|there|it) .*|are you .*|do you .*|did (?:you|this) .*|does (?:this|it) .*"
    r"|have you .*|has this .*"
    r"|can you .*|could you .*|would you .*|will you .*|which .*|"
    r"how (?:did|do|often|can|are|have|is|many) .*|when .*\?|where .*\?|who .*\?|why .*\?|last working version.*|"
    r"beschreibung|fehlerbeschreibung|schritte.*|erwartetes verhalten|umgebung|descripci[oó]n|pasos.*"
    r"|comportamiento .*|entorno|étapes.*|comportement .*|"
    r"описание|шаги.*|ожидаемое.*|фактическое.*|окружение|问题描述|复现步骤|期望.*|实际.*|环境.*|版本.*|概要|再現手順|期待.*|実際.*|環境.*|재현.*"
    r"|기대.*|환경.*)[\s:?.!]*",
    re.IGNORECASE,
)

_INSTRUCTION = re.compile(
    r"(?:a clear and concise description|if applicable,? add|add any other context|a concise description|"
    r"please (?:provide|describe|include|search|make sure|fill|paste|attach|answer|check|read|use|copy|run|be as"
    r"|tell us|explain|specify|list|delete|remove|ensure|do not|don'?t (?:submit|post|include))\b|"
    r"tell us (?:what|how|about|more)|describe (?:what|the (?:bug|issue|problem|steps)|your)|explain what"
    r"|steps to reproduce the behaviou?r|"
    r"go to '?\.{2,}|click on '?\.{2,}|scroll down to '?\.{2,}|see error$|paste (?:your|the|any|it|here)"
    r"|insert (?:your|the|here)|"
    r"(?:i|we) (?:have|'ve)? ?(?:searched|read|checked|verified|confirmed) (?:the|for|existing|that|all|this)"
    r"|thanks? (?:you )?for (?:taking|filing|reporting|your)|"
    r"this (?:will be|is) automatically (?:formatted|generated)|provide (?:a|any|as|the|steps)|note: please|e\.g\."
    r"|\[e\.g\.|by submitting|"
    r"\[(?:paste|upload|insert|add|enter|attach|describe) [^\]\n]{0,80}\]$"
    r"|type: (?:bug|feature request|performance issue)$|"
    r"on \w{2,9}\b.{5,100} wrote:$|am .{5,100} schrieb .{0,60}:$|sent from (?:my|mail for|yahoo|outlook)\b"
    r"|get outlook for|"
    r"let us know|share (?:any|your|the) (?:logs|screenshots|details))",
    re.IGNORECASE,
)

_NAMED_FIELD = re.compile(
    r"(?:(?!my|the|no|new|wrong|old)[\w.]+ ){1,3}(?:model|plan|versions?|os|platform|terminal|shell|editor|browser"
    r"|ide|id|tier|edition)[\s:?.!]*",
    re.IGNORECASE,
)

_ROLES = (
    (
        "checklist",
        re.compile(
            r"checklist|preflight|checks\b|prerequisite|before (?:you |submit|post|creat|open|fil)|code of conduct"
            r"|existing issue|acknowledg|verification"
        ),
    ),
    (
        "ignore",
        re.compile(
            r"(?:last|latest|previous) (?:known )?(?:working|good)\b|^working version|regression|first seen|since when"
            r"|frequency|severity|priority|how often"
        ),
    ),
    (
        "id",
        re.compile(
            r"\b(?:feedback|request|session|organi[sz]ation|account|conversation|user|device|trace|invoice"
            r"|support)[ _-]?id\b|timestamp|\bdate\b|e-?mail"
        ),
    ),
    (
        "expected",
        re.compile(r"expect|should happen|should have|desired|erwartet|esperado|attendu|ожидаем|期待|期望|기대"),
    ),
    ("os", re.compile(r"\bos[ _-](?:version|release|build)|\bkernel\b|system info")),
    ("version", re.compile(r"version|\bbuild\b|\brelease\b|\bver\b|版本|バージョン|버전|версия")),
    (
        "os",
        re.compile(
            r"operating system|\bos\b|platform|\bsystem\b|distro|betriebssystem|sistema operativo|système"
            r"|操作系统|操作系統"
        ),
    ),
    ("terminal", re.compile(r"terminal|shell|\beditor\b|\bide\b|console app|\bbrowser")),
    ("plan", re.compile(r"\bplan\b|subscription|\btier\b|\babo\b|abonnement")),
    ("model", re.compile(r"\bmodel\b|modell|モデル|模型")),
    (
        "environment",
        re.compile(
            r"^extensions|experiments$|doctor|environment"
            r"|\benv\b|system info|setup info|umgebung|entorno|окружение|环境|環境|환경"
        ),
    ),
    ("error", re.compile(r"error|\blogs?\b|trace|\boutput\b|crash|exception|panic|fehler|ошибк|错误|エラー|오류")),
)
_FIELD_LINE = re.compile(
    r"(?:[-*+•][ \t]+)?(?:\*\*|__|`)?(?P<key>[^\W\d_][\w .()/'-]{0,38}?)(?:\*\*|__|`)?[ \t]*[:：=][ \t]*(?:\*\*"
    r"|__)?[ \t]*(?P<value>\S.{0,200})?$"
)
_BENEATH = re.compile(
    r"(?:python|pip|node(?:\.?js)?|npm|yarn|pnpm|bun|deno|java|jdk|jvm|ruby|go|golang|gcc|g\+\+|clang|llvm|cuda|cudnn|glibc"
    r"|libc|cmake|docker|php|\.net|dotnet|xcode|browser|chrome|firefox|gpu|driver|git|database|postgres(?:ql)?|mysql"
    r"|container runtime|related|plugins?)\b"
)
LISTING_ROLES = frozenset({"version", "os", "terminal", "environment"})  # of what is answered by a list of names
FIELD_ROLES = frozenset({"id", "version", "os", "terminal", "plan", "model", "ignore"})


def is_empty_answer(text: str) -> bool:
    """Whether an answer says nothing: "_No response_", "N/A", "-" and their kin."""
    return len(text) <= 60 and _EMPTY.fullmatch(_EDGE.sub("", text)) is not None


def is_template_heading(heading: str) -> bool:
    """Whether a heading is one that forms ask with, not one of the reporter's own."""
    name = _EDGE.sub("", heading)
    return len(name) <= 120 and (_HEADINGS.fullmatch(name) or _NAMED_FIELD.fullmatch(name)) is not None


def is_instruction(line: str) -> bool:
    """Whether a line is a template's advice to the reporter."""
    return "[e.g." in line or _INSTRUCTION.match(line.lstrip("*_> -(")) is not None


def role_of(heading: str) -> str:
    """What a form's heading asks for: version, os, terminal, plan, model, environment, error, expected, … or ""."""
    name = heading.lower()
    return next((role for role, pattern in _ROLES if pattern.search(name)), "")


def asks_what_lies_beneath(heading: str) -> bool:
    """Whether a form asks for the version of what the product runs on, not for its own."""
    return _BENEATH.match(heading.lower()) is not None


def field_of(line: str) -> tuple[str, str] | None:
    """Key and value of a line such as `- Platform: linux`, where the key is one that forms ask for."""
    if ":" not in line and "=" not in line and "：" not in line:
        return None
    found = _FIELD_LINE.match(line.strip())
    if (
        found is None
        or is_instruction(line)
        or role_of(found["key"]) not in FIELD_ROLES
        or len(found["key"].split()) > 4
    ):
        return None
    return field_name(found["key"]), (found["value"] or "").strip()


def field_name(heading: str) -> str:
    """A heading as the key of a field: lower case, without marks."""
    return " ".join(_EDGE.sub("", heading).lower().split())
