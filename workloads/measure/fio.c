// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/util.h"
#include "measure/fio.h"

#define OUTPUT	"/dev/shm/fio.json"

#define ENDED_BY_SIGINT	128	/* fio's exit status then */

#define POLL_US	10000	/* between two looks whether the I/O has begun */

static void __attribute__((noreturn))
run_fio(const char *program, const struct job *job)
{
	execl(program, program, "--output-format=json+", "--output=" OUTPUT,
	      "--eta=never", job->file, NULL);
	die("cannot run %s: %m", program);
}

/* @expected: its exit status if all went well. */
static void die_of(int status, int expected)
{
	if (WIFSIGNALED(status))
		die("fio was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != expected)
		die("fio failed, exit status %d", WEXITSTATUS(status));
}

static int wait_for(const struct fio *fio)
{
	int status;

	while (waitpid(fio->pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %m");
	return status;
}

/* Return the file of a process, or -1 if the process has gone. */
static bool runs_job(const struct job *job, int pid, struct maps *maps)
{
	int fd = try_proc(pid, "maps", O_RDONLY);

	if (fd < 0)
		return false;
	maps_read(fd, maps);
	close(fd);
	return job_runs(job, maps);
}

/* Return the process that does the I/O, or 0: fio itself, or a child of it. */
static int find_target(const struct fio *fio, struct maps *maps)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	if (!proc)
		die("/proc: %m");
	while (!found && (entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid >= fio->pid && runs_job(fio->job, pid, maps))
			found = pid;
	}
	closedir(proc);
	return found;
}

static void open_files(struct fio *fio)
{
	fio->maps = try_proc(fio->target, "maps", O_RDONLY);
	fio->smaps = try_proc(fio->target, "smaps", O_RDONLY);
	fio->pagemap = try_proc(fio->target, "pagemap", O_RDONLY);
	fio->clear_refs = try_proc(fio->target, "clear_refs", O_WRONLY);
	fio->status = try_proc(fio->target, "status", O_RDONLY);
	if (fio->maps < 0 || fio->smaps < 0 || fio->pagemap < 0 ||
	    fio->clear_refs < 0 || fio->status < 0)
		die("%s: the I/O ended as soon as it began: %m",
		    fio->job->file);
}

void fio_start(struct fio *fio, const char *program, const struct job *job,
	       struct maps *maps)
{
	int status;

	fflush(NULL);
	*fio = (struct fio){ .job = job, .pid = fork() };
	if (fio->pid < 0)
		die("fork: %m");
	if (!fio->pid)
		run_fio(program, job);
	while (!(fio->target = find_target(fio, maps))) {
		if (waitpid(fio->pid, &status, WNOHANG) == fio->pid) {
			die_of(status, 0);
			die("%s: fio ended, and never mapped %s, %u times",
			    job->file, job->filename, job->numjobs);
		}
		usleep(POLL_US);
	}
	open_files(fio);
}

void fio_look(const struct fio *fio, struct maps *maps)
{
	maps_read(fio->maps, maps);
	if (job_runs(fio->job, maps))
		return;
	die_of(wait_for(fio), 0);
	die("%s: the I/O has ended by itself", fio->job->file);
}

static uint64_t pages_in(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) * 1024 / PAGE_SIZE : 0;
}

/*
 * Pages of files other than those of tmpfs count apart. Without its memory, the
 * process has no such lines.
 */
void fio_counts(const struct fio *fio, struct living_counts *counts)
{
	char text[4096];
	ssize_t len = pread(fio->status, text, sizeof(text) - 1, 0);

	text[len < 0 ? 0 : len] = '\0';
	*counts = (struct living_counts){
		.shared = pages_in(text, "\nRssShmem:"),
		.hugetlb = pages_in(text, "\nHugetlbPages:"),
	};
	if (fio->job->on_disk)
		counts->shared += pages_in(text, "\nRssFile:");
}

static char *read_output(void)
{
	FILE *f = fopen(OUTPUT, "re");
	size_t len = 0, size = 0;
	char *text = NULL;

	if (!f)
		die("%s: %m", OUTPUT);
	do {
		size += 65536;
		text = xrealloc(text, size + 1, 1);
		len += fread(text + len, 1, size - len, f);
	} while (len == size);
	text[len] = '\0';
	fclose(f);
	unlink(OUTPUT);
	return text;
}

static void close_files(const struct fio *fio)
{
	close(fio->maps);
	close(fio->smaps);
	close(fio->pagemap);
	close(fio->clear_refs);
	close(fio->status);
}

char *fio_end(const struct fio *fio)
{
	kill(fio->pid, SIGINT);
	die_of(wait_for(fio), ENDED_BY_SIGINT);
	close_files(fio);
	return read_output();
}
