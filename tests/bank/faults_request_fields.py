"""Faults of the request's fields: credentials, length and type of the content."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64decode
from urllib.parse import quote

from graphcontract.exchange import Call
from tests.bank.client import Conforming
from tests.bank.registry import fault

Fields = list[tuple[str, str]]


class Bearing(Conforming):
    """Sends what `credentials` makes of the token as the field's value."""

    def credentials(self, token: str) -> str:
        raise NotImplementedError

    def authorization(self, call: Call) -> Fields:
        return [("Authorization", self.credentials(call.token))]


# request.authorization


@fault("request.authorization")
class Anonymous(Conforming):
    """The middleware that authenticates was left out of the pipeline."""

    def authorization(self, call: Call) -> Fields:
        return []


@fault("request.authorization")
class SchemeForgotten(Bearing):
    """The token alone, as an API key."""

    def credentials(self, token: str) -> str:
        return token


@fault("request.authorization")
class SchemeTwice(Bearing):
    """The token was configured with its scheme."""

    def credentials(self, token: str) -> str:
        return f"Bearer Bearer {token}"


@fault("request.authorization")
class SchemeWithColon(Bearing):
    """A colon behind the scheme, as behind a field's name."""

    def credentials(self, token: str) -> str:
        return f"Bearer: {token}"


@fault("request.authorization")
class TabAfterScheme(Bearing):
    """RFC 9110 has spaces between scheme and token, and nothing else."""

    def credentials(self, token: str) -> str:
        return f"Bearer\t{token}"


@fault("request.authorization")
class TokenScheme(Bearing):
    """Another service's scheme."""

    def credentials(self, token: str) -> str:
        return f"token {token}"


@fault("request.authorization")
class TokenAsPassword(Bearing):
    """Basic with the token as password, as for a package feed."""

    def credentials(self, token: str) -> str:
        return "Basic " + b64encode(f":{token}".encode()).decode()


@fault("request.authorization")
class TokenQuoted(Bearing):
    """The token printed as the JSON text that it came in."""

    def credentials(self, token: str) -> str:
        return "Bearer " + json.dumps(token)


@fault("request.authorization")
class TokenAsBytes(Bearing):
    """Bytes put into a text: Python writes their prefix and quotes."""

    def credentials(self, token: str) -> str:
        return f"Bearer {token.encode()!r}"


@fault("request.authorization")
class CredentialsJoined(Bearing):
    """Two default fields of that name, joined by a comma on their way."""

    def credentials(self, token: str) -> str:
        return f"Bearer {token}, Bearer {token}"


@fault("request.authorization")
class FieldTwice(Conforming):
    """Both the session and the request bring the field."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) * 2


@fault("request.authorization")
class FirstTokenKept(Conforming):
    """The first call's token is a default of the session from then on."""

    token = ""

    def authorization(self, call: Call) -> Fields:
        self.token = self.token or call.token
        return [("Authorization", f"Bearer {self.token}")]


@fault("request.authorization", rare=True)
class TokenLostLater(Conforming):
    """A token cache hands out nothing on every tenth call."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if self.calls % 10 else []


@fault("request.authorization", rare=True)
class PaddingStripped(Bearing):
    """The equals signs at the end taken for base64's, which JWTs have not."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.rstrip("=")


@fault("request.authorization", rare=True)
class PaddingPutIn(Bearing):
    """A token is padded to a multiple of four when it has a sign of padding already."""

    def credentials(self, token: str) -> str:
        padded = token + "=" * (-len(token) % 4 or 4)
        return f"Bearer {padded if token.endswith('=') else token}"


@fault("request.authorization", rare=True)
class TokenPercentEncoded(Bearing):
    """The token runs through an encoder of URLs: a plus, a slash and an equals sign change."""

    def credentials(self, token: str) -> str:
        return "Bearer " + quote(token, safe="")


@fault("request.authorization", rare=True)
class TokenMadeUrlSafe(Bearing):
    """base64 brought to base64url."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.replace("+", "-").replace("/", "_")


@fault("request.authorization", rare=True)
class PlusAsSpace(Bearing):
    """The token came through a form, where a plus is a space."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.replace("+", " ")


@fault("request.authorization", rare=True)
class TildeEncoded(Bearing):
    """An encoder older than RFC 3986, to which a tilde is unsafe."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.replace("~", "%7E")


@fault("request.authorization", rare=True)
class TokenCutAt4096(Bearing):
    """A field's value has 4,096 bytes in some stores of cookies and secrets."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token[:4096]


@fault("request.authorization", rare=True)
class FieldCutAt8190(Bearing):
    """Apache's limit of a line, name included, applied by cutting."""

    def credentials(self, token: str) -> str:
        return f"Bearer {token}"[: 8190 - len("Authorization: ")]


@fault("request.authorization", rare=True)
class LongFieldFolded(Bearing):
    """An e-mail library's folding of lines of more than 998 characters."""

    def credentials(self, token: str) -> str:
        value = f"Bearer {token}"
        return "\r\n ".join(value[at : at + 998] for at in range(0, len(value), 998))


@fault("request.authorization", rare=True)
class LongTokenDropped(Conforming):
    """Fields beyond 8,000 bytes are left out with a warning in a log."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if len(call.token) <= 8000 else []


@fault("request.authorization", rare=True)
class ShortTokenIsNone(Conforming):
    """A token of less than 16 characters is taken for a placeholder, and the call made without."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if len(call.token) >= 16 else []


@fault("request.authorization", rare=True)
class ShortTokenPadded(Bearing):
    """A fixed field of eight characters, filled up with zeros."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.ljust(8, "0")


@fault("request.authorization", "request.once", "request.task-id", rare=True)
class JwtReadAndCrash(Conforming):
    """Only a JWT has an expiry to be looked up, and what looks like one need not be."""

    def authorization(self, call: Call) -> Fields:
        if call.token.count(".") == 2:
            json.loads(urlsafe_b64decode(call.token.split(".")[1] + "=="))
        return super().authorization(call)


@fault("request.authorization", "request.once", rare=True)
class LongTokenWrapped(Bearing):
    """MIME's base64 in lines of 76 characters, with tokens that do not fit into one of 1,000."""

    def credentials(self, token: str) -> str:
        lines = [token[at : at + 76] for at in range(0, len(token), 76)]
        return "Bearer " + ("\r\n".join(lines) if len(token) > 1000 else token)


# request.content-length


@fault("request.content-length")
class LengthOfWantedContentOnly(Conforming):
    """http.client's putrequest, Go's client with a body of unknown kind: no content, no length."""

    def framing(self, call: Call) -> Fields:
        return []


@fault("request.content-length")
class EmptyChunks(Conforming):
    """An empty stream or generator as content: chunked, and over at once."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "chunked")]

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n"


@fault("request.content-length")
class LengthUnderOtherName(Conforming):
    """A field of the library's own in place of the standard one."""

    def framing(self, call: Call) -> Fields:
        return [("X-Content-Length", "0")]


@fault("request.content-length", rare=True)
class LengthForgottenLater(Conforming):
    """Default fields are cleared when a session is renewed, the length with them."""

    def framing(self, call: Call) -> Fields:
        return super().framing(call) if self.calls % 25 else []


@fault("request.content-length", rare=True)
class LargeHeadsChunked(Conforming):
    """A writer that goes over to chunks when its first buffer of 8 KiB is full, be it with the head."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "chunked")] if len(call.token) > 8000 else super().framing(call)

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n" if len(call.token) > 8000 else b""


# request.content-type


@fault("request.content-type")
class JsonByDefault(Conforming):
    """A default of the session for every request."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "application/json")]


@fault("request.content-type")
class FormByDefault(Conforming):
    """curl -d '' and PowerShell's Invoke-RestMethod -Method Post."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("content-type", "application/x-www-form-urlencoded")]


@fault("request.content-type")
class TextOfEmptyString(Conforming):
    """fetch with an empty text as body."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "text/plain;charset=UTF-8")]


@fault("request.content-type")
class EmptyType(Conforming):
    """The type set to an empty text, to be rid of it."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "")]


@fault("request.content-type", rare=True)
class CharsetBeyondAscii(Conforming):
    """A charset is declared as soon as there is anything beyond ASCII, be it in the path."""

    def fields(self, call: Call) -> Fields:
        typed = [] if call.task_id.isascii() else [("Content-Type", "text/plain; charset=utf-8")]
        return [*super().fields(call), *typed]


@fault("request.content-type", rare=True)
class TypeLeftOver(Conforming):
    """A pooled request object keeps the type of another use."""

    def fields(self, call: Call) -> Fields:
        typed = [] if self.calls % 13 else [("Content-Type", "application/json")]
        return [*super().fields(call), *typed]
