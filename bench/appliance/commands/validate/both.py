# SPDX-License-Identifier: GPL-2.0
"""Boots of the base and of the patched kernel at the same time, with the same job."""

import concurrent.futures
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from ...boots import guest, hang
from ...boots.records import Record
from ...failure import TIME_LIMIT, Failure, NoGuest
from ...host import doctor
from ...kernels.build import Built
from ...logs import splat, trace
from ...runs.outcome import FAIL, NEW, PASS, Outcome
from .compared import compared, explained, of_end, of_splats


@dataclass
class Seen:
    """What a boot has shown; debug is the file with the source lines of its program."""
    kernel: str
    debug: Path
    records: list[Record] = field(default_factory=list)
    log: str = ''
    died: str = ''  # why the boot did not come to its end, with its stack
    splats: list[str] = field(default_factory=list)  # and complaints, each with its stack


def seen_on_both(appliance: guest.Appliance, base: Built, patched: Built,
                 *job: str) -> tuple[Seen, Seen]:
    """Have `walks` do the job on both kernels, and return what was seen of each."""
    watches = hang.Pair()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(_boot, appliance, base, job, watches.base, True)
        first.add_done_callback(lambda _: watches.base_ended())
        second = pool.submit(_boot, appliance, patched, job, watches.patched, False)
        return first.result(), second.result()


def _boot(appliance: guest.Appliance, built: Built, job: tuple[str, ...], watch: hang.Watch,
          hosts_fault: bool) -> Seen:
    name = built.kernel.name
    alone = replace(appliance, kernels={name: built})
    seen = Seen(name, built.debug)
    stopped = False
    with tempfile.TemporaryFile() as console:
        watch.console = console
        try:
            # Time limits are the watch's: what is slow is no fault.
            for record in guest.records(alone, f'--mem={alone.memory_mib}', '--timeout=0',
                                        '--append=norandmaps', argv=['/bin/walks', *job],
                                        consoles=[console], hopeless=watch):
                seen.records.append(record)
        except Failure as failure:
            if hosts_fault and isinstance(failure, NoGuest) and doctor.faults():
                raise
            stopped = failure.status == TIME_LIMIT
            seen.died = explained(watch.explain(str(failure)), seen.records, stopped)
        seen.log = _read(console)
    seen.splats = trace.decode([line for _, line in splat.complaints(seen.log)], built.debug)
    seen.splats += splat.splats(seen.log, built.debug, stopped)
    return seen


def _read(console: IO[bytes]) -> str:
    console.seek(0)
    return console.read().decode(errors='replace')


def judged(check: str, base: Seen, patched: Seen) -> Outcome:
    """Judge how two boots went, and what is new in the log; the base has to come to its end."""
    if base.died:
        raise Failure('the base itself does not come to its end, so there is nothing to compare '
                      f'with: {base.died}')
    findings = compared(of_splats(base.splats),
                        of_end(patched.died) | of_splats(patched.splats))
    new = sum(finding.kind == NEW for finding in findings)
    return Outcome(check, FAIL if new else PASS,
                   f'{new} new in the boot and the log' if new else 'the boot comes to its end',
                   patched.kernel, findings)
