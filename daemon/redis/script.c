#include "redis/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/sha.h>

int redis_script_init(struct redis_script *s, const char *name, const char *prelude, const char *body)
{
	unsigned char digest[SHA_DIGEST_LENGTH];
	struct str source = {0};

	str_text(&source, prelude);
	str_text(&source, body);
	*s = (struct redis_script){.name = name};
	if (source.failed) {
		str_done(&source);
		return -ENOMEM;
	}
	SHA1((const unsigned char *)source.data, source.length, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		text_format(s->sha + 2 * i, 3, "%02x", digest[i]);
	s->source = str_take(&source);
	return s->source ? 0 : -ENOMEM;
}

void redis_script_done(struct redis_script *s)
{
	free(s->source);
	s->source = NULL;
}

void redis_script_load(const struct redis_script *s, struct redis_request *r)
{
	redis_arg(r, "SCRIPT");
	redis_arg(r, "LOAD");
	redis_arg(r, s->source);
}

void redis_script_call(const struct redis_script *s, struct redis_request *r, const char *key)
{
	redis_arg(r, "EVALSHA");
	redis_arg_bytes(r, s->sha, 40);
	redis_arg(r, "1");
	redis_arg(r, key);
}
