"""Faulty clients: request.authorization."""

from __future__ import annotations

import base64
import json
import re
from base64 import b64encode, urlsafe_b64decode
from urllib.parse import quote

from graphcontract.exchange import Call
from tests.sample_clients.bases.calls import FollowsAdvice
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.registry import faulty


@faulty("request.authorization")
class NoAuthorization(Conforming):
    """The middleware that authenticates was left out of the pipeline."""

    def authorization(self, call: Call) -> Fields:
        return []


class ChangesTheToken(Conforming):
    """Sends what `credentials` makes of the token as the field's value."""

    def credentials(self, token: str) -> str:
        raise NotImplementedError

    def authorization(self, call: Call) -> Fields:
        return [("Authorization", self.credentials(call.token))]


@faulty("request.authorization")
class SchemeForgotten(ChangesTheToken):
    """The token alone, as an API key."""

    def credentials(self, token: str) -> str:
        return token


@faulty("request.authorization")
class SchemeTwice(ChangesTheToken):
    """The token was configured with its scheme."""

    def credentials(self, token: str) -> str:
        return f"Bearer Bearer {token}"


@faulty("request.authorization")
class SchemeWithColon(ChangesTheToken):
    """A colon behind the scheme, as behind a field's name."""

    def credentials(self, token: str) -> str:
        return f"Bearer: {token}"


@faulty("request.authorization")
class TabAfterScheme(ChangesTheToken):
    """RFC 9110 has spaces between scheme and token, and nothing else."""

    def credentials(self, token: str) -> str:
        return f"Bearer\t{token}"


@faulty("request.authorization")
class TokenScheme(ChangesTheToken):
    """Another service's scheme."""

    def credentials(self, token: str) -> str:
        return f"token {token}"


@faulty("request.authorization")
class TokenAsPassword(ChangesTheToken):
    """Basic with the token as password, as for a package feed."""

    def credentials(self, token: str) -> str:
        return "Basic " + b64encode(f":{token}".encode()).decode()


@faulty("request.authorization")
class TokenQuoted(ChangesTheToken):
    """The token printed as the JSON text that it came in."""

    def credentials(self, token: str) -> str:
        return "Bearer " + json.dumps(token)


@faulty("request.authorization")
class TokenAsBytes(ChangesTheToken):
    """Bytes put into a text: Python writes their prefix and quotes."""

    def credentials(self, token: str) -> str:
        return f"Bearer {token.encode()!r}"


@faulty("request.authorization")
class CredentialsJoined(ChangesTheToken):
    """Two default fields of that name, joined by a comma on their way."""

    def credentials(self, token: str) -> str:
        return f"Bearer {token}, Bearer {token}"


@faulty("request.authorization")
class AuthorizationTwice(Conforming):
    """Both the session and the request bring the field."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) * 2


@faulty("request.authorization")
class FirstTokenReused(Conforming):
    """The first call's token is a default of the session from then on."""

    token = ""

    def authorization(self, call: Call) -> Fields:
        self.token = self.token or call.token
        return [("Authorization", f"Bearer {self.token}")]


@faulty("request.authorization", rare=True)
class TokenMissingEveryTenthCall(Conforming):
    """A token cache hands out nothing on every tenth call."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if self.calls % 10 else []


@faulty("request.authorization", rare=True)
class PaddingStripped(ChangesTheToken):
    """The equals signs at the end taken for base64's, which JWTs have not."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.rstrip("=")


@faulty("request.authorization", rare=True)
class PaddingPutIn(ChangesTheToken):
    """A token is padded to a multiple of four when it has a sign of padding already."""

    def credentials(self, token: str) -> str:
        padded = token + "=" * (-len(token) % 4 or 4)
        return f"Bearer {padded if token.endswith('=') else token}"


@faulty("request.authorization", rare=True)
class TokenPercentEncoded(ChangesTheToken):
    """The token runs through an encoder of URLs: a plus, a slash and an equals sign change."""

    def credentials(self, token: str) -> str:
        return "Bearer " + quote(token, safe="")


@faulty("request.authorization", rare=True)
class TokenMadeUrlSafe(ChangesTheToken):
    """base64 brought to base64url."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.replace("+", "-").replace("/", "_")


@faulty("request.authorization", rare=True)
class PlusAsSpace(ChangesTheToken):
    """The token came through a form, where a plus is a space."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.replace("+", " ")


@faulty("request.authorization", rare=True)
class TildeEncoded(ChangesTheToken):
    """An encoder older than RFC 3986, to which a tilde is unsafe."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.replace("~", "%7E")


@faulty("request.authorization", rare=True)
class TokenCutAt4096(ChangesTheToken):
    """A field's value has 4,096 bytes in some stores of cookies and secrets."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token[:4096]


@faulty("request.authorization", rare=True)
class AuthorizationCutAt8190(ChangesTheToken):
    """Apache's limit of a line, name included, applied by cutting."""

    def credentials(self, token: str) -> str:
        return f"Bearer {token}"[: 8190 - len("Authorization: ")]


@faulty("request.authorization", "request.once", rare=True)
class LongAuthorizationFolded(ChangesTheToken):
    """An e-mail library's folding of lines of more than 998 characters."""

    def credentials(self, token: str) -> str:
        value = f"Bearer {token}"
        return "\r\n ".join(value[at : at + 998] for at in range(0, len(value), 998))


@faulty("request.authorization", rare=True)
class LongTokenDropped(Conforming):
    """Fields beyond 8,000 bytes are left out with a warning in a log."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if len(call.token) <= 8000 else []


@faulty("request.authorization", rare=True)
class ShortTokenDropped(Conforming):
    """A token of less than 16 characters is taken for a placeholder, and the call made without."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if len(call.token) >= 16 else []


@faulty("request.authorization", rare=True)
class ShortTokenPadded(ChangesTheToken):
    """A fixed field of eight characters, filled up with zeros."""

    def credentials(self, token: str) -> str:
        return "Bearer " + token.ljust(8, "0")


@faulty("request.authorization", "request.once", "request.path-parameters", rare=True)
class CrashesDecodingAJwt(Conforming):
    """Only a JWT has an expiry to be looked up, and what looks like one need not be."""

    def authorization(self, call: Call) -> Fields:
        if call.token.count(".") == 2:
            json.loads(urlsafe_b64decode(call.token.split(".")[1] + "=="))
        return super().authorization(call)


@faulty("request.authorization", "request.once", rare=True)
class LongTokenWrapped(ChangesTheToken):
    """MIME's base64 in lines of 76 characters, with tokens that do not fit into one of 1,000."""

    def credentials(self, token: str) -> str:
        lines = [token[at : at + 76] for at in range(0, len(token), 76)]
        return "Bearer " + ("\r\n".join(lines) if len(token) > 1000 else token)


@faulty("request.authorization")
class TokenInCookie(Conforming):
    """A copy in a cookie for the sake of a portal."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Cookie", f"access_token={call.token}")]


@faulty("request.authorization")
class TokenForProxy(Conforming):
    """The proxy's field gets the credentials of the origin."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Proxy-Authorization", f"Bearer {call.token}")]


@faulty("request.authorization")
class TokenPrefixAsUserName(Conforming):
    """A telemetry field that names the user by the beginning of the token."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("X-User-Hint", call.token[:24])]


@faulty("request.authorization", "request.query")
class TokenInQuery(Conforming):
    """RFC 6750's third way as well as the first."""

    def query(self, call: Call) -> str:
        return f"?access_token={quote(call.token, safe='')}"


@faulty("request.authorization", "request.body")
class TokenInForm(Conforming):
    """RFC 6750's second way as well as the first."""

    def body(self, call: Call) -> bytes:
        return b"access_token=" + quote(call.token, safe="").encode()


@faulty("request.authorization")
class TokenInBase64Field(Conforming):
    """A field for debugging, coded so that nobody reads it by chance."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("X-Debug", b64encode(call.token.encode()).decode())]


@faulty("request.authorization")
class TokenAsProxyPassword(Conforming):
    """The proxy's password is the token, in a field that the origin should never see."""

    def fields(self, call: Call) -> Fields:
        password = b64encode(f"x:{call.token}".encode()).decode()
        return [*super().fields(call), ("Proxy-Authorization", f"Basic {password}")]


@faulty("request.authorization", rare=True)
class NoSchemeForTokensThatBeginWithBearer(Conforming):
    """A token that begins with `bearer` has its scheme already."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        if call.token.lower().startswith("bearer"):
            return [("Authorization", call.token)]
        return super().authorization(call)


@faulty("request.authorization", rare=True)
class CutsPaddingAtTwoEqualsSigns(Conforming):
    """There is no base64 with more than two signs of equality."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {re.sub('={3,}$', '==', call.token)}")]


@faulty("request.authorization")
class TokenInHexadecimal(Conforming):
    """What is sent for tracing is the token, so written that nobody sees it."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("x-trace", call.token.encode().hex())]


@faulty("request.authorization", rare=True)
class TokenAsPasswordOnBasicChallenge(FollowsAdvice):
    """The token is a password where one is asked for."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status != 401 or "basic" not in answer.fields.get("www-authenticate", "").lower():
            return None
        pair = base64.b64encode(f"token:{call.token}".encode()).decode()
        return self.signed(call, f"Authorization: Basic {pair}")


@faulty("request.authorization", rare=True)
class DropsARejectedToken(FollowsAdvice):
    """A token that is refused is left out."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status != 401 or answer.fields.get("www-authenticate") != "Negotiate":
            return None
        return self.signed(call, "x-anonymous: 1")


@faulty("request.authorization", rare=True)
class TokenForProxyOnChallenge(FollowsAdvice):
    """A proxy that asks for credentials gets those that there are."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status != 407:
            return None
        field = f"Authorization: Bearer {call.token}\r\nProxy-Authorization: Bearer {call.token}"
        return self.signed(call, field)


@faulty("request.authorization", rare=True)
class TrimsTokenEnds(Conforming):
    """What a configuration file left at the end of a token is taken off: line ends, and dots and tildes."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {call.token.rstrip('.~')}")]


@faulty("request.authorization", rare=True)
class ReplacesPlusAndSlashOfTokens(Conforming):
    """Tokens are base64, and base64 is to be safe in a URL."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        token = call.token.replace("+", "-").replace("/", "_")
        return [("Authorization", f"Bearer {token}")]


# Some tokens cannot be decoded, and then nothing is sent.
@faulty("request.authorization", "request.once", rare=True)
class ReencodesTokensAsBase64(Conforming):
    """A token that looks like base64 is decoded, to see that it is whole, and encoded again."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        token = call.token
        if "+" in token or "/" in token:
            token = base64.b64encode(base64.b64decode(token + "===", altchars=b"+/")).decode()
        return [("Authorization", f"Bearer {token}")]


@faulty("request.authorization", rare=True)
class SplitsLongTokensIntoACookie(Conforming):
    """What a gateway's limit for a field leaves over goes into a cookie as well."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        rest = call.token[4000:]
        return [*super().fields(call), *([("Cookie", f"C2={rest}")] if rest else [])]


@faulty("request.authorization", rare=True, shown_by=["503 for 1 s"])
class TokenInFieldOfARetry(Conforming):
    """A retry also names its credentials in a field for a gateway, which logs it."""

    def again(self, call: Call, attempt: int) -> Answer:
        with self.connect(call) as connection:
            field = f"\r\nX-Retry-Of: {call.token}\r\n\r\n".encode()
            connection.sendall(self.request(call).replace(b"\r\n\r\n", field))
            return self.read(connection)


@faulty("request.authorization", rare=True, shown_by=["test_opaque_id"])
class NoTokenForOpaqueIds(Conforming):
    """Ids that are not GUIDs belong to a public collection, which needs no token."""

    def authorization(self, call: Call) -> Fields:
        return super().authorization(call) if call.task_id.count("-") == 4 else []
