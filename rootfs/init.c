// SPDX-License-Identifier: GPL-2.0
/*
 * Process 1 of the guest. It takes one job from the host over the serial line,
 * runs it, sends back what the job writes and how it ended, and powers off.
 *
 * A page fault of a UML process is dear (0.1 ms or more), so init does not use
 * stdio, keeps its buffers small and starts the job with vfork().
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "protocol.h"

#define CHANNEL		"/dev/ttyS0"
#define SHELL_TTY	"/dev/tty1"
#define JOB_PATH	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct job {
	char *kind;
	char *cwd;
	char **argv;
};

/* One of the job's outputs, which init sends in frames of one type. */
struct stream {
	int read_fd;
	int write_fd;
	int job_fd;
	enum frame_type type;
};

static int channel = -1;
static char frame[FRAME_HEAD + FRAME_MAX];

static char home_env[] = "HOME=/tmp";
static char path_env[] = "PATH=" JOB_PATH;
static char term_env[64] = "TERM=linux";
static char *job_env[] = { home_env, path_env, term_env, NULL };

static void __attribute__((noreturn)) power_off(void)
{
	tcdrain(channel);
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

/* The channel is the only way out: without it the host sees an early end. */
static void write_channel(const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(channel, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			power_off();
		buf += n;
		len -= n;
	}
}

/* Sends the payload that the caller has put behind the frame's head. */
static void send_frame(enum frame_type type, uint32_t len)
{
	frame[0] = type;
	memcpy(frame + 1, &len, sizeof(len));
	write_channel(frame, FRAME_HEAD + len);
}

static void __attribute__((noreturn)) send_exit(int wait_status)
{
	memcpy(frame + FRAME_HEAD, &wait_status, sizeof(wait_status));
	send_frame(FRAME_EXIT, sizeof(wait_status));
	power_off();
}

/* "init: WHAT NAME: ERROR" into buf; used after vfork(), so no allocation. */
static size_t format_error(char *buf, size_t size, const char *what,
			   const char *name, int err)
{
	const char *parts[] = { "init: ", what, name, ": ", strerror(err), "\n" };
	size_t len = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t n = strnlen(parts[i], size - len);

		memcpy(buf + len, parts[i], n);
		len += n;
	}
	return len;
}

static void __attribute__((noreturn)) die(const char *what, const char *name)
{
	send_frame(FRAME_FAILED, format_error(frame + FRAME_HEAD, FRAME_MAX,
					      what, name, errno));
	power_off();
}

static void read_channel(char *buf, size_t len)
{
	while (len) {
		ssize_t n = read(channel, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			power_off();
		buf += n;
		len -= n;
	}
}

/* Without these three descriptors the next open() would land on stdin. */
static void open_std_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 2);
	if (fd > 2)
		close(fd);
}

static void open_channel(void)
{
	struct termios tio;

	channel = open(CHANNEL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (channel < 0 || tcgetattr(channel, &tio))
		power_off();
	cfmakeraw(&tio);
	if (tcsetattr(channel, TCSANOW, &tio))
		power_off();
}

/* A job is a list of strings: kind, cwd, argv... */
static void parse_job(struct job *job, char *text, uint32_t len)
{
	char *end = text + len;
	size_t n = 0;

	job->argv = calloc(len + 1, sizeof(*job->argv));
	if (!job->argv)
		die("out of memory for the job", "");
	job->kind = text;
	job->cwd = text + strlen(text) + 1;
	for (char *p = job->cwd; p < end; p += strlen(p) + 1) {
		if (p != job->cwd)
			job->argv[n++] = p;
	}
	if (!n) {
		errno = EPROTO;
		die("the host sent a bad job", "");
	}
}

static void receive_job(struct job *job)
{
	char head[FRAME_HEAD];
	uint32_t len;
	char *text;

	read_channel(head, sizeof(head));
	memcpy(&len, head + 1, sizeof(len));
	if (head[0] != FRAME_JOB || !len || len > JOB_MAX) {
		errno = EPROTO;
		die("the host sent a bad job", "");
	}
	text = calloc(1, len + 1);
	if (!text)
		die("out of memory for the job", "");
	read_channel(text, len);
	parse_job(job, text, len);
}

static void mount_on(const char *source, const char *target, const char *type,
		     unsigned long flags)
{
	if (mount(source, target, type, flags, NULL))
		die("cannot mount ", target);
}

/* Show one entry of the host's /tmp in the guest's, if that works. */
static void show_in_tmp(const char *source, const char *target,
			unsigned char type)
{
	char link[PATH_MAX];
	ssize_t n;
	int fd;

	switch (type) {
	case DT_LNK:
		n = readlink(source, link, sizeof(link) - 1);
		if (n > 0) {
			link[n] = '\0';
			symlink(link, target);
		}
		return;
	case DT_DIR:
		if (mkdir(target, 0755))
			return;
		break;
	case DT_REG:
		fd = open(target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
		if (fd < 0)
			return;
		close(fd);
		break;
	default:
		return;
	}
	mount(source, target, NULL, MS_BIND, NULL);
}

/*
 * The guest has a writable /tmp of its own. But a command of the host, its
 * files or its working folder may lie below the host's /tmp. So bind mounts
 * keep the entries of the host's /tmp visible, read-only.
 */
static void mount_tmp_over_host(void)
{
	static const char fd_path[] = "proc/self/fd/";
	char source[sizeof(fd_path) + 12 + NAME_MAX], target[5 + NAME_MAX];
	struct dirent *entry;
	DIR *host_tmp;

	host_tmp = opendir("tmp");
	mount_on("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV);
	if (!host_tmp)
		return;
	while ((entry = readdir(host_tmp))) {
		char *p = source;
		int fd = dirfd(host_tmp);

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		p = stpcpy(p, fd_path);
		if (fd >= 10)
			*p++ = '0' + fd / 10;
		*p++ = '0' + fd % 10;
		*p++ = '/';
		strcpy(p, entry->d_name);
		strcpy(stpcpy(target, "tmp/"), entry->d_name);
		show_in_tmp(source, target, entry->d_type);
	}
	closedir(host_tmp);
}

/* Mount what every job needs, relative to the root that it will have. */
static void mount_guest(int over_host)
{
	mount_on("proc", "proc", "proc", 0);
	mount_on("sysfs", "sys", "sysfs", 0);
	mount_on("devtmpfs", "dev", "devtmpfs", 0);
	mkdir("dev/pts", 0755);
	mount_on("devpts", "dev/pts", "devpts", 0);
	mkdir("dev/shm", 01777);
	mount_on("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV);
	symlink("/proc/self/fd", "dev/fd");
	symlink("/proc/self/fd/0", "dev/stdin");
	symlink("/proc/self/fd/1", "dev/stdout");
	symlink("/proc/self/fd/2", "dev/stderr");
	if (!over_host) {
		mount_on("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV);
		return;
	}
	mount_tmp_over_host();
	mount_on("tmpfs", "run", "tmpfs", MS_NOSUID | MS_NODEV);
}

static void enter_root(const struct job *job)
{
	if (!strcmp(job->kind, JOB_EXEC)) {
		mount_guest(0);
	} else {
		mount_on("none", "/host", "hostfs", MS_RDONLY);
		if (chdir("/host"))
			die("cannot enter ", "/host");
		mount_guest(1);
		if (chroot("."))
			die("cannot chroot into ", "/host");
	}
	if (chdir(job->cwd) && chdir("/"))
		die("cannot enter ", "/");
}

/* Returns only if the command cannot be run. */
static void exec_on_path(char **argv)
{
	static const char path[] = JOB_PATH;
	const char *dir, *end;
	char file[PATH_MAX];
	int err = ENOENT;

	if (strchr(argv[0], '/')) {
		execve(argv[0], argv, job_env);
		return;
	}
	for (dir = path; dir; dir = *end ? end + 1 : NULL) {
		size_t len;

		end = strchrnul(dir, ':');
		len = end - dir;
		if (len + 1 + strlen(argv[0]) + 1 > sizeof(file))
			continue;
		memcpy(file, dir, len);
		file[len] = '/';
		strcpy(file + len + 1, argv[0]);
		execve(file, argv, job_env);
		if (errno != ENOENT && errno != ENOTDIR)
			err = errno;
	}
	errno = err;
}

static void __attribute__((noreturn)) run_job(char **argv, const sigset_t *mask)
{
	char text[PATH_MAX + 128];
	int err;

	sigprocmask(SIG_SETMASK, mask, NULL);
	exec_on_path(argv);
	err = errno;
	write(STDERR_FILENO, text, format_error(text, sizeof(text),
						"cannot run ", argv[0], err));
	_exit(err == ENOENT || err == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

static void make_stream(struct stream *s, enum frame_type type, int job_fd)
{
	int fds[2];

	/* Only our end is non-blocking: each end has its own flags. */
	if (pipe2(fds, O_CLOEXEC) || fcntl(fds[0], F_SETFL, O_NONBLOCK))
		die("cannot make a pipe", "");
	*s = (struct stream){ fds[0], fds[1], job_fd, type };
}

static pid_t start_job(const struct job *job, struct stream *streams, size_t n,
		       const sigset_t *mask)
{
	pid_t pid = vfork();

	if (pid < 0)
		die("cannot fork", "");
	if (pid)
		return pid;
	setsid();
	for (size_t i = 0; i < n; i++)
		dup2(streams[i].write_fd, streams[i].job_fd);
	run_job(job->argv, mask);
}

/* The host holds back what is typed until the tty is open. */
static pid_t start_shell(const struct job *job, const sigset_t *mask)
{
	int tty = open(SHELL_TTY, O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t pid;

	if (tty < 0)
		die("cannot open ", SHELL_TTY);
	send_frame(FRAME_TERMINAL, 0);
	pid = vfork();
	if (pid < 0)
		die("cannot fork", "");
	if (pid)
		return pid;
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(tty, fd);
	ioctl(tty, TIOCSCTTY, 0);
	run_job(job->argv, mask);
}

/* Sends what there is to read; returns 0 when the last writer is gone. */
static int pump(const struct stream *s)
{
	ssize_t n = read(s->read_fd, frame + FRAME_HEAD, FRAME_MAX);

	if (n > 0)
		send_frame(s->type, n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Reaps all that has ended; returns 1 once the job's first process has ended. */
static int reap(pid_t job, int *job_status)
{
	int status, seen = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == job) {
			*job_status = status;
			seen = 1;
		}
	}
	return seen;
}

/*
 * Passes output on until the job has ended and no process can write any more.
 * When the first process ends, kill the others: a pipe keeps what they have
 * written, and a background process that holds it open would delay the end for
 * ever.
 */
static int attend(pid_t job, const struct stream *streams, size_t n, int sigfd)
{
	struct pollfd fds[4] = { { .fd = sigfd, .events = POLLIN } };
	size_t open_streams = n;
	int status = 0, ended = 0;

	for (size_t i = 0; i < n; i++)
		fds[1 + i] = (struct pollfd){ streams[i].read_fd, POLLIN, 0 };
	while (!ended || open_streams) {
		struct signalfd_siginfo info;

		if (poll(fds, 1 + n, -1) < 0)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (fds[1 + i].revents && !pump(&streams[i])) {
				fds[1 + i].fd = -1;
				open_streams--;
			}
		}
		if (!fds[0].revents)
			continue;
		read(sigfd, &info, sizeof(info));
		if (reap(job, &status)) {
			ended = 1;
			kill(-1, SIGKILL);
		}
	}
	return status;
}

static void keep_term(void)
{
	const char *term = getenv("TERM");

	if (term && strlen(term) < sizeof(term_env) - sizeof("TERM="))
		strcpy(term_env + strlen("TERM="), term);
}

int main(void)
{
	struct stream streams[3];
	sigset_t chld, none;
	struct job job;
	size_t n = 0;
	int sigfd;
	pid_t pid;

	open_std_fds();
	open_channel();
	send_frame(FRAME_READY, 0);
	receive_job(&job);
	keep_term();
	enter_root(&job);

	sigemptyset(&none);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sigfd = signalfd(-1, &chld, SFD_CLOEXEC);
	if (sigfd < 0)
		die("cannot make a signalfd", "");

	if (!strcmp(job.kind, JOB_SHELL)) {
		pid = start_shell(&job, &none);
	} else {
		make_stream(&streams[n++], FRAME_STDOUT, STDOUT_FILENO);
		make_stream(&streams[n++], FRAME_STDERR, STDERR_FILENO);
		make_stream(&streams[n++], FRAME_RECORDS, 3);
		pid = start_job(&job, streams, n, &none);
		for (size_t i = 0; i < n; i++)
			close(streams[i].write_fd);
	}
	send_exit(attend(pid, streams, n, sigfd));
}
