/*
 * How long from an XADD to the answer on another stream. The reader's XREAD BLOCK is at the server before the
 * XADD is sent, so what is measured begins when the producer writes and ends when a reader has the answer.
 *
 * probe SOCKET bare COUNT PAUSE_US: the answer is the entry itself, one hop: Redis' own share.
 *
 * probe SOCKET trip COUNT PAUSE_US: one round trip of a script that reads and writes a hash: what a step of a
 * protocol costs.
 *
 * probe SOCKET PREFIX COUNT PAUSE_US FIRST [FIELD VALUE]...: an odds event (if a FIELD is market) or a
 * regenerate, of the players on standard input ("PLAYER GAME" lines, - for no game) in turn; the answer is
 * that player's notice in PREFIXreports. FIRST is where the count of lines begins, so that none comes twice.
 *
 * Prints one latency in microseconds a line. PAUSE_US lies between an answer and the next XADD.
 */
#include "bare.h"

#include <unistd.h>

#define PLAYERS_MAX 4096
#define FIELDS_MAX 24

struct player {
	char lookup[64], game[32];
};

static void pause_us(long us)
{
	const struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	nanosleep(&t, NULL);
}

static void send_now(redisContext *c)
{
	int done = 0;
	while (!done)
		if (redisBufferWrite(c, &done) != REDIS_OK)
			die("redis", c->errstr);
}

static void bare(const char *path, long count, long pause)
{
	redisContext *producer = connect_unix(path), *reader = connect_unix(path);
	for (long i = 0; i < count; i++) {
		redisAppendCommand(reader, "XREAD BLOCK 10000 STREAMS probe:bare $");
		send_now(reader);
		pause_us(pause);
		double start = now();
		redisAppendCommand(producer, "XADD probe:bare MAXLEN 10 * field value");
		send_now(producer);
		freeReplyObject(reply_of(reader, 0));
		printf("%.1f\n", (now() - start) * 1e6);
		freeReplyObject(reply_of(producer, 0));
	}
	redisFree(producer);
	redisFree(reader);
}

static void trip(const char *path, long count, long pause)
{
	redisContext *c = connect_unix(path);
	redisAppendCommand(c, "SCRIPT LOAD %s",
		"redis.call('HSET', 'probe:trip', ARGV[1], ARGV[2]) return redis.call('HGETALL', "
		"'probe:trip')");
	redisReply *sha = reply_of(c, 0);
	for (long i = 0; i < count; i++) {
		pause_us(pause);
		double start = now();
		redisAppendCommand(c, "EVALSHA %s 0 field %ld", sha->str, i);
		freeReplyObject(reply_of(c, 0));
		printf("%.1f\n", (now() - start) * 1e6);
	}
	freeReplyObject(sha);
	redisFree(c);
}

/* Reads notices until one is this player's; the id of the last that was read goes to `cursor`. */
static int is_there(redisContext *reader, const char *player, char cursor[64])
{
	redisReply *r = reply_of(reader, 1);
	if (r->type == REDIS_REPLY_NIL)
		die(player, "no report within 30 s");
	const redisReply *entries = r->element[0]->element[1];
	int found = 0;
	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *fields = entries->element[i]->element[1];
		snprintf(cursor, 64, "%s", entries->element[i]->element[0]->str);
		for (size_t f = 0; f + 1 < fields->elements; f += 2)
			if (strcmp(fields->element[f]->str, "player_lookup") == 0 &&
				strcmp(fields->element[f + 1]->str, player) == 0)
				found = 1;
	}
	freeReplyObject(r);
	return found;
}

static void read_on(redisContext *reader, const char *prefix, const char *cursor)
{
	redisAppendCommand(reader, "XREAD BLOCK 30000 STREAMS %sreports %s", prefix, cursor);
	send_now(reader);
}

static void last_notice(redisContext *c, const char *prefix, char cursor[64])
{
	redisAppendCommand(c, "XREVRANGE %sreports + - COUNT 1", prefix);
	redisReply *r = reply_of(c, 0);
	snprintf(cursor, 64, "%s", r->elements ? r->element[0]->element[0]->str : "0-0");
	freeReplyObject(r);
}

static void through(const char *path, const char *prefix, long count, long pause, long first, int fields, char **field)
{
	static struct player players[PLAYERS_MAX];
	size_t n = 0;
	while (n < PLAYERS_MAX && scanf("%63s %31s", players[n].lookup, players[n].game) == 2)
		n++;
	if (n == 0 || fields > FIELDS_MAX)
		die("usage", "\"PLAYER GAME\" lines on standard input, few fields");
	int is_odds = 0;
	for (int i = 0; i < fields; i += 2)
		is_odds |= strcmp(field[i], "market") == 0;

	redisContext *producer = connect_unix(path), *reader = connect_unix(path);
	char cursor[64], key[128];
	snprintf(key, sizeof(key), "%s%s", prefix, is_odds ? "odds" : "regenerate");
	for (long i = 0; i < count; i++) {
		const struct player *p = &players[(size_t)i % n];
		char line[24];
		snprintf(line, sizeof(line), "%ld.%02ld", (first + i) / 100 % 100, (first + i) % 100);
		const char *argv[FIELDS_MAX + 9] = {"XADD", key, "*", "player_lookup", p->lookup, "game_id", p->game};
		int argc = strcmp(p->game, "-") == 0 ? 5 : 7;
		for (int f = 0; f < fields; f++)
			argv[argc++] = field[f];
		if (is_odds) {
			argv[argc++] = "line";
			argv[argc++] = line;
		}
		pause_us(pause);
		last_notice(producer, prefix, cursor);
		read_on(reader, prefix, cursor);
		double start = now();
		redisAppendCommandArgv(producer, argc, argv, NULL);
		send_now(producer);
		while (!is_there(reader, p->lookup, cursor))
			read_on(reader, prefix, cursor);
		printf("%.1f\n", (now() - start) * 1e6);
		freeReplyObject(reply_of(producer, 0));
	}
	redisFree(producer);
	redisFree(reader);
}

int main(int argc, char **argv)
{
	const int known = argc > 2 && (strcmp(argv[2], "bare") == 0 || strcmp(argv[2], "trip") == 0);
	if (argc < (known ? 5 : 6))
		die("usage", "probe SOCKET bare|trip|PREFIX COUNT PAUSE_US [FIRST [FIELD VALUE]...]");
	const long count = number(argv[3], "COUNT"), pause = number(argv[4], "PAUSE_US");
	if (strcmp(argv[2], "bare") == 0)
		bare(argv[1], count, pause);
	else if (strcmp(argv[2], "trip") == 0)
		trip(argv[1], count, pause);
	else if (argc > 5)
		through(argv[1], argv[2], count, pause, number(argv[5], "FIRST"), argc - 6, argv + 6);
	return 0;
}
