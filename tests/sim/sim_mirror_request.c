/* The arguments of requests, as the mirror reads them. */
#include "tests/sim/sim_mirror_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mirror_arg_is(const struct sim_arg *a, const char *text)
{
	return a->length == strlen(text) && memcmp(a->text, text, a->length) == 0;
}

/* The argument of a script at this place of the contract. */
const struct sim_arg *mirror_argv_at(const struct sim_exec *e, size_t place)
{
	assert(place <= e->argc);
	return &e->argv[place - 1];
}

int64_t mirror_arg_int(const struct sim_arg *a)
{
	char text[32];
	snprintf(text, sizeof(text), "%.*s", (int)(a->length < 31 ? a->length : 31), a->text);
	return strtoll(text, NULL, 10);
}

int mirror_player_in(const char *text, size_t length)
{
	for (int p = 0; p < PLAYERS; p++)
		if (strlen(mirror_player[p]) == length && memcmp(mirror_player[p], text, length) == 0)
			return p;
	mirror_violated("nobody is called %.*s", (int)length, text);
	return 0;
}

int mirror_player_of(const char *name)
{
	return mirror_player_in(name, strlen(name));
}

int mirror_stream_of(const char *text, size_t length)
{
	for (int s = 0; s < STREAM_COUNT; s++) {
		char key[64];
		int n = snprintf(key, sizeof(key), "props:%s", stream_name((enum stream)s));
		if ((size_t)n == length && memcmp(key, text, length) == 0)
			return s;
	}
	return NOBODY;
}

struct mirror_key mirror_parse_id(const char *text)
{
	char *end;
	struct mirror_key key = {.ms = strtoull(text, &end, 10)};
	if (*end == '-')
		key.seq = strtoull(end + 1, NULL, 10);
	return key;
}

/* "m1700000000000a0" */
struct mirror_key mirror_parse_order_key(const struct sim_arg *a)
{
	struct mirror_key key;
	char *end;
	char text[64];
	snprintf(text, sizeof(text), "%.*s", (int)a->length, a->text);
	key.ms = strtoull(text + 1, &end, 10);
	key.seq = strtoull(end + 1, NULL, 10);
	return key;
}

int mirror_find_entry(const struct mirror *m, int stream, struct mirror_key id)
{
	for (unsigned i = m->log_count; i-- > 0;)
		if ((int)m->log[i].stream == stream && mirror_compare(m->log[i].id, id) == 0)
			return (int)i;
	return NOBODY;
}

bool mirror_is_live(const struct mirror *m, const char *holder)
{
	for (unsigned i = 0; i < m->live_count; i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s/%s", m->live[i].name, m->live[i].boot);
		if (strcmp(text, holder) == 0)
			return true;
	}
	return false;
}

bool mirror_is_live_name(const struct mirror *m, const char *name)
{
	for (unsigned i = 0; i < m->live_count; i++)
		if (strcmp(m->live[i].name, name) == 0)
			return true;
	return false;
}

void mirror_set_live(struct mirror *m, const struct sim_arg *name, const struct sim_arg *boot)
{
	unsigned i = 0;
	while (i < m->live_count && !mirror_arg_is(name, m->live[i].name))
		i++;
	if (!boot) {
		if (i < m->live_count)
			m->live[i] = m->live[--m->live_count];
		return;
	}
	if (i == m->live_count)
		snprintf(m->live[m->live_count++].name, sizeof(m->live[0].name), "%.*s", (int)name->length, name->text);
	snprintf(m->live[i].boot, sizeof(m->live[i].boot), "%.*s", (int)boot->length, boot->text);
}
