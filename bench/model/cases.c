#include "cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define KEY_SIZE 128

static void key_of(char key[KEY_SIZE], const struct snapshot *s, const struct played *p, int known)
{
	char date[DATE_SIZE];

	text_format(key, KEY_SIZE, "%s %s %d", date_format(s->row.date[p->row], date),
		s->player[s->row.player[p->row]].lookup, known);
}

int cases_write(const char *path, const struct snapshot *s, const struct nights *season, struct err *err)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return err_set(err, -errno, "%s cannot be written: %s", path, strerror(errno));
	for (size_t i = 0; i < season->count; i++) {
		const struct played *p = &season->played[i];

		for (int known = 0; known < KNOWN_COUNT; known++) {
			char key[KEY_SIZE];

			key_of(key, s, p, known);
			fprintf(file, "%s", key);
			for (int k = 0; k < FIGURES; k++)
				fprintf(file, " %.4f", p->mean[known][k]);
			for (int k = 0; k < MARKET_COUNT; k++)
				fprintf(file, " %.0f", p->median[known][k]);
			fprintf(file, "\n");
		}
	}
	const bool failed = ferror(file) != 0;
	if (fclose(file) != 0 || failed)
		return err_set(err, -EIO, "%s could not be written", path);
	return 0;
}

static bool read_case(FILE *file, const char *key, struct case_figures *ret)
{
	char date[KEY_SIZE], player[KEY_SIZE], read[KEY_SIZE];
	int known;

	if (fscanf(file, "%15s %79s %d", date, player, &known) != 3)
		return false;
	text_format(read, sizeof(read), "%s %s %d", date, player, known);
	bool all = strcmp(read, key) == 0;
	for (int k = 0; k < FIGURES && all; k++)
		all = fscanf(file, "%lf", &ret->mean[k]) == 1;
	for (int k = 0; k < MARKET_COUNT && all; k++)
		all = fscanf(file, "%lf", &ret->median[k]) == 1;
	return all;
}

int cases_read(const char *path, const struct snapshot *s, const struct nights *season, struct case_figures **ret,
	struct err *err)
{
	struct case_figures *figures = calloc(season->count * KNOWN_COUNT + 1, sizeof(*figures));
	FILE *file = fopen(path, "r");
	char key[KEY_SIZE];
	int r = 0;

	*ret = NULL;
	if (!file || !figures) {
		r = file ? -ENOMEM : -errno;
		err_set(err, r, "%s cannot be read: %s", path, strerror(-r));
		goto out;
	}
	for (size_t i = 0; i < season->count * KNOWN_COUNT; i++) {
		key_of(key, s, &season->played[i / KNOWN_COUNT], (int)(i % KNOWN_COUNT));
		if (!read_case(file, key, &figures[i])) {
			r = err_set(err, -EBADMSG, "%s is of other games: line %zu is not that of %s", path, i + 1, key);
			goto out;
		}
	}
	*ret = figures;
	figures = NULL;
out:
	if (file)
		fclose(file);
	free(figures);
	return r;
}
