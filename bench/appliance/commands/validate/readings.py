# SPDX-License-Identifier: GPL-2.0
"""What every reader of page tables says on two kernels, which are booted at the same time."""

import concurrent.futures
import tempfile
from dataclasses import dataclass, field, replace
from typing import IO

from ...boots import guest, hang
from ...boots.records import Reader, Record, of_type
from ...failure import Failure, NoGuest
from ...host import doctor
from ...kernels.build import Built
from ...logs import splat, trace

# Of CPU time: far more than any boot takes. The kernel with the series may take no more than
# so many times what the one without it has taken.
MOST_SECONDS = 300
PATIENCE = 10

Key = tuple[str, str, str]  # reader, layout, case


@dataclass
class Readings:
    """What the readers said on one kernel, and how its boot went."""
    kernel: str
    said: dict[Key, Reader] = field(default_factory=dict)
    died: str = ''  # why the boot did not come to its end, with its stack
    splats: list[str] = field(default_factory=list)  # and complaints, each with its stack


class Watches:
    """Watch two boots: the second may not take much longer than the first has taken."""

    def __init__(self) -> None:
        self.base, self.patched = hang.Watch(MOST_SECONDS), hang.Watch(MOST_SECONDS)

    def base_ended(self) -> None:
        """Say that the first is over, and how much the second may take."""
        self.patched.limit = PATIENCE * max(1.0, self.base.cpu_seconds)


def of_both(appliance: guest.Appliance, base: Built, patched: Built) -> tuple[Readings, Readings]:
    """Boot both kernels, and return what was read on each."""
    watches = Watches()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(_boot, appliance, base, watches.base)
        first.add_done_callback(lambda _: watches.base_ended())
        second = pool.submit(_boot, appliance, patched, watches.patched)
        return first.result(), second.result()


def _boot(appliance: guest.Appliance, built: Built, watch: hang.Watch) -> Readings:
    name = built.kernel.name
    alone = replace(appliance, kernels={name: built})
    records: list[Record] = []
    seen = Readings(name)
    with tempfile.TemporaryFile() as console:
        try:
            # Time limits are the watch's: what is slow is no fault.
            for record in guest.records(alone, f'--mem={alone.memory_mib}', '--timeout=0',
                                        '--append=norandmaps', argv=['/bin/walks', 'readers'],
                                        console=console, hopeless=watch):
                records.append(record)
        except Failure as failure:
            if isinstance(failure, NoGuest) and doctor.faults():
                raise
            seen.died = watch.found or str(failure)
        log = _read(console)
    seen.said = {(one.reader, one.layout, one.case): one for one in of_type(Reader, records)}
    seen.splats = [trace.decode(line, built.debug) for _, line in splat.complaints(log)]
    seen.splats += splat.splats(log, built.debug)
    return seen


def _read(console: IO[bytes]) -> str:
    console.seek(0)
    return console.read().decode(errors='replace')
