# SPDX-License-Identifier: GPL-2.0
"""A boot with a job that lasts, and all that it shows."""

import tempfile
from dataclasses import dataclass, field
from typing import IO

from ...boots import guest, hang
from ...boots.records import Boot, Record, of_type
from ...failure import TIME_LIMIT, Failure, NoGuest
from ...host import doctor
from ...logs import splat


@dataclass
class Seen:
    """What a boot has shown."""
    records: list[Record] = field(default_factory=list)
    said: str = ''  # by the job
    log: str = ''  # of the kernel
    died: str = ''  # why the boot did not come to its end, with its stack
    splats: list[str] = field(default_factory=list)  # and complaints, each with its stack

    @property
    def faults(self) -> list[str]:
        """What is wrong with any boot."""
        dropped = sum(boot.console_dropped for boot in of_type(Boot, self.records))
        return [*self.splats, *([self.died] if self.died else []),
                *([f'the log lacks {dropped} bytes'] if dropped else [])]


def boot(appliance: guest.Appliance, seconds: int, *options: str, argv: list[str]) -> Seen:
    """Boot the one kernel of the appliance for a job of so many seconds."""
    built, = appliance.kernels.values()
    seen = Seen()
    stopped = False
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as console:
        # A guest has one CPU, so what is slow uses no more than its time.
        watch = hang.Watch(hang.MOST_SECONDS + hang.PATIENCE * seconds, console)
        try:
            for record in guest.records(appliance, f'--mem={appliance.memory_mib}', '--timeout=0',
                                        *options, argv=argv, stdout=said, consoles=[console],
                                        hopeless=watch):
                seen.records.append(record)
        except Failure as failure:
            if isinstance(failure, NoGuest) and doctor.faults():
                raise
            stopped = failure.status == TIME_LIMIT
            seen.died = watch.explain(str(failure))
        seen.said, seen.log = _read(said), _read(console)
    seen.splats = splat.all_of(seen.log, built.debug, stopped)
    return seen


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors='replace')
