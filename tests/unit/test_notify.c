#include "base/notify.h"

#include "base/clock.h"
#include "base/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int listen_at(const char *path)
{
	struct sockaddr_un address;
	socklen_t length;
	assert_int_equal(socket_address(path, &address, &length), 0);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	return fd;
}

static const char *received(int fd)
{
	static char text[2048];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void without_a_service_manager_nothing_is_sent(void **state)
{
	(void)state;
	struct notify n;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(&n), 0);
	assert_int_equal(notify_send(&n, "READY=1"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(notify_open(&n), 0);
	assert_int_equal(notify_send(&n, "READY=1"), 0);
	notify_close(&n);
}

static void ready_reaches_a_socket_in_the_file_system(void **state)
{
	(void)state;
	char folder[] = "/tmp/notify.XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	int fd = listen_at(path);
	struct notify n;
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(notify_open(&n), 0);
	assert_int_equal(notify_send(&n, "READY=1\nSTATUS=%d workers", 4), 0);
	assert_string_equal(received(fd), "READY=1\nSTATUS=4 workers");
	close(fd);
	assert_int_equal(notify_send(&n, "READY=1"), -ECONNREFUSED);
	unlink(path);
	assert_int_equal(notify_send(&n, "READY=1"), -ENOENT);
	notify_close(&n);
	rmdir(folder);
}

static void reloading_carries_the_time_to_an_abstract_socket(void **state)
{
	(void)state;
	char name[64];
	snprintf(name, sizeof(name), "@propsd-test-%d", (int)getpid());
	int fd = listen_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	struct notify n;
	assert_int_equal(notify_open(&n), 0);
	int64_t before = clock_mono_us(clock_system());
	assert_int_equal(notify_reloading(&n), 0);
	long long sent = 0;
	assert_int_equal(sscanf(received(fd), "RELOADING=1\nMONOTONIC_USEC=%lld", &sent), 1);
	assert_in_range(sent, before, clock_mono_us(clock_system()));
	notify_close(&n);
	close(fd);
}

static void a_sign_of_life_needs_no_descriptor(void **state)
{
	(void)state;
	char name[64];
	struct rlimit limit, none;
	struct notify n, late;
	snprintf(name, sizeof(name), "@propsd-test-%d", (int)getpid());
	int fd = listen_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_open(&n), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int refused = notify_open(&late), told = notify_send(&n, "WATCHDOG=1");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(refused, -EMFILE);
	assert_int_equal(told, 0);
	assert_string_equal(received(fd), "WATCHDOG=1");
	notify_close(&n);
	close(fd);
}

static void the_watchdog_is_for_this_process_only(void **state)
{
	(void)state;
	char pid[32];
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_us(), 30000000);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "30 s", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "-1", 1);
	assert_int_equal(notify_watchdog_us(), 0);
}

static void a_passed_descriptor_is_found_by_its_name(void **state)
{
	(void)state;
	char pid[32];
	/* 3 and 4 are what a service manager passes; put what is there now aside. */
	int saved[2] = {fcntl(3, F_DUPFD_CLOEXEC, 10), fcntl(4, F_DUPFD_CLOEXEC, 10)};
	int pair[2];
	assert_int_equal(pipe(pair), 0);
	int high[2] = {fcntl(pair[0], F_DUPFD_CLOEXEC, 20), fcntl(pair[1], F_DUPFD_CLOEXEC, 20)};
	dup2(high[0], 3);
	dup2(high[1], 4);

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "admin.socket:status.socket", 1);
	assert_int_equal(notify_listen_fd("admin.socket"), 3);
	assert_int_equal(notify_listen_fd("status.socket"), 4);
	assert_int_equal(fcntl(4, F_GETFD), FD_CLOEXEC);
	assert_int_equal(notify_listen_fd("admin"), -1);
	assert_int_equal(notify_listen_fd("socket"), -1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(notify_listen_fd("status.socket"), -1);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(notify_listen_fd("admin.socket"), -1);
	unsetenv("LISTEN_PID");
	assert_int_equal(notify_listen_fd("admin.socket"), -1);

	for (int i = 0; i < 2; i++) {
		close(3 + i);
		close(high[i]);
		if (pair[i] > 4)
			close(pair[i]);
		if (saved[i] >= 0) {
			dup2(saved[i], 3 + i);
			close(saved[i]);
		}
	}
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	struct sockaddr_un address = {.sun_family = AF_INET};
	socklen_t length = 7;
	char path[200];
	memset(path, 'a', sizeof(path));
	path[SOCKET_PATH_MAX + 1] = '\0';
	assert_int_equal(socket_address(path, &address, &length), -ENAMETOOLONG);
	assert_int_equal(socket_address("", &address, &length), -EINVAL);
	assert_int_equal(socket_address("@", &address, &length), -EINVAL);
	assert_int_equal(address.sun_family, AF_INET);
	assert_int_equal(length, 7);
	path[SOCKET_PATH_MAX] = '\0';
	assert_int_equal(socket_address(path, &address, &length), 0);
	assert_int_equal(length, sizeof(address));
	assert_string_equal(address.sun_path, path);
	assert_int_equal(socket_address("@ab", &address, &length), 0);
	assert_int_equal(length, offsetof(struct sockaddr_un, sun_path) + 3);
	assert_memory_equal(address.sun_path, "\0ab", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_service_manager_nothing_is_sent),
		cmocka_unit_test(ready_reaches_a_socket_in_the_file_system),
		cmocka_unit_test(reloading_carries_the_time_to_an_abstract_socket),
		cmocka_unit_test(a_sign_of_life_needs_no_descriptor),
		cmocka_unit_test(the_watchdog_is_for_this_process_only),
		cmocka_unit_test(a_passed_descriptor_is_found_by_its_name),
		cmocka_unit_test(a_path_that_does_not_fit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
