/*
 * A JSON file that somebody hands to propsctl. What is wrong in it is told with the file, the line and the key, also where
 * the JSON as such is fine. Blocking, one thread.
 */
#ifndef CTL_DOCUMENT_H
#define CTL_DOCUMENT_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

struct document {
	const char *name; /* borrowed; as errors show it */
	struct str text;
	json_t *root;
};

/* A place in it, from the root on; on the stack of whoever walks. NULL is the root itself. */
struct place {
	const struct place *up;
	const char *key; /* of an object; NULL: `index` of a list */
	size_t index;
};

/* -ENOENT and the like, -EINVAL: not JSON. document_done() in any case. */
int document_read(const char *path, struct document *ret, struct err *err);
void document_done(struct document *document);

/* "NAME:LINE: KEY.PATH TEXT"; -EINVAL. */
int document_fault(const struct document *document, const struct place *place, struct err *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Members of the object at `place`, which is `object`. Missing or of another kind: -EINVAL, told. Lists and objects are
 * borrowed, texts too.
 */
int document_text(const struct document *d, const struct place *place, const json_t *object, const char *key,
	const char **ret, struct err *err);
int document_list(const struct document *d, const struct place *place, const json_t *object, const char *key,
	const json_t **ret, struct err *err);
/* `least` is the smallest that is right; a whole number if `whole`. */
int document_number(const struct document *d, const struct place *place, const json_t *object, const char *key,
	bool whole, double least, double *ret, struct err *err);
int document_flag(const struct document *d, const struct place *place, const json_t *object, const char *key, bool *ret,
	struct err *err);

#endif
