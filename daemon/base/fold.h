/*
 * Names. A player's lookup is his name folded: lower case, accents removed, letters that do not decompose
 * spelled out (đ d, ł l, ø o, ı i, æ ae, œ oe, þ th, ð d, ß ss), everything but a-z and 0-9 dropped; suffixes
 * stay: "jarenjacksonjr". What has a comma is "Last, First", and is turned: "Jackson Jr., Jaren".
 *
 * Of two men of one name the second is told apart by his team, three capital letters behind an @ at the end, which the
 * fold keeps: "Jalen Williams@CHA" is "jalenwilliams@CHA". His bare lookup is what stands before it.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#define LOOKUP_SIZE 64 /* longest lookup 63 bytes */

/* Folds UTF-8 text. Blanks may stand behind the team. Returns the length of the lookup, 0 when nothing remains,
 * -EINVAL: not UTF-8, -ENAMETOOLONG. */
int fold_name(const char *text, size_t length, char lookup[LOOKUP_SIZE]);

/* The same without a team: a row of a box score says elsewhere for whom he played. */
int fold_bare_name(const char *text, size_t length, char lookup[LOOKUP_SIZE]);

/* Whether the text is a lookup already. */
bool fold_is_lookup(const char *text, size_t length);

/* The team in it, "CHA"; "" if it names none. */
const char *fold_team(const char *lookup);

/* Length of the bare lookup: without @ and team. */
size_t fold_bare(const char *lookup);

/* Length of the bare lookup without its generational suffix (jr, sr, ii, iii, iv, v); the whole of that if it has
 * none or nothing would remain. */
size_t fold_stem(const char *lookup);

#endif
