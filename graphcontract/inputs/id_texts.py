"""The texts of input classes of ids that list them, by class.

A gate tries all of them, and each run at least the first of a class, which is the simplest or the commonest.
"""

from __future__ import annotations

from collections.abc import Mapping

_Texts = Mapping[str, tuple[str, ...]]

LITERALS: _Texts = {
    "null-like": ("null", "undefined", "None", "nil", "NULL"),
    "boolean-like": ("true", "false", "True", "False"),
    "number-like": ("1e5", "1.0", "-1", "-0", "+1", "0x10", "0b1", "1_000"),
    "not-a-number": ("NaN", "nan", "Infinity", "-Infinity"),
}
"""What a language or a library reads as another value than a text."""

NOTATIONS: _Texts = {
    "date-like": ("2025-11-12", "2025-11-12T09:30:00Z", "12:30", "2025-11-12T09:30:00+01:00"),
    "decimal-like": ("1.50", "10.0.0.1", "1.2.3", "1,000"),
    "yaml-like": ("yes", "off", "~", "0x1F"),
    "account-like": ("Adele@Contoso.COM", "a+b@example.com", "@a", "CONTOSO\\Adele"),
    "file-like": ("a.json", "C:\\a", "CON", "-a"),
    "shell-like": ("$(id)", "`id`", "%PATH%", "a; id"),
    "template-marks": ("#{id}", "<%= id %>", "{}", "%d"),
    "enclosed": ("(a)", "<a>", "[a]", "/*a*/", "[object Object]"),
    "outer-marks": ("?a+", "~a,", "_a-", "@a*"),
    "outer-punctuation": ("!a?", ";a~", ":a_", "%a%"),
    "graph-like": (
        *("AAMkAGI2-T_AAA=", "19:a1@thread.v2", "b!a-B_c", "contoso.com,1,2"),
        *("S-1-12-1-10", "1_a2b", "root:", "delta"),
    ),
    "word-like": ("a_b", "aB", "a-b", "A B", "Ab", "_a", "a1", "a.b"),
    "doubled": ("a--b", "a__b", "a..b", "a  b", "a,,b", "a::b", "a&&b", "a''b"),
    "base64-like": ("YQ==", "YWJj", "_-8", "+/8="),
    "regex-like": ("a.*", "^a$", "\\d+", "a|b", "*", "a?", "[a-z]", "a+"),
    "json-like": ('{"a":1}', "[1]", '"a"', "1,2"),
    "odata-like": (
        *("guid'a'", "a eq 1", "a(1)", "'a'", "id=1", "@odata.id", "$it"),
        "datetime'2025-11-12'",
    ),
    "network-like": (
        *("::1", "[::1]", "a:80", "10.0.0.1/8", "localhost", "00-1A-2B-3C-4D-5E", "mailto:a", "data:,a"),
    ),
    "amount-like": ("1,5", "$5", "50%", "#1", "1/2", "5 kg", "1st", "-5.0"),
    "prefixed": ("id:1", "id-1", "ID1", "urn:a", "0x", "x-a", "+49 30", "no. 1"),
}
"""What looks like another notation, which a library may convert, expand, split or trim."""

EDGES: _Texts = {
    "spaces": (" ", "  "),
    "no-break-spaces": ("\u00a0", "\ufeff"),
    "wide-spaces": ("\u3000", "\u2003"),
    "dots": (".", "..", ". "),
    "slashes": ("/", "//"),
    "backslashes": ("\\",),
    "quotes": ("'", '"'),
    "equals": ("=", "&"),
}
"""What stands at the ends of a text, where a library may trim it."""

TEMPLATES = ("{id}", "{0}", "%s", "${x}", "$value", "{{x}}", "\\1", "$1", "$&", "%(x)s")
"""Placeholders of format strings, templates and replacements."""

URLS = ("http://evil.example/x", "//evil.example/x", "https://a@evil.example/x?y#z", "file:///x/")
"""What a library may take for the URL of a request."""

SIMILAR: Mapping[str, tuple[str, ...]] = {
    "similar-guids": (
        "6f1c2f64-7c0e-4c39-8a55-6d1f6f5aAa10",
        "6f1c2f64-7c0e-4c39-8a55-6d1f6f5aBB10",  # Java's hash code of it is that of the first
        "6f1c2f64-7c0e-4c39-8a55-6d1f6f5aaA10",
        "6f1c2f64-7c0e-4c39-8a55-6d1f6f5aAa01",
        "6f1c2f64-7c0e-4c93-8a55-6d1f6f5aAa10",
    ),
    "similar-ids": (
        *("01", "001", "a ", "a  "),
        *("aBc", "abC", "a--b", "a---b"),
        *("a%2F%5b", "a%2f%5B", "q\u0327\u0307\u0323", "q\u0307\u0327\u0323"),
    ),
}
"""Ids of different tasks that a cache may take for the same: by a hash code, without letter case, as numbers,
trimmed, normalized or decoded. None is what the others become: a client that changes an id mixes nothing up.
"""
