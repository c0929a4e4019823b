#include "base/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

int socket_address(const char *path, struct sockaddr_un *ret_address, socklen_t *ret_length)
{
	size_t length = strlen(path);
	bool abstract = path[0] == '@';
	if (length == 0 || (abstract && length == 1))
		return -EINVAL;
	if (length > SOCKET_PATH_MAX)
		return -ENAMETOOLONG;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, path, length);
	if (abstract)
		ret_address->sun_path[0] = '\0';
	/* A path counts its NUL; an abstract name is counted exactly, bytes behind it would be part of it. */
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
	return 0;
}
