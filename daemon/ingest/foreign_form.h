/*
 * Entries that hold a source's own document, such as an answer of The Odds API: looked for once an entry is refused, so
 * that the refusal can say what it is and what makes entries of it. Internal to ingest.
 */
#ifndef INGEST_FOREIGN_FORM_H
#define INGEST_FOREIGN_FORM_H

#include <stdbool.h>

#include "ingest/decode.h"

/* True: one of the fields holds such a document, or is part of one; *why says so in the place of what it said. */
bool foreign_form_blame(const struct field *fields, size_t count, struct malformed *why);

#endif
