# SPDX-License-Identifier: GPL-2.0
"""A series is read as people send it; what cannot be one is refused, by name and line."""

import email.charset
import email.mime.text
import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.failure import Failure
from appliance.kernels.intake import given, posted, reading, standing
from appliance.kernels.newfiles import whole
from appliance.kernels.patch import touched_files
from appliance.kernels.series import Kernel, Stack
from appliance.kernels.version import LINUX
from appliance.paths import PATCHES

AUTHOR = {'GIT_AUTHOR_NAME': 'Jürgen Müller', 'GIT_AUTHOR_EMAIL': 'jm@example.org',
          'GIT_AUTHOR_DATE': '2026-11-26T10:00:00 +0000',
          'GIT_COMMITTER_NAME': 'C', 'GIT_COMMITTER_EMAIL': 'c@example.org'}
ALONE = {'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent', 'GIT_CONFIG_NOSYSTEM': '1'}
LINES = ''.join(f'line {number}\n' for number in range(1, 40))


def git(folder: Path, *command: str, given: bytes = b'', **more: str) -> str:
    ran = subprocess.run(['git', '-C', folder, *command], input=given, check=True,
                         capture_output=True, env=ALONE | AUTHOR | more)
    return ran.stdout.decode()


class Repository:
    """A tree and three commits on top: walk.c changed, a file added and removed, one renamed."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir()
        git(path, 'init', '--quiet', '--initial-branch=main')
        self.commit('Linux', {'mm/walk.c': LINES, 'mm/old.c': 'old\n', 'mm/run.sh': LINES})
        git(path, 'tag', 'base')
        self.commit('mm: walk: change it', {'mm/walk.c': LINES.replace('line 9\n', 'line nine\n')})
        git(path, 'mv', 'mm/run.sh', 'mm/run2.sh')
        (path / 'mm/run2.sh').chmod(0o755)
        self.commit('mm: größer: new names', {'mm/new.c': 'new\n'})
        git(path, 'rm', '--quiet', 'mm/old.c')
        self.commit('mm: remove the old', {})
        git(path, 'tag', 'topic')

    def commit(self, title: str, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.path / name).parent.mkdir(exist_ok=True)
            (self.path / name).write_text(text)
        git(self.path, 'add', '.')
        git(self.path, 'commit', '--quiet', '--message', f'{title}\n\nWhy.\n\nSigned-off-by: J')

    def mails(self, *options: str) -> list[str]:
        """Return them as mails, each with its From line."""
        box = git(self.path, 'format-patch', '--stdout', '--numbered', *options, 'base..topic')
        return re.split(r'^(?=From [0-9a-f]{40} )', box, flags=re.M)[1:]

    def tree_after(self, patches: list[Path]) -> str:
        """Return the tree that `git am` makes of patches."""
        git(self.path, 'checkout', '--quiet', '--detach', 'base')
        git(self.path, 'am', '--quiet', *map(str, patches))
        return git(self.path, 'rev-parse', 'HEAD^{tree}')

    @property
    def topic(self) -> str:
        """The tree of the last commit."""
        return git(self.path, 'rev-parse', 'topic^{tree}')


@pytest.fixture(scope='session')
def repository(tmp_path_factory):
    return Repository(tmp_path_factory.mktemp('intake') / 'linux')


@pytest.fixture
def out(tmp_path):
    (tmp_path / 'out').mkdir()
    return tmp_path / 'out'


@pytest.fixture
def box(tmp_path):
    """Write mails to a mailbox."""
    def write(*mails: str) -> str:
        (tmp_path / 'v2.mbox').write_text(''.join(mails))
        return str(tmp_path / 'v2.mbox')
    return write


@pytest.fixture
def folder(tmp_path):
    """Write mails to a folder, a file each."""
    def write(**mails: str) -> str:
        (tmp_path / 'mine').mkdir(exist_ok=True)
        for name, mail in mails.items():
            (tmp_path / f'mine/{name}.patch').write_text(mail)
        return str(tmp_path / 'mine')
    return write


def titles(series) -> list[str]:
    return [posted.subject for posted in series.patches]


TITLES = ['mm: walk: change it', 'mm: größer: new names', 'mm: remove the old']


def check_whole(series, repository, out) -> None:
    """It is the series, all of it, in files that git takes."""
    files = [posted.patch.file for posted in series.patches]
    assert titles(series) == TITLES
    assert sorted(out.iterdir()) == files
    assert [file.name for file in files] == [
        '0001-mm-walk-change-it.patch', '0002-mm-gr-er-new-names.patch',
        '0003-mm-remove-the-old.patch']
    assert repository.tree_after(files) == repository.topic
    assert {posted.author for posted in series.patches} == {'Jürgen Müller <jm@example.org>'}
    assert {posted.message for posted in series.patches} == {'Why.\n\nSigned-off-by: J'}


def test_a_folder_is_ordered_by_number_not_by_name(repository, folder, out):
    mails = repository.mails()
    series = reading.read(folder(c=mails[0], b=mails[1], a=mails[2]), out)
    check_whole(series, repository, out)
    assert (series.cover, series.base_commit, series.notes) == ('', '', ())


def test_a_folder_without_numbers_is_ordered_by_name(repository, folder, out):
    mail = repository.mails('--no-numbered')[0]
    where = folder(**{name: mail.replace('mm: walk: change it', name) for name in 'hgbacfed'})
    assert titles(reading.read(where, out)) == list('abcdefgh')


def test_a_list_in_the_folder_decides(repository, folder, out):
    mails = repository.mails('--cover-letter')
    where = folder(cover=mails[0], a=mails[1], b=mails[2], c=mails[3])
    Path(where, 'series').write_text('# all but one\nc.patch\na.patch # the first\ncover.patch\n')
    series = reading.read(where, out)
    assert titles(series) == [TITLES[2], TITLES[0]] and series.cover.startswith('*** SUBJECT')
    Path(where, 'a.patch').unlink()
    with pytest.raises(Failure, match=r"a\.patch': No such file or directory"):
        reading.read(where, out)


@pytest.mark.parametrize('name', ['pagewalk-v3', 'platform', 'probe'])
def test_the_shipped_series_come_with_all_of_their_files(name, out):
    series = reading.read(str(PATCHES / '6.12' / name), out)
    files = sorted((PATCHES / '6.12' / name).glob('*.patch'))
    assert len(series.patches) == len(files)
    for posted, file in zip(series.patches, files):
        assert posted.patch.content.endswith(whole(file)[whole(file).index(b'\n---\n'):])


def test_a_mailbox(repository, box, out):
    series = reading.read(box(*reversed(repository.mails('--cover-letter', '--base=base'))), out)
    check_whole(series, repository, out)
    assert series.cover.startswith('*** SUBJECT HERE ***\n\n*** BLURB HERE ***')
    assert series.base_commit == git(repository.path, 'rev-parse', 'base').strip()


def test_standard_input(repository, monkeypatch, out):
    stdin = io.TextIOWrapper(io.BytesIO(''.join(repository.mails()).encode()))
    monkeypatch.setattr('sys.stdin', stdin)
    check_whole(reading.read('-', out), repository, out)
    with pytest.raises(Failure, match='standard input is empty'):
        reading.read('-', out)


def reply(mail: str) -> str:
    """Return a review of a mail, which quotes it."""
    head, _, body = mail.partition('\n\n')
    quoted = ''.join(f'> {line}\n' for line in body.splitlines())
    return head.replace('Subject: ', 'Subject: Re: ') + f'\n\nOn Friday, J wrote:\n{quoted}No.\n\n'


def test_of_two_revisions_the_newest_and_no_replies(repository, box, out):
    old, new = repository.mails('-v9'), repository.mails('--rfc', '-v10', '--cover-letter')
    series = reading.read(box(*new, *old, reply(new[1]), reply(old[0])), out)
    check_whole(series, repository, out)
    assert series.notes == ('2 replies left out', 'of revisions 9 and 10, 10 is taken')


def test_a_patch_in_a_reply_is_left_out(repository, box, out):
    better = repository.mails('--no-numbered')[0].replace('Date:', 'In-Reply-To: <1@x>\nDate:')
    series = reading.read(box(*repository.mails(), better), out)
    assert titles(series) == TITLES and series.notes == ('1 patch in a reply left out',)


def test_a_mail_without_a_patch_is_left_out(repository, box, out):
    hello = 'From a@b Thu Jan  1 00:00:00 1970\nFrom: a@b\nSubject: hello\n\nNice.\n\n'
    series = reading.read(box(hello, *repository.mails()), out)
    assert titles(series) == TITLES and series.notes == ('1 mail without a patch left out',)


def test_of_the_same_number_the_latest(repository, box, out):
    mails = repository.mails()
    again = re.sub('Date: .*', 'Date: Fri, 1 Jan 2100 00:00:00 +0000',
                   mails[0].replace('change it', 'change it well').replace('nine', '9.0'))
    series = reading.read(box(again, *mails, mails[1]), out)
    assert titles(series) == ['mm: walk: change it well', *TITLES[1:]]
    assert series.notes == ('1/3 is there more than once: the latest is taken',)


def test_what_b4_writes(repository, box, out):
    """Its From lines are not those of git, and the trailers of replies are in the messages."""
    mails = [re.sub('^From .*', 'From git@z Thu Jan  1 00:00:00 1970', mail)
             .replace('Signed-off-by: J', 'Signed-off-by: J\nReviewed-by: R <r@example.org>')
             for mail in repository.mails('-v3')]
    series = reading.read(box(*mails), out)
    assert titles(series) == TITLES and series.notes == ()
    assert 'Reviewed-by: R' in series.patches[0].message


def test_one_patch(repository, folder, out):
    mails = repository.mails()
    folder(b=mails[1])
    series = reading.read(str(Path(folder(), 'b.patch')), out)
    assert titles(series) == [TITLES[1]] and series.notes == ('1/3 and 3/3 are missing',)


def test_a_diff_is_a_patch(repository, tmp_path, out):
    diff = git(repository.path, 'diff', 'base', 'topic')
    (tmp_path / 'mine.diff').write_text(diff)
    series = reading.read(str(tmp_path / 'mine.diff'), out)
    assert titles(series) == ['mine'] and series.patches[0].author == ''
    git(repository.path, 'checkout', '--quiet', '--detach', 'base')
    git(repository.path, 'apply', '--index', str(series.patches[0].patch.file))
    assert git(repository.path, 'write-tree') == repository.topic
    git(repository.path, 'reset', '--quiet', '--hard')


@pytest.mark.parametrize('subject', [
    '[PATCH v2 2/3] x', '[RFC PATCH v2 2/3] x', '[PATCH mm-new v2 02/03] x', '[PATCHv2 2/3] x',
    '[PATCH 2/3 v2] x', '[RESEND, PATCH V2, 2/3] x', '[PATCH 6.12 v2 2/3] x', '[PATCH v2 2/3] [x] x',
    '[PATCH 5.10/6.12 v2 2/3] x', '=?utf-8?q?=5BPATCH_v2_2/3=5D_x?=', '[PATCH v2\n 2/3] x'])
def test_subjects(subject):
    mail = given.Mail('x', 1, f'From: a@b\nSubject: {subject}\n\n'.encode())
    assert (mail.revision, mail.number, mail.title) == (2, (2, 3), 'x')


def test_dates_that_are_none():
    for date in ('Mon, 1 Jan 999999999999 00:00:00 +0000', 'yesterday', ''):
        assert given.Mail('x', 1, f'Date: {date}\n\n'.encode()).date == 0


@pytest.mark.parametrize('subject', [
    '[PATCH] x', 'x', '[PATCH v6.1] x', '[PATCH av2] x 1/2', f'[PATCH 1/{"9" * 5000}] x'])
def test_subjects_that_have_no_number(subject):
    mail = given.Mail('x', 1, f'From: a@b\nSubject: {subject}\n\n'.encode())
    assert (mail.revision, mail.number) == (1, None)


def encoded(mail: str, how: str | None, charset: str) -> str:
    """Return a mail in another transfer encoding and charset, as mailers make them."""
    head, _, body = mail.partition('\n\n')
    kept = re.sub(r'^(MIME-Version|Content-.*): .*\n', '', head, flags=re.M)
    made = email.charset.Charset(charset)
    made.body_encoding = {'quoted-printable': email.charset.QP, 'base64': email.charset.BASE64,
                          None: None}[how]
    text = email.mime.text.MIMEText(body.replace('\n', '\r\n') if how == 'base64' else body,
                                    _charset=made)
    return f'{kept}\n{text.as_string()}\n'


@pytest.mark.parametrize('how', ['quoted-printable', 'base64'])
@pytest.mark.parametrize('charset', ['utf-8', 'iso-8859-1'])
def test_encodings(repository, box, out, how, charset):
    mails = [encoded(mail.replace('Why.', 'Für alle.'), how, charset) for mail in repository.mails()]
    assert f'Content-Transfer-Encoding: {how}' in mails[0] and charset in mails[0]
    series = reading.read(box(*mails), out)
    assert repository.tree_after([posted.patch.file for posted in series.patches]) \
        == repository.topic
    assert titles(series) == TITLES and series.notes == ()
    assert series.patches[0].message == 'Für alle.\n\nSigned-off-by: J'


def test_a_message_in_latin_1(repository, tmp_path, out):
    """The message becomes UTF-8; what the diff has stays as it is."""
    mail = repository.mails()[0].replace('Why.', 'Für alle.').replace('+line nine', '+line ü')
    mail = re.sub('^From:.*', 'From: M\xfcller <m@example.org>', mail, flags=re.M)
    mail = mail.replace('Content-Type: text/plain; charset=UTF-8',
                        'Content-Type: text/plain; charset=ISO-8859-1')
    (tmp_path / 'a.patch').write_bytes(mail.encode('latin-1'))
    posted = reading.read(str(tmp_path / 'a.patch'), out).patches[0]
    assert posted.author == 'Müller <m@example.org>'
    assert posted.message == 'Für alle.\n\nSigned-off-by: J'
    assert 'From: Müller'.encode() in posted.patch.content
    assert '+line ü'.encode('latin-1') in posted.patch.content


def test_a_patch_that_is_attached(repository, tmp_path, out):
    git(repository.path, 'format-patch', '--attach', '-1', f'--output-directory={tmp_path}', 'topic')
    posted = reading.read(str(tmp_path), out).patches[0]
    assert (posted.subject, posted.message) == (TITLES[2], 'Why.\n\nSigned-off-by: J')
    assert touched_files([posted.patch]) == ['mm/old.c']


def test_what_a_terminal_would_obey_is_no_title():
    assert given.Mail('x', 1, b'Subject: [PATCH] a\x1b[31m\n b\n\n').title == 'a[31m b'
    assert given.Mail('x', 1, b'Subject: =?utf-8?q?a=1B=5B31m=0Ab?=\n\n').title == 'a[31m b'


def test_a_home_folder_is_found(repository, folder, out, monkeypatch, tmp_path):
    """Make passes it on as it is."""
    folder(a=repository.mails()[0])
    monkeypatch.setenv('HOME', str(tmp_path))
    assert len(reading.read('~/mine/a.patch', out).patches) == 1
    Path(folder(), 'series').write_text('a.patch\n')
    assert len(reading.read('~/mine', out).patches) == 1


def test_titles_without_a_letter_have_a_file(repository, box, out):
    mail = repository.mails('--no-numbered')[0].replace('mm: walk: change it', '山川')
    assert [posted.patch.file.name for posted in reading.read(box(mail), out).patches] \
        == ['0001-patch.patch']


def flowed(mail: str, body: str) -> str:
    head = re.sub(r'^(MIME-Version|Content-.*): .*\n', '', mail.partition('\n\n')[0], flags=re.M)
    return (f'{head}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8; format=flowed\n\n'
            f'{body}')


def test_format_flowed_is_said(repository, box, out):
    """A mailer that keeps to the format stuffs a space before each line that begins with one."""
    mail = repository.mails()[0]
    stuffed = re.sub('^ ', '  ', mail.partition('\n\n')[2], flags=re.M)
    series = reading.read(box(flowed(mail, stuffed)), out)
    assert '\n line 8\n-line 9\n+line nine\n line 10\n' in series.patches[0].patch.file.read_text()
    assert series.notes[-1] == ('the mail of "mm: walk: change it" is format=flowed, which wraps '
                                'lines and changes white space')


def test_what_format_flowed_has_damaged_is_refused(repository, box, out):
    mail = repository.mails()[0]
    wrapped = mail.partition('\n\n')[2].replace('+line nine\n', '+line\nnine\n')
    with pytest.raises(Failure, match=r'v2\.mbox:1: .*change it.*corrupt.*format=flowed'):
        reading.read(box(flowed(mail, wrapped)), out)


def test_what_is_in_the_files_is_no_mail(repository, box, out):
    """A line of a file or of a message that begins as a mail does."""
    mails = repository.mails()
    mails[0] = mails[0].replace('Why.', 'From the walker, at 12:34:56\nto us.')
    assert 'From the walker' in reading.read(box(*mails), out).patches[0].message


@pytest.mark.parametrize('chosen, says', [
    ((0, 2), r'v2\.mbox: 2/3 is missing'), ((1,) * 2, r'v2\.mbox: 1/3 and 3/3 are missing')])
def test_what_is_missing_is_named(repository, box, out, chosen, says):
    mails = repository.mails()
    with pytest.raises(Failure, match=says):
        reading.read(box(*(mails[i] for i in chosen)), out)


def refused(where: str, out: Path) -> str:
    """Return why a series is refused; it leaves no patch that could be taken for it."""
    with pytest.raises(Failure) as failure:
        reading.read(where, out)
    return str(failure.value)


def test_only_one_series(repository, box, out):
    mails = repository.mails()
    other = mails[0].replace('1/3', '1/2')
    assert refused(box(*mails, other), out).endswith(
        'v2.mbox: more than one series: one of 2 and 3 patches')
    assert refused(box(*mails, mails[0].replace('1/3', '4/3')), out).endswith(
        'v2.mbox: a patch says that it is 4/3')


def test_a_patch_without_a_number_beside_others(repository, folder, out):
    mails = repository.mails()
    where = folder(a=mails[0], b=mails[1], c=mails[2], d=repository.mails('--no-numbered')[0])
    assert 'd.patch:1: "[PATCH] mm: walk: change it" has no number, others have' \
        in refused(where, out)


def test_what_is_no_series(repository, folder, box, out, tmp_path):
    mails = repository.mails('--cover-letter')
    assert refused(box(reply(mails[1])), out).endswith('v2.mbox: no patch, only replies')
    assert refused(box(mails[0]), out).endswith('v2.mbox: no patch, only a cover letter')
    assert refused(box('\n\n'), out).endswith('v2.mbox is empty')
    assert refused(str(tmp_path / 'none'), out).endswith("none': No such file or directory")
    (tmp_path / 'README').write_text('hello\n')
    assert refused(str(tmp_path / 'README'), out).endswith(
        'README:1: no patch: there is no diff in "README"')
    assert 'has no patches: no file series and no *.patch' in refused(str(out), out)
    assert 'b.patch:1: no patch: there is no diff in "b"' \
        in refused(folder(a=mails[1], b='hello\n'), out)


def test_what_cannot_be_read(folder, out, tmp_path, monkeypatch):
    (tmp_path / 'list').mkdir()
    (tmp_path / 'list' / 'series').write_text('# none\n')
    assert refused(str(tmp_path / 'list'), out).endswith('list: no patch')
    where = folder(a='hello\n')
    os.mkfifo(Path(where) / 'b.patch')  # nobody writes to it
    assert refused(where, out).endswith("b.patch' is no plain file")
    assert 'Could not determine home' in refused('~no-such-user/patches', out)
    monkeypatch.setattr('sys.stdin', None)
    assert refused('-', out) == 'standard input is closed'


def test_a_pipe_that_the_user_names(repository, tmp_path, out):
    os.mkfifo(pipe := tmp_path / 'pipe')
    with subprocess.Popen(['tee', pipe], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as writer:
        writer.stdin.write(''.join(repository.mails()).encode())
        writer.stdin.close()
        check_whole(reading.read(str(pipe), out), repository, out)


def test_a_file_whose_name_is_in_another_encoding(repository, tmp_path, out):
    path = os.fsencode(tmp_path) + b'/caf\xe9.patch'
    diff = repository.mails()[0].partition('\n---\n')[2]
    with open(path, 'w', encoding='utf-8') as file:
        file.write(diff)
    assert titles(reading.read(os.fsdecode(path), out)) == ['caf']


def test_a_numbered_mail_without_a_diff(repository, box, out):
    mails = repository.mails()
    mails[1] = mails[1].partition('---\n')[0] + '\n'
    line = mails[0].count('\n') + 1
    assert refused(box(*mails), out).endswith(
        f'v2.mbox:{line}: no patch: there is no diff in "mm: größer: new names"')


def test_limits(repository, box, out, tmp_path):
    mail = repository.mails()[0]
    most = [mail.replace('1/3', f'{n}/65') for n in range(1, 66)]
    assert refused(box(*most), out).endswith('v2.mbox: more than 64 patches')
    alone = repository.mails('--no-numbered')[0]
    assert refused(box(*[alone] * 65), out).endswith('v2.mbox: more than 64 patches')
    assert len(reading.read(box(*[alone] * 64), out).patches) == 64
    assert refused(box(mail, 'x\n' * (5 << 20)), out).endswith('v2.mbox: more than 10 MiB')
    for name in 'ab':
        (tmp_path / f'{name}.patch').write_text(mail + 'x\n' * (3 << 20))
    assert refused(str(tmp_path), out).endswith(': more than 10 MiB')


WRONG = {
    'a symlink': ('new file mode 100644', 'new file mode 120000'),
    'a submodule': ('new file mode 100644', 'new file mode 160000'),
    'a binary': ('--- /dev/null', 'GIT binary patch'),
    'mm/../../new.c is outside of the tree': ('b/mm/new.c', 'b/mm/../../new.c'),
}


@pytest.mark.parametrize('what', WRONG)
@pytest.mark.parametrize('how', [None, 'quoted-printable'])
def test_what_is_refused_is_named_with_its_line_in_what_was_given(repository, box, out, what, how):
    mails = repository.mails()
    old, new = WRONG[what]
    mails[1] = mails[1].replace(old, new)
    if how:
        mails[1] = encoded(mails[1], how, 'utf-8')
        line = mails[0].count('\n') + 1  # of the mail: its text is not there as it is
    else:
        line = line_of(mails, new)
    said = refused(box(*mails), out)
    assert f'v2.mbox:{line}: "mm: größer: new names": {what}' in said


def test_commits(repository, out):
    series = reading.read_commits(repository.path, 'base..topic', out)
    check_whole(series, repository, out)
    assert series.base_commit == git(repository.path, 'rev-parse', 'base').strip()
    assert series.patches[0].source == f"commit {git(repository.path, 'rev-parse', 'topic~2')[:12]}"


SETTINGS = {
    'diff.noprefix': 'true', 'diff.mnemonicPrefix': 'true', 'format.subjectPrefix': 'OTHER 7/9',
    'format.attach': 'true', 'format.coverLetter': 'true', 'format.signature': 'x', 'diff.context': '0',
    'format.noprefix': 'true', 'color.ui': 'always', 'format.outputDirectory': '/nonexistent',
    'diff.external': 'false', 'format.numbered': 'false', 'format.signOff': 'true', 'diff.renames': '0',
    'core.attributesFile': '/nonexistent', 'format.headers': 'X: y', 'format.notes': 'true'}


def test_settings_of_the_repository_change_no_commit(repository, out):
    config = repository.path / '.git/config'
    before = config.read_text()
    for name, value in SETTINGS.items():
        section, _, key = name.partition('.')
        with open(config, 'a') as opened:
            opened.write(f'[{section}]\n{key} = {value}\n')
    try:
        assert git(repository.path, 'config', 'format.attach').strip() == 'true'
        series = reading.read_commits(repository.path, 'base..topic', out)
    finally:
        config.write_text(before)
    check_whole(series, repository, out)


def test_ranges_that_are_none(repository, tmp_path, out):
    def said(commit_range: str, path: Path = repository.path) -> str:
        with pytest.raises(Failure) as failure:
            reading.read_commits(path, commit_range, out)
        return str(failure.value)
    assert said('topic..base') == 'topic..base: no commit'
    assert said('topic') == "'topic' is no range of commits: name it as BASE..TOPIC"
    assert said('base...topic') == "'base...topic' is no range of commits: name it as BASE..TOPIC"
    assert said('base..none').endswith("linux': 'none' is no commit")
    assert said('--all..topic').endswith("linux': '--all' is no commit")
    git(repository.path, 'branch', 'alone', git(repository.path, 'commit-tree', '-m', 'alone',
                                                'base^{tree}').strip())
    assert said('alone..topic').endswith('alone..topic: the two have no commit in common')
    git(repository.path, 'branch', '-D', 'alone')
    assert 'not a git repository' in said('base..topic', tmp_path)
    assert 'No such file or directory' in said('base..topic', tmp_path / 'none')


def test_a_merge_is_no_patch(repository, out):
    git(repository.path, 'checkout', '--quiet', '-B', 'side', 'base')
    repository.commit('mm: side', {'mm/side.c': 'side\n'})
    git(repository.path, 'merge', '--quiet', '--message=Merge topic', 'topic')
    with pytest.raises(Failure, match='base..side: [0-9a-f]+ Merge topic is a merge'):
        reading.read_commits(repository.path, 'base..side', out)


def test_too_many_commits(repository, out):
    commit = 'commit refs/heads/long\ncommitter C <c@example.org> 0 +0000\ndata 0\n'
    git(repository.path, 'fast-import', '--quiet', given=(
        commit + 'from base\n' + commit * 64).encode())
    with pytest.raises(Failure, match='base..long: more than 64 commits'):
        reading.read_commits(repository.path, 'base..long', out)


def test_a_repository_of_another_user(repository, tmp_path, out):
    """A container has the user's repository, but another user."""
    if os.getuid():
        pytest.skip('only root can give files away')
    path = tmp_path / 'theirs'
    git(tmp_path, 'clone', '--quiet', str(repository.path), 'theirs')
    for name in (path, path / '.git'):
        os.chown(name, 12345, 12345)
    assert len(reading.read_commits(path, 'base..topic', out).patches) == 3


@pytest.fixture
def stands(repository, tmp_path, out):
    """Read a series and hold it to the tree of a revision."""
    def check(where: str, revision: str) -> list[str]:
        git(repository.path, 'checkout', '--quiet', '--detach', revision)
        return [posted.subject for posted in
                standing.already_in(repository.path, reading.read(where, out).patches)]
    return check


def test_a_series_applies_or_is_there_already(repository, box, stands):
    mails = repository.mails()
    assert stands(box(*mails), 'base') == []
    assert stands(box(*mails), 'topic') == TITLES
    assert stands(box(*mails), 'topic~1') == TITLES[:2]


def test_a_series_whose_patches_change_the_same_lines_is_there_already(repository, box, stands):
    git(repository.path, 'checkout', '--quiet', '-B', 'twice', 'base')
    for number in ('9.1', '9.2', '9.3'):
        repository.commit(f'mm: {number}', {'mm/walk.c': LINES.replace('line 9\n', f'{number}\n')})
    series = git(repository.path, 'format-patch', '--stdout', 'base..twice')
    assert stands(box(series), 'twice') == ['mm: 9.1', 'mm: 9.2', 'mm: 9.3']
    assert stands(box(series), 'twice~1') == ['mm: 9.1', 'mm: 9.2']


def line_of(mails: list[str], text: str) -> int:
    """Return the last line of a mailbox that has a text."""
    return max(number for number, line in enumerate(''.join(mails).splitlines(), 1)
               if text in line)


def test_what_does_not_apply_is_named(repository, box, stands):
    mails = repository.mails()
    mails[2] = mails[2].replace('-old', '-new')
    begins = ''.join(mails[:2]).count('\n') + 1
    with pytest.raises(Failure, match=rf'v2\.mbox:{begins}: "mm: remove the old": the removal '
                       r'does not apply to mm/old\.c, line 1'):
        stands(box(*mails), 'base')


def test_a_file_that_is_not_there_is_named_with_the_line(repository, box, stands):
    mails = repository.mails()
    mails[1] = mails[1].replace('rename from mm/run.sh', 'rename from mm/gone.sh')
    line = line_of(mails, 'rename from')
    with pytest.raises(Failure, match=rf'v2\.mbox:{line}: "mm: größer: .* changes mm/gone\.sh, wh'):
        stands(box(*mails), 'base')


def test_a_diff_in_a_message_is_one(repository, box, stands):
    """Git takes it so, too."""
    mails = repository.mails()
    quoted = '--- a/mm/nothing.c\n+++ b/mm/nothing.c\n@@ -1 +1 @@\n-int x;\n+long x;\n'
    mails[1] = mails[1].replace('Why.\n', f'It quotes:\n\n{quoted}\n')
    line = line_of(mails, '--- a/mm/nothing.c')
    with pytest.raises(Failure, match=rf'v2\.mbox:{line}: .*mm/nothing\.c, .*quotes a diff: indent'):
        stands(box(*mails), 'base')
    mails[1] = mails[1].replace(quoted, re.sub('^', '  ', quoted, flags=re.M))
    assert stands(box(*mails), 'base') == []


def test_a_series_is_held_to_a_kernel(repository, box, tmp_path, monkeypatch, out):
    """What the kernel's own series have is there already, too."""
    git(repository.path, 'checkout', '--quiet', '--detach', 'base')
    linux = tmp_path / 'linux'
    shutil.copytree(repository.path / 'mm', linux / 'mm')
    (linux / 'Makefile').write_text('VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 201\n')
    monkeypatch.setenv('LINUX_SRC', str(linux))
    build = tmp_path / 'build'
    build.mkdir()
    posted = reading.read(box(*repository.mails()), out).patches
    stock = Kernel('stock', Stack((), ()))
    assert standing.already_applied(build, stock, posted) == ()
    assert standing.already_applied(build, stock.plus('mine', posted[0].patch.file), posted) \
        == posted[:1]
    (linux / 'mm/walk.c').write_text(LINES.replace('line 9\n', 'line 9.0\n'))
    with pytest.raises(Failure, match='"mm: walk: change it": hunk 1 does not apply to mm/walk.c'):
        standing.already_applied(build, stock, posted)


def test_whether_the_tree_has_the_base_commit(repository, monkeypatch):
    git(repository.path, 'checkout', '--quiet', '--detach', 'topic')
    base, topic = (git(repository.path, 'rev-parse', name).strip() for name in ('base', 'topic'))

    def said(commit: str, tree: Path = repository.path) -> str:
        monkeypatch.setenv('LINUX_SRC', str(tree))
        return standing.of_base_commit(commit, LINUX).replace(str(repository.path), 'TREE')
    assert said(topic) == f'base-commit {topic[:12]} is what TREE has checked out'
    assert said(base) == f'base-commit {base[:12]} is in TREE, but {topic[:12]} is checked out'
    assert said('1' * 40) == 'base-commit 111111111111 is not in TREE'
    no_git = f'base-commit {base[:12]}: TREE/mm{{}} is no git tree, so it may be another'
    assert said(base, repository.path / 'mm') == no_git.format('')
    assert said(base, repository.path / 'mm/walk.c') == no_git.format('/walk.c')


def test_of_several_series_each_comes_after_those_before_it(repository, tmp_path):
    """They are one series, whose cover and base-commit are those of the first."""
    whole_series = []
    for name, mails in (('a', repository.mails()[:1]), ('b', repository.mails()[1:])):
        box, folder = tmp_path / f'{name}.mbox', tmp_path / name
        box.write_text(re.sub(r'\[PATCH \d/3\]', '[PATCH]', ''.join(mails)))
        folder.mkdir()
        whole_series.append(reading.read(str(box), folder))
    found = posted.joined(whole_series)
    assert [one.subject for one in found.patches] == [
        'mm: walk: change it', 'mm: größer: new names', 'mm: remove the old']
    assert repository.tree_after([one.patch.file for one in found.patches]) \
        == repository.tree_after([one.patch.file for one in
                                  reading.read_commits(repository.path, 'base..topic',
                                                       tmp_path).patches])
