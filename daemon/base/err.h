/*
 * An error that a person will read: what happened, to what, where. Functions that can fail for a reason a
 * person must see take a `struct err *` last (never NULL), fill it on failure and return the negative code.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
	int code; /* negative errno, 0 = none */
	char text[512];
};

/* Sets the text, cut at its size, and returns `code`, which is negative: return err_set(err, -EINVAL, ...).
 */
int err_set(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of the text that is there; returns the code that is there. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
