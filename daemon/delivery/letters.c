/*
 * Log lines of dead letters. A producer that sends nonsense sends much of it, and the letters themselves tell of
 * each: so the log tells the first of a kind at once and then, once an interval, how many more there were and the
 * newest of them. A kind is reason, field and book, for that is what one mends. Books come from outside, so the table
 * is bounded: what finds no place shares one row.
 */
#include "delivery/internal.h"

#include <string.h>

enum { LETTERS_INTERVAL_US = 10000000 };

static void say(const struct letter_kind *k)
{
	if (k->more)
		log_warn("delivery", "%u more dead letters %s newest: %s", k->more, k->name, k->newest);
	else
		log_warn("delivery", "dead letter %s %s", k->name, k->newest);
}

/* The kind's row, a new one if there is room, else the last, which is everybody's. */
static struct letter_kind *find(struct letter_log *log, const char *name)
{
	struct letter_kind *kind = NULL;
	for (unsigned i = 0; i < LETTER_KINDS - 1; i++) {
		if (strcmp(log->kinds[i].name, name) == 0)
			return &log->kinds[i];
		if (!kind && !log->kinds[i].name[0])
			kind = &log->kinds[i];
	}
	if (!kind) {
		kind = &log->kinds[LETTER_KINDS - 1];
		name = "reason=various field=various book=various";
	}
	if (!kind->name[0])
		text_format(kind->name, sizeof(kind->name), "%s", name);
	return kind;
}

void letters_note(struct delivery *d, const struct entry *e, const char *book)
{
	const struct burial *b = e->burial;
	char name[LETTER_NAME_SIZE], id[STREAM_ID_SIZE];

	text_format(name, sizeof(name), "reason=%s field=%s book=%.40s", b->reason, b->field[0] ? b->field : "-",
		book[0] ? book : "-");
	struct letter_kind *k = find(&d->letters, name);
	text_format(k->newest, sizeof(k->newest), "stream=%s id=%s players=%.200s: %.300s",
		d->streams[e->key.stream].key, stream_id_format(e->key.id, id), b->players.data ? b->players.data : "-",
		b->error.data ? b->error.data : "");
	if (k->next_us) {
		k->more++;
		return;
	}
	say(k);
	k->next_us = link_now_us(d) + LETTERS_INTERVAL_US;
}

void letters_tick(struct delivery *d, int64_t now_us)
{
	for (unsigned i = 0; i < LETTER_KINDS; i++) {
		struct letter_kind *k = &d->letters.kinds[i];
		if (!k->next_us || now_us < k->next_us)
			continue;
		if (k->more) {
			say(k);
			k->more = 0;
			/* INT64_MAX: the last words at the end. */
			k->next_us = now_us < INT64_MAX - LETTERS_INTERVAL_US ? now_us + LETTERS_INTERVAL_US : now_us;
		} else {
			*k = (struct letter_kind){0}; /* it is over */
		}
	}
}
