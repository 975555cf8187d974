# SPDX-License-Identifier: GPL-2.0
"""Which room may import which: what is above knows what is below, never the reverse."""

import ast
from pathlib import Path

from appliance.paths import TOP

APPLIANCE = TOP / 'bench' / 'appliance'

# The lowest first. A module directly in appliance/ is of the ground, but for the command line.
LEVELS = ({''}, {'kernels'}, {'logs'}, {'boots'}, {'numbers', 'runs', 'render'}, {'host'},
          {'commands'}, {'cli'})


def level(room: str) -> int:
    return next(i for i, rooms in enumerate(LEVELS) if room in rooms)


def room_of(parts: tuple[str, ...]) -> str:
    """Return the room of a module's path below appliance/."""
    return parts[0] if len(parts) > 1 or parts[0] == 'cli' else ''


def imports(path: Path, top: Path) -> list[tuple[str, ...]]:
    """Return the modules that a file imports, as paths below top."""
    package = path.relative_to(top).parent.parts
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[:len(package) - node.level + 1]
            base += tuple(node.module.split('.')) if node.module else ()
            for name in node.names:
                full = (*base, name.name)
                is_module = top.joinpath(*full).with_suffix('.py').exists() \
                    or top.joinpath(*full).is_dir()
                found.append(full if is_module else base)
    return found


def faults(top: Path) -> list[str]:
    """Find imports that run up, or from one room to another beside it."""
    found = []
    for path in sorted(top.rglob('*.py')):
        me = path.relative_to(top).with_suffix('').parts
        if me == ('__init__',):
            continue
        for other in imports(path, top):
            mine, its = room_of(me), room_of(other)
            if mine != its and level(its) >= level(mine):
                found.append(f'{"/".join(me)} imports {"/".join(other)}')
    return found


def circles(top: Path) -> list[str]:
    """Find modules that import themselves by way of others."""
    graph = {path.relative_to(top).with_suffix('').parts: set(imports(path, top))
             for path in top.rglob('*.py')}
    packages = {me[:-1]: me for me in graph if me[-1] == '__init__'}
    graph = {me: {packages.get(other, other) for other in others} for me, others in graph.items()}
    found = []

    def visit(me: tuple[str, ...], way: list) -> None:
        if me in way:
            found.append(' -> '.join('/'.join(one) for one in way[way.index(me):] + [me]))
        elif me in left:
            left.discard(me)
            for other in sorted(graph.get(me, ())):
                visit(other, [*way, me])

    left = set(graph)
    for me in sorted(graph):
        visit(me, [])
    return found


def test_no_import_runs_up():
    assert faults(APPLIANCE) == []


def test_no_import_goes_in_a_circle():
    assert circles(APPLIANCE) == []


def test_no_command_prepares_the_sources():
    """That may remove the tree of what is being measured; a kernel knows what it was built of."""
    assert [path for path in (APPLIANCE / 'commands').rglob('*.py')
            if ('kernels', 'sources') in imports(path, APPLIANCE)] == []


def test_a_wrong_import_is_found(tmp_path):
    """The checks above can fail."""
    for name, text in (('kernels/a', 'from ..boots import b'), ('boots/b', 'from ..kernels.a import x'),
                       ('host/c', 'from ..render.d import x'), ('render/d', 'from .. import cli'),
                       ('cli', '')):
        path = (tmp_path / name).with_suffix('.py')
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + '\n')
    assert faults(tmp_path) == ['kernels/a imports boots/b', 'render/d imports cli']
    assert circles(tmp_path) == ['boots/b -> kernels/a -> boots/b']
