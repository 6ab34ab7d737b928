"""Adapters are loaded or rejected with a reason, and whatever comes out of them is an Outcome."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from graphcontract.clients import ClientUnavailable, Start
from graphcontract.clients.python import Adapter, InProcessClient, parse_implementation
from graphcontract.exchange import Call, Outcome

START = Start("sharepointmigrationtask-cancel", ())
PREAMBLE = "from graphcontract.exchange import Call, Outcome\n"
Write = Callable[..., str]


def a_call(task_id: str = "3ed6d46d", *, timeout: float = 3.0) -> Call:
    return Call("cancel", {"sharePointMigrationTaskId": task_id}, "token", "http://127.0.0.1:1/beta", timeout)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module into the current directory; its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def written(source: str, name: str = "adapter_under_test") -> str:
        path = tmp_path / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(PREAMBLE + dedent(source))
        return name

    yield written
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def outcome(write: Write) -> Iterator[Callable[[str], Outcome]]:
    """The outcome of one call of `cancel` in this source."""
    adapters: list[Adapter] = []

    def made(source: str) -> Outcome:
        adapters.append(Adapter(f"{write(source)}:cancel"))
        return adapters[-1].call(a_call())

    yield made
    for adapter in adapters:
        adapter.close()


@pytest.fixture
def in_process(write: Write) -> Iterator[Callable[[str], InProcessClient]]:
    clients: list[InProcessClient] = []

    def made(source: str) -> InProcessClient:
        clients.append(InProcessClient(f"{write(source)}:cancel"))
        clients[-1].start(START)
        return clients[-1]

    yield made
    for client in clients:
        client.close()


# Loading


def test_current_directory_is_searched_first(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)  # rich may have brought the library's
    write("def cancel(call): return Outcome.success(status=204)", name="colorsys")
    assert Adapter("colorsys:cancel").call(a_call()) == Outcome.success(status=204)


def test_dotted_attribute(write: Write) -> None:
    write(
        """
        class Client:
            def cancel(self, call): return Outcome.success(request_id=call.task_id)
        client = Client()
        """,
        name="package.module",
    )
    assert Adapter("package.module:client.cancel").call(a_call("x")).request_id == "x"


@pytest.mark.parametrize("spec", ["", "adapter", ":cancel", "adapter:", "a/b.py"])
def test_no_module_and_callable(spec: str) -> None:
    with pytest.raises(ClientUnavailable, match="is not module:callable") as caught:
        Adapter(spec)
    assert "python:package.module:callable" in caught.value.hint


@pytest.mark.parametrize("spec", ["no_such:cancel", "no_such.module:cancel", "json.no_such:cancel"])
def test_no_such_module(spec: str) -> None:
    with pytest.raises(ClientUnavailable, match="is neither in") as caught:
        Adapter(spec)
    assert spec.partition(":")[0] in str(caught.value)
    assert sys.executable in str(caught.value)


def test_module_that_misses_another(write: Write) -> None:
    with pytest.raises(ClientUnavailable, match=r"cannot be imported: .*'no_such_library'") as caught:
        Adapter(f"{write('import no_such_library')}:cancel")
    assert "Install the missing module" in caught.value.hint


@pytest.mark.parametrize("source", ["1/0", "raise SystemExit(4)", "def cancel(:", "raise BaseException('x')"])
def test_module_that_cannot_be_imported(write: Write, source: str) -> None:
    with pytest.raises(ClientUnavailable, match="cannot be imported") as caught:
        Adapter(f"{write(source)}:cancel")
    assert "adapter_under_test.py" in caught.value.output
    assert "frozen importlib" not in caught.value.output


@pytest.mark.parametrize("name", ["..relative", "a\0b", "a b"])
def test_odd_module_name(name: str) -> None:
    with pytest.raises(ClientUnavailable):
        Adapter(f"{name}:cancel")


def test_misspelt_attribute(write: Write) -> None:
    with pytest.raises(ClientUnavailable, match="has no `cancle`") as caught:
        Adapter(f"{write('def cancel(call): ...')}:cancle")
    assert caught.value.hint == "Did you mean `cancel`?"


def test_no_callable(write: Write) -> None:
    with pytest.raises(ClientUnavailable, match="of type int"):
        Adapter(f"{write('cancel = 4')}:cancel")


def test_interrupt_while_importing(write: Write) -> None:
    with pytest.raises(KeyboardInterrupt):
        Adapter(f"{write('raise KeyboardInterrupt')}:cancel")


# What it declares


def test_named_by_default(write: Write) -> None:
    adapter = Adapter(f"{write('def cancel(call): ...')}:cancel")
    assert adapter.implementation.name == "adapter_under_test:cancel"
    assert adapter.implementation.language == "python"
    assert adapter.limits.surface == "generic"
    assert adapter.concurrency == 1


def test_declares_itself(write: Write) -> None:
    name = write(
        """
        IMPLEMENTATION = {"name": "my-client", "version": "1.2"}
        LIMITS = {"timeout": "attempt", "status": False}
        CONCURRENCY = 8
        def cancel(call): ...
        """
    )
    client = InProcessClient(f"{name}:cancel")
    assert "status" in client.shows
    client.start(START)
    assert (client.implementation.name, client.implementation.version) == ("my-client", "1.2")
    assert client.limits.timeout == "attempt"
    assert client.concurrency == 8
    assert "status" not in client.shows
    assert Adapter(f"{name}:cancel", "other@3").implementation == parse_implementation("other@3", "python")
    client.close()


@pytest.mark.parametrize(
    "source",
    [
        "IMPLEMENTATION = 4",
        "IMPLEMENTATION = {}",
        "LIMITS = {'timeout': 'never'}",
        "LIMITS = {1, 2}",
        "LIMITS = 'x'",
        "CONCURRENCY = '8'",
        "CONCURRENCY = True",
        "CONCURRENCY = 1.5",
    ],
)
def test_declares_what_cannot_be_read(write: Write, source: str) -> None:
    with pytest.raises(ClientUnavailable, match="declarations of `adapter_under_test` are not valid"):
        Adapter(f"{write(f'{source}; cancel = print')}:cancel")


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("curl@8.1", "curl", "8.1"),
        ("curl", "curl", None),
        ("@scope/kit@2.0", "@scope/kit", "2.0"),
        ("@scope/kit", "@scope/kit", None),
        ("curl@", "curl@", None),
    ],
)
def test_name_and_version(text: str, name: str, version: str | None) -> None:
    assert (parse_implementation(text).name, parse_implementation(text).version) == (name, version)


# What comes out of a call

BOTH = pytest.mark.parametrize("kind", ["def", "async def"])


@BOTH
def test_outcome_is_the_result(outcome: Callable[[str], Outcome], kind: str) -> None:
    source = f"{kind} cancel(call): return Outcome.failure(status=409, code=call.token)"
    assert outcome(source) == Outcome.failure(status=409, code="token")


@BOTH
@pytest.mark.parametrize(
    ("value", "what"),
    [("None", "None"), ("204", "type int"), ("'success'", "type str"), ("call", "type Call")],
)
def test_anything_else_returned(outcome: Callable[[str], Outcome], kind: str, value: str, what: str) -> None:
    assert outcome(f"{kind} cancel(call): return {value}") == Outcome.crash(
        f"returned {what.replace('type', 'a value of type')}: an adapter must return an Outcome"
    )


@BOTH
@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        ("ValueError('first\\nsecond')", "ValueError: first"),
        ("SystemExit(3)", "SystemExit: 3"),
        ("GeneratorExit", "GeneratorExit"),
        ("BaseException('base')", "BaseException: base"),
        ("TimeoutError('slow')", "TimeoutError: slow"),
        ("__import__('asyncio').CancelledError()", "CancelledError"),
        ("RecursionError('deep')", "RecursionError: deep"),
        ("ValueError('x' * 100_000)", "x" * 200),
    ],
)
def test_raised(outcome: Callable[[str], Outcome], kind: str, raised: str, reason: str) -> None:
    result = outcome(f"{kind} cancel(call): raise {raised}")
    assert (result.kind, result.died) == ("crash", False)
    assert reason in (result.reason or "")
    assert len(result.reason or "") < 400
    assert len(result.output) < 5000


def test_traceback_names_the_line(outcome: Callable[[str], Outcome]) -> None:
    result = outcome("def cancel(call): return {}['no such key']")
    assert "adapter_under_test.py" in result.output
    assert result.output.endswith("KeyError: 'no such key'")


def test_message_that_cannot_be_read(outcome: Callable[[str], Outcome]) -> None:
    result = outcome(
        """
        class Mute(Exception):
            def __str__(self): raise ValueError
        def cancel(call): raise Mute
        """
    )
    assert result.reason == "Mute: (its message cannot be read: ValueError)"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("Outcome.success(status='204')", "`status` is '204', not an integer"),
        ("Outcome.failure(code=b'x')", "cannot be written as JSON"),
        ("Outcome('failure', error='no')", "cannot be written as JSON"),
        ("Outcome('done')", "'done'"),
        ("Outcome.hang('I say so')", "'hang'"),
    ],
)
def test_outcome_that_the_protocol_cannot_say(
    outcome: Callable[[str], Outcome], made: str, reason: str
) -> None:
    result = outcome(f"def cancel(call): return {made}")
    assert result.kind == "crash"
    assert reason in (result.reason or "")


@BOTH
def test_interrupt_propagates(write: Write, kind: str) -> None:
    adapter = Adapter(f"{write(f'{kind} cancel(call): raise KeyboardInterrupt')}:cancel")
    with pytest.raises(KeyboardInterrupt):
        adapter.call(a_call())
    adapter.close()


def test_one_loop_for_all_calls_and_threads(write: Write) -> None:
    source = """
        import asyncio
        async def cancel(call):
            await asyncio.sleep(0)
            return Outcome.success(request_id=f"{call.task_id} {id(asyncio.get_running_loop())}")
        """
    adapter = Adapter(f"{write(source)}:cancel")
    found: list[str | None] = []
    threads = [
        threading.Thread(target=lambda i=i: found.append(adapter.call(a_call(str(i))).request_id))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    adapter.close()
    ids, loops = zip(*((text or "").split() for text in found), strict=True)
    assert set(ids) == {str(i) for i in range(8)}
    assert len(set(loops)) == 1


def test_decorated_coroutine_function(outcome: Callable[[str], Outcome]) -> None:
    source = """
        async def inner(call): return Outcome.success()
        cancel = lambda call: inner(call)
        """
    assert outcome(source) == Outcome.success()


def test_stray_task_that_exits_leaves_the_loop_alone(outcome: Callable[[str], Outcome]) -> None:
    source = """
        import asyncio
        async def leave(): raise SystemExit
        async def cancel(call):
            stray = asyncio.get_running_loop().create_task(leave())
            await asyncio.wait([stray])
            return Outcome.success(request_id=repr(stray.exception()))
        """
    assert outcome(source) == Outcome.success(request_id="SystemExit()")


# In this process


def test_call_before_start(write: Write) -> None:
    with pytest.raises(RuntimeError, match="before start"):
        InProcessClient("json:loads").call(a_call())


def test_unavailable_at_start() -> None:
    with pytest.raises(ClientUnavailable):
        InProcessClient("no_such:cancel").start(START)


def test_same_thread_for_every_call(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        import threading
        def cancel(call): return Outcome.success(status=threading.get_ident() % 10**9)
        """
    )
    assert client.call(a_call()) == client.call(a_call())
    assert client.call(a_call()).status != threading.get_ident() % 10**9


def test_function_that_hangs_is_left_behind(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        import threading
        release = threading.Event()
        def cancel(call):
            if call.task_id == "bad":
                release.wait(60)
            return Outcome.success()
        """
    )
    assert client.call(a_call("bad", timeout=0.01)).kind == "hang"
    assert client.call(a_call()) == Outcome.success()
    sys.modules["adapter_under_test"].release.set()


def test_coroutine_that_hangs_is_cancelled(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        import asyncio, threading
        cancelled = threading.Event()
        async def cancel(call):
            if call.task_id == "bad":
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    cancelled.set()
                    raise
            return Outcome.success()
        """
    )
    hung = client.call(a_call("bad", timeout=0.01))
    assert hung == Outcome.hang("no outcome within 1.01 s")
    assert sys.modules["adapter_under_test"].cancelled.wait(10)
    assert client.call(a_call()) == Outcome.success()


def test_coroutine_that_blocks_the_loop(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        import threading
        release = threading.Event()
        async def cancel(call):
            if call.task_id == "bad":
                release.wait(60)
            return Outcome.success()
        """
    )
    assert client.call(a_call("bad", timeout=0.01)).kind == "hang"
    assert client.call(a_call()) == Outcome.success()
    sys.modules["adapter_under_test"].release.set()


def test_interrupt_in_process(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        def cancel(call):
            if call.task_id == "bad":
                raise KeyboardInterrupt
            return Outcome.success()
        """
    )
    with pytest.raises(KeyboardInterrupt):
        client.call(a_call("bad"))
    assert client.call(a_call()) == Outcome.success()


def test_calls_at_once_are_kept_apart(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        import threading
        CONCURRENCY = 4
        together = threading.Barrier(4)
        def cancel(call):
            together.wait(10)
            return Outcome.success(request_id=call.task_id)
        """
    )
    found: dict[str, str | None] = {}
    threads = [
        threading.Thread(target=lambda id=id: found.update({id: client.call(a_call(id)).request_id}))
        for id in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {id: id for id in "abcd"}


def test_no_more_calls_at_once_than_declared(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        import threading
        CONCURRENCY = 2
        lock, here, most = threading.Lock(), 0, 0
        both = threading.Barrier(2)
        def cancel(call):
            global here, most
            with lock:
                here += 1
                most = max(most, here)
            both.wait(10)
            with lock:
                here -= 1
            return Outcome.success(status=most)
        """
    )
    assert client.concurrency == 2
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(client.call, [a_call() for _ in range(20)]))
    assert outcomes == [Outcome.success(status=2)] * 20


def test_calls_on_a_loop_that_was_blocked_go_on(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process(
        """
        import asyncio, threading
        CONCURRENCY = 2
        started, release = threading.Event(), threading.Event()
        async def cancel(call):
            if call.task_id == "waits":
                started.set()
                await asyncio.sleep(0.01)
            if call.task_id == "blocks":
                release.wait(60)
            return Outcome.success()
        """
    )
    module = sys.modules["adapter_under_test"]
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(client.call, a_call("waits", timeout=30))
        assert module.started.wait(10)
        blocked = client.call(a_call("blocks", timeout=0.01))
        after = client.call(a_call())
        module.release.set()
        assert (blocked.kind, after, waits.result()) == ("hang", Outcome.success(), Outcome.success())


def test_closed_twice_and_started_again(in_process: Callable[[str], InProcessClient]) -> None:
    client = in_process("async def cancel(call): return Outcome.success()")
    client.call(a_call())
    client.close()
    client.close()
    client.start(START)
    assert client.call(a_call()) == Outcome.success()
