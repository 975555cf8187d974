// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/probe.h"
#include "kernel/turn.h"
#include "kernel/util.h"
#include "out/records.h"

#define RECORDS_FD	3

/* Keeps a layout's records, so that nobody reads them while it is timed. */
#define BUFFER_SIZE	(1U << 18)

static FILE *records;

void records_open(void)
{
	if (fcntl(RECORDS_FD, F_GETFD) < 0)
		return;
	records = fdopen(RECORDS_FD, "w");
	if (!records)
		die("file descriptor %d, for the records: %s", RECORDS_FD,
		    strerror(errno));
	setvbuf(records, map_populated(BUFFER_SIZE), _IOFBF, BUFFER_SIZE);
	fcntl(RECORDS_FD, F_SETFD, FD_CLOEXEC);
}

void records_required(void)
{
	if (!records)
		refuse("file descriptor %d, for the records, is closed: add %d>FILE",
		       RECORDS_FD, RECORDS_FD);
}

/* Write @s, which is ASCII, as the inside of a JSON string. */
static void put_string(const char *s)
{
	for (; *s; s++) {
		if (*s == '\n') {
			fputs("\\n", records);
			continue;
		}
		if (*s == '"' || *s == '\\')
			fputc('\\', records);
		fputc((unsigned char)*s < ' ' ? ' ' : *s, records);
	}
}

void record_layout(const struct layout_record *layout)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"layout\",\"layout\":\"%s\",\"pages\":%" PRIu64
		",\"present\":%" PRIu64 ",\"vmas\":%" PRIu64
		",\"huge\":%" PRIu64
		",\"tables\":%" PRIu64 "}\n",
		layout->layout, layout->pages, layout->present, layout->vmas,
		layout->huge, layout->tables);
}

void record_check(const char *layout, const char *check, bool ok,
		  uint64_t checked, const char *detail)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"check\",\"layout\":\"%s\",\"check\":\"%s\",\"ok\":%s,\"checked\":%" PRIu64 ",\"detail\":\"",
		layout, check, ok ? "true" : "false", checked);
	put_string(detail);
	fputs("\"}\n", records);
}

void record_rule(const char *rule, const char *name, bool ok, bool skip,
		 uint64_t checked, const char *detail)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"rule\",\"rule\":\"%s\",\"case\":\"%s\",\"ok\":%s,\"skip\":%s,\"checked\":%" PRIu64 ",\"detail\":\"",
		rule, name, ok ? "true" : "false", skip ? "true" : "false",
		checked);
	put_string(detail);
	fputs("\"}\n", records);
}

void record_reader(const char *layout, const char *reader, const char *name,
		   bool ok, bool skip, uint64_t checked, const char *detail,
		   const char *said)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"reader\",\"layout\":\"%s\",\"reader\":\"%s\",\"case\":\"%s\",\"ok\":%s,\"skip\":%s,\"checked\":%" PRIu64 ",\"detail\":\"",
		layout, reader, name, ok ? "true" : "false",
		skip ? "true" : "false", checked);
	put_string(detail);
	fputs("\",\"said\":\"", records);
	put_string(said);
	fputs("\"}\n", records);
}

void record_said(const char *layout, const char *who, int status,
		 const char *said)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"said\",\"layout\":\"%s\",\"who\":\"%s\",\"status\":%d,\"said\":\"",
		layout, who, status);
	put_string(said);
	fputs("\"}\n", records);
}

void record_fault(const char *reader, unsigned int nth, bool injected,
		  const char *error, bool ok, const char *detail)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"fault\",\"reader\":\"%s\",\"nth\":%u,\"injected\":%s,\"error\":\"%s\",\"ok\":%s,\"detail\":\"",
		reader, nth, injected ? "true" : "false", error,
		ok ? "true" : "false");
	put_string(detail);
	fputs("\"}\n", records);
}

void record_round(const char *reader, unsigned int round, uint64_t free,
		  bool locked)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"round\",\"reader\":\"%s\",\"round\":%u,\"free\":%" PRIu64 ",\"locked\":%s}\n",
		reader, round, free, locked ? "true" : "false");
}

void record_changes(const char *change, uint64_t times)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"changes\",\"change\":\"%s\",\"times\":%" PRIu64 "}\n",
		change, times);
}

void record_pass(const struct pass_record *pass)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"pass\",\"reader\":\"%s\",\"by\":\"%s\",\"size\":%" PRIu64
		",\"passes\":%" PRIu64 ",\"reads\":%" PRIu64 ",\"changed\":%" PRIu64
		",\"torn\":%" PRIu64 ",\"twice\":%" PRIu64
		",\"ok\":%s,\"checked\":%" PRIu64 ",\"detail\":\"",
		pass->reader, pass->by, pass->size, pass->passes, pass->reads,
		pass->changed, pass->torn, pass->twice,
		pass->ok ? "true" : "false", pass->checked);
	put_string(pass->detail);
	fputs("\"}\n", records);
}

void record_beside(const char *stressor, const char *reader, uint64_t reads,
		   bool ok, uint64_t checked, const char *detail)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"beside\",\"stressor\":\"%s\",\"reader\":\"%s\",\"reads\":%" PRIu64
		",\"ok\":%s,\"checked\":%" PRIu64 ",\"detail\":\"",
		stressor, reader, reads, ok ? "true" : "false", checked);
	put_string(detail);
	fputs("\"}\n", records);
}

void record_ended(const char *stressor, int status)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"ended\",\"stressor\":\"%s\",\"status\":%d}\n",
		stressor, status);
}

void record_left(const char *when, const char *what, uint64_t amount)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"left\",\"when\":\"%s\",\"what\":\"%s\",\"amount\":%" PRIu64
		"}\n", when, what, amount);
}

void record_trying(const char *name)
{
	fprintf(records, "{\"type\":\"trying\",\"case\":\"%s\"}\n", name);
}

void record_found(const char *name, size_t ask, const char *rule,
		  const char *how, const char *detail)
{
	fprintf(records,
		"{\"type\":\"found\",\"case\":\"%s\",\"ask\":%zu,\"rule\":\"%s\",\"how\":\"%s\",\"detail\":\"",
		name, ask, rule, how);
	put_string(detail);
	fputs("\"}\n", records);
}

void record_answered(const char *name, size_t ask, const char *said)
{
	fprintf(records,
		"{\"type\":\"answered\",\"case\":\"%s\",\"ask\":%zu,\"said\":\"",
		name, ask);
	put_string(said);
	fputs("\"}\n", records);
}

void record_tried(const char *name, size_t asks, uint64_t skipped)
{
	fprintf(records,
		"{\"type\":\"tried\",\"case\":\"%s\",\"asks\":%zu,\"skipped\":%" PRIu64 "}\n",
		name, asks, skipped);
}

void record_sample(const char *layout, const struct sample *sample)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"sample\",\"layout\":\"%s\",\"walk\":\"%s\",\"cycles\":%" PRIu64
		",\"repeat\":%" PRIu64 ",\"mean\":%" PRIu64 ",\"parts\":%" PRIu64
		",\"pages\":%" PRIu64 ",\"calls\":%" PRIu64 ",\"return\":%" PRId64,
		layout, sample->walk, sample->cycles, sample->repeat,
		sample->mean, sample->parts, sample->pages, sample->calls,
		sample->ret);
	if (sample->turn != NO_TURN)
		fprintf(records, ",\"turn\":%" PRId64 ",\"bare_turn\":%" PRId64,
			sample->turn, sample->bare_turn);
	fputs("}\n", records);
}

void record_loop(const char *layout, const struct loop *loop)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"loop\",\"layout\":\"%s\",\"walk\":\"%s\",\"pages\":%" PRIu64
		",\"walks\":%" PRIu64 ",\"begin_ns\":%" PRIu64
		",\"end_ns\":%" PRIu64 "}\n",
		layout, loop->walk, loop->pages, loop->walks,
		loop->begin_ns, loop->end_ns);
}

/* Instructions in a record, so that the line is not too long for the runner. */
#define COUNT_INSNS	UINT64_C(4096)

static void put_insns(const char *layout, const char *walk,
		      const struct pagewalk_probe_insn *insns, uint64_t nr)
{
	uint64_t i;

	fprintf(records, "{\"type\":\"insns\",\"layout\":\"%s\",\"walk\":\"%s\",\"at\":[",
		layout, walk);
	for (i = 0; i < nr; i++)
		fprintf(records, "%s[%" PRIu64 ",%" PRIu64 "]", i ? "," : "",
			(uint64_t)insns[i].address, (uint64_t)insns[i].count);
	fputs("]}\n", records);
}

void record_count(const char *layout, const char *walk, uint64_t pages,
		  uint64_t vmas, const struct pagewalk_probe_count *count)
{
	const struct pagewalk_probe_insn *insns = (void *)(uintptr_t)count->insns;
	uint64_t i;

	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"count\",\"layout\":\"%s\",\"walk\":\"%s\",\"pages\":%" PRIu64
		",\"vmas\":%" PRIu64 ",\"instructions\":%" PRIu64 ",\"elsewhere\":%" PRIu64
		",\"return\":%" PRId64 "}\n",
		layout, walk, pages, vmas,
		(uint64_t)count->total, (uint64_t)count->elsewhere,
		(int64_t)count->result);
	for (i = 0; i < count->nr_insns; i += COUNT_INSNS)
		put_insns(layout, walk, insns + i,
			  min_u64(count->nr_insns - i, COUNT_INSNS));
}

void record_living(const char *job, const char *walk, int64_t turn,
		   const uint64_t *cycles, size_t nr)
{
	size_t i;

	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"living\",\"job\":\"%s\",\"walk\":\"%s\",\"cycles\":[",
		job, walk);
	for (i = 0; i < nr; i++)
		fprintf(records, "%s%" PRIu64, i ? "," : "", cycles[i]);
	fputs("]", records);
	if (turn != NO_TURN)
		fprintf(records, ",\"turn\":%" PRId64, turn);
	fputs("}\n", records);
}

void record_fio(const char *job, bool walked, int64_t turn, const char *said)
{
	if (!records)
		return;
	fprintf(records,
		"{\"type\":\"fio\",\"job\":\"%s\",\"walked\":%s,\"said\":\"",
		job, walked ? "true" : "false");
	put_string(said);
	fputs("\"", records);
	if (turn != NO_TURN)
		fprintf(records, ",\"turn\":%" PRId64, turn);
	fputs("}\n", records);
}

/* Calls in a record, so that the line is not too long for the runner. */
#define GOLDEN_CALLS	4096

static unsigned int golden_calls;

static void put_golden_start(const char *name)
{
	fputs("{\"type\":\"golden\",\"case\":\"", records);
	put_string(name);
	fputs("\",\"calls\":[", records);
}

void record_golden_call(const char *name, const char *callback, uint64_t start,
			uint64_t end, int vma)
{
	if (!records)
		return;
	if (golden_calls == GOLDEN_CALLS) {
		fputs("]}\n", records);
		golden_calls = 0;
	}
	if (!golden_calls++)
		put_golden_start(name);
	else
		fputc(',', records);
	fprintf(records, "[\"%s\",%" PRIu64 ",%" PRIu64 ",", callback, start,
		end);
	if (vma == -2)
		fputs("null]", records);
	else
		fprintf(records, "%d]", vma);
}

void record_golden_end(const char *name, int64_t ret, uint64_t cleared,
		       uint64_t changed, bool overflowed)
{
	if (!records)
		return;
	if (!golden_calls)
		put_golden_start(name);
	golden_calls = 0;
	fprintf(records,
		"],\"return\":%" PRId64 ",\"cleared\":%" PRIu64 ",\"changed\":%" PRIu64
		",\"overflowed\":%s}\n", ret, cleared, changed,
		overflowed ? "true" : "false");
}

void records_flush(void)
{
	if (records && (fflush(records) || ferror(records)))
		die("file descriptor %d, for the records: %s", RECORDS_FD,
		    strerror(errno));
}
