/*
 * Names as sources mark them up: "Luka Dončić\doncilu01", "De&#39;Aaron Fox", "DonÄ\u008diÄ\u0087", "James, LeBron",
 * "Ron Holland (TW)". What can be undone is; a name with what is none in it is refused, so that no second man comes of it.
 */
#ifndef LEAGUE_IMPORT_NAME_H
#define LEAGUE_IMPORT_NAME_H

#include <stddef.h>

enum name_note { /* what was mended */
	NAME_ENCODED, /* UTF-8 that was taken for another encoding, and encoded again */
	NAME_ENTITIES, /* &#39; and the like */
	NAME_ID, /* \doncilu01 behind it */
	NAME_MARK, /* * or (TW) behind it */
	NAME_ORDER, /* "Last, First" */
	NAME_SIGNS, /* typographic apostrophes and hyphens */
	NAME_BLANKS, /* several, or others than plain ones */
	NAME_NOTES
};

/* Writes the name as it should be; the bits of what was mended are set in *notes. NULL, or what is wrong with it. */
const char *name_mend(const char *text, char *ret, size_t size, unsigned *notes);

const char *name_note_text(enum name_note note); /* "an id after the name" */

#endif
