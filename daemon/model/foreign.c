/*
 * jansson reads the whole output; what is ours is taken out of its tree into tables, P(X < k) and P(X > k) for each
 * count k, and what is left of the tree is written down again. So an odds move finds two table entries a line, however
 * large the output was.
 *
 * Strict on purpose: a figure that is repaired here would be wrong in every report from then on, and nobody would know.
 */
#include "model/foreign.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/nearest.h"
#include "model/consensus.h"
#include "model/distribution.h"
#include "model/fingerprint.h"
#include "model/json_sorted.h"
#include "model/pricing.h"
#include "model/quantile.h"

#define FIGURE_MAX DISTRIBUTION_MEAN_MAX
#define SUM_TOLERANCE 1e-6
/* Differences of sums leave such traces below 0. */
#define BELOW_ZERO 1e-9
/* A mean below this is none: no line can tell. */
#define NO_MEAN 1e-6
/* So far a family's deviation may be from the one that was asked for; only counts that stray very little are. */
#define DEVIATION_TOLERANCE 0.05
/* Outcomes beyond which so little remains do not show in a report. */
#define NEGLIGIBLE 1e-9

_Static_assert(FOREIGN_PMF_MAX <= DISTRIBUTION_MAX, "a pmf fits a distribution");

struct foreign_market {
	bool given;
	struct figure figure;
	struct tails tails; /* one block, at `below` */
};

struct foreign {
	bool has_markets;
	struct fingerprint fingerprint; /* of all figures */
	struct foreign_market market[MARKET_COUNT];
	char *rest;
	size_t rest_length;
	size_t size;
};

/* --- errors for people ------------------------------------------------------------------------------------------ */

#define SHOWN_MAX 48

/* A text from outside: cut, and without what would upset a terminal. */
static const char *show_up_to(size_t size, const char *text, size_t length, char *buffer)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t used = 0;

	for (size_t i = 0, n; i < length; i += n) {
		n = 1;
		while (n < 4 && i + n < length && !utf8_valid(text + i, n))
			n++;
		const unsigned char first = (unsigned char)text[i], second = n == 2 ? (unsigned char)text[i + 1] : 0xff;
		const bool plain =
			utf8_valid(text + i, n) && first >= 0x20 && first != 0x7f && !(first == 0xc2 && second < 0xa0);
		if (!plain)
			n = 1;
		if (used + n + sizeof(ellipsis) > size) {
			memcpy(buffer + used, ellipsis, sizeof(ellipsis));
			return buffer;
		}
		memcpy(buffer + used, plain ? text + i : "?", n);
		used += n;
	}
	buffer[used] = '\0';
	return buffer;
}

static const char *show_text(const char *text, size_t length, char buffer[SHOWN_MAX])
{
	return show_up_to(SHOWN_MAX, text, length, buffer);
}

static const char *show(const json_t *value, char buffer[SHOWN_MAX + 2])
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "a list",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	if (json_is_number(value))
		return json_spell(value, buffer);
	if (json_is_string(value)) {
		char text[SHOWN_MAX];

		text_format(buffer, SHOWN_MAX + 2, "\"%s\"",
			show_text(json_string_value(value), json_string_length(value), text));
		return buffer;
	}
	return names[json_typeof(value)];
}

/* "PLACE: VALUE; must be RIGHT", the place as printf makes it. */
static int refuse(struct err *err, const json_t *value, const char *right, const char *place, ...)
	__attribute__((format(printf, 4, 5)));

static int refuse(struct err *err, const json_t *value, const char *right, const char *place, ...)
{
	char at[128], shown[SHOWN_MAX + 2];
	va_list list;

	va_start(list, place);
	vsnprintf(at, sizeof(at), place, list);
	va_end(list);
	return err_set(err, -EINVAL, "%s: %s; must be %s", at, show(value, shown), right);
}

/* --- a market's figures ----------------------------------------------------------------------------------------- */

struct reading { /* of one market */
	struct err *err;
	enum market market;
	const char *name;
	struct figure figure;
	struct distribution d;
};

static int read_number(const struct reading *r, const json_t *value, const char *key, double *ret)
{
	char right[64];
	const double number = json_number_value(value);

	if (!json_is_number(value) || number < 0 || number > FIGURE_MAX) {
		text_format(right, sizeof(right), "a number from 0 to %g", FIGURE_MAX);
		return refuse(r->err, value, right, "markets.%s.%s", r->name, key);
	}
	*ret = number;
	return 0;
}

static int read_mean_sd(struct reading *r, const json_t *market)
{
	double mean = 0, sd = 0, made_mean, made_sd;
	int e = read_number(r, json_object_get(market, "mean"), "mean", &mean);

	if (e == 0)
		e = read_number(r, json_object_get(market, "sd"), "sd", &sd);
	if (e < 0)
		return e;
	r->figure = (struct figure){mean, sd};
	if (mean < NO_MEAN) {
		distribution_init(&r->d, 0, 0, 0, 0);
		return 0;
	}
	distribution_init(&r->d, mean, sd, distribution_shift(mean, sd), 0);
	distribution_moments(&r->d, &made_mean, &made_sd);
	/* Not a number where p(0) was too small for a double. */
	if (sd * sd < mean && !(fabs(made_sd - sd) <= DEVIATION_TOLERANCE * sd))
		quantile_normal(mean, sd, &r->d);
	return 0;
}

static int read_pmf(struct reading *r, const json_t *market)
{
	const json_t *pmf = json_object_get(market, "pmf");
	const size_t count = json_array_size(pmf); /* 0: no array */
	double weights[FOREIGN_PMF_MAX], sum = 0;

	if (count == 0)
		return refuse(r->err, pmf, "a list of the probabilities of 0, 1, 2, ...", "markets.%s.pmf", r->name);
	if (count > FOREIGN_PMF_MAX)
		return err_set(r->err, -EINVAL, "markets.%s.pmf: has %zu probabilities; must be at most %d, of 0 to %d",
			r->name, count, FOREIGN_PMF_MAX, FOREIGN_PMF_MAX - 1);
	for (size_t k = 0; k < count; k++) {
		const json_t *value = json_array_get(pmf, k);
		const double p = json_number_value(value);

		if (!json_is_number(value) || p < -BELOW_ZERO || p > 1 + SUM_TOLERANCE)
			return refuse(r->err, value, "a probability, 0 to 1", "markets.%s.pmf[%zu]", r->name, k);
		sum += weights[k] = fmax(p, 0);
	}
	if (fabs(sum - 1) > SUM_TOLERANCE)
		return err_set(r->err, -EINVAL, "markets.%s.pmf: sums to %.9g; must be 1 within %g", r->name, sum,
			SUM_TOLERANCE);
	distribution_of(&r->d, weights, (unsigned)count);
	distribution_moments(&r->d, &r->figure.mean, &r->figure.sd);
	return 0;
}

struct named_quantile {
	struct quantile q;
	const char *name;
};

static int by_p(const void *a, const void *b)
{
	const double pa = ((const struct named_quantile *)a)->q.p, pb = ((const struct named_quantile *)b)->q.p;

	return (pa > pb) - (pa < pb);
}

static int read_quantile(const struct reading *r, const char *name, const json_t *value, struct named_quantile *ret)
{
	char shown[SHOWN_MAX], *end;

	/* strtod() knows more than decimals: "nan", "0x.8p0", " 0.5". */
	ret->q.p = strspn(name, "0123456789.eE+-") == strlen(name) ? strtod(name, &end) : -1;
	if (!(ret->q.p > 0 && ret->q.p < 1) || *end != '\0')
		return err_set(r->err, -EINVAL,
			"markets.%s.quantiles: \"%s\" is no probability; must be above 0 and below 1, as in \"0.25\"",
			r->name, show_text(name, strlen(name), shown));
	ret->name = name;
	return read_number(r, value, "quantiles", &ret->q.value);
}

/* In order, so that the first pair that does not fit is next to each other. */
static int check_quantiles(const struct reading *r, const struct named_quantile *q, size_t count)
{
	char one[SHOWN_MAX], two[SHOWN_MAX];

	for (size_t i = 1; i < count; i++) {
		show_text(q[i - 1].name, strlen(q[i - 1].name), one);
		show_text(q[i].name, strlen(q[i].name), two);
		if (q[i].q.p <= q[i - 1].q.p)
			return err_set(r->err, -EINVAL, "markets.%s.quantiles: %s and %s are one; must be given once",
				r->name, one, two);
		if (q[i].q.value < q[i - 1].q.value)
			return err_set(r->err, -EINVAL,
				"markets.%s.quantiles: %.9g at %s is below %.9g at %s; must not fall", r->name,
				q[i].q.value, two, q[i - 1].q.value, one);
	}
	return 0;
}

static int read_quantiles(struct reading *r, const json_t *market)
{
	json_t *given = json_object_get(market, "quantiles"), *value;
	struct named_quantile named[QUANTILES_MAX];
	struct quantile quantiles[QUANTILES_MAX];
	const char *key;
	size_t count = json_object_size(given), i = 0; /* 0: no object */
	int e;

	if (!json_is_object(given))
		return refuse(r->err, given, "an object such as {\"0.1\": 18, \"0.5\": 27, \"0.9\": 37}",
			"markets.%s.quantiles", r->name);
	if (count < FOREIGN_QUANTILES_MIN || count > QUANTILES_MAX)
		return err_set(r->err, -EINVAL, "markets.%s.quantiles: has %zu; must be %d to %u", r->name, count,
			FOREIGN_QUANTILES_MIN, QUANTILES_MAX);
	json_object_foreach (given, key, value)
		if ((e = read_quantile(r, key, value, &named[i++])) < 0)
			return e;
	qsort(named, count, sizeof(*named), by_p);
	if ((e = check_quantiles(r, named, count)) < 0)
		return e;
	for (i = 0; i < count; i++)
		quantiles[i] = named[i].q;
	quantile_distribution(quantiles, count, &r->d);
	distribution_moments(&r->d, &r->figure.mean, &r->figure.sd);
	return 0;
}

static const char *const form_keys[] = {"mean", "sd", "pmf", "quantiles"};
#define FORM_KEYS (sizeof(form_keys) / sizeof(form_keys[0]))
#define FORM_WANT "must have mean and sd, or pmf, or quantiles"

/* " (std: did you mean sd?)" of a key that may have been meant; else nothing. */
static const char *meant(json_t *market, char buffer[128])
{
	const char *key, *name;
	char shown[SHOWN_MAX];
	json_t *value;

	buffer[0] = '\0';
	json_object_foreach (market, key, value) {
		struct nearest nearest;

		nearest_init(&nearest, key, &name, 1);
		for (size_t i = 0; i < FORM_KEYS; i++)
			if (!json_object_get(market, form_keys[i]))
				nearest_offer(&nearest, form_keys[i]);
		if (nearest.count == 0 || json_object_get(market, name) || strcmp(key, name) == 0)
			continue;
		text_format(buffer, 128, " (%s: did you mean %s?)", show_text(key, strlen(key), shown), name);
		break;
	}
	return buffer;
}

static int read_figures(struct reading *r, json_t *market)
{
	char hint[128];
	const bool mean = json_object_get(market, "mean"), sd = json_object_get(market, "sd"),
		   pmf = json_object_get(market, "pmf"), quantiles = json_object_get(market, "quantiles");

	if (!json_is_object(market))
		return refuse(r->err, market, "an object such as {\"mean\": 27.4, \"sd\": 6.1}", "markets.%s", r->name);
	if ((mean || sd) + pmf + quantiles > 1)
		return err_set(r->err, -EINVAL, "markets.%s: has figures of more than one kind:%s%s%s; " FORM_WANT,
			r->name, mean || sd ? " mean and sd" : "", pmf ? " pmf" : "", quantiles ? " quantiles" : "");
	if (mean && sd)
		return read_mean_sd(r, market);
	if (pmf)
		return read_pmf(r, market);
	if (quantiles)
		return read_quantiles(r, market);
	return err_set(r->err, -EINVAL, "markets.%s: %s%s; " FORM_WANT, r->name,
		mean ? "has mean without sd"
		: sd ? "has sd without mean"
		     : "has no figures",
		meant(market, hint));
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

static int keep_tails(struct foreign_market *m, const struct distribution *d)
{
	unsigned count = d->count;

	while (count > 1 && d->above[count - 2] < NEGLIGIBLE)
		count--;
	double *block = malloc((2 * count + 1) * sizeof(*block));
	if (!block)
		return -ENOMEM;
	memcpy(block, d->below, (count + 1) * sizeof(*block));
	memcpy(block + count + 1, d->above, count * sizeof(*block));
	m->tails = (struct tails){count, block, block + count + 1};
	return 0;
}

static int read_market(struct foreign *f, struct reading *r, const char *key, json_t *value)
{
	char shown[SHOWN_MAX];

	if (!market_parse(key, &r->market)) {
		struct nearest nearest;
		const char *name;

		nearest_init(&nearest, key, &name, 1);
		for (int i = 0; i < MARKET_COUNT; i++)
			nearest_offer(&nearest, market_name((enum market)i));
		return err_set(r->err, -EINVAL, "markets.%s: is no market%s%s%s; must be one of %s",
			show_text(key, strlen(key), shown), nearest.count > 0 ? " (did you mean " : "",
			nearest.count > 0 ? name : "", nearest.count > 0 ? "?)" : "", market_names());
	}
	r->name = market_name(r->market);
	int e = read_figures(r, value);
	if (e < 0)
		return e;
	struct foreign_market *m = &f->market[r->market];
	if (keep_tails(m, &r->d) < 0)
		return err_set(r->err, -ENOMEM, "no memory for the figures");
	m->given = true;
	m->figure = r->figure;
	f->size += (2 * m->tails.count + 1) * sizeof(double);
	return 0;
}

static int read_markets(struct foreign *f, json_t *markets, struct err *err)
{
	struct reading reading = {.err = err};
	const char *key;
	json_t *value;
	int e;

	if (!markets)
		return 0;
	if (!json_is_object(markets))
		return refuse(err, markets, "an object such as {\"points\": {\"mean\": 27.4, \"sd\": 6.1}}", "markets");
	f->has_markets = true;
	json_object_foreach (markets, key, value)
		if ((e = read_market(f, &reading, key, value)) < 0)
			return e;
	for (int i = 0; i < MARKET_COUNT; i++) {
		const struct foreign_market *m = &f->market[i];

		if (!m->given)
			continue;
		f->fingerprint = fingerprint_mix(f->fingerprint, &i, sizeof(i));
		f->fingerprint = fingerprint_mix(f->fingerprint, &m->figure, sizeof(m->figure));
		f->fingerprint =
			fingerprint_mix(f->fingerprint, m->tails.below, (2 * m->tails.count + 1) * sizeof(double));
	}
	return 0;
}

/* Takes what is ours out of the tree and writes down what is left. */
static int keep_rest(struct foreign *f, json_t *root, struct err *err)
{
	json_t *markets = json_object_get(root, "markets");
	struct str rest = {0};

	for (int i = 0; i < MARKET_COUNT; i++) {
		json_t *market = json_object_get(markets, market_name((enum market)i));

		for (size_t k = 0; k < FORM_KEYS; k++)
			json_object_del(market, form_keys[k]);
		if (market && json_object_size(market) == 0)
			json_object_del(markets, market_name((enum market)i));
	}
	if (json_object_size(markets) == 0)
		json_object_del(root, "markets");
	if (json_object_size(root) == 0)
		return 0;
	int r = json_sorted(&rest, root, FOREIGN_DEPTH_MAX);
	f->rest_length = rest.length;
	if (r == 0 && rest.length > FOREIGN_REST_MAX)
		str_done(&rest);
	else {
		f->size += rest.length;
		f->rest = str_take(&rest);
	}
	if (r == -ELOOP)
		return err_set(err, -EINVAL, "lists and objects lie in each other more than %d deep; must be less",
			FOREIGN_DEPTH_MAX);
	return r < 0 ? err_set(err, -ENOMEM, "no memory for the output") : 0;
}

/* --- what is not JSON ------------------------------------------------------------------------------------------- */

#define PLACE_DEPTH 8

struct step { /* into an object or a list */
	bool list, value; /* value: behind the colon */
	size_t index;
	const char *key;
	size_t key_length;
};

struct place {
	struct step step[PLACE_DEPTH];
	size_t depth;
};

static struct step *innermost(struct place *p)
{
	return p->depth > 0 && p->depth <= PLACE_DEPTH ? &p->step[p->depth - 1] : NULL;
}

/* The text that begins at `at`; returns the place of its last quote. */
static size_t pass_text(struct place *p, const char *bytes, size_t at, size_t end)
{
	struct step *s = innermost(p);
	size_t i = at + 1;

	while (i < end && bytes[i] != '"')
		i += bytes[i] == '\\' ? 2 : 1;
	i = i < end ? i : end;
	if (s && !s->list && !s->value) {
		s->key = bytes + at + 1;
		s->key_length = i - at - 1;
	}
	return i;
}

/* Where in the document the byte `end` stands; all before it is JSON. */
static void find_place(struct place *p, const char *bytes, size_t end)
{
	p->depth = 0;
	for (size_t i = 0; i < end; i++) {
		const char c = bytes[i];
		struct step *s = innermost(p);

		if (c == '"') {
			i = pass_text(p, bytes, i, end);
		} else if (c == '{' || c == '[') {
			p->depth++;
			if ((s = innermost(p)))
				*s = (struct step){.list = c == '['};
		} else if (c == '}' || c == ']') {
			p->depth -= p->depth > 0;
		} else if (s && c == ':') {
			s->value = true;
		} else if (s && c == ',') {
			s->value = false;
			s->index++;
		}
	}
}

/* As many of the steps as there is room for. */
static void place_name(const struct place *p, char *name, size_t size)
{
	size_t used = 0, depth = p->depth < PLACE_DEPTH ? p->depth : PLACE_DEPTH;
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < depth && used + SHOWN_MAX + 1 < size; i++) {
		const struct step *s = &p->step[i];

		if (s->list)
			used += text_format(name + used, size - used, "[%zu]", s->index);
		else if (s->key)
			used += text_format(name + used, size - used, "%s%s", i > 0 ? "." : "",
				show_text(s->key, s->key_length, shown));
	}
	if (used == 0)
		text_format(name, size, "the output");
}

/* What other languages write for numbers that are none; NULL: nothing of the kind stands around `at`. */
static const char *no_number(const char *bytes, size_t length, size_t at)
{
	static const char *const words[] = {"-Infinity", "Infinity", "NaN", "nan", "inf", "None"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t size = strlen(words[i]);

		for (size_t start = at > size ? at - size : 0; start <= at && start + size <= length; start++)
			if (memcmp(bytes + start, words[i], size) == 0)
				return words[i];
	}
	return NULL;
}

static int refuse_text(struct err *err, const char *bytes, size_t length, const json_error_t *error)
{
	const enum json_error_code code = json_error_code(error);
	const size_t at = error->position < 0 ? 0 : (size_t)error->position < length ? (size_t)error->position : length;
	struct place place;
	char name[200], text[120];

	/* No text: jansson ran out of memory before it looked at the input. */
	if (error->text[0] == '\0' || code == json_error_out_of_memory)
		return err_set(err, -ENOMEM, "no memory to read the output");
	find_place(&place, bytes, at);
	place_name(&place, name, sizeof(name));
	if (code == json_error_duplicate_key)
		return err_set(err, -EINVAL, "%s: comes twice; must come once", name);
	if (code == json_error_numeric_overflow)
		return err_set(err, -EINVAL, "%s: a number too large; must fit 64 bits, or be a text", name);
	const char *word = code == json_error_invalid_syntax ? no_number(bytes, length, at) : NULL;
	if (word)
		return err_set(err, -EINVAL, "%s: %s; must be a finite number, or left out", name, word);
	return err_set(err, -EINVAL, "%s: is not JSON: %s (byte %zu); must be one JSON object", name,
		show_up_to(sizeof(text), error->text, strlen(error->text), text), at);
}

int foreign_read(json_t *root, struct foreign **ret, struct err *err)
{
	struct foreign *f;
	int r;

	if (!json_is_object(root))
		return refuse(err, root, "one JSON object", "the output");
	f = calloc(1, sizeof(*f));
	if (!f)
		return err_set(err, -ENOMEM, "no memory for the output");
	f->size = sizeof(*f);
	r = read_markets(f, json_object_get(root, "markets"), err);
	if (r == 0)
		r = keep_rest(f, root, err);
	if (r == 0)
		*ret = f;
	else
		foreign_free(f);
	return r;
}

int foreign_parse(const char *bytes, size_t length, struct foreign **ret, struct err *err)
{
	json_error_t error;
	json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	int r = root ? foreign_read(root, ret, err) : refuse_text(err, bytes, length, &error);
	json_decref(root);
	return r;
}

void foreign_free(struct foreign *f)
{
	if (!f)
		return;
	for (int i = 0; i < MARKET_COUNT; i++)
		free((void *)(uintptr_t)f->market[i].tails.below);
	free(f->rest);
	free(f);
}

bool foreign_has_markets(const struct foreign *f)
{
	return f->has_markets;
}

const char *foreign_rest(const struct foreign *f, size_t *ret_length)
{
	*ret_length = f->rest_length;
	return f->rest;
}

size_t foreign_size(const struct foreign *f)
{
	return f->size;
}

/* --- a run ------------------------------------------------------------------------------------------------------ */

bool foreign_tails(const struct foreign *f, enum market market, struct tails *ret)
{
	*ret = f->market[market].tails;
	return f->market[market].given;
}

static bool given_tails(const void *figures, enum market m, unsigned most, struct distribution *room, struct tails *ret)
{
	(void)most;
	(void)room;
	return foreign_tails(figures, m, ret);
}

static int price_quotes(const struct foreign *f, const struct model_options *options, const struct live *live,
	struct arena *arena, struct model_result *ret)
{
	struct shapes shapes = options->market_foreign ? shapes_of_model : shapes_unmoved(&shapes_of_model);
	struct market_view markets[MARKET_COUNT];
	struct quote_view *views = arena_alloc(arena, live->quote_count * sizeof(*views));
	struct price *prices = arena_alloc(arena, live->quote_count * sizeof(*prices));

	if (!views || !prices)
		return -ENOMEM;
	shapes.tails = given_tails;
	shapes.figures = f;
	consensus_compute(live, &shapes, markets, views);
	consensus_tell(markets, ret->consensus);
	pricing_compute(live, markets, views, true, options, prices);
	ret->prices = prices;
	return 0;
}

static struct figure_range range_of(const struct tails *t)
{
	return (struct figure_range){
		.median = tails_quantile(t, 0.5), .p10 = tails_quantile(t, 0.1), .p90 = tails_quantile(t, 0.9)};
}

int foreign_run(const struct foreign *f, const struct model_options *options, const struct live *live,
	struct arena *arena, int64_t (*now_us)(void), struct model_result *ret)
{
	const int64_t since = now_us();

	*ret = (struct model_result){.foreign = true};
	for (int i = 0; i < MARKET_COUNT; i++) {
		if (f && f->market[i].given) {
			ret->figures[i] = f->market[i].figure;
			ret->ranges[i] = range_of(&f->market[i].tails);
			ret->has_history = true;
		} else {
			ret->lacks |= 1u << i;
		}
	}
	if (!ret->has_history)
		return 0;
	int r = price_quotes(f, options, live, arena, ret);
	if (r < 0)
		return r;
	const struct fingerprint views = consensus_inputs(f->fingerprint, live, options->market_foreign);
	const int64_t us = now_us() - since;
	ret->stages[STAGE_MARKET] = (struct stage_record){.present = true, .fingerprint = views, .us = us};
	ret->stages[STAGE_PRICING] =
		(struct stage_record){.present = true, .fingerprint = pricing_inputs(views, live, options), .us = us};
	return 0;
}
