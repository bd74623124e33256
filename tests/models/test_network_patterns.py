"""Public addresses, telephone numbers and logins go; versions, private addresses, amounts and paths stay (INV 41)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.redact import redact

GONE = (
    ("my IP is {}, blocked", "84.112.33.7"),
    ("curl: (7) Failed to connect to {} port 443", "84.12.33.7"),
    ("client_ip={}", "8.31.12.9"),
    ("remote addr: {}:52344", "5.9.12.77"),
    ("X-Forwarded-For: {}, 10.0.0.1", "91.198.174.192"),
    ("http://{}:8123/lovelace", "46.4.83.150"),
    ("ssh root@{}", "46.4.83.150"),
    ("[{}]:443", "2a02:908:1a2:b3c0::17"),
    ("inet6 {} prefixlen 64", "2003:e5:1f4a:2b00:1c2d:3e4f:5a6b:7c8d"),
    ("from {}.", "203.0.113.42"),
    ("| IP | {} |", "91.64.12.3"),
    ("dial tcp {}:443: i/o timeout", "3.5.9.12"),
    ("the bulb {} is lost", "b8:27:eb:12:3f:9a"),
    ("the bulb {} is lost", "00-1A-7D-DA-71-13"),
    ("ring {} please", "+1 (555) 123-4567"),
    ("ring {} please", "+49 170 1234567"),
    ("ring {} please", "+8613812345678"),
    ("ring {} please", "(555) 123-4567"),
    ("ring {} please", "555-123-4567"),
    ("call me at {}", "555 123 4567"),
    ("Tel.: {}", "030 1234567"),
    ("my cell is {}", "212.555.0123"),
    ("phone number is {}", "0170 1234567"),
    ("手机号：{}", "13812345678"),
    ("### Phone number\n\n{}\n", "06 12 34 56 78"),
    ("tel:{}", "+15551234567"),
    ("DESKTOP-1AB2C3D\\{}", "maria"),
    ("> whoami\r\nlaptop-8fj2k1\\{}", "maria"),
    ("Logged in as CORP\\{}", "jsmith"),
    ("Login failed for user 'ACME\\{}'.", "jsmith"),
    ('"user": "CORP\\\\{}"', "jsmith"),
    ("username: acme.local\\{}", "j.smith"),
    ("runas /user:CORP\\{}", "admin2"),
    ("AzureAD\\{} cannot sign in", "MariaKern"),
)
STAYS = (
    "Version 1.2.3.4, v131.4.200.120, Chrome/131.0.6778.86 and Chrome/120.0.0.0 Safari/537.36",
    "127.0.0.1:3000, 0.0.0.0:8080, 10.0.0.5, 192.168.1.12, 172.17.0.2, 169.254.169.254, 100.64.3.1, 255.255.255.0",
    "nvidia-cudnn-cu12==9.10.2.21, pangu>=4.0.6.1, nvidia_cublas_cu12-12.3.4.1-py3, types-requests==2.30.0.0",
    "Linux 5.15.167.4-microsoft-standard-WSL2, kernel version: 5.15.146.1-2, driver 31.0.101.2115, 10.0.22631.3085",
    "Upgraded from 6.12.4.3 to 6.12.5.1; clang-1500.1.0.2.5; 3.10.0.0\nuntangle 1.2.1; pkg/126.120.4.1",
    "name servers 8.8.8.8, 1.1.1.1 and 2606:4700:4700::1111; fe80::1, ::1, fd12:3456:789a::1",
    "std::fs::read, a::b, 2024:01:02, 12:34:56:78:90:12, 00:00:00:00:00:00, aa:bb:cc:dd:ee:ff:00:11:22",
    "+0200, 2026-04-08T10:00:00+02:00, GMT+8, +12345 lines, -10 +12345678, +12 345 678 bytes, +2000000000 years",
    "phone 2024-05-01 12:30, mobile: 390x844, phone: Pixel 8, Android 14, 1712345678901, smartphone 1080 1920",
    "300-200-100, issue 555-1234, order 1234 5678, sms 404, tel aviv 2024, in cell 12345, headphone: 44100 48000",
    "C:\\Users, src\\main.rs, BUILTIN\\Administrators, NT AUTHORITY\\SYSTEM, System32\\drivers, HKLM\\Software",
    "user \\d+, account\\nfoo, UI\\Button.xaml, ID\\d+, \\alpha\\beta, owner: src\\foo, i686-pc-mingw32\\lib",
)


@pytest.mark.parametrize(("context", "secret"), GONE)
def test_what_leads_to_a_person_goes(context: str, secret: str) -> None:
    redacted = redact(f"before\n{context.format(secret)}\nafter")
    assert secret not in redacted
    assert redacted.startswith("before\n")
    assert redacted.endswith("\nafter")
    assert redact(redacted) == redacted


@pytest.mark.parametrize("text", STAYS)
def test_what_is_a_fact_stays_to_the_letter(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("sentence", ["IP: {}", "ping {}", "connecting to {}:443", "http://{}/", "x_real_ip={}"])
@settings(max_examples=60, deadline=None)
@given(address=st.ip_addresses(v=4).filter(lambda one: one.is_global and not one.is_multicast))
def test_inv_41_a_public_address_that_is_called_one_never_survives(sentence: str, address: IPv4Address) -> None:
    text = str(address)
    if text not in {"1.1.1.1", "8.8.8.8", "9.9.9.9", "1.0.0.1", "8.8.4.4", "1.2.3.4"}:
        assert text not in redact(sentence.format(text))


@settings(max_examples=100, deadline=None)
@given(address=st.ip_addresses(v=6, network="2000::/3").filter(lambda one: one.is_global))
@example(address=IPv6Address("2a00::"))
def test_inv_41_a_public_address_of_six_never_survives(address: IPv6Address) -> None:
    for text in (str(address), address.exploded, str(address).upper()):
        assert text not in redact(f"from {text} since noon")


@settings(max_examples=150, deadline=None)
@given(
    address=st.one_of(*(st.ip_addresses(v=4, network=net) for net in ("10.0.0.0/8", "192.168.0.0/16", "127.0.0.0/8")))
)
def test_a_private_address_stays(address: IPv4Address) -> None:
    text = f"connecting to {address}:8080, IP {address}"
    assert redact(text) == text


@pytest.mark.parametrize(
    "saying", ["version {}", "v{}", "kernel {}", "lib=={}", ">= {}", "Chrome/{}", "upgraded to {}"]
)
@settings(max_examples=60, deadline=None)
@given(parts=st.lists(st.integers(0, 255), min_size=4, max_size=4))
def test_four_numbers_that_are_called_a_version_stay(saying: str, parts: list[int]) -> None:
    text = saying.format(".".join(map(str, parts)))
    assert redact(text) == text


@settings(max_examples=150, deadline=None)
@given(
    country=st.sampled_from(["1", "33", "44", "49", "55", "81", "86", "91", "351"]),
    groups=st.lists(st.integers(10, 9999).map(str), min_size=3, max_size=4).filter(
        lambda groups: 9 <= len("".join(groups)) <= 11 and any(len(group) != 3 for group in groups)
    ),
    sign=st.sampled_from([" ", "-", ".", "\u00a0"]),
)
def test_inv_41_a_telephone_number_with_its_country_never_survives(country: str, groups: list[str], sign: str) -> None:
    number = f"+{country}{sign}{sign.join(groups)}"
    assert number not in redact(f"please ring {number} today")
    assert number not in redact(f"Telefon: {number}\n")


BAIT = (
    *("1.1.1.1 ", "200.200.200.200 ", "+1", "+1 2", "2001:", "ab:cd:", "corp\\a", "a.b.c\\", "tel 1", "phone: 123 "),
    *("(555) ", "555-", "call me at ", "user user ", "ip ip 200.1.1.200:", "DESKTOP-AAAAA\\a", "user a\\bc ", "手机 1"),
)


@pytest.mark.parametrize("bait", BAIT)
def test_much_bait_is_read_to_its_end(bait: str) -> None:
    assert isinstance(redact(bait * (200_000 // len(bait))), str)
