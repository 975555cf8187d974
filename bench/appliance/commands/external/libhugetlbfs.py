# SPDX-License-Identifier: GPL-2.0
"""The test programs of libhugetlbfs: built, run in a guest with readers beside them, judged."""

import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ... import process
from ...boots import guest
from ...boots.records import Beside, Ended, of_type
from ...failure import Failure
from ...kernels.lists import entries
from ...paths import TOP, expanded, locked
from ...progress import step
from ..stress.seen import Seen as Boot, boot
from .cases import FAIL, PASS, SKIP, Case
from .expected import OF_LIBHUGETLBFS
from .seen import Seen

NOT_RUN = 'LIBHUGETLBFS_SRC= (or --libhugetlbfs=) names no sources'
NAME, READ = OF_LIBHUGETLBFS
SCRIPTS = TOP / 'workloads' / 'libhugetlbfs'
SECONDS = 120  # that the programs take, and the reads; of CPU time
NO_RESULT = ('PASS (inconclusive)', 'PASS (irrelevant)')
CONFIG = 1  # the exit status of a program that cannot run here


@dataclass(frozen=True)
class Programs:
    """Where the programs are, and the tests: a program and its arguments each."""
    folder: Path
    tests: tuple[str, ...]

    def observe(self, appliance: guest.Appliance, seen: Seen) -> Seen:
        """Boot the one kernel of the appliance for all tests; add what that shows."""
        walks = appliance.initramfs.with_name('walks')
        shown = boot(appliance, SECONDS, '--host', argv=[
            str(SCRIPTS / 'run.sh'), str(walks), str(self.folder), *self.tests])
        return replace(
            seen, plan=seen.plan | OF_LIBHUGETLBFS, targets=shown,
            records=seen.records + shown.records, cases=seen.cases + cases(shown),
            console=seen.console + shown.log, splats=seen.splats + shown.splats,
            died='\n'.join(filter(None, (seen.died, shown.died))))


def ensure(build: Path, named: str) -> Programs:
    """Build the programs from a tree or tarball, unless they are up to date."""
    folder = build / 'libhugetlbfs'
    tests = tuple(entries(SCRIPTS / 'tests'))
    with locked(build), step('building the tests of libhugetlbfs'):
        tree = _tree(expanded(named).absolute(), folder)
        ran = process.run(['make', '-s', f'-j{len(os.sched_getaffinity(0))}', '-C', SCRIPTS,
                           f'TREE={tree}', f'OUT={folder / "built"}',
                           f'TESTS={" ".join(sorted({test.split()[0] for test in tests}))}'])
    if ran.returncode:
        raise Failure(f'the tests of libhugetlbfs do not build:\n{ran.stderr.strip()}')
    return Programs(folder / 'built', tests)


def _tree(named: Path, folder: Path) -> Path:
    """Return the tree itself, or unpack the tarball: files keep their times."""
    tree = named
    if named.is_file():
        tree = folder / 'source'
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        process.output(['tar', '-C', tree, '--strip-components=1', '-xf', named])
    if not (tree / 'tests' / 'hugetests.h').is_file():
        raise Failure(f"'{named}' is no tree or tarball of libhugetlbfs")
    return tree


def cases(shown: Boot) -> list[Case]:
    """Return two cases of each test that has ended: what it says, and what readers say of it."""
    said = _said(shown.said)
    return [case for one in of_type(Ended, shown.records) for case in (
        _result(one, said.get(one.stressor, '')),
        _read(one.stressor, [of for of in of_type(Beside, shown.records)
                             if of.stressor == one.stressor]))]


def _said(text: str) -> dict[str, str]:
    """Return what each test has said."""
    parts = re.split(r'^== (.*)\n', text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def _result(ended: Ended, said: str) -> Case:
    last = process.last_line(said).replace('\t', ' ')
    cannot = ended.status == CONFIG and last.startswith('Bad configuration: ')
    if cannot or (not ended.status and last in NO_RESULT):
        return Case(NAME, ended.stressor, SKIP, (last,))
    if not ended.status and last == 'PASS':
        return Case(NAME, ended.stressor, PASS)
    return Case(NAME, ended.stressor, FAIL, (f'status {ended.status}: {last}',))


def _read(test: str, readers: list[Beside]) -> Case:
    found = [f'{one.reader}: {one.detail}' for one in readers if not one.ok]
    found += [f'not read: {one.reader}' for one in readers if not one.reads]
    if not readers:
        found = ['not read']
    return Case(READ, test, FAIL if found else PASS, tuple(found))
