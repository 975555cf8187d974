# SPDX-License-Identifier: GPL-2.0
"""`umwalk bench`: boot two kernels in turns, walk the layouts, compare."""

import datetime
import json
import time
from pathlib import Path

from . import guest, measure, report, results, sources
from .failure import Failure
from .progress import step

FORMAT = 1  # of result.json; raised when a field changes its meaning
BOOT_SECONDS = 60
KERNELS = ('baseline', 'patched')


def run(build: Path, boots: int) -> int:
    """Compare and print the table; returns the exit status."""
    started = datetime.datetime.now(datetime.timezone.utc)
    appliance = guest.ensure(build, list(KERNELS))
    clock = time.monotonic()
    records = _boot(appliance, boots)
    result = _result(build, appliance, records)
    result['started'] = started.isoformat(timespec='seconds')
    result['seconds'] = round(time.monotonic() - clock, 1)
    folder = results.store(started, {
        'result.json': json.dumps(result, indent=1) + '\n',
        'report.md': report.markdown(result),
        'records.jsonl': results.json_lines(records)})
    print(report.terminal(result))
    print(f'\n{folder / "report.md"}')
    return 0


def _boot(appliance: guest.Appliance, boots: int) -> list[dict]:
    total = boots * len(KERNELS)
    records = []
    done = 0
    with step(f'{total} boots of {" and ".join(KERNELS)}') as shown:
        for record in guest.records(
                appliance, f'--boots={boots}', f'--mem={guest.MEMORY_MIB}',
                f'--timeout={BOOT_SECONDS}', argv=['/bin/walks', 'bench']):
            records.append(record)
            done += record['type'] == 'boot'
            shown.update(f'{done} of {total}')
    if done != total:
        raise Failure(f'{done} boots ended, wanted {total}', 1)
    return records


def _result(build: Path, appliance: guest.Appliance, records: list[dict]) -> dict:
    """What result.json holds; docs/formats.md describes every field."""
    layouts = {r['layout']: {k: r[k] for k in ('pages', 'present', 'vmas', 'huge', 'tables')}
               for r in records if r['type'] == 'layout'}
    source = sources.prepare(build)
    return {
        'format': FORMAT,
        'host': results.host(records),
        'source': source.release,
        'kernels': results.kernels(appliance),
        'layouts': layouts,
        'rows': _rows(records),
        'checks': _checks(records),
    }


def _rows(records: list[dict]) -> list[dict]:
    a, b = KERNELS
    truth = measure.checks(records)
    pages = measure.pages_of_walks(records)
    rows = []
    for (layout, walk), by_kernel in measure.ns_per_walk(records).items():
        interval = measure.ratio(by_kernel[a], by_kernel[b])
        row = {'layout': layout, 'walk': walk, 'pages': pages[layout, walk],
               'ratio': {'value': interval.value, 'low': interval.low, 'high': interval.high}}
        for name in KERNELS:
            ns = measure.middle(by_kernel[name])
            row[name] = {'ns': ns, 'ns_per_page': ns / pages[layout, walk],
                         'ns_of_boots': by_kernel[name],
                         'truth': measure.truth(truth, name, layout, walk)}
        rows.append(row)
    return rows


def _checks(records: list[dict]) -> list[dict]:
    return [{'kernel': kernel, 'layout': layout, 'check': check, **entry}
            for (kernel, layout, check), entry in measure.checks(records).items()]
