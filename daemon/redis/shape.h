/*
 * What a reply must look like before it is taken apart. A server that answers in another form is no Redis that we
 * know, or a fault of ours: whoever heard it ends the session with a message, and nobody counts on items that are not
 * there.
 *
 * A shape is a text:  i an integer, or text that is one   u one from 0 to 2^53, as counts, times and versions are
 *                     s text   n nil   . anything
 *                     [x] an array of any length, each of shape x   (x y) an array of exactly these   x|y one of them
 * "[(s [s]|n)]" are stream entries: pairs of an id and its fields, nil where the entry was trimmed away.
 */
#ifndef REDIS_SHAPE_H
#define REDIS_SHAPE_H

#include "redis/value.h"

bool value_has_shape(const struct value *v, const char *shape);

/* The reply's own form in a few words, for a message: "an array of 3", "the text \"OK\"". */
const char *value_describe(const struct value *v, char *buffer, size_t size);

#endif
