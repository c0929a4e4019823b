/*
 * Figures that the model did not make: the output of the precompute phase, which a processor of the user's own runs. It
 * is one JSON object. Its `markets`, where it has any, are read into distributions once, so that a line is then priced
 * by looking it up; all else is kept as it came, keys sorted, and stands in the report.
 *
 *	{"markets": {"points": {"mean": 27.4, "sd": 6.1},		the family of the model's own (distribution.h)
 *		     "threes": {"pmf": [0.1, 0.3, 0.4, 0.2]},		P(X = 0), P(X = 1), ...
 *		     "pra": {"quantiles": {"0.1": 29, "0.5": 40, "0.9": 52}}},
 *	 "anything": {"else": [1, 2]}}
 *
 * Immutable once parsed: any thread may read it, its owner frees it. No I/O.
 */
#ifndef MODEL_FOREIGN_H
#define MODEL_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/distribution.h"
#include "model/model.h"

#include <jansson.h>

struct foreign;

#define FOREIGN_PMF_MAX 1024 /* outcomes of a market */
#define FOREIGN_QUANTILES_MIN 3
#define FOREIGN_REST_MAX 65536 /* bytes of the other keys */
#define FOREIGN_DEPTH_MAX 100 /* lists and objects within each other, so that every reader of the report can follow */

/* 0, -EINVAL: what is wrong with which key, and what would be right (it will be no better when tried again), -ENOMEM.
 * Takes up to 0.2 s a MB of numbers: not for the loop thread. */
int foreign_parse(const char *bytes, size_t length, struct foreign **ret, struct err *err)
	__attribute__((warn_unused_result));
/* The same of a document that was read already, with JSON_REJECT_DUPLICATES and nothing else. It takes parts out. */
int foreign_read(json_t *root, struct foreign **ret, struct err *err) __attribute__((warn_unused_result));
void foreign_free(struct foreign *f); /* NULL is fine */

/* Whether it has `markets`, be they none: then nothing is taken from the model's own projection. */
bool foreign_has_markets(const struct foreign *f);

/* How a market's count comes out by it; false: it has none. */
bool foreign_tails(const struct foreign *f, enum market market, struct tails *ret);

/* The keys that are not ours, as one JSON object. NULL: there are none (length 0), or they are longer than
 * FOREIGN_REST_MAX, which are not kept. */
const char *foreign_rest(const struct foreign *f, size_t *ret_length);

/* Bytes of memory that it holds. */
size_t foreign_size(const struct foreign *f);

/*
 * In the place of model_run(): prices the quotes on these figures. A market that they lack gets none. NULL: there is no
 * output (yet), nothing has figures. Prices live in `arena`. 0 or -ENOMEM.
 */
int foreign_run(const struct foreign *f, const struct model_options *options, const struct live *live,
	struct arena *arena, int64_t (*now_us)(void), struct model_result *ret) __attribute__((warn_unused_result));

#endif
