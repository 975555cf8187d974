# SPDX-License-Identifier: GPL-2.0
"""Which cgroups can limit us, and what they say, in texts as kernels and containers have them."""

import pytest

from appliance.host import cgroup

LAPTOP = ('0::/user.slice/user-1000.slice/session-2.scope\n',
          '22 1 0:20 / /proc rw,nosuid shared:12 - proc proc rw\n'
          '35 24 0:30 / {top}/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n',
          ['user.slice/user-1000.slice/session-2.scope', 'user.slice/user-1000.slice',
           'user.slice', ''])
VERSION_1 = ('9:name=systemd:/\n5:cpuset:/elsewhere\n4:cpu,cpuacct:/jobs/7\n0::/\n',
             '31 23 0:28 / {top} rw - tmpfs tmpfs rw,mode=755\n'
             '32 31 0:29 / {top}/cgroup rw - cgroup cgroup rw,cpu,cpuacct\n'
             '33 31 0:30 / {top}/cpuset rw - cgroup cgroup rw,cpuset\n',
             ['jobs/7', 'jobs', ''])
DOCKER_1 = ('4:cpuacct,cpu:/docker/0123/jobs\n',  # sees the host's names, has its own part mounted
            '700 690 0:29 /docker/0123 {top}/cgroup ro master:11 - cgroup cgroup rw,cpu,cpuacct\n',
            ['jobs', ''])
DOCKER_2 = ('0::/\n',  # with a namespace of its own
            '700 690 0:30 / {top}/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n', [''])
TWICE = ('0::/a/b\n',  # a part of it is mounted somewhere else, too
         '50 1 0:30 /a/b {top}/part rw - cgroup2 cgroup rw\n'
         '51 1 0:30 / {top}/cgroup rw - cgroup2 cgroup rw\n', ['a/b', 'a', ''])
NOT_OURS = ('0::/a/b\n', '50 1 0:30 /a/bc {top}/cgroup rw - cgroup2 cgroup rw\n', [])
NOT_MOUNTED = ('0::/a/b\n', '22 1 0:20 / /proc rw - proc proc rw\n', [])


@pytest.mark.parametrize('groups, mounts, expected', [
    LAPTOP, VERSION_1, DOCKER_1, DOCKER_2, TWICE, NOT_OURS, NOT_MOUNTED])
def test_own_group_and_all_above_it(tmp_path, groups, mounts, expected):
    (tmp_path / 'cgroup').write_text(groups)
    (tmp_path / 'mountinfo').write_text(mounts.format(top='/a\\040b'))
    found = [str(folder) for folder in cgroup.folders(tmp_path)]
    assert found == [f'/a b/cgroup/{group}'.rstrip('/') for group in expected]


def test_throttled_time_is_of_all_levels(tmp_path):
    (tmp_path / 'cgroup').write_text('4:cpu:/a/b\n0::/a\n')
    (tmp_path / 'mountinfo').write_text(f'32 31 0:29 / {tmp_path}/v1 rw - cgroup cgroup rw,cpu\n'
                                        f'33 31 0:30 / {tmp_path}/v2 rw - cgroup2 cgroup2 rw\n')
    (tmp_path / 'v1/a/b').mkdir(parents=True)
    (tmp_path / 'v2/a').mkdir(parents=True)
    (tmp_path / 'v1/a/b/cpu.stat').write_text('nr_throttled 5\nthrottled_time 2500000000\n')
    (tmp_path / 'v1/a/cpu.stat').write_text('nr_throttled 1\nthrottled_time 30000000\n')
    (tmp_path / 'v2/a/cpu.stat').write_text('usage_usec 7\nnr_throttled 4\nthrottled_usec 400000\n')
    (tmp_path / 'v2/cpu.stat').write_text('usage_usec 7\nuser_usec 3\nsystem_usec 4\n')
    assert cgroup.throttled_seconds(tmp_path) == pytest.approx(2.93)


def test_no_cgroups_at_all(tmp_path):
    assert cgroup.throttled_seconds(tmp_path) == 0
