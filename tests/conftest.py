# SPDX-License-Identifier: GPL-2.0
"""Fixtures: the appliance, built once from this clone, and its command line."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / 'bench'))

from appliance import guest, kernel, series  # noqa: E402
from appliance.paths import build_folder  # noqa: E402


# One instruction, a jump over what makes it 16 bytes: a lone nop would shift the code
# behind it, whose alignment the assembler then pads with nops of its own.
ONE_MORE = """\
--- a/mm/pagewalk.c
+++ b/mm/pagewalk.c
@@ -33,4 +33,5 @@
 	for (;;) {
 		err = ops->pte_entry(pte, addr, addr + PAGE_SIZE, walk);
+		asm volatile("jmp 1f\\n.skip 14\\n1:");
 		if (err)
 		       break;
"""


@pytest.fixture(scope='session')
def appliance() -> guest.Appliance:
    """Every kernel, the runner and the initramfs, built as a user would have them."""
    return guest.ensure(build_folder(), series.kernels())


@pytest.fixture(scope='session', autouse=True)
def users_results_are_left_alone():
    """What is in results/ of this clone is the user's: no test writes there."""
    def contents() -> dict[Path, int]:
        return {path: path.lstat().st_mtime_ns for path in (TOP / 'results').rglob('*')}

    before = contents()
    yield
    assert contents() == before, 'results/ changed while the tests ran'


@pytest.fixture(scope='module', autouse=True)
def results_folder(tmp_path_factory):
    """Where all runs of a test module land, in place of results/: in this process and others."""
    folder = tmp_path_factory.mktemp('results')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('RESULTS', str(folder))
        yield folder


@pytest.fixture(scope='session')
def stock_with(appliance, tmp_path_factory):
    """Build stock with one more patch; returns the appliance with that kernel in stock's place."""
    stock = series.stack('stock')
    bench = kernel.Bench(build_folder(), 'release')
    target = tmp_path_factory.mktemp('stock') / 'linux'

    def build(patch: Path) -> guest.Appliance:
        bench.build(series.with_patches(stock, patch.stem, patch), target)
        return replace(appliance, kernels={'stock': target})

    bench.build(stock, target, configure=True)
    yield build
    bench.restore(stock)


@pytest.fixture(scope='session')
def one_more(stock_with, tmp_path_factory) -> Path:
    """The program of stock with one instruction more for each PTE that a walk comes to."""
    folder = tmp_path_factory.mktemp('one-more')
    patch = folder / 'one-more.patch'
    patch.write_text(ONE_MORE)
    built = stock_with(patch).kernels['stock']
    return Path(shutil.copytree(built.parent, folder / 'kernel')) / built.name


@pytest.fixture
def umwalk():
    """Run bench/umwalk with arguments; returns the CompletedProcess, output as text."""
    def run(*arguments: str, timeout: float = 300, **environment: str):
        return subprocess.run([TOP / 'bench' / 'umwalk', *arguments], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              env=os.environ | environment, check=False)
    return run
