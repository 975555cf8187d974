// SPDX-License-Identifier: GPL-2.0
/*
 * Who may open which file of whose process. proc(5) has the owner and the mode
 * of each file; ptrace(2), "Ptrace access mode checking", says who may read in
 * the mode PTRACE_MODE_READ_FSCREDS.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u7.h"
#include "space/subject.h"

#define TEXT_MAX	(8 * PAGE_SIZE)

const struct identity its_user = { "its user", USER, USER, 0 };

/* Root comes first: all others are compared with what it gets. */
static const struct identity askers[] = {
	{ "root", 0, 0, ALL_CAPABILITIES },
	{ "root without a capability", 0, 0, 0 },
	{ "its user", USER, USER, 0 },
	{ "its user in another group", USER, OTHER, 0 },
	{ "its user with CAP_SYS_PTRACE", USER, USER, PTRACE },
	{ "other user", OTHER, OTHER, 0 },
	{ "other user in its group", OTHER, USER, 0 },
	{ "other user with CAP_SYS_ADMIN", OTHER, OTHER, ADMIN },
	{ "other user with CAP_SYS_PTRACE", OTHER, OTHER, PTRACE },
	{ "other user with CAP_DAC_READ_SEARCH", OTHER, OTHER, SEARCH },
	{ "other user with CAP_DAC_OVERRIDE", OTHER, OTHER, OVERRIDE },
	{ "other user with both", OTHER, OTHER, PTRACE | SEARCH },
};

static const struct target {
	const char *name;
	const struct identity *owner;
	bool dumpable;
} targets[] = {
	{ "its user's process", &its_user, true },
	{ "its user's process, not dumpable", &its_user, false },
	{ "root's process", askers, true },
};

static const struct file {
	const char *name;
	enum { BY_ALL, BY_OWNER } mode;
	bool traced;	/* needs PTRACE_MODE_READ_FSCREDS */
	int flags;
} files[] = {
	{ "maps", BY_ALL, true, O_RDONLY },
	{ "smaps", BY_ALL, true, O_RDONLY },
	{ "smaps_rollup", BY_ALL, true, O_RDONLY },
	{ "pagemap", BY_OWNER, true, O_RDONLY },
	{ "clear_refs", BY_OWNER, false, O_WRONLY },
};

/* What they say of physical memory is root's alone. */
static const char * const of_memory[] = {
	"/proc/kpagecount", "/proc/kpageflags",
};

/* The folder of each thread has the same files. */
static const struct folder {
	const char *format, *name;
} folders[] = { { "", "" }, { "task/%d/", "task/TID/" } };

#define NR_TARGETS	ARRAY_SIZE(targets)
#define NR_FILES	ARRAY_SIZE(files)
#define NR_FOLDERS	ARRAY_SIZE(folders)
#define NR_OF_MEMORY	ARRAY_SIZE(of_memory)
#define TEXTS		(NR_TARGETS * NR_FILES * NR_FOLDERS)

struct answer {
	int64_t got;		/* bytes, or a negative error number */
	char *text;
};

/* Shared by who asks and the rule. */
struct access {
	struct subject subjects[NR_TARGETS];
	struct answer answers[NR_TARGETS][NR_FILES][NR_FOLDERS];
	int64_t of_memory[NR_OF_MEMORY];
};

/*
 * The layout is of no interest, as long as it has something to tell. The memory
 * of the program, which lies below, is shared by more and less processes.
 */
#define START		RULE_BASE
#define START_TEXT	"1800000000-"

static int64_t ask_file(const struct file *file, const char *path, char *text)
{
	int fd = open(path, file->flags | O_CLOEXEC);
	int64_t got;

	if (fd < 0)
		return -errno;
	if (file->flags == O_WRONLY)
		got = write(fd, "5", 1);
	else if (!strcmp(file->name, "pagemap"))
		got = pread(fd, text, 8, START / PAGE_SIZE * 8);
	else
		got = smaps_read(fd, text, TEXT_MAX);
	if (got == -1)
		got = -errno;
	close(fd);
	return got;
}

static void ask(struct access *access, size_t target, size_t file, size_t folder)
{
	struct answer *answer = &access->answers[target][file][folder];
	int pid = access->subjects[target].pid;
	char inner[40], path[80];

	snprintf(inner, sizeof(inner), folders[folder].format, pid);
	snprintf(path, sizeof(path), "/proc/%d/%s%s", pid, inner,
		 files[file].name);
	answer->got = ask_file(files + file, path, answer->text);
}

static int64_t ask_of_memory(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t entry;
	int64_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, &entry, sizeof(entry));
	if (got < 0)
		got = -errno;
	close(fd);
	return got;
}

static void ask_all(void *arg)
{
	struct access *access = arg;
	size_t i, j, k;

	for (i = 0; i < NR_OF_MEMORY; i++)
		access->of_memory[i] = ask_of_memory(of_memory[i]);

	for (i = 0; i < NR_TARGETS; i++)
		for (j = 0; j < NR_FILES; j++)
			for (k = 0; k < NR_FOLDERS; k++)
				ask(access, i, j, k);
}

static bool has_mode(const struct identity *who, const struct target *target,
		     const struct file *file)
{
	unsigned int owner = target->dumpable ? target->owner->user : 0;

	return file->mode == BY_ALL || who->user == owner || may(who, OVERRIDE) ||
	       (file->flags == O_RDONLY && may(who, SEARCH));
}

static bool may_trace(const struct identity *who, const struct target *target)
{
	const struct identity *owner = target->owner;

	return may(who, PTRACE) ||
	       (who->user == owner->user && who->group == owner->group &&
		!(owner->capabilities & ~who->capabilities) &&
		target->dumpable);
}

static bool may_open(const struct identity *who, const struct target *target,
		     const struct file *file)
{
	return has_mode(who, target, file) &&
	       (!file->traced || may_trace(who, target));
}

/* What one asker gets, beside what root got. */
struct comparison {
	struct check *check;
	const struct identity *who;
	const struct access *access, *root;
};

static bool same_text(const struct answer *a, const struct answer *b)
{
	const char *from = memmem(a->text, a->got, START_TEXT,
				  strlen(START_TEXT));
	size_t at = from ? from - a->text : a->got;

	return !memcmp(a->text + at, b->text + at, a->got - at);
}

static void compare(struct comparison *c, size_t i, size_t j, size_t k)
{
	const struct answer *answer = &c->access->answers[i][j][k];
	const struct answer *root = &c->root->answers[i][j][k];
	bool opens = may_open(c->who, targets + i, files + j);
	const char *what = "what root gets";

	c->check->checked++;
	if (!opens && (answer->got == -EACCES || answer->got == -EPERM))
		return;
	if (opens && answer->got > 0 && answer->got == root->got &&
	    (files[j].mode == BY_OWNER || same_text(answer, root)))
		return;
	if (!opens)
		what = "EACCES";
	check_fail(c->check, "%s asks for %s%s of %s: got %" PRId64 "%s%s, expected %s (root gets %" PRId64 ")",
		   c->who->name, folders[k].name, files[j].name, targets[i].name,
		   answer->got, answer->got < 0 ? ", " : " bytes",
		   answer->got < 0 ? strerror(-answer->got) : "", what,
		   root->got);
}

static void compare_of_memory(struct comparison *c, size_t i)
{
	bool opens = !c->who->user || may(c->who, OVERRIDE | SEARCH);
	int64_t got = c->access->of_memory[i];

	c->check->checked++;
	if (opens ? got != 8 : got != -EACCES && got != -EPERM)
		check_fail(c->check, "%s asks for %s: got %" PRId64 ", expected %s",
			   c->who->name, of_memory[i], got,
			   opens ? "8 bytes" : "EACCES");
}

static void compare_all(struct comparison *c)
{
	size_t i, j, k;

	for (i = 0; i < NR_OF_MEMORY; i++)
		compare_of_memory(c, i);

	for (i = 0; i < NR_TARGETS; i++)
		for (j = 0; j < NR_FILES; j++)
			for (k = 0; k < NR_FOLDERS; k++)
				compare(c, i, j, k);
}

static struct access *access_new(void)
{
	struct access *access = map_populated(sizeof(*access));
	char *text = map_populated(TEXTS * TEXT_MAX);
	size_t i;

	for (i = 0; i < TEXTS; i++)
		((struct answer *)access->answers)[i].text = text + i * TEXT_MAX;
	return access;
}

static void access_free(struct access *access)
{
	unmap_populated(access->answers[0][0][0].text, TEXTS * TEXT_MAX);
	unmap_populated(access, sizeof(*access));
}

void check_access(struct rule_run *run)
{
	struct access *root = access_new(), *access = access_new();
	struct layout layout = { .name = "few", .base = START };
	size_t i;

	layout_region(&layout, &mem_anon, 4, 0, 1);
	for (i = 0; i < NR_TARGETS; i++) {
		subject_start_of(root->subjects + i, &layout, run->probe,
				 targets[i].owner, targets[i].dumpable);
		access->subjects[i] = root->subjects[i];
	}
	for (i = 0; i < ARRAY_SIZE(askers); i++) {
		struct comparison c = {
			.check = rule_case(run, "files for %s", askers[i].name),
			.who = askers + i,
			.access = i ? access : root,
			.root = root,
		};

		ask_as(askers + i, ask_all, i ? access : root);
		compare_all(&c);
	}
	for (i = 0; i < NR_TARGETS; i++)
		subject_stop(root->subjects + i);
	layout_free(&layout);
	access_free(access);
	access_free(root);
}
