/* Who has which role, by user and groups. */
#include "admin/roles.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct roles *named(const char *const *admins, size_t admin_count, const char *const *operators, size_t count)
{
	struct roles *roles;
	struct err missing;
	assert_int_equal(roles_new(admins, admin_count, operators, count, &roles, &missing), 0);
	assert_string_equal(missing.text, "");
	return roles;
}

static enum admin_role role(const struct roles *roles, uid_t uid, gid_t gid, gid_t other, enum admin_role most)
{
	const struct admin_peer peer = {.uid = uid, .gid = gid};
	return roles_at(roles, &peer, &other, 1, most);
}

static void nobody_is_named_and_the_socket_decides(void **state)
{
	(void)state;
	struct roles *roles = named(NULL, 0, NULL, 0);
	assert_null(roles);
	for (enum admin_role most = ADMIN_ROLE_VIEW; most <= ADMIN_ROLE_ADMIN; most++) {
		assert_int_equal(role(NULL, 1234, 1234, 1234, most), most);
		assert_int_equal(roles_of_client(NULL, -1, &(struct admin_peer){.uid = 1234}, most), most);
	}
}

static void users_and_groups_have_what_they_are_named_for(void **state)
{
	(void)state;
	static const char *const admins[] = {"60001", "@60010"}, *const operators[] = {"60002", "@60020", "60001"};
	struct roles *roles = named(admins, 2, operators, 3);
	const struct {
		uid_t uid;
		gid_t gid, other;
		enum admin_role role;
	} rows[] = {
		{60001, 1, 1, ADMIN_ROLE_ADMIN}, /* named twice: the higher */
		{60002, 1, 1, ADMIN_ROLE_OPERATE},
		{60003, 1, 1, ADMIN_ROLE_VIEW},
		{60003, 60010, 1, ADMIN_ROLE_ADMIN},
		{60003, 1, 60010, ADMIN_ROLE_ADMIN},
		{60003, 60020, 1, ADMIN_ROLE_OPERATE},
		{60003, 60020, 60010, ADMIN_ROLE_ADMIN},
		{60002, 1, 60010, ADMIN_ROLE_ADMIN},
		{60010, 60001, 60002, ADMIN_ROLE_VIEW}, /* a user's number is no group's */
		{0, 1, 1, ADMIN_ROLE_ADMIN},
		{geteuid(), 1, 1, ADMIN_ROLE_ADMIN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (enum admin_role most = ADMIN_ROLE_VIEW; most <= ADMIN_ROLE_ADMIN; most++)
			assert_int_equal(role(roles, rows[i].uid, rows[i].gid, rows[i].other, most),
				rows[i].role < most ? rows[i].role : most);
	roles_free(roles);
}

static void names_are_looked_up(void **state)
{
	(void)state;
	static const char *const root[] = {"@root"}, *const unknown[] = {"nobody-of-that-name"},
				 *const no_group[] = {"@no-group"};
	struct roles *roles = named(NULL, 0, root, 1);
	struct err missing;
	assert_int_equal(role(roles, 60001, 0, 1, ADMIN_ROLE_ADMIN), ADMIN_ROLE_OPERATE);
	roles_free(roles);
	assert_int_equal(roles_new(root, 1, no_group, 1, &roles, &missing), 0);
	assert_string_equal(missing.text, "admin.operators: there is no group \"no-group\"");
	assert_int_equal(role(roles, 60001, 0, 1, ADMIN_ROLE_ADMIN), ADMIN_ROLE_ADMIN);
	assert_int_equal(role(roles, 60001, 1, 1, ADMIN_ROLE_ADMIN), ADMIN_ROLE_VIEW);
	roles_free(roles);
	/* The first is told, and that nobody is found does not make everybody an admin. */
	assert_int_equal(roles_new(unknown, 1, no_group, 1, &roles, &missing), 0);
	assert_string_equal(missing.text, "admin.admins: there is no user \"nobody-of-that-name\"");
	assert_int_equal(role(roles, 60001, 1, 1, ADMIN_ROLE_ADMIN), ADMIN_ROLE_VIEW);
	assert_int_equal(role(roles, 0, 1, 1, ADMIN_ROLE_ADMIN), ADMIN_ROLE_ADMIN);
	roles_free(roles);
}

/* As the kernel tells of the other end, here ourselves. */
static void a_client_s_groups_are_the_kernel_s(void **state)
{
	(void)state;
	static const char *const somebody[] = {"60001"};
	struct roles *roles = named(somebody, 1, NULL, 0);
	gid_t groups[256];
	int fds[2];
	const int count = getgroups(256, groups);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	const struct admin_peer other = {.uid = 60002, .gid = 60002};
	assert_int_equal(roles_of_client(roles, fds[0], &other, ADMIN_ROLE_ADMIN), ADMIN_ROLE_VIEW);
	roles_free(roles);
	if (count > 0) {
		char text[32];
		const char *const group[] = {text};
		snprintf(text, sizeof(text), "@%u", (unsigned)groups[count - 1]);
		roles = named(NULL, 0, group, 1);
		assert_int_equal(roles_of_client(roles, fds[0], &other, ADMIN_ROLE_ADMIN), ADMIN_ROLE_OPERATE);
		roles_free(roles);
	}
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_named_and_the_socket_decides),
		cmocka_unit_test(users_and_groups_have_what_they_are_named_for),
		cmocka_unit_test(names_are_looked_up),
		cmocka_unit_test(a_client_s_groups_are_the_kernel_s),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
