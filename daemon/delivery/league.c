#include "delivery/league.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

const char *league_text(const struct snapshot *s, char text[LEAGUE_TEXT_SIZE])
{
	char content[FINGERPRINT_SIZE];
	if (s)
		text_format(text, LEAGUE_TEXT_SIZE, "%" PRId64 " %s %s", s->number, s->identity[0] ? s->identity : "-",
			fingerprint_hex(s->fingerprint, content));
	else
		text_format(text, LEAGUE_TEXT_SIZE, "0 - -");
	return text;
}

void league_parse(const char *text, struct league *ret)
{
	*ret = (struct league){0};
	if (sscanf(text, "%" SCNd64 " %23s %32s", &ret->number, ret->identity, ret->fingerprint) < 1)
		ret->number = 0;
	if (strcmp(ret->identity, "-") == 0)
		ret->identity[0] = '\0';
	if (strcmp(ret->fingerprint, "-") == 0)
		ret->fingerprint[0] = '\0';
}

enum league_order league_compare(const char *mine, const char *the_dates)
{
	struct league a, b;
	league_parse(mine, &a);
	league_parse(the_dates, &b);
	if (b.number <= 0)
		return a.number > 0 ? LEAGUE_NEWER : LEAGUE_SAME;
	if (a.number <= 0)
		return LEAGUE_OTHER;
	const bool comparable = !a.identity[0] || !b.identity[0] || strcmp(a.identity, b.identity) == 0;
	if (comparable && a.number > b.number)
		return LEAGUE_NEWER;
	if (a.fingerprint[0] && strcmp(a.fingerprint, b.fingerprint) == 0)
		return LEAGUE_SAME;
	if (!comparable)
		return LEAGUE_OTHER;
	if (a.number < b.number)
		return LEAGUE_OLDER;
	return a.fingerprint[0] && b.fingerprint[0] ? LEAGUE_DIFFERS : LEAGUE_SAME;
}

const char *league_describe(const char *text, char *buffer, size_t size)
{
	struct league l;
	league_parse(text, &l);
	if (l.number <= 0)
		text_format(buffer, size, "no league database");
	else if (l.identity[0])
		text_format(buffer, size, "number %" PRId64 " of league database %s", l.number, l.identity);
	else
		text_format(buffer, size, "league database number %" PRId64, l.number);
	return buffer;
}
