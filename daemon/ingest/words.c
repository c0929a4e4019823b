#include "ingest/words.h"

#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "ingest/event.h"

/* In small letters, with blanks for whatever stands between. Of equal words of a set the first counts. */
static const struct word {
	enum word_set set;
	const char *text;
	int value;
} words[] = {
	{WORDS_INJURY, "out", INJURY_OUT},
	{WORDS_INJURY, "o", INJURY_OUT},
	{WORDS_INJURY, "out for season", INJURY_OUT},
	{WORDS_INJURY, "out for the season", INJURY_OUT},
	{WORDS_INJURY, "out indefinitely", INJURY_OUT},
	{WORDS_INJURY, "ofs", INJURY_OUT},
	{WORDS_INJURY, "ruled out", INJURY_OUT},
	{WORDS_INJURY, "will not play", INJURY_OUT},
	{WORDS_INJURY, "injured reserve", INJURY_OUT},
	{WORDS_INJURY, "injury reserve", INJURY_OUT},
	{WORDS_INJURY, "ir", INJURY_OUT},
	{WORDS_INJURY, "inactive", INJURY_OUT},
	{WORDS_INJURY, "suspension", INJURY_OUT},
	{WORDS_INJURY, "suspended", INJURY_OUT},
	{WORDS_INJURY, "sus", INJURY_OUT},
	{WORDS_INJURY, "not with team", INJURY_OUT},
	{WORDS_INJURY, "doubtful", INJURY_DOUBTFUL},
	{WORDS_INJURY, "doubt", INJURY_DOUBTFUL},
	{WORDS_INJURY, "d", INJURY_DOUBTFUL},
	{WORDS_INJURY, "unlikely", INJURY_DOUBTFUL},
	{WORDS_INJURY, "questionable", INJURY_QUESTIONABLE},
	{WORDS_INJURY, "ques", INJURY_QUESTIONABLE},
	{WORDS_INJURY, "q", INJURY_QUESTIONABLE},
	{WORDS_INJURY, "game time decision", INJURY_QUESTIONABLE},
	{WORDS_INJURY, "gtd", INJURY_QUESTIONABLE},
	{WORDS_INJURY, "day to day", INJURY_QUESTIONABLE},
	{WORDS_INJURY, "dtd", INJURY_QUESTIONABLE},
	{WORDS_INJURY, "probable", INJURY_PROBABLE},
	{WORDS_INJURY, "prob", INJURY_PROBABLE},
	{WORDS_INJURY, "p", INJURY_PROBABLE},
	{WORDS_INJURY, "likely", INJURY_PROBABLE},
	{WORDS_INJURY, "expected to play", INJURY_PROBABLE},
	{WORDS_INJURY, "available", INJURY_AVAILABLE},
	{WORDS_INJURY, "active", INJURY_AVAILABLE},
	{WORDS_INJURY, "will play", INJURY_AVAILABLE},
	{WORDS_INJURY, "cleared", INJURY_AVAILABLE},
	{WORDS_INJURY, "healthy", INJURY_AVAILABLE},

	{WORDS_QUOTE, "open", 0},
	{WORDS_QUOTE, "opened", 0},
	{WORDS_QUOTE, "on", 0},
	{WORDS_QUOTE, "active", 0},
	{WORDS_QUOTE, "available", 0},
	{WORDS_QUOTE, "live", 0},
	{WORDS_QUOTE, "off", 1},
	{WORDS_QUOTE, "suspended", 1},
	{WORDS_QUOTE, "closed", 1},
	{WORDS_QUOTE, "locked", 1},
	{WORDS_QUOTE, "removed", 1},
	{WORDS_QUOTE, "inactive", 1},
	{WORDS_QUOTE, "unavailable", 1},
	{WORDS_QUOTE, "off the board", 1},
	{WORDS_QUOTE, "otb", 1},

	{WORDS_GAME, "scheduled", GAME_SCHEDULED},
	{WORDS_GAME, "not started", GAME_SCHEDULED},
	{WORDS_GAME, "upcoming", GAME_SCHEDULED},
	{WORDS_GAME, "pregame", GAME_SCHEDULED},
	{WORDS_GAME, "delayed", GAME_SCHEDULED},
	{WORDS_GAME, "in progress", GAME_SCHEDULED},
	{WORDS_GAME, "live", GAME_SCHEDULED},
	{WORDS_GAME, "final", GAME_SCHEDULED},
	{WORDS_GAME, "postponed", GAME_POSTPONED},
	{WORDS_GAME, "ppd", GAME_POSTPONED},
	{WORDS_GAME, "cancelled", GAME_CANCELLED},
	{WORDS_GAME, "canceled", GAME_CANCELLED},

	{WORDS_MEMBER, "active", 1},
	{WORDS_MEMBER, "act", 1},
	{WORDS_MEMBER, "inactive", 0},
	{WORDS_MEMBER, "ina", 0},
	{WORDS_MEMBER, "not with team", 0},
	{WORDS_MEMBER, "waived", 0},
	{WORDS_MEMBER, "released", 0},

	{WORDS_FLAG, "1", 1},
	{WORDS_FLAG, "true", 1},
	{WORDS_FLAG, "t", 1},
	{WORDS_FLAG, "yes", 1},
	{WORDS_FLAG, "y", 1},
	{WORDS_FLAG, "on", 1},
	{WORDS_FLAG, "0", 0},
	{WORDS_FLAG, "false", 0},
	{WORDS_FLAG, "f", 0},
	{WORDS_FLAG, "no", 0},
	{WORDS_FLAG, "n", 0},
	{WORDS_FLAG, "off", 0},

	{WORDS_SIDE, "over", SIDE_OVER},
	{WORDS_SIDE, "o", SIDE_OVER},
	{WORDS_SIDE, "more", SIDE_OVER},
	{WORDS_SIDE, "higher", SIDE_OVER},
	{WORDS_SIDE, "under", SIDE_UNDER},
	{WORDS_SIDE, "u", SIDE_UNDER},
	{WORDS_SIDE, "less", SIDE_UNDER},
	{WORDS_SIDE, "lower", SIDE_UNDER},

	{WORDS_ODDS, "american", 0},
	{WORDS_ODDS, "us", 0},
	{WORDS_ODDS, "decimal", 1},
	{WORDS_ODDS, "dec", 1},
	{WORDS_ODDS, "european", 1},
	{WORDS_ODDS, "eu", 1},

	{WORDS_PRICE, "even", 100},
	{WORDS_PRICE, "evens", 100},
	{WORDS_PRICE, "even money", 100},
	{WORDS_PRICE, "ev", 100},
	{WORDS_PRICE, "pk", 100},
	{WORDS_PRICE, "pick", 100},
	{WORDS_PRICE, "pick em", 100},

	{WORDS_SPREAD, "pk", 0},
	{WORDS_SPREAD, "pick", 0},
	{WORDS_SPREAD, "pick em", 0},

	{WORDS_STATISTIC, "points", STAT_POINTS},
	{WORDS_STATISTIC, "point", STAT_POINTS},
	{WORDS_STATISTIC, "pts", STAT_POINTS},
	{WORDS_STATISTIC, "points scored", STAT_POINTS},
	{WORDS_STATISTIC, "rebounds", STAT_REBOUNDS},
	{WORDS_STATISTIC, "rebound", STAT_REBOUNDS},
	{WORDS_STATISTIC, "rebs", STAT_REBOUNDS},
	{WORDS_STATISTIC, "reb", STAT_REBOUNDS},
	{WORDS_STATISTIC, "trb", STAT_REBOUNDS},
	{WORDS_STATISTIC, "assists", STAT_ASSISTS},
	{WORDS_STATISTIC, "assist", STAT_ASSISTS},
	{WORDS_STATISTIC, "asts", STAT_ASSISTS},
	{WORDS_STATISTIC, "ast", STAT_ASSISTS},
	{WORDS_STATISTIC, "threes", STAT_THREES},
	{WORDS_STATISTIC, "threes made", STAT_THREES},
	{WORDS_STATISTIC, "made threes", STAT_THREES},
	{WORDS_STATISTIC, "3s", STAT_THREES},
	{WORDS_STATISTIC, "3pm", STAT_THREES},
	{WORDS_STATISTIC, "3ptm", STAT_THREES},
	{WORDS_STATISTIC, "fg3m", STAT_THREES},
	{WORDS_STATISTIC, "3 pt made", STAT_THREES},
	{WORDS_STATISTIC, "3 pts made", STAT_THREES},
	{WORDS_STATISTIC, "3 pointers", STAT_THREES},
	{WORDS_STATISTIC, "3 pointers made", STAT_THREES},
	{WORDS_STATISTIC, "3 point field goals", STAT_THREES},
	{WORDS_STATISTIC, "3 point field goals made", STAT_THREES},
	{WORDS_STATISTIC, "three pointers", STAT_THREES},
	{WORDS_STATISTIC, "three pointers made", STAT_THREES},
	{WORDS_STATISTIC, "three point field goals made", STAT_THREES},
	{WORDS_STATISTIC, "made 3 pointers", STAT_THREES},
	{WORDS_STATISTIC, "made three pointers", STAT_THREES},
	{WORDS_STATISTIC, "steals", STAT_STEALS},
	{WORDS_STATISTIC, "steal", STAT_STEALS},
	{WORDS_STATISTIC, "stls", STAT_STEALS},
	{WORDS_STATISTIC, "stl", STAT_STEALS},
	{WORDS_STATISTIC, "blocks", STAT_BLOCKS},
	{WORDS_STATISTIC, "block", STAT_BLOCKS},
	{WORDS_STATISTIC, "blks", STAT_BLOCKS},
	{WORDS_STATISTIC, "blk", STAT_BLOCKS},
	{WORDS_STATISTIC, "blocked shots", STAT_BLOCKS},
	{WORDS_STATISTIC, "turnovers", STAT_TURNOVERS},
	{WORDS_STATISTIC, "turnover", STAT_TURNOVERS},
	{WORDS_STATISTIC, "tov", STAT_TURNOVERS},
	{WORDS_STATISTIC, "tos", STAT_TURNOVERS},
	{WORDS_STATISTIC, "to", STAT_TURNOVERS},

	{WORDS_FOREIGN, "blocks steals", 0},
	{WORDS_FOREIGN, "blks stls", 0},
	{WORDS_FOREIGN, "steals blocks", 0},
	{WORDS_FOREIGN, "stls blks", 0},
	{WORDS_FOREIGN, "stl blk", 0},
	{WORDS_FOREIGN, "stocks", 0},
	{WORDS_FOREIGN, "double double", 0},
	{WORDS_FOREIGN, "triple double", 0},
	{WORDS_FOREIGN, "fantasy points", 0},
	{WORDS_FOREIGN, "fantasy score", 0},
	{WORDS_FOREIGN, "first basket", 0},
	{WORDS_FOREIGN, "first team basket", 0},
	{WORDS_FOREIGN, "method of first basket", 0},
	{WORDS_FOREIGN, "fgm", 0},
	{WORDS_FOREIGN, "fga", 0},
	{WORDS_FOREIGN, "field goals", 0},
	{WORDS_FOREIGN, "field goals made", 0},
	{WORDS_FOREIGN, "fg made", 0},
	{WORDS_FOREIGN, "fg attempted", 0},
	{WORDS_FOREIGN, "ftm", 0},
	{WORDS_FOREIGN, "frees made", 0},
	{WORDS_FOREIGN, "frees attempts", 0},
	{WORDS_FOREIGN, "free throws made", 0},
	{WORDS_FOREIGN, "free throws attempted", 0},
	{WORDS_FOREIGN, "3pa", 0},
	{WORDS_FOREIGN, "3 pt attempted", 0},
	{WORDS_FOREIGN, "two pointers made", 0},
	{WORDS_FOREIGN, "offensive rebounds", 0},
	{WORDS_FOREIGN, "defensive rebounds", 0},
	{WORDS_FOREIGN, "personal fouls", 0},
	{WORDS_FOREIGN, "fouls", 0},
	{WORDS_FOREIGN, "minutes", 0},
	{WORDS_FOREIGN, "dunks", 0},
	{WORDS_FOREIGN, "points q1", 0},
	{WORDS_FOREIGN, "rebounds q1", 0},
	{WORDS_FOREIGN, "assists q1", 0},
};
enum { WORDS = sizeof(words) / sizeof(*words) };

/* What may stand between the parts of a word, or not. */
static bool is_between(char c)
{
	return c != '\0' && strchr(" -_+./&,()'", c);
}

/* The next letter or digit at or behind *at, small; '\0' at the end. Bytes of other characters stay what they are. */
static char next_letter(const char *text, size_t length, size_t *at)
{
	while (*at < length) {
		const char c = text[(*at)++];
		if (c >= 'A' && c <= 'Z')
			return (char)(c - 'A' + 'a');
		if (!is_between(c))
			return c;
	}
	return '\0';
}

static bool same(const char *text, size_t length, const char *word)
{
	const size_t word_length = strlen(word);
	size_t at = 0, other = 0;
	char c;
	do {
		c = next_letter(text, length, &at);
		if (c != next_letter(word, word_length, &other))
			return false;
	} while (c != '\0');
	return true;
}

bool word_find(enum word_set set, const char *text, size_t length, int *ret_value)
{
	if (length > 0 && (text[0] == '-' || text[0] == '+')) /* a number, and no word that is written so */
		return false;
	for (size_t i = 0; i < WORDS; i++) {
		if (words[i].set != set || !same(text, length, words[i].text))
			continue;
		*ret_value = words[i].value;
		return true;
	}
	return false;
}

const char *word_near(enum word_set set, const char *text, size_t length, char buffer[WORD_SIZE])
{
	struct nearest nearest;
	const char *name;
	size_t n = 0, at = 0;
	/* As the table writes words: small, one blank for whatever stands between. */
	while (at < length && n + 2 < WORD_SIZE) {
		const size_t before = at;
		const char c = next_letter(text, length, &at);
		if (n > 0 && at > before + 1)
			buffer[n++] = ' ';
		buffer[n++] = c;
	}
	buffer[n] = '\0';
	nearest_init(&nearest, buffer, &name, 1);
	if (buffer[0] == '\0')
		return NULL;
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].set == set && strlen(words[i].text) > 2) /* the shorter ones are part of anything */
			nearest_offer(&nearest, words[i].text);
	/* More than a third of the letters wrong is a guess. */
	return nearest.count > 0 && nearest.distance[0] * 3 <= n ? name : NULL;
}

/* --- markets ---------------------------------------------------------------------------------------------------- */

enum { PARTS_MAX = 8 };

struct part { /* letters and digits that stand together */
	const char *text;
	size_t length;
};

/* 0: none, or too many to be a market. */
static size_t split(const char *text, size_t length, struct part parts[PARTS_MAX])
{
	size_t count = 0;
	bool inside = false;
	for (size_t i = 0; i < length; i++) {
		const bool between = is_between(text[i]);
		if (!between && !inside) {
			if (count == PARTS_MAX)
				return 0;
			parts[count++] = (struct part){.text = text + i};
		}
		inside = !between;
		if (inside)
			parts[count - 1].length++;
	}
	return count;
}

static bool is(struct part p, const char *word)
{
	return same(p.text, p.length, word);
}

static bool is_alternate(struct part p)
{
	return is(p, "alternate") || is(p, "alt");
}

/* The statistics of a sum's parts; 0: it is none. */
static unsigned sum_of(const struct part *parts, size_t count)
{
	unsigned stats = 0;
	int stat;
	for (size_t i = 0; i < count; i++) {
		if (!word_find(WORDS_STATISTIC, parts[i].text, parts[i].length, &stat) || (stats & 1u << stat))
			return 0;
		stats |= 1u << stat;
	}
	return stats;
}

/* What stands between the first part and the last, as one word; 0: it is none. */
static unsigned stats_of(struct part whole)
{
	int stat;
	if (word_find(WORDS_STATISTIC, whole.text, whole.length, &stat))
		return 1u << stat;
	for (int m = 0; m < MARKET_COUNT; m++)
		if (is(whole, market_name((enum market)m)))
			return market_stats((enum market)m);
	return 0;
}

enum word_verdict word_market(const char *text, size_t length, enum market *ret_market, bool *ret_alternate)
{
	struct part list[PARTS_MAX], *parts = list;
	size_t count = split(text, length, list);
	int none;

	*ret_alternate = false;
	while (count > 1 && (is_alternate(*parts) || is(*parts, "player") || is(*parts, "total"))) {
		*ret_alternate |= is_alternate(*parts++);
		count--;
	}
	while (count > 1 && is_alternate(parts[count - 1])) {
		*ret_alternate = true;
		count--;
	}
	if (count == 0)
		return WORD_UNKNOWN;
	const struct part *last = &parts[count - 1];
	const struct part whole = {parts->text, (size_t)(last->text + last->length - parts->text)};
	unsigned stats = stats_of(whole);
	if (!stats)
		stats = sum_of(parts, count);
	for (int m = 0; m < MARKET_COUNT; m++)
		if (market_stats((enum market)m) == stats) {
			*ret_market = (enum market)m;
			return WORD_KNOWN;
		}
	return stats || word_find(WORDS_FOREIGN, whole.text, whole.length, &none) ? WORD_FOREIGN : WORD_UNKNOWN;
}
