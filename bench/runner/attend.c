// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attend.h"
#include "host.h"
#include "protocol.h"
#include "say.h"

#define READ_SIZE	(64 * 1024)
#define SECOND_NS	1000000000LL
/* A kernel that has begun to panic gets this long to finish printing. */
#define PANIC_GRACE_NS	(5 * SECOND_NS)
/* One that hangs gets this long to begin a panic, which shows where it hangs. */
#define STACK_GRACE_NS	(1 * SECOND_NS)

/* The descriptors to poll: of each guest, and once for all guests. */
enum guest_slot {
	SLOT_REPORT, SLOT_CHANNEL, SLOT_CONSOLE, SLOT_STDIN, SLOT_MASTER,
	SLOT_TURN, GUEST_SLOTS
};

enum shared_slot {
	SLOT_SIGNAL, SLOT_PARENT, SLOT_OUT, SLOT_ERR, SLOT_RECORDS,
	SHARED_SLOTS
};

/* The first reason to end a guest is the one that counts. */
static void end_guest(struct boot *b, enum outcome why, int status)
{
	if (b->killed)
		return;
	b->killed = true;
	b->outcome = why;
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

/* Returns -1 if it is too long to be a frame of init's. */
static int keep(char *payload, size_t *have, size_t size, const char *data,
		size_t len)
{
	if (*have + len > size)
		return -1;
	memcpy(payload + *have, data, len);
	*have += len;
	return 0;
}

int boot_deliver(void *to, enum frame_type type, const char *data, size_t len)
{
	struct boot *b = to;

	switch (type) {
	case FRAME_READY:
		if (b->came_up)
			return -1;
		b->came_up = true;
		send_job(b);
		return 0;
	case FRAME_TERMINAL:
		b->stdin_fd = STDIN_FILENO;
		return 0;
	case FRAME_STDOUT:
		sink_put(b->plan->out, data, len);
		return 0;
	case FRAME_STDERR:
		sink_put(b->plan->err, data, len);
		return 0;
	case FRAME_RECORDS:
		counters_flush(&b->counters, b->plan->records);
		if (records_put(&b->records, data, len))
			end_guest(b, OUTCOME_BAD_RECORD, EXIT_BAD_OUTPUT);
		return 0;
	case FRAME_FAILED:
		return keep(b->failure, &b->failure_len,
			    sizeof(b->failure) - 1, data, len);
	case FRAME_EXIT:
		return keep(b->exit_frame, &b->exit_len, sizeof(b->exit_frame),
			    data, len);
	default:
		return -1;
	}
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
		say("%s, boot %d: the guest sent something that is not a frame: a program in it writes to /dev/ttyS0",
		    b->kernel->name, b->index);
		end_guest(b, OUTCOME_BAD_FRAME, EXIT_BAD_OUTPUT);
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

		if (b->timed_out || !b->deadline || deadline < b->deadline)
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
		sink_put(b->plan->out, buf, n);
	} else if (n == 0 || errno != EINTR) {
		close(b->terminal.master_fd);
		b->terminal.master_fd = -1;
	}
}

/* A guest says that its last turn is over, and that it waits for the next. */
static void read_turn(struct boot *b)
{
	char wanted;
	ssize_t n = read(b->turn_fd, &wanted, 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(b->turn_fd);
		b->turn_fd = -1;
		return;
	}
	b->wants_turn = true;
	counters_end(&b->counters);
}

static void read_report(struct boot *b)
{
	b->uml_status = guardian_finish(&b->guardian);
	b->uml_ended = true;
	b->wall_ns = now_ns() - b->start;
}

static void end_all(struct group *group, enum outcome outcome, int status)
{
	for (int i = 0; i < group->n; i++)
		end_guest(group->boots + i, outcome, status);
}

static void read_signal(struct group *group)
{
	struct terminal *terminal = &group->boots[0].terminal;
	struct signalfd_siginfo info;

	if (read(group->plan->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGALRM)
		for (int i = 0; i < group->n; i++)
			group->boots[i].deadline = now_ns();
	else if (info.ssi_signo != SIGWINCH)
		end_all(group, OUTCOME_INTERRUPTED,
			EXIT_SIGNAL + info.ssi_signo);
	else if (terminal->master_fd >= 0)
		terminal_resize(terminal);
}

static void flush_output(struct group *group, struct sink *s, const char *name)
{
	sink_flush(s);
	if (!s->error)
		return;
	if (s->error != EPIPE)
		say("cannot write the job's %s: %s", name, strerror(s->error));
	end_all(group, OUTCOME_INTERRUPTED, s->error == EPIPE ?
		EXIT_SIGNAL + SIGPIPE : EXIT_CANNOT_WRITE);
}

static bool is_pending(const struct sink *s)
{
	return s && sink_pending(s);
}

static bool sinks_full(const struct plan *plan)
{
	return sink_full(plan->out) || sink_full(plan->err) ||
	       (plan->records && sink_full(plan->records));
}

static void want(struct pollfd *fd, int number, short events)
{
	*fd = (struct pollfd){ events ? number : -1, events, 0 };
}

static void want_sink(struct pollfd *fd, const struct sink *s)
{
	want(fd, s ? s->fd : -1, is_pending(s) ? POLLOUT : 0);
}

static void choose_guest_fds(const struct boot *b, struct pollfd *fds)
{
	bool full = sinks_full(b->plan) && !b->killed;

	want(fds + SLOT_REPORT, b->uml_ended ? -1 : b->guardian.report_fd,
	     POLLIN);
	want(fds + SLOT_CHANNEL, b->channel_fd, (full ? 0 : POLLIN) |
	     (sink_pending(&b->job) ? POLLOUT : 0));
	want(fds + SLOT_CONSOLE, b->console_fd, POLLIN);
	want(fds + SLOT_STDIN, b->stdin_fd, sink_full(&b->keys) ? 0 : POLLIN);
	want(fds + SLOT_MASTER, b->terminal.master_fd, (full ? 0 : POLLIN) |
	     (sink_pending(&b->keys) ? POLLOUT : 0));
	want(fds + SLOT_TURN, b->turn_fd, POLLIN);
}

static void choose_shared_fds(const struct plan *plan, struct pollfd *fds)
{
	want(fds + SLOT_SIGNAL, plan->signal_fd, POLLIN);
	want(fds + SLOT_PARENT, plan->parent_fd, POLLIN);
	want_sink(fds + SLOT_OUT, plan->out);
	want_sink(fds + SLOT_ERR, plan->err);
	want_sink(fds + SLOT_RECORDS, plan->records);
}

static void serve_guest(struct boot *b, const struct pollfd *fds)
{
	if (fds[SLOT_CONSOLE].revents)
		read_console(b);
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
	if (fds[SLOT_TURN].revents)
		read_turn(b);
	if (fds[SLOT_REPORT].revents)
		read_report(b);
}

static void serve_shared(struct group *group, const struct pollfd *fds)
{
	const struct plan *plan = group->plan;

	if (fds[SLOT_SIGNAL].revents)
		read_signal(group);
	if (fds[SLOT_PARENT].revents)
		end_all(group, OUTCOME_INTERRUPTED, EXIT_SIGNAL + SIGTERM);
	if (fds[SLOT_OUT].revents)
		flush_output(group, plan->out, "stdout");
	if (fds[SLOT_ERR].revents)
		flush_output(group, plan->err, "stderr");
	if (fds[SLOT_RECORDS].revents)
		flush_output(group, plan->records, "records");
}

/* -1: no limit */
static int time_left_ms(const struct boot *b)
{
	int64_t left = b->deadline - now_ns();

	if (!b->deadline || b->killed || b->uml_ended)
		return -1;
	if (left > INT_MAX * 1000000LL)
		return INT_MAX;
	return left < 0 ? 0 : left / 1000000 + 1;
}

static int least_time_left_ms(const struct group *group)
{
	int least = -1;

	for (int i = 0; i < group->n; i++) {
		int left = time_left_ms(group->boots + i);

		if (left >= 0 && (least < 0 || left < least))
			least = left;
	}
	return least;
}

static void check_deadline(struct boot *b)
{
	if (time_left_ms(b))
		return;
	if (b->timed_out) {
		end_guest(b, OUTCOME_TIMEOUT, EXIT_TIME_LIMIT);
	} else if (b->console.panicked) {
		end_guest(b, OUTCOME_PANIC, EXIT_KERNEL_DIED);
	} else {
		b->timed_out = true;
		b->console.stopped_at = b->console.total;
		b->deadline = now_ns() + STACK_GRACE_NS;
		guardian_make_panic(&b->guardian);
	}
}

/* A guest has ended when UML has, and when its readers have all that it sent. */
static bool boot_over(const struct boot *b)
{
	if (!b->uml_ended || b->channel_fd >= 0 || b->console_fd >= 0)
		return false;
	if (b->killed && b->outcome == OUTCOME_INTERRUPTED)
		return true;
	return b->terminal.master_fd < 0;
}

static bool all_over(const struct group *group)
{
	const struct plan *plan = group->plan;
	bool interrupted = true;

	for (int i = 0; i < group->n; i++) {
		const struct boot *b = group->boots + i;

		if (!boot_over(b))
			return false;
		interrupted &= b->killed && b->outcome == OUTCOME_INTERRUPTED;
	}
	return interrupted || !(is_pending(plan->out) ||
				is_pending(plan->err) ||
				is_pending(plan->records));
}

bool job_reported(const struct boot *b)
{
	return b->exit_len == sizeof(b->exit_frame);
}

int job_status(const struct boot *b)
{
	int status;

	memcpy(&status, b->exit_frame, sizeof(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   EXIT_SIGNAL + WTERMSIG(status);
}

static bool has_failed(const struct boot *b)
{
	if (job_reported(b))
		return job_status(b);
	return b->killed || (b->uml_ended && b->channel_fd < 0);
}

/* Otherwise the other guests would wait for their turn for ever. */
static void end_with_the_first(struct group *group)
{
	bool failed = false;
	int i;

	for (i = 0; i < group->n; i++)
		failed |= has_failed(group->boots + i);
	for (i = 0; failed && i < group->n; i++)
		if (!job_reported(group->boots + i) &&
		    !group->boots[i].uml_ended)
			end_guest(group->boots + i, OUTCOME_INTERRUPTED, 0);
}

/* Only the guest whose turn it is does anything; all others wait for it. */
static void give_turn(struct group *group)
{
	struct boot *next;
	uint32_t number;
	int takers = 0;

	for (int i = 0; i < group->n; i++) {
		const struct boot *b = group->boots + i;

		if (b->turn_fd < 0)
			continue;
		if (!b->wants_turn)
			return;
		takers++;
	}
	if (!takers)
		return;
	do {
		number = group->turns->number;
		next = group->boots + turns_next(group->turns);
	} while (next->turn_fd < 0);
	next->wants_turn = false;
	counters_begin(&next->counters, number);
	if (write(next->turn_fd, &number, sizeof(number)) < 0)
		say("%s, boot %d: cannot give the guest its turn: %m",
		    next->kernel->name, next->index);
}

void attend(struct group *group)
{
	struct pollfd fds[SHARED_SLOTS + MAX_KERNELS * GUEST_SLOTS];
	struct pollfd *guests = fds + SHARED_SLOTS;
	int i;

	while (!all_over(group)) {
		choose_shared_fds(group->plan, fds);
		for (i = 0; i < group->n; i++)
			choose_guest_fds(group->boots + i,
					 guests + i * GUEST_SLOTS);
		if (poll(fds, SHARED_SLOTS + group->n * GUEST_SLOTS,
			 least_time_left_ms(group)) >= 0) {
			serve_shared(group, fds);
			for (i = 0; i < group->n; i++)
				serve_guest(group->boots + i,
					    guests + i * GUEST_SLOTS);
		}
		for (i = 0; i < group->n; i++)
			check_deadline(group->boots + i);
		if (group->turns) {
			end_with_the_first(group);
			give_turn(group);
		}
	}
}
