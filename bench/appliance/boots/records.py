# SPDX-License-Identifier: GPL-2.0
"""Records of boots: a class for each type, from the lines that a runner writes and back.

docs/formats.md says what each field means. A test compares it, the C code and this module.
Fields have the order of the lines, so that umwalk stores to the byte what it has read.
"""

import builtins
import json
import types
import typing
from dataclasses import MISSING, dataclass, fields
from typing import Any, Callable, ClassVar, Iterable, NamedTuple, TypeVar

from ..failure import FAILED, Failure

SHOWN = 200  # characters of a line that is broken

Call = tuple[str, int, int, int | None]  # callback, start, end, index of the VMA


@dataclass(frozen=True, slots=True)
class Host:
    """The first record of a run."""
    TYPE: ClassVar[str] = 'host'
    tsc_khz: int
    cpu: str


@dataclass(frozen=True, slots=True)
class Boot:
    """The last record of a boot."""
    TYPE: ClassVar[str] = 'boot'
    kernel: str
    boot: int
    wall_ns: int
    outcome: str
    status: int
    came_up: bool
    console_dropped: int


@dataclass(frozen=True, slots=True)
class Turns:
    """The first record of a boot of several kernels that take turns; it is not the runner's."""
    TYPE: ClassVar[str] = 'turns'
    boot: int
    seed: int
    placement: int
    kernels: list[str]
    cpu_ns: int


@dataclass(frozen=True, slots=True)
class OfBoot:
    """What comes while a kernel runs: the runner puts this in front, and then the type."""
    kernel: str
    boot: int


@dataclass(frozen=True, slots=True)
class Layout(OfBoot):
    """An address space that was built."""
    TYPE: ClassVar[str] = 'layout'
    layout: str
    pages: int
    present: int
    vmas: int
    huge: int
    tables: int


@dataclass(frozen=True, slots=True)
class Check(OfBoot):
    """A comparison with the layout's truth."""
    TYPE: ClassVar[str] = 'check'
    layout: str
    check: str
    ok: bool
    checked: int
    detail: str


@dataclass(frozen=True, slots=True)
class Rule(OfBoot):
    """A case of a rule of the contract."""
    TYPE: ClassVar[str] = 'rule'
    rule: str
    case: str
    ok: bool
    skip: bool
    checked: int
    detail: str


@dataclass(frozen=True, slots=True)
class Reader(OfBoot):
    """What a file, or a system call, says of a layout in one case."""
    TYPE: ClassVar[str] = 'reader'
    layout: str
    reader: str
    case: str
    ok: bool
    skip: bool
    checked: int
    detail: str
    said: str


@dataclass(frozen=True, slots=True)
class Said(OfBoot):
    """What somebody's tool prints of a process that has a layout."""
    TYPE: ClassVar[str] = 'said'
    layout: str
    who: str
    status: int
    said: str


@dataclass(frozen=True, slots=True)
class Fault(OfBoot):
    """What a reader did when an allocation of the kernel failed."""
    TYPE: ClassVar[str] = 'fault'
    reader: str
    nth: int
    injected: bool
    error: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Round(OfBoot):
    """What is free after a round of reads."""
    TYPE: ClassVar[str] = 'round'
    reader: str
    round: int
    free: int
    locked: bool


@dataclass(frozen=True, slots=True)
class Changes(OfBoot):
    """How often VMAs were changed in a way."""
    TYPE: ClassVar[str] = 'changes'
    change: str
    times: int


@dataclass(frozen=True, slots=True)
class Pass(OfBoot):
    """What a reader found in reads of a size, while VMAs changed."""
    TYPE: ClassVar[str] = 'pass'
    reader: str
    by: str
    size: int
    passes: int
    reads: int
    changed: int
    torn: int
    twice: int
    ok: bool
    checked: int
    detail: str


@dataclass(frozen=True, slots=True)
class Beside(OfBoot):
    """What a reader said of processes that a stressor has made."""
    TYPE: ClassVar[str] = 'beside'
    stressor: str
    reader: str
    reads: int
    ok: bool
    checked: int
    detail: str


@dataclass(frozen=True, slots=True)
class Ended(OfBoot):
    """How a stressor has ended."""
    TYPE: ClassVar[str] = 'ended'
    stressor: str
    status: int


@dataclass(frozen=True, slots=True)
class Left(OfBoot):
    """How much there was of something when nothing else ran."""
    TYPE: ClassVar[str] = 'left'
    when: str
    what: str
    amount: int


@dataclass(frozen=True, slots=True)
class Trying(OfBoot):
    """A case of random reads begins, and the kernel may not come back from it."""
    TYPE: ClassVar[str] = 'trying'
    case: str


@dataclass(frozen=True, slots=True)
class Found(OfBoot):
    """A read of a case that breaks a rule."""
    TYPE: ClassVar[str] = 'found'
    case: str
    ask: int
    rule: str
    how: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answered(OfBoot):
    """What a kernel gave in a read of a case."""
    TYPE: ClassVar[str] = 'answered'
    case: str
    ask: int
    said: str


@dataclass(frozen=True, slots=True)
class Tried(OfBoot):
    """A case that is done."""
    TYPE: ClassVar[str] = 'tried'
    case: str
    asks: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Sample(OfBoot):
    """One timing."""
    TYPE: ClassVar[str] = 'sample'
    layout: str
    walk: str
    cycles: int
    repeat: int
    mean: int
    parts: int
    pages: int
    calls: int
    returned: int
    turn: int | None = None
    bare_turn: int | None = None


@dataclass(frozen=True, slots=True)
class Events(OfBoot):
    """What the host counted while a kernel had its turn."""
    TYPE: ClassVar[str] = 'events'
    turn: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Loop(OfBoot):
    """Walks that were repeated for a profiler."""
    TYPE: ClassVar[str] = 'loop'
    layout: str
    walk: str
    pages: int
    walks: int
    begin_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Count(OfBoot):
    """The instructions of one walk."""
    TYPE: ClassVar[str] = 'count'
    layout: str
    walk: str
    pages: int
    vmas: int
    instructions: int
    elsewhere: int
    returned: int


@dataclass(frozen=True, slots=True)
class Insns(OfBoot):
    """Instructions of the last count, by address."""
    TYPE: ClassVar[str] = 'insns'
    layout: str
    walk: str
    at: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Golden(OfBoot):
    """Calls of callbacks in a recorded walk that was replayed; the last one has the rest."""
    TYPE: ClassVar[str] = 'golden'
    case: str
    calls: list[Call]
    returned: int | None = None
    cleared: int | None = None
    changed: int | None = None
    overflowed: bool | None = None


@dataclass(frozen=True, slots=True)
class Living(OfBoot):
    """How long walks of one kind took while fio ran."""
    TYPE: ClassVar[str] = 'living'
    job: str
    walk: str
    cycles: list[int]
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Fio(OfBoot):
    """What fio said of one run of a job."""
    TYPE: ClassVar[str] = 'fio'
    job: str
    walked: bool
    said: str
    turn: int | None = None


Record = (Host | Boot | Turns | Layout | Check | Rule | Reader | Said | Fault | Round | Changes
          | Pass | Beside | Ended | Left | Trying | Found | Answered | Tried | Sample | Events | Loop
          | Count | Insns | Golden | Living | Fio)
TYPES: dict[str, type[Record]] = {kind.TYPE: kind for kind in typing.get_args(Record)}
NAMES = {'returned': 'return'}  # fields whose name in a line is a keyword of Python

Kind = TypeVar('Kind')


def of_type(kind: type[Kind], records: Iterable[Record]) -> list[Kind]:
    """Return those of a type."""
    return [record for record in records if isinstance(record, kind)]


def parse(text: str, where: str, boot: int | None = None) -> Record:
    """Return the record in a line, as one of that boot; a Failure quotes a line that has none."""
    try:
        return _record(json.loads(text), boot)
    except ValueError as error:
        raise Failure(f'{where} is broken, {error}: {text.strip()[:SHOWN]}', FAILED) from error


def line(record: Record) -> str:
    """Return the line that parse() makes the record of."""
    values = ((name, getattr(record, attribute)) for name, attribute in ORDER[type(record)])
    return json.dumps({name: value for name, value in values if value is not None},
                      separators=(',', ':'))


class Field(NamedTuple):
    """How a value is read: its type, and what makes more of it, or None."""
    name: str
    kind: type
    read: Callable[[Any], Any] | None
    required: bool


def _record(found: Any, boot: int | None) -> Record:
    if not isinstance(found, dict):
        raise ValueError('no object')
    named = found.pop('type', None)
    kind = TYPES.get(named) if isinstance(named, str) else None
    if kind is None:
        raise ValueError(f'no type {named!r} is known')
    if boot is not None and 'boot' in found:
        found['boot'] = boot
    values = [_value(found, field) for field in FIELDS[kind]]
    if found:
        raise ValueError(f'{named} has no field {next(iter(found))!r}')
    return kind(*values)


def _value(found: dict, field: Field) -> Any:
    """Take out a field's value."""
    name, kind, read, required = field
    if name not in found:
        if required:
            raise ValueError(f'no {name!r}')
        return None
    value = found.pop(name)
    if type(value) is not kind:  # pylint: disable=unidiomatic-typecheck # true is no number
        raise ValueError(f'{name!r} is not {kind.__name__}')
    return read(value) if read else value


def _fields(kind: type) -> list[Field]:
    hints = typing.get_type_hints(kind)
    found = []
    for field in fields(kind):
        hint = hints[field.name]
        if field.default is None:
            hint, _ = typing.get_args(hint)
        origin = typing.get_origin(hint)
        found.append(Field(NAMES.get(field.name, field.name), origin or hint,
                           _reader(hint) if origin else None, field.default is MISSING))
    return found


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what turns a value of JSON into one of this type, or raises ValueError."""
    inner = [_reader(part) for part in typing.get_args(hint)]
    match typing.get_origin(hint):
        case builtins.list:
            return lambda value: [inner[0](one) for one in _exactly(value, list)]
        case builtins.tuple:
            return lambda value: tuple(read(one) for read, one in
                                       zip(inner, _exactly(value, list), strict=True))
        case builtins.dict:
            return lambda value: {name: inner[1](one) for name, one in value.items()}
        case types.UnionType:
            return lambda value: _exactly(value, *typing.get_args(hint))
    return lambda value: _exactly(value, hint)


def _exactly(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise ValueError(f'{value!r} is not {" or ".join(kind.__name__ for kind in kinds)}')
    return value


def _order(kind: type) -> list[tuple[str, str]]:
    """Return the names in a line, each with that of its attribute."""
    names = [(NAMES.get(field.name, field.name), field.name) for field in fields(kind)]
    names.insert(len(fields(OfBoot)) if issubclass(kind, OfBoot) else 0, ('type', 'TYPE'))
    return names


FIELDS = {kind: _fields(kind) for kind in TYPES.values()}
ORDER = {kind: _order(kind) for kind in TYPES.values()}
