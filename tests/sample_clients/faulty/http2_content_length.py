"""Faulty clients: http2.content-length."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_content_length_without_content", "test_successful_response")


@faulty("http2.content-length", shown_by=TESTS)
class RequiresTheAnnouncedContent(OverHttp2):
    """Content-Length has to fit, whatever the status code."""

    def complete(self, heard: Heard) -> Answer:
        length = heard.answer.fields.get("content-length", "0") if heard.answer else "0"
        if int(length) != len(heard.content):
            raise BadAnswer("cut content")
        return super().complete(heard)


@faulty("http2.content-length", shown_by=TESTS)
class ReadsTheAnnouncedContent(OverHttp2):
    """The announced bytes are taken from the content, byte by byte."""

    def complete(self, heard: Heard) -> Answer:
        answer = super().complete(heard)
        for at in range(int(answer.fields.get("content-length", "0"))):
            heard.content[at]
        return answer
