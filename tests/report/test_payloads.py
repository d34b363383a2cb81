"""Script and markup in every text slot leave the page's skeleton unchanged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from layerwise.report import render

from .test_report import Page, make_facts

BASES = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "</svg><script>alert(1)</script>",
    "</text></g></svg><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//evil.example>",
    "<form action=//evil.example><button>x",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<!-- --!><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "]]><script>alert(1)</script>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "{{ 7*7 }}{% raw %}",
    "{% include '/etc/passwd' %}{# x #}",
    "${7*7}#{7*7}",
    r"$\frac{1}{2}$ $x^{$ \input{x}",
    "url(//evil.example);}*{display:none}",
    "expression(alert(1));color:red",
    "+ADw-script+AD4-alert(1)",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\ud800<b>\udfff",
    "\u202egnirts\u202c<b>\u2066x",
    "#010101 #020202 url(#m0)",
    'id="codes-points-0" class="halo"',
    "%s%n{0}{self.__class__}",
    "<plaintext><xmp><textarea>",
    "`<b>` **bold** [x](javascript:alert(1))",
    "<details open ontoggle=alert(1)>",
    "<b\nonclick=alert(1)\n>line\nbreaks\tand\ttabs",
)
WRAPS = ("{}", "x{}", '">{}', "'>{}<!--", "</code></td></table>{}")
PAYLOADS = [wrap.replace("{}", base) for base in BASES for wrap in WRAPS]
PLOTTED = ("comparison", "history", "codes", "residuals")


def fill(facts: Any, payload: str, known: dict[str, int]) -> Any:
    """Return the facts with every text, and every key that is data, replaced by the payload and a
    number of its own."""
    if isinstance(facts, str):
        return f"{payload} {known.setdefault(facts, len(known))}"
    if isinstance(facts, dict):
        data = set(facts) & {"device", "torch", "random start"}
        return {
            fill(k, payload, known) if k in data else k: v
            if k == "kind"
            else fill(v, payload, known)
            for k, v in facts.items()
        }
    return (
        [fill(item, payload, known) for item in facts]
        if isinstance(facts, (list, tuple))
        else facts
    )


def page_of(facts: dict[str, Any], text: str) -> Page:
    filled = fill(facts, text, {})
    if facts.get("comparison"):
        for i, draw in enumerate(filled["comparison"]["draws"]):
            draw["seed"] = f"{text}{i}"
    return Page(render(filled))


def assert_unmoved(facts: dict[str, Any], payload: str) -> None:
    page, calm = page_of(facts, payload), page_of(facts, "a" * len(payload))
    assert page.skeleton == calm.skeleton
    assert [v for v in page.values if v[1] in ("src", "href", "style")] == [
        v for v in calm.values if v[1] in ("src", "href", "style")
    ]
    assert "49" not in page.text.replace(payload, "") or "{{" not in payload


def test_there_are_many_payloads() -> None:
    assert len(set(PAYLOADS)) >= 150


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_in_every_text_slot(payload: str) -> None:
    assert_unmoved(
        {key: value for key, value in make_facts().items() if key not in PLOTTED}, payload
    )


@pytest.mark.parametrize("payload", BASES[::2])  # the others go through the plots of a study
def test_payloads_in_plots_and_beside_them(payload: str) -> None:
    assert_unmoved(
        {key: value for key, value in make_facts().items() if key in (*PLOTTED, "data")}, payload
    )


@pytest.mark.parametrize("payload", BASES[:3])
def test_payloads_in_confused_pairs_and_number_maps(payload: str) -> None:
    names = [f"class {i}" for i in range(25)]
    facts = {
        "confusion": {
            "classes": names,
            "matrix": np.arange(625).reshape(25, 25).tolist(),
            "rows": "true",
            "columns": "predicted",
        },
        "codes": {"method": "PCA", "points": np.eye(2), "labels": [1.5, 2.5]},
    }
    assert_unmoved(facts, payload)


@pytest.mark.parametrize("payload", ["<b>x</b>", "$a_b$ & c"])
def test_text_reads_as_it_was_given(payload: str) -> None:
    html = page_of(make_facts(), payload)
    assert html.text.count(payload) > 30
