/*
 * What propsd's rate is compared with: the least that a consumer of a stream can do. One connection, reads of
 * 100 entries, the ack of what came awaited before the next read, no work.
 *
 * bare_consumer SOCKET KEY GROUP COUNT: makes the group at 0, takes COUNT entries, prints the seconds.
 */
#include "bare.h"

#define BATCH 100

int main(int argc, char **argv)
{
	if (argc != 5)
		die("usage", "bare_consumer SOCKET KEY GROUP COUNT");
	const char *key = argv[2], *group = argv[3];
	long left = number(argv[4], "COUNT");
	redisContext *c = connect_unix(argv[1]);

	redisAppendCommand(c, "XGROUP CREATE %s %s 0", key, group);
	freeReplyObject(reply_of(c, 0));

	double start = now();
	while (left > 0) {
		redisAppendCommand(c, "XREADGROUP GROUP %s bare COUNT %d STREAMS %s >", group, BATCH, key);
		redisReply *read = reply_of(c, 0);
		const redisReply *entries = read->element[0]->element[1];
		const char *ack[3 + BATCH] = {"XACK", key, group};
		size_t lengths[3 + BATCH] = {4, strlen(key), strlen(group)};
		for (size_t i = 0; i < entries->elements; i++) {
			ack[3 + i] = entries->element[i]->element[0]->str;
			lengths[3 + i] = (size_t)entries->element[i]->element[0]->len;
		}
		redisAppendCommandArgv(c, 3 + (int)entries->elements, ack, lengths);
		redisReply *acked = reply_of(c, 0);
		if (acked->integer != (long long)entries->elements)
			die("XACK", "fewer were acked than sent");
		left -= (long)entries->elements;
		freeReplyObject(acked);
		freeReplyObject(read);
	}
	printf("%.6f\n", now() - start);
	redisFree(c);
	return 0;
}
