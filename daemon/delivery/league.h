/*
 * Which league database a date is computed from, as its key `league` says it and each instance says of itself:
 * "NUMBER IDENTITY FINGERPRINT". Numbers count one database's imports, so they are compared where the identities are equal,
 * or not known ("-"): a number alone, as it once was, is a league too. Pure.
 */
#ifndef DELIVERY_LEAGUE_H
#define DELIVERY_LEAGUE_H

#include <stdint.h>

#include "league/snapshot.h"

#define LEAGUE_TEXT_SIZE 96

enum league_order {
	LEAGUE_SAME,
	LEAGUE_NEWER, /* than the date's, or the date has none: it is raised */
	LEAGUE_OLDER,
	LEAGUE_OTHER, /* of another database, or none at all: neither is newer */
	LEAGUE_DIFFERS, /* of the same number, and not of the same content */
};

struct league {
	int64_t number; /* 0: none */
	char identity[LEAGUE_IDENTITY_SIZE], fingerprint[FINGERPRINT_SIZE]; /* "" = not known */
};

const char *league_text(const struct snapshot *s, char text[LEAGUE_TEXT_SIZE]); /* NULL: none */
void league_parse(const char *text, struct league *ret); /* whatever it is */
enum league_order league_compare(const char *mine, const char *the_dates);

/* For people: "number 7 of database 1f00...", "no league database". */
const char *league_describe(const char *text, char *buffer, size_t size);

#endif
