# SPDX-License-Identifier: GPL-2.0
"""What every reader of page tables says on two kernels, which are booted at the same time."""

import concurrent.futures
import tempfile
from dataclasses import dataclass, field, replace
from typing import IO

from ...boots import guest, hang
from ...boots.records import Reader, Record, of_type
from ...failure import TIME_LIMIT, Failure, NoGuest
from ...host import doctor
from ...kernels.build import Built
from ...logs import splat, trace

Key = tuple[str, str, str]  # reader, layout, case


@dataclass
class Readings:
    """What the readers said on one kernel, and how its boot went."""
    kernel: str
    said: dict[Key, Reader] = field(default_factory=dict)
    died: str = ''  # why the boot did not come to its end, with its stack
    splats: list[str] = field(default_factory=list)  # and complaints, each with its stack


def of_both(appliance: guest.Appliance, base: Built, patched: Built) -> tuple[Readings, Readings]:
    """Boot both kernels, and return what was read on each."""
    watches = hang.Pair()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(_boot, appliance, base, watches.base, True)
        first.add_done_callback(lambda _: watches.base_ended())
        second = pool.submit(_boot, appliance, patched, watches.patched, False)
        return first.result(), second.result()


def _boot(appliance: guest.Appliance, built: Built, watch: hang.Watch,
          hosts_fault: bool) -> Readings:
    name = built.kernel.name
    alone = replace(appliance, kernels={name: built})
    records: list[Record] = []
    seen = Readings(name)
    stopped = False
    with tempfile.TemporaryFile() as console:
        watch.console = console
        try:
            # Time limits are the watch's: what is slow is no fault.
            for record in guest.records(alone, f'--mem={alone.memory_mib}', '--timeout=0',
                                        '--append=norandmaps', argv=['/bin/walks', 'readers'],
                                        console=console, hopeless=watch):
                records.append(record)
        except Failure as failure:
            if hosts_fault and isinstance(failure, NoGuest) and doctor.faults():
                raise
            seen.died = watch.explain(str(failure))
            stopped = failure.status == TIME_LIMIT
        log = _read(console)
    seen.said = {(one.reader, one.layout, one.case): one for one in of_type(Reader, records)}
    seen.splats = [trace.decode(line, built.debug) for _, line in splat.complaints(log)]
    seen.splats += splat.splats(log, built.debug, stopped)
    return seen


def _read(console: IO[bytes]) -> str:
    console.seek(0)
    return console.read().decode(errors='replace')
