// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "channel.h"
#include "console.h"
#include "guardian.h"
#include "host.h"
#include "records.h"
#include "say.h"
#include "terminal.h"

#define READ_SIZE	(64 * 1024)
#define CONSOLE_PIPE	(1024 * 1024)
#define SECOND_NS	1000000000LL
/* A kernel that has begun to panic gets this long to finish printing. */
#define PANIC_GRACE_NS	(5 * SECOND_NS)

enum slot {
	SLOT_SIGNAL, SLOT_PARENT, SLOT_REPORT, SLOT_CHANNEL, SLOT_CONSOLE,
	SLOT_OUT, SLOT_ERR, SLOT_RECORDS, SLOT_STDIN, SLOT_MASTER, SLOTS
};

struct boot {
	const struct plan *plan;
	const struct kernel *kernel;
	int index;

	struct guardian guardian;
	struct channel channel;
	struct console console;
	struct records records;
	struct terminal terminal;
	struct sink job;	/* to the guest */
	struct sink keys;	/* to the guest's terminal */
	struct sink log;	/* the job's output, if it goes to a file */
	struct sink *out, *err;
	int channel_fd, console_fd, stdin_fd;

	char exit_frame[sizeof(int)];
	size_t exit_len;
	int uml_status;
	bool uml_ended;

	bool killed;		/* on our order: outcome and status are set */
	enum outcome outcome;
	int status;
	int64_t deadline;
};

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_EXIT] = "exit", [OUTCOME_PANIC] = "panic",
		[OUTCOME_TIMEOUT] = "timeout", [OUTCOME_DIED] = "died",
		[OUTCOME_BAD_RECORD] = "bad-record",
		[OUTCOME_INTERRUPTED] = "interrupted",
	};

	return names[outcome];
}

/* The first reason to end a guest is the one that counts. */
static void end_guest(struct boot *b, enum outcome outcome, int status)
{
	if (b->killed)
		return;
	b->killed = true;
	b->outcome = outcome;
	b->status = status;
	guardian_kill(&b->guardian);
}

static void send_job(struct boot *b)
{
	char cwd[PATH_MAX], *job;
	size_t len;

	if (!getcwd(cwd, sizeof(cwd)))
		strcpy(cwd, "/");
	job = channel_job(b->plan->kind, cwd, b->plan->argv, &len);
	sink_put(&b->job, job, len);
	free(job);
}

static int deliver(void *to, char type, const char *data, size_t len)
{
	struct boot *b = to;

	switch (type) {
	case 'R':
		send_job(b);
		return 0;
	case 't':
		b->stdin_fd = STDIN_FILENO;
		return 0;
	case 'o':
		sink_put(b->out, data, len);
		return 0;
	case 'e':
		sink_put(b->err, data, len);
		return 0;
	case 'r':
		if (records_put(&b->records, data, len))
			end_guest(b, OUTCOME_BAD_RECORD, EXIT_BAD_OUTPUT);
		return 0;
	}
	if (b->exit_len + len > sizeof(b->exit_frame))
		return -1;
	memcpy(b->exit_frame + b->exit_len, data, len);
	b->exit_len += len;
	return 0;
}

static void read_channel(struct boot *b)
{
	static char buf[READ_SIZE];
	ssize_t n = read(b->channel_fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(b->channel_fd);
		b->channel_fd = -1;
		return;
	}
	if (b->killed)
		return;
	if (channel_put(&b->channel, buf, n)) {
		say("%s, boot %d: the guest sent a frame that is none, something in it writes to /dev/ttyS0",
		    b->kernel->name, b->index);
		end_guest(b, OUTCOME_DIED, EXIT_BAD_OUTPUT);
	}
}

static void read_console(struct boot *b)
{
	static char buf[READ_SIZE];
	bool panicked = b->console.panicked;
	ssize_t n = read(b->console_fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(b->console_fd);
		b->console_fd = -1;
		return;
	}
	console_put(&b->console, buf, n);
	if (!panicked && b->console.panicked) {
		int64_t deadline = now_ns() + PANIC_GRACE_NS;

		if (!b->deadline || deadline < b->deadline)
			b->deadline = deadline;
	}
}

static void read_stdin(struct boot *b)
{
	static const char end_of_input = 4;	/* Ctrl-D */
	char buf[1024];
	ssize_t n = read(b->stdin_fd, buf, sizeof(buf));

	if (n > 0) {
		sink_put(&b->keys, buf, n);
	} else if (n == 0 || errno != EINTR) {
		sink_put(&b->keys, &end_of_input, 1);
		b->stdin_fd = -1;
	}
}

static void read_master(struct boot *b)
{
	char buf[4096];
	ssize_t n = read(b->terminal.master_fd, buf, sizeof(buf));

	if (n > 0) {
		sink_put(b->out, buf, n);
	} else if (n == 0 || errno != EINTR) {
		close(b->terminal.master_fd);
		b->terminal.master_fd = -1;
	}
}

static void read_signal(struct boot *b)
{
	struct signalfd_siginfo info;

	if (read(b->plan->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH) {
		if (b->terminal.master_fd >= 0)
			terminal_resize(&b->terminal);
		return;
	}
	end_guest(b, OUTCOME_INTERRUPTED, EXIT_SIGNAL + info.ssi_signo);
}

static void read_report(struct boot *b)
{
	b->uml_status = guardian_finish(&b->guardian);
	b->uml_ended = true;
}

static void flush_output(struct boot *b, struct sink *s, const char *name)
{
	sink_flush(s);
	if (!s->error)
		return;
	if (s->error != EPIPE)
		say("cannot write the job's %s: %s", name, strerror(s->error));
	end_guest(b, OUTCOME_INTERRUPTED, s->error == EPIPE ?
		  EXIT_SIGNAL + SIGPIPE : EXIT_BAD_OUTPUT);
}

static bool sinks_full(const struct boot *b)
{
	return sink_full(b->out) || sink_full(b->err) ||
	       (b->plan->records && sink_full(b->plan->records));
}

static void want(struct pollfd *fds, enum slot slot, int fd, short events)
{
	fds[slot] = (struct pollfd){ events ? fd : -1, events, 0 };
}

static void choose_fds(const struct boot *b, struct pollfd *fds)
{
	bool full = sinks_full(b) && !b->killed;
	struct sink *records = b->plan->records;

	want(fds, SLOT_SIGNAL, b->plan->signal_fd, POLLIN);
	want(fds, SLOT_PARENT, b->plan->parent_fd, POLLIN);
	want(fds, SLOT_REPORT, b->uml_ended ? -1 : b->guardian.report_fd, POLLIN);
	want(fds, SLOT_CHANNEL, b->channel_fd, (full ? 0 : POLLIN) |
	     (sink_pending(&b->job) ? POLLOUT : 0));
	want(fds, SLOT_CONSOLE, b->console_fd, POLLIN);
	want(fds, SLOT_OUT, b->out->fd, sink_pending(b->out) ? POLLOUT : 0);
	want(fds, SLOT_ERR, b->err->fd, b->err != b->out &&
	     sink_pending(b->err) ? POLLOUT : 0);
	want(fds, SLOT_RECORDS, records ? records->fd : -1,
	     records && sink_pending(records) ? POLLOUT : 0);
	want(fds, SLOT_STDIN, b->stdin_fd, sink_full(&b->keys) ? 0 : POLLIN);
	want(fds, SLOT_MASTER, b->terminal.master_fd, (full ? 0 : POLLIN) |
	     (sink_pending(&b->keys) ? POLLOUT : 0));
}

static void serve_fds(struct boot *b, const struct pollfd *fds)
{
	if (fds[SLOT_SIGNAL].revents)
		read_signal(b);
	if (fds[SLOT_PARENT].revents)
		end_guest(b, OUTCOME_INTERRUPTED, EXIT_SIGNAL + SIGTERM);
	if (fds[SLOT_CONSOLE].revents)
		read_console(b);
	if (fds[SLOT_OUT].revents)
		flush_output(b, b->out, "stdout");
	if (fds[SLOT_ERR].revents)
		flush_output(b, b->err, "stderr");
	if (fds[SLOT_RECORDS].revents)
		flush_output(b, b->plan->records, "records");
	if (fds[SLOT_STDIN].revents)
		read_stdin(b);
	if (fds[SLOT_MASTER].revents & POLLOUT)
		sink_flush(&b->keys);
	if (fds[SLOT_MASTER].revents & ~POLLOUT)
		read_master(b);
	if (fds[SLOT_CHANNEL].revents & POLLOUT)
		sink_flush(&b->job);
	if (fds[SLOT_CHANNEL].revents & ~POLLOUT)
		read_channel(b);
	if (fds[SLOT_REPORT].revents)
		read_report(b);
}

/* -1: no limit */
static int time_left_ms(const struct boot *b)
{
	int64_t left = b->deadline - now_ns();

	if (!b->deadline || b->killed)
		return -1;
	if (left > INT_MAX * 1000000LL)
		return INT_MAX;
	return left < 0 ? 0 : left / 1000000 + 1;
}

static void check_deadline(struct boot *b)
{
	if (b->killed || b->uml_ended || time_left_ms(b))
		return;
	if (b->console.panicked)
		end_guest(b, OUTCOME_PANIC, EXIT_PANIC);
	else
		end_guest(b, OUTCOME_TIMEOUT, EXIT_TIME_LIMIT);
}

/* All is over when UML is, and what it had sent has reached its readers. */
static bool over(const struct boot *b)
{
	if (!b->uml_ended || b->channel_fd >= 0 || b->console_fd >= 0)
		return false;
	if (b->killed && b->outcome == OUTCOME_INTERRUPTED)
		return true;
	return b->terminal.master_fd < 0 && !sink_pending(b->out) &&
	       !sink_pending(b->err) &&
	       !(b->plan->records && sink_pending(b->plan->records));
}

static void attend(struct boot *b)
{
	while (!over(b)) {
		struct pollfd fds[SLOTS];

		choose_fds(b, fds);
		if (poll(fds, SLOTS, time_left_ms(b)) >= 0)
			serve_fds(b, fds);
		check_deadline(b);
	}
}

static int open_log(const struct boot *b, const char *suffix)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s-%d.%s", b->plan->logs,
		 b->kernel->name, b->index, suffix);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		cannot_start("cannot write %s: %m", path);
	return fd;
}

static void open_logs(struct boot *b)
{
	b->out = b->plan->out;
	b->err = b->plan->err;
	if (!b->plan->logs) {
		console_init(&b->console, -1);
		return;
	}
	b->log.fd = open_log(b, "out");
	b->out = b->err = &b->log;
	console_init(&b->console, open_log(b, "console"));
}

struct command_line {
	char *argv[16];
	char text[8][PATH_MAX + 16];
	int argc, texts;
};

static void add(struct command_line *c, const char *fixed)
{
	c->argv[c->argc++] = (char *)fixed;
}

static void __attribute__((format(printf, 2, 3)))
addf(struct command_line *c, const char *format, ...)
{
	char *text = c->text[c->texts++];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(c->text[0]), format, args);
	va_end(args);
	add(c, text);
}

/* UML hands a word that it does not know to init, as an environment variable. */
static void add_term(struct command_line *c)
{
	const char *term = getenv("TERM");

	if (term && *term && strlen(term) < 32 &&
	    !term[strspn(term, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._")])
		addf(c, "TERM=%s", term);
}

/*
 * uml_dir: UML wants a folder for its pid file, by default below $HOME, and
 * leaves it behind when killed. It takes /dev/null/ for one that exists, fails
 * to make its own in it, and goes on without.
 */
static void make_command_line(struct command_line *c, const struct boot *b)
{
	const struct plan *plan = b->plan;

	add(c, b->kernel->path);
	addf(c, "mem=%luM", plan->mem_mib);
	addf(c, "initrd=%s", plan->initrd);
	addf(c, "lpj=%lu", plan->lpj);
	add(c, "uml_dir=/dev/null/");
	add(c, "con=null");
	add(c, "con0=fd:0,fd:1");
	if (b->terminal.slave_fd >= 0)
		add(c, "con1=fd:4");
	add(c, "ssl=null");
	add(c, "ssl0=fd:3");
	add_term(c);
	if (plan->append)
		add(c, plan->append);
	add(c, NULL);
}

static void make_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		cannot_start("cannot make a socket pair: %m");
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
}

static void start_guest(struct boot *b)
{
	struct command_line line = { .argc = 0 };
	int input[2], console[2], channel[2];
	struct uml uml;

	if (pipe2(input, O_CLOEXEC) || pipe2(console, O_CLOEXEC))
		cannot_start("cannot make a pipe: %m");
	fcntl(console[0], F_SETPIPE_SZ, CONSOLE_PIPE);
	make_pair(channel);
	make_command_line(&line, b);
	uml = (struct uml){
		.argv = line.argv,
		.input_fd = input[0],
		.console_fd = console[1],
		.channel_fd = channel[1],
		.tty_fd = b->terminal.slave_fd,
		.restore = b->terminal.is_raw ? &b->terminal.saved : NULL,
	};
	guardian_start(&b->guardian, &uml);
	close(input[0]);
	close(input[1]);
	close(console[1]);
	close(channel[1]);
	if (b->terminal.slave_fd >= 0)
		close(b->terminal.slave_fd);
	b->console_fd = console[0];
	b->channel_fd = b->job.fd = channel[0];
}

static int job_status(const struct boot *b)
{
	int status;

	memcpy(&status, b->exit_frame, sizeof(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   EXIT_SIGNAL + WTERMSIG(status);
}

static bool job_reported(const struct boot *b)
{
	return b->exit_len == sizeof(b->exit_frame);
}

static void judge(struct boot *b)
{
	if (b->killed)
		return;
	if (b->uml_status == 0 && job_reported(b)) {
		b->outcome = OUTCOME_EXIT;
		b->status = job_status(b);
		if (records_end(&b->records)) {
			b->outcome = OUTCOME_BAD_RECORD;
			b->status = EXIT_BAD_OUTPUT;
		}
		return;
	}
	b->outcome = b->console.panicked ? OUTCOME_PANIC : OUTCOME_DIED;
	b->status = EXIT_PANIC;
}

static void explain(struct boot *b)
{
	const char *name = b->kernel->name;

	switch (b->outcome) {
	case OUTCOME_PANIC:
		say("%s, boot %d: the kernel panicked:", name, b->index);
		break;
	case OUTCOME_DIED:
		say("%s, boot %d: the kernel ended before its job did; the end of its console:",
		    name, b->index);
		break;
	case OUTCOME_TIMEOUT:
		say("%s, boot %d: not done within %lu s (--timeout); the end of its console:",
		    name, b->index, b->plan->timeout_s);
		break;
	default:
		return;
	}
	console_explain(&b->console, b->outcome == OUTCOME_PANIC);
}

struct boot_result boot_once(const struct plan *plan, const struct kernel *k,
			     int index)
{
	static struct boot b;
	bool shell = !strcmp(plan->kind, "shell");
	int64_t start;

	b = (struct boot){
		.plan = plan, .kernel = k, .index = index,
		.records = { plan->records, k->name, index, NULL, 0, 0 },
		.terminal = { .master_fd = -1, .slave_fd = -1 },
		.stdin_fd = -1,
	};
	b.channel = (struct channel){ .deliver = deliver, .to = &b };
	open_logs(&b);
	if (shell)
		terminal_open(&b.terminal);
	b.keys.fd = b.terminal.master_fd;

	start = now_ns();
	if (plan->timeout_s)
		b.deadline = start + plan->timeout_s * SECOND_NS;
	start_guest(&b);
	attend(&b);
	terminal_restore(&b.terminal);
	judge(&b);
	explain(&b);
	console_close(&b.console);
	if (b.out == &b.log)
		close(b.log.fd);
	sink_close(&b.job);
	sink_close(&b.keys);
	sink_close(&b.log);
	return (struct boot_result){ b.outcome, b.status, now_ns() - start };
}
