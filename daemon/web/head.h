/*
 * The head of an HTTP request: its first line and its fields, up to the empty line. Of HTTP/1.x what a page that is
 * only looked at takes: GET and HEAD without a body. A pure function over the bytes that have come so far.
 */
#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#define WEB_HEAD_MAX (16 * 1024) /* bytes of a head with its empty line */
#define WEB_FIELDS_MAX 100
#define WEB_PATH_MAX 255

struct web_head {
	bool head_only; /* HEAD: the answer without its body */
	char path[WEB_PATH_MAX + 1]; /* of the target, without host and query, as it was sent: nothing is decoded */
};

/*
 * 0: more is to come. 200: it is whole, *ret is filled. Else the status to refuse it with, and *ret_why is a sentence for
 * a person that quotes nothing of it.
 */
int web_head_parse(const char *bytes, size_t length, struct web_head *ret, const char **ret_why);

#endif
