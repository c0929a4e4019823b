#include "admin/roles.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

struct named {
	bool group;
	id_t id;
	enum admin_role role;
};

struct roles {
	size_t count;
	struct named named[];
};

/* "1000"; false: it is a name. */
static bool read_number(const char *text, id_t *ret)
{
	char *end;
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	const unsigned long number = strtoul(text, &end, 10);
	if (*end != '\0' || errno != 0 || number >= (id_t)-1)
		return false;
	*ret = (id_t)number;
	return true;
}

/* 0, or why nobody has the role by this name: -ENOENT, or -EAGAIN where that cannot be known now. */
static int find(const char *text, enum admin_role role, struct named *ret, struct err *err)
{
	const bool group = text[0] == '@';
	const char *name = text + group;
	*ret = (struct named){.group = group, .role = role};
	if (read_number(name, &ret->id))
		return 0;
	errno = 0;
	const struct passwd *user = group ? NULL : getpwnam(name);
	const struct group *members = group ? getgrnam(name) : NULL;
	if (user)
		ret->id = user->pw_uid;
	else if (members)
		ret->id = members->gr_gid;
	else if (errno == 0 || errno == ENOENT || errno == ESRCH)
		return err_set(err, -ENOENT, "there is no %s \"%s\"", group ? "group" : "user", name);
	else /* of the service that knows the names, or of the system */
		return err_set(err, -EAGAIN, "cannot look up the %s \"%s\" now (%s)", group ? "group" : "user", name,
			strerror(errno));
	return 0;
}

static void find_all(struct roles *roles, const char *const *texts, size_t count, enum admin_role role,
	const char *option, struct err *ret_missing)
{
	for (size_t i = 0; i < count; i++) {
		struct err err;
		if (find(texts[i], role, &roles->named[roles->count], &err) == 0) {
			roles->count++;
			continue;
		}
		err_prefix(&err, "%s", option);
		log_err("config", "%s: it gives nobody a role until it is found at a reload", err.text);
		if (ret_missing->text[0] == '\0')
			*ret_missing = err;
	}
}

int roles_new(const char *const *admins, size_t admin_count, const char *const *operators, size_t operator_count,
	struct roles **ret, struct err *ret_missing)
{
	*ret_missing = (struct err){0};
	*ret = NULL;
	if (admin_count + operator_count == 0)
		return 0;
	struct roles *roles = calloc(1, sizeof(*roles) + (admin_count + operator_count) * sizeof(roles->named[0]));
	if (!roles)
		return -ENOMEM;
	find_all(roles, admins, admin_count, ADMIN_ROLE_ADMIN, "admin.admins", ret_missing);
	find_all(roles, operators, operator_count, ADMIN_ROLE_OPERATE, "admin.operators", ret_missing);
	*ret = roles;
	return 0;
}

void roles_free(struct roles *roles)
{
	free(roles);
}

static bool is_in(id_t id, gid_t own, const gid_t *groups, size_t count)
{
	bool in = own == id;
	for (size_t i = 0; i < count && !in; i++)
		in = groups[i] == id;
	return in;
}

enum admin_role roles_at(const struct roles *roles, const struct admin_peer *peer, const gid_t *groups, size_t count,
	enum admin_role most)
{
	enum admin_role role = ADMIN_ROLE_VIEW;
	if (!roles || peer->uid == 0 || peer->uid == geteuid())
		return most;
	for (size_t i = 0; i < roles->count; i++) {
		const struct named *n = &roles->named[i];
		if (n->role > role && (n->group ? is_in(n->id, peer->gid, groups, count) : n->id == peer->uid))
			role = n->role;
	}
	return role < most ? role : most;
}

enum admin_role roles_of_client(const struct roles *roles, int fd, const struct admin_peer *peer, enum admin_role most)
{
	gid_t few[64], *groups = few;
	socklen_t size = sizeof(few);
	if (!roles)
		return most;
	int r = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size);
	if (r < 0 && errno == ERANGE) { /* `size` says how many there are */
		groups = malloc(size);
		r = groups ? getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) : -1;
	}
	/* Without them he has what his user and his first group have. */
	const enum admin_role role = roles_at(roles, peer, groups, r < 0 ? 0 : size / sizeof(gid_t), most);
	if (groups != few)
		free(groups);
	return role;
}
