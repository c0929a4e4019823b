/* The exit codes of propsd: what a service manager may mend by a restart, and what it must not try. */
#ifndef EXIT_CODE_H
#define EXIT_CODE_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

enum { EXIT_NO_PERMISSION = 77, EXIT_BAD_CONFIG = 78 };

/* For a start that failed with -errno. What the system lacks at the moment may be there at the next one; all that is not in
 * the table is for a person to mend. */
static inline int exit_code(int error)
{
	static const struct {
		int error, code;
	} codes[] = {
		{EACCES, EXIT_NO_PERMISSION},
		{EPERM, EXIT_NO_PERMISSION},
		{ENOMEM, EXIT_FAILURE},
		{EAGAIN, EXIT_FAILURE}, /* threads */
		{EMFILE, EXIT_FAILURE},
		{ENFILE, EXIT_FAILURE},
		{ENOBUFS, EXIT_FAILURE},
		{ENOSPC, EXIT_FAILURE}, /* of inotify, epoll, a disk */
		{EADDRNOTAVAIL, EXIT_FAILURE}, /* at boot a host may come by it later */
		{EIO, EXIT_FAILURE},
		{EBUSY, EXIT_FAILURE}, /* the database, by an import */
		{EINTR, EXIT_FAILURE},
	};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].error == -error)
			return codes[i].code;
	return EXIT_BAD_CONFIG;
}

#endif
