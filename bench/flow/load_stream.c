/*
 * Fills a stream, pipelined: what waits for propsd and for the bare consumer. Prints the seconds it took.
 *
 * load_stream SOCKET KEY odds COUNT DATE TS: odds of the players on standard input ("PLAYER GAME" lines) in
 * turn, each event another line; all markets, eight books; TS as `ts`.
 *
 * load_stream SOCKET KEY regenerate COUNT DATE [PRIORITY]: one event each for players named p0, p1, ...
 */
#include "bare.h"

#define PIPELINED 1000
#define PLAYERS_MAX 4096

static const char *const markets[] = {
	"points", "rebounds", "assists", "threes", "steals", "blocks", "turnovers", "pra", "pr", "pa", "ra"};
static const char *const books[] = {
	"betmgm", "betrivers", "bovada", "draftkings", "espnbet", "fanatics", "fanduel", "williamhill_us"};

struct player {
	char lookup[64], game[32];
};

struct fill {
	redisContext *c;
	const char *key;
	long waiting;
};

static void settle(struct fill *f, long most)
{
	for (; f->waiting > most; f->waiting--)
		freeReplyObject(reply_of(f->c, 0));
}

static void add(struct fill *f, int argc, const char **argv)
{
	redisAppendCommandArgv(f->c, argc, argv, NULL);
	if (++f->waiting >= 2 * PIPELINED)
		settle(f, PIPELINED);
}

static size_t read_players(struct player *players)
{
	size_t n = 0;
	while (n < PLAYERS_MAX && scanf("%63s %31s", players[n].lookup, players[n].game) == 2)
		n++;
	if (n == 0)
		die("standard input", "\"PLAYER GAME\" lines are wanted");
	return n;
}

static void odds(struct fill *f, long count, const char *date, const char *ts)
{
	static struct player players[PLAYERS_MAX];
	const size_t n = read_players(players), market_count = sizeof(markets) / sizeof(*markets);
	for (long i = 0; i < count; i++) {
		const struct player *p = &players[(size_t)i % n];
		/* Counts how often this player's turn has come: markets change fastest, then books, then
		 * lines. */
		size_t turn = (size_t)i / n;
		char line[16], over[16], under[16];
		snprintf(line, sizeof(line), "%zu.5", (turn / market_count / 8 + turn) % 60);
		snprintf(over, sizeof(over), "-%zu", 105 + turn % 30);
		snprintf(under, sizeof(under), "%zu", 100 + turn % 25);
		const char *argv[] = {"XADD", f->key, "*", "player_lookup", p->lookup, "game_date", date, "game_id",
			p->game, "market", markets[turn % market_count], "book", books[turn / market_count % 8], "line",
			line, "over", over, "under", under, "ts", ts};
		add(f, sizeof(argv) / sizeof(*argv), argv);
	}
}

static void regenerate(struct fill *f, long count, const char *date, const char *priority)
{
	for (long i = 0; i < count; i++) {
		char player[32];
		snprintf(player, sizeof(player), "p%ld", i);
		const char *argv[] = {
			"XADD", f->key, "*", "player_lookup", player, "game_date", date, "priority", priority};
		add(f, priority ? 9 : 7, argv);
	}
}

int main(int argc, char **argv)
{
	if (argc < 6)
		die("usage", "load_stream SOCKET KEY odds|regenerate COUNT DATE [TS|PRIORITY]");
	struct fill f = {.c = connect_unix(argv[1]), .key = argv[2]};
	const long count = number(argv[4], "COUNT");
	double start = now();
	if (strcmp(argv[3], "odds") == 0 && argc == 7)
		odds(&f, count, argv[5], argv[6]);
	else if (strcmp(argv[3], "regenerate") == 0)
		regenerate(&f, count, argv[5], argc > 6 ? argv[6] : NULL);
	else
		die(argv[3], "odds with TS, or regenerate");
	settle(&f, 0);
	printf("%.6f\n", now() - start);
	redisFree(f.c);
	return 0;
}
