/* The past player-games most like tonight's: exact k nearest neighbours over all rows before the date. */
#ifndef MODEL_SIMILARITY_H
#define MODEL_SIMILARITY_H

#include "model/features.h"
#include "model/model.h"

/*
 * The `k` rows before `date` nearest to the situation, into `ret` (room for k): ascending by distance as the
 * report shows it (1e-4), then date, then lookup. Which rows are in: by distance, equal ones newer first,
 * then by person id. Returns how many; fewer than k only where fewer rows can be compared.
 */
size_t similarity_search(
	const struct snapshot *s, const struct situation *at, date_t date, size_t k, struct similar_game *ret);

/* Tonight's situation of a player whose form before the date is `form`. It reads of the context what his side
 * and the opponent's look like by history (never the books' total or spread), and whether he starts, once
 * that is known. */
struct sides;
void similarity_situation(struct situation *ret, const struct snapshot *s, const struct live *live,
	const struct sides *sides, const struct form *form);

/* The same search on one path: "vector" for the widest that the machine has, "plain" for what every machine
 * can. For tests and bench. */
enum similarity_path { SIMILARITY_PLAIN, SIMILARITY_VECTOR };
size_t similarity_search_by(enum similarity_path path, const struct snapshot *s, const struct situation *at,
	date_t date, size_t k, struct similar_game *ret);

#define NEIGHBOURS_MAX 1000 /* as the configuration has it */

#endif
