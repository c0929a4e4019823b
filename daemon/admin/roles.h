/* Who may do what by who he is: users and groups that the configuration names. */
#ifndef ADMIN_ROLES_H
#define ADMIN_ROLES_H

#include <stddef.h>

#include "admin/command.h"
#include "admin/request.h"
#include "base/err.h"

struct roles;

/*
 * "ada" and "1000" are users, "@ops" and "@100" groups. Names are looked up now, which may ask a directory service and
 * take long: any thread, one at a time. A name that cannot be found is logged, gives nobody a role, and is in
 * *ret_missing, a sentence about the first of them ("": none is missing); the others' roles are in force all the same.
 * Without any names *ret is NULL, and everybody has what his socket gives. -ENOMEM.
 */
int roles_new(const char *const *admins, size_t admin_count, const char *const *operators, size_t operator_count,
	struct roles **ret, struct err *ret_missing);
void roles_free(struct roles *roles); /* NULL is fine */

/*
 * What the client has at a socket that gives `most`: admin if he is root, propsd's own user or named so, operate if he is
 * named so, else view; and never more than the socket gives. `groups`: his, beside peer->gid.
 */
enum admin_role roles_at(const struct roles *roles, const struct admin_peer *peer, const gid_t *groups, size_t count,
	enum admin_role most);

/* The same of a connected Unix socket, whose groups the kernel knows. */
enum admin_role roles_of_client(const struct roles *roles, int fd, const struct admin_peer *peer, enum admin_role most);

#endif
