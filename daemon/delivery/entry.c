#include "delivery/entry.h"

#include "delivery/contract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static size_t digits(uint64_t number, char *end)
{
	size_t n = 0;
	do {
		*--end = (char)('0' + number % 10);
		number /= 10;
		n++;
	} while (number);
	return n;
}

/* LEAD_MS ms LEAD_SEQ seq, written backwards from the end of a buffer: this runs several times an entry. */
static const char *format(struct stream_id id, char buffer[STREAM_ID_SIZE], bool sortable)
{
	char text[STREAM_ID_SIZE];
	char *p = text + sizeof(text);
	size_t n = digits(id.seq, p);
	p -= n;
	*--p = sortable ? (char)(ORDER_KEY_BASE + n) : '-';
	n = digits(id.ms, p);
	p -= n;
	if (sortable)
		*--p = (char)(ORDER_KEY_BASE + n);
	size_t length = (size_t)(text + sizeof(text) - p);
	memcpy(buffer, p, length);
	buffer[length] = '\0';
	return buffer;
}

const char *stream_id_format(struct stream_id id, char buffer[STREAM_ID_SIZE])
{
	return format(id, buffer, false);
}

const char *order_key_format(struct stream_id id, char buffer[STREAM_ID_SIZE])
{
	return format(id, buffer, true);
}

static const char *number(const char *text, uint64_t *ret)
{
	char *end;
	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 ? end : NULL;
}

bool stream_id_parse(const char *text, struct stream_id *ret)
{
	struct stream_id id;
	text = number(text, &id.ms);
	if (!text || *text != '-')
		return false;
	text = number(text + 1, &id.seq);
	if (!text || *text)
		return false;
	*ret = id;
	return true;
}

int stream_id_compare(struct stream_id a, struct stream_id b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
}
