# SPDX-License-Identifier: GPL-2.0
"""The guest's program: its rooms, and what it does on the host without a kernel."""

import graphlib
import os
import re
import subprocess
from pathlib import Path

from appliance.paths import TOP, build_folder

WORKLOADS = TOP / 'workloads'
ROOMS = re.search(r'^ROOMS\s*:= (.*)', (WORKLOADS / 'Makefile').read_text(), re.M)[1].split()


def modules(folder: Path) -> dict[str, set[str]]:
    """Map each module of the program to the modules whose functions or data it names."""
    defined, wanted = {}, {}
    for path in [folder / 'main.o', *(o for room in ROOMS for o in (folder / room).glob('*.o'))]:
        module = path.relative_to(folder).with_suffix('').as_posix()
        if not (WORKLOADS / f'{module}.c').exists():
            continue  # it was moved
        listed = subprocess.run(['nm', path], capture_output=True, text=True, check=True).stdout
        wanted[module] = set(re.findall(r'^ +U (\S+)', listed, re.M))
        defined.update(dict.fromkeys(re.findall(r'^[0-9a-f]+ [A-Z] (\S+)', listed, re.M), module))
    return {module: {defined[name] for name in names if name in defined} - {module}
            for module, names in wanted.items()}


def test_a_room_calls_those_before_it_and_there_is_no_circle(appliance):
    uses = modules(build_folder() / 'guest')
    order = [*ROOMS, 'main']
    assert {module.split('/')[0] for module in uses} == set(order)
    for module, used in uses.items():
        room = module.split('/')[0]
        allowed = set(order[:order.index(room) + 1]) - ({'rules'} if room == 'measure' else set())
        assert {other for other in used if other.split('/')[0] not in allowed} == set(), module
    graphlib.TopologicalSorter(uses).prepare()  # or a CycleError that names the circle


def test_the_environment_does_not_change_what_is_measured(tmp_path):
    (tmp_path / 'linux').mkdir()
    (tmp_path / 'linux' / 'pagewalk_probe.h').touch()

    def commands(**environment: str) -> str:
        return subprocess.run(['make', '-n', '-C', WORKLOADS, f'OUT={tmp_path}',
                               f'KERNEL_HEADERS={tmp_path}'], env=os.environ | environment,
                              capture_output=True, text=True, check=True).stdout

    assert ' -O2 ' in commands()
    assert commands(CC='other', CFLAGS='-O0', LDFLAGS='-g') == commands()
