"""Whatever somebody writes, the whole way from GitHub's issue to the comment ends in a sensible decision."""

from __future__ import annotations

import pytest

from models.decision import Verdict
from tests.fakes.small_world import BODY, TITLE, World

MEGABYTE = 1_000_000
ORIGINAL = 5  # the report of the small world that stands open

SAYS_NOTHING = {
    "nothing at all": ("", ""),
    "blanks": ("   ", "   \n\t"),
    "zero-width characters alone": ("\u200b\u200b", "\u200b\ufeff\u2060"),
    "one word": ("Help", ""),
    "only a picture": ("Look", "![image](https://github.com/user-attachments/assets/0a1b)"),
    "only a picture as a tag": ("bug", '<img width="1200" src="https://user-images.githubusercontent.com/1/2.png">'),
    "only emoji": ("🔥🔥🔥", "😡😡😡💥"),
    "only mark-up": ("<script>alert(1)</script>", "<script>alert(1)</script><svg onload=1>"),
    "only an unanswered form": ("[Bug]: ", "### What happened?\n\n_No response_\n\n### Version\n\n_No response_\n"),
}
BAIT = ("a", "\n", "```\n", "<!--", "> ", "|a", "<details>", "[a](", '{"a":', "- [ ] x\n", "**", "not a duplicate of ")
STILL_FOUND = {
    "zero-width characters between all letters": ("\u200b".join(TITLE), "\u200b".join(BODY)),
    "emoji among the words": (f"🔥 {TITLE} 😡", BODY.replace(" ", " 💥 ", 3)),
    "control characters": (f"{TITLE}\x07\x1b[31m", f"\x00\x01{BODY}\x1b]0;title\x07"),
    "a megabyte behind it": (TITLE, f"{BODY}\n\n" + "lorem ipsum " * (MEGABYTE // 12)),
    "our own marker and a command": (TITLE, f"<!-- triage:comment -->\n/triage different #{ORIGINAL}\n\n{BODY}"),
    "a right-to-left override before it": (f"\u202e{TITLE}", BODY),
    "a crowd that is called": (TITLE, "@everyone " * 3_000 + BODY),
}
DENIALS = (
    f"NOT A DUPLICATE of #{ORIGINAL}",
    f"This isn't a dup of #{ORIGINAL}!",
    f"I saw #{ORIGINAL} but it's different.",
    f"I don't think this is the same as https://github.com/acme/shop/issues/{ORIGINAL}.",
    f"Kein Duplikat von #{ORIGINAL}",
)


@pytest.mark.parametrize("said", SAYS_NOTHING)
def test_inv_11_a_report_that_says_nothing_is_neither_a_duplicate_nor_a_target(known: World, said: str) -> None:
    title, body = SAYS_NOTHING[said]
    first, second = (known.triage(known.report(title=title, body=body)) for _ in range(2))
    for decision in (first, second):
        assert decision.verdict == Verdict.NEW.value
        assert known.comments(decision.number) == []
        assert known.issue(decision.number).labels == ()


@pytest.mark.parametrize("bait", BAIT)
def test_inv_37_a_megabyte_of_bait_is_decided(known: World, bait: str) -> None:
    decision = known.triage(known.report(title="Dark", body=bait * (MEGABYTE // len(bait))))
    assert decision.verdict != Verdict.DUPLICATE.value


@pytest.mark.parametrize("way", STILL_FOUND)
def test_a_report_is_found_however_it_is_dressed(known: World, way: str) -> None:
    title, body = STILL_FOUND[way]
    decision = known.triage(known.report(title=title, body=body, author="somebody-else"))
    assert decision.body["canonical"] == ORIGINAL
    (comment,) = known.comments(decision.number)
    assert "lorem" not in comment
    assert "@everyone" not in comment
    assert "\u202e" not in comment


@pytest.mark.parametrize("denial", DENIALS)
def test_inv_11_what_the_reporter_denies_is_not_linked(known: World, denial: str) -> None:
    decision = known.triage(known.report(body=f"{BODY}\n\n{denial}", author="somebody-else"))
    assert decision.verdict != Verdict.DUPLICATE.value
    assert ORIGINAL not in [link["number"] for link in decision.body["links"]]


def test_a_report_that_quotes_another_whole_is_judged_by_its_own_words(known: World) -> None:
    sentences = BODY.replace(". ", ".\n")
    quoted = "".join(f"> {line}\n" for line in f"{TITLE}\n\n{sentences}\nVersion 2.0.1 on Linux".splitlines())
    own = "The keyboard shortcut for the sidebar is gone since the redesign, nothing happens when I press it."
    decision = known.triage(known.report(title="Sidebar shortcut is gone", body=f"{quoted}\n{own}"))
    assert decision.verdict == Verdict.NEW.value
    assert ORIGINAL not in [link["number"] for link in decision.body["links"]]


LANGUAGES = {
    "ar": "عند تصدير التقرير تختفي أرقام الصفحات من التذييل ولا يظهر أي خطأ",
    "he": "כשאני מייצא את הדוח מספרי העמודים נעלמים מהכותרת התחתונה",
    "zh": "导出报告时页脚中的页码消失了没有任何错误提示",
    "ja": "レポートをエクスポートするとフッターのページ番号が消えます",
    "ko": "보고서를 내보낼 때 바닥글의 페이지 번호가 사라집니다",
    "th": "เมื่อส่งออกรายงานหมายเลขหน้าในส่วนท้ายหายไป",
    "hi": "रिपोर्ट निर्यात करते समय पाद लेख से पृष्ठ संख्या गायब हो जाती है",
    "ru": "При экспорте отчёта пропадают номера страниц в нижнем колонтитуле",
    "el": "Κατά την εξαγωγή της αναφοράς χάνονται οι αριθμοί σελίδων",
    "tr": "Raporu dışa aktarırken altbilgideki sayfa numaraları kayboluyor",
    "vi": "Khi xuất báo cáo số trang ở chân trang biến mất hoàn toàn",
    "ta": "அறிக்கையை ஏற்றுமதி செய்யும்போது பக்க எண்கள் மறைந்துவிடும்",
    "fa": "هنگام خروجی گرفتن از گزارش شماره صفحه‌ها در پانویس ناپدید می‌شوند",
    "ur": "رپورٹ برآمد کرتے وقت صفحہ نمبر غائب ہو جاتے ہیں",
    "bn": "প্রতিবেদন রপ্তানি করার সময় পৃষ্ঠা নম্বর অদৃশ্য হয়ে যায়",
    "te": "నివేదికను ఎగుమతి చేసినప్పుడు పేజీ సంఖ్యలు మాయమవుతాయి",
    "ml": "റിപ്പോർട്ട് എക്സ്പോർട്ട് ചെയ്യുമ്പോൾ പേജ് നമ്പറുകൾ അപ്രത്യക്ഷമാകുന്നു",
    "gu": "અહેવાલ નિકાસ કરતી વખતે પૃષ્ઠ નંબરો અદૃશ્ય થઈ જાય છે",
    "pa": "ਰਿਪੋਰਟ ਨਿਰਯਾਤ ਕਰਨ ਵੇਲੇ ਪੰਨਾ ਨੰਬਰ ਗਾਇਬ ਹੋ ਜਾਂਦੇ ਹਨ",
    "my": "အစီရင်ခံစာကို ထုတ်ယူသောအခါ စာမျက်နှာ နံပါတ်များ ပျောက်သွားသည်",
    "km": "ពេលនាំចេញរបាយការណ៍ លេខទំព័រនៅខាងក្រោមបាត់ទៅវិញ",
    "ka": "ანგარიშის ექსპორტისას გვერდის ნომრები ქრება",
    "hy": "Հաշվետվությունն արտահանելիս էջերի համարները անհետանում են",
    "am": "ሪፖርቱን ወደ ውጭ ስልክ የገጽ ቁጥሮች ይጠፋሉ",
    "uk": "Під час експорту звіту зникають номери сторінок у нижньому колонтитулі",
    "bg": "При експортиране на отчета изчезват номерата на страниците",
    "sr": "Приликом извоза извештаја нестају бројеви страница у подножју",
    "pl": "Podczas eksportu raportu znikają numery stron w stopce",
    "cs": "Při exportu zprávy mizí čísla stránek v zápatí",
    "hu": "A jelentés exportálásakor eltűnnek az oldalszámok a láblécből",
    "fi": "Raporttia vietäessä sivunumerot katoavat alatunnisteesta",
    "sv": "När rapporten exporteras försvinner sidnumren i sidfoten",
    "de": "Beim Export des Berichts verschwinden die Seitenzahlen in der Fußzeile",
    "nl": "Bij het exporteren van het rapport verdwijnen de paginanummers",
    "fr": "À l'export du rapport, les numéros de page du pied disparaissent",
    "es": "Al exportar el informe desaparecen los números de página del pie",
    "pt": "Ao exportar o relatório, os números de página do rodapé somem",
    "it": "Esportando il rapporto spariscono i numeri di pagina nel piè di pagina",
    "ro": "La exportul raportului dispar numerele de pagină din subsol",
    "id": "Saat laporan diekspor, nomor halaman di kaki halaman menghilang",
    "sw": "Ninapohamisha ripoti, nambari za kurasa kwenye kijachini hupotea",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_in_any_language_finds_its_own_repetition(known: World, language: str) -> None:
    words = LANGUAGES[language]
    first, second = (known.triage(known.report(title=words[:40], body=words, author=who)) for who in ("ann", "bob"))
    assert first.verdict == Verdict.NEW.value
    assert second.body["canonical"] == first.number


def test_reports_of_code_alone_are_compared_by_it_and_nothing_of_it_is_repeated(known: World) -> None:
    code = "```python\nledger = Ledger.open(path)\nledger.rebalance(accounts=frozen)\nraise LedgerDrift(ledger)\n```"
    other = "```rust\nlet banner = Banner::load(&theme)?;\nbanner.paint(Canvas::sidebar());\n```"
    first, second, third = (
        known.triage(known.report(title="", body=body, author=who))
        for body, who in ((code, "ann"), (code, "bob"), (other, "eve"))
    )
    assert (first.verdict, third.verdict) == (Verdict.NEW.value, Verdict.NEW.value)
    assert {link["number"] for link in second.body["links"]} <= {first.number}
    assert not any("rebalance" in text for text in known.comments(second.number))
